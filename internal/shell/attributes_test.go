package shell

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"leasehold/pkg/objects"
)

// objectsUnderTest has one object of each class of the configuration, and what
// they refer to, in the order in which they can be made.
var objectsUnderTest = []struct{ class, name, create string }{
	{"vpn", "red", "77"},
	{"client-class", "gold", ""},
	{"policy", "phones", ""},
	{"scope", "office", "192.168.50.0 255.255.255.0"},
	{"scope", "annex", "192.168.60.0 255.255.255.0"},
	{"scope-template", "floor", ""},
	{"client", "1,6,00:d0:ba:d3:bd:3b", ""},
	{"reservation", "192.168.50.9", "1,6,00:d0:ba:d3:bd:3b"},
	{"option-set", "acme", "8-bit vendor-option-string=x"},
	{"dhcp-interface", "eth0", "10.0.0.1/24"},
	{"cluster", "backup", "10.0.0.2"},
	{"failover-pair", "pair", "10.0.0.1 10.0.0.3"},
	{"admin", "carol", "s3cret-enough"},
	{"key", "tsig", "c2VjcmV0"},
	{"dhcp-dns-update", "names", ""},
	{"ldap", "main", "ldap.example.com"},
	{"extension", "ext", "Dex ext.so entry"},
	{"extension-point", "pre-packet-decode/2", "ext"},
	{"addr-trap", "low", ""},
	{"trap-recipient", "nms", ""},
	{"scope-selection-tag", "fast", ""},
	{"scope-policy", "office", "-"},
	{"scope-template-policy", "floor", "-"},
	{"client-policy", "1,6,00:d0:ba:d3:bd:3b", "-"},
	{"client-class-policy", "gold", "-"},
	{"dhcp", "", "-"},
}

// goodValue has a value for the attributes whose type does not say it all.
var goodValue = map[string]string{
	"add-to-environment-dictionary": "a=1", "host-name": "pc1", "ignore-cisco-options": "vpn-id",
	"roles": "read-only", "vpn-id": "a1b2c3:1", "lookup-key": "1,6,00:d0:ba:d3:bd:3c", "address": "10.0.0.5/24",
	"primary-subnet": "192.168.60.0/24", "password": "s3cret-enough-2", "ranges-expr": `"(create-range 10 20)"`,
	"options-expr": `"(create-option 3 \"10.0.0.1\")"`, "failover-backup-allocation-boundary": "0",
	"mclt": "10m", "failover-maximum-client-lead-time": "10m", "match-list": "10.0.0.0/8",
	"secret": "bW9yZSBzZWNyZXQ=", "file": "lib/other.so", "low-threshold": "10", "high-threshold": "90",
	"query-dictionary": "a=b", "create-dictionary": "a=b", "create-string-dictionary": "a=b", "update-dictionary": "a=b", "env-dictionary": "a=b",
	"fingerprint":      "sha256:" + strings.Repeat("0c", 32),
	"main-fingerprint": strings.Repeat("0A:", 31) + "0A", "backup-fingerprint": "sha256:" + strings.Repeat("0b", 32),
	"failover-poll-timeout": "2m", "failover-poll-interval": "5s", "subnet": "192.168.50.0/24",
}

func goodText(a *objects.Attr) string {
	if v, ok := goodValue[a.Name]; ok {
		return v
	}
	switch a.Kind {
	case objects.Int, objects.Millis:
		return strconv.FormatInt(max(a.Min, min(a.Max, 7)), 10)
	case objects.Bool, objects.Feature:
		return "on"
	case objects.Date:
		return "Oct 31 12:00:00 2001"
	case objects.Time:
		return fmt.Sprintf("%ds", max(a.Min, min(a.Max, 61)))
	case objects.Percent:
		return "20"
	case objects.IPAddr:
		return "192.168.50.9"
	case objects.IP6Addr:
		return "2001:db8::1"
	case objects.Subnet:
		return "192.168.50.0/24"
	case objects.MAC:
		return "00-D0-BA-D3-BD-3B"
	case objects.Blob:
		return "01:02"
	case objects.Flags, objects.Enum:
		return a.Words[len(a.Words)-1].Name
	case objects.NameRef:
		for _, o := range objectsUnderTest {
			if o.class == a.Ref {
				return o.name
			}
		}
		return "" // of a class that is not here
	case objects.DName:
		return "a.example.com"
	case objects.Expr:
		return `"\"x\""`
	case objects.OptionIDs:
		return "routers,dhcp-lease-time"
	}
	return `"second floor"`
}

// badText is of no type that has one at all.
func badText(a *objects.Attr) string {
	switch a.Kind {
	case objects.String, objects.List, objects.NameRef:
		return ""
	case objects.Expr:
		return "(request"
	case objects.DName:
		return "a..b"
	case objects.OptionIDs:
		return "no-such-option"
	}
	return "rubbish"
}

// TestEveryAttribute sets, gets, shows and unsets every attribute of every
// class on a real server, and asks for help on it; and it tries a value of the
// wrong type, and one that is out of range.
func TestEveryAttribute(t *testing.T) {
	s := newServer(t)
	var out bytes.Buffer
	sh := s.operator(&out)
	defer sh.Close()
	do := func(line string) string { return run(t, sh, &out, line) }
	do("session set visibility=1")
	for _, o := range objectsUnderTest {
		if o.create == "-" {
			continue
		}
		if got := do(fmt.Sprintf("%s %q create %s", o.class, o.name, o.create)); !strings.HasPrefix(got, "100 ") {
			t.Fatalf("%s %s create %s: %s", o.class, o.name, o.create, got)
		}
	}
	n := 0
	for _, o := range objectsUnderTest {
		if o.name == "annex" {
			continue
		}
		class := objects.ClassNamed(o.class)
		ref := class.Name
		if o.name != "" {
			ref += ` "` + o.name + `"`
		}
		for _, a := range class.Attrs {
			n++
			if got := do("help " + class.Name + " " + a.Name); !strings.Contains(got, a.Name+" "+a.Type()) || !strings.Contains(got, a.Help) {
				t.Errorf("help %s %s:\n%s", class.Name, a.Name, got)
			}
			switch {
			case strings.HasPrefix(a.Name, "vendor-option-"):
				// A set has one of the two and keeps it: a story tells it.
			case a.ReadOnly || a.Immutable || a.Kind == objects.Obj || a.Kind == objects.Ranges:
				checkFixed(t, do, ref, a)
			default:
				checkSettable(t, do, ref, a)
			}
		}
	}
	t.Logf("%d attributes", n)
	if n < 300 {
		t.Errorf("only %d attributes were tried", n)
	}
}

func checkFixed(t *testing.T, do func(string) string, ref string, a *objects.Attr) {
	t.Helper()
	value := goodText(a)
	if a.Kind == objects.Ranges {
		return // addRange and removeRange
	}
	if got := do(ref + " set " + a.Name + "=" + value + "8"); !strings.HasPrefix(got, "385 ") && !strings.HasPrefix(got, "316 ") {
		t.Errorf("%s set %s: %s", ref, a.Name, got)
	}
	if got := do(ref + " unset " + a.Name); got != "100 Ok\n" && !strings.HasPrefix(got, "385 ") && !strings.HasPrefix(got, "386 ") {
		t.Errorf("%s unset %s: %s", ref, a.Name, got)
	}
}

func checkSettable(t *testing.T, do func(string) string, ref string, a *objects.Attr) {
	t.Helper()
	value := goodText(a)
	if value == "" {
		if got := do(ref + " set " + a.Name + "=nothing"); got != "100 Ok\n" && !strings.HasPrefix(got, "3") {
			t.Errorf("%s set %s=nothing: %s", ref, a.Name, got)
		}
		do(ref + " unset " + a.Name)
		return
	}
	before := do(ref + " get " + a.Name)
	if got := do(ref + " set " + a.Name + "=" + value); got != "100 Ok\n" {
		t.Errorf("%s set %s=%s: %s", ref, a.Name, value, got)
		return
	}
	got := do(ref + " get " + a.Name)
	shown, ok := strings.CutPrefix(got, "100 Ok\n"+a.Name+"=")
	if !ok || shown == "\n" {
		t.Errorf("%s get %s: %s", ref, a.Name, got)
	}
	if show := do(ref + " show"); !strings.Contains(show, "\n    "+a.Name+" = "+shown) {
		t.Errorf("%s show has no %s = %s", ref, a.Name, shown)
	}
	if bad := badText(a); bad != "" {
		if got := do(ref + " set " + a.Name + "=" + bad); !strings.HasPrefix(got, "316 ") && !strings.HasPrefix(got, "308 ") || !strings.Contains(got, a.Name) && !strings.Contains(got, bad) {
			t.Errorf("%s set %s=%s: %s", ref, a.Name, bad, got)
		}
		if now := do(ref + " get " + a.Name); now != got {
			t.Errorf("%s %s is %s after a refused change, was %s", ref, a.Name, now, got)
		}
	}
	if a.Max > 0 && (a.Kind == objects.Int || a.Kind == objects.Time || a.Kind == objects.Millis || a.Kind == objects.Percent) {
		if got := do(fmt.Sprintf("%s set %s=%d", ref, a.Name, a.Max+1)); !strings.HasPrefix(got, "316 ") || !strings.Contains(got, "out of range") {
			t.Errorf("%s set %s=%d: %s", ref, a.Name, a.Max+1, got)
		}
	}
	checkUnset(t, do, ref, a, before)
}

func checkUnset(t *testing.T, do func(string) string, ref string, a *objects.Attr, before string) {
	t.Helper()
	got := do(ref + " unset " + a.Name)
	// A pair without clusters has nothing in place of its servers.
	if a.Required || a == objects.FailoverPairMainServer.Attr || a == objects.FailoverPairBackupServer.Attr {
		if !strings.HasPrefix(got, "386 ") {
			t.Errorf("%s unset %s, which is required: %s", ref, a.Name, got)
		}
		if old, ok := strings.CutPrefix(before, "100 Ok\n"); ok {
			do(ref + " set " + strings.TrimSpace(old))
		}
		return
	}
	if got != "100 Ok\n" {
		t.Errorf("%s unset %s: %s", ref, a.Name, got)
	}
	if got := do(ref + " get " + a.Name); !strings.HasPrefix(got, "308 ") {
		t.Errorf("%s get %s after unset: %s", ref, a.Name, got)
	}
}

// TestEveryVerbOnNothing: a verb on an object that is not there says so and
// names it.
func TestEveryVerbOnNothing(t *testing.T) {
	s := newServer(t)
	var out bytes.Buffer
	sh := s.operator(&out)
	defer sh.Close()
	for _, class := range objects.Classes() {
		if class.Runtime || class.Singleton || class == objects.Option {
			continue
		}
		name := "nothing-of-it"
		if class.Key != nil {
			name = map[string]string{"client": "1,6,02:00:00:00:00:01", "client-policy": "1,6,02:00:00:00:00:01", "reservation": "10.9.9.9", "extension-point": "post-send-packet/7"}[class.Name]
		}
		if name == "" {
			name = "nothing"
		}
		for _, v := range sh.verbsOf(class) {
			if v.listing || v.unsupported != "" || v.name == "create" || v.name == "enterPassword" {
				continue
			}
			if (v.name == "enable" || v.name == "disable") && !hasBool(class) {
				continue
			}
			line := class.Name + " " + name + " " + v.name + argumentsFor(class, &v)
			got := run(t, sh, &out, line)
			if !strings.HasPrefix(got, "302 ") || !strings.Contains(got, name) {
				t.Errorf("%s: %s", line, got)
			}
		}
	}
	if sh.out.err != nil {
		t.Error(sh.out.err)
	}
}

func hasBool(class *objects.Class) bool {
	for _, a := range class.Attrs {
		if settableNow(a) && (a.Kind == objects.Feature || a.Kind == objects.Bool) {
			return true
		}
	}
	return false
}

// argumentsFor makes arguments that a verb accepts.
func argumentsFor(class *objects.Class, v *classVerb) string {
	var attr *objects.Attr
	for _, a := range class.Attrs {
		if settableNow(a) && !a.Required && goodText(a) != "" && a.Visibility == objects.Basic {
			attr = a
			if a.Kind == objects.Feature || a.Kind == objects.Bool {
				break
			}
		}
	}
	if attr == nil {
		attr = &objects.Attr{Name: "name"}
	}
	switch v.name {
	case "get", "unset":
		return " " + attr.Name
	case "enable", "disable":
		return " " + attr.Name
	case "set":
		return " " + attr.Name + "=" + goodText(attr)
	}
	if v.method == nil {
		return ""
	}
	args := map[string]string{
		"addRange": " 10.0.0.1 10.0.0.2", "removeRange": " 10.0.0.1 10.0.0.2", "addReservation": " 10.0.0.1 02:00:00:00:00:01",
		"removeReservation": " 10.0.0.1", "cancelPending": " all", "addMatch": " 10.0.0.0/8", "removeMatch": " 10.0.0.0/8", "changeSubnet": " 10.0.0.0/24", "setOption": " routers 10.0.0.1", "getOption": " routers",
		"unsetOption": " routers", "setEntry": " query-dictionary a=b", "getEntry": " query-dictionary a", "unsetEntry": " query-dictionary a", "setLeaseTime": " 1d", "apply-to": " all",
		"setVendorOption": " 43 dhcp-cablelabs-config (1 01)", "getVendorOption": " 43 dhcp-cablelabs-config", "unsetVendorOption": " 43 dhcp-cablelabs-config",
	}
	return args[v.name]
}
