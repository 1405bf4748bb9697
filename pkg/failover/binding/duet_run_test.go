package binding

import (
	"testing"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"

	"pgregory.net/rapid"
)

// settle connects everything and lets all messages arrive.
func (d *duet) settle() {
	for _, s := range d.servers {
		s.restart()
	}
	for range 8 {
		d.cut()
		d.now += d.mclt + 1
		d.join()
		for range 20 {
			for _, s := range d.servers {
				s.tick()
				s.send()
				s.receive()
				s.answer()
			}
		}
	}
	p, s := d.servers[0], d.servers[1]
	if p.State != wire.StateNormal || s.State != wire.StateNormal {
		d.fail("settled in %v and %v", p.State, s.State)
	}
	for range 40 {
		for _, x := range d.servers {
			x.send()
			x.receive()
			x.answer()
		}
	}
	if !alike(&p.disk, &s.disk) {
		d.fail("settled differently:\n%s\n%s", show(&p.disk), show(&s.disk))
	}
	if p.disk.State == lease.PendingAvailable || s.disk.State == lease.PendingAvailable {
		d.fail("settled pending:\n%s\n%s", show(&p.disk), show(&s.disk))
	}
	d.check()
}

// pick draws one of the two servers.
func (d *duet) pick(t *rapid.T) *server { return d.servers[rapid.IntRange(0, 1).Draw(t, "server")] }

func (d *duet) actions() map[string]func(*rapid.T) {
	serving := func(f func(t *rapid.T, s *server)) func(*rapid.T) {
		return func(t *rapid.T) {
			if s := d.pick(t); s.serves() {
				f(t, s)
			}
		}
	}
	holder := func(s *server) bool {
		for k := range d.held {
			if s.disk.Client() == func() lease.ClientKey { c := client(k); return c.Key() }() {
				return true
			}
		}
		return false
	}
	return map[string]func(*rapid.T){
		"request": serving(func(t *rapid.T, s *server) { s.grant(rapid.IntRange(1, 3).Draw(t, "client")) }),
		"renew": serving(func(_ *rapid.T, s *server) {
			if s.disk.State == lease.Leased {
				s.grant(int(s.disk.HW.Addr[5]))
			}
		}),
		"release": serving(func(_ *rapid.T, s *server) {
			if s.disk.State == lease.Leased && holder(s) {
				clear(d.held)
				s.change("release", lease.Release(s.disk, d.now, d.grace))
			}
		}),
		"decline": serving(func(_ *rapid.T, s *server) {
			if s.disk.State == lease.Leased && holder(s) {
				clear(d.held)
				s.change("decline", lease.MarkUnavailable(s.disk, d.now, 30*time.Second, "declined"))
			}
		}),
		"transfer": serving(func(_ *rapid.T, s *server) {
			if l, ok := s.Transferred(s.disk, d.now); ok && s.State == wire.StateNormal {
				s.write(l, "transfers")
			}
		}),
		"ask": serving(func(_ *rapid.T, s *server) {
			if l, ok := s.AskedBack(s.disk); ok && s.State == wire.StateNormal {
				s.write(l, "asks back")
			}
		}),
		"time": func(t *rapid.T) {
			d.now += rapid.Int64Range(1, 12).Draw(t, "seconds")
			d.servers[0].tick()
			d.servers[1].tick()
		},
		"wait": func(t *rapid.T) {
			d.now += rapid.Int64Range(10, 70).Draw(t, "seconds")
			d.servers[0].tick()
			d.servers[1].tick()
		},
		"tick":    func(t *rapid.T) { d.pick(t).tick() },
		"second":  func(t *rapid.T) { d.now++; d.pick(t).tick() },
		"send":    func(t *rapid.T) { d.pick(t).send() },
		"receive": func(t *rapid.T) { d.pick(t).receive() },
		"answer":  func(t *rapid.T) { d.pick(t).answer() },
		"flow": func(t *rapid.T) {
			s := d.pick(t)
			s.send()
			s.partner().receive()
			s.partner().answer()
			s.receive()
		},
		"cut":      func(*rapid.T) { d.cut() },
		"join":     func(*rapid.T) { d.join() },
		"crash":    func(t *rapid.T) { d.pick(t).crash() },
		"takeover": func(t *rapid.T) { d.pick(t).takeOver() },
		"restart":  func(t *rapid.T) { d.pick(t).restart() },
		"":         func(*rapid.T) { d.check() },
	}
}

// TestDuet is S1 to S5, S11 and the agreement of both tables, for one lease.
func TestDuet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDuet(t)
		t.Repeat(d.actions())
		d.settle()
	})
}
