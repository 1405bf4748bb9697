package engine

import (
	"net/netip"
	"testing"
	"time"

	"leasehold/internal/lease"
	"leasehold/internal/netio"
	"leasehold/pkg/failover/binding"
)

// officeWorld is a running server with one scope of ten addresses.
func officeWorld(t testing.TB, dhcp ...string) *world {
	w := newWorld(t, false)
	for _, err := range []error{
		w.put("dhcp", "", dhcp...),
		w.put("policy", "default", "option.51=1000"),
		w.put("scope", "office", "subnet=10.0.0.0/24", "ranges=10.0.0.10-10.0.0.19"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if r := w.server.Reload(w.cfg, false); len(r.Errors) > 0 {
		t.Fatal(r.Errors[0])
	}
	w.begin()
	return w
}

func (w *world) packet(cmd string, args ...string) *netio.Packet {
	m := map[string]string{}
	for i := 0; i < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	p, err := w.message(cmd, m)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// stall makes commits wait, and returns what lets them go on. It returns when
// one is waiting: the packet given was sent to make it so.
func (w *world) stall(p *netio.Packet) (goOn func()) {
	hold, held := make(chan struct{}), make(chan struct{}, 1)
	w.store.mu.Lock()
	w.store.hold, w.store.held = hold, held
	w.store.mu.Unlock()
	w.inject(p)
	<-held
	return func() {
		w.store.mu.Lock()
		w.store.hold = nil
		w.store.mu.Unlock()
		close(hold)
	}
}

// count compares the outcomes of all packets so far.
func (w *world) count(t *testing.T, want map[Outcome]uint64) {
	t.Helper()
	for o := noOutcome + 1; o < numOutcomes; o++ {
		if got := w.server.stats.total[o].Load(); got != want[o] {
			t.Errorf("%s: %d packets, want %d", outcomes[o].name, got, want[o])
		}
	}
}

// A packet for an address whose lease is on its way to disk waits, and is
// answered after it; no more than max-waiting-packets do.
func TestPacketsWaitForABusyAddress(t *testing.T) {
	w := officeWorld(t, "max-waiting-packets=2")
	w.inject(w.packet("discover", "mac", "a"))
	w.settle()
	w.result()
	goOn := w.stall(w.packet("request", "mac", "a"))
	for range 4 {
		w.inject(w.packet("request", "mac", "a"))
	}
	// Others are not held up.
	w.inject(w.packet("discover", "mac", "b"))
	w.await(func() bool {
		return w.server.stats.total[DropWaiting].Load() == 2 && w.server.stats.total[Offered].Load() == 2
	})
	goOn()
	w.settle()
	w.count(t, map[Outcome]uint64{Offered: 2, Acked: 1, Repeated: 2, DropWaiting: 2})
}

// A lease that could not be written leaves those that waited behind it a
// chance of their own.
func TestWaitersGoOnAfterAFailedCommit(t *testing.T) {
	w := officeWorld(t)
	w.inject(w.packet("discover", "mac", "a"))
	w.settle()
	w.result()
	goOn := w.stall(w.packet("request", "mac", "a"))
	w.inject(w.packet("request", "mac", "a"))
	w.store.fail(errDiskFull)
	goOn()
	w.settle()
	w.count(t, map[Outcome]uint64{Offered: 1, FailStore: 2})
}

// line is a shard without a worker.
func line(w *world) *shard { return newShard(w.server) }

func (w *world) queued(cmd string, args ...string) *exchange {
	w.server.inFlight.add(1)
	ex := w.server.newExchange(w.packet(cmd, args...), w.clock.Now())
	if !ex.run(parseStage, classifyStage) {
		w.t.Fatal("the packet was turned away")
	}
	return ex
}

// The line in front of a worker drops the oldest when it is full, and puts a
// repetition in the place of what it repeats.
func TestLineDropsOldestAndReplacesRepetitions(t *testing.T) {
	w := officeWorld(t)
	sh := line(w)
	a := w.queued("discover", "mac", "a", "xid", "1")
	b := w.queued("discover", "mac", "b", "xid", "2")
	again := w.queued("discover", "mac", "a", "xid", "1")
	sameXID := w.queued("request", "mac", "a", "xid", "1")
	c := w.queued("discover", "mac", "c", "xid", "3")
	type step struct {
		ex    *exchange
		loser *exchange
		why   Outcome
	}
	for i, s := range []step{
		{a, nil, noOutcome}, {b, nil, noOutcome}, {again, a, DropDuplicate},
		{sameXID, nil, noOutcome}, {c, again, DropQueueFull},
	} {
		if loser, why := sh.push(s.ex, 3); loser != s.loser || why != s.why {
			t.Errorf("push %d: lost %p for %q, want %p for %q", i, loser, why, s.loser, s.why)
		}
	}
	got := sh.take(make([]*exchange, 0, 10))
	for i, want := range []*exchange{b, sameXID, c} {
		if i >= len(got) || got[i] != want {
			t.Errorf("taken: %v, want %p at %d", got, want, i)
		}
	}
	for _, ex := range []*exchange{a, b, again, sameXID, c} {
		ex.finish(DropQueueFull)
	}
}

// The line grows without mixing up its order.
func TestLineKeepsOrderWhileItGrows(t *testing.T) {
	w := officeWorld(t)
	sh := line(w)
	var all []*exchange
	for i := range 300 {
		ex := w.queued("discover", "mac", "a", "xid", itoa(int64(i)))
		all = append(all, ex)
		if loser, _ := sh.push(ex, 1000); loser != nil {
			t.Fatal("something was lost")
		}
		if i == 20 { // the ring turns
			for j, got := range sh.take(make([]*exchange, 0, 10)) {
				if got != all[j] {
					t.Fatalf("place %d is wrong", j)
				}
			}
		}
	}
	rest := sh.take(make([]*exchange, 0, 1000))
	if len(rest) != 290 {
		t.Fatalf("%d are left, want 290", len(rest))
	}
	for j, got := range rest {
		if got != all[j+10] {
			t.Fatalf("place %d is wrong", j)
		}
	}
	for _, ex := range all {
		ex.finish(DropQueueFull)
	}
}

// A packet that waited longer than drop-old-packets is not answered.
func TestOldPacketsAreDropped(t *testing.T) {
	w := officeWorld(t, "drop-old-packets=4")
	ex := w.queued("discover", "mac", "a")
	w.clock.Advance(5 * time.Second)
	ex.work(classifyStage)
	w.count(t, map[Outcome]uint64{DropOld: 1})
}

// A packet that lay in the socket's queue while the server stood still is not
// acted upon: a client that released its lease may have it again from the partner.
func TestLatePacketsAreDropped(t *testing.T) {
	w := officeWorld(t)
	for _, cmd := range []string{"discover", "request"} {
		w.inject(w.packet(cmd, "mac", "a"))
		w.settle()
		w.result()
	}
	for _, cmd := range []string{"discover", "renew", "decline", "release"} {
		p := w.packet(cmd, "mac", "a")
		p.Waited = binding.LongestQueued + time.Nanosecond
		w.inject(p)
		w.settle()
	}
	w.count(t, map[Outcome]uint64{Offered: 1, Acked: 1, DropLate: 4})
	p := w.packet("release", "mac", "a")
	p.Waited = binding.LongestQueued
	w.inject(p)
	w.settle()
	w.count(t, map[Outcome]uint64{Offered: 1, Acked: 1, DropLate: 4, Released: 1})
}

// What a client gives back it gave back when its packet came, however long that had to
// wait: not what it has again from the partner since.
func TestReleaseCountsFromWhenItCame(t *testing.T) {
	const waited = 4
	w := officeWorld(t)
	k := lease.Key{Addr: lease.AddrFrom(netip.MustParseAddr("10.0.0.10"))}
	release := func(waits time.Duration) {
		p := w.packet("release", "mac", "a")
		p.Waited = waits
		w.inject(p)
		w.settle()
	}
	fromPartner := func() {
		for _, cmd := range []string{"discover", "request"} {
			w.inject(w.packet(cmd, "mac", "a"))
			w.settle()
			w.result()
		}
		l := w.server.table.At(k)
		l.Failover.FromPartner = true
		w.server.table.Update(l)
	}
	fromPartner()
	release(waited * time.Second)
	w.count(t, map[Outcome]uint64{Offered: 1, Acked: 1, DropLate: 1})
	release(0)
	w.count(t, map[Outcome]uint64{Offered: 1, Acked: 1, DropLate: 1, Released: 1})

	w.advance(time.Minute)
	fromPartner()
	w.advance(time.Minute)
	release(waited * time.Second)
	w.count(t, map[Outcome]uint64{Offered: 2, Acked: 2, DropLate: 1, Released: 2})
	if l := w.server.table.At(k); l.LastTransaction != w.server.clock.Now().Unix()-waited {
		t.Errorf("the lease was released at %d, it says", l.LastTransaction)
	}
}

// While as many leases are on their way to disk as max-dhcp-responses says,
// workers wait; the line fills and drops its oldest; all that is left is
// answered when the disk goes on.
func TestFullLinesWhileTheDiskStalls(t *testing.T) {
	w := officeWorld(t, "max-dhcp-responses=1", "max-dhcp-requests=2")
	for _, mac := range []string{"a", "b", "c", "d", "e", "f"} {
		w.inject(w.packet("discover", "mac", mac))
		w.settle()
	}
	w.result()
	goOn := w.stall(w.packet("request", "mac", "a"))
	for _, mac := range []string{"b", "c", "d", "e", "f"} {
		w.inject(w.packet("request", "mac", mac))
	}
	w.await(func() bool { return w.server.stats.total[DropQueueFull].Load() >= 1 })
	goOn()
	w.settle()
	t1 := &w.server.stats.total
	if acked, lost := t1[Acked].Load(), t1[DropQueueFull].Load(); acked+lost != 6 || acked < 3 {
		t.Errorf("%d acknowledged, %d dropped, of 6", acked, lost)
	}
}

// Stop answers what was received before it.
func TestStopDrains(t *testing.T) {
	w := officeWorld(t)
	w.inject(w.packet("discover", "mac", "a"))
	w.settle()
	w.result()
	goOn := w.stall(w.packet("request", "mac", "a"))
	stopped := make(chan error)
	go func() { stopped <- w.server.Stop(t.Context()) }()
	w.await(func() bool { return !w.server.Running() })
	w.inject(w.packet("discover", "mac", "b"))
	goOn()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	w.count(t, map[Outcome]uint64{Offered: 1, Acked: 1, DropStopped: 1})
}
