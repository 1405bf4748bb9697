package objects

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// typed draws texts that an operator may type for a value that the attribute
// allows, in all their forms.
func typed(a *Attr) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		if a.Check != nil {
			return rapid.SampledFrom(ruled[a.Name]).Draw(t, "text")
		}
		switch a.Kind {
		case String, NameRef:
			return typedString(t, a)
		case Int, Millis:
			n := rapid.Int64Range(a.Min, a.Max).Draw(t, "n")
			if n >= 0 && rapid.Bool().Draw(t, "hex") {
				return fmt.Sprintf("%#x", n)
			}
			return fmt.Sprint(n)
		case Percent:
			return fmt.Sprint(rapid.Int64Range(a.Min, a.Max).Draw(t, "n")) + rapid.SampledFrom([]string{"", "%"}).Draw(t, "sign")
		case Bool, Feature:
			return rapid.SampledFrom([]string{"true", "On", "ENABLED", "1", "false", "off", "disabled", "0"}).Draw(t, "word")
		case Date:
			return typedDate(t)
		case Time:
			n := rapid.Int64Range(a.Min, a.Max).Draw(t, "n")
			if rapid.Bool().Draw(t, "plain") {
				return fmt.Sprint(n)
			}
			return fmt.Sprintf("%dm%ds", n/60, n%60)
		case Flags:
			return strings.Join(rapid.SliceOf(rapid.SampledFrom(wordNames(a.Words))).Draw(t, "words"), ",")
		case Enum:
			w := rapid.SampledFrom(a.Words).Draw(t, "word")
			return rapid.SampledFrom([]string{w.Name, strings.ToUpper(w.Name), fmt.Sprint(w.Number)}).Draw(t, "form")
		case Blob:
			return FormatBlob(rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "bytes"))
		case MAC:
			return typedMAC(t)
		case DName:
			return rapid.StringMatching(`[a-z0-9]{1,20}(\.[A-Z0-9_]{1,20}){0,3}\.?`).Draw(t, "name")
		case Expr:
			return rapid.StringMatching(`\((concat|or)( +"[^"\\\x00-\x1f\x7f-\x9f\x{2028}\x{2029}]{0,5}"|\n[a-z]{1,5}){0,4} *\)( *//[a-z ]*)?`).Draw(t, "expr")
		case OptionIDs:
			return rapid.StringMatching(`[a-zA-Z0-9-]{1,9}( *, *[a-z0-9.]{1,9}){0,4}`).Draw(t, "ids")
		case List:
			return rapid.StringMatching(`[a-z]{1,9}( *, *[a-z]{1,9}){0,4}`).Draw(t, "list")
		}
		return typedNet(t, a.Kind)
	})
}

func typedString(t *rapid.T, a *Attr) string {
	if a.Kind == NameRef {
		return rapid.StringMatching(`[ -~ü]{1,30}`).Draw(t, "name")
	}
	n := rapid.Int64Range(a.Min, min(a.Max, 60)).Draw(t, "length")
	return rapid.StringMatching(fmt.Sprintf(`[ -~ü"]{%d}`, n)).Draw(t, "text")
}

// ruled has values for the attributes that have a rule beyond their type.
var ruled = map[string][]string{
	"add-to-environment-dictionary": {"", "a=1", "a=1,b=2"},
	"host-name":                     {"pc1", "@use-macaddress", ""},
	"ignore-cisco-options":          {"", "vpn-id", "vpn-id, subnet-alloc"},
	"vpn-id":                        {"a1b2c3:1", "000001:ff", "a1:b2:c3:00:00:00:01"},
	"address":                       {"10.0.0.1/24", "0.0.0.0/0"},
	"name":                          {"tftp-server", "A1"},
	"repeat":                        {"1", "0+", "1+", "2n", "17"},
	"main-server":                   {"dhcpA.example.com.", "192.168.50.1", "127.0.0.2"},
	"backup-server":                 {"dhcpB", "192.168.60.1"},
	"match-list":                    {"", "192.168.70.0/24", "red/10.0.0.0/8, 192.168.70.0/24"},
	"secret":                        {"c2VjcmV0", "AAAA"},
	"file":                          {"ext.so", "lib/ext.tcl"},
	"query-dictionary":              {"", "cn=client-class-name", "a=b, c=d"},
	"create-dictionary":             {"a=b"},
	"create-string-dictionary":      {"a=b"},
	"update-dictionary":             {"a=b"},
	"env-dictionary":                {"a=b"},
	"fingerprint":                   {"sha256:" + strings.Repeat("0a", 32)},
	"main-fingerprint":              {"sha256:" + strings.Repeat("0a", 32), strings.Repeat("AB", 32)},
	"backup-fingerprint":            {"SHA256:" + strings.Repeat("F0:", 31) + "f0"},
	"roles":                         {"full-admin", "read-only, edit-scope"},
}

func typedDate(t *rapid.T) string {
	// Noon keeps clear of the hour that some zones have twice a year.
	at := time.Date(1971, time.January, 1, 12, 0, 0, 0, time.Local).AddDate(0, 0, rapid.IntRange(0, 2e6).Draw(t, "day"))
	forms := []string{"forever", "0", fmt.Sprint(at.Unix()), at.Format(time.ANSIC), at.Format("January 2 15:04 2006"), "+3w", "-2h5m"}
	return rapid.SampledFrom(forms).Draw(t, "date")
}

func typedMAC(t *rapid.T) string {
	b := rapid.SliceOfN(rapid.Byte(), 1, 16).Draw(t, "octets")
	sep := rapid.SampledFrom([]string{":", "-", ".", ""}).Draw(t, "separator")
	text := strings.ToUpper(strings.ReplaceAll(FormatBlob(b), ":", sep))
	if rapid.Bool().Draw(t, "with type") {
		return fmt.Sprintf("%d,%d,%s", rapid.IntRange(1, 255).Draw(t, "type"), len(b), text)
	}
	return text
}

func drawAddr(t *rapid.T) netip.Addr {
	n := rapid.Uint32().Draw(t, "address")
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

func typedNet(t *rapid.T, k Kind) string {
	switch k {
	case IPAddr:
		return drawAddr(t).String()
	case IP6Addr:
		return netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address"))).String()
	case Subnet:
		return netip.PrefixFrom(drawAddr(t), rapid.IntRange(0, 32).Draw(t, "bits")).Masked().String()
	case Ranges:
		var items []string
		for i := range rapid.IntRange(0, 5).Draw(t, "ranges") {
			low := rapid.IntRange(0, 100).Draw(t, "low")
			high := rapid.IntRange(low, 100).Draw(t, "high")
			items = append([]string{fmt.Sprintf("10.0.%d.%d - 10.0.%d.%d", i, low, i, high)}, items...)
		}
		return strings.Join(items, ",")
	}
	panic("no values for " + k.String())
}

// What is typed becomes canonical text; that parses to itself; what is shown
// parses to it too; and a handle reads it.
func TestRoundTripOfEveryAttribute(t *testing.T) {
	eachAttr(t, func(t *testing.T, a *Attr) {
		if a.Default != "" {
			if got, err := a.Parse(a.Default, now); err != nil || got != a.Default {
				t.Errorf("the default %q parses to %q, %v", a.Default, got, err)
			}
		}
		if a.Kind == Obj {
			return
		}
		values := typed(a)
		rapid.Check(t, func(t *rapid.T) {
			text := values.Draw(t, "typed")
			canonical, err := a.Parse(text, now)
			if err != nil {
				t.Fatalf("%q is refused: %v", text, err)
			}
			if again, err := a.Parse(canonical, time.Time{}); (err != nil || again != canonical) && canonical != "" {
				t.Fatalf("%q became %q, which parses to %q, %v", text, canonical, again, err)
			}
			if a.Secret || canonical == "" {
				return
			}
			if back, err := a.Parse(a.Show(canonical), now); err != nil || back != canonical {
				t.Fatalf("%q became %q, shown as %q, which parses to %q, %v", text, canonical, a.Show(canonical), back, err)
			}
		})
	})
}

// Every attribute refuses what is not of its type and what is out of its
// range, names itself and leaves the object as it was.
func TestRefusalsOfEveryAttribute(t *testing.T) {
	wrong := map[Kind][]string{
		String: {"a\nb", "\xff"}, NameRef: {"", "a\x00"},
		Int: {"", "x", "1.5", "10m"}, Millis: {"", "x", "5s"}, Percent: {"", "x", "101", "-1", "10%%"},
		Bool: {"", "yes", "2"}, Feature: {"", "yes", "2"},
		Date: {"", "soon", "31 Oct 2001", "-5000y"}, Time: {"", "soon", "-1", "5q", "99999999w"},
		IPAddr: {"", "x", "10.0.0.0/8", "256.0.0.1", "::1"}, IP6Addr: {"", "10.0.0.1"},
		Subnet: {"", "10.0.0.0", "10.0.0.0/33", "::/64", "10.0.0.5/24"}, MAC: {"", "x", "1,6,00:01", "300,1,00"},
		Blob: {"", "x", "0x123"}, Flags: {"no-such-word", "99"}, Enum: {"", "no-such-word", "99"},
		DName: {"", "a b", "a..b"}, Expr: {"", "(", ")", `"x`}, OptionIDs: {"a b", ",,"}, List: {",", "a\x01"},
		Ranges: {"x", "10.0.0.9-10.0.0.1", "10.0.0.1-10.0.0.5,10.0.0.3"}, Obj: {"x"},
	}
	eachAttr(t, func(t *testing.T, a *Attr) {
		texts := wrong[a.Kind]
		switch a.Kind {
		case Int, Millis:
			texts = append(texts, fmt.Sprint(a.Min-1), fmt.Sprint(a.Max+1))
		case Time:
			texts = append(texts, fmt.Sprint(a.Max+1))
			if a.Min > 0 {
				texts = append(texts, fmt.Sprint(a.Min-1))
			}
		case String:
			texts = append(texts, strings.Repeat("x", int(a.Max)+1))
		}
		for _, text := range texts {
			canonical, err := a.Parse(text, now)
			if err == nil {
				t.Errorf("%q is taken as %q", text, canonical)
				continue
			}
			if err.Code < 300 || err.Code >= 400 || !strings.Contains(err.Msg, a.Class.Name+" "+a.Name) {
				t.Errorf("%q is refused with %v", text, err)
			}
			o := New(a.Class, "x")
			if err := a.Class.SetAttr(o, a.Name, text, now); err == nil || len(o.Attrs) != 0 {
				t.Errorf("SetAttr of %q: %v, leaves %v", text, err, o.Attrs)
			}
		}
	})
}
