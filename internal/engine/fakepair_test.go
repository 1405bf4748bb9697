package engine

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// fakeFailover are relationships that a story sets by hand.
type fakeFailover struct {
	pairs   map[string]*fakePair // by scope
	serving bool
}

func (f *fakeFailover) Prepare(*objects.Config, bool) Relationships { return f }

func (f *fakeFailover) Problems() (warnings, errs []*objects.Error) { return nil, nil }

func (f *fakeFailover) Risks() []string { return nil }

func (f *fakeFailover) Held() int { return 0 }

func (f *fakeFailover) Of(scope string) Pair {
	if p := f.pairs[scope]; p != nil {
		return p
	}
	return nil
}

func (f *fakeFailover) LeftOut(string) bool { return false }

func (f *fakeFailover) Part(Keeper) {}

func (f *fakeFailover) Apply(k Keeper) {
	for _, p := range f.pairs {
		p.keeper = k
	}
}

func (f *fakeFailover) Serving(on bool) { f.serving = on }

func (f *fakeFailover) Ready() error {
	for _, p := range f.pairs {
		if p.Authority().State == wire.StateStartup {
			return errors.New("STARTUP")
		}
	}
	return nil
}

func (f *fakeFailover) Troubles() []Trouble {
	for _, p := range f.pairs {
		if p.problem != "" {
			return []Trouble{{3, p.problem}}
		}
	}
	return nil
}

func (f *fakeFailover) Stats() *objects.Object { return objects.New(objects.Statistics, "failover") }

func (f *fakeFailover) ResetStats() {}

// fakePair is a relationship without a partner: a story says what it may do,
// and what the partner would have answered.
type fakePair struct {
	name      string
	role      lease.Role
	problem   string
	eager     bool
	keeper    Keeper
	authority atomic.Pointer[binding.Authority]

	mu    sync.Mutex
	told  []lease.Lease
	await []func(bool)
}

func (p *fakePair) Name() string                  { return p.name }
func (p *fakePair) Role() lease.Role              { return p.role }
func (p *fakePair) Problem() string               { return p.problem }
func (p *fakePair) Authority() *binding.Authority { return p.authority.Load() }
func (p *fakePair) Eager() bool                   { return p.eager && p.Authority().Connected }

func (p *fakePair) Changed(l lease.Lease) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, l)
}

func (p *fakePair) PoolsChanged() {}

func (p *fakePair) Fresh(time.Time) bool { return true }

func (p *fakePair) Shares(lease.Addr) bool { return false }

func (p *fakePair) Await(_ lease.Key, done func(bool)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.await = append(p.await, done)
}

// waiting is how many answers wait for the partner.
func (p *fakePair) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.await)
}

// failover does the step
//
//	failover <pair> [scopes=a,b] [role=primary] [state=NORMAL] [connected] [cut] [mclt=60] [down=<seconds ago>] [split=128] [eager] [problem=..] [unshared|shared]
//
// which says what the relationship is from now on. Scopes and role act with the
// next config.
func (w *world) failoverStep(t *testing.T, d *datadriven.TestData) string {
	p := w.pair(d.CmdArgs[0].Key)
	a := *p.Authority()
	for _, arg := range d.CmdArgs[1:] {
		v := strings.Join(arg.Vals, ",")
		n, _ := strconv.ParseInt(v, 10, 64)
		switch arg.Key {
		case "scopes":
			for s := range strings.SplitSeq(v, ",") {
				w.fo.pairs[s] = p
			}
		case "role":
			p.role = map[string]lease.Role{"primary": lease.Primary, "secondary": lease.Secondary}[v]
			a.Role = p.role
		case "state":
			s, ok := wire.ParseServerState(v)
			if !ok {
				d.Fatalf(t, "no state %q", v)
			}
			a.State, a.PartnerState = s, wire.StateNormal
		case "connected":
			a.Connected, a.Partner = true, wire.Own
		case "cut":
			a.Connected = false
		case "mclt":
			a.MCLT = n
		case "down":
			a.Down = w.clock.Now().Unix() - n
		case "split":
			a.Buckets, a.Balanced = binding.BucketsOf(wire.Own, wire.Own.Split(int(n)))
		case "eager":
			p.eager = true
		case "problem":
			p.problem = v
		case "unshared": // the partner shares no subnet
			a.Shared = &binding.Shared{}
		case "shared":
			a.Shared = nil
		default:
			d.Fatalf(t, "failover %s?", arg.Key)
		}
	}
	p.authority.Store(&a)
	return ""
}

func (w *world) pair(name string) *fakePair {
	for _, p := range w.fo.pairs {
		if p.name == name {
			return p
		}
	}
	p := &fakePair{name: name}
	p.authority.Store(&binding.Authority{State: wire.StateStartup, MCLT: 60})
	w.fo.pairs["("+name+")"] = p
	return p
}

// toldStep shows what the relationship was told since the last time.
func (w *world) toldStep(d *datadriven.TestData) string {
	p := w.pair(d.CmdArgs[0].Key)
	p.mu.Lock()
	defer p.mu.Unlock()
	var lines []string
	for _, l := range p.told {
		b := p.Authority().Update(&l)
		line := fmt.Sprintf("%s %s", b.Address, b.Status)
		if b.Expiration != 0 {
			line += " until " + w.from(b.Expiration)
		}
		if b.PotentialExpiration != 0 {
			line += " potential " + w.from(b.PotentialExpiration)
		}
		lines = append(lines, line+"\n")
	}
	p.told = nil
	sort.Strings(lines)
	return strings.Join(lines, "")
}

func (w *world) from(t wire.Time) string {
	if t == wire.Infinite {
		return "forever"
	}
	return fmt.Sprintf("%+ds", t.Unix()-w.clock.Now().Unix())
}

// partnerStep does what the partner would have done:
//
//	partner <pair> acks <address>
//	partner <pair> answers <n>          n answers that wait are told that it acknowledged; late with "late"
//	partner <pair> says <address> <STATUS> [mac=a] [end=600] [cltt=-1]
func (w *world) partnerStep(t *testing.T, d *datadriven.TestData) string {
	p := w.pair(d.CmdArgs[0].Key)
	switch d.CmdArgs[1].Key {
	case "acks":
		k := w.keyOf(d.CmdArgs[2].Key)
		return w.rewrite(p, k, func(l lease.Lease) (lease.Lease, string) {
			sent := p.Authority().Update(&l)
			return p.Authority().Acked(l, &sent, w.clock.Now().Unix()), ""
		})
	case "answers":
		n, _ := strconv.Atoi(d.CmdArgs[2].Key)
		w.await(func() bool { return p.waiting() >= n })
		p.mu.Lock()
		dones := p.await
		p.await = nil
		p.mu.Unlock()
		for _, done := range dones {
			done(!d.HasArg("late"))
		}
		w.settle()
		return w.result()
	case "says":
		b, err := w.binding(d)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		return w.rewrite(p, w.keyOf(d.CmdArgs[2].Key), func(l lease.Lease) (lease.Lease, string) {
			to, reason, text := p.Authority().Accept(l, b, w.clock.Now().Unix())
			if reason != 0 {
				return l, fmt.Sprintf("%d %s\n", reason, text)
			}
			return to, ""
		})
	}
	return "?\n"
}

func (w *world) binding(d *datadriven.TestData) (*wire.Binding, error) {
	now := w.clock.Now().Unix()
	status, ok := wire.ParseBindingStatus(d.CmdArgs[3].Key)
	if !ok {
		return nil, fmt.Errorf("no status %q", d.CmdArgs[3].Key)
	}
	b := &wire.Binding{Address: w.keyOf(d.CmdArgs[2].Key).Addr.Netip(), Status: status, StateStart: wire.TimeOf(now), LastTransaction: wire.TimeOf(now)}
	for _, a := range d.CmdArgs[4:] {
		n, _ := strconv.ParseInt(a.Vals[0], 10, 64)
		switch a.Key {
		case "mac":
			m, _ := strconv.ParseUint(a.Vals[0], 16, 8)
			b.HW = wire.HW{Type: 1, Len: 6, Addr: [16]byte{2, 0, 0, 0, 0, byte(m)}}
		case "end":
			b.Expiration = wire.TimeOf(now + n)
			b.PotentialExpiration = b.Expiration
		case "cltt":
			b.LastTransaction = wire.TimeOf(now + n)
		}
	}
	return b, nil
}

// rewrite changes a lease as the relationship does.
func (w *world) rewrite(p *fakePair, k lease.Key, f func(lease.Lease) (lease.Lease, string)) string {
	held := make(chan struct{})
	p.keeper.Hold(k, func() { close(held) })
	select {
	case <-held:
	case <-time.After(10 * time.Second):
		return "the address is busy\n"
	}
	at, _ := w.table.At(k).Beneath()
	l, text := f(at)
	if text != "" {
		p.keeper.Let(k)
		return text
	}
	done := make(chan error, 1)
	p.keeper.Write([]lease.Lease{l}, false, func(_ int, err error) { done <- err })
	if err := <-done; err != nil {
		return err.Error() + "\n"
	}
	return ""
}

func (w *world) keyOf(name string) lease.Key {
	k, e := w.server.key(name)
	if e != nil {
		w.t.Fatal(e)
	}
	return k
}

// Who waits for an address gets it in the order of coming, packets and
// relationships alike, and a relationship's change is nobody's to tell.
func TestKeeperWaitsItsTurn(t *testing.T) {
	w := newWorld(t, false)
	if err := w.put("scope", "s", "subnet=10.0.0.0/24", "ranges=10.0.0.10-10.0.0.20"); err != nil {
		t.Fatal(err)
	}
	p := w.pair("x")
	p.role = lease.Primary
	p.authority.Store(&binding.Authority{Role: lease.Primary, State: wire.StateNormal, MCLT: 60})
	w.fo.pairs["s"] = p
	if r := w.server.Reload(w.cfg, false); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	w.begin()
	k := lease.Key{Addr: 0x0a00000a}
	var order []string
	var mu sync.Mutex
	note := func(s string) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, s)
	}
	first := make(chan struct{})
	w.server.Hold(k, func() { close(first) })
	<-first
	w.server.Hold(k, func() {
		note("second")
		w.server.Let(k)
	})
	acquired := make(chan struct{})
	go func() {
		w.server.claims.acquire(k)
		note("acquired")
		close(acquired)
	}()
	w.await(func() bool { return w.server.claims.waiters(k) == 2 })
	w.server.Hold(k, func() {
		note("third")
		w.server.Let(k)
	})
	w.server.Let(k)
	<-acquired
	w.server.Let(k)
	if want := []string{"second", "acquired", "third"}; !slices.Equal(order, want) {
		t.Errorf("got the address in the order %v, want %v", order, want)
	}
	if w.server.claims.waiters(k) != 0 || !w.server.claims.try(k) {
		t.Error("the address is not free at the end")
	}
	w.server.Let(k)
}

// waiters is how many wait for an address.
func (c *claims) waiters(k lease.Key) int {
	s := c.stripe(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.keys, k); i >= 0 && s.waiters[i] != nil {
		return len(s.waiters[i].line)
	}
	return 0
}
