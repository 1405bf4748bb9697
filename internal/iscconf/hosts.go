package iscconf

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// hostValues is what a host and the groups around it say. What a subnet around
// it says, or a group around that, is the subnet's.
func (c *converter) hostValues(h *declaration) values {
	v := newValues()
	for _, d := range h.path() {
		if d.kind == host || d.kind == group && !c.holding[d] {
			v.add(d)
		}
	}
	return v
}

// hostName is the name that a host's clients are told: option host-name, or the
// name of the declaration with use-host-decl-names.
func hostName(h *declaration, v values) (string, Pos) {
	if s, ok := v.options[optionKey{"dhcp", 12}]; ok {
		return string(s.value), s.pos
	}
	if merged(h.path()).flag("use-host-decl-names", false) {
		return h.name, h.pos
	}
	return "", h.pos
}

// says tells whether a host, or a group around it, has something for its client
// beside an address.
func (c *converter) says(h *declaration) bool {
	v := c.hostValues(h)
	return len(v.options) > 0 || len(v.parameters) > 0
}

// needsClient tells whether a host is more than a reservation.
func (c *converter) needsClient(h *declaration) bool {
	v := c.hostValues(h)
	name, _ := hostName(h, v)
	known, _ := c.knownMatters()
	for p := range v.parameters {
		if p != "use-host-decl-names" {
			return true
		}
	}
	return known || name != "" || len(v.options) > 0
}

func (c *converter) hostObjects() {
	if len(c.hosts) == 0 && c.members() == 0 {
		return
	}
	c.heading("Hosts: reservations for fixed addresses, clients for what is said of them.")
	reserved := map[netip.Addr]*declaration{}
	byKey := map[string]*declaration{}
	for _, h := range c.hosts {
		if h.hardware == nil && h.uid == nil && h.identifier == nil {
			c.find(h.pos, "host "+h.name, "it has neither hardware nor an identifier; no client is it")
			continue
		}
		for _, a := range h.fixed {
			c.reserve(h, a, reserved)
		}
		if h.hardware != nil && (h.uid != nil || h.identifier != nil) {
			c.find(h.pos, "host "+h.name, "dhcpd finds it by its hardware address, too, here it is found by the identifier alone: a client of that address with another identifier, or with none, is another one")
		}
		if len(h.fixed) > 0 && len(c.networks) > 1 && c.says(h) {
			c.noteOnce(h.pos, "host "+h.name, "on a network that none of its fixed addresses is of, dhcpd takes a client for no host; here it gets an address of that network with the options of the host. So it is with all hosts that have a fixed address and options")
		}
		if c.needsClient(h) {
			c.client(h, byKey)
		} else if len(h.fixed) == 0 {
			c.note(h.pos, "host "+h.name, "nothing is said of it, and no pool asks whether a client is known")
		}
	}
	c.memberClients(byKey)
}

// hostKey is the lookup key of a host's reservations.
func hostKey(h *declaration) (key, flag string) {
	if h.uid != nil {
		return objects.FormatBlob(h.uid), "-blob"
	}
	if h.hardware != nil {
		return fmt.Sprintf("%d,%d,%s", h.hardware[0], len(h.hardware)-1, objects.FormatBlob(h.hardware[1:])), "-mac"
	}
	return "", ""
}

func (c *converter) reserve(h *declaration, a netip.Addr, reserved map[netip.Addr]*declaration) {
	construct := "host " + h.name + ": fixed-address " + a.String()
	key, flag := hostKey(h)
	in := c.subnets.find(a)
	switch other := reserved[a]; {
	case key == "":
		c.find(h.pos, construct, "a reservation is for a MAC address or a client identifier; the host gets no fixed address here")
		return
	case in == nil && slices.ContainsFunc(c.gone, func(p netip.Prefix) bool { return p.Contains(a) }):
		c.find(h.pos, construct, "its subnet is left out; the host gets no fixed address here")
		return
	case in == nil:
		c.find(h.pos, construct, "no subnet has the address; no client gets it from dhcpd, either")
		return
	case notOfHosts(in.prefix, a):
		c.find(h.pos, construct, "it is the address of the subnet itself, or its broadcast address; the host gets no fixed address here")
		return
	case other != nil:
		if k, _ := hostKey(other); k != key {
			c.find(h.pos, construct, fmt.Sprintf("host %s in line %d has the same address, and an address is reserved for one client here: this host gets another", other.name, other.pos.Line))
		}
		return
	}
	reserved[a] = h
	c.counts.Reservations++
	line := fmt.Sprintf("reservation %s create %s %s", a, key, flag)
	if len(c.tags) > 0 {
		line += " include-tags=" + strings.Join(c.tags, ",")
	}
	c.line(line)
	for _, sc := range in.scopes {
		if sc.pool != nil && inRanges(sc.ranges, a) {
			c.noteOnce(h.pos, construct, "the address is in a range, too; dhcpd may give it to others, here it is kept for the host")
		}
	}
	for _, b := range h.fixed {
		if b != a && a.Less(b) && c.subnets.find(b) != nil && c.subnets.find(b).net == in.net {
			c.find(h.pos, construct, "the host has two addresses on one network; which of them it gets is not said")
		}
	}
}

// client writes the client object of a host, one for each combination of classes
// if the tags of known clients depend on them.
func (c *converter) client(h *declaration, byKey map[string]*declaration) {
	c.clientClass = true
	key := ""
	if h.hardware != nil && h.uid == nil && h.identifier == nil {
		key, _ = hostKey(h)
		if h.hardware[0] == 1 && len(h.hardware) != 7 {
			c.find(h.pos, "host "+h.name, "the address is no MAC address")
			return
		}
	} else {
		key = c.clientName(h)
	}
	if other := byKey[key]; other != nil {
		if describeValues(c.hostValues(other)) != describeValues(c.hostValues(h)) {
			c.find(h.pos, "host "+h.name, fmt.Sprintf("host %s in line %d is the same client; what that one says holds on every network", other.name, other.pos.Line))
		}
		return
	}
	byKey[key] = h
	v := c.hostValues(h)
	for _, co := range c.classesOf() {
		name := key
		if co != nil {
			name = co.name + "/" + key
		}
		c.clientObject(h, name, co, v)
	}
}

func describeValues(v values) string {
	d := &declaration{parameters: v.parameters}
	d.options = v.inOrder()
	return describe(d)
}

func (c *converter) clientObject(h *declaration, key string, co *combination, v values) {
	c.counts.Clients++
	c.linef("client %s create", key)
	if text := printableWord(h.name); text != "" {
		c.linef("client %s set user-defined=%s", key, quote("host "+text))
	}
	if known, _ := c.knownMatters(); known {
		if co == nil {
			co = c.combos[0]
		}
		c.linef("client %s set selection-criteria=%s", key, c.tagOf[tagKey{co, true}])
	}
	if p, ok := v.parameters["booting"]; ok && !p.on {
		c.linef("client %s set action=exclude", key)
	}
	if name, at := hostName(h, v); name != "" {
		if len(name) > 63 || !plainHostName(name) {
			c.find(at, "host-name "+name, "it is no host name; the client is told none")
		} else {
			c.linef("client %s set host-name=%s", key, name)
		}
	}
	c.policy("client-policy "+key, v, merged([]*declaration{c.root}).over(v), "host")
}

func printableWord(text string) string {
	if !printable([]byte(text)) {
		return ""
	}
	return text
}

func plainHostName(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			return false
		}
	}
	return true
}

// members counts the clients that are in a class by their own objects.
func (c *converter) members() int {
	n := 0
	for _, f := range c.all {
		for _, v := range f.values {
			if v.when == "" {
				n += len(v.clients)
			}
		}
	}
	return n
}

// memberClients writes the members of classes with very many subclasses. The
// class of a client object is in place of all that the packet would be in.
func (c *converter) memberClients(byKey map[string]*declaration) {
	for _, f := range c.all {
		for _, v := range f.values {
			if v.when != "" {
				continue
			}
			if _, byClass := c.knownMatters(); byClass {
				c.find(v.member.pos, "class "+quote(v.member.name), "it has too many members to be written as an expression, and pools tell known clients of classes apart: no client is a member of it here")
				continue
			}
			c.clientClass = true
			if len(c.all) > 1 {
				c.noteOnce(v.member.pos, "class "+quote(v.member.name), "its members are in no other class: they are too many to be written as an expression, and a client object has one class")
			}
			name := v.label
			if len(c.all) > 1 {
				name = baseClass + "+" + v.label
			}
			for _, s := range v.clients {
				if len(s.data) < 2 || len(s.data) > 17 {
					c.find(s.pos, "subclass "+quote(s.name), "the data is no hardware type and address")
					continue
				}
				key, _ := hostKey(&declaration{hardware: bytes.Clone(s.data)})
				if h := byKey[key]; h != nil {
					c.linef("client %s set client-class-name=%s", key, name)
					continue
				}
				c.counts.Clients++
				c.linef("client %s create client-class-name=%s", key, name)
			}
		}
	}
}
