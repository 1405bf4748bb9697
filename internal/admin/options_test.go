package admin

import (
	"strings"
	"testing"

	"leasehold/pkg/objects"
)

func (w *world) policy(method string, args ...string) *objects.Error {
	w.t.Helper()
	err, _ := w.root.do("policy", "p", method, args...)
	return err
}

func TestPolicyOptions(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("policy", "p"))
	w.ok(w.policy("setOption", "routers", "10.1.0.1, 10.1.0.2"))
	w.ok(w.policy("setOption", "51", "7d"))
	w.ok(w.policy("setOption", "domain-name", `"example.com"`))
	w.is(w.printed("policy", "p", "getOption", "3"), "10.1.0.1,10.1.0.2")
	w.is(w.printed("policy", "p", "listOptions"), "(3)routers: 10.1.0.1,10.1.0.2\n(15)domain-name: example.com\n(51)dhcp-lease-time: 604800")
	w.is(w.printed("policy", "p", "getLeaseTime"), "604800")
	w.ok(w.policy("setLeaseTime", "1h"))
	w.is(w.printed("policy", "p", "getOption", "dhcp-lease-time"), "3600")
	w.refused(w.policy("setOption", "ruters", "10.1.0.1"), objects.UnknownParameter, "routers")
	w.refused(w.policy("setOption", "routers", "somewhere"), objects.Invalid, "routers")
	w.refused(w.policy("setOption", "subnet-mask", "10.0.0.1,10.0.0.2"), objects.Invalid)
	for _, made := range []string{"0", "50", "52", "53", "54", "55", "57", "82", "255"} {
		w.refused(w.policy("setOption", made, "1"), objects.ReadOnlyProperty)
	}
	w.refused(w.policy("getOption", "host-name"), objects.NotFound, "host-name")
	w.refused(w.policy("unsetOption", "host-name"), objects.NotFound, "host-name")
	w.ok(w.policy("unsetOption", "routers"))
	w.refused(w.policy("getOption", "routers"), objects.NotFound)
	w.ok(w.policy("setOption", "200", "01:02"))
	w.is(w.printed("policy", "p", "getOption", "option-200"), "01:02")
	w.ok(w.root.set("policy", "p", "v4-reply-options=3,domain-name"))
	w.is(w.root.value("policy", "p", "v4-reply-options"), "routers,domain-name")
	w.refused(w.root.set("policy", "p", "v4-reply-options=routers,domian-name"), objects.UnknownParameter, "domain-name")
	err, _ := w.root.do("policy", "p", "setV6Option", "1", "2")
	w.refused(err, objects.NotSupported)
}

// One cause is told once.
func TestRefusedDefinitions(t *testing.T) {
	w := newWorld(t)
	c := w.root
	w.ok(c.create("option-set", "acme", "8-bit", "vendor-option-string=acme-phone"))
	w.ok(c.create("option", "acme/1", "tftp", "AT_NSTRING"))
	for _, o := range [][]string{
		{"acme/1", "again", "AT_INT"}, {"acme/3", "tftp", "AT_INT"}, {"acme/300", "x", "AT_INT"}, {"acne/3", "x", "AT_INT"}, {"acme/7.5", "x", "AT_INT"},
		{"acme/1.5", "x", "AT_INT"}, {"acme/3", "x", "AT_INT", "min=5", "max=2"}, {"acme/3", "x", "AT_RANGEBYTE"}, {"dhcp-custom/51", "x", "AT_INT"},
	} {
		if err := c.create("option", o[0], o[1:]...); err == nil || !err.Code.Failed() || len(err.Detail) > 0 {
			t.Errorf("option %q: %v, want one line", o, err)
		}
	}
}

func TestLeaseTimes(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("policy", "p"))
	w.refused(w.policy("setLeaseTime", "0"), objects.Invalid, "dhcp-lease-time(51)", "at least 1 s", "4294967295")
	w.refused(w.policy("setOption", "51", "0s"), objects.Invalid, "at least 1 s")
	w.ok(w.policy("setLeaseTime", "4294967295"))
	w.ok(w.policy("setOption", "58", "1d"))
	w.ok(w.policy("setOption", "59", "2d"))
	// What clients get instead is said, and the value is stored.
	w.refused(w.policy("setLeaseTime", "1d"), objects.OkWithWarnings, `policy "p"`, "dhcp-rebinding-time(59), 172800 s, is not below dhcp-lease-time(51), 86400 s")
	w.is(w.printed("policy", "p", "getLeaseTime"), "86400")
	w.refused(w.policy("setOption", "59", "12h"), objects.OkWithWarnings, "dhcp-renewal-time(58), 86400 s, is not below dhcp-rebinding-time(59), 43200 s")
	w.refused(w.policy("unsetOption", "59"), objects.OkWithWarnings, "dhcp-renewal-time(58), 86400 s, is not below dhcp-lease-time(51)")
	w.ok(w.root.set("policy", "p", "grace-period=1m")) // said once
	w.ok(w.policy("setOption", "58", "12h"))
}

func TestVendorOptions(t *testing.T) {
	w := newWorld(t)
	c := w.root
	w.ok(c.create("policy", "p"))
	w.refused(c.create("option-set", "acme", "8-bit"), objects.TooFewArguments)
	w.ok(c.create("option-set", "acme", "8-bit", "vendor-option-string=acme-phone"))
	w.ok(c.create("option", "acme/1", "config-url", "AT_NSTRING"))
	w.ok(w.policy("setVendorOption", "43", "acme", "(1 tftp://10.9.0.1/cfg)"))
	got := w.printed("policy", "p", "getVendorOption", "vendor-encapsulated-options", "acme")
	if !strings.Contains(got, "config-url") || !strings.Contains(got, "tftp://10.9.0.1/cfg") {
		t.Errorf("getVendorOption: %q", got)
	}
	w.is(w.printed("policy", "p", "listVendorOptions"), "acme.(43)vendor-encapsulated-options: "+got)
	w.refused(w.policy("setVendorOption", "43", "acne", "(1 x)"), objects.NotFound, "acme")
	w.refused(w.policy("getVendorOption", "125", "acme"), objects.NotFound)
	// What may be written is said: the code, the set, the form of the value.
	w.refused(w.policy("setVendorOption", "config-url", "acme", "tftp://x"), objects.Invalid, "43, 124 or 125", "43 acme (1 <value>)", "option-set acme goes into 43", "option-set dhcp-cablelabs-config goes into 124 and 125")
	w.refused(w.policy("setVendorOption", "66", "acme", "(1 x)"), objects.Invalid, `43, 124 or 125, not "66"`)
	w.refused(w.policy("setVendorOption", "43", "nothing", "(1 x)"), objects.NotFound, "option-set acme goes into 43")
	w.refused(w.policy("setVendorOption", "125", "acme", "(1 x)"), objects.Invalid, "option 43, not 125")
	w.refused(w.policy("setVendorOption", "43", "acme", "(tftp x)"), objects.Invalid, `"tftp"`, "it has config-url(1)")
	w.refused(c.delete("option-set", "acme"), objects.GenericError, `policy "p"`)
	w.ok(c.create("option", "acme/2", "server", "AT_IPADDR"))
	w.ok(w.policy("setVendorOption", "43", "acme", "(2 10.0.0.1)"))
	// The value would no longer be one of the definition's type.
	w.refused(c.set("option", "acme/2", "type=AT_BOOL"), objects.Invalid, `policy "p"`)
	w.ok(w.policy("unsetVendorOption", "43", "acme"))
	w.refused(w.policy("unsetVendorOption", "43", "acme"), objects.NotFound)
	w.ok(c.delete("option-set", "acme"))
	if names := c.names("option", "acme"); len(names) != 0 {
		t.Errorf("definitions of a deleted set: %q", names)
	}
}

func TestOptionDefinitions(t *testing.T) {
	w := newWorld(t)
	c := w.root
	w.ok(c.create("policy", "p"))
	w.ok(c.create("option", "dhcp-custom/150", "tftp-server-address", "AT_IPADDR", "repeat=1+"))
	w.ok(w.policy("setOption", "tftp-server-address", "10.9.0.1,10.9.0.2"))
	w.is(w.printed("policy", "p", "listOptions"), "(150)tftp-server-address: 10.9.0.1,10.9.0.2")
	w.is(c.value("option", "dhcp-custom/tftp-server-address", "type"), "AT_IPADDR")
	w.is(c.value("option", "dhcp-config/150", "name"), "tftp-server-address")
	w.is(c.value("option", "dhcp-config/routers", "repeat"), "1+")
	w.is(c.value("option", "dhcp-config/122.1", "name"), "primary-dhcp-server")
	w.refused(c.create("option", "dhcp-custom/151", "x", "AT_UINT8"), objects.InvalidType, "AT_UINT8")
	w.refused(c.create("option", "dhcp-custom/53", "x", "AT_BLOB"), objects.ReadOnlyProperty)
	w.refused(c.create("option", "dhcp-config/151", "x", "AT_BLOB"), objects.ReadOnlyProperty)
	w.refused(c.set("option", "dhcp-config/3", "name=x"), objects.ReadOnlyProperty)
	w.refused(c.delete("option", "dhcp-config/3"), objects.ReadOnlyProperty)
	w.refused(c.create("option", "nowhere/1", "x", "AT_BLOB"), objects.NotFound, "nowhere")
	w.refused(c.create("option", "dhcp-custom/152", "tftp-server-address", "AT_BLOB"), objects.DuplicateObject)
	w.refused(c.create("option", "dhcp-custom/300", "x", "AT_BLOB"), objects.Invalid)
	// The policy's value has the type's text: the type cannot go.
	w.refused(c.set("option", "dhcp-custom/150", "repeat=1"), objects.Invalid, `policy "p"`)
	w.refused(c.delete("option", "dhcp-custom/tftp-server-address"), objects.GenericError, `policy "p"`)
	err := c.unset("option-set", "dhcp-custom")
	w.refused(err, objects.GenericError, `policy "p"`)
	w.ok(w.policy("unsetOption", "150"))
	w.ok(c.set("policy", "p", "v4-reply-options=tftp-server-address"))
	w.refused(c.delete("option", "dhcp-custom/150"), objects.GenericError, `policy "p"`)
	w.ok(c.unset("policy", "p", "v4-reply-options"))
	w.ok(c.unset("option-set", "dhcp-custom"))
	if names := c.names("option", "dhcp-custom"); len(names) != 0 {
		t.Errorf("custom definitions: %q", names)
	}
	if sets := c.names("option-set", ""); !contains(sets, "dhcp-config") || !contains(sets, "dhcp-cablelabs-config") {
		t.Errorf("option sets: %q", sets)
	}
	if n := len(c.names("option", "dhcp-config")); n < 100 {
		t.Errorf("dhcp-config lists %d definitions", n)
	}
	if types := w.printed("option", "", "listtypes"); !strings.Contains(types, "AT_IPADDR") || strings.Contains(types, "AT_OVERLOAD") {
		t.Errorf("listtypes: %q", types)
	}
}

func TestExpressions(t *testing.T) {
	w := newWorld(t)
	c := w.root
	w.ok(c.set("dhcp", "", `client-class-lookup-id=(if (starts-with   (request option 60) "docsis") "modem" "cpe")`))
	w.is(c.value("dhcp", "", "client-class-lookup-id"), `(if (starts-with (request option 60) "docsis") "modem" "cpe")`)
	w.refused(c.set("dhcp", "", `client-class-lookup-id=(if "x"`), objects.Invalid, "client-class-lookup-id", "expression error at offset")
	w.refused(c.set("dhcp", "", `client-class-lookup-id=(no-such 1)`), objects.Invalid, "expression error at offset")
	w.refused(c.create("scope-template", "x", `ranges-expr=(request chaddr)`), objects.Invalid, "ranges-expr")
}
