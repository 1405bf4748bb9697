package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"leasehold/internal/failover"
	"leasehold/internal/parity"
	"leasehold/pkg/objects"
	testserver "leasehold/test/server"
)

// ownAddress is the only address of a server's machine.
type ownAddress struct{ netip.Addr }

func (o ownAddress) Own(a netip.Addr) bool         { return a == o.Addr }
func (o ownAddress) Towards(netip.Addr) netip.Addr { return o.Addr }

// livePair is a main and a backup with the link up between them. Only the main
// has a cluster object to reach the other by.
func livePair(t *testing.T, rich string) (main, backup *testServer) {
	t.Helper()
	const mainAddress, backupAddress = "127.90.1.2", "127.90.1.3"
	l, err := net.Listen("tcp4", mainAddress+":0")
	if err != nil {
		t.Fatal(err)
	}
	port := netip.MustParseAddrPort(l.Addr().String()).Port()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	at := func(address string) *testServer {
		return &testServer{testserver.New(t, testserver.Options{Address: address, Speak: func(d failover.Deps) (*failover.Manager, error) {
			d.Local, d.Port, d.DriftAfter = ownAddress{netip.MustParseAddr(address)}, port, 100*time.Millisecond
			return failover.New(d)
		}})}
	}
	main, backup = at(mainAddress), at(backupAddress)
	host, tls, err := net.SplitHostPort(backup.Address)
	if err != nil {
		t.Fatal(err)
	}
	pair := fmt.Sprintf("failover-pair simple create %s %s\n", mainAddress, backupAddress)
	main.load(pair + fmt.Sprintf("cluster there create %s scp-port=%s admin=admin password=%s\n", host, tls, backup.Password()) +
		"failover-pair simple set backup=there\ndhcp reload\n")
	backup.load(pair + "dhcp reload\n")
	// What follows is only stored; the pair goes on as it is.
	var more []string
	for line := range strings.Lines(rich) {
		if !strings.HasPrefix(line, "failover-pair ") && !strings.HasPrefix(line, "cluster ") {
			more = append(more, line)
		}
	}
	main.load(strings.Join(more, ""))
	backup.load(strings.Join(more, ""))
	main.until("the two to be alike", func(d *failover.Detail, f *failover.Figure) bool {
		return f.Compared && f.Drift == 0 && len(d.Drift) == 0
	})
	return main, backup
}

// until waits for what the server shows of its pair.
func (s *testServer) until(what string, cond func(*failover.Detail, *failover.Figure) bool) {
	s.T.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	late := time.After(20 * time.Second)
	for {
		d, f := s.Pairs.Related()[0].Detail, s.Pairs.Figures()[0]
		if cond(d, &f) {
			return
		}
		select {
		case <-late:
			s.T.Fatalf("%s did not come about: %d classes, drift %q, problems %q", what, f.Drift, d.Drift, d.Problems)
		case <-tick.C:
		}
	}
}

// injections is how many differences TestEveryDriftIsNamed makes.
const injections = 100

// TestEveryDriftIsNamed makes single differences in all classes, one after the
// other, on the backup of a pair at work. Each is named on the main, it alone,
// with who made it, and gone when it is mended and the next is made.
func TestEveryDriftIsNamed(t *testing.T) {
	rich, err := os.ReadFile("testdata/rich.batch")
	if err != nil {
		t.Fatal(err)
	}
	main, backup := livePair(t, string(rich))
	ctx := context.Background()
	r := newReader(&options{})
	defer r.close()
	there, err := r.open(ctx, "backup", login{cluster: backup.Cluster()})
	if err != nil {
		t.Fatal(err)
	}
	same, _ := main.Service.Stored()
	injected := map[string]int{}
	total := 0
	for _, one := range turns(same) {
		if total == injections {
			break
		}
		if !inject(ctx, there, one.object, one.attr) {
			continue
		}
		now, _ := backup.Service.Stored()
		want := parity.Compare(same, now, parity.Options{Pair: "simple"})
		if len(want) == 0 { // of a scope that is not the pair's
			restore(t, ctx, there, one.object, one.attr)
			continue
		}
		if len(want) != 1 {
			t.Fatalf("%s %s was changed and differs is %v", one.object.Ref(), one.attr.Name, want)
		}
		class := one.object.Class.Name
		if owner := one.object.Class.Owner; owner != "" {
			class = owner
		}
		stray := parity.Strays(same, now, "simple") // what comes of it is told before it
		short := "the stored configurations of the two servers differ in " + class + ": "
		main.until(want[0].String(), func(d *failover.Detail, f *failover.Figure) bool {
			if f.Drift != 1 || len(d.Drift) != 1+len(stray) {
				return false
			}
			named := d.Drift[len(stray)]
			return strings.HasPrefix(named, want[0].String()+" (main: ") && strings.Contains(named, ", backup: set by ") &&
				slices.ContainsFunc(d.Problems, func(p string) bool { return strings.HasPrefix(p, short) })
		})
		backup.until("the class on the backup", func(_ *failover.Detail, f *failover.Figure) bool { return f.Drift == 1 })
		restore(t, ctx, there, one.object, one.attr)
		total++
		injected[class]++
	}
	main.until("the end", func(d *failover.Detail, f *failover.Figure) bool { return f.Drift == 0 && len(d.Drift) == 0 })
	t.Logf("%d differences in %d classes: %v", total, len(injected), injected)
	if total != injections || len(injected) < 15 {
		t.Errorf("only %d differences were injected, in %d classes", total, len(injected))
	}
}

// turn is an attribute to be changed.
type turn struct {
	object *objects.Object
	attr   *objects.Attr
}

// turns lists every attribute that must match, of one class after the other, so
// that the first hundred are of all of them.
func turns(cfg *objects.Config) (all []turn) {
	var byClass [][]turn
	for _, class := range objects.Classes() {
		var of []turn
		for _, o := range cfg.All(class) {
			for _, a := range class.Attrs {
				// Another type of a key makes another key: that is two.
				if parity.RowOf(class, a.Name) != nil && a != objects.ReservationLookupKeyType.Attr {
					of = append(of, turn{o, a})
				}
			}
		}
		byClass = append(byClass, of)
	}
	for left := true; left; {
		left = false
		for i, of := range byClass {
			if len(of) > 0 {
				all, byClass[i], left = append(all, of[0]), of[1:], true
			}
		}
	}
	return all
}
