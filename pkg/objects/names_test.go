package objects

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCompareNames(t *testing.T) {
	want := []string{
		"9.0.0.1", "10.0.0.2", "10.0.0.10", "Blue/10.0.0.1", "red/9.0.0.1", "red/10.0.0.1",
		"1,6,00:d0:ba:d3:bd:3b", "acme", "acme/2", "acme/10", "acme/10.1", "acme/10.2", "acme/10.10", "acme-two", "Office", "office2",
	}
	for i, a := range want {
		for j, b := range want {
			got := CompareNames(a, b)
			if (i < j && got >= 0) || (i > j && got <= 0) || (i == j && got != 0) {
				t.Errorf("%q and %q compare as %d", a, b, got)
			}
		}
	}
	if CompareNames("Office", "oFFICE") != 0 {
		t.Error("case matters")
	}
}

func TestCompareNamesIsAnOrder(t *testing.T) {
	name := rapid.StringMatching(`([a-cA]{1,2}/)?([0-9]{1,2}(\.[0-9]{1,2}){0,3}|[a-c/.1]{0,3})`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := name.Draw(t, "a"), name.Draw(t, "b"), name.Draw(t, "c")
		if CompareNames(a, b) != -CompareNames(b, a) {
			t.Fatalf("%q and %q: not antisymmetric", a, b)
		}
		if CompareNames(a, b) <= 0 && CompareNames(b, c) <= 0 && CompareNames(a, c) > 0 {
			t.Fatalf("%q, %q, %q: not transitive", a, b, c)
		}
	})
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		class *Class
		name  string
		want  string // the canonical name, or part of the refusal after !
	}{
		{Scope, "net-10.1.0.0/24", "net-10.1.0.0/24"},
		{Scope, "second floor", "second floor"},
		{Scope, "", "!the name is empty"},
		{Scope, " x", "!begins or ends with a blank"},
		{Scope, "a\tb", "!control character"},
		{Scope, "listNames", "!that word is a command"},
		{Scope, strings.Repeat("x", 256), "!more than 255"},
		{Dhcp, "", ""},
		{Dhcp, "x", "!there is only one"},
		{Client, "1,6,00:D0:ba:d3:bd:3b", "1,6,00:d0:ba:d3:bd:3b"},
		{Client, "00-d0-ba-d3-bd-3b", "1,6,00:d0:ba:d3:bd:3b"},
		{Client, "DEFAULT", "default"},
		{Client, "Subscriber-7", "subscriber-7"},
		{Client, "020000000105", "1,6,02:00:00:00:01:05"},
		{Client, "02.00.00.00.00.FE", "1,6,02:00:00:00:00:fe"},
		{Client, "0200.0000.00fd", "1,6,02:00:00:00:00:fd"},
		{Client, "02:00:00:00:00:fc", "1,6,02:00:00:00:00:fc"},
		{Client, "6, 6, 020000000105", "6,6,02:00:00:00:01:05"},
		{Client, "default", "default"},
		{Client, "01:0A:0B:0C:0D:0E:0F", "01:0a:0b:0c:0d:0e:0f"},
		{Client, "01020304050607", "01020304050607"},
		{Client, "facade", "facade"},
		{Client, "1,2,300", "1,2,300"},
		{ClientPolicy, "0200.0000.00fd", "1,6,02:00:00:00:00:fd"},
		{ClientPolicy, "1,6,00:D0:ba:d3:bd:3b", "1,6,00:d0:ba:d3:bd:3b"},
		{ClientClass, "<None>", "!reserved"},
		{Reservation, "10.0.0.5", "10.0.0.5"},
		{Reservation, "global/10.0.0.5", "10.0.0.5"},
		{Reservation, "red/10.0.0.5", "red/10.0.0.5"},
		{Reservation, "red/x", "!must be an IPv4 address"},
		{Vpn, "Global", "!reserved"},
		{Vpn, "all", "!reserved"},
		{Vpn, "a/b", "!no blank and no slash"},
		{OptionSet, "dhcp-custom", "!reserved"},
		{Option, "acme/007.1", "acme/7.1"},
		{Option, "acme/x", "!must be <option-set>/<id>"},
		{Option, "150", "!must be <option-set>/<id>"},
		{Option, "acme/1.2.3.4", "!deeper than three"},
		{Option, "acme/70000", "!no option number"},
		{Admin, "joe", "joe"},
		{Admin, "joe@host", "!none of @ : /"},
	} {
		err := CheckName(c.class, c.name)
		if refusal, ok := strings.CutPrefix(c.want, "!"); ok {
			if err == nil || err.Code != InvalidName || !strings.Contains(err.Msg, refusal) {
				t.Errorf("%s %q: %v, want it refused: %s", c.class.Name, c.name, err, refusal)
			}
			continue
		}
		got, err2 := c.class.Canonical(c.name)
		if err != nil || err2 != nil || got != c.want {
			t.Errorf("%s %q: %q, %v, %v; want %q", c.class.Name, c.name, got, err, err2, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	attrs := []string{"subnet", "selection-tag-list", "ping-timeout", "ping-clients", "policy", "bootp", "dhcp"}
	for word, want := range map[string]string{
		"subnets": "subnet", "sbunet": "subnet", "SUBNET": "subnet", "ping-timout": "ping-timeout", "selection-tags-list": "selection-tag-list",
		"selection": "selection-tag-list", "ping": "", "poliy": "policy", "botp": "bootp", "dhpc": "dhcp", "colour": "", "": "", "x": "",
		strings.Repeat("p", 1000): "",
	} {
		if got := Nearest(word, attrs); got != want {
			t.Errorf("%q is nearest to %q, want %q", shorten(word), got, want)
		}
	}
}

// One slip in a word of some length is always found.
func TestNearestFindsOneSlip(t *testing.T) {
	var words []string
	for _, a := range Scope.Attrs {
		words = append(words, a.Name)
	}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom(words).Draw(t, "word")
		i := rapid.IntRange(0, len(word)-1).Draw(t, "at")
		slipped := word[:i] + "q" + word[i:]
		if rapid.Bool().Draw(t, "leave out") {
			slipped = word[:i] + word[i+1:]
		}
		if slipped == word || slices.Contains(words, slipped) || len(word) < 4 {
			return
		}
		got := Nearest(slipped, words)
		if got == "" || slips(slipped, got) > slips(slipped, word) {
			t.Fatalf("%q: %q, meant %q", slipped, got, word)
		}
	})
}
