package sim

// broke are the rules of the protocol that a dhcpd breaks, as far as it lets an
// address go that a client still has. Who had it then may come to share it: the
// rule is named and counted, and S1 does not count that holder any more. Nor does it
// count what the partner, which does not know, renews for him meanwhile.
type broke struct {
	w *World
	// astray are the addresses that the dhcpd let go so, until one of the two
	// servers has taken the other's word for it.
	astray map[int]bool
}

type brokeRule uint8

const (
	_ brokeRule = iota
	brokeNoMCLT
	brokeDate
	brokeMCLT
	brokeExpiredWins
	brokeFudge
	brokeLastWriter
	brokeRelease
	brokeAbandoned
	brokeFreed
	brokeRules
)

var brokeNames = [...]string{
	brokeNoMCLT:      "in PARTNER-DOWN it frees a lease at the end that it knows of, with no MCLT more",
	brokeDate:        "declared to be alone while it starts, it gives its partner's addresses at once: the date of its state is that of the one before",
	brokeMCLT:        "started with a shorter MCLT than its partner gave leases by, it goes by that in PARTNER-DOWN",
	brokeExpiredWins: "it forgets a renewal that it has not told of when it hears that the lease expired",
	brokeFudge:       "it lets a lease end 65 s early",
	brokeLastWriter:  "it does not compare clients: the last one told of has the lease",
	brokeRelease:     "it does not compare dates: a lease that its client has again is over when it hears that it was released before",
	brokeAbandoned:   "it does not compare dates: an address that its client has again is out of use, or free, when it hears that it was declined before",
	brokeFreed:       "it lets a lease of its own go for its partner's word that the address is free",
}

// slot is told when a rule is broken for an address.
func (b *broke) slot(p *pair, i int, rule brokeRule) {
	if !b.w.checks.s1.forcedIf(p.index*maxPool + i) {
		return
	}
	if b.astray == nil {
		b.astray = map[int]bool{}
	}
	b.astray[p.index*maxPool+i] = true
	b.w.stats.broke(rule)
	b.w.say("** dhcpd, %v: %s", keyOf(p.index, i).Addr, brokeNames[rule])
}

// agreed: a dhcpd and its partner have the same of an address.
func (b *broke) agreed(d *dhcpd, i int) { delete(b.astray, d.e.p.index*maxPool+i) }

// unaware tells whether a client has an address from a server that does not know
// that the dhcpd has let it go.
func (b *broke) unaware(c *client, slot int) bool {
	return b.astray[slot] && !b.w.nodes[c.server].dhcpd
}
