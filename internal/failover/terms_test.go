package failover

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

func scopeOf(subnet string, ranges ...uint32) termScope {
	s := termScope{subnet: netip.MustParsePrefix(subnet)}
	base := lease.AddrFrom(s.subnet.Addr())
	for i := 0; i < len(ranges); i += 2 {
		s.ranges = append(s.ranges, lease.Range{First: base + lease.Addr(ranges[i]), Last: base + lease.Addr(ranges[i+1])})
	}
	return s
}

// Thousands of scopes arrive as they were sent, in messages that have room for
// them.
func TestTermsTravel(t *testing.T) {
	sent := terms{balanced: true}
	for i := range 2000 {
		s := scopeOf(fmt.Sprintf("10.%d.%d.0/24", i/256, i%256), 10, 20, 30, 40)
		s.dynamic = i%7 == 0
		sent.scopes = append(sent.scopes, s)
	}
	var got terms
	pages := sent.pages()
	for i, c := range pages {
		frame, err := wire.Own.Encode(wire.Message{XID: 1, Body: c})
		if err != nil {
			t.Fatal(err)
		}
		m, err := wire.Decode(frame)
		if err != nil {
			t.Fatal(err)
		}
		if last, ok := got.read(m.Body.(wire.CONTACT)); !ok || last != (i == len(pages)-1) {
			t.Fatalf("page %d of %d: last %t, %t", i, len(pages), last, ok)
		}
	}
	if !reflect.DeepEqual(got, sent) {
		t.Error("the terms changed on the way")
	}
	if d := sent.differ(&got, lease.Primary); d != nil {
		t.Errorf("they differ: %v", d)
	}
}

// Ranges that are the same addresses are the same, however they are written.
func TestTermsSettle(t *testing.T) {
	a := terms{scopes: []termScope{scopeOf("10.0.1.0/24", 1, 9), scopeOf("10.0.0.0/24", 50, 60, 10, 49)}}
	b := terms{scopes: []termScope{scopeOf("10.0.0.0/24", 10, 30), scopeOf("10.0.0.0/24", 31, 60), scopeOf("10.0.1.0/24", 1, 5, 6, 9)}}
	a.settle()
	b.settle()
	if d := a.differ(&b, lease.Primary); d != nil {
		t.Errorf("%v", d)
	}
	c := terms{scopes: []termScope{scopeOf("10.0.0.0/24"), scopeOf("10.0.1.0/24", 1, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12)}}
	c.settle()
	for i, want := range []string{"has the ranges 10.0.0.10-10.0.0.60 on this server and (none) on its partner", "10.0.1.8-10.0.1.8, 2 more on its partner"} {
		if d := a.differ(&c, lease.Primary); len(d) != 2 || !strings.Contains(d[i], want) {
			t.Errorf("%q, want %q", d, want)
		}
	}
}

// Whatever a partner sends, its terms are read within bounds and compared.
func FuzzTerms(f *testing.F) {
	good := terms{balanced: true, scopes: []termScope{scopeOf("10.0.0.0/24", 10, 20)}}
	for _, c := range good.pages() {
		f.Add(string(c.Vendor))
	}
	f.Add("\x00\x01\x00\x02\x01\x06\x00\x02\x00\x07\x0a\x00\x00\x00\x21\x00\x00")
	f.Fuzz(func(t *testing.T, vendor string) {
		var got terms
		if _, ok := got.read(wire.CONTACT{Vendor: wire.VendorOptions(vendor)}); !ok {
			return
		}
		good.differ(&got, lease.Primary)
		for _, c := range got.pages() {
			if len(c.Vendor) > wire.MaxMessage {
				t.Fatalf("a page of %d octets", len(c.Vendor))
			}
		}
	})
}
