package e2e

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

var policyFile = regexp.MustCompile(`packet-file-name=(\w+)`)

const painted = 300

// paint gives all the policies of a server another description.
func (s *server) paint(verb, colour string) {
	s.t.Helper()
	var lines []string
	for i := range painted {
		lines = append(lines, fmt.Sprintf("policy p%d %s packet-file-name=%s", i, verb, colour))
	}
	out, errs, status := s.nrcmdRaw(strings.Join(lines, "\n")+"\n", "-b", "--atomic")
	if status != 0 {
		s.t.Fatalf("paint: status %d\n%s%s", status, tail(out, 5), errs)
	}
}

// colours counts the policies by their descriptions.
func (s *server) colours() map[string]int {
	s.t.Helper()
	n := map[string]int{}
	for _, m := range policyFile.FindAllStringSubmatch(s.one("policy list"), -1) {
		n[m[1]]++
	}
	return n
}

// TestSyncKilled ends either server, or nrcmd, or the network between them, at
// many moments of a sync: the target is old or new, never half, and the next
// sync succeeds.
func TestSyncKilled(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	all := s.coupled("a", "b")
	a, b := all["a"], all["b"]
	a.nrcmd(quick.scope()...)
	a.pairOf("office", "a", "b")
	a.paint("create", "none")
	began := time.Now()
	a.nrcmd("failover-pair office sync exact")
	takes := time.Since(began)
	if got := b.colours(); got["none"] != painted {
		t.Fatalf("after the first sync the backup has %v", got)
	}
	old := "none"
	results := map[string]int{}
	for round := range 24 {
		kind := []string{"target", "source", "nrcmd", "network"}[round%4]
		colour := fmt.Sprint(kind, round)
		a.paint("set", colour)
		p := start(t, "", nil, filepath.Join(bin, "nrcmd"), "-C", "unix:"+a.socket(), "failover-pair office sync exact")
		wait := rand.N(takes * 3 / 2)
		select {
		case <-p.end:
		case <-time.After(wait):
		}
		switch kind {
		case "target":
			b.kill9()
		case "source":
			a.kill9()
		case "nrcmd":
			p.signal(syscall.SIGKILL)
		case "network":
			s.hub.Cut("a", "b")
			select {
			case <-p.end:
			case <-time.After(time.Second):
			}
			s.hub.Join("a", "b")
		}
		p.wait()
		switch kind {
		case "target":
			b.start()
		case "source":
			a.start()
		}
		got := b.colours()
		switch {
		case len(got) == 1 && got[old] == painted:
			results[kind+" old"]++
		case len(got) == 1 && got[colour] == painted:
			results[kind+" new"]++
			old = colour
		default:
			t.Fatalf("round %d, %s ended after %v: the backup has %v; nrcmd said\n%s", round, kind, wait, got, p.out.text())
		}
	}
	t.Logf("a sync takes %v; after the kills the target was %v", takes, results)
	a.paint("set", "last")
	a.nrcmd("failover-pair office sync exact")
	if got := b.colours(); got["last"] != painted {
		t.Errorf("the last sync left the backup with %v", got)
	}
	if got := a.says("failover-pair office diff"); !strings.Contains(got, "Nothing differs") {
		t.Errorf("at the end: %s", got)
	}
}
