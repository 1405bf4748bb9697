package iscconf

import (
	"slices"
	"strings"
)

// Permit lists. A client may have an address of a pool if the pool's list of
// deny does not name it, and its list of allow does or is empty. Here a client
// has a selection tag, and the scopes that it may have an address of have that
// tag among theirs.

// pools lists all pools.
func (c *configuration) pools() []*declaration {
	var all []*declaration
	for _, n := range c.networks {
		for _, s := range n.subnets {
			all = append(all, s.pools...)
		}
	}
	return all
}

// permitsOf are the lists of a pool with what holds around it.
func (c *converter) permitsOf(p *declaration) []permit {
	if list, ok := c.permits[p]; ok {
		return list
	}
	v := merged(p.path())
	list := slices.Clone(p.permits)
	if b, ok := v.parameters["boot-unknown-clients"]; ok && !b.on {
		list = append(list, permit{what: "unknown-clients", pos: b.pos, whole: b.whole})
	}
	c.permits[p] = list
	return list
}

// admits tells whether a client may have an address of a pool.
func (c *converter) admits(list []permit, co *combination, known bool) bool {
	allowed, lists := false, false
	for _, p := range list {
		hit := false
		switch p.what {
		case "known-clients":
			hit = known
		case "unknown-clients":
			hit = !known
		case "all", "unauthenticated":
			hit = true
		case "class":
			hit = co.in(c.byClass[p.class])
		case "bootp":
			if p.allow {
				lists = true // BOOTP clients are in scopes with dynamic-bootp
			}
			continue
		default:
			continue
		}
		if !p.allow && hit {
			return false
		}
		lists = lists || p.allow
		allowed = allowed || p.allow && hit
	}
	return allowed || !lists
}

// settleTags finds the kinds of clients that pools tell from each other, and
// gives each a tag.
func (c *converter) settleTags() {
	all := c.pools()
	asked := false
	for _, p := range all {
		for _, pm := range c.permitsOf(p) {
			switch pm.what {
			case "bootp":
			case "authenticated", "unauthenticated":
				c.find(pm.pos, pm.whole, "no client is authenticated; the pool is given to those that it would be given to without the statement")
			case "after":
				c.find(pm.pos, pm.whole, "the pool is given to clients before that time and after it")
			case "class":
				asked = true
				if d := c.byClass[pm.class]; c.lost[d] {
					c.find(pm.pos, pm.whole, "no client is a member of the class here")
				}
			default:
				asked = true
			}
		}
	}
	if !asked {
		return
	}
	c.tagOf = map[tagKey]string{}
	bySet := map[string]string{}
	for _, known := range []bool{false, true} {
		for _, co := range c.combos {
			var set strings.Builder
			for _, p := range all {
				set.WriteByte("-x"[b2i(c.admits(c.permitsOf(p), co, known))])
			}
			tag, there := bySet[set.String()]
			if !there {
				tag = c.tagName(co, known)
				bySet[set.String()] = tag
				c.tags = append(c.tags, tag)
			}
			c.tagOf[tagKey{co, known}] = tag
		}
	}
}

type tagKey struct {
	of    *combination
	known bool
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// nobody is a tag that no client has.
const nobody = "nobody"

// tagName tells what clients of a kind have in common.
func (c *converter) tagName(co *combination, known bool) string {
	var words []string
	for _, v := range co.values {
		if v != nil && v.member != nil {
			words = append(words, v.label)
		}
	}
	if known {
		words = append(words, "known")
	} else if len(words) == 0 {
		words = append(words, "others")
	}
	return newNameSet(append(c.tags, nobody)...).take(strings.Join(words, "+"))
}

// tagsOf are the tags of the clients that may have an address of a pool.
func (c *converter) tagsOf(p *declaration) []string {
	if c.tagOf == nil {
		return nil
	}
	list := c.permitsOf(p)
	var tags []string
	for _, known := range []bool{false, true} {
		for _, co := range c.combos {
			if t := c.tagOf[tagKey{co, known}]; c.admits(list, co, known) && !slices.Contains(tags, t) {
				tags = append(tags, t)
			}
		}
	}
	return tags
}

// knownMatters tells whether being known makes a difference to some client, and
// whether the tags of known clients depend on their class.
func (c *converter) knownMatters() (matters, byClass bool) {
	k := &c.known
	if c.tagOf == nil || k.asked {
		return k.matters, k.byClass
	}
	k.asked = true
	for _, co := range c.combos {
		if c.tagOf[tagKey{co, true}] != c.tagOf[tagKey{co, false}] {
			k.matters = true
		}
		if c.tagOf[tagKey{co, true}] != c.tagOf[tagKey{c.combos[0], true}] {
			k.byClass = true
		}
	}
	k.byClass = k.byClass && k.matters
	return k.matters, k.byClass
}
