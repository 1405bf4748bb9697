package engine

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"leasehold/internal/netio"
)

// richWorld has everything that a packet can meet: clients, classes,
// expressions, vendor options, reservations, secondaries, a VPN, pings.
func richWorld(t testing.TB) *world {
	w := newWorld(t, true)
	for _, l := range [][]string{
		{"vpn", "red", "id=7", "vrf-name=red", "vpn-id=0a0b0c:1"},
		{"option-set", "acme", "vendor-option-string=acme"},
		{"option", "acme/1", "name=controller", "type=AT_IPADDR"},
		{
			"policy", "default", "option.51=1000", "option.3=10.0.0.254", "vendor-option.43.acme=(controller 1 10.1.1.1)",
			"allow-lease-time-override=true", "v4-reply-options=15", "option.15=example.com", "giaddr-as-server-id=true",
		},
		{"policy", "limited", "limitation-count=2"},
		{"scope", "office", "subnet=10.0.0.0/24", "ranges=10.0.0.10-10.0.0.250", "bootp=enabled", "dynamic-bootp=enabled", "ping-clients=enabled"},
		{"scope", "second", "subnet=10.0.9.0/24", "primary-subnet=10.0.0.0/24", "ranges=10.0.9.10-10.0.9.250", "selection-tag-list=red"},
		{"scope", "far", "subnet=10.9.0.0/24", "ranges=10.9.0.10-10.9.0.20"},
		{"scope", "inred", "subnet=10.0.0.0/24", "vpn-id=7", "ranges=10.0.0.10-10.0.0.20"},
		{"reservation", "10.0.0.50", "lookup-key=1,6,02:00:00:00:00:0a"},
		{"client-class", "over", "selection-criteria=red"},
		{
			"client-class", "all", "limitation-id=(request get-blob option 82 2)", "over-limit-client-class-name=over", "policy-name=limited",
			"client-lookup-id=(try (concat (request option 82 1) (request chaddr)) null)",
			"override-client-id=(or (request get-blob option 82 1) (request client-id))",
		},
		{"client", "1,6,02:00:00:00:00:0c", "action=exclude"},
		{"client", "1,6,02:00:00:00:00:0d", "selection-criteria=red", "host-name=@use-macaddress"},
		{
			"dhcp", "", "client-class=enabled", "map-user-class-id=append-to-tags", "save-vendor-class-id=true",
			"client-class-lookup-id=(try (if (request option 60) \"all\" \"<none>\") \"<none>\")",
			"log-settings=default,incoming-packets,missing-options,incoming-packet-detail,outgoing-packet-detail,unknown-criteria",
		},
	} {
		if err := w.put(l[0], l[1], l[2:]...); err != nil {
			t.Fatal(l, err)
		}
	}
	if r := w.server.Reload(w.cfg, false); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	w.begin()
	return w
}

// FuzzPath gives whatever bytes to the whole path: no packet may break the
// server, and each must end in exactly one outcome.
func FuzzPath(f *testing.F) {
	w := richWorld(f)
	w.net.quiet = true
	w.pinger.answers["10.0.0.10"] = netio.Replied
	for i, m := range [][]string{
		{"discover", "mac", "a"},
		{"discover", "mac", "b", "82", "01:02:00:07:02:01:99", "60", "acme", "55", "1,3,6,43,15,12"},
		{"discover", "mac", "d", "giaddr", "10.9.0.1", "82", "05:04:0a:09:00:00:97:01:ff", "81", "05:00:00:01:61:00"},
		{"discover", "mac", "e", "82", "97:04:00:72:65:64", "77", "03:72:65:64"},
		{"request", "mac", "b", "addr", "10.0.0.11"},
		{"reboot", "mac", "b", "addr", "10.0.0.11"},
		{"renew", "mac", "b", "addr", "10.0.0.11"},
		{"rebind", "mac", "b", "addr", "10.0.0.11", "giaddr", "10.9.0.1"},
		{"release", "mac", "b", "addr", "10.0.0.11"},
		{"decline", "mac", "b", "addr", "10.0.0.11"},
		{"inform", "mac", "b", "addr", "10.0.0.99", "55", "1,3,6,28"},
		{"bootp", "mac", "1f"},
		{"leasequery", "mac", "b"},
		{"discover", "mac", "c", "60", "x"},
	} {
		f.Add(w.packet(m[0], m[1:]...).Data, uint8(i))
	}
	f.Add([]byte{}, uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, how uint8) {
		before := total(w)
		p := &netio.Packet{
			Data: append([]byte(nil), data...), IfIndex: int(how & 3), To: limitedBroadcast,
			Local: netip.MustParseAddr("10.0.0.1"), From: netip.MustParseAddrPort("10.9.0.1:67"), Truncated: how == 255,
		}
		if how&4 != 0 {
			p.To = p.Local
		}
		if how&8 != 0 {
			p.Local = netip.Addr{}
		}
		w.inject(p)
		w.settle()
		if got := total(w); got != before+1 {
			t.Fatalf("one packet ended in %d outcomes: %v", got-before, w.outcomes())
		}
		w.logMu.Lock()
		w.log.Reset()
		w.logMu.Unlock()
		if how > 250 {
			w.advance(time.Duration(how) * 10 * time.Second)
		}
	})
}

func total(w *world) uint64 {
	n := uint64(0)
	for i := noOutcome + 1; i < numOutcomes; i++ {
		n += w.server.stats.total[i].Load()
	}
	return n
}

// TestEveryOutcomeIsTold fails for an outcome that no story and no test ends
// in: add the story.
func TestEveryOutcomeIsTold(t *testing.T) {
	told := testTexts(t)
	for o := noOutcome + 1; o < numOutcomes; o++ {
		if outcomes[o].name == "" || outcomes[o].help == "" {
			t.Errorf("outcome %d has no name or no help", o)
		}
		if !told(o) {
			t.Errorf("no story ends in %s", outcomes[o].name)
		}
	}
	seen := map[string]bool{}
	for o := range outcomes {
		if name := fmt.Sprint(Outcome(o)); seen[name] {
			t.Errorf("two outcomes are called %s", name)
		} else {
			seen[name] = true
		}
	}
}
