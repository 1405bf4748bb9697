package option

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"leasehold/pkg/objects"
)

// config builds a configuration of lines "class name attr=value ...".
func config(t *testing.T, lines ...string) *objects.Config {
	t.Helper()
	cfg := objects.NewConfig()
	for _, line := range lines {
		words := strings.Fields(line)
		o := objects.New(objects.ClassNamed(words[0]), words[1])
		for _, w := range words[2:] {
			name, text, _ := strings.Cut(w, "=")
			o.Attrs[name] = text
		}
		cfg.Put(o)
	}
	return cfg
}

var phones = []string{
	"option dhcp-custom/150 name=tftp-server-address type=AT_IPADDR repeat=1+",
	"option dhcp-custom/66 name=provisioning-host type=AT_DNSNAME",
	"option dhcp-custom/200 name=settings type=AT_BLOB",
	"option dhcp-custom/200.1 name=volume type=AT_INT8 min=1 max=11",
	"option dhcp-custom/200.2 name=keys type=AT_BLOB",
	"option dhcp-custom/200.2.7 name=label type=AT_NSTRING",
	"option dhcp-custom/201 name=words type=AT_TYPECNT repeat=1+",
	"option dhcp-custom/201.1 name=length type=AT_SHORT",
	"option dhcp-custom/201.2 name=word type=AT_NSTRING",
	"option-set acme id-range=8-bit vendor-option-string=acme-phone",
	"option acme/1 name=config-url type=AT_NSTRING",
	"option acme/2 name=servers type=AT_IPADDR repeat=1+",
	"option-set corp id-range=8-bit vendor-option-enterprise-id=311",
	"option corp/5 name=mode type=AT_INT8",
	"option-set six id-range=16-bit vendor-option-enterprise-id=311",
	"option six/4000 name=v6-thing type=AT_INT8",
}

func TestCustomDefinitions(t *testing.T) {
	c, err := NewCatalog(config(t, phones...))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct{ option, text, canonical, wire string }{
		{"tftp-server-address", "10.9.0.1,10.9.0.2", "10.9.0.1,10.9.0.2", "0a0900010a090002"},
		{"150", "10.9.0.1", "10.9.0.1", "0a090001"},
		{"provisioning-host", "prov.example", "prov.example.", "0470726f76076578616d706c6500"},
		{"tftp-server", "prov", "prov.", "0470726f7600"}, // the overridden name still finds it
		{"settings", "(1 11)(keys (label \"a b\"))", "(volume 1 11)(keys 2 (label 7 a b))", "01010b 0205 0703612062"},
		{"words", "ab,c", "ab,c", "0002 6162 0001 63"},
		{"125", "(enterprise-id 311((mode 5 3)))", "(enterprise-id 311((mode 5 3)))", "00000137 03 050103"},
	} {
		d, refusal := c.Lookup(v.option)
		if refusal != nil {
			t.Error(refusal)
			continue
		}
		got, refusal := d.Parse(v.text)
		if refusal != nil || got != v.canonical {
			t.Errorf("%s %s = %q (%v), want %q", v.option, v.text, got, refusal, v.canonical)
			continue
		}
		if wire, err := d.Encode(got); err != nil || !bytes.Equal(wire, unhex(t, v.wire)) {
			t.Errorf("%s %s: wire %x (%v), want %s", v.option, v.text, wire, err, v.wire)
		}
		if shown := d.Decode(unhex(t, v.wire)); shown != got {
			t.Errorf("%s: shown as %q, want %q", v.option, shown, got)
		}
	}
	if d, _ := c.Lookup("settings"); d != nil {
		if _, refusal := d.Parse("(1 12)"); refusal == nil || !strings.Contains(refusal.Msg, "volume(1)") || !strings.Contains(refusal.Msg, "from 1 to 11") {
			t.Errorf("out of range: %v", refusal)
		}
	}
	if d, refusal := Builtin().Lookup("tftp-server-address"); refusal == nil {
		t.Errorf("a custom definition reached the built-in catalogue: %v", d)
	}
}

func TestSets(t *testing.T) {
	c, err := NewCatalog(config(t, phones...))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range c.Sets() {
		names = append(names, s.Name)
	}
	if want := []string{"acme", "corp", "dhcp-cablelabs-config", "dhcp-config", "dhcp-custom"}; !slices.Equal(names, want) {
		t.Errorf("sets %v, want %v", names, want)
	}
	custom, _ := c.Set("DHCP-custom")
	if len(custom.Defs) != 4 || custom.ByCode(150).Name != "tftp-server-address" || len(custom.ByCode(200).Children) != 2 {
		t.Errorf("dhcp-custom has %v", custom.Defs)
	}
	if _, ok := c.Vendor("dhcp-custom"); ok {
		t.Error("dhcp-custom is no vendor set")
	}
	if d, refusal := custom.Lookup("tftp-server-adress"); refusal == nil || !strings.Contains(refusal.Msg, "did you mean tftp-server-address?") {
		t.Errorf("Lookup in a set = %v, %v", d, refusal)
	}
}

func TestVendorValues(t *testing.T) {
	c, err := NewCatalog(config(t, phones...))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		set                   string
		code                  int
		text, canonical, wire string
	}{
		{"acme", 43, `"(1 tftp://10.9.0.1/cfg)"`, "(config-url 1 tftp://10.9.0.1/cfg)", "0116" + "746674703a2f2f31302e392e302e312f636667"},
		{"acme", 43, "(servers 10.0.0.1,10.0.0.2)(9 01)", "(servers 2 10.0.0.1,10.0.0.2)(9 01)", "02080a0000010a000002 090101"},
		{"corp", 125, "(enterprise-id 311((5 3)))", "(enterprise-id 311((mode 5 3)))", "00000137 03 050103"},
		{"corp", 125, "(5 3)", "(enterprise-id 311((mode 5 3)))", "00000137 03 050103"},
		{"corp", 125, "((5 3))", "(enterprise-id 311((mode 5 3)))", "00000137 03 050103"},
		{"corp", 124, `"abc"`, `(enterprise-id 311 "abc")`, "00000137 03 616263"},
		{"corp", 124, `(enterprise-id 311 "abc")`, `(enterprise-id 311 "abc")`, "00000137 03 616263"},
		{"dhcp-cablelabs-config", 125, "(tftp-servers 10.0.0.1)", "(enterprise-id 4491((tftp-servers 2 10.0.0.1)))", "0000118b 06 02040a000001"},
	} {
		s, ok := c.Vendor(v.set)
		if !ok {
			t.Fatalf("no set %s", v.set)
		}
		got, refusal := s.Parse(v.code, v.text)
		if refusal != nil || got != v.canonical {
			t.Errorf("%s %d %s = %q (%v), want %q", v.set, v.code, v.text, got, refusal, v.canonical)
			continue
		}
		if again, refusal := s.Parse(v.code, got); refusal != nil || again != got {
			t.Errorf("%s: canonical %q parsed again is %q (%v)", v.set, got, again, refusal)
		}
		want := unhex(t, v.wire)
		if v.set == "acme" && v.code == 43 && want[0] == 1 {
			want[1] = byte(len(want) - 2)
		}
		wire, err := s.Encode(v.code, got)
		if err != nil || !bytes.Equal(wire, want) {
			t.Errorf("%s %d %s: wire %x (%v), want %x", v.set, v.code, v.text, wire, err, want)
		}
		if shown := s.Decode(v.code, wire); shown != got {
			t.Errorf("%s: shown as %q, want %q", v.set, shown, got)
		}
	}
	for _, v := range []struct {
		set  string
		code int
		text string
		says string
	}{
		{"acme", 125, "(1 x)", "go into option 43, not 125"},
		{"corp", 43, "(5 1)", "go into options 124 and 125, not 43"},
		{"corp", 125, "(enterprise-id 9((5 3)))", `enterprise-id of option-set "corp", 311, not 9`},
		{"acme", 43, "(servers x)", "servers(2)"},
		{"acme", 43, "(255 01)", "pad and end"},
	} {
		s, _ := c.Vendor(v.set)
		if got, refusal := s.Parse(v.code, v.text); refusal == nil || refusal.Code != objects.Invalid || !strings.Contains(refusal.Msg, v.says) {
			t.Errorf("%s %d %s = %q, %v; want a 316 that says %q", v.set, v.code, v.text, got, refusal, v.says)
		}
	}
}

func TestDefinitionRefusals(t *testing.T) {
	for _, v := range []struct {
		line string
		code objects.Code
		says string
	}{
		{"option dhcp-custom/51 name=my-time type=AT_TIME", 303, "dhcp-lease-time(51)"},
		{"option dhcp-custom/150 name=x type=AT_UINT8", 325, `"AT_UINT8"`},
		{"option dhcp-custom/150 name=x type=AT_IPADR", 325, "did you mean AT_IPADDR?"},
		{"option dhcp-custom/150 name=x type=AT_MESSAGE", 325, "built-in options only"},
		{"option dhcp-custom/150 name=routers type=AT_IPADDR", 314, "routers(3)"},
		{"option dhcp-custom/0 name=x type=AT_BLOB", 316, "1 to 254"},
		{"option dhcp-custom/255 name=x type=AT_BLOB", 316, "1 to 254"},
		{"option dhcp-custom/150 name=x type=AT_BLOB repeat=two", 316, "2n"},
		{"option dhcp-custom/150 name=x type=AT_ZEROSIZE repeat=1+", 316, "no value to repeat"},
		{"option dhcp-custom/150 name=x type=AT_BLOB min=1", 316, "no bounds"},
		{"option dhcp-custom/150 name=x type=AT_INT8 max=256", 316, "0 to 255"},
		{"option dhcp-custom/150 name=x type=AT_INT8 min=9 max=8", 316, "9 is above 8"},
		{"option dhcp-custom/151.1 name=x type=AT_BLOB", 302, "has no option 151"},
		{"option nowhere/1 name=x type=AT_BLOB", 302, `"nowhere"`},
		{"option dhcp-cablelabs-config/2 name=x type=AT_BLOB", 303, "tftp-servers(2)"},
		{"option acme/3 name=servers type=AT_BLOB", 314, "servers(2)"},
		{"option acme/2.1 name=x type=AT_BLOB", 316, "has no sub-options"},
		{"option dhcp-custom/201.3 name=x type=AT_BLOB", 305, "two sub-options"},
	} {
		c, err := NewCatalog(config(t, append(slices.Clone(phones), v.line)...))
		if strings.Contains(v.line, "/150 ") { // it replaces the line above
			c, err = NewCatalog(config(t, v.line))
		}
		var refusal *objects.Error
		if !errors.As(err, &refusal) || refusal.Code != v.code || !strings.Contains(refusal.Msg, v.says) {
			t.Errorf("%s: %v, want a %d that says %q", v.line, err, v.code, v.says)
		}
		if d, refusal := c.Lookup("routers"); refusal != nil || d.Code != 3 || d.Type != IPAddr {
			t.Errorf("%s: the rest of the catalogue is gone: %v", v.line, refusal)
		}
	}
}

func TestCheckValues(t *testing.T) {
	c, err := NewCatalog(config(t, phones...))
	if err != nil {
		t.Fatal(err)
	}
	good := config(t, "policy p option.3=10.0.0.1 option.150=10.0.0.1 option.224=01:02 vendor-option.43.acme=(1)", "policy q option.150=abc vendor-option.43.acm=(1)")
	p := good.Get(objects.Policy, "p")
	p.Attrs["vendor-option.43.acme"] = "(config-url 1 x)"
	if faults := c.CheckValues(p); faults != nil {
		t.Errorf("good values: %v", faults)
	}
	faults := c.CheckValues(good.Get(objects.Policy, "q"))
	if len(faults) != 2 || faults[0].Code != 316 || faults[1].Code != 302 || !strings.Contains(faults[1].Msg, "did you mean acme?") {
		t.Errorf("bad values: %v", faults)
	}
}

func TestReadParts(t *testing.T) {
	c, err := NewCatalog(config(t, phones...))
	if err != nil {
		t.Fatal(err)
	}
	routers := c.ByCode(3)
	wire := unhex(t, "0a0000010a0000020a0000")
	if n := routers.Count(wire); n != 2 {
		t.Errorf("Count = %d", n)
	}
	if part, ok := routers.Value(wire, 1); !ok || !bytes.Equal(part, wire[4:8]) {
		t.Errorf("Value 1 = %x, %v", part, ok)
	}
	if _, ok := routers.Value(wire, 2); ok {
		t.Error("a cut off value was read")
	}
	relay := c.ByCode(82)
	wire = unhex(t, "0102aaaa 0201bb 0101cc")
	if part, ok := relay.Sub(wire, 1, 1); !ok || !bytes.Equal(part, []byte{0xcc}) || relay.SubCount(wire, 1) != 2 || relay.SubCount(wire, 3) != 0 {
		t.Errorf("second circuit-id = %x, %v", part, ok)
	}
	info := c.ByCode(125)
	wire = unhex(t, "00000009 03 050101 00000137 03 050102")
	id, data, ok := info.Block(wire, 311, 0)
	if !ok || id != 311 || !bytes.Equal(data, unhex(t, "050102")) {
		t.Errorf("Block = %d %x %v", id, data, ok)
	}
	mode, ok := info.Within(id).Child("mode", -1)
	if !ok {
		t.Fatal("the set of enterprise 311 is not found")
	}
	if form, _, n := mode.Native([]byte{2}); form != FormUnsigned || n != 2 {
		t.Errorf("Native = %v %d", form, n)
	}
}
