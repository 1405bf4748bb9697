package admin

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"leasehold/internal/failover"
	"leasehold/internal/probe"
	"leasehold/pkg/objects"
)

// answers is a test client that is answered so.
type answers struct {
	address string
	err     error
}

func (a answers) Lease(context.Context, netip.Addr, netip.Addr) (netip.Addr, error) {
	if a.err != nil {
		return netip.Addr{}, a.err
	}
	return netip.MustParseAddr(a.address), nil
}

// inService gives a couple the running relationship, with so many addresses of
// the main's.
func inService(main, backup *world, state string, own int) {
	for _, w := range []*world{main, backup} {
		w.ok(w.root.create("scope", "office", "10.1.0.0", "255.255.255.0"))
		w.ok(w.root.control("reload", false))
	}
	for w, role := range map[*world]string{main: roleMain, backup: roleBackup} {
		r := row("office", role, "--", "10.0.0.9", "OK")
		r.State, r.PartnerState = state, state
		r.Detail.Pools = []failover.PoolStatus{{Scope: "office", Own: own}}
		w.service.failover.(*declared).rows = []failover.Related{r}
	}
}

func TestConfirmSteps(t *testing.T) {
	main, backup := couple(t)
	confirm := func() string {
		t.Helper()
		err, lines := main.root.do("failover-pair", "office", "confirm")
		if err != nil {
			lines = err.Status() + "\n" + strings.Join(err.Detail, "\n") + lines
		}
		return lines
	}
	says := func(got string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s\ndoes not say %q", got, w)
			}
		}
	}
	says(confirm(), "320 Generic error", "1. reach the partner: failed", "not in service on the main: failover-pair office reload", "3. a client gets a lease: not done")

	inService(main, backup, "NORMAL", 0)
	main.service.probe, backup.service.probe = answers{address: "10.1.0.7"}, answers{address: "10.1.0.8"}
	says(confirm(), "1. reach the partner: ok", "2. NORMAL on both servers: ok",
		"3. a client gets a lease: not done - ", "no scope has an address of this server's to spare; have a client of yours ask for one",
		"5. lease updates and their acknowledgements: not done - no lease changed",
		"6. the backup leaves clients to the main: failed - the backup served a client that is the main's: 10.1.0.8")

	backup.service.probe = answers{err: probe.ErrSilent}
	says(confirm(), "6. the backup leaves clients to the main: failed - the test client asked it in vain, but for another reason")
	backup.service.probe = nil
	says(confirm(), "101 OK, with warnings", "6. the backup leaves clients to the main: not done - ", "has no test client", "7. NORMAL on both servers, again: ok")

	inRecover := main.service.failover.(*declared)
	inRecover.rows[0].State = "RECOVER"
	says(confirm(), "2. NORMAL on both servers: failed - the main is in RECOVER and knows its partner in NORMAL, the backup is in NORMAL")

	main.service.failover.(*declared).rows[0].Detail.Pools[0].Own = 5
	main.service.probe = answers{err: errors.New("the server refused: go away")}
	says(confirm(), "3. a client gets a lease: failed - ", "go away")
}

func TestProbeIsNoMatterForReaders(t *testing.T) {
	main, backup := couple(t)
	inService(main, backup, "NORMAL", 3)
	main.service.probe = answers{address: "10.1.0.7"}
	err, lines := main.root.do("failover-pair", "office", "probe")
	main.ok(err)
	main.is(lines, "10.1.0.7 was leased to the test client and given back")
	main.ok(main.root.create("admin", "reader", "password=secret99", "roles=read-only"))
	err, _ = main.connect("reader", "secret99", false).do("failover-pair", "office", "probe")
	main.refused(err, objects.GenericError, "permission denied")
}
