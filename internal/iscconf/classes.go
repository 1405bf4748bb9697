package iscconf

import (
	"fmt"
	"slices"
	"strings"
)

// classObjects writes the client-classes: one of each combination.
func (c *converter) classObjects() {
	if len(c.combos) == 1 && c.base != baseClass {
		return
	}
	c.heading("Client-classes: each combination of dhcpd's classes and if branches that a client may be in.")
	for _, t := range c.tags {
		c.linef("scope-selection-tag %s create", t)
	}
	root := merged([]*declaration{c.root})
	for _, co := range c.combos {
		if co.name == baseClass && c.base != baseClass {
			continue // <none>
		}
		c.counts.ClientClasses++
		own := c.valuesOf(co)
		c.linef("client-class %s create", co.name)
		if tag, ok := c.tagOf[tagKey{co, false}]; ok {
			c.linef("client-class %s set selection-criteria=%s", co.name, tag)
		}
		if p, ok := own.parameters["booting"]; ok && !p.on {
			c.linef("client-class %s set action=exclude", co.name)
		}
		c.limit(co)
		if id := c.lookupID(co); id != "" {
			c.linef("client-class %s set client-lookup-id=%s", co.name, quoteAlways(id))
		}
		if p, ok := own.options[optionKey{"dhcp", 12}]; ok {
			if name := string(p.value); plainHostName(name) {
				c.linef("client-class %s set host-name=%s", co.name, name)
			} else {
				c.noteOnce(p.pos, "option host-name", "it is no host name; the clients are told none")
			}
			delete(own.options, optionKey{"dhcp", 12})
		}
		c.foreignTimes(co, own)
		c.policy("client-class-policy "+co.name, own, root.over(own), "class")
		c.overridden(co)
	}
}

// foreignTimes: the lease time of a class is made with the global bounds. Where a
// network has others, dhcpd goes by those.
func (c *converter) foreignTimes(co *combination, own values) {
	if !own.sets(times...) {
		return
	}
	usual, _, _ := merged([]*declaration{c.root}).over(own).leaseTimes()
	for _, sc := range c.scopes {
		path := sc.of.path()
		if sc.pool != nil {
			path = sc.pool.path()
		}
		if there, _, _ := merged(path).over(own).leaseTimes(); there != usual {
			c.noteOnce(sc.of.pos, "subnet "+sc.of.prefix.String(), fmt.Sprintf("its own bounds of lease times do not hold for clients of client-class %s, who get %d s here and %d s from dhcpd", co.name, usual, there))
		}
	}
}

// limit writes lease limit: how many leases the members may have together.
func (c *converter) limit(co *combination) {
	var of *declaration
	for _, v := range co.values {
		if v == nil || v.member == nil || v.member.limit == 0 {
			continue
		}
		if of != nil && of != v.member {
			c.noteOnce(v.member.pos, "lease limit", fmt.Sprintf("clients that are in %q too are counted for that class only", of.name))
			continue
		}
		of = v.member
	}
	if of == nil {
		return
	}
	id := c.limits[of]
	if id == "" {
		id = `"` + wordOf(of.name) + `"`
	}
	c.linef("client-class %s set limitation-id=%s", co.name, quoteAlways(id))
	c.linef("client-class-policy %s set limitation-count=%d", co.name, of.limit)
}

// overridden finds options that an if outside of networks sets and that a
// network sets, too: in dhcpd the network has the last word.
func (c *converter) overridden(co *combination) {
	for _, v := range co.values {
		if v == nil || v.member != nil || v.of != nil {
			continue
		}
		branch := v.from[0]
		if branch.within(subnet) != nil || branch.within(sharedNetwork) != nil {
			continue
		}
		own := newValues()
		own.add(branch)
		for _, sc := range c.scopes {
			path := sc.of.path()
			if sc.pool != nil {
				path = sc.pool.path()
			}
			in := below(path)
			for _, s := range own.inOrder() {
				if _, too := in.options[s.def.key()]; too {
					c.noteOnce(s.pos, "option "+s.def.name, fmt.Sprintf("subnet %s sets it, too: there dhcpd sends the subnet's value, and here clients get that of the if", sc.of.prefix))
				}
			}
			for name, p := range own.parameters {
				if _, too := in.parameters[name]; too && !strings.HasPrefix(name, "ddns") {
					c.noteOnce(p.pos, p.whole, fmt.Sprintf("subnet %s sets it, too: there dhcpd goes by the subnet's value, and here that of the if holds", sc.of.prefix))
				}
			}
		}
	}
}

// odd are the hosts that are found by something other than the MAC address and
// have a client object.
func (c *converter) odd() []*declaration {
	var all []*declaration
	for _, h := range c.hosts {
		if (h.uid != nil || h.identifier != nil) && c.needsClient(h) {
			all = append(all, h)
		}
	}
	return all
}

// mostOdd is how many of them one expression tells apart.
const mostOdd = 300

// needsLookupID tells whether clients are looked up by other things than their
// MAC address.
func (c *converter) needsLookupID() bool {
	_, byClass := c.knownMatters()
	return byClass || len(c.odd()) > 0
}

// lookupID is the expression for the name of the client object.
func (c *converter) lookupID(co *combination) string {
	if !c.needsLookupID() {
		return ""
	}
	var tests []string
	for i, h := range c.odd() {
		if i == mostOdd {
			c.noteOnce(h.pos, "host "+h.name, fmt.Sprintf("more than %d hosts are known by identifiers: what is said of this one and those behind it is not carried", mostOdd))
			break
		}
		when := "(equal (request get-blob option 61) " + literal(h.uid) + ")"
		if h.identifier != nil {
			var err error
			if when, err = c.translate.condition(h.identifier); err != nil {
				c.noteOnce(h.pos, "host "+h.name, "it cannot be found by its identifier: "+err.Error())
				continue
			}
		}
		tests = append(tests, fmt.Sprintf("(if (try %s null) %q)", when, c.clientName(h)))
	}
	id := "(request macaddress-string)"
	if len(tests) > 0 {
		id = "(or " + strings.Join(tests, " ") + " " + id + ")"
	}
	if _, byClass := c.knownMatters(); byClass && co != nil {
		id = fmt.Sprintf("(concat %q %s)", co.name+"/", id)
	}
	return id
}

// classesOf lists the combinations that the tags of known clients differ in.
func (c *converter) classesOf() []*combination {
	if _, byClass := c.knownMatters(); !byClass {
		return []*combination{nil}
	}
	return slices.Clone(c.combos)
}
