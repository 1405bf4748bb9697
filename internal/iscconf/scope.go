package iscconf

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// scope is one of ours: the pools of a subnet that are served alike.
type scope struct {
	name         string
	of           *subnetDecl
	net          *network
	pool         *declaration // one of its pools, nil: its addresses are reserved
	ranges       []addressRange
	dynamicBootp bool
	primary      netip.Prefix // of a secondary
	priority     int
}

// findScopes makes the scopes of all networks.
func (c *converter) findScopes() {
	c.keepFixed()
	for _, n := range c.networks {
		from := len(c.scopes)
		for i, s := range n.subnets {
			own := c.scopesOf(n, s)
			for _, sc := range own {
				if i > 0 {
					sc.primary = n.subnets[0].prefix
				}
			}
			s.scopes = own
			c.scopes = append(c.scopes, own...)
		}
		priority := 0
		for _, sc := range c.scopes[from:] {
			if sc.pool != nil {
				priority++
				sc.priority = priority
			}
		}
		if priority < 2 {
			for _, sc := range c.scopes[from:] {
				sc.priority = 0
			}
		}
	}
}

// scopesOf groups the pools of a subnet. Its reserved addresses, which in dhcpd
// are in no pool, get a scope of their own where there are several, or where the
// pools have options of their own: among scopes of one subnet a reservation is
// in that with a range around it.
func (c *converter) scopesOf(n *network, s *subnetDecl) []*scope {
	base := strings.ReplaceAll(s.prefix.String(), "/", "-")
	var all []*scope
	apart := false
	byLook := map[string]*scope{}
	for _, p := range s.pools {
		for _, bootp := range []bool{false, true} {
			var ranges []addressRange
			for _, r := range p.ranges {
				if r.bootp == bootp {
					ranges = append(ranges, r)
				}
			}
			if len(ranges) == 0 {
				continue
			}
			look := c.looks(p, bootp)
			sc := byLook[look]
			if sc == nil {
				sc = &scope{of: s, net: n, pool: p, dynamicBootp: bootp && !c.deniesBootp(p)}
				byLook[look] = sc
				all = append(all, sc)
			}
			sc.ranges = append(sc.ranges, ranges...)
			apart = apart || p.kind == pool && !merged([]*declaration{p}).empty()
		}
	}
	switch {
	case len(all) == 0:
		all = []*scope{{of: s, net: n}}
	case len(s.kept) > 0 && (apart || len(all) > 1):
		all = append([]*scope{{of: s, net: n, ranges: s.kept}}, all...)
	}
	for i, sc := range all {
		sc.name = base
		if i > 0 || len(all) > 1 && sc.pool != nil {
			sc.name = fmt.Sprintf("%s-%d", base, i+b2i(all[0].pool != nil))
		}
	}
	return all
}

// deniesBootp: the pool says that BOOTP clients get nothing of it.
func (c *converter) deniesBootp(p *declaration) bool {
	return slices.ContainsFunc(p.permits, func(pm permit) bool { return pm.what == "bootp" && !pm.allow })
}

// looks tells pools apart that are served in different ways.
func (c *converter) looks(p *declaration, bootp bool) string {
	looks := []string{fmt.Sprint(bootp, p.peer, c.deniesBootp(p), c.tagsOf(p))}
	if p.kind == pool {
		for _, d := range p.path() {
			if d.kind == pool || d.kind == group && d.parent.within(subnet) != nil {
				looks = append(looks, describe(d))
			}
		}
	}
	return strings.Join(looks, "|")
}

func describe(d *declaration) string {
	v := newValues()
	v.add(d)
	var b strings.Builder
	for _, s := range v.inOrder() {
		fmt.Fprintf(&b, " %s.%d=%x", s.def.space, s.def.code, s.value)
	}
	names := make([]string, 0, len(v.parameters))
	for n, p := range v.parameters {
		names = append(names, fmt.Sprint(n, p.text, p.num, p.on))
	}
	slices.Sort(names)
	return b.String() + strings.Join(names, " ")
}

// keepFixed finds the fixed addresses of hosts that are in no range.
func (c *converter) keepFixed() {
	for _, h := range c.hosts {
		for _, a := range h.fixed {
			s := c.subnets.find(a)
			if s == nil || notOfHosts(s.prefix, a) {
				continue
			}
			if !slices.ContainsFunc(s.pools, func(p *declaration) bool { return inRanges(p.ranges, a) }) {
				s.kept = append(s.kept, addressRange{first: a, last: a})
			}
		}
	}
}

func inRanges(rs []addressRange, a netip.Addr) bool {
	return slices.ContainsFunc(rs, func(r addressRange) bool { return r.first.Compare(a) <= 0 && a.Compare(r.last) <= 0 })
}

// scopeObjects writes the scopes with their policies.
func (c *converter) scopeObjects() {
	root := merged([]*declaration{c.root})
	for _, n := range c.networks {
		title := "Subnet " + n.subnets[0].prefix.String() + "."
		if n.decl != nil {
			title = "Shared network " + wordOf(n.decl.name) + "."
		}
		c.heading(title)
		for _, s := range n.subnets {
			for _, sc := range s.scopes {
				c.scopeObject(sc, root)
			}
		}
	}
}

func (c *converter) scopeObject(sc *scope, root values) {
	c.counts.Scopes++
	path := sc.of.path()
	if sc.pool != nil {
		path = sc.pool.path()
	}
	full, own := merged(path), below(path)
	c.linef("scope %s create %s", sc.name, sc.of.prefix)
	if sc.primary.IsValid() {
		c.linef("scope %s set primary-subnet=%s", sc.name, sc.primary)
	}
	for _, r := range joined(sc.ranges) {
		c.linef("scope %s addRange %s %s", sc.name, r.first, r.last)
	}
	if sc.pool == nil && len(sc.ranges) > 0 {
		c.linef("scope %s enable restrict-to-reservations", sc.name)
	}
	if sc.priority > 0 {
		c.linef("scope %s set allocation-priority=%d", sc.name, sc.priority)
	}
	if tags := c.scopeTags(sc); len(tags) > 0 {
		c.linef("scope %s set selection-tag-list=%s", sc.name, strings.Join(tags, ","))
	}
	if full.flag("allow-bootp", true) {
		c.linef("scope %s enable bootp", sc.name)
		if sc.dynamicBootp {
			c.linef("scope %s enable dynamic-bootp", sc.name)
		}
	}
	if p, ok := full.parameters["declines"]; ok && !p.on {
		c.linef("scope %s set ignore-declines=true", sc.name)
	}
	if ping := full.flag("ping-check", true); ping != root.flag("ping-check", true) {
		c.linef("scope %s %s ping-clients", sc.name, map[bool]string{true: "enable", false: "disable"}[ping])
	}
	if sc.pool != nil && sc.pool.peer == "" && c.paired(sc.net) != "" {
		c.linef("scope %s set failover=scope-disabled", sc.name)
	}
	c.policy("scope-policy "+sc.name, own, full, "scope")
}

// scopeTags: a scope without a pool has reservations, which have no permit
// list.
func (c *converter) scopeTags(sc *scope) []string {
	if sc.pool == nil {
		return nil
	}
	tags := c.tagsOf(sc.pool)
	if c.tagOf != nil && len(tags) == 0 {
		return []string{nobody}
	}
	return tags
}

// joined puts ranges together that touch or overlap.
func joined(rs []addressRange) []addressRange {
	rs = slices.SortedFunc(slices.Values(rs), func(a, b addressRange) int { return a.first.Compare(b.first) })
	var all []addressRange
	for _, r := range rs {
		if n := len(all); n > 0 && (r.first.Compare(all[n-1].last) <= 0 || all[n-1].last.Next() == r.first) {
			if all[n-1].last.Less(r.last) {
				all[n-1].last = r.last
			}
			continue
		}
		all = append(all, r)
	}
	return all
}
