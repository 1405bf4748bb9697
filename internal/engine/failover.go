package engine

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/objects"
)

// Failover is the server's relationships with its partners, as the engine
// needs them; nil is a server that is alone.
type Failover interface {
	// Prepare compiles the relationships of a configuration. Nothing changes
	// until Apply. force takes what Risks would say.
	Prepare(cfg *objects.Config, force bool) Relationships
	// Serving says whether clients are answered: a partner is kept in touch
	// with only while they are.
	Serving(on bool)
	// Ready is nil once the state of every relationship is known: none is in
	// STARTUP.
	Ready() error
	// Troubles are the relationships that do not protect their leases as
	// they should.
	Troubles() []Trouble
	// Stats are the counters of category failover.
	Stats() *objects.Object
	ResetStats()
}

// Trouble is why the server's health is no better than Value.
type Trouble struct {
	Value  int
	Reason string
}

// Relationships are those of one configuration.
type Relationships interface {
	Problems() (warnings, errs []*objects.Error)
	// Risks are why the configuration is taken only by force: the partner may
	// serve what this server would serve alone.
	Risks() []string
	// Held is how many scopes are not served for that reason, until a reload
	// by force.
	Held() int
	// Of is the relationship that holds the scope; nil if it is in none.
	Of(scope string) Pair
	// Part writes what becomes of leases whose partner is another than before, or
	// none. The lease table is configured, the plan that is in service is still the
	// former one.
	Part(k Keeper)
	// Apply takes them into service once the lease table is configured: those
	// that did not change go on undisturbed. They change leases through k.
	Apply(k Keeper)
	// LeftOut tells whether a scope that is in none is not served here, since
	// the partner serves it.
	LeftOut(scope string) bool
}

// Pair is one relationship at work. The same one stays through reloads that
// do not change it.
type Pair interface {
	Name() string
	Role() lease.Role
	// Problem says what is wrong with its configuration; then its scopes are
	// not served at all, because the partner may be serving them.
	Problem() string
	// Authority is what this server may do in it at the moment. It is cheap
	// and may be asked for every packet.
	Authority() *binding.Authority
	// Fresh tells whether that is of now: it is not in a server that stood still,
	// until it has found out. It is asked when a packet comes and when its answer
	// leaves.
	Fresh(now time.Time) bool
	// Shares tells whether the partner may have given an address that is in no
	// range here: it is in ranges of the partner's, as far as those are known.
	Shares(a lease.Addr) bool
	// Changed is told of a lease of the relationship that this server changed,
	// once the change is on disk.
	Changed(l lease.Lease)
	// PoolsChanged is told that reservations changed, and with them how many
	// addresses are free.
	PoolsChanged()
	// Eager says that an answer to a client waits for the partner's
	// acknowledgement, so that its first lease has its full length.
	Eager() bool
	// Await tells done, once, whether the partner acknowledged the lease
	// within the time that an answer may wait for it. It is called before
	// Changed.
	Await(k lease.Key, done func(acked bool))
}

// Keeper is how a relationship changes leases: one writer at a time.
type Keeper interface {
	// Hold calls held when nobody else works on the address; at once, if it
	// is free. Those who wait are called in order.
	Hold(k lease.Key, held func())
	// Try holds an address if nobody works on it.
	Try(k lease.Key) bool
	// Write writes the leases of held addresses. done is told of them in
	// their order, n at a time, that they are on disk and in the table, or
	// failed; the holds end with it. With later nobody waits for that.
	Write(leases []lease.Lease, later bool, done func(n int, err error))
	// Acknowledge ends holds with what an acknowledgement of the partner's changes.
	// It counts at once and is on disk some time later: whatever is written of the
	// lease meanwhile has it, too.
	Acknowledge(acks []lease.Ack)
	// Let ends the hold without a change.
	Let(k lease.Key)
	// Settle calls done, which must not wait, when all that was decided on
	// addresses by now is on disk and in the table, or has come to nothing. What
	// is decided later goes by the authority of now.
	Settle(done func())
}
