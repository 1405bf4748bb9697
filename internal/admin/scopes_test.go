package admin

import (
	"fmt"
	"strings"
	"testing"

	"leasehold/pkg/objects"
)

// method runs a method of the scope "s" and returns its status only.
func (w *world) scope(method string, args ...string) *objects.Error {
	w.t.Helper()
	err, _ := w.root.do("scope", "s", method, args...)
	return err
}

func (w *world) printed(class, name, method string, args ...string) string {
	w.t.Helper()
	err, out := w.root.do(class, name, method, args...)
	if err != nil && err.Code.Failed() {
		w.t.Errorf("%s %s %s: %v", class, name, method, err)
	}
	return out
}

func TestRanges(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("scope", "s", "10.1.0.0/24"))
	w.ok(w.scope("addRange", "10.1.0.10", "10.1.0.20"))
	w.ok(w.scope("addRange", "100", "200"))
	w.is(w.printed("scope", "s", "listRanges"), "10.1.0.10 10.1.0.20\n10.1.0.100 10.1.0.200")
	w.refused(w.scope("addRange", "10.1.0.20", "10.1.0.30"), objects.RangeOverlap, "10.1.0.10-10.1.0.20")
	w.refused(w.scope("addRange", "10.2.0.1", "10.2.0.9"), objects.NotInSubnet, "10.2.0.1")
	w.refused(w.scope("addRange", "10.1.0.40", "10.1.0.30"), objects.InvalidRange)
	w.refused(w.scope("addRange", "x", "y"), objects.Invalid, "x")
	w.refused(w.scope("addRange", "1"), objects.TooFewArguments)
	w.refused(w.scope("addRange", "1", "2", "3"), objects.TooManyArguments, "3")
	w.refused(w.scope("addRnge", "1", "2"), objects.UnknownKeyword, "addRange")
	w.ok(w.scope("REMOVERANGE", "10.1.0.15", "10.1.0.120"))
	w.is(w.printed("scope", "s", "listRanges"), "10.1.0.10 10.1.0.14\n10.1.0.121 10.1.0.200")
	w.refused(w.scope("removeRange", "1", "5"), objects.NotFound)

	w.ok(w.root.create("scope", "two", "10.1.0.0/24"))
	err, _ := w.root.do("scope", "two", "addRange", "12", "30")
	w.refused(err, objects.RangeOverlap, `scope "s"`)
	w.is(w.printed("scope", "two", "listRanges"), "")
	w.refused(w.scope("changeSubnet", "10.3.0.0", "255.255.255.0"), objects.InvalidRange, "10.1.0.10")
	w.ok(w.scope("removeRange", "10.1.0.0", "10.1.0.255"))
	w.ok(w.scope("changeSubnet", "10.3.0.0/24"))
	w.is(w.root.value("scope", "s", "subnet"), "10.3.0.0/24")
}

func TestReservations(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("scope", "s", "10.1.0.0", "255.255.255.0"))
	w.ok(w.scope("addRange", "10", "20"))
	const mac = "00:D0:ba:d3:bd:3b"
	w.ok(w.scope("addReservation", "10.1.0.15", mac))
	w.refused(w.scope("addReservation", "10.1.0.15", "1,6,"+mac), objects.LeaseAlreadyReserved)
	w.refused(w.scope("addReservation", "10.1.0.15", "00:00:00:00:00:01"), objects.DuplicateObject, "1,6,00:d0:ba:d3:bd:3b")
	w.refused(w.scope("addReservation", "10.1.0.200", "01:02:03", "-blob"), objects.LeaseCreated)
	w.refused(w.scope("addReservation", "10.1.0.201", "pc one", "-string"), objects.LeaseCreated)
	w.refused(w.scope("addReservation", "10.1.0.202", "zz", "-mac"), objects.Invalid, "zz")
	w.refused(w.scope("addReservation", "10.2.0.1", mac), objects.NotInSubnet)
	w.refused(w.scope("addReservation", "10.1.0.255", mac), objects.NotInSubnet)
	w.refused(w.scope("addReservation", "nonsense", mac), objects.Invalid)
	w.is(w.printed("scope", "s", "listReservations"), strings.Join([]string{
		"10.1.0.15: mac=1,6,00:d0:ba:d3:bd:3b",
		"10.1.0.200: blob=01:02:03",
		"10.1.0.201: string=pc one",
	}, "\n"))
	w.is(w.root.value("reservation", "10.1.0.15", "scope"), "s")
	w.refused(w.scope("removeReservation", "10.1.0.16"), objects.LeaseNotReserved)
	w.refused(w.scope("removeReservation", "00:00:00:00:00:01"), objects.LeaseNotReserved)
	w.ok(w.scope("addReservation", "10.1.0.16", mac))
	w.refused(w.scope("removeReservation", mac), objects.TooMany, "10.1.0.15, 10.1.0.16")
	w.ok(w.scope("removeReservation", "10.1.0.16"))
	w.ok(w.scope("removeReservation", mac))
	w.refused(w.scope("removeReservation", "10.1.0.200"), objects.LeaseDeleted)
	w.refused(w.scope("removeReservation", "pc one", "-string"), objects.LeaseDeleted)
	w.is(w.printed("scope", "s", "listReservations"), "")

	// The same as objects of their own, and in a VPN.
	w.ok(w.root.create("vpn", "red", "7"))
	w.ok(w.root.create("scope", "r", "10.1.0.0/24", "vpn-id=7"))
	w.ok(w.root.create("reservation", "red/10.1.0.9", mac, "-mac", "device-name=printer"))
	w.refused(w.root.create("reservation", "blue/10.1.0.9", mac), objects.NotFound, "blue")
	w.refused(w.root.create("reservation", "10.9.0.9", mac), objects.NotInSubnet, "10.9.0.9")
	w.is(w.printed("scope", "r", "listReservations"), "10.1.0.9: mac=1,6,00:d0:ba:d3:bd:3b")
	w.is(w.printed("scope", "s", "listReservations"), "")
	w.refused(w.scope("addReservation", "10.1.0.9", mac), objects.LeaseCreated)
	w.refused(w.root.delete("vpn", "red"), objects.GenericError, `scope "r"`, `reservation "red/10.1.0.9"`)
	w.refused(w.root.set("scope", "r", "subnet=10.2.0.0/24"), objects.NotInSubnet, "red/10.1.0.9")
	w.ok(w.root.delete("scope", "r"))
	_, err := w.root.object("reservation", "red/10.1.0.9")
	w.refused(err, objects.NotFound)
	w.is(w.printed("scope", "s", "listReservations"), "10.1.0.9: mac=1,6,00:d0:ba:d3:bd:3b")
	w.ok(w.root.delete("vpn", "red"))
}

func TestScopesDoNotOverlap(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("scope", "s", "10.1.2.0/24"))
	w.refused(w.scope("addReservation", "10.1.2.9", "00:11:22:33:44:55"), objects.LeaseCreated)
	w.refused(w.root.create("scope", "wide", "10.1.0.0/16"), objects.RangeOverlap, `scope "s"`, "10.1.2.0/24")
	w.refused(w.root.create("scope", "part", "10.1.2.128/25"), objects.RangeOverlap, `scope "s"`)
	w.ok(w.root.create("scope", "t", "10.1.3.0/24"))
	err, _ := w.root.do("scope", "t", "changeSubnet", "10.1.0.0/16")
	w.refused(err, objects.RangeOverlap, `scope "s"`)
	w.refused(w.root.set("scope", "t", "subnet=10.1.2.0/25"), objects.RangeOverlap, `scope "s"`)
	w.is(w.root.value("scope", "t", "subnet"), "10.1.3.0/24")
	for subnet, why := range map[string]string{
		"0.0.0.0/0": "/8", "10.0.0.0/31": "/30", "224.0.1.0/24": "multicast", "10.9.0.5/24": "10.9.0.0/24",
	} {
		w.refused(w.root.create("scope", "x", subnet), objects.Invalid, why)
		err, _ := w.root.do("scope", "t", "changeSubnet", subnet)
		w.refused(err, objects.Invalid, why)
	}
	w.refused(w.root.create("scope", "x", "10.66.0.0/24", "nonsense"), objects.TooManyArguments, "nonsense")
	// In one transaction the order counts, as in a batch.
	w.ok(w.root.begin())
	err, _ = w.root.do("scope", "t", "changeSubnet", "10.4.0.0/16")
	w.ok(err)
	w.ok(w.root.create("scope", "u", "10.1.3.0/24"))
	err, _ = w.root.do("scope", "t", "changeSubnet", "10.5.0.0", "255.255.0.0")
	w.ok(err)
	w.ok(w.root.create("scope", "v", "10.4.0.0/24"))
	w.ok(w.root.commit())
}

func TestScopesOfOneSubnetPartItByRanges(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("scope", "s", "10.1.2.0/24"))
	w.ok(w.scope("addRange", "10", "20"))
	w.ok(w.scope("addReservation", "10.1.2.15", "00:11:22:33:44:55"))
	w.refused(w.scope("addReservation", "10.1.2.9", "00:11:22:33:44:66"), objects.LeaseCreated)
	// A second scope would leave open whose 10.1.2.9 is.
	w.refused(w.root.create("scope", "a", "10.1.2.0/24"), objects.NotInSubnet, `"10.1.2.9"`, `scope "a"`, `scope "s"`)
	w.ok(w.scope("addRange", "9", "9"))
	w.ok(w.root.create("scope", "a", "10.1.2.0/24"))
	w.is(w.root.value("reservation", "10.1.2.9", "scope"), "s")
	w.refused(w.scope("removeRange", "9", "9"), objects.NotInSubnet, `"10.1.2.9"`)
	err, _ := w.root.do("scope", "a", "addReservation", "10.1.2.30", "00:11:22:33:44:77")
	w.refused(err, objects.NotInSubnet, `scope "a"`, `scope "s"`, "range")
	err, _ = w.root.do("scope", "a", "addRange", "30", "40")
	w.ok(err)
	err, _ = w.root.do("scope", "a", "addReservation", "10.1.2.9", "00:11:22:33:44:88")
	w.refused(err, objects.NotInSubnet, `scope "s"`)
	err, _ = w.root.do("scope", "a", "addReservation", "10.1.2.30", "00:11:22:33:44:77")
	w.ok(err)
	// Each takes its own along when it goes.
	w.ok(w.root.delete("scope", "s"))
	w.is(strings.Join(w.root.names("reservation", ""), " "), "10.1.2.30")
	w.ok(w.root.delete("scope", "a"))
	w.is(strings.Join(w.root.names("reservation", ""), " "), "")
}

func TestSecondariesNeedTheirPrimary(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("scope", "p", "10.1.0.0/24"))
	w.ok(w.root.create("scope", "s", "10.2.0.0/24", "primary-subnet=10.1.0.0/24"))
	w.refused(w.root.delete("scope", "p"), objects.GenericError, `scope "p"`, `scope "s"`)
	w.refused(w.root.set("scope", "p", "subnet=10.9.0.0/24"), objects.Invalid, `scope "s"`, "10.1.0.0/24")
	w.ok(w.root.unset("scope", "s", "primary-subnet"))
	w.ok(w.root.delete("scope", "p"))
}

func TestReferencesHold(t *testing.T) {
	w := newWorld(t)
	c := w.root
	w.ok(c.create("policy", "gold"))
	w.refused(c.create("scope", "a", "10.1.0.0/24", "policy=golf"), objects.NoPolicyFound, `"gold"`)
	for i := range 9 {
		w.ok(c.create("scope", fmt.Sprint("s", i), fmt.Sprintf("10.%d.0.0/24", i), "policy=gold"))
	}
	w.ok(c.create("client-class", "cc", "policy-name=gold"))
	w.refused(c.delete("policy", "gold"), objects.GenericError, `policy "gold" is used by client-class "cc", scope "s0"`, "and 5 more")
	w.ok(c.create("client", "1,6,00:00:00:00:00:01", "client-class-name=cc"))
	w.refused(c.delete("client-class", "cc"), objects.GenericError, `client "1,6,00:00:00:00:00:01"`)
	w.ok(c.delete("client", "00:00:00:00:00:01"))
	w.ok(c.delete("client-class", "cc"))
	w.refused(c.set("client", "1,6,00:00:00:00:00:01", "host-name=x"), objects.NotFound)
}

func TestEmbeddedPoliciesLiveWithTheirOwner(t *testing.T) {
	w := newWorld(t)
	c := w.root
	w.refused(c.set("scope-policy", "s", "grace-period=1h"), objects.NotFound, `scope "s"`)
	w.ok(c.create("scope", "Sale", "10.1.0.0/24"))
	o, err := c.object("scope-policy", "sale") // there, and empty
	w.ok(err)
	if o.Name != "Sale" || len(o.Attributes) != 0 {
		t.Errorf("embedded policy: %v", o)
	}
	w.ok(c.set("scope-policy", "SALE", "grace-period=1h"))
	w.is(c.value("scope", "sale", "embedded-policy"), "(grace-period 1h)")
	w.ok(c.delete("scope", "sale"))
	w.ok(c.create("scope", "sale", "10.1.0.0/24"))
	w.is(c.value("scope-policy", "sale", "grace-period"), "")
	w.ok(c.delete("scope-policy", "sale")) // nothing to delete is fine
	w.ok(c.create("client", "00:00:00:00:00:01"))
	err2, _ := c.do("client-policy", "00-00-00-00-00-01", "setOption", "routers", "10.1.0.1")
	w.ok(err2)
	w.is(w.printed("client-policy", "1,6,00:00:00:00:00:01", "getOption", "3"), "10.1.0.1")
}

func TestBuiltinPoliciesComeBack(t *testing.T) {
	w := newWorld(t)
	c := w.root
	err, _ := c.do("policy", "default", "setLeaseTime", "1h")
	w.ok(err)
	w.ok(c.create("scope", "a", "10.1.0.0/24"))
	w.ok(c.delete("policy", "default"))
	w.is(w.printed("policy", "default", "getLeaseTime"), "604800")
	w.ok(c.delete("policy", "system_default_policy"))
	w.is(w.printed("policy", "system_default_policy", "getOption", "default-ip-ttl"), "64")
}

func TestNames(t *testing.T) {
	w := newWorld(t)
	c := w.root
	w.refused(c.create("policy", ""), objects.InvalidName)
	w.refused(c.create("policy", "list"), objects.InvalidName, "list")
	w.refused(c.create("vpn", "global", "5"), objects.InvalidName, "global")
	w.refused(c.create("vpn", "all", "5"), objects.InvalidName, "all")
	w.refused(c.create("option-set", "dhcp-config", "8-bit"), objects.ReadOnlyProperty)
	w.refused(c.create("no-such-class", "x"), objects.UnknownCommand)
	w.refused(c.create("scop", "x"), objects.UnknownCommand, "did you mean scope?")
	w.refused(c.create("lease", "10.0.0.1"), objects.ReadOnlyProperty)
	w.ok(c.create("policy", "Gold"))
	w.refused(c.create("policy", "gOLD"), objects.DuplicateObject, "Gold")
	w.is(c.value("policy", "GOLD", "grace-period"), "")
	_, err := c.object("policy", "gol")
	w.refused(err, objects.NotFound, "did you mean Gold?")
	w.ok(c.create("client", "00D0BAD3BD3B"))
	w.refused(c.create("client", "00d0.bad3.bd3b"), objects.DuplicateObject, "1,6,00:d0:ba:d3:bd:3b")
	w.refused(c.create("client", "1,6,00-d0-ba-d3-bd-3b"), objects.DuplicateObject)
	w.refused(c.create("scope", "x", "10.0.0.0"), objects.Invalid, "10.0.0.0")
	w.refused(c.create("scope", "x"), objects.TooFewArguments)
	w.refused(c.create("scope", "x", "10.0.0.0", "255.0.0.0", "more"), objects.TooManyArguments)
	w.refused(c.create("policy", "x", "clone=nobody"), objects.NotFound)
	w.refused(c.create("client", "x", "clone=y"), objects.UnknownParameter)
	w.ok(c.set("policy", "gold", "grace-period=1h"))
	w.ok(c.create("policy", "copy", "clone=gold", "offer-timeout=1m"))
	w.is(c.value("policy", "copy", "grace-period"), "1h")
	w.is(c.value("policy", "copy", "offer-timeout"), "1m")
}

func TestScopeTemplates(t *testing.T) {
	w := newWorld(t)
	c := w.root
	w.ok(c.create("scope-template", "branch", "bootp=enabled", "router-host=1", "grace-period=10m",
		`ranges-expr=(create-range 10 100)`,
		`scope-description-expr=(concat "net " subnet)`,
		`options-expr=(list (create-option "domain-name-servers" (create-ip subnet 2)))`))
	err, _ := c.do("scope-template-policy", "branch", "setOption", "domain-name", "example.com")
	w.ok(err)
	w.ok(c.create("scope", "a", "10.1.0.0/24", "template=branch", "bootp=disabled"))
	w.is(c.value("scope", "a", "bootp"), "false")
	w.is(c.value("scope", "a", "ranges"), "10.1.0.10-10.1.0.100")
	w.is(c.value("scope", "a", "description"), "net 10.1.0.0/24")
	w.is(c.value("scope-policy", "a", "grace-period"), "10m")
	w.is(w.printed("scope-policy", "a", "listOptions"), "(3)routers: 10.1.0.1\n(6)domain-name-servers: 10.1.0.2\n(15)domain-name: example.com")

	w.ok(c.create("scope", "b", "10.2.0.0/24"))
	w.ok(c.create("scope", "s", "10.3.0.0/24"))
	err, _ = c.do("scope-template", "branch", "apply-to", "b")
	w.ok(err)
	w.is(c.value("scope", "b", "ranges"), "10.2.0.10-10.2.0.100")
	w.is(c.value("scope", "s", "ranges"), "")
	err, _ = c.do("scope-template", "branch", "apply-to", "all")
	w.ok(err)
	w.is(c.value("scope", "s", "ranges"), "10.3.0.10-10.3.0.100")
	w.is(c.value("scope", "a", "ranges"), "10.1.0.10-10.1.0.100")
	err, _ = c.do("scope-template", "branch", "apply-to", "nobody")
	w.refused(err, objects.NotFound)
	w.ok(c.create("scope", "small", "10.4.0.0/28"))
	err, _ = c.do("scope-template", "branch", "apply-to", "all")
	w.refused(err, objects.InvalidRange, "branch")
	w.refused(c.create("scope", "tiny", "10.5.0.0/28", "template=branch"), objects.InvalidRange, "branch")
	w.refused(c.create("scope", "x", "10.6.0.0/24", "template=nobody"), objects.NotFound)
	w.ok(c.set("scope-template", "branch", `scope-description-expr=(concat "ping " template.ping-timeout)`))
	err, _ = c.do("scope-template", "branch", "apply-to", "a")
	w.refused(err, objects.Invalid, "scope-description-expr")
}
