package e2e

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// This file has commands given to both servers of a pair, with -both, while one
// of the two, or what is between them, ends.

// bothAddresses is how many addresses the commands are about, and bothRounds how
// often they are given.
const (
	bothAddresses = 16
	bothRounds    = 8
	bothTakes     = time.Second // what they take about, with nothing in the way
)

// bothLine is a command and what it makes of its address: what it is reserved
// for, and whether it is deactivated.
type bothLine struct {
	text, address string
	does          func(*bothState)
}

type bothState struct {
	reserved    string
	deactivated bool
}

// bothLines are the commands of one round.
func bothLines(round int) (all []bothLine) {
	for i := range bothAddresses {
		address := fmt.Sprintf("192.168.50.%d", 30+i)
		for n, word := range []string{"create", "deactivate", "set", "delete", "activate"} {
			l := bothLine{address: address}
			says := fmt.Sprintf("r%d-%s", round, word)
			switch word {
			case "create":
				l.text = fmt.Sprintf("reservation %s create 1,6,02:00:00:00:01:%02x description=%s", address, i, says)
				l.does = func(s *bothState) { s.reserved = says }
			case "set":
				l.text = fmt.Sprintf("reservation %s set description=%s", address, says)
				l.does = func(s *bothState) { s.reserved = says }
			case "delete":
				l.text = fmt.Sprintf("reservation %s delete", address)
				l.does = func(s *bothState) { s.reserved = "" }
			default:
				l.text = fmt.Sprintf("lease %s %s", address, word)
				l.does = func(s *bothState) { s.deactivated = word == "deactivate" }
			}
			if (n == 3 || n == 4) && i%2 == 0 {
				continue // those stay reserved and deactivated
			}
			all = append(all, l)
		}
	}
	return all
}

// bothOf reads what a server has of all that.
func (s *server) bothOf() map[string]bothState {
	s.t.Helper()
	var lines []string
	for i := range bothAddresses {
		lines = append(lines, fmt.Sprintf("lease 192.168.50.%d", 30+i))
	}
	out, errs, _ := s.nrcmdRaw(strings.Join(lines, "\n")+"\n", "-b")
	flags := regexp.MustCompile(`(?m)^.*address[ =]+(192\.168\.50\.\d+)[\s\S]*?^\s*flags = (.*)$`).FindAllStringSubmatch(out, -1)
	if len(flags) != bothAddresses {
		s.t.Fatalf("%d of %d leases in\n%s%s", len(flags), bothAddresses, out, errs)
	}
	all := map[string]bothState{}
	for _, m := range flags {
		all[m[1]] = bothState{deactivated: strings.Contains(m[2], "deactivated")}
	}
	for block := range strings.SplitSeq(s.one("reservation list"), "lookup-key-type") {
		at := regexp.MustCompile(`ipaddr[ =]+(\S+)`).FindStringSubmatch(block)
		says := regexp.MustCompile(`description[ =]+(\S+)`).FindStringSubmatch(block)
		if at != nil && says != nil {
			all[at[1]] = bothState{says[1], all[at[1]].deactivated}
		}
	}
	return all
}

// bothPair starts two servers that are a pair of one configuration and know
// each other as clusters.
func bothPair(t *testing.T) (s *site, a, b *server) {
	s = newSite(t, "a", "b")
	all := s.coupled("a", "b")
	a, b = all["a"], all["b"]
	a.nrcmd(quick.scope()...)
	a.pairOf("office", "a", "b")
	a.nrcmd("failover-pair office sync exact", "failover-pair office reload")
	b.nrcmd("failover-pair office set main=a")
	s.normal(a, b)
	return s, a, b
}

const nothingPending = "Nothing is pending on the partner."

// settled waits until the partner has done all.
func (s *server) settled() {
	s.t.Helper()
	last := ""
	s.eventually("nothing is pending on the partner", func() bool {
		last = s.says("failover-pair office listPending")
		return strings.Contains(last, nothingPending)
	}, func() string { return last })
}

// TestBothPartnerAway has the partner down, then the network: what was given
// meanwhile is done there by itself when the link is up again.
func TestBothPartnerAway(t *testing.T) {
	t.Parallel()
	s, a, b := bothPair(t)
	if got := a.one("reservation 192.168.50.30 create 1,6,02:00:00:00:01:00 description=first -both"); !strings.HasPrefix(got, `done on this server and on cluster "b" at `) {
		t.Errorf("with the partner there: %s", got)
	}
	b.kill9()
	got := a.says("reservation 192.168.50.30 set description=second -both") + a.says("lease 192.168.50.31 deactivate -both")
	if n := strings.Count(got, "101 OK, with warnings - done on this server; pending on cluster \"b\""); n != 2 {
		t.Errorf("with the partner down: %s", got)
	}
	a.kill9()
	a.start()
	if got := a.says("failover-pair office listPending"); !strings.Contains(got, "reservation 192.168.50.30 set description=second\n") || !strings.Contains(got, "lease 192.168.50.31 deactivate\n") {
		t.Errorf("after a restart are pending: %s", got)
	}
	b.start()
	a.settled()
	if got := b.bothOf(); got["192.168.50.30"].reserved != "second" || !got["192.168.50.31"].deactivated {
		t.Errorf("the partner has %v", got)
	}
	s.normal(a, b)
	s.hub.Cut("a", "b")
	// The other way round it is the same.
	if got := b.says("reservation 192.168.50.30 delete -both"); !strings.Contains(got, "101 OK, with warnings - done on this server; pending on cluster \"a\"") {
		t.Errorf("with the network cut: %s", got)
	}
	b.interrupted("a")
	s.hub.Join("a", "b")
	b.settled()
	if got := a.bothOf(); got["192.168.50.30"].reserved != "" {
		t.Errorf("the main has %v", got)
	}
	if got := a.says("lease 192.168.50.31 activate"); !strings.HasPrefix(got, "101 OK, with warnings - on this server only: ") {
		t.Errorf("on one server only: %s", got)
	}
}

// TestBothKilled ends either server, nrcmd or the network at many moments of
// many commands: what was answered is done on both in the end, what was not is
// done on both or on neither, and nothing is done twice: a create that came
// again behind its delete would be there.
func TestBothKilled(t *testing.T) {
	t.Parallel()
	s, a, b := bothPair(t)
	want := map[string]bothState{}
	for i := range bothAddresses {
		want[fmt.Sprintf("192.168.50.%d", 30+i)] = bothState{}
	}
	results := map[string]string{}
	for round := range bothRounds {
		kind := []string{"here", "there", "nrcmd", "network"}[round%4]
		lines := bothLines(round)
		n := bothRun(t, s, a, b, kind, rand.N(bothTakes), lines)
		results[fmt.Sprint(round, " ", kind)] = fmt.Sprintf("%d of %d", n, len(lines))
		a.settled()
		for _, l := range lines[:n] {
			o := want[l.address]
			l.does(&o)
			want[l.address] = o
		}
		further := maps.Clone(want)
		if n < len(lines) {
			o := further[lines[n].address]
			lines[n].does(&o)
			further[lines[n].address] = o
		}
		got, there := a.bothOf(), b.bothOf()
		if !maps.Equal(got, there) {
			t.Fatalf("round %d, %s, %d of %d answered: the servers have\n%v\n%v", round, kind, n, len(lines), got, there)
		}
		if !maps.Equal(got, want) && !maps.Equal(got, further) {
			t.Fatalf("round %d, %s, %d of %d answered: both have\n%v, not\n%v, nor\n%v", round, kind, n, len(lines), got, want, further)
		}
		want = got
		for _, address := range slices.Sorted(maps.Keys(want)) {
			if want[address].reserved != "" {
				a.nrcmd("reservation " + address + " delete -both")
				want[address] = bothState{deactivated: want[address].deactivated}
			}
		}
	}
	t.Logf("answered were %v", results)
}

// bothRun gives the commands and has something end after some time. It returns
// how many commands were answered.
func bothRun(t *testing.T, s *site, a, b *server, kind string, after time.Duration, lines []bothLine) (answered int) {
	t.Helper()
	var script strings.Builder
	for _, l := range lines {
		script.WriteString(l.text + " -both\n")
	}
	cmd := exec.Command(filepath.Join(bin, "nrcmd"), "-C", "unix:"+a.socket(), "-b", "--stop")
	cmd.Stdin = strings.NewReader(script.String())
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }() // some are killed
	select {
	case <-done:
	case <-time.After(after):
	}
	switch kind {
	case "here":
		a.kill9()
	case "there":
		b.kill9()
	case "nrcmd":
		_ = cmd.Process.Signal(syscall.SIGKILL)
	case "network":
		s.hub.Cut("a", "b")
	}
	<-done
	switch kind {
	case "here":
		a.start()
	case "there":
		b.start()
	case "network":
		s.hub.Join("a", "b")
	}
	// The first status is the banner's.
	status := regexp.MustCompile(`(?m)^(?:nrcmd> )?(\d)\d\d .*$`).FindAllStringSubmatch(out.String(), -1)
	for _, m := range status[min(1, len(status)):] {
		if m[1] == "1" {
			answered++
			continue
		}
		if kind != "here" {
			t.Fatalf("%s ended, and a command is refused: %s", kind, m[0])
		}
	}
	return min(answered, len(lines))
}
