package failover

import (
	"fmt"
	"net/netip"
	"strings"

	"leasehold/internal/lease"
	"leasehold/pkg/objects"
)

// Local tells the server's own addresses.
type Local interface {
	// Own tells whether the address is one of this server's.
	Own(a netip.Addr) bool
	// Towards is the server's address that a partner sees; it is not valid if
	// there is no way to it.
	Towards(partner netip.Addr) netip.Addr
	// String lists the addresses for messages.
	String() string
}

// settle finds out which of its two servers this one is, for each of the
// relationships, and says what is wrong with those where that cannot be told.
// Such a relationship has no role: its scopes are not served, since the partner
// may serve them. known tells which relationships there were before.
func (c *compiler) settle(n *names, local Local, known func(name string) bool) {
	var all []string
	for _, r := range c.ordered {
		for _, e := range []*endpoint{&r.main, &r.backup} {
			if e.name != "" {
				all = append(all, e.name)
			}
		}
	}
	answers := n.find(all)
	for _, r := range c.ordered {
		c.settleOne(r, answers, local)
	}
	c.merge(known)
	c.tellLeftOut()
	for _, r := range c.ordered {
		r.tellGivenAway()
	}
}

// tellGivenAway names the scopes of which the main server keeps nothing for
// itself. That is allowed, and hardly meant.
func (r *relationship) tellGivenAway() {
	if r.role != lease.Primary {
		return
	}
	var all []string
	for _, s := range r.scopes {
		if s.percent == 100 {
			all = append(all, s.name)
		}
	}
	if len(all) > 0 {
		r.wrong("backup-pct is 100%% for %s: this server, the main, keeps no free addresses and gives new clients none; only the backup does", strings.Join(all, ", "))
	}
}

func (c *compiler) settleOne(r *relationship, answers map[string]answer, local Local) {
	switch {
	case r.main.name == "" && r.backup.name == "":
		r.name = "server-wide"
		r.wrong("neither %s nor %s is set", objects.DhcpFailoverMain.Name, objects.DhcpFailoverBackup.Name)
		return
	case strings.EqualFold(r.main.name, r.backup.name):
		r.wrong("main and backup are the same server, %q", r.main.name)
		return
	}
	mainWord, backupWord := r.words()
	main := r.resolve(&r.main, mainWord, answers)
	backup := r.resolve(&r.backup, backupWord, answers)
	if main && r.backup.name == "" {
		c.fillIn(r, &r.backup, &r.main, mainWord, backupWord, local)
	} else if backup && r.main.name == "" {
		c.fillIn(r, &r.main, &r.backup, backupWord, mainWord, local)
	}
	r.secured()
	r.takeRole(local)
	r.place = r.placeIn(local)
	if r.object == nil && r.main.addr.IsValid() && r.backup.addr.IsValid() {
		// Each side may call the servers by other names.
		r.wire = r.main.addr.String() + "-" + r.backup.addr.String()
	}
}

// words are the attributes that name the servers.
func (r *relationship) words() (main, backup string) {
	if r.object != nil {
		return objects.FailoverPairMainServer.Name, objects.FailoverPairBackupServer.Name
	}
	return objects.DhcpFailoverMain.Name, objects.DhcpFailoverBackup.Name
}

// resolve enters the address of a server; false if it has none.
func (r *relationship) resolve(e *endpoint, word string, answers map[string]answer) bool {
	if e.name == "" {
		return false
	}
	a := answers[e.name]
	switch {
	case len(a.many) > 0:
		r.wrong("%s %q has several addresses (%s): name one that has a single address", word, e.name, list(a.many))
	case a.err != nil && a.addr.IsValid():
		r.wrong("%s %q cannot be resolved now (%v): its last address, %s, is used", word, e.name, a.err, a.addr)
	case a.err != nil:
		r.wrong("%s %q cannot be resolved: %v", word, e.name, a.err)
	}
	e.addr = a.addr
	return e.addr.IsValid()
}

// fillIn completes attributes that name one server only: the other is this
// one, by the address that leads to its partner.
func (c *compiler) fillIn(r *relationship, unset, set *endpoint, setWord, unsetWord string, local Local) {
	if local.Own(set.addr) {
		r.wrong("there is no partner: %s %q is this server and %s is not set", setWord, set.name, unsetWord)
		return
	}
	unset.addr = local.Towards(set.addr)
	if !unset.addr.IsValid() {
		r.wrong("%s is not set and no address of this server leads to %q (%s)", unsetWord, set.name, set.addr)
		return
	}
	r.name = strings.ToLower(or(r.main.name, unset.addr.String()) + "-" + or(r.backup.name, unset.addr.String()))
}

// takeRole compares the servers' addresses with this server's own.
func (r *relationship) takeRole(local Local) {
	mainOwn, backupOwn := r.main.addr.IsValid() && local.Own(r.main.addr), r.backup.addr.IsValid() && local.Own(r.backup.addr)
	switch {
	case r.main.addr.IsValid() && r.main.addr == r.backup.addr:
		r.wrong("main %s and backup %s are the same host, %s", quote(r.main.name), quote(r.backup.name), r.main.addr)
	case mainOwn && backupOwn:
		r.wrong("main %s (%s) and backup %s (%s) are both this server", quote(r.main.name), r.main.addr, quote(r.backup.name), r.backup.addr)
	case mainOwn:
		r.role = lease.Primary
	case backupOwn:
		r.role = lease.Secondary
	case r.main.addr.IsValid() && r.backup.addr.IsValid():
		r.wrong("neither main %s (%s) nor backup %s (%s) is this server (%s)",
			quote(r.main.name), r.main.addr, quote(r.backup.name), r.backup.addr, local)
	default:
		r.wrong("which of the two servers this one is cannot be told")
	}
}

// merge joins relationships of attributes that turned out to be the same two
// servers in the same roles under other names. They go by the name that is
// known, since what is kept of them is kept under it.
func (c *compiler) merge(known func(name string) bool) {
	best := map[string]*relationship{}
	for _, r := range c.ordered {
		if r.object != nil || r.wire == "" {
			continue
		}
		if o := best[r.wire]; o == nil || !known(o.name) && known(r.name) {
			best[r.wire] = r
		}
	}
	kept := c.ordered[:0]
	for _, r := range c.ordered {
		o := best[r.wire]
		if o == nil || o == r || r.object != nil {
			kept = append(kept, r)
			continue
		}
		o.scopes = append(o.scopes, r.scopes...)
		o.wide = o.wide || r.wide
		for _, s := range r.scopes {
			c.of[strings.ToLower(s.name)] = o
		}
		for name, of := range c.vpns {
			if of == r {
				c.vpns[name] = o
			}
		}
	}
	c.ordered = kept
}

func list(as []netip.Addr) string {
	var b strings.Builder
	for i, a := range as {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(a.String())
	}
	return b.String()
}

func quote(name string) string {
	if name == "" {
		return "(not set)"
	}
	return fmt.Sprintf("%q", name)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
