package iscconf

import (
	"math"
	"strings"
)

// Options, permit lists, conditionals and failover peers.

// option reads option definitions, spaces and values. how is the word that
// begins the statement.
func (r *reader) option(c *cursor, how string) *Error {
	if how != "option" {
		c.accept("option")
	}
	at := c.peek()
	if how == "option" {
		if c.accept("space") {
			return r.spaces.defineSpace(c)
		}
		if len(c.s.tokens) > 2 && c.s.tokens[2].is("code") && len(c.s.tokens) > 4 && c.s.tokens[4].is("=") {
			return r.spaces.define(c)
		}
	}
	name, err := c.name("the name of an option")
	if err != nil {
		return err
	}
	def, ok := r.spaces.lookup(name)
	if space, _, in := strings.Cut(strings.ToLower(name), "."); !ok && in && notCarried[space] != "" && !c.s.Block {
		r.configuration.find(c.s.Pos, c.s.text(), notCarried[space])
		return nil
	}
	if !ok {
		return errorAt(at.pos, "there is no option %s; define it by 'option %s code <n> = <type>;' first", at, shorten(name))
	}
	if strings.HasPrefix(strings.ToLower(name), "server.") {
		c.accept("=")
		return r.server(c, def.name)
	}
	st := setting{def: def, pos: c.s.Pos, append: how == "append", prepend: how == "prepend", weak: how == "default"}
	if d := r.open; d.kind == host && def.space == "dhcp" && def.code == 61 && how == "option" {
		return r.identify(c, d, def)
	}
	if !c.more() && !c.s.Block && len(def.format.atoms) > 0 && def.format.atoms[0].letter != 'Z' {
		return errorAt(c.s.last, "%s: the option has no value", c.s.head())
	}
	if c.accept("=") {
		return r.computed(c, st)
	}
	st.value, err = c.value(def.format)
	if err == nil {
		err = c.done(false)
	}
	if err != nil {
		return err
	}
	if c.names {
		r.configuration.find(c.s.Pos, c.s.text(), "dhcpd looks the name up when it starts and sends the address; clients get no such option here until it is set to the address")
		return nil
	}
	r.open.options = append(r.open.options, st)
	return nil
}

// identify reads the client identifier that a host is known by.
func (r *reader) identify(c *cursor, d *declaration, def *optionDef) *Error {
	c.accept("=")
	v, err := c.value(def.format)
	if err != nil {
		return err
	}
	d.uid = v
	return c.done(false)
}

// computed reads option x = <expression>.
func (r *reader) computed(c *cursor, st setting) *Error {
	e, err := c.expression()
	if err != nil {
		return err
	}
	if err := c.done(false); err != nil {
		return err
	}
	if parts, ok := requestList(e, st.def); ok {
		st.value, st.append = parts, true
		r.open.options = append(r.open.options, st)
		return nil
	}
	v, ok := st.def.format.convert(e)
	if !ok {
		r.configuration.find(c.s.Pos, c.s.text(), "dhcpd computes the value for each packet; clients get no such option here")
		return nil
	}
	st.value = v
	r.open.options = append(r.open.options, st)
	return nil
}

// requestList reads concat(option dhcp-parameter-request-list, 01, ...): the
// usual way to send options that were not asked for.
func requestList(e *expression, def *optionDef) ([]byte, bool) {
	if def.code != 55 || def.space != "dhcp" || e.op != "concat" && e.op != "pick-first-value" && e.op != "pick" || len(e.args) == 0 {
		return nil, false
	}
	var extra []byte
	found := false
	for _, a := range e.args {
		if a.op == "option" && strings.HasSuffix(a.name, "dhcp-parameter-request-list") {
			found = true
			continue
		}
		b, ok := a.constant()
		if !ok {
			return nil, false
		}
		extra = append(extra, b...)
	}
	return extra, found
}

// permits are what allow and deny are followed by, and whether that is a pool's
// list or a parameter of anything.
var permitWords = []struct {
	words []string
	what  string
}{
	{[]string{"known", "clients"}, "known-clients"}, {[]string{"known-clients"}, "known-clients"},
	{[]string{"unknown", "clients"}, "unknown-clients"}, {[]string{"unknown-clients"}, "unknown-clients"},
	{[]string{"dynamic", "bootp", "clients"}, "bootp"}, {[]string{"dynamic", "bootp"}, "bootp"},
	{[]string{"authenticated", "clients"}, "authenticated"}, {[]string{"unauthenticated", "clients"}, "unauthenticated"},
	{[]string{"all", "clients"}, "all"}, {[]string{"members", "of"}, "class"}, {[]string{"after"}, "after"},
	{[]string{"booting"}, "booting"}, {[]string{"bootp"}, "allow-bootp"}, {[]string{"duplicates"}, "duplicates"},
	{[]string{"declines"}, "declines"}, {[]string{"client-updates"}, "client-updates"}, {[]string{"leasequery"}, "leasequery"},
}

// permit reads allow, deny and ignore.
func (r *reader) permit(c *cursor, how string) *Error {
	p := permit{allow: how == "allow", pos: c.s.Pos, whole: c.s.text()}
	for _, w := range permitWords {
		if c.accept(w.words...) {
			p.what = w.what
			break
		}
	}
	switch p.what {
	case "":
		return c.wrong("known-clients, unknown-clients, members of, all clients, dynamic bootp clients, booting, bootp, duplicates or declines")
	case "class":
		name, err := c.quotedText("the name of a class")
		if err != nil {
			return err
		}
		p.class = name
	case "after":
		c.at = len(c.s.tokens)
	}
	if err := c.done(false); err != nil {
		return err
	}
	listed := map[string]bool{"known-clients": true, "unknown-clients": true, "all": true, "class": true, "bootp": true, "authenticated": true, "unauthenticated": true, "after": true}
	if d := r.open.within(pool); d != nil && !r.ifs && listed[p.what] {
		d.permits = append(d.permits, p)
		return nil
	}
	if p.what != "unknown-clients" && listed[p.what] {
		return errorAt(p.pos, "%s: it stands in a pool", p.whole)
	}
	name := p.what
	if name == "unknown-clients" {
		name = "boot-unknown-clients"
	}
	r.open.parameters[name] = parameter{name: name, on: p.allow, pos: p.pos, whole: p.whole, text: how}
	return nil
}

// conditional reads if with its elsif and else, and how many statements it was.
func (r *reader) conditional(ss []*Statement) (int, *Error) {
	cd := &conditional{pos: ss[0].Pos}
	n := 0
	for n < len(ss) {
		c := &cursor{s: ss[n], at: 1}
		first := ss[n].tokens[0]
		isElse := first.is("else") && !(len(ss[n].tokens) > 1 && ss[n].tokens[1].is("if"))
		if n > 0 && !first.is("elsif") && !first.is("else") {
			break
		}
		if first.is("else") && !isElse {
			c.at = 2
		}
		b := &conditionalBranch{body: &declaration{kind: branch, pos: ss[n].Pos}}
		if !isElse {
			var err *Error
			if b.when, err = c.expression(); err != nil {
				return 0, err
			}
		}
		if err := c.done(true); err != nil {
			return 0, err
		}
		outer := r.ifs
		r.ifs = true
		err := r.enter(b.body, ss[n].Body)
		r.ifs = outer
		if err != nil {
			return 0, err
		}
		r.configuration.statements++
		cd.branches = append(cd.branches, b)
		n++
		if isElse {
			break
		}
	}
	r.open.ifs = append(r.open.ifs, cd)
	return n, nil
}

// failover reads a peer block, or the peer of a pool.
func (r *reader) failover(c *cursor) *Error {
	if err := c.expect("peer"); err != nil {
		return err
	}
	at := c.peek().pos
	name, err := c.name("the name of the peer")
	if err != nil {
		return err
	}
	if !c.s.Block {
		d := r.open.within(pool)
		if d == nil {
			return errorAt(c.s.Pos, "%s: a failover peer is named in a pool", c.s.head())
		}
		d.peer, d.peerPos = name, at
		return c.done(false)
	}
	if c.accept("state") {
		r.configuration.find(c.s.Pos, c.s.text(), "a state belongs into the lease file; it is left out, the pair finds its state with its partner")
		return nil
	}
	if err := c.done(true); err != nil {
		return err
	}
	if r.byPeer[name] != nil {
		return errorAt(at, "the failover peer %q is there already", shorten(name))
	}
	p := &peer{name: name, pos: c.s.Pos, port: 647, partnerPort: 647, split: -1, mclt: -1, maxResponse: -1, seen: map[string]Pos{}}
	for _, s := range c.s.Body {
		r.configuration.statements++
		if err := r.peerStatement(p, s); err != nil {
			return err
		}
	}
	if !p.roleSet || p.partner == "" || p.address == "" {
		return errorAt(p.pos, "failover peer %q: it needs primary or secondary, address and peer address", shorten(name))
	}
	r.peers, r.byPeer[name] = append(r.peers, p), p
	return nil
}

func (r *reader) peerStatement(p *peer, s *Statement) *Error {
	c := &cursor{s: s}
	numbers := []struct {
		words  []string
		into   *int64
		lo, hi int64
	}{
		{[]string{"peer", "port"}, &p.partnerPort, 1, 65535}, {[]string{"port"}, &p.port, 1, 65535},
		{[]string{"mclt"}, &p.mclt, 1, 1 << 31}, {[]string{"split"}, &p.split, 0, 256},
		{[]string{"max-response-delay"}, &p.maxResponse, 1, 1 << 31}, {[]string{"auto-partner-down"}, &p.autoDown, 0, 1 << 31},
		{[]string{"load", "balance", "max", "seconds"}, &p.balanceSeconds, 0, 1 << 31},
		{[]string{"max-unacked-updates"}, new(int64), 0, 1 << 31}, {[]string{"max-lease-misbalance"}, new(int64), 0, 100},
		{[]string{"max-lease-ownership"}, new(int64), 0, 100}, {[]string{"min-balance"}, new(int64), 0, 1 << 31}, {[]string{"max-balance"}, new(int64), 0, 1 << 31},
		{[]string{"max-transmit-idle"}, new(int64), 0, 1 << 31},
	}
	switch {
	case c.accept("primary"), c.accept("secondary"):
		p.primary, p.roleSet = s.tokens[0].is("primary"), true
		return c.done(false)
	case c.accept("address"):
		return c.server(&p.address)
	case c.accept("peer", "address"):
		return c.server(&p.partner)
	case c.accept("hba"):
		if _, err := c.bytes(); err != nil {
			return err
		}
		p.hba, p.seen["hba"] = true, s.Pos
		return c.done(false)
	}
	for _, n := range numbers {
		if c.accept(n.words...) {
			v, err := c.number(n.lo, n.hi)
			if err != nil {
				return err
			}
			*n.into, p.seen[strings.Join(n.words, " ")] = v, s.Pos
			return c.done(false)
		}
	}
	return errorAt(s.Pos, "failover peer %q: %s is no statement of a peer", shorten(p.name), s.tokens[0])
}

// server reads the address or the name of a server.
func (c *cursor) server(into *string) *Error {
	name, err := c.name("the address of a server")
	if err != nil {
		return err
	}
	*into = strings.TrimSuffix(name, ".")
	return c.done(false)
}

// forever is what dhcpd takes for a time without end.
const forever = math.MaxUint32
