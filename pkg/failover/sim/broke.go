package sim

// broke are the rules of the protocol that a dhcpd breaks, as far as two clients
// may come to have one address by it. An address that it gives so, and only such
// a one, may be held twice; the rule is named and counted.
type broke struct {
	w     *World
	rules []brokeRule // by slot: what was broken since the address was free at both
	pairs []brokeRule // by pair
}

type brokeRule uint8

const (
	brokeNothing brokeRule = iota
	brokeNoMCLT
	brokeNoWait
	brokeExpiredWins
	brokeFudge
	brokeLastWriter
	brokeOldDate
	brokeRelease
	brokeFreed
	brokeRules
)

var brokeNames = [...]string{
	brokeNoMCLT:      "in PARTNER-DOWN it frees a lease at the end that it knows of, with no MCLT more",
	brokeNoWait:      "it ends RECOVER at once when its partner recovers, too",
	brokeExpiredWins: "it forgets a renewal that it has not told of when it hears that the lease expired",
	brokeFudge:       "it lets a lease end 65 s early",
	brokeLastWriter:  "it does not compare clients: the last one told of has the lease",
	brokeFreed:       "it lets a free address of its partner's word go before a lease of its own",
	brokeRelease:     "it does not compare dates: a lease that its client has again is over when it hears that it was released before",
	brokeOldDate:     "it counts from a date that is older than its state",
}

func (b *broke) begin(w *World) {
	b.w = w
	b.rules = make([]brokeRule, len(w.pairs)*maxPool)
	b.pairs = make([]brokeRule, len(w.pairs))
}

func (b *broke) slot(p *pair, i int, rule brokeRule) {
	slot := p.index*maxPool + i
	if !b.w.checks.s1.forcedIf(slot) {
		return
	}
	b.w.stats.broke(rule)
	b.w.say("** dhcpd, %v: %s", keyOf(p.index, i).Addr, brokeNames[rule])
}

func (b *broke) pair(p *pair, rule brokeRule) {
	b.pairs[p.index] = rule
	b.w.say("** dhcpd, %s: %s", p.Name, brokeNames[rule])
}

func (b *broke) giving(*dhcpd, int, *client) {}
