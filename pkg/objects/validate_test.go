package objects

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// build makes a configuration of the built-in objects and of lines such as
//
//	scope office subnet=10.0.0.0/24 policy=p
func build(t testing.TB, lines ...string) *Config {
	t.Helper()
	cfg := NewConfig()
	for _, o := range Builtins() {
		cfg.Put(o)
	}
	for _, line := range lines {
		f := strings.Fields(line)
		o := New(ClassNamed(f[0]), f[1])
		for _, set := range f[2:] {
			name, text, _ := strings.Cut(set, "=")
			if err := o.Class.SetAttr(o, name, text, now); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		}
		cfg.Put(o)
	}
	return cfg
}

func TestBuiltinsAreValid(t *testing.T) {
	for _, err := range build(t).Validate() {
		t.Error(err)
	}
	o := build(t).Get(Policy, SystemDefaultPolicy)
	if len(o.Attrs) != 20 || o.Attrs["option.51"] != "604800" {
		t.Errorf("system_default_policy has %v", o.Attrs)
	}
}

func TestValidate(t *testing.T) {
	const office = "scope office subnet=10.0.0.0/24"
	for _, c := range []struct {
		name  string
		lines []string
		want  []string // the statuses
	}{
		{"a good configuration", []string{
			"vpn red id=7", "policy p grace-period=1h", "scope a subnet=10.0.0.0/24 ranges=10.0.0.10-10.0.0.20 policy=p",
			"scope b subnet=10.0.0.0/24 ranges=10.0.0.30-10.0.0.40", "scope c subnet=10.0.1.0/24 primary-subnet=10.0.0.0/24",
			"client-class gold policy-name=p over-limit-client-class-name=gold", "client default client-class-name=gold default-vpn=global",
			"scope-policy a grace-period=1m", "reservation 10.0.0.15 lookup-key=1,6,00:d0:ba:d3:bd:3b lookup-key-type=mac",
			"option-set acme id-range=8-bit vendor-option-string=acme", "option acme/1 name=url type=AT_NSTRING",
			"option dhcp-custom/150 name=tftp type=AT_IPADDR",
		}, nil},
		{"no such policy", []string{"policy gold-policy", office + " policy=gold-polcy"},
			[]string{`304 No policy found - scope "office" policy: there is no policy "gold-polcy", did you mean "gold-policy"?`}},
		{"no subnet", []string{"scope office"}, []string{`386 Required attribute cannot be deleted - scope "office" has no subnet`}},
		{"range outside", []string{office + " ranges=10.0.1.1-10.0.1.5"},
			[]string{`341 Invalid address range - scope "office" ranges: 10.0.1.1-10.0.1.5 is not in 10.0.0.0/24`}},
		{"network address", []string{office + " ranges=10.0.0.0-10.0.0.5"},
			[]string{`341 Invalid address range - scope "office" ranges: 10.0.0.0-10.0.0.5 begins with the network address`}},
		{"broadcast address", []string{office + " ranges=10.0.0.1-10.0.0.255"},
			[]string{`341 Invalid address range - scope "office" ranges: 10.0.0.1-10.0.0.255 ends with the broadcast address`}},
		{"a subnet of everything", []string{"scope a subnet=0.0.0.0/0"},
			[]string{`316 Invalid - scope "a" subnet: 0.0.0.0/0 is larger than any network; the shortest mask is /8`}},
		{"subnets that are none", []string{"scope b subnet=10.0.0.0/31", "scope c subnet=10.0.0.5/32", "scope d subnet=12.0.0.0/7",
			"scope e subnet=0.1.0.0/16", "scope g subnet=224.0.0.0/24", "scope h subnet=255.255.255.0/24"},
			[]string{
				`316 Invalid - scope "b" subnet: 10.0.0.0/31 has no address for a client beside the network's own and its broadcast address; the longest mask is /30`,
				`316 Invalid - scope "c" subnet: 10.0.0.5/32 has no address for a client beside the network's own and its broadcast address; the longest mask is /30`,
				`316 Invalid - scope "d" subnet: 12.0.0.0/7 is larger than any network; the shortest mask is /8`,
				`316 Invalid - scope "e" subnet: 0.1.0.0/16 is no network: addresses from 0.0.0.0 to 0.255.255.255 are nobody's`,
				`316 Invalid - scope "g" subnet: 224.0.0.0/24 is in the multicast and reserved addresses, from 224.0.0.0 up`,
				`316 Invalid - scope "h" subnet: 255.255.255.0/24 is in the multicast and reserved addresses, from 224.0.0.0 up`,
			}},
		{"the largest and the smallest", []string{"scope a subnet=10.0.0.0/8", "scope b subnet=192.168.1.4/30 ranges=192.168.1.5-192.168.1.6"}, nil},
		{"overlap", []string{office + " ranges=10.0.0.10-10.0.0.20", "scope lab subnet=10.0.0.0/24 ranges=10.0.0.15-10.0.0.16"},
			[]string{`336 Range overlaps another pool - scope "lab" ranges: 10.0.0.15-10.0.0.16 overlaps 10.0.0.10-10.0.0.20 of scope "office"`,
				`336 Range overlaps another pool - scope "office" ranges: 10.0.0.10-10.0.0.20 overlaps 10.0.0.15-10.0.0.16 of scope "lab"`}},
		{"a scope in a scope", []string{office, "scope wide subnet=10.0.0.0/16"},
			[]string{`336 Range overlaps another pool - scope "office" subnet: 10.0.0.0/24 overlaps 10.0.0.0/16 of scope "wide"`,
				`336 Range overlaps another pool - scope "wide" subnet: 10.0.0.0/16 overlaps 10.0.0.0/24 of scope "office"`}},
		{"a reservation of one of two scopes", []string{office + " ranges=10.0.0.10-10.0.0.20", "scope lab subnet=10.0.0.0/24", "reservation 10.0.0.15 lookup-key=x lookup-key-type=string"}, nil},
		{"a reservation of neither", []string{office + " ranges=10.0.0.10-10.0.0.20", "scope lab subnet=10.0.0.0/24", "reservation 10.0.0.5 lookup-key=x lookup-key-type=string"},
			[]string{`327 IP address not contained within pool subnet - reservation "10.0.0.5": scope "lab" and scope "office" share the subnet 10.0.0.0/24 and no range of theirs has the address: add it to the ranges of the one that it is for`}},
		{"not in another VPN", []string{"vpn red id=7", office + " ranges=10.0.0.10-10.0.0.20", "scope two subnet=10.0.0.0/24 vpn-id=7 ranges=10.0.0.10-10.0.0.20"}, nil},
		{"no such VPN", []string{office + " vpn-id=9"}, []string{`302 Not Found - scope "office" vpn-id: there is no vpn with the number 9`}},
		{"boundary outside", []string{office + " failover-backup-allocation-boundary=10.0.1.1"},
			[]string{`327 IP address not contained within pool subnet - scope "office" failover-backup-allocation-boundary: 10.0.1.1 is not in 10.0.0.0/24`}},
		{"no primary", []string{office + " primary-subnet=10.9.0.0/24"},
			[]string{`316 Invalid - scope "office" primary-subnet: there is no scope with the subnet 10.9.0.0/24`}},
		{"its own primary", []string{office + " primary-subnet=10.0.0.0/24"},
			[]string{`316 Invalid - scope "office" primary-subnet: it is the scope's own subnet`}},
		{"primary of a secondary", []string{"scope a subnet=10.1.0.0/24", "scope b subnet=10.2.0.0/24 primary-subnet=10.1.0.0/24", office + " primary-subnet=10.2.0.0/24"},
			[]string{`316 Invalid - scope "office" primary-subnet: scope "b" is a secondary itself`}},
		{"embedded policy without owner", []string{"client-policy x"}, []string{`302 Not Found - client-policy "x": there is no client of that name`}},
		{"client refers", []string{"client x client-class-name=gold default-vpn=red"},
			[]string{`302 Not Found - client "x" client-class-name: there is no client-class "gold"`, `302 Not Found - client "x" default-vpn: there is no vpn "red"`}},
		{"references without effect lead somewhere too", []string{office + " free-address-config=x"},
			[]string{`302 Not Found - scope "office" free-address-config: there is no addr-trap "x"`}},
		{"thresholds", []string{"addr-trap low low-threshold=30%"}, []string{`316 Invalid - addr-trap "low" low-threshold: 30% is not below high-threshold, 25%`}},
		{"reservation nowhere", []string{"reservation 10.9.0.5 lookup-key=x lookup-key-type=string"},
			[]string{`327 IP address not contained within pool subnet - reservation "10.9.0.5": no scope has the address`}},
		{"reservation in no VPN", []string{office, "reservation red/10.0.0.5 lookup-key=x lookup-key-type=string"},
			[]string{`302 Not Found - reservation "red/10.0.0.5": there is no vpn "red"`}},
		{"reservation of the broadcast address", []string{office, "reservation 10.0.0.255 lookup-key=x lookup-key-type=string"},
			[]string{`327 IP address not contained within pool subnet - reservation "10.0.0.255": the address is the network's own or its broadcast address in scope "office"`}},
		{"key of another type", []string{office, "reservation 10.0.0.5 lookup-key=x lookup-key-type=blob"},
			[]string{`316 Invalid - reservation "10.0.0.5" lookup-key: "x" is not a canonical blob`}},
		{"reservation without key", []string{office, "reservation 10.0.0.5"},
			[]string{`386 Required attribute cannot be deleted - reservation "10.0.0.5" has no lookup-key`, `316 Invalid - reservation "10.0.0.5" lookup-key: "" is not a canonical mac`}},
		{"VPNs alike", []string{"vpn blue id=7", "vpn red id=7"},
			[]string{`314 Duplicate object - vpn "blue" id: vpn "red" has the number 7`, `314 Duplicate object - vpn "red" id: vpn "blue" has the number 7`}},
		{"one identifier in two spellings", []string{"vpn blue id=1 vpn-id=a1b2c3:1", "vpn red id=2 vpn-id=A1B2C3:0001"},
			[]string{`314 Duplicate object - vpn "blue" vpn-id: vpn "red" has it`, `314 Duplicate object - vpn "red" vpn-id: vpn "blue" has it`}},
		{"set of nobody", []string{"option-set acme"}, []string{`310 Too few arguments - option-set "acme" needs vendor-option-string or vendor-option-enterprise-id`}},
		{"set of two", []string{"option-set acme vendor-option-string=a vendor-option-enterprise-id=9"},
			[]string{`316 Invalid - option-set "acme" has both vendor-option-string and vendor-option-enterprise-id; a set has one of them`}},
		{"option of no set", []string{"option acme/1 name=a type=AT_INT"}, []string{`302 Not Found - option "acme/1": there is no option-set "acme"`}},
		{"option number", []string{"option dhcp-custom/255 name=a type=AT_INT"}, []string{`316 Invalid - option "dhcp-custom/255" id: 255 is not from 1 to 254`}},
		{"options alike", []string{"option dhcp-custom/200 name=a type=AT_INT", "option dhcp-custom/201 name=A type=AT_INT"},
			[]string{`314 Duplicate object - option "dhcp-custom/200" name: option "dhcp-custom/201" has the name A too`,
				`314 Duplicate object - option "dhcp-custom/201" name: option "dhcp-custom/200" has the name a too`}},
		{"sub-options may be", []string{"option dhcp-custom/200 name=a type=AT_BLOB", "option dhcp-custom/200.1 name=a type=AT_INT"}, nil},
		{"sub-option of none", []string{"option dhcp-custom/200.1 name=a type=AT_INT"},
			[]string{`302 Not Found - option "dhcp-custom/200.1" is a sub-option of "dhcp-custom/200", which is not defined`}},
		{"min above max", []string{"option dhcp-custom/200 name=a type=AT_INT min=5 max=4"}, []string{`316 Invalid - option "dhcp-custom/200" min: 5 is larger than max, 4`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, err := range build(t, c.lines...).Validate() {
				got = append(got, err.Status())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestValidateClientNames(t *testing.T) {
	cfg := build(t, "client x", "client default", "client 1,6,00:d0:ba:d3:bd:3b")
	dhcp := cfg.Dhcp().Clone()
	dhcp.Attrs["validate-client-name-as-mac"] = "true"
	cfg.Put(dhcp)
	errs := cfg.Validate()
	if len(errs) != 1 || errs[0].Code != InvalidName || !strings.Contains(errs[0].Msg, `client "x"`) {
		t.Errorf("got %v", errs)
	}
	// What would pass as octets but is not stored as a MAC address is found by
	// no client's.
	cfg.Delete(Client, "x")
	cfg.Put(New(Client, "abcd"))
	if errs := cfg.Validate(); len(errs) != 1 || errs[0].Code != InvalidName || !strings.Contains(errs[0].Msg, `client "abcd"`) {
		t.Errorf("got %v", errs)
	}
}

func TestValidateDhcp(t *testing.T) {
	cfg := build(t)
	dhcp := cfg.Dhcp().Clone()
	dhcp.Attrs["failover-poll-timeout"] = "5s"
	cfg.Put(dhcp)
	if errs := cfg.Validate(); len(errs) != 1 || !strings.Contains(errs[0].Msg, "failover-poll-timeout") {
		t.Errorf("got %v", errs)
	}
}

func TestRanges(t *testing.T) {
	subnet := netip.MustParsePrefix("192.168.50.64/26")
	for _, c := range []struct{ start, end, want string }{
		{"192.168.50.70", "192.168.50.80", "192.168.50.70-192.168.50.80"},
		{"1", "10", "192.168.50.65-192.168.50.74"},
		{"192.168.50.80", "192.168.50.70", "341"},
		{"192.168.51.1", "192.168.51.2", "327"},
		{"64", "65", "316"},
		{"x", "y", "316"},
	} {
		r, err := RangeOf(subnet, c.start, c.end)
		got := r.String()
		if err != nil {
			got = fmt.Sprint(int(err.Code))
		}
		if got != c.want {
			t.Errorf("%s %s: %s, want %s", c.start, c.end, got, c.want)
		}
	}
	rs := asRanges("10.0.0.10-10.0.0.20,10.0.0.30-10.0.0.40")
	for _, c := range []struct{ remove, want string }{
		{"10.0.0.10-10.0.0.20", "10.0.0.30-10.0.0.40"},
		{"10.0.0.12-10.0.0.13", "10.0.0.10-10.0.0.11,10.0.0.14-10.0.0.20,10.0.0.30-10.0.0.40"},
		{"10.0.0.15-10.0.0.35", "10.0.0.10-10.0.0.14,10.0.0.36-10.0.0.40"},
		{"0.0.0.0-255.255.255.255", ""},
		{"10.0.0.21-10.0.0.29", "302 Not Found - no range has an address of 10.0.0.21-10.0.0.29"},
	} {
		left, err := RemoveRange(rs, asRanges(c.remove)[0])
		got := FormatRanges(left)
		if err != nil {
			got = AsError(err).Status()
		}
		if got != c.want {
			t.Errorf("without %s: %s, want %s", c.remove, got, c.want)
		}
	}
}

// Adding and removing ranges keeps exactly the addresses that a set would.
func TestRangesAgainstASet(t *testing.T) {
	addr := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, byte(n)}) }
	rapid.Check(t, func(t *rapid.T) {
		var rs []Range
		var model [64]bool
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			low := rapid.IntRange(0, 63).Draw(t, "low")
			high := rapid.IntRange(low, 63).Draw(t, "high")
			r := Range{addr(low), addr(high)}
			taken := slices.Contains(model[low:high+1], true)
			add := rapid.Bool().Draw(t, "add")
			var next []Range
			var err error
			if add {
				next, err = AddRange(rs, r)
			} else {
				next, err = RemoveRange(rs, r)
			}
			if (err != nil) != (taken == add) {
				t.Fatalf("add %t %s to %s: %v", add, r, FormatRanges(rs), err)
			}
			if err != nil {
				continue
			}
			rs = next
			for n := low; n <= high; n++ {
				model[n] = add
			}
			for n := range model {
				if slices.ContainsFunc(rs, func(r Range) bool { return r.Contains(addr(n)) }) != model[n] {
					t.Fatalf("%s is wrong about %s", FormatRanges(rs), addr(n))
				}
			}
			if text := FormatRanges(rs); text != "" {
				if back, err := parseRanges(text); err != nil || FormatRanges(back) != text {
					t.Fatalf("%s is not canonical: %v", text, err)
				}
			}
		}
	})
}

// The index finds the same scopes as looking at all of them, whatever was put,
// deleted and cloned before.
func TestScopeIndexAgainstAScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := NewConfig()
		var olds []*Config
		drawPrefix := func() netip.Prefix {
			a := netip.AddrFrom4([4]byte{10, 0, byte(rapid.IntRange(0, 3).Draw(t, "third")), byte(rapid.IntRange(0, 255).Draw(t, "fourth"))})
			return netip.PrefixFrom(a, rapid.IntRange(20, 32).Draw(t, "bits")).Masked()
		}
		check := func(cfg *Config) {
			vpn, p := rapid.IntRange(0, 1).Draw(t, "vpn"), drawPrefix()
			want := map[*Object]bool{}
			var at *Object
			for _, o := range cfg.All(Scope) {
				s := ScopeSubnet.Of(o)
				if ScopeVPN.Of(o) != vpn {
					continue
				}
				if s.Overlaps(p) {
					want[o] = true
				}
				if s.Contains(p.Addr()) && (at == nil || s.Bits() > ScopeSubnet.Of(at).Bits()) {
					at = o
				}
			}
			got := cfg.ScopesTouching(vpn, p)
			for _, o := range got {
				if !want[o] {
					t.Fatalf("%s touches %s?", ScopeSubnet.Of(o), p)
				}
			}
			if len(got) != len(want) {
				t.Fatalf("%s: %d scopes found, there are %d", p, len(got), len(want))
			}
			if found := cfg.ScopeAt(vpn, p.Addr()); found != at {
				t.Fatalf("%s is in %v, found %v", p.Addr(), at, found)
			}
		}
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			name := rapid.StringMatching(`[a-hA-B]`).Draw(t, "name")
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				cfg.Delete(Scope, name)
			case 1:
				olds = append(olds, cfg)
				cfg = cfg.Clone()
			default:
				o := New(Scope, name)
				o.Attrs["subnet"] = drawPrefix().String()
				o.Attrs["vpn-id"] = rapid.SampledFrom([]string{"0", "1"}).Draw(t, "vpn-id")
				cfg.Put(o)
			}
			check(cfg)
			for _, old := range olds {
				check(old)
			}
		}
	})
}

// Checking one scope does not get slower with the number of scopes.
func BenchmarkCheckScope(b *testing.B) {
	for _, n := range []int{100, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			cfg := build(b)
			for i := range n {
				o := New(Scope, fmt.Sprint("s", i))
				net := fmt.Sprintf("10.%d.%d.", i/256, i%256)
				o.Attrs["subnet"], o.Attrs["ranges"] = net+"0/24", net+"10-"+net+"200"
				cfg.Put(o)
			}
			o := cfg.Get(Scope, "s50")
			for b.Loop() {
				if errs := cfg.CheckObject(o); len(errs) != 0 {
					b.Fatal(errs)
				}
			}
		})
	}
}

// Any number may read and clone a configuration at once; the race detector
// watches the index that the first of them makes.
func TestConfigIsReadAndClonedAtOnce(t *testing.T) {
	cfg := build(t, "scope a subnet=10.0.0.0/24", "scope b subnet=10.0.1.0/24")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			own := cfg.Clone()
			o := New(Scope, fmt.Sprint("c", i))
			o.Attrs["subnet"] = fmt.Sprintf("10.1.%d.0/24", i)
			own.Put(o)
			if own.ScopeAt(0, netip.MustParseAddr(fmt.Sprintf("10.1.%d.5", i))) != o {
				t.Errorf("clone %d does not find its own scope", i)
			}
			if cfg.ScopeAt(0, netip.MustParseAddr("10.0.1.5")) == nil {
				t.Errorf("reader %d does not find scope b", i)
			}
		})
	}
	wg.Wait()
	if n := cfg.Len(Scope); n != 2 {
		t.Errorf("the configuration has %d scopes", n)
	}
}
