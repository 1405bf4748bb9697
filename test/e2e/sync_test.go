package e2e

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files of this run")

// coupled starts servers whose admin services the others reach over the hub,
// and gives each a cluster object for each other one: a, b, c.
func (s *site) coupled(names ...string) map[string]*server {
	s.t.Helper()
	all := map[string]*server{}
	for _, n := range names {
		all[n] = s.startServer(n, "-rpc", own(n)+":1234")
	}
	for _, n := range names {
		for _, m := range names {
			if m != n {
				all[n].nrcmd(fmt.Sprintf("cluster %s create %s admin=admin password=%s", m, own(m), all[m].password()))
			}
		}
	}
	return all
}

// clusters makes the cluster objects that stand for the servers themselves, and
// the pair of two servers with the names of their clusters.
func (s *server) pairOf(name, main, backup string, more ...string) {
	s.t.Helper()
	own1, own2 := own(main), own(backup)
	if s.ns == main || s.ns == backup {
		s.nrcmd(fmt.Sprintf("cluster %s create %s", s.ns, own(s.ns)))
	}
	s.nrcmd(strings.Join(append([]string{fmt.Sprintf("failover-pair %s create %s %s main=%s backup=%s mclt=10s", name, own1, own2, main, backup)}, more...), " "))
}

// says runs a command and returns all that it prints, whatever its status.
func (s *server) says(command string) string {
	s.t.Helper()
	out, errs, _ := s.nrcmdRaw("", command)
	return out + errs
}

var volatile = []struct {
	re *regexp.Regexp
	by string
}{
	{regexp.MustCompile(`(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d:\d\d \d{4}`), "DATE"},
	{regexp.MustCompile(`by (\w+)@[\w.-]+`), "by $1@HOST"},
	{regexp.MustCompile(`192\.168\.50\.\d+ was leased`), "ADDRESS was leased"},
	{regexp.MustCompile(`(own|other|pending)=\d+`), "$1=N"},
}

// golden compares an output with testdata/sync/NAME; what every run has
// otherwise is replaced.
func golden(t *testing.T, name, got string) {
	t.Helper()
	for _, v := range volatile {
		got = v.re.ReplaceAllString(got, v.by)
	}
	path := filepath.Join("testdata", "sync", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// TestSyncFromNothing makes a pair of a configured main and an empty backup,
// as the handbook's initial synchronization does: report, sync, reload, diff,
// checklist, confirm.
func TestSyncFromNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	all := s.coupled("a", "b")
	a, b := all["a"], all["b"]
	a.nrcmd(quick.scope()...)
	a.nrcmd("dhcp enable client-class", "client-class phones create policy-name=office", "client 1,6,02:00:00:00:00:07 create client-class-name=phones")
	a.nrcmd("scope office addReservation 192.168.50.220 1,6,02:00:00:00:00:07")
	a.pairOf("office", "a", "b")
	report := a.says("failover-pair office sync exact -report")
	golden(t, "first-report", report)
	if got := b.says("scope listnames"); strings.Contains(got, "office") {
		t.Errorf("the report changed the backup:\n%s", got)
	}
	run := a.says("failover-pair office sync exact")
	golden(t, "first-run", run)
	if changes(report) != changes(run) {
		t.Errorf("the report lists\n%s\nand the run did\n%s", changes(report), changes(run))
	}
	golden(t, "first-reload", a.says("failover-pair office reload"))
	s.normal(a, b)
	golden(t, "first-diff", a.says("failover-pair office diff"))
	golden(t, "first-checklist", a.says("failover-pair office checklist"))
	golden(t, "first-confirm", a.says("failover-pair office confirm"))
	golden(t, "first-again", a.says("failover-pair office sync exact"))
}

// changes are the lines of a report that are changes.
func changes(report string) string {
	var all []string
	for line := range strings.Lines(report) {
		if strings.HasPrefix(line, "  ") {
			all = append(all, line)
		}
	}
	return strings.Join(all, "")
}
