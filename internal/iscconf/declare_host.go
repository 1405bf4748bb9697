package iscconf

import (
	"encoding/base64"
	"net/netip"
	"strings"
)

// Hosts, classes, keys and zones.

func (r *reader) host(c *cursor) *Error {
	name, err := c.name("the name of the host")
	if err == nil {
		err = c.done(true)
	}
	if err != nil {
		return err
	}
	d := &declaration{kind: host, name: name, pos: c.s.Pos}
	if err := r.enter(d, c.s.Body); err != nil {
		return err
	}
	r.hosts = append(r.hosts, d)
	return nil
}

// hardwareTypes are dhcpd's words for them.
var hardwareTypes = map[string]byte{"ethernet": 1, "token-ring": 6, "fddi": 8, "infiniband": 32}

// ofHost reads what stands in hosts only.
func (r *reader) ofHost(c *cursor, name string) *Error {
	d := r.open.within(host)
	if d == nil || r.ifs {
		return errorAt(c.s.Pos, "%s: it stands in a host declaration", c.s.head())
	}
	switch name {
	case "hardware":
		t := c.peek()
		htype, known := hardwareTypes[strings.ToLower(t.text)]
		if !known {
			return c.wrong("ethernet, token-ring, fddi or infiniband")
		}
		c.at++
		at := c.peek()
		b, ok := hexBytes(at.text)
		if at.kind != word || !ok || len(b) > 16 {
			return c.wrong("a hardware address such as 00:11:22:33:44:55")
		}
		c.at++
		d.hardware = append([]byte{htype}, b...)
	case "fixed-address":
		return r.fixed(c, d)
	case "host-identifier":
		if c.accept("v6relopt") {
			r.configuration.find(c.s.Pos, c.s.text(), "the host is found by a DHCPv6 relay's option; it is left out")
			return nil
		}
		if err := c.expect("option"); err != nil {
			return err
		}
		of, err := c.name("the name of an option")
		if err != nil {
			return err
		}
		def, ok := r.spaces.lookup(of)
		if !ok {
			return errorAt(c.s.Pos, "%s: there is no option %s", c.s.head(), shorten(of))
		}
		value, err := c.value(def.format)
		if err == nil && c.names {
			err = errorAt(c.s.Pos, "%s: an address is expected, not a name", c.s.head())
		}
		if err != nil {
			return err
		}
		d.identifier = &expression{op: "=", pos: c.s.Pos, args: []*expression{
			{op: "option", name: of, pos: c.s.Pos}, {op: "bytes", data: value, pos: c.s.Pos},
		}}
	default: // dynamic: the host was made over OMAPI
		c.at = len(c.s.tokens)
	}
	return c.done(false)
}

// fixed reads the addresses of a host; names among them cannot be looked up.
func (r *reader) fixed(c *cursor, d *declaration) *Error {
	for {
		t := c.peek()
		if a, ok := parseAddr(t); ok {
			d.fixed = append(d.fixed, a)
		} else if t.kind == word && strings.ContainsAny(strings.ToLower(t.text), "ghijklmnopqrstuvwxyz.") {
			r.configuration.find(t.pos, c.s.text(), "dhcpd looks the name "+shorten(t.text)+" up when it starts; the host gets no fixed address here until a reservation with the address is made")
		} else {
			return c.wrong("an address")
		}
		c.at++
		if !c.accept(",") {
			return c.done(false)
		}
	}
}

func (r *reader) class(c *cursor) *Error {
	name, err := c.quotedText("the name of the class")
	if err == nil {
		err = c.done(true)
	}
	if err != nil {
		return err
	}
	if d := r.byClass[name]; d != nil { // a class may be declared in parts
		return r.enter(d, c.s.Body)
	}
	d := &declaration{kind: class, name: name, pos: c.s.Pos}
	r.classes, r.byClass[name] = append(r.classes, d), d
	return r.enter(d, c.s.Body)
}

// subclass reads subclass "class" <data> [{ ... }].
func (r *reader) subclass(c *cursor) *Error {
	name, err := c.quotedText("the name of the class")
	if err != nil {
		return err
	}
	of := r.byClass[name]
	if of == nil {
		return errorAt(c.s.Pos, "%s: there is no class %q before it", c.s.head(), shorten(name))
	}
	d := &declaration{kind: subclass, name: name, pos: c.s.Pos}
	if c.peek().kind == quoted {
		d.data = []byte(c.next().text)
	} else if d.data, err = c.bytes(); err != nil {
		return err
	}
	if err := c.done(c.s.Block); err != nil {
		return err
	}
	if err := r.enter(d, c.s.Body); err != nil {
		return err
	}
	r.subclasses[of] = append(r.subclasses[of], d)
	return nil
}

// ofClass reads match, spawn with and lease limit, and the option spaces that
// values are put together from.
func (r *reader) ofClass(c *cursor, name string) *Error {
	if name == "vendor-option-space" || name == "site-option-space" {
		of, err := c.name("the name of an option space")
		if err != nil {
			return err
		}
		if r.spaces.byName[strings.ToLower(of)] == nil {
			return errorAt(c.s.Pos, "%s: there is no option space %s", c.s.head(), shorten(of))
		}
		r.open.parameters[name] = parameter{name: name, text: strings.ToLower(of), pos: c.s.Pos, whole: c.s.text()}
		return c.done(false)
	}
	d := r.open
	if d.kind != class && d.kind != subclass || r.ifs {
		return errorAt(c.s.Pos, "%s: it stands in a class", c.s.head())
	}
	var err *Error
	switch {
	case name == "match" && c.accept("if"):
		d.matchIf, err = c.expression()
	case name == "match":
		d.match, err = c.expression()
	case name == "spawn":
		if err = c.expect("with"); err == nil {
			d.spawn, err = c.expression()
		}
	default:
		var n int64
		if err = c.expect("limit"); err == nil {
			n, err = c.number(0, 1<<31-1)
		}
		d.limit = int(n)
	}
	if err != nil {
		return err
	}
	return c.done(false)
}

// key reads a TSIG key.
func (r *reader) key(c *cursor) *Error {
	if !c.s.Block { // in a zone: the reader of the zone takes it
		return errorAt(c.s.Pos, "%s: a key has its algorithm and secret in braces", c.s.head())
	}
	name, err := c.name("the name of the key")
	if err == nil {
		err = c.done(true)
	}
	if err != nil {
		return err
	}
	k := &keyDecl{name: name, pos: c.s.Pos}
	for _, s := range c.s.Body {
		b := &cursor{s: s, at: 1}
		switch {
		case s.tokens[0].is("algorithm"):
			if k.algorithm, err = b.name("the name of an algorithm"); err == nil {
				err = b.done(false)
			}
		case s.tokens[0].is("secret"):
			for _, t := range s.tokens[1:] {
				k.secret += t.text
			}
			if _, e := base64.StdEncoding.DecodeString(k.secret); e != nil || k.secret == "" {
				err = errorAt(s.Pos, "key %s: the secret is no base64 text", shorten(name))
			}
		default:
			err = errorAt(s.Pos, "key %s: expected algorithm or secret, not %s", shorten(name), s.tokens[0])
		}
		if err != nil {
			return err
		}
	}
	if k.algorithm == "" || k.secret == "" {
		return errorAt(c.s.Pos, "key %s: it needs an algorithm and a secret", shorten(name))
	}
	r.keys = append(r.keys, k)
	return nil
}

func (r *reader) zone(c *cursor) *Error {
	name, err := c.name("the name of the zone")
	if err == nil {
		err = c.done(true)
	}
	if err != nil {
		return err
	}
	z := &zoneDecl{name: name, pos: c.s.Pos}
	for _, s := range c.s.Body {
		b := &cursor{s: s, at: 1}
		switch {
		case s.tokens[0].is("primary"), s.tokens[0].is("primary6"), s.tokens[0].is("secondary"), s.tokens[0].is("secondary6"):
			of, err := b.name("the address of a server")
			if err != nil {
				return err
			}
			if _, e := netip.ParseAddr(of); e == nil && s.tokens[0].is("primary") {
				z.primary = of
			}
		case s.tokens[0].is("key"):
			if z.key, err = b.name("the name of a key"); err != nil {
				return err
			}
		default:
			return errorAt(s.Pos, "zone %s: expected primary, secondary or key, not %s", shorten(name), s.tokens[0])
		}
	}
	r.zones = append(r.zones, z)
	return nil
}
