package shell

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/failover"
	"leasehold/pkg/objects"
)

// The date of a command means the zone of the machine that nrcmd runs on,
// whatever the server's is.
func TestDatesAreOfThisMachine(t *testing.T) {
	s := newServer(t)
	s.partners.rows = []failover.Related{{Pair: "p", Name: "b", Communications: "NONE", Detail: &failover.Detail{Role: "MAIN"}}}
	zone := time.FixedZone("EST", -5*3600)
	var out bytes.Buffer
	sh := s.operator(&out)
	defer sh.Close()
	sh.cfg.Clock = clock.NewManual(began.In(zone))
	for typed, want := range map[string]time.Time{
		"Oct 31 00:00:00 2001":   time.Date(2001, 10, 31, 0, 0, 0, 0, zone),
		"October 31 00:00:00 01": time.Date(2001, 10, 31, 0, 0, 0, 0, zone),
		"Nov 18 17:00 13":        time.Date(2013, 11, 18, 17, 0, 0, 0, zone),
		"-3d":                    began.Add(-72 * time.Hour),
		"-90 s":                  began.Add(-90 * time.Second),
		"1004486400":             time.Unix(1004486400, 0),
	} {
		if got := run(t, sh, &out, "dhcp setPartnerDown b. "+typed+" -force"); !strings.HasPrefix(got, "100 Ok\n") {
			t.Errorf("%s: %s", typed, got)
		}
		if down := s.partners.rows[0].Detail.Status.Snapshot.Down; down != want.Unix() {
			t.Errorf("%s is taken for %s, want %s", typed, time.Unix(down, 0).UTC(), want.UTC())
		}
	}
	if got := run(t, sh, &out, "dhcp set failover-recover=Oct 31 00:00:00 2001", "session set default-format=script"); !strings.HasPrefix(got, "100 Ok\n") {
		t.Error(got)
	}
	o, err := sh.partners(t.Context())
	if err != nil || len(o) != 1 || objects.RelatedName.Of(o[0]) != "b" {
		t.Errorf("partners: %v, %v", o, err)
	}
	dhcp, err := (&call{Shell: sh, ctx: t.Context()}).get(objects.Dhcp, "")
	if err != nil {
		t.Fatal(err)
	}
	if at := fromProto(dhcp).Attrs["failover-recover"]; at != strconv.FormatInt(time.Date(2001, 10, 31, 0, 0, 0, 0, zone).Unix(), 10) {
		t.Errorf("failover-recover is %s", at)
	}
}

// What programs read of getRelatedServers: lines that begin with MAIN or
// BACKUP, and eight cells in them, whatever the separator.
func TestRelatedServersForPrograms(t *testing.T) {
	s := newServer(t)
	s.partners.rows = []failover.Related{
		{Pair: "p", Type: "BACKUP", Name: "cnr1-2.example.com", Address: "192.168.60.1", Communications: "OK", State: "NORMAL", PartnerRole: "BACKUP", PartnerState: "NORMAL", Detail: &failover.Detail{Role: "MAIN"}},
		{Pair: "q", Type: "MAIN", Name: "--", Address: "192.168.60.2", Requests: 7, Communications: "INTERRUPTED", State: "RECOVER", PartnerRole: "MAIN", PartnerState: "--", Detail: &failover.Detail{Role: "BACKUP", Problems: []string{"scope x is missing"}}},
		{Pair: "wrong", Type: "--", Name: "--", Address: "--", Communications: "NONE", State: "--", PartnerRole: "--", PartnerState: "--", Detail: &failover.Detail{Role: "--", Problems: []string{"neither server is this one"}}},
	}
	var out bytes.Buffer
	sh := s.operator(&out)
	defer sh.Close()
	for _, separator := range []string{"|", ";", ",", "::"} {
		var rows []string
		for line := range strings.Lines(run(t, sh, &out, "dhcp getRelatedServers column-separator="+separator)) {
			if strings.HasPrefix(line, "MAIN") || strings.HasPrefix(line, "BACKUP") {
				cells := strings.Split(line, separator)
				for i := range cells {
					cells[i] = strings.TrimSpace(cells[i])
				}
				rows = append(rows, strings.Join(cells, ";"))
			}
		}
		want := "BACKUP;cnr1-2.example.com;192.168.60.1;0;OK;NORMAL;BACKUP;NORMAL\nMAIN;--;192.168.60.2;7;INTERRUPTED;RECOVER;MAIN;--"
		if got := strings.Join(rows, "\n"); got != want {
			t.Errorf("separator %s: got\n%s\nwant\n%s", separator, got, want)
		}
	}
	got := run(t, sh, &out, "dhcp getRelatedServers", "dhcp getRelatedServers full-format")
	for _, words := range []string{"failover \"q\": scope x is missing\n", "failover \"wrong\": neither server is this one\n", "\nbackup-for-192.168.60.2:\n", "\nwrong:\n", "    problem = neither server is this one\n"} {
		if !strings.Contains(got, words) {
			t.Errorf("%q is missing in\n%s", words, got)
		}
	}
}

// An operator who declares a partner down is told the risk and asked; -force,
// single commands and batches are not held up.
func TestPartnerDownIsConfirmed(t *testing.T) {
	contact := began.Unix() - 60
	for _, c := range []struct {
		name, typed, state string
		ready              []string
		says               []string
		down               time.Duration // how long the partner is down then, 0 is not at all
	}{
		{"yes", "dhcp setPartnerDown b", "COMMUNICATIONS-INTERRUPTED", []string{"yes"}, []string{
			`failover "p": b was last heard Mon Nov 18 22:10:12 2013`, `failover "p": if b still serves clients, both servers may give the same address`,
			"its free addresses are given from Mon Nov 18 23:11:12 2013 on", "Is it down? (yes/no) yes\n100 Ok",
		}, time.Nanosecond},
		{"no", "dhcp setPartnerDown b", "COMMUNICATIONS-INTERRUPTED", []string{"no"}, []string{"320 Generic error - not confirmed: nothing was changed"}, 0},
		{"no answer", "dhcp setPartnerDown b.", "COMMUNICATIONS-INTERRUPTED", []string{}, []string{"not confirmed"}, 0},
		{"before it was heard", "failover-pair p setPartnerDown -3h", "COMMUNICATIONS-INTERRUPTED", []string{"y"}, []string{
			"that is after Mon Nov 18 19:11:12 2013: if it gave leases between", "100 Ok",
		}, 3 * time.Hour},
		{"in RECOVER", "dhcp setPartnerDown b", "RECOVER", []string{"no"}, []string{"this server is in RECOVER and may not know all leases", "not confirmed"}, 0},
		{"force", "dhcp setPartnerDown b -3h -force", "COMMUNICATIONS-INTERRUPTED", nil, []string{"100 Ok"}, 3 * time.Hour},
		{"the future", "dhcp setPartnerDown b +3h", "COMMUNICATIONS-INTERRUPTED", nil, []string{"316 Invalid"}, 0},
		{"nobody", "dhcp setPartnerDown x", "COMMUNICATIONS-INTERRUPTED", nil, []string{"302 Not Found"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			s.partners.clock = s.clock
			r := failover.Related{Pair: "p", Type: "BACKUP", Name: "b", Communications: "INTERRUPTED", State: c.state, Detail: &failover.Detail{Role: "MAIN", MCLT: 3600}}
			r.Detail.Status.Snapshot.Contact = contact
			s.partners.rows = []failover.Related{r}
			var out bytes.Buffer
			sh := s.operator(&out)
			defer sh.Close()
			if got := run(t, sh, &out, "failover-pair p create 192.0.2.1 192.0.2.2"); !strings.HasPrefix(got, "100") {
				t.Fatal(got)
			}
			sh.cfg.Prompt = &answers{&out, c.ready}
			out.Reset()
			if _, err := sh.Interactive(t.Context(), &typist{out: &out, lines: []string{c.typed}}, nil); err != nil {
				t.Fatal(err)
			}
			for _, want := range c.says {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is missing in\n%s", want, out.String())
				}
			}
			if c.ready == nil && strings.Contains(out.String(), "yes/no") {
				t.Errorf("it was asked:\n%s", out.String())
			}
			want := int64(0)
			if c.down > 0 {
				want = began.Add(-c.down.Truncate(time.Second)).Unix()
			}
			if got := s.partners.rows[0].Detail.Status.Snapshot.Down; got != want {
				t.Errorf("down since %d, want %d", got, want)
			}
		})
	}
	s := newServer(t)
	s.partners.rows = []failover.Related{{Pair: "p", Name: "b", Communications: "INTERRUPTED", State: "COMMUNICATIONS-INTERRUPTED", Detail: &failover.Detail{Role: "MAIN"}}}
	s.partners.clock = s.clock
	var out bytes.Buffer
	sh := s.operator(&out)
	defer sh.Close()
	sh.cfg.Prompt = &answers{&out, nil}
	if got := run(t, sh, &out, "dhcp setPartnerDown b"); !strings.HasPrefix(got, "100 Ok\n") {
		t.Errorf("a single command: %s", got)
	}
}
