package engine

import (
	"errors"
	"slices"
	"testing"

	"leasehold/internal/lease"
)

// Leases that are written together may end differently. Each is in the table
// and free to be worked on before it is told of, in order.
func TestKeeperWrites(t *testing.T) {
	w := newWorld(t, false)
	if err := w.put("scope", "s", "subnet=10.0.0.0/24", "ranges=10.0.0.10-10.0.0.20"); err != nil {
		t.Fatal(err)
	}
	if r := w.server.Reload(w.cfg, false); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	type part struct {
		n   int
		err error
	}
	var leases []lease.Lease
	for i := range 5 {
		l := w.table.At(lease.Key{Addr: 0x0a00000a + lease.Addr(i)})
		l.State, l.HW = lease.Leased, lease.HardwareFrom(1, []byte{2, 0, 0, 0, 0, byte(i)})
		l.Expiration = w.clock.Now().Unix() + 3600
		leases = append(leases, l)
	}
	hold := func() {
		t.Helper()
		for i := range leases {
			if !w.server.Try(leases[i].Key) {
				t.Fatalf("%v is not free", leases[i].Addr)
			}
		}
	}
	done := make(chan part, 5)
	write := func() part {
		hold()
		w.server.Write(leases, false, func(n int, err error) { done <- part{n, err} })
		return <-done
	}
	w.store.fail(errDiskFull)
	if got := write(); got.n != 5 || !errors.Is(got.err, errDiskFull) {
		t.Errorf("on a full disk: %v", got)
	}
	if l := w.table.At(leases[0].Key); l.State != lease.Available {
		t.Errorf("what is not on disk is in the table: %+v", l)
	}
	w.store.fail(nil)
	if got := write(); got != (part{5, nil}) {
		t.Errorf("told %v", got)
	}
	for i := range leases {
		if l := w.table.At(leases[i].Key); l.State != lease.Leased || l.Commit == 0 {
			t.Errorf("%v is %+v", leases[i].Addr, l)
		}
	}

	// In several transactions, of which one fails.
	hold()
	var parts []part
	w.server.changes.add(1)
	c := &changes{server: w.server, leases: slices.Clone(leases), done: func(n int, err error) { parts = append(parts, part{n, err}) }}
	for i, err := range []error{nil, nil, errDiskFull, errDiskFull, nil} {
		c.Committed(uint64(10+i), err)
	}
	if want := []part{{2, nil}, {2, errDiskFull}, {1, nil}}; !slices.Equal(parts, want) {
		t.Errorf("told %v, want %v", parts, want)
	}
	if got := w.table.At(leases[4].Key).Commit; got != 14 {
		t.Errorf("the last is of commit %d", got)
	}
	hold()
}

// What the partner acknowledges counts at once, while the disk takes nothing, and is
// on disk with the next lease. The address is free to be worked on.
func TestKeeperAcknowledges(t *testing.T) {
	w := newWorld(t, false)
	if err := w.put("scope", "s", "subnet=10.0.0.0/24", "ranges=10.0.0.10-10.0.0.20"); err != nil {
		t.Fatal(err)
	}
	if r := w.server.Reload(w.cfg, false); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	write := func(i int) lease.Lease {
		l := w.table.At(lease.Key{Addr: 0x0a00000a + lease.Addr(i)})
		l.State, l.HW = lease.Leased, lease.HardwareFrom(1, []byte{2, 0, 0, 0, 0, byte(i)})
		l.Expiration = w.clock.Now().Unix() + 3600
		l.Failover.SentPE = l.Expiration + 1800
		done := make(chan error, 1)
		if !w.server.Try(l.Key) {
			t.Fatalf("%v is not free", l.Addr)
		}
		w.server.Write([]lease.Lease{l}, false, func(_ int, err error) { done <- err })
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		return w.table.At(l.Key)
	}
	l := write(0)
	ack := lease.Ack{Key: l.Key, AckPE: l.Failover.SentPE, Commit: l.Commit}
	w.store.fail(errDiskFull)
	if !w.server.Try(l.Key) {
		t.Fatal("a lease that is on disk is held")
	}
	w.server.Acknowledge([]lease.Ack{ack})
	if got := w.table.At(l.Key); got != ack.To(l) {
		t.Errorf("the table has %+v, want %+v", got, ack.To(l))
	}
	if !w.server.Try(l.Key) {
		t.Fatal("an acknowledged lease is held")
	}
	w.server.Let(l.Key)
	w.store.fail(nil)
	write(1)
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	if got := w.store.rows[l.Key]; got.Failover != ack.To(l).Failover || got.Flags&lease.FailoverUpdated == 0 {
		t.Errorf("on disk is %+v", got)
	}
}
