package binding

import (
	"testing"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"

	"github.com/google/go-cmp/cmp"
)

// rich is alice's lease with all that a record holds of a client.
func rich(s lease.State, e lease.Ended) lease.Lease {
	return lease.Lease{
		Key: duetKey, State: s, HW: alice, ClientID: "\x01alice", HostName: "pc", DomainName: "example.com",
		ClientClass: "gold", VendorClass: "MSFT 5.0", RelayInfo: "\x01\x04eth0", LimitationID: "line 1", Giaddr: 9,
		StateStart: 700, Start: 600, Expiration: 900, LastTransaction: 650,
		Failover: lease.Failover{SentPE: 1500, AckPE: 1400, RcvdPE: 1300, Told: true, Ended: e},
	}
}

// TestUpdate has an update for every state of a lease.
func TestUpdate(t *testing.T) {
	base := wire.Binding{Address: duetKey.Addr.Netip(), HW: wire.HW(alice), ClientID: "\x01alice", LastTransaction: 650, StateStart: 700}
	with := func(f func(b *wire.Binding)) wire.Binding {
		b := base
		f(&b)
		return b
	}
	options := wire.ClientOptions("\x0c\x02pc\x3c\x08MSFT 5.0\x52\x06\x01\x04eth0")
	relay := wire.VendorOptions("\x00\x01\x00\x04\x00\x00\x00\x09") // giaddr 0.0.0.9
	running := func(end wire.Time) wire.Binding {
		return with(func(b *wire.Binding) {
			b.Status, b.StateStart, b.Expiration, b.PotentialExpiration, b.RequestOptions = active, 600, end, 1500, options
			b.Vendor = relay
		})
	}
	change := func(l lease.Lease, f func(l *lease.Lease)) lease.Lease {
		f(&l)
		return l
	}
	cases := []struct {
		name string
		l    lease.Lease
		want wire.Binding
	}{
		{"leased", rich(lease.Leased, 0), running(900)},
		{"in its grace: it ended when that began", rich(lease.Expired, 0), running(700)},
		{"in its release grace: the client was here before", rich(lease.Released, 0),
			change2(running(700), func(b *wire.Binding) { b.LastTransaction -= 2 * unsure })},
		{"all promises are made anew", change(rich(lease.Leased, 0), func(l *lease.Lease) { l.Failover.RcvdPE = 1600 }),
			change2(running(900), func(b *wire.Binding) { b.PotentialExpiration = 1600 })},
		{"never promised", change(rich(lease.Leased, 0), func(l *lease.Lease) { l.Failover = lease.Failover{} }),
			change2(running(900), func(b *wire.Binding) { b.PotentialExpiration = 900 })},
		{"BOOTP", change(rich(lease.Leased, 0), func(l *lease.Lease) { l.BOOTP, l.Expiration = true, lease.Forever }),
			change2(running(wire.Infinite), func(b *wire.Binding) { b.PotentialExpiration, b.Flags = wire.Infinite, wire.FlagBOOTP })},
		{"reserved", change(rich(lease.Leased, 0), func(l *lease.Lease) { l.Flags = lease.Reserved }),
			change2(running(900), func(b *wire.Binding) { b.Flags = wire.FlagReserved })},
		{"expired", rich(lease.PendingAvailable, lease.EndedExpired), with(func(b *wire.Binding) { b.Status = expired })},
		{"released", rich(lease.PendingAvailable, lease.EndedReleased), with(func(b *wire.Binding) { b.Status, b.RequestOptions, b.Vendor = released, options, relay })},
		{"reset", rich(lease.PendingAvailable, lease.EndedReset), with(func(b *wire.Binding) { b.Status = reset })},
		{"asked back", rich(lease.PendingAvailable, lease.EndedReclaimed), with(func(b *wire.Binding) { b.Status = free })},
		{"abandoned", rich(lease.Unavailable, 0), wire.Binding{Address: base.Address, Status: abandoned, StateStart: 700}},
		{"free", rich(lease.Available, 0), with(func(b *wire.Binding) { b.Status = free })},
		{"the secondary's", change(rich(lease.OtherAvailable, 0), func(l *lease.Lease) { l.Flags = lease.Backup }), with(func(b *wire.Binding) { b.Status = backup })},
		{"offered", change(rich(lease.Offered, 0), func(l *lease.Lease) { l.Flags = lease.Backup }), with(func(b *wire.Binding) { b.Status = backup })},
		{"never used", lease.Lease{Key: duetKey, State: lease.Available}, wire.Binding{Address: base.Address, Status: free}},
	}
	a := Authority{Role: lease.Primary, Partner: wire.Own}
	for _, c := range cases {
		got := a.Update(&c.l)
		if d := cmp.Diff(c.want, got, cmp.Comparer(func(a, b wire.ClientOptions) bool { return a == b }), netipEqual); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
		for _, p := range []*wire.Profile{wire.Own, wire.Draft, wire.ISC} {
			m, err := p.Encode(wire.Message{XID: 2, Body: wire.BNDUPD{VendorClass: "leasehold-1", Bindings: []wire.Binding{got}}})
			if err != nil || len(m) > wire.MaxMessage/4 {
				t.Errorf("%s: encoded for %s: %d octets, %v", c.name, p.Name, len(m), err)
			}
		}
	}
}

func change2(b wire.Binding, f func(b *wire.Binding)) wire.Binding {
	f(&b)
	return b
}

var netipEqual = cmp.Comparer(func(a, b wire.Binding) bool { return a == b })

// TestReservedFree is section 5.13: what is free and reserved is for both to
// give. The draft wants FREE at the primary and BACKUP at the secondary; two of
// ours keep the same.
func TestReservedFree(t *testing.T) {
	for _, c := range []struct {
		role    lease.Role
		flags   lease.Flags
		partner *wire.Profile
		want    wire.BindingStatus
	}{
		{lease.Primary, 0, wire.Own, free},
		{lease.Primary, 0, wire.ISC, backup},
		{lease.Primary, 0, nil, backup},
		{lease.Primary, lease.Backup, wire.Own, backup},
		{lease.Secondary, 0, wire.ISC, free},
		{lease.Secondary, lease.Backup, wire.ISC, backup},
	} {
		a := Authority{Role: c.role, State: wire.StateNormal, Partner: c.partner}
		l := freeLease(c.role, lease.Reserved|c.flags)
		if b := a.Update(&l); b.Status != c.want || b.Flags != wire.FlagReserved {
			t.Errorf("%v, flags %08b: %v %v, want %v", c.role, c.flags, b.Status, b.Flags, c.want)
		}
	}

	// What comes of it on the other side, reserved there, too.
	for _, c := range []struct {
		role     lease.Role
		partner  *wire.Profile
		mine     lease.Flags
		received wire.BindingStatus
		want     lease.Flags
	}{
		{lease.Secondary, wire.Own, 0, backup, lease.Backup},
		{lease.Secondary, wire.Own, lease.Backup, free, 0},
		{lease.Secondary, wire.ISC, 0, backup, 0},
		{lease.Secondary, wire.ISC, lease.Backup, backup, 0},
		{lease.Primary, wire.ISC, lease.Backup, backup, lease.Backup},
		{lease.Primary, wire.ISC, 0, backup, 0},
		{lease.Primary, wire.ISC, lease.Backup, free, 0},
	} {
		a := Authority{Role: c.role, State: wire.StateNormal, Partner: c.partner}
		l := freeLease(c.role, lease.Reserved|c.mine|lease.FailoverUpdated)
		b := wire.Binding{Address: duetKey.Addr.Netip(), Status: c.received, Flags: wire.FlagReserved, StateStart: 600}
		got, reason, text := a.Accept(l, &b, acceptNow)
		if reason != 0 || got.State != lease.Available || got.Flags&lease.Backup != c.want || !a.MayGive(&got, acceptNow, false) {
			t.Errorf("%v receives %v from %s: %d %s, %s", c.role, c.received, c.partner.Name, reason, text, show(&got))
		}
	}
}

// TestOptionsTaken is section 7.1.4: what the partner learned of the client is
// as if it had been told to this server.
func TestOptionsTaken(t *testing.T) {
	a := Authority{Role: lease.Secondary, State: wire.StateNormal, Partner: wire.Own}
	sender := Authority{Role: lease.Primary, State: wire.StateNormal, Partner: wire.Own}
	l := rich(lease.Leased, 0)
	b := sender.Update(&l)
	got, reason, _ := a.Accept(lease.Lease{Key: duetKey, State: lease.OtherAvailable, Role: lease.Secondary}, &b, 650)
	if reason != 0 || got.HostName != "pc" || got.VendorClass != "MSFT 5.0" || got.RelayInfo != "\x01\x04eth0" || got.ClientID != "\x01alice" {
		t.Fatalf("reason %d, %+v", reason, got)
	}

	// A unicast renewal passes no relay: what is known stays.
	b.RequestOptions = wire.ClientOptions("").With(optionHostName, "pc2")
	b.LastTransaction++
	got, _, _ = a.Accept(got, &b, 660)
	if got.HostName != "pc2" || got.RelayInfo != "\x01\x04eth0" {
		t.Errorf("after a renewal: %+v", got)
	}
	// An older word fills in what is missing, and changes nothing.
	b.RequestOptions = wire.ClientOptions("").With(optionHostName, "old").With(optionVendorClass, "old")
	b.LastTransaction -= 10
	got.VendorClass = ""
	got, _, _ = a.Accept(got, &b, 660)
	if got.HostName != "pc2" || got.VendorClass != "old" {
		t.Errorf("after an older word: %+v", got)
	}
	// Another client's are its own.
	b.HW, b.ClientID, b.RequestOptions, b.LastTransaction = wire.HW(bob), "", "", 700
	got, _, _ = a.Accept(got, &b, 700)
	if got.HW != bob || got.ClientID != "" || got.HostName != "" || got.RelayInfo != "" || got.Failover.RcvdPE != b.PotentialExpiration.Unix() {
		t.Errorf("after another client: %+v", got)
	}
}

func TestAnnounced(t *testing.T) {
	for _, c := range []struct {
		name  string
		role  lease.Role
		l     lease.Lease
		flags lease.Flags
		want  lease.Failover
	}{
		{"leased", lease.Primary, lease.Lease{State: lease.Leased, Failover: lease.Failover{SentPE: 5, AckPE: 4}}, 0, lease.Failover{SentPE: 5, AckPE: 4, Told: true}},
		{"abandoned", lease.Primary, lease.Lease{State: lease.Unavailable}, 0, lease.Failover{Told: true}},
		{"ended: no promise stands", lease.Secondary, lease.Lease{State: lease.PendingAvailable, Failover: lease.Failover{SentPE: 5, AckPE: 6, RcvdPE: 7, Told: true}},
			0, lease.Failover{SentPE: 7, Told: true}},
		{"free", lease.Primary, freeLease(lease.Primary, lease.FailoverUpdated), 0, lease.Failover{}},
		{"given away, said again", lease.Primary, known(freeLease(lease.Primary, lease.Backup)), lease.Backup, lease.Failover{}},
		{"the primary's, said by the secondary", lease.Secondary, known(freeLease(lease.Secondary, 0)), lease.FailoverUpdated, lease.Failover{}},
	} {
		a := Authority{Role: c.role}
		if got := a.Announced(c.l); got.Failover != c.want || got.Flags != c.flags {
			t.Errorf("%s: %08b %+v, want %08b %+v", c.name, got.Flags, got.Failover, c.flags, c.want)
		}
	}
}

func TestChanged(t *testing.T) {
	updated := lease.Failover{Told: true, AckPE: 9, FromPartner: true}
	for _, c := range []struct {
		name      string
		state     lease.State
		connected bool
		known     bool
		want      lease.Failover
	}{
		{"expired, in its grace", lease.Expired, true, true, updated},
		{"released, in its grace", lease.Released, true, true, lease.Failover{Told: true, AckPE: 9}},
		{"ended, connected", lease.PendingAvailable, true, false, lease.Failover{Told: true, SentPE: 9}},
		{"ended, not connected", lease.PendingAvailable, false, false, lease.Failover{Told: true, AckPE: 9}},
		{"declined", lease.Unavailable, false, false, lease.Failover{Told: true, AckPE: 9}},
	} {
		a := Authority{Role: lease.Primary, Connected: c.connected}
		got := a.Changed(lease.Lease{State: c.state, Flags: lease.FailoverUpdated, Failover: updated})
		if got.Failover != c.want || (got.Flags&lease.FailoverUpdated != 0) != c.known {
			t.Errorf("%s: %08b %+v", c.name, got.Flags, got.Failover)
		}
	}
}

// TestFreeAgain: of an address that was in use or changed hands, and is free,
// there is a record: a partner that comes back with an old disk may claim it.
func TestFreeAgain(t *testing.T) {
	a := Authority{Role: lease.Primary, State: wire.StateRecover, Partner: wire.Own}
	never := lease.Lease{Key: duetKey, State: lease.Available, Role: lease.Primary}
	b := wire.Binding{Address: duetKey.Addr.Netip(), Status: free}
	if got, _, _ := a.Accept(never, &b, acceptNow); got != never {
		t.Errorf("never used: %s", show(&got))
	}
	b.StateStart = before
	if got, _, _ := a.Accept(never, &b, acceptNow); got.StateStart != before || got.Flags != lease.FailoverUpdated || got.State != lease.Available {
		t.Errorf("free again: %s", show(&got))
	}
}
