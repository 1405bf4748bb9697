package failover

import (
	"slices"
	"testing"
	"time"

	"leasehold/internal/packet"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// bootp sends a BOOTREQUEST by a relay that forwards to both servers, and returns
// the addresses that are given in answer to it.
func (s *site) bootp(mac byte, to ...*node) (given []string) {
	s.Helper()
	xid := s.send(packet.BOOTP, mac, nil, to...)
	for wait := patience; ; wait = 300 * time.Millisecond {
		m := s.answerIn(xid, wait)
		if m == nil {
			return given
		}
		given = append(given, m.YIAddr.String())
	}
}

// A BOOTP client with a reservation on both servers is answered by the main, and
// by whichever is there.
func TestReservedBOOTP(t *testing.T) {
	s, main, backup := pairUp(t, twoServers+"scope lab bootp=enabled\nreservation $50 lookup-key=1,6,02:00:00:00:00:07\n")
	want := []string{s.addr(50)}
	if got := s.bootp(7, main, backup); !slices.Equal(got, want) {
		t.Errorf("both in NORMAL: given %v, want %v once", got, want)
	}
	backup.until("the lease", func() bool { return backup.lease(s.addr(50))["state"] == "leased" })
	main.stop()
	backup.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
	if got := s.bootp(7, backup); !slices.Equal(got, want) {
		t.Errorf("by the backup alone: given %v, want %v", got, want)
	}
	main.start()
	main.normal()
	backup.stop()
	main.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
	if got := s.bootp(7, main); !slices.Equal(got, want) {
		t.Errorf("by the main alone: given %v, want %v", got, want)
	}
}

// A scope with dynamic BOOTP gives its addresses for good: the survivor never
// touches the partner's, however long that is down.
func TestDynamicBOOTP(t *testing.T) {
	s, main, backup := pairUp(t, `dhcp log-settings=default
scope lab subnet=$0/24 ranges=$100-$109 bootp=enabled dhcp=disabled dynamic-bootp=enabled
failover-pair blue main-server=$2 backup-server=$3 mclt=60s backup-pct=10% dynamic-bootp-backup-pct=40% failover-poll-interval=1s failover-poll-timeout=5s
`)
	backup.balanced(4) // not the 10 % of other scopes
	main.balanced(6)
	first := s.bootp(1, main, backup)
	if len(first) != 1 {
		t.Fatalf("given %v", first)
	}
	backup.until("the lease without end", func() bool { return backup.lease(first[0])["expiration"] == "forever" })
	main.stop()
	backup.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
	if _, e := backup.manager.PartnerDown("blue", "", time.Now().Unix()-3600, true); e != nil { // the MCLT is long over
		t.Fatal(e)
	}
	var others []string
	for mac := byte(10); mac < 16; mac++ {
		xid := s.send(packet.BOOTP, mac, nil, backup)
		wait := patience
		if len(others) >= 4 {
			wait = 300 * time.Millisecond
		}
		if m := s.answerIn(xid, wait); m != nil {
			others = append(others, m.YIAddr.String())
		}
	}
	slices.Sort(others)
	if want := []string{s.addr(106), s.addr(107), s.addr(108), s.addr(109)}; !slices.Equal(others, want) {
		t.Errorf("the backup alone gave %v, its own are %v", others, want)
	}
	if again := s.bootp(1, backup); !slices.Equal(again, first) {
		t.Errorf("the main's client has %v from the backup, had %v", again, first)
	}
}

// Each flag of log-settings turns its own lines off or on, and no others.
func TestLogSettings(t *testing.T) {
	_, main, backup := pairUp(t, twoServers)
	backup.balanced(10)
	p := main.manager.pairs["blue"]
	for _, c := range []struct {
		flags                      string
		activity, conflict, detail bool
	}{
		{"default", true, true, false},
		{"default,no-failover-activity", false, true, false},
		{"default,no-failover-conflict", true, false, false},
		{"default,no-failover-activity,no-failover-conflict", false, false, false},
		{"default,no-failover-activity,no-failover-conflict,failover-detail", false, false, true},
	} {
		main.set("dhcp log-settings=" + c.flags)
		main.reload()
		main.log.drain()
		p.logEvent(&core.Event{Kind: core.EventBalance, Text: "shares were levelled"})
		p.logEvent(&core.Event{Kind: core.EventConflict, Text: "the lease still runs here", Why: wire.ReasonOutdated})
		p.logMessage(true, wire.Message{Body: wire.CONTACT{}})
		for words, want := range map[string]bool{"shares were levelled": c.activity, "the lease still runs here": c.conflict, "sent DHCPCONTACT": c.detail} {
			if got := main.log.has(words); got != want {
				t.Errorf("%s: the log says %q: %t", c.flags, words, got)
			}
		}
	}
}
