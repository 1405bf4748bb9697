package objects

import (
	"strings"
	"testing"
	"time"
)

// FuzzParse gives any text to any attribute: no panic, and what is taken is
// canonical, of bounded size, printable, and readable by its handle.
func FuzzParse(f *testing.F) {
	var attrs []*Attr
	for _, c := range Classes() {
		attrs = append(attrs, c.Attrs...)
	}
	for _, text := range []string{
		"1w2d3h4m5s", "1d360m", "forever", "+3d", "-3d", "Oct 31 00:00:00 2001", "Mon Nov 18 22:11:12 2013", "0x1f", "10%",
		"1,6,00:d0:ba:d3:bd:3b", "0102.0304.0506", "01-02-03-04-05-06", "01:0a:ff", "default,incoming-packets", "192.168.50.0/24",
		"10.0.0.1-10.0.0.9,10.0.1.1", "fe80::1", "dhcpA.example.com.", `(concat "a\"b" (request chaddr)) // x`, "routers,6", "a1=v1,a2=v2",
	} {
		for _, k := range []Kind{String, Int, Bool, Date, Time, Percent, IPAddr, Subnet, MAC, Blob, Flags, Enum, DName, Expr, OptionIDs, List, Ranges} {
			for i, a := range attrs {
				if a.Kind == k {
					f.Add(uint16(i), text)
					break
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint16, text string) {
		a := attrs[int(which)%len(attrs)]
		canonical, err := a.Parse(text, now)
		if err != nil {
			if len(err.Error()) > 1000 || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("%s %q: the refusal is %q", a.label(), text, err)
			}
			return
		}
		if len(canonical) > 3*len(text)+64 {
			t.Fatalf("%s %q: grew to %q", a.label(), text, canonical)
		}
		if plain(canonical) != nil {
			t.Fatalf("%s %q: the canonical text %q would break a line", a.label(), text, canonical)
		}
		if canonical == "" {
			return
		}
		if again, err := a.Parse(canonical, time.Time{}); err != nil || again != canonical {
			t.Fatalf("%s %q: became %q, which parses to %q, %v", a.label(), text, canonical, again, err)
		}
		a.Show(canonical)
	})
}

// FuzzNames gives any text as a name: no panic, and a canonical name stays.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"office", "10.0.0.1", "red/10.0.0.1", "acme/125.3", "1,6,00:d0:ba:d3:bd:3b", "00-d0-ba-d3-bd-3b", "net-10.1.0.0/24", "global/10.0.0.1", "/", "a/"} {
		f.Add(name, "b")
	}
	f.Fuzz(func(t *testing.T, name, other string) {
		for _, c := range Classes() {
			key, err := c.Canonical(name)
			if err != nil {
				continue
			}
			if again, err := c.Canonical(key); err != nil || again != key {
				t.Fatalf("%s %q: became %q, then %q, %v", c.Name, name, key, again, err)
			}
			_ = CheckName(c, name)
		}
		if CompareNames(name, other) != -CompareNames(other, name) {
			t.Fatalf("%q and %q have no order", name, other)
		}
		Nearest(name, []string{other, "subnet", "selection-tag-list"})
	})
}
