package iscconf

import (
	"net/netip"
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// reader makes declarations of statements.
type reader struct {
	*configuration
	open   *declaration // what the statements stand in
	shared *network     // the shared-network that was opened last
	ifs    bool         // within if: no declarations
}

// declare reads a whole configuration.
func declare(t *Tree, file string) (*configuration, *Error) {
	c := &configuration{
		root:    &declaration{kind: global, parameters: map[string]parameter{}, pos: Pos{file, 1, 1}},
		spaces:  newSpaces(),
		byClass: map[string]*declaration{}, subclasses: map[*declaration][]*declaration{}, byPeer: map[string]*peer{},
	}
	r := &reader{configuration: c, open: c.root}
	if err := r.statements(t.Statements); err != nil {
		return nil, err
	}
	return c, c.settle()
}

// settle joins what may stand apart: pools and their peers, hosts and their
// classes.
func (c *configuration) settle() *Error {
	for _, n := range c.networks {
		for _, s := range n.subnets {
			for _, p := range s.pools {
				if p.peer != "" && c.byPeer[p.peer] == nil {
					return errorAt(p.peerPos, "there is no failover peer %q", shorten(p.peer))
				}
				for _, pm := range p.permits {
					if pm.what == "class" && c.byClass[pm.class] == nil {
						return errorAt(pm.pos, "%s: there is no class %q", pm.whole, shorten(pm.class))
					}
				}
			}
			if err := s.once(); err != nil {
				return err
			}
		}
	}
	return c.named()
}

// once makes sure that no address of a subnet is in two ranges, and that none is
// both shared with a failover peer and for any BOOTP client.
func (s *subnetDecl) once() *Error {
	var all []addressRange
	for _, p := range s.pools {
		for _, r := range p.ranges {
			if r.bootp && p.peer != "" {
				return errorAt(r.pos, "range dynamic-bootp %s %s: a pool of a failover peer has no addresses for dynamic BOOTP", r.first, r.last)
			}
		}
		all = append(all, p.ranges...)
	}
	slices.SortStableFunc(all, func(a, b addressRange) int { return a.first.Compare(b.first) })
	for i := 1; i < len(all); i++ {
		a, b := all[i-1], all[i]
		if b.first.Compare(a.last) > 0 {
			continue
		}
		if b.pos.Line < a.pos.Line {
			a, b = b, a
		}
		return errorAt(b.pos, "range %s %s: it has addresses of the range in line %d", b.first, b.last, a.pos.Line)
	}
	return nil
}

// named makes sure that hosts have names of their own, and that there is what
// zones name.
func (c *configuration) named() *Error {
	hosts := map[string]*declaration{}
	for _, h := range c.hosts {
		if other := hosts[h.name]; other != nil {
			return errorAt(h.pos, "host %s: there is a host of that name in line %d", shorten(h.name), other.pos.Line)
		}
		hosts[h.name] = h
	}
	for _, z := range c.zones {
		if z.key != "" && !slices.ContainsFunc(c.keys, func(k *keyDecl) bool { return strings.EqualFold(k.name, z.key) }) {
			return errorAt(z.pos, "zone %s: there is no key %s", shorten(z.name), shorten(z.key))
		}
	}
	return nil
}

func (r *reader) statements(ss []*Statement) *Error {
	for i := 0; i < len(ss); i++ {
		if ss[i].tokens[0].is("if") {
			n, err := r.conditional(ss[i:])
			if err != nil {
				return err
			}
			i += n - 1
			continue
		}
		if err := r.statement(ss[i]); err != nil {
			return err
		}
	}
	return nil
}

// enter reads the statements of a body into a declaration.
func (r *reader) enter(d *declaration, body []*Statement) *Error {
	outer := r.open
	d.parent = outer
	if d.parameters == nil {
		d.parameters = map[string]parameter{}
	}
	r.open = d
	defer func() { r.open = outer }()
	return r.statements(body)
}

// declarations are the words that begin what has braces.
var declarations = map[string]func(*reader, *cursor) *Error{}

func init() {
	declarations["group"] = (*reader).group
	declarations["shared-network"] = (*reader).sharedNetwork
	declarations["subnet"] = (*reader).subnet
	declarations["pool"] = (*reader).pool
	declarations["host"] = (*reader).host
	declarations["class"] = (*reader).class
	declarations["subclass"] = (*reader).subclass
	declarations["key"] = (*reader).key
	declarations["zone"] = (*reader).zone
}

// statement reads one.
func (r *reader) statement(s *Statement) *Error {
	r.configuration.statements++
	c := &cursor{s: s}
	first := s.tokens[0]
	if first.kind != word {
		return errorAt(first.pos, "a statement does not begin with %s", first)
	}
	c.at = 1
	name := strings.ToLower(first.text)
	if declaration := declarations[name]; declaration != nil {
		if r.ifs {
			return errorAt(s.Pos, "%s: no declarations stand within if", s.head())
		}
		return declaration(r, c)
	}
	switch name {
	case "failover":
		return r.failover(c)
	case "option", "supersede", "default", "append", "prepend", "send":
		return r.option(c, name)
	case "allow", "deny", "ignore":
		return r.permit(c, name)
	case "range":
		return r.addRange(c)
	case "hardware", "fixed-address", "host-identifier", "dynamic":
		return r.ofHost(c, name)
	case "match", "spawn", "lease", "vendor-option-space", "site-option-space":
		return r.ofClass(c, name)
	}
	return r.other(c, name)
}

func (r *reader) group(c *cursor) *Error {
	d := &declaration{kind: group, pos: c.s.Pos}
	if r.open.kind == host && !c.s.Block {
		r.configuration.find(c.s.Pos, c.s.text(), "a host is in the groups that it stands in; what the named one says is not carried")
		return nil
	}
	if c.more() {
		name, err := c.name("the name of the group")
		if err != nil {
			return err
		}
		d.name = name
	}
	if err := c.done(true); err != nil {
		return err
	}
	r.groups = append(r.groups, d)
	return r.enter(d, c.s.Body)
}

func (r *reader) sharedNetwork(c *cursor) *Error {
	name, err := c.name("the name of the shared network")
	if err == nil {
		err = c.done(true)
	}
	if err != nil {
		return err
	}
	if r.open.within(sharedNetwork) != nil || r.open.within(subnet) != nil {
		return errorAt(c.s.Pos, "%s: a shared-network stands within no subnet and no other shared-network", c.s.head())
	}
	d := &declaration{kind: sharedNetwork, name: name, pos: c.s.Pos}
	n := &network{decl: d}
	r.networks, r.shared = append(r.networks, n), n
	if err := r.enter(d, c.s.Body); err != nil {
		return err
	}
	if len(n.subnets) == 0 {
		return errorAt(c.s.Pos, "%s: there is no subnet in it", c.s.head())
	}
	return nil
}

func (r *reader) subnet(c *cursor) *Error {
	at := c.peek().pos
	addr, err := c.addr("the address of the subnet")
	if err == nil {
		err = c.expect("netmask")
	}
	if err != nil {
		return err
	}
	mask := c.peek()
	prefix, wrong := objects.SubnetOf([]string{addr.String(), mask.text})
	c.at++
	if mask.kind != word || wrong != nil {
		return errorAt(mask.pos, "%s: %s is no mask such as 255.255.255.0, or the address has bits that the mask has not", c.s.head(), mask)
	}
	if err := c.done(true); err != nil {
		return err
	}
	if r.open.within(subnet) != nil {
		return errorAt(at, "%s: a subnet stands within no other", c.s.head())
	}
	if why := leftOut(prefix); why != "" && len(c.s.Body) == 0 && r.open.within(sharedNetwork) == nil {
		r.configuration.find(c.s.Pos, "subnet "+prefix.String(), why+"; the subnet, in which nothing stands, is left out")
		r.gone = append(r.gone, prefix)
		return nil
	}
	s := &subnetDecl{declaration: &declaration{kind: subnet, name: prefix.String(), prefix: prefix, pos: c.s.Pos}}
	if o := r.subnets.add(s); o != nil {
		return errorAt(at, "subnet %s: it has addresses of subnet %s, which line %d declares", prefix, o.prefix, o.pos.Line)
	}
	s.net = r.networkOf(r.open.within(sharedNetwork))
	s.net.subnets = append(s.net.subnets, s)
	return r.enter(s.declaration, c.s.Body)
}

// networkOf is that of a shared-network; a new one for a subnet by itself.
func (r *reader) networkOf(shared *declaration) *network {
	if n := r.shared; shared != nil && n != nil && n.decl == shared {
		return n
	}
	n := &network{}
	r.networks = append(r.networks, n)
	return n
}

// subnetAt is the declaration of the subnet that a pool or a range is in. In a
// shared-network the addresses tell.
func (r *reader) subnetAt(d *declaration, addr netip.Addr) *subnetDecl {
	if own := d.within(subnet); own != nil {
		return r.subnets.byDecl[own]
	}
	s := r.subnets.find(addr)
	if s == nil || s.net.decl == nil || s.net.decl != d.within(sharedNetwork) {
		return nil
	}
	return s
}

func (r *reader) pool(c *cursor) *Error {
	if err := c.done(true); err != nil {
		return err
	}
	if r.open.within(subnet) == nil && r.open.within(sharedNetwork) == nil || r.open.within(pool) != nil {
		return errorAt(c.s.Pos, "a pool stands within a subnet or a shared-network")
	}
	d := &declaration{kind: pool, pos: c.s.Pos}
	if err := r.enter(d, c.s.Body); err != nil {
		return err
	}
	if len(d.ranges) == 0 {
		return errorAt(c.s.Pos, "the pool has no range")
	}
	return r.place(d)
}

// place puts a pool into the subnets that its ranges are in.
func (r *reader) place(d *declaration) *Error {
	parts := map[*subnetDecl]*declaration{}
	for _, rg := range d.ranges {
		s := r.subnetAt(d, rg.first)
		if s == nil || !s.prefix.Contains(rg.first) || !s.prefix.Contains(rg.last) {
			return errorAt(rg.pos, "range %s %s: it is not in the subnet", rg.first, rg.last)
		}
		part := parts[s]
		if part == nil {
			cp := *d
			part = &cp
			part.ranges = nil
			parts[s] = part
			s.pools = append(s.pools, part)
		}
		part.ranges = append(part.ranges, rg)
	}
	return nil
}

// addRange reads range [dynamic-bootp] <first> [<last>].
func (r *reader) addRange(c *cursor) *Error {
	rg := addressRange{pos: c.s.Pos, bootp: c.accept("dynamic-bootp")}
	var err *Error
	if rg.first, err = c.addr("the first address"); err != nil {
		return err
	}
	rg.last = rg.first
	if c.more() {
		if rg.last, err = c.addr("the last address"); err != nil {
			return err
		}
	}
	if err := c.done(false); err != nil {
		return err
	}
	if rg.last.Less(rg.first) {
		rg.first, rg.last = rg.last, rg.first // dhcpd takes them either way
	}
	if d := r.open.within(pool); d != nil {
		d.ranges = append(d.ranges, rg)
		return nil
	}
	if r.open.within(subnet) == nil {
		return errorAt(c.s.Pos, "a range stands within a subnet or a pool")
	}
	s := r.subnetAt(r.open, rg.first)
	if s == nil || !s.prefix.Contains(rg.first) || !s.prefix.Contains(rg.last) {
		return errorAt(rg.pos, "range %s %s: it is not in the subnet", rg.first, rg.last)
	}
	for _, p := range s.pools {
		if p.kind != pool { // the one that has the ranges of the subnet itself
			p.ranges = append(p.ranges, rg)
			return nil
		}
	}
	s.pools = append(s.pools, &declaration{kind: subnet, parent: s.declaration, pos: rg.pos, ranges: []addressRange{rg}, parameters: map[string]parameter{}})
	return nil
}
