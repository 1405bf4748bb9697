package core

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// TestShuffle lets clients come and go while the link and the servers fail, in
// an order drawn from a seed, and wants two servers in NORMAL that agree on
// every address afterwards. What may never happen on the way is the
// simulator's to check (package sim).
func TestShuffle(t *testing.T) {
	for seed := range uint64(25) {
		if msg := shuffle(seed); msg != "" {
			t.Fatalf("seed %d: %s", seed, msg)
		}
	}
}

func shuffle(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 1))
	w := newWorld()
	p, s := w.add("main", lease.Primary), w.add("backup", lease.Secondary)
	for _, n := range w.nodes {
		n.pct = []int{10, 50}[seed%2]
		n.cfg.Bulking = seed%3 != 0
		n.cfg.MaxUnacked = uint32(1 + seed%7)
	}
	s.skew = time.Duration(seed%4) * 40 * time.Second
	p.start()
	s.start()
	for range 300 {
		w.disturb(r)
		if r.IntN(3) > 0 {
			w.settle()
		}
	}
	for _, n := range w.nodes {
		n.stuck = false
	}
	w.settle()
	for _, n := range w.nodes {
		if n.m == nil || w.stopping(n) {
			n.crash()
			n.start()
		}
	}
	w.wired = true
	for range 240 {
		w.connect()
		w.advance(5 * time.Second)
	}
	if p.m.state() != normal || s.m.state() != normal {
		return fmt.Sprintf("ends with %s and %s\n%s", p.m.state(), s.m.state(), w.tail())
	}
	return w.disagreement()
}

// disturb does one thing at random.
func (w *world) disturb(r *rand.Rand) {
	n := w.nodes[r.IntN(2)]
	at, who := 100+r.IntN(20), 1+r.IntN(12)
	switch x := r.IntN(40); {
	case x < 18:
		n.give(who, at, 2*time.Minute)
	case x < 20 && n.m != nil && len(n.held[key(at)]) == 0 && n.table.At(key(at)).State == lease.Leased:
		n.giveBack(at)
	case x == 20 && n.m != nil && len(n.held[key(at)]) == 0 && n.table.At(key(at)).State == lease.Leased:
		n.decline(at)
	case x < 24:
		w.advance(time.Duration(r.IntN(40)) * time.Second)
	case x == 24:
		w.disconnect("cut")
		w.wired = r.IntN(2) == 0
	case x < 28:
		w.wired = true
		w.connect()
	case x == 28:
		n.crash()
	case x < 31 && n.m == nil:
		n.start()
	case x == 31 && n.m != nil && !n.m.link.ok && n.peer.m == nil:
		n.inputs = append(n.inputs, PartnerDown{})
	case x == 32 && n.m != nil:
		n.inputs = append(n.inputs, Rebalance{})
	case x < 35:
		n.stuck = !n.stuck
	case x == 35 && n.m != nil:
		n.inputs = append(n.inputs, []Input{Pause{}, Shutdown{}}[r.IntN(2)])
	case x == 36:
		w.cutAfter = 1 + r.IntN(10)
	}
}

// disagreement is the first address that the servers see differently.
func (w *world) disagreement() string {
	p, s := w.nodes[0], w.nodes[1]
	for i := range 20 {
		a, b := p.table.At(key(100+i)), s.table.At(key(100+i))
		auth := p.m.Authority()
		ua, ub := auth.Update(&a), auth.Update(&b)
		known := (a.Flags&b.Flags&lease.FailoverUpdated) != 0 || a.StateStart == 0 && b.StateStart == 0
		if ua.Status != ub.Status || a.Client() != b.Client() && ua.Status == wire.StatusActive || !known {
			return fmt.Sprintf(".%d: %s %s %v, %s %s %v\n%+v\n%+v\n%s", 100+i, p.name, ua.Status, a.Flags, s.name, ub.Status, b.Flags, a, b, w.tail())
		}
	}
	for _, n := range w.nodes {
		if n.m.jobs.Len()+len(n.m.out.entries)+len(n.m.out.flights)+n.m.share.moving > 0 {
			return fmt.Sprintf("%s is not done: %+v", n.name, n.m.Status())
		}
	}
	return ""
}

func (w *world) tail() string {
	s := w.out.String()
	return s[max(0, len(s)-6000):]
}
