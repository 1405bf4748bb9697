package iscconf

import (
	"fmt"
	"slices"
	"strings"

	"leasehold/internal/option"
	"leasehold/pkg/objects"
)

// This file makes the lines of a policy.

// times are the parameters that a lease time comes of.
var times = []string{"default-lease-time", "max-lease-time", "min-lease-time"}

// What dhcpd goes by if nothing is said.
const (
	defaultLease = 43200
	defaultMax   = 86400
	defaultMin   = 300
)

// leaseTimes are what a client gets that asks for none, and the bounds of what
// it may ask for.
func (v values) leaseTimes() (usual, lo, hi int64) {
	usual, lo, hi = v.number(times[0], defaultLease), v.number(times[2], defaultMin), v.number(times[1], defaultMax)
	usual = max(min(usual, hi), min(lo, hi))
	return usual, lo, hi
}

// policy writes what own says for the policy that line begins with; full is own
// with all that it lies over.
func (c *converter) policy(line string, own, full values, where string) {
	put := func(format string, args ...any) { c.line(line + " " + fmt.Sprintf(format, args...)) }
	if own.sets(times...) || where == "" {
		c.leaseTime(put, own, full)
	}
	c.header(put, own)
	c.parent = full
	for _, s := range own.inOrder() {
		switch {
		case s.def.space != "dhcp":
		case s.def.code == 55:
			c.replyOptions(put, s)
		case s.def.code == 12 && strings.HasPrefix(line, "client-policy"):
			// the client object has the name
		default:
			c.option(put, s.def, s.value, s)
		}
	}
	c.encapsulated(put, own, full)
}

func (c *converter) leaseTime(put func(string, ...any), own, full values) {
	usual, lo, hi := full.leaseTimes()
	if usual == 0 {
		usual = 1
	}
	put("setLeaseTime %d", usual)
	at := c.root.pos
	construct := "default-lease-time, max-lease-time"
	for _, name := range times {
		if p, ok := own.parameters[name]; ok {
			at, construct = p.pos, p.whole
		}
	}
	switch {
	case usual <= lo:
		put("disable allow-lease-time-override")
	default:
		put("enable allow-lease-time-override")
	}
	if hi > usual {
		c.noteOnce(at, construct, fmt.Sprintf("a client that asks for a lease time of its own gets up to %d s from dhcpd, and at most %d s here", hi, usual))
	}
	if lo > 1 && usual > lo {
		c.noteOnce(at, construct, fmt.Sprintf("a client that asks for less than %d s gets %d s from dhcpd, and what it asks for here", lo, lo))
	}
}

// header writes the fields of the packet's header.
func (c *converter) header(put func(string, ...any), own values) {
	if p, ok := own.parameters["next-server"]; ok {
		if _, err := objects.ParseIPv4(p.text); err == nil {
			put("set packet-siaddr=%s", p.text)
		} else {
			c.find(p.pos, p.whole, "dhcpd looks the name up when it starts; clients are told no next server here until packet-siaddr is set to its address")
		}
	}
	for _, f := range []struct {
		name, attr string
		most       int
	}{{"filename", "packet-file-name", 127}, {"server-name", "packet-server-name", 63}} {
		p, ok := own.parameters[f.name]
		switch {
		case !ok:
		case len(p.text) > f.most || !printable([]byte(p.text)):
			c.find(p.pos, p.whole, fmt.Sprintf("the value does not fit into the field of the header: at most %d printable characters", f.most))
		default:
			put("set %s=%s", f.attr, quote(p.text))
		}
	}
	if p, ok := own.parameters["abandon-lease-time"]; ok {
		put("set unavailable-timeout=%d", max(p.num, 1))
	}
}

func (c *converter) replyOptions(put func(string, ...any), s setting) {
	var names []string
	for _, code := range s.value {
		if code > 0 && code < 255 && !slices.Contains(names, c.catalog.ByCode(int(code)).Name) {
			names = append(names, c.catalog.ByCode(int(code)).Name)
		}
	}
	if len(names) > 0 {
		put("set v4-reply-options=%s", strings.Join(names, ","))
	}
	if !s.append {
		c.note(s.pos, "option dhcp-parameter-request-list", "dhcpd sends these in place of what the client asks for; here they are sent besides")
	}
}

// serverMade are options that the server writes by itself, and why a value of
// the configuration's does not matter.
var serverMade = map[int]string{
	50: "it is the client's", 51: "lease times are said by default-lease-time", 52: "the server overloads the header by itself",
	53: "the server says it itself", 54: "the server names the address at which the packet came in",
	57: "it is the client's", 61: "it is the client's, which is sent back", 82: "it is the relay's, which is sent back",
	81: "the server says it itself",
}

// option writes one option.
func (c *converter) option(put func(string, ...any), def *optionDef, wire []byte, s setting) {
	construct := "option " + def.name
	if why, made := serverMade[def.code]; made {
		c.find(s.pos, construct, "clients get no such value: "+why)
		return
	}
	switch def.code {
	case 1:
		c.maskFromPolicy = true
	case 12:
		c.noteOnce(s.pos, construct, "a client that sends a name of its own is told that one back")
	}
	d := c.catalog.ByCode(def.code)
	text, ok := optionText(d, wire)
	// The rest of a line is read as it stands, but its quotes must be closed.
	if !ok || strings.Count(text, `"`)%2 != 0 || strings.HasSuffix(text, `\`) {
		c.find(s.pos, construct, fmt.Sprintf("%d bytes are no value of option %s, whose type is %s; clients get no such option", len(wire), d, d.Type))
		return
	}
	c.sent[def.code] = true
	name := d.Name
	if !c.catalog.Defined(def.code) {
		name = fmt.Sprint(def.code)
	}
	put("setOption %s %s", name, text)
}

// optionText is the text for bytes that are read back as the same bytes.
func optionText(d *option.Def, wire []byte) (string, bool) {
	for _, text := range []string{d.Decode(wire), objects.FormatBlob(wire), `"` + string(wire) + `"`} {
		canonical, refusal := d.Parse(text)
		if refusal != nil {
			continue
		}
		if back, err := d.Encode(canonical); err == nil && string(back) == string(wire) {
			return text, true
		}
	}
	return "", false
}

// encapsulated writes options of other spaces: those of a vendor-option-space
// in option 43, those of spaces that an option encapsulates in that.
func (c *converter) encapsulated(put func(string, ...any), own, full values) {
	touched := map[string]setting{}
	for k, s := range own.options {
		if k.space != "dhcp" {
			touched[k.space] = s
		}
	}
	if p, ok := own.parameters["vendor-option-space"]; ok {
		if _, there := touched[p.text]; !there {
			for k, s := range full.options {
				if k.space == p.text {
					touched[p.text] = s
				}
			}
		}
	}
	if p, ok := own.parameters["site-option-space"]; ok {
		c.noteOnce(p.pos, p.whole, "options of the space are sent under their own numbers")
	}
	names := make([]string, 0, len(touched))
	for name := range touched {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c.space(put, name, touched[name], full)
	}
}

func (c *converter) space(put func(string, ...any), name string, first setting, full values) {
	var parent *optionDef
	if p, ok := full.parameters["vendor-option-space"]; ok && p.text == name {
		parent, _ = c.spaces.lookup("vendor-encapsulated-options")
	}
	for _, d := range c.spaces.byName["dhcp"].options {
		if len(d.format.atoms) == 1 && d.format.atoms[0] == (atom{'E', name}) {
			parent = d
		}
	}
	if p, ok := full.parameters["site-option-space"]; ok && p.text == name {
		for _, s := range full.inOrder() {
			if s.def.space == name {
				c.option(put, s.def, s.value, s)
			}
		}
		return
	}
	if parent == nil {
		c.noteOnce(first.pos, "option "+name+"."+first.def.name, "nothing sends the options of the space "+name+" here: no vendor-option-space, no option that encapsulates it")
		return
	}
	sp := c.spaces.byName[name]
	if sp.codeWidth != 1 || sp.lengthWidth != 1 {
		c.find(first.pos, "option "+name+"."+first.def.name, "the option space has codes or lengths of other widths than one byte; clients get none of its options")
		return
	}
	if vendor, ok := c.vendorSets[name]; ok && parent.code == 43 {
		c.vendorOptions(put, vendor, name, full)
		return
	}
	var wire []byte
	for _, s := range full.inOrder() {
		if s.def.space == name && len(s.value) < 256 {
			wire = append(append(wire, byte(s.def.code), byte(len(s.value))), s.value...)
		}
	}
	c.option(put, parent, wire, first)
}

func printable(b []byte) bool {
	for _, ch := range b {
		if ch < ' ' || ch > '~' {
			return false
		}
	}
	return true
}

// quote writes a word for a command line.
func quote(text string) string {
	if text != "" && !strings.ContainsAny(text, " \t\"\\#") {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
