package objects

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
)

// now is the time that relative dates count from in all tests.
var now = time.Date(2013, time.November, 18, 22, 11, 12, 0, time.Local)

func eachAttr(t *testing.T, f func(t *testing.T, a *Attr)) {
	t.Helper()
	for _, c := range Classes() {
		for _, a := range c.Attrs {
			t.Run(c.Name+"/"+a.Name, func(t *testing.T) { f(t, a) })
		}
	}
}

var attrName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// A row is well formed: what the compiler cannot see.
func TestRows(t *testing.T) {
	eachAttr(t, func(t *testing.T, a *Attr) {
		if !attrName.MatchString(a.Name) {
			t.Errorf("the name is not lower case words with hyphens")
		}
		helpIsGood(t, a.Help)
		if a.Inert != "" && (strings.HasSuffix(a.Inert, ".") || unicode.IsUpper([]rune(a.Inert)[0]) && !strings.HasPrefix(a.Inert, "DHCP") && !strings.HasPrefix(a.Inert, "DNS") && !strings.HasPrefix(a.Inert, "RADIUS")) {
			t.Errorf("the reason %q is not a clause", a.Inert)
		}
		if a.Visibility != Basic && a.Visibility != Expert && a.Visibility != Hidden {
			t.Errorf("visibility %d", a.Visibility)
		}
		if a.Kind == NameRef && ClassNamed(a.Ref) == nil && a.Inert == "" {
			t.Errorf("names objects of class %q, which does not exist", a.Ref)
		}
		if a.Kind == Obj && ClassNamed(a.Ref) == nil {
			t.Errorf("embeds an object of class %q, which does not exist", a.Ref)
		}
		if a.Class.Attr(strings.ToUpper(a.Name)) != a {
			t.Errorf("is not found by its name")
		}
		for _, n := range a.Aliases {
			if a.Class.Attr(n) != a {
				t.Errorf("is not found by its old name %s", n)
			}
		}
		names, numbers := map[string]bool{}, map[int]bool{}
		for _, w := range a.Words {
			if names[w.Name] || numbers[w.Number] {
				t.Errorf("has the word %s or the number %d twice", w.Name, w.Number)
			}
			names[w.Name], numbers[w.Number] = true, true
			if a.Kind == Flags && (w.Number < 1 || w.Number > 63) {
				t.Errorf("%s=%d is no bit of a FlagSet", w.Name, w.Number)
			}
		}
		if a.Min > a.Max {
			t.Errorf("min %d is above max %d", a.Min, a.Max)
		}
		if (a.Kind == Enum || a.Kind == Flags) != (len(a.Words) > 0) {
			t.Errorf("kind %s with %d words", a.Kind, len(a.Words))
		}
	})
}

func helpIsGood(t *testing.T, help string) {
	t.Helper()
	if help == "" || strings.HasSuffix(help, ".") || strings.ContainsAny(help, "\n\t") {
		t.Errorf("help %q is not one line without a full stop", help)
	}
}

func TestClasses(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Classes() {
		if seen[c.Name] || ClassNamed(strings.ToUpper(c.Name)) != c {
			t.Errorf("class %s is there twice or not found", c.Name)
		}
		seen[c.Name] = true
		helpIsGood(t, c.Help)
		if c.Owner != "" && ClassNamed(c.Owner) == nil {
			t.Errorf("class %s belongs to %q, which does not exist", c.Name, c.Owner)
		}
		for _, name := range c.Create {
			if c.Attr(strings.Trim(name, "[]")) == nil {
				t.Errorf("%s create takes %s, which is no attribute", c.Name, name)
			}
		}
		methods := map[string]bool{}
		for _, m := range c.Methods {
			for _, n := range append([]string{m.Name}, m.Aliases...) {
				if methods[strings.ToLower(n)] || c.Method(strings.ToUpper(n)) == nil {
					t.Errorf("%s %s is there twice or not found", c.Name, n)
				}
				methods[strings.ToLower(n)] = true
			}
			helpIsGood(t, m.Help)
			if m.Max >= 0 && m.Min > m.Max {
				t.Errorf("%s %s takes %d to %d arguments", c.Name, m.Name, m.Min, m.Max)
			}
			if (m.Usage == "") != (m.Max == 0) {
				t.Errorf("%s %s: usage %q but %d arguments", c.Name, m.Name, m.Usage, m.Max)
			}
		}
	}
}

// The classes of the reference that are not built are not here by accident.
func TestClassList(t *testing.T) {
	want := "addr-trap dhcp-dns-update extension extension-point key ldap trap-recipient admin client client-class client-class-policy client-policy cluster dhcp dhcp-interface failover-pair lease option option-set " +
		"policy related-server reservation scope scope-policy scope-selection-tag scope-template scope-template-policy server session statistics vpn"
	var have []string
	for name := range strings.FieldsSeq(want) {
		if ClassNamed(name) == nil {
			t.Errorf("there is no class %s", name)
		}
		have = append(have, name)
	}
	if len(have) != len(Classes()) {
		t.Errorf("there are %d classes, not %d", len(Classes()), len(have))
	}
}

// The constants of words and the tables say the same.
func TestWordConstants(t *testing.T) {
	for _, c := range []struct {
		attr   *Attr
		number int
		word   string
	}{
		{DhcpLogSettings.Attr, LogDefault, "default"},
		{DhcpLogSettings.Attr, LogIncomingPackets, "incoming-packets"},
		{DhcpLogSettings.Attr, LogMissingOptions, "missing-options"},
		{DhcpLogSettings.Attr, LogIncomingPacketDetail, "incoming-packet-detail"},
		{DhcpLogSettings.Attr, LogOutgoingPacketDetail, "outgoing-packet-detail"},
		{DhcpLogSettings.Attr, LogUnknownCriteria, "unknown-criteria"},
		{DhcpLogSettings.Attr, LogDNSUpdateDetail, "dns-update-detail"},
		{DhcpLogSettings.Attr, LogClientDetail, "client-detail"},
		{DhcpLogSettings.Attr, LogClientCriteriaProcessing, "client-criteria-processing"},
		{DhcpLogSettings.Attr, LogFailoverDetail, "failover-detail"},
		{DhcpLogSettings.Attr, LogLDAPQueryDetail, "ldap-query-detail"},
		{DhcpLogSettings.Attr, LogLDAPUpdateDetail, "ldap-update-detail"},
		{DhcpLogSettings.Attr, LogLDAPCreateDetail, "ldap-create-detail"},
		{DhcpLogSettings.Attr, LogLeasequery, "leasequery"},
		{DhcpLogSettings.Attr, LogDroppedWaitingPackets, "dropped-waiting-packets"},
		{DhcpLogSettings.Attr, LogNoSuccessMessages, "no-success-messages"},
		{DhcpLogSettings.Attr, LogNoDroppedDHCPPackets, "no-dropped-dhcp-packets"},
		{DhcpLogSettings.Attr, LogNoDroppedBOOTPPackets, "no-dropped-bootp-packets"},
		{DhcpLogSettings.Attr, LogNoFailoverActivity, "no-failover-activity"},
		{DhcpLogSettings.Attr, LogActivitySummary, "activity-summary"},
		{DhcpLogSettings.Attr, LogNoInvalidPackets, "no-invalid-packets"},
		{DhcpLogSettings.Attr, LogNoReduceLoggingWhenBusy, "no-reduce-logging-when-busy"},
		{DhcpLogSettings.Attr, LogNoTimeouts, "no-timeouts"},
		{DhcpLogSettings.Attr, LogMinimalConfigInfo, "minimal-config-info"},
		{DhcpLogSettings.Attr, LogNoFailoverConflict, "no-failover-conflict"},
		{DhcpLogSettings.Attr, LogAtulDetail, "atul-detail"},
		{DhcpLogSettings.Attr, LogV6LeaseDetail, "v6-lease-detail"},
		{DhcpOneLeasePerClient.Attr, ManyLeasesPerClient, "disabled"},
		{DhcpOneLeasePerClient.Attr, LastClientPreferred, "last-client-preferred"},
		{DhcpOneLeasePerClient.Attr, FirstClientPreferred, "first-client-preferred"},
		{DhcpMapUserClassID.Attr, UserClassIgnored, "none"},
		{DhcpMapUserClassID.Attr, UserClassIsClass, "map-as-class"},
		{DhcpMapUserClassID.Attr, UserClassAppendTag, "append-to-tags"},
		{ScopeFailover.Attr, FailoverUseServerSettings, "use-server-settings"},
		{ScopeFailover.Attr, FailoverScopeEnabled, "scope-enabled"},
		{ScopeFailover.Attr, FailoverScopeDisabled, "scope-disabled"},
		{FailoverPairUpdateMode.Attr, UpdateLazy, "lazy"},
		{FailoverPairUpdateMode.Attr, UpdateEager, "eager"},
		{ClientAction.Attr, ActionExclude, "exclude"},
		{ClassAction.Attr, ActionExclude, "exclude"},
		{ReservationLookupKeyType.Attr, KeyMAC, "mac"},
		{ReservationLookupKeyType.Attr, KeyBlob, "blob"},
		{ReservationLookupKeyType.Attr, KeyString, "string"},
		{SessionFormat.Attr, FormatUser, "user"},
		{SessionFormat.Attr, FormatScript, "script"},
		{SessionDHCPEditMode.Attr, EditStaged, "staged"},
		{SessionDHCPEditMode.Attr, EditSynchronous, "synchronous"},
	} {
		w := findWord(c.attr.Words, c.word)
		if w == nil || w.Number != c.number {
			t.Errorf("%s: the constant of %s is %d, the table has %v", c.attr.label(), c.word, c.number, w)
		}
	}
}

// A template has what a scope has, but only what was set in it.
func TestTemplateTable(t *testing.T) {
	if ScopeTemplate.Attr("ping-timeout") == nil || ScopeTemplate.Attr("subnet") != nil {
		t.Error("a template should have ping-timeout and no subnet")
	}
	o := New(ScopeTemplate, "t")
	for _, a := range ScopeTemplate.Attrs {
		if text := o.Text(a); text != "" && a.Name != "name" {
			t.Errorf("an empty template has %s = %s", a.Name, text)
		}
	}
	if _, ok := ScopeDHCP.Lookup(o); ok {
		t.Error("an empty template says dhcp")
	}
}

// One handle reads all policies.
func TestPolicyHandles(t *testing.T) {
	for _, c := range PolicyClasses {
		o := New(c, "x")
		if got := PolicyGracePeriod.Of(o); got != 5*time.Minute {
			t.Errorf("%s: default grace-period %v", c.Name, got)
		}
		if err := c.SetAttr(o, "grace-period", "1h", now); err != nil {
			t.Fatal(err)
		}
		if got := PolicyGracePeriod.Of(o); got != time.Hour {
			t.Errorf("%s: grace-period %v", c.Name, got)
		}
		if !c.Dynamic("option.51") || c.Attr("dhcp-reply-options") != c.Attr("v4-reply-options") {
			t.Errorf("%s has no option values or no old names", c.Name)
		}
	}
}

func TestSchemaHash(t *testing.T) {
	before := SchemaHash()
	if before != SchemaHash() || len(before) != 16 {
		t.Fatalf("hash %q is not stable", before)
	}
	a := ScopePingTimeout.Attr
	a.Max++
	defer func() { a.Max-- }()
	if SchemaHash() == before {
		t.Error("another range has the same hash")
	}
}
