package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// loaded is a server with a large scope and a place for the load generator.
type loaded struct {
	*server
	generator
}

// generator is the load generator's place: it plays a relay agent.
type generator struct {
	lab          *lab
	servers      string // it sends to each of them, with commas
	local        string // the relay's own address
	pool         string
	next, spread int // the first client that no run had yet, and how many each has
}

func newLoaded(t *testing.T, prepare func(dataFolder string)) *loaded {
	t.Helper()
	l := newLab(t)
	l.cable("srv", "eth0", "10.255.255.1/16", "load", "eth0", "10.255.0.1/16")
	if prepare != nil {
		prepare(filepath.Join(l.dir, "srv-data"))
	}
	s := l.startServer("srv", "-log", "warn")
	s.nrcmd(
		"dhcp set log-settings=default",
		"policy default setLeaseTime 1d",
		"scope all create 10.0.0.0 255.0.0.0",
		"scope all addRange 10.0.0.1 10.15.255.254",
		"dhcp reload",
	)
	return &loaded{s, generator{lab: l, servers: "10.255.255.1", local: "10.255.0.1", pool: "10.0.0.0/8", spread: 1000000}}
}

// held is what a client was told.
type held struct {
	addr   string
	expiry int64 // Unix seconds
}

// run is one call of the load generator with clients that no other run has.
type run struct {
	*process
	dump, report string
	t            *testing.T
}

func (g *generator) load(duration time.Duration, args ...string) *run {
	g.lab.t.Helper()
	id := fmt.Sprintf("load-%d", g.next)
	r := &run{dump: filepath.Join(g.lab.dir, id+".dump"), report: filepath.Join(g.lab.dir, id+".json"), t: g.lab.t}
	argv := append([]string{filepath.Join(bin, "dhcpload"), "-server", g.servers, "-local", g.local, "-pool", g.pool,
		"-duration", duration.String(), "-timeout", "500ms", "-grace", "1s", "-clients", strconv.Itoa(g.spread), "-first", strconv.Itoa(g.next), "-dump", r.dump, "-json", r.report}, args...)
	r.process = start(g.lab.t, g.lab.ns("load"), nil, argv...)
	g.next += g.spread
	return r
}

type result struct {
	Run struct {
		Completed  uint64   `json:"completed"`
		LostOffers uint64   `json:"lost_offers"`
		LostAcks   uint64   `json:"lost_acks"`
		Naks       uint64   `json:"naks"`
		Wrong      uint64   `json:"wrong"`
		Duplicates uint64   `json:"duplicates"`
		Notes      []string `json:"notes"`
	}
}

// result waits for the run's end and returns its report and who holds what.
func (r *run) result() (result, map[string]held) {
	r.t.Helper()
	if code := r.wait(); code != 0 {
		r.t.Fatalf("dhcpload ended with status %d:\n%s", code, r.out.text())
	}
	raw, err := os.ReadFile(r.report)
	if err != nil {
		r.t.Fatal(err)
	}
	var all struct {
		Runs []json.RawMessage `json:"runs"`
	}
	var res result
	if err := json.Unmarshal(raw, &all); err != nil || len(all.Runs) == 0 {
		r.t.Fatalf("report of dhcpload: %v\n%s", err, raw)
	}
	if err := json.Unmarshal(all.Runs[len(all.Runs)-1], &res.Run); err != nil {
		r.t.Fatal(err)
	}
	f, err := os.Open(r.dump)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	have := map[string]held{}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var client, expiry int64
		var addr string
		if _, err := fmt.Sscan(sc.Text(), &client, &addr, &expiry); err != nil {
			r.t.Fatal(err)
		}
		mac := fmt.Sprintf("1,6,02:00:%02x:%02x:%02x:%02x", byte(client>>24), byte(client>>16), byte(client>>8), byte(client))
		have[mac] = held{addr, expiry}
	}
	return res, have
}

var (
	leaseAddr = regexp.MustCompile(`^([0-9.]+): `)
	leaseMAC  = regexp.MustCompile(` client-mac-addr=(\S+)`)
	leaseEnd  = regexp.MustCompile(` expiration="([^"]*)"`)
)

// onRecord returns what the server has on record as leased, by address.
func (s *server) onRecord() map[string]struct {
	mac    string
	expiry int64
} {
	s.t.Helper()
	got := map[string]struct {
		mac    string
		expiry int64
	}{}
	for line := range strings.SplitSeq(s.one("lease list"), "\n") {
		a, m, e := leaseAddr.FindStringSubmatch(line), leaseMAC.FindStringSubmatch(line), leaseEnd.FindStringSubmatch(line)
		if a == nil || m == nil || e == nil || !strings.Contains(line, "state=leased") {
			continue
		}
		end, err := time.ParseInLocation("Mon Jan _2 15:04:05 2006", e[1], time.Local)
		if err != nil {
			s.t.Fatalf("expiration of %s: %v", a[1], err)
		}
		got[a[1]] = struct {
			mac    string
			expiry int64
		}{m[1], end.Unix()}
	}
	return got
}

// wantAll checks that every lease a client was told of is on record: the same
// address, the same client, and at least the same end.
func (s *server) wantAll(told map[string]held) {
	s.t.Helper()
	record := s.onRecord()
	lost, short := 0, 0
	for mac, h := range told {
		r, ok := record[h.addr]
		switch {
		case !ok || r.mac != mac:
			if lost++; lost <= 5 {
				s.t.Errorf("%s was told it has %s; on record is %q", mac, h.addr, r.mac)
			}
		case r.expiry < h.expiry:
			if short++; short <= 5 {
				s.t.Errorf("%s was told it has %s until %d; on record it ends %d", mac, h.addr, h.expiry, r.expiry)
			}
		}
	}
	if lost+short > 0 {
		s.t.Errorf("of %d acknowledged leases %d are lost and %d end early", len(told), lost, short)
	}
}

// addTo gathers what clients hold and checks that no address has two of them.
func addTo(t *testing.T, told map[string]held, more map[string]held) {
	t.Helper()
	owner := map[string]string{}
	for mac, h := range told {
		owner[h.addr] = mac
	}
	for mac, h := range more {
		if other, taken := owner[h.addr]; taken && other != mac {
			t.Errorf("%s was given to %s and to %s", h.addr, other, mac)
		}
		owner[h.addr] = mac
		told[mac] = h
	}
}
