package objects

import (
	"maps"
	"testing"
)

func TestSetAttr(t *testing.T) {
	for _, c := range []struct {
		class      *Class
		name, text string
		code       Code
		want       string // the canonical text, or part of the refusal
	}{
		{Scope, "ping-timeout", "250", 0, "250"},
		{Scope, "PING-TIMEOUT", "250", 0, "250"},
		{Scope, "ping-timout", "250", UnknownParameter, `308 Unknown parameter - scope has no attribute "ping-timout", did you mean ping-timeout?`},
		{Scope, "colour", "red", UnknownParameter, `308 Unknown parameter - scope has no attribute "colour"`},
		{Scope, "ping-timeout", "soon", Invalid, `316 Invalid - scope ping-timeout: "soon" must be a number, 10 to 10000 ms`},
		{Scope, "ping-timeout", "5", Invalid, `316 Invalid - scope ping-timeout: "5" is out of range, 10 to 10000 ms`},
		{Scope, "addr", "10.0.0.0", ReadOnlyAttribute, "385 Read-only attribute cannot be modified - scope addr"},
		{Scope, "embedded-policy", "x", ReadOnlyAttribute, "385 Read-only attribute cannot be modified - scope embedded-policy is changed with the command scope-policy"},
		{Scope, "failover", "scope-enabld", Invalid, `316 Invalid - scope failover: there is no word "scope-enabld", did you mean scope-enabled?`},
		{Scope, "name", "x", ReadOnlyAttribute, "385 Read-only attribute cannot be modified - scope name"},
		{Policy, "option.51", "60", UnknownParameter, `308 Unknown parameter - policy has no attribute "option.51"`},
		{Policy, "dhcp-reply-options", "routers", 0, "routers"},
		{Dhcp, "log-settings", "default,failover-detial", Invalid, `316 Invalid - dhcp log-settings: there is no word "failover-detial", did you mean failover-detail?`},
		{Lease, "state", "leased", ReadOnlyAttribute, "385 Read-only attribute cannot be modified - lease state"},
	} {
		o := New(c.class, "x")
		err := c.class.SetAttr(o, c.name, c.text, now)
		if c.code != 0 {
			if err == nil || err.Code != c.code || err.Status() != c.want {
				t.Errorf("%s set %s=%s: %v, want %s", c.class.Name, c.name, c.text, err, c.want)
			}
			continue
		}
		if got := o.Attrs[c.class.Attr(c.name).Name]; err != nil || got != c.want {
			t.Errorf("%s set %s=%s: stored %q, %v", c.class.Name, c.name, c.text, got, err)
		}
	}
}

func TestUnsetAttr(t *testing.T) {
	o := New(Scope, "s")
	o.Attrs = map[string]string{"subnet": "10.0.0.0/24", "ping-timeout": "250", "policy": "p"}
	for _, c := range []struct {
		name string
		code Code
	}{
		{"ping-timeout", 0}, {"ping-timeout", 0}, {"bootp", 0}, {"subnet", RequiredAttribute}, {"policy", RequiredAttribute},
		{"mask", ReadOnlyAttribute}, {"colour", UnknownParameter},
	} {
		err := Scope.UnsetAttr(o, c.name)
		if code := codeOf(err); code != c.code {
			t.Errorf("unset %s: %v, want %d", c.name, err, c.code)
		}
	}
	if want := map[string]string{"subnet": "10.0.0.0/24", "policy": "p"}; !maps.Equal(o.Attrs, want) {
		t.Errorf("left %v, want %v", o.Attrs, want)
	}
}

// What cannot be unset has a refusal for every class.
func TestFlagsOfEveryAttribute(t *testing.T) {
	eachAttr(t, func(t *testing.T, a *Attr) {
		o := New(a.Class, "x")
		want := Code(0)
		switch {
		case a.ReadOnly:
			want = ReadOnlyAttribute
		case a.Required:
			want = RequiredAttribute
		}
		if err := a.Class.UnsetAttr(o, a.Name); codeOf(err) != want {
			t.Errorf("unset: %v, want %d", err, want)
		}
		if a.ReadOnly {
			if err := a.Class.SetAttr(o, a.Name, "1", now); codeOf(err) != ReadOnlyAttribute {
				t.Errorf("set: %v, want 385", err)
			}
		}
	})
}

func codeOf(err *Error) Code {
	if err == nil {
		return 0
	}
	return err.Code
}

func TestImmutable(t *testing.T) {
	o := New(Scope, "s")
	set := func(text string) Code { return codeOf(Scope.SetAttr(o, "vpn-id", text, now)) }
	if code := set("5"); code != 0 {
		t.Fatalf("before the store has seen it: %d", code)
	}
	o.Version = 1
	if code := set("6"); code != ReadOnlyAttribute {
		t.Errorf("another value later: %d", code)
	}
	if code := set("5"); code != 0 {
		t.Errorf("the same value later: %d", code)
	}
	if code := codeOf(Scope.UnsetAttr(o, "vpn-id")); code != ReadOnlyAttribute || o.Attrs["vpn-id"] != "5" {
		t.Errorf("unset later: %d", code)
	}
}

func TestFindMethod(t *testing.T) {
	for _, c := range []struct {
		class *Class
		name  string
		want  string // the method's name, or the refusal
	}{
		{Scope, "listleases", "listLeases"},
		{Lease, "forceAvailable", "force-available"},
		{Scope, "addrange", "addRange"},
		{Scope, "addRnage", `307 Unknown keyword - scope has no command "addRnage", did you mean addRange?`},
		{Dhcp, "updateSMS", "322 Feature not supported - dhcp updateSms: " + noSMS},
		{Policy, "setV6Option", "322 Feature not supported - policy setV6Option: " + noV6},
		{ClientPolicy, "setOption", "setOption"},
	} {
		m, err := c.class.FindMethod(c.name)
		got := ""
		if err != nil {
			got = err.Status()
		} else {
			got = m.Name
		}
		if got != c.want {
			t.Errorf("%s %s: %s, want %s", c.class.Name, c.name, got, c.want)
		}
	}
}

func TestArguments(t *testing.T) {
	type want = map[string]string
	for _, c := range []struct {
		class *Class
		args  []string
		want  want
		code  Code
	}{
		{Scope, []string{"192.168.50.0", "255.255.255.0"}, want{"subnet": "192.168.50.0/24"}, 0},
		{Scope, []string{"192.168.50.0/26"}, want{"subnet": "192.168.50.0/26"}, 0},
		{Scope, []string{"192.168.50.0", "255.255.255.0"}, want{"subnet": "192.168.50.0/24"}, 0},
		{Scope, []string{"192.168.50.7", "255.255.255.0"}, nil, Invalid},
		{Scope, []string{"192.168.50.0/24", "nonsense"}, nil, TooManyArguments},
		{Scope, []string{"192.168.50.0", "255.0.255.0"}, nil, Invalid},
		{Scope, []string{"192.168.50.0"}, nil, Invalid},
		{Scope, nil, nil, TooFewArguments},
		{Scope, []string{"a", "b", "c"}, nil, TooManyArguments},
		{Vpn, []string{"7"}, want{"id": "7"}, 0},
		{Vpn, nil, nil, TooFewArguments},
		{Vpn, []string{"7", "8"}, nil, TooManyArguments},
		{Admin, nil, want{}, 0},
		{Admin, []string{"secret"}, want{"password": "secret"}, 0},
		{Option, []string{"tftp", "AT_IPADDR"}, want{"name": "tftp", "type": "AT_IPADDR"}, 0},
		{OptionSet, []string{"8-bit"}, want{"id-range": "8-bit"}, 0},
		{Policy, nil, want{}, 0},
		{Policy, []string{"x"}, nil, TooManyArguments},
		{Reservation, []string{"00:d0:ba:d3:bd:3b"}, want{"lookup-key": "1,6,00:d0:ba:d3:bd:3b", "lookup-key-type": "mac"}, 0},
		{Reservation, []string{"01:00:d0:ba:d3:bd:3b"}, want{"lookup-key": "01:00:d0:ba:d3:bd:3b", "lookup-key-type": "blob"}, 0},
		{Reservation, []string{"modem-7"}, want{"lookup-key": "modem-7", "lookup-key-type": "string"}, 0},
		{Reservation, []string{"00:d0:ba:d3:bd:3b", "-blob"}, want{"lookup-key": "00:d0:ba:d3:bd:3b", "lookup-key-type": "blob"}, 0},
		{Reservation, []string{"00:d0:ba:d3:bd:3b", "-string"}, want{"lookup-key": "00:d0:ba:d3:bd:3b", "lookup-key-type": "string"}, 0},
		{Reservation, []string{"modem-7", "-mac"}, nil, Invalid},
		{Reservation, []string{"modem-7", "-text"}, nil, UnknownKeyword},
		{Reservation, nil, nil, TooFewArguments},
		{Reservation, []string{"a", "-mac", "b"}, nil, TooManyArguments},
	} {
		as, err := c.class.Arguments(c.args)
		if codeOf(err) != c.code {
			t.Errorf("%s create %q: %v, want %d", c.class.Name, c.args, err, c.code)
			continue
		}
		if err != nil {
			continue
		}
		got := want{}
		for _, a := range as {
			got[a.Name] = a.Text
		}
		if !maps.Equal(got, c.want) {
			t.Errorf("%s create %q: %v, want %v", c.class.Name, c.args, got, c.want)
		}
	}
}
