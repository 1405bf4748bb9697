package admin

import (
	"strconv"
	"strings"
	"testing"

	"leasehold/pkg/objects"
)

// sample is an object of each class as an operator would create it, and what
// must be there before.
var samples = map[*objects.Class]struct {
	name      string
	arguments []string
	before    func(*world)
}{
	objects.Policy:              {name: "gold"},
	objects.Scope:               {name: "office", arguments: []string{"10.9.0.0", "255.255.255.0"}},
	objects.ScopeTemplate:       {name: "branch"},
	objects.ScopeSelectionTag:   {name: "TAG"},
	objects.ScopePolicy:         {name: "host", before: withHost},
	objects.ScopeTemplatePolicy: {name: "tpl", before: func(w *world) { w.ok(w.root.create("scope-template", "tpl")) }},
	objects.ClientPolicy: {name: "1,6,00:00:00:00:00:09", before: func(w *world) {
		w.ok(w.root.create("client", "1,6,00:00:00:00:00:09"))
	}},
	objects.ClientClassPolicy: {name: "cc", before: func(w *world) { w.ok(w.root.create("client-class", "cc")) }},
	objects.Client:            {name: "1,6,00:d0:ba:d3:bd:3b"},
	objects.ClientClass:       {name: "modem"},
	objects.Reservation:       {name: "10.77.0.5", arguments: []string{"00:d0:ba:d3:bd:3b"}, before: withHost},
	objects.OptionSet:         {name: "acme", arguments: []string{"8-bit", "vendor-option-string=acme"}},
	objects.Option:            {name: "dhcp-custom/150", arguments: []string{"tftp-server-address", "AT_IPADDR"}},
	objects.DhcpInterface:     {name: "eth9", arguments: []string{"10.1.1.1/24"}},
	objects.Vpn:               {name: "red", arguments: []string{"77"}},
	objects.Cluster:           {name: "other", arguments: []string{"10.1.1.2"}},
	objects.LDAP:              {name: "main", arguments: []string{"ldap.example.com"}},
	objects.Key:               {name: "tsig", arguments: []string{"c2VjcmV0"}},
	objects.DNSUpdate:         {name: "names"},
	objects.Extension:         {name: "ext", arguments: []string{"Dex", "ext.so", "entry"}},
	objects.ExtensionPoint:    {name: "pre-packet-decode/2", arguments: []string{"ext"}, before: withExtension},
	objects.AddrTrap:          {name: "low"},
	objects.TrapRecipient:     {name: "nms"},
	objects.Admin:             {name: "joe", arguments: []string{"secret"}},
	objects.FailoverPair:      {name: "pair", arguments: []string{"10.1.1.1", "10.1.1.3"}},
}

func withExtension(w *world) { w.ok(w.root.create("extension", "ext", "Dex", "ext.so", "entry")) }

func withHost(w *world) { w.ok(w.root.create("scope", "host", "10.77.0.0/24")) }

func TestEveryVerbOnEveryClass(t *testing.T) {
	for _, class := range objects.Classes() {
		if class.Runtime {
			continue
		}
		t.Run(class.Name, func(t *testing.T) {
			w := newWorld(t)
			c := w.root
			if class.Singleton {
				w.refused(c.create(class.Name, ""), objects.DuplicateObject)
				w.refused(c.delete(class.Name, ""), objects.ReadOnlyProperty)
				attributes(w, class, "")
				return
			}
			s, ok := samples[class]
			if !ok {
				t.Fatalf("there is no sample of class %s: add one", class.Name)
			}
			if s.before != nil {
				s.before(w)
			}
			if class.Owner == "" {
				_, err := c.object(class.Name, s.name)
				w.refused(err, objects.NotFound, s.name)
			}
			w.refused(c.set(class.Name, unknown(class)), objects.NotFound)
			w.ok(c.create(class.Name, s.name, s.arguments...))
			w.refused(c.create(class.Name, s.name, s.arguments...), objects.DuplicateObject, s.name)
			if !contains(c.names(class.Name, ""), s.name) {
				t.Errorf("the list lacks %q: %q", s.name, c.names(class.Name, ""))
			}
			attributes(w, class, s.name)
			w.ok(c.delete(class.Name, s.name))
			if contains(c.names(class.Name, ""), s.name) {
				t.Errorf("%q is still listed", s.name)
			}
			if class.Owner == "" {
				w.refused(c.delete(class.Name, s.name), objects.NotFound)
			}
		})
	}
}

// unknown is a name that could be but is of nobody.
func unknown(class *objects.Class) string {
	switch class {
	case objects.Option:
		return "dhcp-custom/99"
	case objects.ClientPolicy, objects.Client:
		return "1,6,00:00:00:00:00:00"
	case objects.ExtensionPoint:
		return "post-send-packet/9"
	}
	return "10.77.0.99"
}

// attributes does set, get and unset with every attribute of an object.
func attributes(w *world, class *objects.Class, name string) {
	c := w.root
	w.refused(c.set(class.Name, name, "no-such-attribute=1"), objects.UnknownParameter, "no-such-attribute")
	for _, a := range class.Attrs {
		switch {
		case a.Kind == objects.Obj || a.ReadOnly:
			w.refused(c.set(class.Name, name, a.Name+"=1"), objects.ReadOnlyAttribute, a.Name)
			w.refused(c.unset(class.Name, name, a.Name), objects.ReadOnlyAttribute, a.Name)
			continue
		case a.Immutable:
			w.ok(c.set(class.Name, name, a.Name+"="+c.text(class, name, a))) // as it is
			continue
		case a.Name == "vendor-option-enterprise-id":
			w.refused(c.set(class.Name, name, a.Name+"=9"), objects.Invalid, "one of them")
			continue
		}
		good, bad := values(w, a)
		for _, text := range good {
			if err := c.set(class.Name, name, a.Name+"="+text); err != nil && err.Code.Failed() {
				w.t.Errorf("%s set %s=%s: %v", class.Name, a.Name, text, err)
				continue
			}
			got := c.value(class.Name, name, a.Name)
			switch {
			case a.Secret:
				w.is(got, hidden)
			case a.Kind == objects.Expr || a.Kind == objects.OptionIDs || a.Name == "type":
			default:
				want, err := a.Parse(text, w.clock.Now())
				if err != nil || got != want {
					w.t.Errorf("%s set %s=%s: get says %q, want %q", class.Name, a.Name, text, got, want)
				}
			}
		}
		before := c.value(class.Name, name, a.Name)
		for _, text := range bad {
			err := c.set(class.Name, name, a.Name+"="+text)
			if err == nil || err.Code < 300 {
				w.t.Errorf("%s set %s=%s: accepted", class.Name, a.Name, text)
			} else if !strings.Contains(err.Error(), a.Name) {
				w.t.Errorf("%s set %s=%s: %v does not name the attribute", class.Name, a.Name, text, err)
			}
			w.is(c.value(class.Name, name, a.Name), before)
		}
		unset(w, a, name)
	}
}

func unset(w *world, a *objects.Attr, name string) {
	err := w.root.unset(a.Class.Name, name, a.Name)
	switch {
	case a.Required:
		w.refused(err, objects.RequiredAttribute, a.Name)
	case a == objects.FailoverPairMainServer.Attr, a == objects.FailoverPairBackupServer.Attr:
		w.refused(err, objects.RequiredAttribute, a.Name) // there is no cluster in its place
	case a.Name == "vendor-option-string":
		w.refused(err, objects.TooFewArguments)
	default:
		w.ok(err)
		w.is(w.root.value(a.Class.Name, name, a.Name), "")
	}
}

// values returns texts that the attribute takes and such that it does not.
func values(w *world, a *objects.Attr) (good, bad []string) {
	switch a.Kind {
	case objects.Bool, objects.Feature:
		return []string{"true", "off", "enabled"}, []string{"maybe", ""}
	case objects.Int, objects.Millis, objects.Time:
		if a.Class == objects.Option {
			w.ok(w.root.set(a.Class.Name, "dhcp-custom/150", "type=AT_SHORT"))
			return []string{"7"}, []string{"x", "70000"}
		}
		return number(a), []string{"x", "-1000000000000"}
	case objects.Percent:
		if a == objects.TrapHigh.Attr {
			return []string{"30", "40%"}, []string{"101", "20%", "x"}
		}
		return []string{"10", "20%"}, []string{"101", "x"}
	case objects.IPAddr:
		if a.Class == objects.Scope && a.Name == "failover-backup-allocation-boundary" {
			return []string{"10.9.0.100", "0"}, []string{"10.10.0.1", "300.1.1.1", "1"}
		}
		return []string{"10.9.0.1"}, []string{"10.9.0", "x"}
	case objects.IP6Addr:
		return []string{"2001:db8::1"}, []string{"10.0.0.1"}
	case objects.Subnet:
		if a.Class == objects.Scope && a.Name == "primary-subnet" {
			w.ok(w.root.create("scope", "primary", "10.66.0.0/24"))
			return []string{"10.66.0.0/24"}, []string{"10.67.0.0/24", "x"}
		}
		return []string{"10.9.0.0/24"}, []string{"10.9.0.0/33", "x"}
	case objects.MAC:
		return []string{"1,6,00:11:22:33:44:55"}, []string{"zz"}
	case objects.Blob:
		return []string{"01:02"}, []string{"xyz"}
	case objects.Flags, objects.Enum:
		return []string{a.Words[0].Name}, []string{"no-such-word"}
	case objects.NameRef:
		return reference(w, a)
	case objects.DName:
		if a.Class == objects.FailoverPair {
			return []string{a.Name + ".example.com"}, []string{"a b", "127.0.0.1", "localhost", "0.0.0.0", "::1"}
		}
		return []string{"ns.example.com"}, []string{"a b"}
	case objects.Date:
		if strings.Contains(a.Name, "recover") {
			return []string{"-1d", "0"}, []string{"someday", "+1d", "forever"}
		}
		return []string{"+1d", "forever"}, []string{"someday"}
	case objects.OptionIDs:
		return []string{"routers,6"}, []string{"no-such-option"}
	case objects.Ranges:
		return []string{"10.9.0.10-10.9.0.20"}, []string{"10.8.0.1-10.8.0.2", "10.9.0.20-10.9.0.10"}
	case objects.Expr:
		if a.Class == objects.ScopeTemplate {
			return []string{`(concat "a" subnet)`}, []string{"(concat"}
		}
		return []string{`(request chaddr)`}, []string{"(request", "(no-such-function 1)"}
	}
	return text(a)
}

func number(a *objects.Attr) []string {
	switch {
	case a.Name == "failover-poll-interval":
		return []string{"5s"}
	case a.Kind == objects.Time && a.Min == 0, a.Name == "failover-poll-timeout":
		return []string{"1h", "3600"}
	}
	return []string{strconv.FormatInt(a.Min, 10), strconv.FormatInt(max(a.Min, a.Max), 10)}
}

func reference(w *world, a *objects.Attr) (good, bad []string) {
	class := objects.ClassNamed(a.Ref)
	if class == nil {
		return []string{"anything"}, nil // the class does not exist here
	}
	s := samples[class]
	name := s.name + "-x"
	if class == objects.Vpn {
		s.arguments = []string{"78"}
	}
	if w.root.value(class.Name, name, "name") == "" {
		if err := w.root.create(class.Name, name, s.arguments...); err != nil && err.Code != objects.DuplicateObject {
			w.t.Fatal(err)
		}
	}
	return []string{name}, []string{"nobody"}
}

func text(a *objects.Attr) (good, bad []string) {
	switch a.Class.Name + " " + a.Name {
	case "option repeat":
		return []string{"1+", "2"}, []string{"x"}
	case "option type":
		return []string{"AT_INT", "IP address"}, []string{"AT_NONE"}
	case "option name":
		return []string{"other-name"}, []string{"4name"}
	case "vpn vpn-id":
		return []string{"a1b2c3:1"}, []string{"xyz"}
	case "admin roles":
		return []string{"read-only", "edit-scope,edit-client"}, []string{"king"}
	case "dhcp-interface address":
		return []string{"10.2.0.1/16"}, []string{"10.2.0.1"}
	case "dhcp ignore-cisco-options":
		return []string{"vpn-id"}, []string{"x"}
	case "reservation lookup-key":
		return []string{"1,6,00:d0:ba:d3:bd:3c"}, []string{"no-mac"}
	case "failover-pair match-list":
		return []string{"192.168.70.0/24"}, []string{"192.168.70.0", "x/24"}
	case "failover-pair main-fingerprint":
		return []string{"sha256:" + strings.Repeat("0a", 32)}, []string{"x", "sha1:0a"}
	case "failover-pair backup-fingerprint":
		return []string{"sha256:" + strings.Repeat("0b", 32)}, []string{"x"}
	case "option-set vendor-option-string":
		return []string{"acme2"}, nil
	}
	switch a.Class.Name + " " + a.Name {
	case "key secret":
		return []string{"bW9yZSBzZWNyZXQ="}, []string{"not base64"}
	case "extension file":
		return []string{"lib/other.so"}, []string{"/etc/passwd", "../x", "a/../b"}
	}
	if a.IsDictionary() {
		return []string{"cn=host-name", "a=b,c=d"}, []string{"x", "a=", "a=b,A=c"}
	}
	if strings.Contains(a.Name, "environment") {
		return []string{"a=1,b=2"}, []string{"x"}
	}
	if a.Name == "host-name" {
		return []string{"pc1", "@use-macaddress"}, []string{"@what"}
	}
	if strings.HasSuffix(a.Name, "fingerprint") {
		return []string{"sha256:" + strings.Repeat("0a", 32)}, []string{"text", "sha256:0a"}
	}
	return []string{"text"}, []string{"a\x01b"}
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

func TestAttributeGivenTwice(t *testing.T) {
	w := newWorld(t)
	c := w.root
	w.ok(c.create("scope", "a", "10.1.0.0/24"))
	w.refused(c.set("scope", "a", "dhcp=true", "DHCP=false"), objects.Invalid, "scope dhcp", "twice", `"true"`, `"false"`)
	w.refused(c.set("scope", "a", "selection-tags=x", "selection-tag-list=y"), objects.Invalid, "selection-tag-list", "twice")
	w.refused(c.create("scope", "b", "10.2.0.0/24", "bootp=true", "bootp=true"), objects.Invalid, "scope bootp")
	err := c.create("admin", "joe", "password=one", "password=two")
	w.refused(err, objects.Invalid, "password", "twice")
	if strings.Contains(err.Error(), "one") {
		t.Errorf("%v shows a password", err)
	}
	w.is(c.value("scope", "a", "dhcp"), "")
}

func TestReferencesAreSpelledAsTheirObject(t *testing.T) {
	w := newWorld(t)
	c := w.root
	w.ok(c.create("policy", "Gold"))
	w.ok(c.create("scope", "a", "10.1.0.0/24", "policy=gOLD"))
	w.is(c.value("scope", "a", "policy"), "Gold")
	w.ok(c.create("client-class", "Phones", "policy-name=GOLD"))
	w.is(c.value("client-class", "Phones", "policy-name"), "Gold")
	w.ok(c.create("client", "default", "client-class-name=phones"))
	w.is(c.value("client", "default", "client-class-name"), "Phones")
}

func TestLookupKeyTakesWhatCreateTakes(t *testing.T) {
	w := newWorld(t)
	c := w.root
	w.ok(c.create("scope", "a", "10.1.0.0/24", "description=x"))
	w.ok(c.create("reservation", "10.1.0.9", "00:11:22:33:44:55"))
	for _, mac := range []string{"020000000105", "0200.0000.0105", "02.00.00.00.01.05", "02-00-00-00-01-05", "1,6,02:00:00:00:01:05"} {
		w.ok(c.set("reservation", "10.1.0.9", "lookup-key=00:11:22:33:44:55"))
		w.ok(c.set("reservation", "10.1.0.9", "lookup-key="+mac))
		w.is(c.value("reservation", "10.1.0.9", "lookup-key"), "1,6,02:00:00:00:01:05")
	}
	w.refused(c.set("reservation", "10.1.0.9", "lookup-key=modem-7"), objects.Invalid, "lookup-key", `"modem-7"`, "lookup-key-type is mac")
	w.ok(c.set("reservation", "10.1.0.9", "lookup-key=modem-7", "lookup-key-type=string"))
	w.ok(c.set("reservation", "10.1.0.9", "lookup-key-type=blob", "lookup-key=0A0b"))
	w.is(c.value("reservation", "10.1.0.9", "lookup-key"), "0a:0b")
	w.ok(c.create("reservation", "10.1.0.10", "modem-7", "-string"))
}
