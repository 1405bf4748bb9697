package failover

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/engine"
	"leasehold/internal/eventlog"
	"leasehold/internal/lease"
	"leasehold/internal/version"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/flight"
	"leasehold/pkg/failover/link"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// Deps is what a Manager works with.
type Deps struct {
	Clock    clock.Clock
	Table    *lease.Table
	Records  Records
	Marks    Marks
	Log      *eventlog.Log
	Local    Local
	Resolver Resolver
	Port     uint16 // of pairs that name none
	// Certificate is the server's own, for links that are encrypted; nil if
	// it has none.
	Certificate *tls.Certificate
	// Record is told all that happens to relationships; nil is nobody.
	Record *flight.Recorder
	// DriftAfter is how long the stored configurations of the two servers of a
	// pair differ before that is told; 0 is a little less than two poll intervals.
	DriftAfter time.Duration
	// Listen opens the sockets that partners connect to; nil is the usual way.
	Listen func(netip.AddrPort) (net.Listener, error)
	// Again is called when a name that could not be resolved may be found
	// now: the configuration in service should be taken into service again.
	Again func()
	// Recovered is told when the leases that were missing since a time
	// (failover-recover) have been fetched: of the failover-pair that says so,
	// or "" where the dhcp object does.
	Recovered func(pair string, since int64)
}

// Manager has all relationships of a server.
type Manager struct {
	Deps
	epoch time.Time
	hub   *link.Hub
	names *names
	flags atomic.Uint64 // log-settings
	debug atomic.Int32  // the level that Debug set

	recMu   sync.Mutex
	records map[string]record

	mu      sync.Mutex
	pairs   map[string]*Pair // by name, those in service and those that are wrong
	alone   map[string]bool  // scopes in service that are in none of them
	older   map[string]bool  // pairs that know of the restored lease database
	applied bool             // a configuration was
	serving bool
	closed  bool
	keeper  engine.Keeper
	looking chan struct{} // ends the looking around
	pause   time.Duration // between two searches for names
	tasks   sync.WaitGroup
	reset   map[string]uint64 // counters at the last ResetStats

	configuration Configuration   // that is held against the partners'; nil is none
	watching      context.Context //nolint:containedctx // it ends with the manager, not with a call
	unwatch       context.CancelFunc
	wrote         chan struct{} // it was changed
}

var _ engine.Failover = (*Manager)(nil)

// New makes the manager of a server that has no relationship yet.
func New(d Deps) (*Manager, error) {
	m := &Manager{Deps: d, epoch: d.Clock.Now(), names: newNames(d.Resolver), pairs: map[string]*Pair{}, older: map[string]bool{}, pause: lookTime, wrote: make(chan struct{}, 1)}
	var err error
	if m.records, err = loadRecords(d.Records); err != nil {
		return nil, err
	}
	m.hub = link.NewHub(d.Clock, func(n link.Notice) { d.Log.Log(msgStranger, n.Partner, n.Text) })
	m.hub.Listen = d.Listen
	return m, nil
}

// prepared are the relationships of one configuration.
type prepared struct {
	m     *Manager
	c     *compiler
	pairs map[*relationship]*Pair
	flags objects.FlagSet
}

// Prepare compiles the relationships of a configuration. Scopes that a partner
// may still serve are held: those that the first configuration would take from
// it, and later, without force, those that are held already.
func (m *Manager) Prepare(cfg *objects.Config, force bool) engine.Relationships {
	c := compile(cfg, m.Port)
	c.settle(m.names, m.Local, func(name string) bool {
		_, ok := m.record(name)
		return ok
	})
	n := &prepared{m: m, c: c, pairs: map[*relationship]*Pair{}, flags: objects.DhcpLogSettings.Of(c.dhcp)}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case !m.applied:
		n.hold(func(*objects.Object) bool { return true })
	case !force:
		n.hold(m.holds)
	}
	for _, r := range c.ordered {
		r.identify(m.own())
	}
	for _, r := range c.ordered {
		n.pairs[r] = m.pairFor(r)
	}
	return n
}

// pairFor is the running pair of a relationship, or a new one where there is
// none, or one with another partner or another role. One that is wrong keeps
// the role that it had, so that its leases stay what they are.
func (m *Manager) pairFor(r *relationship) *Pair {
	old := m.pairs[r.name]
	if old != nil && old.rel.Load().same(r) && (r.role != lease.Alone) == old.started && !m.restores(old, r) {
		return old
	}
	role := r.role
	if r.held != nil {
		role = r.held.role
	} else if role == lease.Alone {
		role = lease.Primary
		if old != nil {
			role = old.role
		} else if kept, ok := m.record(r.name); ok {
			role = kept.Role
		}
	}
	return newPair(m, r, role)
}

// restores tells whether failover-recover was set since: then the relationship
// begins anew, as after a start with that lease database.
func (m *Manager) restores(p *Pair, r *relationship) bool {
	since := r.core.Recover
	kept, _ := m.record(p.name)
	return since > 0 && since != p.rel.Load().core.Recover && since != kept.Snapshot.RecoverDone
}

// Problems are what is wrong, for the answer to the reload.
func (n *prepared) Problems() (warnings, errs []*objects.Error) {
	warnings = slices.Clone(n.c.warnings)
	for _, r := range n.c.ordered {
		for _, why := range r.problem {
			warnings = append(warnings, objects.Errorf(objects.OkWithWarnings, "failover %q: %s", r.name, why))
		}
		if r.role == lease.Alone && len(r.scopes) > 0 {
			warnings = append(warnings, objects.Errorf(objects.OkWithWarnings, "failover %q: its scopes are not served until that is mended: %s", r.name, r.scopeList()))
		}
	}
	return warnings, nil
}

func (r *relationship) scopeList() string {
	var b strings.Builder
	for i, s := range r.scopes {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s.name)
	}
	return b.String()
}

// Of is the relationship that holds the scope.
func (n *prepared) Of(scope string) engine.Pair {
	r := n.c.of[strings.ToLower(scope)]
	if r == nil {
		return nil
	}
	p := n.pairs[r]
	for i := range r.scopes {
		if s := &r.scopes[i]; s.held != "" && strings.EqualFold(s.name, scope) {
			return mute{p, s.held}
		}
	}
	return p
}

// LeftOut tells whether the scope is in none for its VPN, and the partner's to
// serve.
func (n *prepared) LeftOut(scope string) bool {
	r := n.c.vpns[strings.ToLower(scope)]
	return r != nil && r.role != lease.Primary
}

// Apply takes the relationships into service.
func (n *prepared) Apply(k engine.Keeper) {
	m := n.m
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keeper = k
	m.flags.Store(uint64(n.flags))
	stays := map[*Pair]bool{}
	for _, p := range n.pairs {
		stays[p] = true
	}
	claims, heirs := m.claims(), n.heirs()
	for _, d := range n.dangers() {
		for _, text := range d.risks() {
			m.Log.Log(msgForced, text)
		}
	}
	gone := m.pairs
	m.pairs = map[string]*Pair{}
	removed := false
	for _, p := range gone {
		if !stays[p] {
			m.remove(p, n.replaces(p.name) || inherits(heirs, p.name))
			removed = true
		}
	}
	if removed { // what they allowed is on disk before others begin with what is there
		m.awaitDecisions()
	}
	n.settleClaims(claims, heirs)
	for heir, name := range heirs {
		if err := m.inherit(heir, name); err != nil {
			m.Log.Log(msgUnsaved, heir, err)
		}
	}
	for _, r := range n.c.ordered {
		p := n.pairs[r]
		m.pairs[r.name] = p
		m.enter(p, r, claims)
	}
	n.forgetAreas()
	m.applied = true
	m.alone = map[string]bool{}
	for _, name := range n.c.alone {
		m.alone[name] = true
	}
	m.lookAround()
	m.Wrote() // a new pair needs its sums
}

// replaces tells whether the configuration has a relationship of the same name.
func (n *prepared) replaces(name string) bool {
	return slices.ContainsFunc(n.c.ordered, func(r *relationship) bool { return r.name == name })
}

func inherits(heirs map[string]string, name string) bool {
	for _, from := range heirs {
		if from == name {
			return true
		}
	}
	return false
}

// awaitDecisions waits until all that was decided on addresses is on disk. Its
// authority must be gone before.
func (m *Manager) awaitDecisions() {
	done := make(chan struct{})
	m.keeper.Settle(func() { close(done) })
	<-done
}

// remove ends a pair that is configured away, or whose partner or role changes.
func (m *Manager) remove(p *Pair, replaced bool) {
	if !p.started {
		return
	}
	p.stop("failover is configured otherwise now")
	if !replaced {
		m.Log.Log(msgGone, p.name)
	}
}

// enter brings a pair to what the configuration says of it. claims are those from
// before.
func (m *Manager) enter(p *Pair, r *relationship, claims []claim) {
	old := p.rel.Load()
	m.logConfiguration(r, old, !p.started)
	switch {
	case r.role == lease.Alone:
		p.rel.Store(r)
		return
	case !p.started:
		m.begin(p, r, claims)
	default:
		r.core.Role, r.core.Lost = r.role, old.core.Lost
		p.rel.Store(r)
		p.view.configure(r)
		if r.core != old.core {
			p.in.put(entry{kind: input, input: core.Reconfigured{Config: r.core}})
		}
		p.tellJoined(old)
		if !slices.Equal(old.areas(), r.areas()) || !slices.Equal(old.left, r.left) {
			told := make(chan struct{})
			p.in.put(entry{kind: resized, told: told})
			<-told
		}
		p.in.put(entry{kind: input, input: core.PoolsChanged{}})
		if !reflect.DeepEqual(old.terms, r.terms) {
			p.in.put(entry{kind: agree})
		}
	}
	if m.serving {
		p.connect()
	}
}

// begin starts a pair.
func (m *Manager) begin(p *Pair, r *relationship, claims []claim) {
	snap, lost := m.resume(r, claims)
	r.core.Role, r.core.Lost = r.role, lost
	p.rel.Store(r)
	p.view.configure(r)
	p.stamp(snap, lost)
	p.started = true
	p.start(m.keeper, snap, m.servedAlone(r) && !lost)
}

// servedAlone tells whether this server served all scopes of a relationship
// alone until now.
func (m *Manager) servedAlone(r *relationship) bool {
	if !m.serving || len(r.scopes) == 0 {
		return false
	}
	return !slices.ContainsFunc(r.scopes, func(s share) bool { return !m.alone[s.name] })
}

// Serving says whether clients are answered. A partner is kept in touch with
// only while they are: one that hears nothing serves them.
func (m *Manager) Serving(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.serving = on && !m.closed; m.serving {
		for _, p := range m.pairs {
			p.connect()
		}
		return
	}
	var ending sync.WaitGroup
	for _, p := range m.pairs {
		ending.Go(func() { p.disconnect("the server stops serving clients") })
	}
	ending.Wait()
}

// Close ends all relationships; partners are told.
func (m *Manager) Close() error {
	m.Serving(false)
	m.end()
	m.hub.Close("the server is being stopped")
	m.tasks.Wait()
	return nil
}

// end ends the pairs. None is started afterwards.
func (m *Manager) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	if m.unwatch != nil {
		m.unwatch()
	}
	if m.looking != nil {
		close(m.looking)
		m.looking = nil
	}
	for _, p := range m.pairs {
		if p.started {
			p.stop("the server is being stopped")
		}
	}
	m.pairs = map[string]*Pair{}
}

// recovered tells, once it is so for all whom it concerns, that the leases
// which failover-recover speaks of have been fetched.
func (m *Manager) recovered(p *Pair) {
	m.mu.Lock()
	since, name := p.rel.Load().core.Recover, p.rel.Load().recoverOf()
	done := since > 0 && m.Recovered != nil && !m.closed
	for _, o := range m.pairs {
		r := o.rel.Load()
		if !o.started || r.core.Recover != since || r.recoverOf() != name {
			continue
		}
		now := o.condition().status
		done = done && now.Snapshot.RecoverDone == since && now.State == wire.StateNormal
	}
	m.mu.Unlock()
	if done {
		m.Log.Log(msgRecovered, p.name, time.Unix(since, 0).Format(time.ANSIC))
		m.Recovered(name, since)
	}
}

// linkConfig is the relationship as the link needs it.
func (p *Pair) linkConfig(r *relationship) link.Config {
	return link.Config{
		Name: r.wire, Role: r.role,
		Local:        netip.AddrPortFrom(r.ours().addr, r.ours().port),
		Partner:      netip.AddrPortFrom(r.partner().addr, r.partner().port),
		PollInterval: r.poll, PollTimeout: r.core.PollTimeout,
		MCLT: uint32(r.core.MCLT), MaxUnacked: r.core.MaxUnacked, DelayedService: r.core.DelayedService,
		Vendor: wire.VendorPrefix + version.Version, TLSRequired: r.tls,
	}
}

// connect brings the relationship to the link, or changes how it stands there.
func (p *Pair) connect() {
	r := p.rel.Load()
	if !p.linkable(r) {
		p.disconnect("failover is configured otherwise now")
		return
	}
	cfg := p.linkConfig(r)
	p.mu.Lock()
	same := p.peer != nil && sameLink(&cfg, &p.linked) && r.partner().fingerprint == p.pin && r.core.Balanced == p.balanced
	p.mu.Unlock()
	if same {
		return
	}
	p.disconnect("failover is configured otherwise now")
	linked, pin := cfg, r.partner().fingerprint
	p.secure(&cfg, r)
	cfg.PartnerVendor = p.vendor()
	cfg.HBA = r.core.HBA
	peer, err := p.m.hub.Add(cfg, p)
	if err != nil {
		p.m.Log.Log(msgListen, p.name, err)
		return
	}
	p.mu.Lock()
	p.peer, p.linked, p.pin, p.balanced = peer, linked, pin, r.core.Balanced
	p.mu.Unlock()
}

// sameLink compares what a connection is made with.
func sameLink(a, b *link.Config) bool {
	return a.Name == b.Name && a.Role == b.Role && a.Local == b.Local && a.Partner == b.Partner && a.PollInterval == b.PollInterval &&
		a.PollTimeout == b.PollTimeout && a.MCLT == b.MCLT && a.MaxUnacked == b.MaxUnacked && a.DelayedService == b.DelayedService &&
		a.TLSRequired == b.TLSRequired
}

func (p *Pair) disconnect(text string) {
	p.mu.Lock()
	peer := p.peer
	p.peer = nil
	p.mu.Unlock()
	if peer != nil {
		peer.Close(text)
	}
}

// vendor is the partner's vendor class as it was last seen.
func (p *Pair) vendor() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.machine.Status().Snapshot.Vendor
}
