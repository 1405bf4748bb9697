package iscconf

import (
	"strings"
	"testing"
)

// TestPoolsOfSeveralPeers: the addresses of a pool are given out by the pair of
// its own peer, or by nobody: never by the pair of another.
func TestPoolsOfSeveralPeers(t *testing.T) {
	const peers = `failover peer "a" { primary; address 10.9.0.1; peer address 10.9.0.2; mclt 300; split 128; }
failover peer "b" { secondary; address 10.9.0.1; peer address 10.9.0.3; }
`
	const refused = "is refused (DHCPNAK) when it restarts or rebinds, and gets one of another pool"
	for _, c := range []struct {
		about, text string
		want, not   []string
	}{
		{"in one subnet", peers + `subnet 10.1.0.0 netmask 255.255.255.0 { pool { failover peer "a"; range 10.1.0.10 10.1.0.20; }
pool { failover peer "b"; range 10.1.0.30 10.1.0.40; } }`,
			[]string{"scope 10.1.0.0-24 addRange 10.1.0.10 10.1.0.20", "failover-pair a create 10.9.0.1 10.9.0.2 addMatch 10.1.0.0/24",
				"d.conf:4: pool of failover peer b: another pool of the network has the peer a", "no client gets an address of 10.1.0.30 - 10.1.0.40", refused,
				"d.conf:2: failover peer b: every pool that names it is left out; the pair is left out, too"},
			[]string{"addRange 10.1.0.30", "failover-pair b", "no pool names it"}},
		{"in two subnets of a network", peers + `shared-network n { subnet 10.1.0.0 netmask 255.255.255.0 { pool { failover peer "b"; range 10.1.0.10 10.1.0.20; } }
subnet 10.2.0.0 netmask 255.255.255.0 { pool { failover peer "a"; range 10.2.0.30 10.2.0.40; } } }
subnet 10.3.0.0 netmask 255.255.255.0 { pool { failover peer "a"; range 10.3.0.30 10.3.0.40; } }`,
			[]string{"failover-pair b create 10.9.0.3 10.9.0.1 addMatch 10.1.0.0/24", "failover-pair a create 10.9.0.1 10.9.0.2 addMatch 10.3.0.0/24", "scope 10.2.0.0-24 create", "no client gets an address of 10.2.0.30 - 10.2.0.40"},
			[]string{"addRange 10.2.0.30", "10.9.0.2 addMatch 10.1", "10.9.0.2 addMatch 10.2", "every pool that names it"}},
		{"with a pool without a peer", peers + `subnet 10.1.0.0 netmask 255.255.255.0 { pool { range 10.1.0.50; } pool { failover peer "a"; range 10.1.0.10 10.1.0.20; } pool { failover peer "b"; range 10.1.0.30; } }`,
			[]string{"scope 10.1.0.0-24-1 addRange 10.1.0.50 10.1.0.50", "scope 10.1.0.0-24-1 set failover=scope-disabled", "scope 10.1.0.0-24-2 addRange 10.1.0.10"},
			[]string{"10.1.0.0-24-2 set failover", "addRange 10.1.0.30"}},
		{"with a host in the pool", peers + `subnet 10.1.0.0 netmask 255.255.255.0 { pool { failover peer "a"; range 10.1.0.10 10.1.0.20; } pool { failover peer "b"; range 10.1.0.30 10.1.0.40; } }
host h { hardware ethernet 2:0:0:0:0:1; fixed-address 10.1.0.35; }`,
			[]string{"reservation 10.1.0.35 create 1,6,02:00:00:00:00:01 -mac"}, []string{"addRange 10.1.0.30"}},
		{"peers that differ in case", strings.ReplaceAll(peers, `"b"`, `"A"`) + `subnet 10.1.0.0 netmask 255.255.255.0 { pool { failover peer "A"; range 10.1.0.10; } }
subnet 10.2.0.0 netmask 255.255.255.0 { pool { failover peer "a"; range 10.2.0.10; } }`,
			[]string{"failover-pair a create 10.9.0.1 10.9.0.2 addMatch 10.2.0.0/24", "pool of failover peer A: there is a failover peer a, and names that differ in case only are one here"},
			[]string{"addRange 10.1.0.10", "failover-pair A", "addMatch 10.1"}},
		{"a peer of no pool", peers + `subnet 10.1.0.0 netmask 255.255.255.0 { pool { failover peer "a"; range 10.1.0.10; } }`,
			[]string{"failover peer b: no pool names it; the pair is left out"}, nil},
	} {
		text := strings.Join(importText(t, c.text).Lines, "\n")
		for _, w := range c.want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no %q in\n%s", c.about, w, text[strings.Index(text, "override"):])
			}
		}
		for _, w := range c.not {
			if strings.Contains(text, w) {
				t.Errorf("%s: %q in\n%s", c.about, w, text[strings.Index(text, "override"):])
			}
		}
	}
}

// TestNoReservationForTheSubnetItself: neither a subnet's own address nor its
// broadcast address is reserved.
func TestNoReservationForTheSubnetItself(t *testing.T) {
	r := importText(t, `subnet 10.1.0.0 netmask 255.255.255.0 { pool { range 10.1.0.10; } pool { range 10.1.0.20; option domain-name "x"; } }
host n { hardware ethernet 2:0:0:0:0:1; fixed-address 10.1.0.0; }
host b { hardware ethernet 2:0:0:0:0:2; fixed-address 10.1.0.255; }
host h { hardware ethernet 2:0:0:0:0:3; fixed-address 10.1.0.254; }`)
	text := strings.Join(r.Lines, "\n")
	for _, w := range []string{"d.conf:2: host n: fixed-address 10.1.0.0: it is the address of the subnet itself, or its broadcast", "d.conf:3: host b: fixed-address 10.1.0.255: it is", "reservation 10.1.0.254 create", "addRange 10.1.0.254 10.1.0.254"} {
		if !strings.Contains(text, w) {
			t.Errorf("no %q in\n%s", w, text)
		}
	}
	for _, w := range []string{"reservation 10.1.0.0 ", "reservation 10.1.0.255 ", "addRange 10.1.0.0", "addRange 10.1.0.255"} {
		if strings.Contains(text, w) {
			t.Errorf("%q in\n%s", w, text)
		}
	}
}
