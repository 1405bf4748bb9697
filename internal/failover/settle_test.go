package failover

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"leasehold/internal/lease"
	"leasehold/internal/packet"
	"leasehold/internal/store"
)

// stallable is a disk that can be made to stand still.
type stallable struct {
	*store.LeaseDB
	mu         sync.Mutex
	hold, held chan struct{}
}

func (d *stallable) Commit(ctx context.Context, batch []lease.Lease) (uint64, error) {
	d.mu.Lock()
	hold, held := d.hold, d.held
	d.mu.Unlock()
	if hold != nil {
		select {
		case held <- struct{}{}:
		default:
		}
		<-hold
	}
	return d.LeaseDB.Commit(ctx, batch)
}

// stall has commits wait. held is told of the first; goOn ends it.
func (d *stallable) stall() (held <-chan struct{}, goOn func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	hold := make(chan struct{})
	d.hold, d.held = hold, make(chan struct{}, 1)
	return d.held, sync.OnceFunc(func() {
		d.mu.Lock()
		d.hold = nil
		d.mu.Unlock()
		close(hold)
	})
}

// given has a backup in PARTNER-DOWN give an address of the main's, which gets no
// further than to the disk. It returns the request, and what lets the disk go on.
func (n *node) given(address string) (xid uint32, goOn func()) {
	n.Helper()
	offer := n.ask(packet.Discover, 9, func(r *packet.Reply) { r.AddAddr(packet.RequestedAddress, mustAddr(address)) }, n)
	if got := offer.YIAddr.String(); got != address {
		n.Fatalf("offered %s, want the partner's address that was asked for", got)
	}
	held, goOn := n.disk.stall()
	n.Cleanup(goOn)
	xid = n.send(packet.Request, 9, func(r *packet.Reply) {
		r.AddAddr(packet.RequestedAddress, offer.YIAddr)
		r.AddAddr(packet.ServerIdentifier, netip.MustParseAddr(n.addr(n.host)))
	}, n)
	<-held
	return xid, goOn
}

// unanswered tells whether a request has no answer for so long that a server which
// does not wait for its disk would have gone on.
func (s *site) unanswered(xid uint32) {
	s.Helper()
	if m := s.answerIn(xid, 1500*time.Millisecond); m != nil {
		s.Errorf("the client is answered with %s", packet.TypeName(m.Type))
	}
}

// downSince has the backup take its main for down since long ago.
func (n *node) downSince(ago time.Duration) {
	n.Helper()
	n.log.await(n, "state COMMUNICATIONS-INTERRUPTED")
	if _, e := n.manager.PartnerDown("", n.addr(2), time.Now().Add(-ago).Unix(), true); e != nil {
		n.Fatal(e)
	}
}

// A server that leaves PARTNER-DOWN waits for its disk: the partner hears of every
// lease of an address of its own before it serves.
func TestPartnerDownLeftBehindASlowDisk(t *testing.T) {
	t.Parallel()
	s, main, backup := pairUp(t, strings.ReplaceAll(twoServers, "mclt=60s", "mclt=10s"))
	backup.balanced(10)
	main.stop()
	files, err := filepath.Glob(filepath.Join(main.dir, "leases.db*"))
	s.must(err)
	for _, f := range files {
		s.must(os.Remove(f))
	}
	backup.downSince(time.Hour)
	main.start()
	main.log.await(t, "state RECOVER-WAIT")

	address := s.addr(100)
	xid, goOn := backup.given(address)
	main.log.await(t, "state RECOVER-DONE")
	backup.until("the end of PARTNER-DOWN to begin", func() bool {
		return backup.related().Detail.Status.Waiting == "the partner to be told of all leases"
	})
	s.unanswered(xid)
	if r := backup.related(); r.State != "PARTNER-DOWN" || main.log.has("state NORMAL") {
		t.Errorf("state %s while a lease is on its way to the disk", r.State)
	}
	goOn()
	main.log.await(t, "state NORMAL")
	if l := main.lease(address); l["client-mac-addr"] == "" {
		t.Errorf("the main serves, and its address is %s", l["state"])
	}
	backup.log.await(t, "drop-failover-state") // it is too late for the answer
	main.normal()
	backup.normal()
}

// So does one that answers its partner in a conflict: with the end of its updates
// the partner goes on to serve.
func TestConflictBehindASlowDisk(t *testing.T) {
	t.Parallel()
	s, main, backup := pairUp(t, twoServers)
	backup.balanced(10)
	main.stop()
	backup.downSince(time.Hour)
	address := s.addr(100)
	xid, goOn := backup.given(address)
	main.start()
	main.log.await(t, "state POTENTIAL-CONFLICT")
	s.unanswered(xid)
	if main.log.has("state CONFLICT-DONE") {
		t.Error("the conflict is resolved while a lease is on its way to the disk")
	}
	goOn()
	main.log.await(t, "state CONFLICT-DONE")
	if l := main.lease(address); l["client-mac-addr"] == "" {
		t.Errorf("the main serves, and its address is %s", l["state"])
	}
	main.normal()
	backup.normal()
}

// The first lease of a main that never met its partner is on its way to the disk when
// it becomes the backup: its partner collects it before it serves.
func TestRolesOfANewPairBehindASlowDisk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	one := s.node(2, "scope lab subnet=$0/24 ranges=$100-$199")
	one.start()
	one.set(twoServers)
	one.reload()
	one.until("PARTNER-DOWN", func() bool { return one.related().State == "PARTNER-DOWN" })
	xid, goOn := one.given(s.addr(100))
	one.set(exchanged)
	reloaded := make(chan string, 1)
	go func() { reloaded <- one.tryReload() }()
	s.unanswered(xid)
	goOn()
	if text := <-reloaded; text != "" {
		t.Fatal(text)
	}
	if !one.log.has("the two servers exchange all leases before either serves") {
		t.Error("the lease does not count")
	}
}
