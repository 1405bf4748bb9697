package binding

import (
	"testing"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"

	"pgregory.net/rapid"
)

// drawRecord is any record that a server may have of an address, also one that
// only a lost or an old database explains.
func drawRecord(t *rapid.T, role lease.Role, now int64) lease.Lease {
	s := rapid.SampledFrom(allStatuses).Draw(t, "status")
	l := mineIs(role, s)
	l.Role = role
	if isFree(&l) {
		l = known(lease.Freed(l, before, s == backup))
		l.HW = lease.HW{}
	}
	if rapid.Bool().Draw(t, "bob") && l.HW.Len > 0 {
		l.HW = bob
	}
	l.LastTransaction = now - rapid.Int64Range(0, 50).Draw(t, "transaction")
	l.StateStart = l.LastTransaction + rapid.Int64Range(0, now-l.LastTransaction).Draw(t, "state")
	if s == active {
		l.Start, l.Expiration = l.StateStart, now+rapid.Int64Range(-5, 30).Draw(t, "end")
		l.Failover.SentPE, l.Failover.AckPE, l.Failover.RcvdPE = l.Expiration, 0, 0
	}
	if rapid.Bool().Draw(t, "untold") {
		l.Flags &^= lease.FailoverUpdated
	}
	return l
}

// TestCrossing has two servers with any two records of one address send them at
// the same time, and then what else they have to tell: they come to agree,
// with few messages, and at no time do both take it to be theirs to give once
// the first has arrived.
func TestCrossing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDuet(t)
		d.now = acceptNow
		for _, s := range d.servers {
			s.disk = drawRecord(t, s.Role, d.now)
			d.say("%s: has %s", s.name, show(&s.disk))
		}
		p, s := d.servers[0], d.servers[1]
		for _, x := range d.servers {
			x.write(x.Announced(x.disk), "announces")
			x.post()
		}
		p.receive()
		s.receive()
		d.check()
		p.answer()
		s.answer()
		d.flow()
		d.check()
		if sent := p.xid + s.xid; sent > 8 {
			d.fail("%d updates", sent)
		}
		d.settle()
	})
}

// flow lets all messages arrive that there are, at one time.
func (d *duet) flow() {
	for range 12 {
		for _, x := range d.servers {
			x.send()
			x.receive()
			x.answer()
		}
	}
}

// TestCrossingDhcpd: a dhcpd's lease that crosses with our word that there is none is told
// again. The dhcpd may have let it go for that, and the connection end with its answer.
func TestCrossingDhcpd(t *testing.T) {
	for partner, again := range map[*wire.Profile]bool{wire.ISC: true, wire.Own: false} {
		a := Authority{Role: lease.Primary, State: wire.StateNormal, Connected: true, MCLT: 60, Partner: partner}
		for _, ours := range []wire.BindingStatus{expired, released, free} {
			b, l := theirsIs(active), mineIs(lease.Primary, ours)
			next, reason, text := a.Accept(l, &b, acceptNow)
			if reason != 0 {
				t.Fatalf("%v: %s", ours, text)
			}
			got := a.Crossing(l, next, &b, acceptNow)
			if told := got.Flags&lease.FailoverUpdated != 0; got.State != lease.Leased || told == again {
				t.Errorf("%v: %s", ours, show(&got))
			}
		}
	}
}

// TestAcceptAnything: no update of a partner, whatever it says, makes a record
// go wrong.
func TestAcceptAnything(t *testing.T) {
	profiles := []*wire.Profile{wire.Own, wire.Draft, wire.ISC, nil}
	rapid.Check(t, func(t *rapid.T) {
		role := rapid.SampledFrom([]lease.Role{lease.Primary, lease.Secondary}).Draw(t, "role")
		a := Authority{Role: role, State: rapid.SampledFrom(allStates).Draw(t, "state"), MCLT: 60, Partner: rapid.SampledFrom(profiles).Draw(t, "profile")}
		l := drawRecord(t, role, acceptNow)
		b := wire.Binding{
			Address: duetKey.Addr.Netip(), Status: wire.BindingStatus(rapid.IntRange(0, 9).Draw(t, "received")),
			Flags:           wire.IPFlags(rapid.IntRange(0, 7).Draw(t, "flags")),
			HW:              rapid.SampledFrom([]wire.HW{{}, wire.HW(alice), wire.HW(bob)}).Draw(t, "hw"),
			ClientID:        rapid.SampledFrom([]string{"", "id"}).Draw(t, "id"),
			Expiration:      wire.Time(rapid.Uint32().Draw(t, "expiration")),
			StateStart:      wire.Time(rapid.Uint32Range(0, 2*acceptNow).Draw(t, "start")),
			LastTransaction: wire.Time(rapid.Uint32Range(0, 2*acceptNow).Draw(t, "transaction")),
			RequestOptions:  wire.ClientOptions(rapid.StringN(0, 12, 12).Draw(t, "options")),
		}
		b.PotentialExpiration = wire.Time(rapid.Uint32().Draw(t, "potential"))
		got, reason, text := a.Accept(l, &b, acceptNow)
		if reason != 0 {
			if text == "" {
				t.Fatalf("refused with %d without a word", reason)
			}
			return
		}
		f, g := got.Failover, l.Failover
		if status(&got) == active && status(&l) == active && got.Client() == l.Client() &&
			(f.SentPE < g.SentPE || f.AckPE < g.AckPE || f.RcvdPE < g.RcvdPE || got.Expiration < l.Expiration) {
			t.Fatalf("a time went back:\n%s\n%s", show(&l), show(&got))
		}
		if l.Flags&lease.FailoverUpdated != 0 && got.Flags&lease.FailoverUpdated == 0 {
			t.Fatalf("is echoed:\n%s\n%s", show(&l), show(&got))
		}
		if got.Key != l.Key || got.Flags&(lease.Reserved|lease.Deactivated) != l.Flags&(lease.Reserved|lease.Deactivated) {
			t.Fatalf("is no longer itself:\n%s\n%s", show(&l), show(&got))
		}
		if isFree(&got) && got.State != lease.PendingAvailable && (got.State == lease.Available) != (owner(&got) == role) {
			t.Fatalf("whose is it: %s", show(&got))
		}
		u := a.Update(&got)
		if err := u.Check(); err != nil {
			t.Fatalf("%s: %v", show(&got), err)
		}
	})
}
