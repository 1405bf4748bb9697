package objects

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseMatch(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"192.168.70.0/24", "192.168.70.0/24"},
		{"192.168.70.9/24", "192.168.70.0/24"},
		{"192.168.70.0/255.255.255.0", "192.168.70.0/24"},
		{"/192.168.70.0/24", "192.168.70.0/24"},
		{"global/192.168.70.0/24", "192.168.70.0/24"},
		{"red/192.168.70.0/24", "red/192.168.70.0/24"},
		{"0.0.0.0/0", "0.0.0.0/0"},
	} {
		m, err := ParseMatch(c.text)
		if err != nil || m.String() != c.want {
			t.Errorf("%q: %s, %v, want %s", c.text, m, err, c.want)
		}
	}
	for _, text := range []string{"", "/", "192.168.70.0", "192.168.70.0/33", "192.168.70.0/-1", "192.168.70.0/255.0.255.0", "x/24", "fe80::/64", "a b/10.0.0.0/8", "red/24"} {
		if m, err := ParseMatch(text); err == nil {
			t.Errorf("%q is taken for %s", text, m)
		}
	}
}

func FuzzMatches(f *testing.F) {
	for _, text := range []string{"", "192.168.70.0/24", "red/10.0.0.0/8,10.0.0.0/255.0.0.0", "a/b/1.2.3.4/5", ",", "/1.2.3.4/5"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ms, err := ParseMatches(text)
		if err != nil {
			return
		}
		canonical := FormatMatches(ms)
		again, err := ParseMatches(canonical)
		if err != nil || !slices.Equal(ms, again) {
			t.Fatalf("%q became %q, which is read as %v, %v", text, canonical, again, err)
		}
	})
}

func TestPairsAreChecked(t *testing.T) {
	const office = "failover-pair office main-server=a backup-server=b"
	for _, c := range []struct {
		name  string
		lines []string
		want  []string // a part of each status, in order
	}{
		{"simple", []string{office}, nil},
		{"back office", []string{office + " match-list=10.1.0.0/16", "failover-pair q main-server=c backup-server=b match-list=10.2.0.0/16"}, nil},
		{"symmetrical", []string{office + " match-list=10.1.0.0/16", "failover-pair q main-server=b backup-server=a match-list=10.2.0.0/16"}, nil},
		{"clusters", []string{"cluster x ipaddr=10.0.0.1", "cluster y ipaddr=10.0.0.2", "failover-pair p main=x backup=y"}, nil},
		{"a laboratory", []string{"failover-pair p main-server=127.0.0.2 backup-server=127.0.0.3 mclt=10s"}, nil},
		{"a VPN", []string{"vpn red id=7", office + " match-list=10.1.0.0/16,red/10.2.0.0/16"}, []string{`316 Invalid - failover-pair "office" match-list: red/10.2.0.0/16: the failover protocol knows no VPNs`}},
		{"a scope in a VPN", []string{"vpn red id=7", office, "scope far subnet=10.1.0.0/24 vpn-id=7"}, nil},
		{"a scope in a VPN all the same", []string{"vpn red id=7", "scope far subnet=10.1.0.0/24 vpn-id=7 failover=scope-enabled"}, []string{`316 Invalid - scope "far" failover: scope-enabled: the failover protocol knows no VPNs`}},
		{"one is not in use", []string{office, "failover-pair q main-server=a backup-server=b failover=false"}, nil},
		{"same server", []string{"failover-pair p main-server=A backup-server=a"}, []string{`316 Invalid - failover-pair "p" backup-server: the backup cannot be the same server as the main, A`}},
		{"same server by its cluster", []string{"cluster x ipaddr=10.0.0.1", "failover-pair p main-server=10.0.0.1 backup=x"}, []string{"316 Invalid"}},
		{"same cluster", []string{"cluster x ipaddr=10.0.0.1", "failover-pair p main=x main-server=10.0.0.1 backup=x backup-server=10.0.0.2"}, []string{"backup: the backup cannot be the same cluster"}},
		{"no servers", []string{"failover-pair p mclt=1h"}, []string{"386 Required attribute cannot be deleted - failover-pair \"p\" main-server", "backup-server"}},
		{"no such cluster", []string{"cluster Boston ipaddr=10.0.0.1", "failover-pair p main=Bostn main-server=a backup-server=b"}, []string{`302 Not Found - failover-pair "p" main: there is no cluster "Bostn", did you mean "Boston"?`}},
		{"cluster on the loopback", []string{"cluster localhost ipaddr=127.0.0.1", "failover-pair p main=localhost backup-server=b"}, []string{`main: the address of cluster "localhost", 127.0.0.1`}},
		{"two for every scope", []string{office, "failover-pair q main-server=a backup-server=c"}, []string{`314 Duplicate object - failover-pair "office": failover-pair "q" has no match list`, `failover-pair "q"`}},
		{"one for every scope", []string{office, "failover-pair q main-server=a backup-server=c match-list=10.0.0.0/8"}, []string{`"office" match-list: without one`, `"q": failover-pair "office" has no match list`}},
		{"overlap", []string{office + " match-list=10.1.0.0/16,10.3.0.0/16", "failover-pair q main-server=a backup-server=c match-list=10.0.0.0/15"}, []string{"336 Range overlaps another pool", "10.0.0.0/15 overlaps 10.1.0.0/16"}},
		{"safe period", []string{office + " use-safe-period=on safe-period=0"}, []string{"safe-period: 0"}},
		{"one certificate", []string{office + " main-fingerprint=" + strings.Repeat("0a", 32) + " backup-fingerprint=sha256:" + strings.Repeat("0A:", 31) + "0a"}, []string{"backup-fingerprint: it is that of the main server, too"}},
		{"link times", []string{office + " failover-poll-interval=1m"}, []string{"failover-poll-timeout: 1m is not longer than failover-poll-interval, 1m"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			errs := build(t, c.lines...).Validate()
			if len(errs) != len(c.want) {
				t.Fatalf("got %v, want %d errors", errs, len(c.want))
			}
			for i, want := range c.want {
				if !strings.Contains(errs[i].Status(), want) {
					t.Errorf("%v\ndoes not say %q", errs[i], want)
				}
			}
		})
	}
}

func TestParseFingerprint(t *testing.T) {
	want := "sha256:" + strings.Repeat("0a", 32)
	for _, text := range []string{want, " " + strings.ToUpper(want), strings.Repeat("0a", 32), strings.Repeat("0A:", 31) + "0a"} {
		sum, err := ParseFingerprint(text)
		if err != nil || formatFingerprint(sum) != want {
			t.Errorf("%q: %s, %v", text, formatFingerprint(sum), err)
		}
	}
	for _, text := range []string{"", "sha256:", "sha1:" + strings.Repeat("0a", 20), strings.Repeat("0a", 31), strings.Repeat("0a", 33), strings.Repeat("0g", 32)} {
		if sum, err := ParseFingerprint(text); err == nil {
			t.Errorf("%q is taken for %s", text, formatFingerprint(sum))
		}
	}
}

func TestPairOf(t *testing.T) {
	cfg := build(t,
		"vpn red id=7",
		"scope primary subnet=10.1.0.0/24", "scope secondary subnet=10.2.0.0/24 primary-subnet=10.1.0.0/24",
		"scope other subnet=10.3.0.0/24", "scope wide subnet=10.0.0.0/8", "scope far subnet=10.1.0.0/24 vpn-id=7",
		"failover-pair p main-server=a backup-server=b match-list=10.1.0.0/16",
		"failover-pair off main-server=a backup-server=b failover=false",
	)
	for scope, want := range map[string]string{"primary": "p", "secondary": "p", "other": "", "wide": "", "far": ""} {
		got := ""
		if pair := cfg.PairOf(cfg.Get(Scope, scope)); pair != nil {
			got = pair.Name
		}
		if got != want {
			t.Errorf("scope %s is in the pair %q, want %q", scope, got, want)
		}
	}
	simple := build(t, "scope other subnet=10.3.0.0/24", "failover-pair p main-server=a backup-server=b")
	if simple.PairOf(simple.Get(Scope, "other")) == nil {
		t.Error("a pair without a match list has every scope")
	}
}

// What a pair does not say, the server says.
func TestPairLeavesToTheServer(t *testing.T) {
	cfg := build(t, "failover-pair p main-server=a backup-server=b")
	pair, dhcp := cfg.Get(FailoverPair, "p"), New(Dhcp, "")
	for _, set := range []string{"failover-poll-interval=5", "failover-poll-timeout=50", "failover-bulking=off", "failover-recover=1000"} {
		name, text, _ := strings.Cut(set, "=")
		if err := Dhcp.SetAttr(dhcp, name, text, now); err != nil {
			t.Fatal(err)
		}
	}
	interval, timeout := LinkTimes(pair, dhcp)
	if interval != 5*time.Second || timeout != 50*time.Second || Bulking(pair, dhcp) || RecoverSince(pair, dhcp) != 1000 {
		t.Errorf("of the server: %v %v %t %d", interval, timeout, Bulking(pair, dhcp), RecoverSince(pair, dhcp))
	}
	for _, set := range []string{"failover-poll-interval=7", "failover-bulking=on", "recover=0"} {
		name, text, _ := strings.Cut(set, "=")
		if err := FailoverPair.SetAttr(pair, name, text, now); err != nil {
			t.Fatal(err)
		}
	}
	interval, timeout = LinkTimes(pair, dhcp)
	if interval != 7*time.Second || timeout != 50*time.Second || !Bulking(pair, dhcp) || RecoverSince(pair, dhcp) != 0 {
		t.Errorf("of the pair: %v %v %t %d", interval, timeout, Bulking(pair, dhcp), RecoverSince(pair, dhcp))
	}
	if interval, _ = LinkTimes(nil, dhcp); interval != 5*time.Second {
		t.Errorf("without a pair: %v", interval)
	}
}
