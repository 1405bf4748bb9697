package sim

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
)

// action is something that a schedule can do: to clients, to the network, to
// machines, or as an operator.
type action struct {
	args []arg // those that must be there
	do   func(w *World, args []string)
}

type arg uint8

const (
	aServer arg = iota
	aPair
	aClient
	aTime
	aNumber
)

func (a arg) String() string {
	return [...]string{"server", "pair", "client", "duration", "number"}[a]
}

func (a arg) check(s *Schedule, text string) error {
	var err error
	switch a {
	case aServer:
		if s.server(text) < 0 {
			err = fmt.Errorf("there is no server %s", text)
		}
	case aPair:
		if !slices.ContainsFunc(s.Pairs, func(p Pair) bool { return p.Name == text }) {
			err = fmt.Errorf("there is no pair %s", text)
		}
	case aClient:
		n := 0
		for _, p := range s.Pairs {
			n += p.Clients
		}
		if i, e := strconv.Atoi(text[1:]); e != nil || text[0] != 'c' || i < 1 || i > n {
			err = fmt.Errorf("there is no client %s", text)
		}
	case aTime:
		_, err = time.ParseDuration(text)
	case aNumber:
		_, err = strconv.Atoi(text)
	}
	return err
}

var actions map[string]action

func init() {
	actions = map[string]action{
		// Clients.
		"arrive":  {[]arg{aClient}, func(w *World, a []string) { w.client(a[0]).arrive() }},
		"leave":   {[]arg{aClient}, leave}, // leave c1 [B]: tells B, not its server
		"vanish":  {[]arg{aClient}, func(w *World, a []string) { w.client(a[0]).vanish() }},
		"renew":   {[]arg{aClient}, func(w *World, a []string) { w.client(a[0]).early() }},
		"rebind":  {[]arg{aClient}, func(w *World, a []string) { w.client(a[0]).moved() }},
		"decline": {[]arg{aClient}, func(w *World, a []string) { w.client(a[0]).decline = true }},
		"hear":    {[]arg{aClient}, hear},    // hear c1 A: only A; hear c1: all
		"loss":    {[]arg{aNumber}, setLoss}, // percent of client packets
		"cut":     {[]arg{aPair}, cut},       // cut P [keep|lose] [A]: only A learns of it
		"part":    {[]arg{aServer, aServer}, func(w *World, a []string) { w.eachLink(a, (*link).part) }},
		"join":    {[]arg{aServer, aServer}, func(w *World, a []string) { w.eachLink(a, (*link).join) }},
		"crash":   {[]arg{aServer}, crash}, // crash A [keep|lose] [written|unwritten] [silent]
		"start":   {[]arg{aServer}, func(w *World, a []string) { w.node(a[0]).start() }},
		"stop":    {[]arg{aServer}, func(w *World, a []string) { w.node(a[0]).stop() }}, // it stands still
		"go":      {[]arg{aServer}, func(w *World, a []string) { w.node(a[0]).goOn() }},
		"stall":   {[]arg{aServer, aTime}, stall},
		"disk":    {[]arg{aServer}, func(w *World, a []string) { w.node(a[0]).disk.broken = word(a, "broken") }},
		"lose":    {[]arg{aServer}, lose}, // lose A [forgotten]: its lease database
		"backup":  {[]arg{aServer}, backup},
		"restore": {[]arg{aServer}, restore}, // restore A [all] [recover]: the last backup
		"step":    {[]arg{aServer, aTime}, stepClock},
		// Operators.
		"partner-down": {[]arg{aServer}, partnerDown}, // partner-down A [accurate|<ago>]
		"shutdown":     {[]arg{aServer}, func(w *World, a []string) { w.node(a[0]).orderly(core.Shutdown{}) }},
		"pause":        {[]arg{aServer}, func(w *World, a []string) { w.node(a[0]).orderly(core.Pause{}) }},
		"rebalance":    {[]arg{aServer}, func(w *World, a []string) { w.node(a[0]).tell(core.Rebalance{}) }},
		"swap":         {[]arg{aPair}, swap},   // swap P [A] [force]: main and backup
		"rename":       {[]arg{aPair}, rename}, // rename P [A] [forgotten]
		"mclt":         {[]arg{aPair, aNumber}, setMCLT},
		"reserve":      {[]arg{aPair, aNumber, aClient}, reserve}, // reserve P 3 c1 [A]
		"unreserve":    {[]arg{aPair, aNumber}, reserve},          // unreserve P 3 [A]
		"force":        {[]arg{aServer, aPair, aNumber}, force},   // force-available
	}
}

func word(args []string, w string) bool { return slices.Contains(args, w) }

func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

func duration(text string) time.Duration {
	d, _ := time.ParseDuration(text)
	return d
}

func hear(w *World, a []string) {
	c := w.client(a[0])
	for i, n := range w.nodes {
		c.hears[i] = len(a) == 1 || word(a[1:], n.name)
	}
}

func leave(w *World, a []string) {
	c := w.client(a[0])
	if len(a) > 1 {
		c.server = w.node(a[1]).index
	}
	c.leave()
}

func setLoss(w *World, a []string) {
	s := *w.sched
	s.Loss = number(a[0])
	w.sched = &s
}

func (w *World) eachLink(a []string, do func(*link)) {
	for _, p := range w.pairs {
		if word(a, p.Main) && word(a, p.Backup) {
			do(p.link)
		}
	}
}

func fateOf(a []string, keep, lose string) fate {
	switch {
	case word(a, keep):
		return kept
	case word(a, lose):
		return lost
	}
	return drawn
}

func cut(w *World, a []string) {
	p := w.pair(a[0])
	half := -1
	for side, name := range []string{p.Main, p.Backup} {
		if word(a[1:], name) {
			half = side
		}
	}
	p.link.cut(fateOf(a, "keep", "lose"), half)
}

func crash(w *World, a []string) {
	w.node(a[0]).halt(fateOf(a, "written", "unwritten"), fateOf(a, "keep", "lose"), word(a, "silent"))
}

func stall(w *World, a []string) {
	n := w.node(a[0])
	n.disk.stalled = max(n.disk.stalled, w.now+duration(a[1]))
}

// lose loses the lease database of a server that is down, or goes down so. The
// configuration remembers that it had partners, unless that is forgotten too.
func lose(w *World, a []string) {
	n := w.node(a[0])
	w.checks.risk.losing(n)
	n.halt(lost, drawn, true)
	known, marks := n.disk.content.known, n.disk.content.marks
	w.checks.s1.forever(n)
	n.empty()
	if !word(a, "forgotten") {
		n.disk.content.known, n.disk.content.marks = known, marks
	} else {
		w.checks.risk.lostDisk(n)
	}
	w.checks.replaced(n)
}

func backup(w *World, a []string) {
	d := &w.node(a[0]).disk
	d.copies = []content{d.content.clone()}
	d.copied = d.n.wall()
}

// restore puts the last backup of the lease database in place, or of all that
// the server has. It notices the former, if the backup is not of just now. Else
// the operator says so ("recover", which is failover-recover), or he has taken a
// risk.
func restore(w *World, a []string) {
	n := w.node(a[0])
	d := &n.disk
	if len(d.copies) == 0 {
		return
	}
	if n.dhcpd && word(a, "recover") { // with it, there must be no lease file
		lose(w, a[:1])
		return
	}
	noticed := !n.dhcpd && !word(a, "all") && n.older(&d.copies[0])
	for _, e := range n.ends {
		if o := e.p.other(e.side); !noticed && e.p.link.sides[o.side].conn == nil {
			w.checks.risk.alone(e) // nobody knows until when it served
		}
	}
	w.checks.risk.losing(n)
	n.halt(lost, drawn, true)
	w.checks.s1.forever(n)
	known, marks := d.content.known, d.content.marks
	d.content = d.copies[0].clone()
	if !word(a, "all") {
		d.content.known, d.content.marks = known, marks
	}
	for _, e := range n.ends {
		if word(a, "recover") {
			e.cfg.Recover = d.copied
		}
	}
	if !noticed && !word(a, "recover") {
		w.checks.risk.lostDisk(n)
	}
	w.checks.replaced(n)
}

// recovered unsets failover-recover when all that was missing has been fetched.
func (n *node) recovered(since int64) {
	for _, e := range n.ends {
		if since == 0 || e.cfg.Recover == since && (e.m == nil || e.state() != normal || e.m.Status().Snapshot.RecoverDone != since) {
			return
		}
	}
	for _, e := range n.ends {
		if e.cfg.Recover == since {
			e.cfg.Recover = 0
			e.input(core.Reconfigured{Config: e.cfg})
		}
	}
}

func stepClock(w *World, a []string) {
	w.node(a[0]).step(duration(a[1]))
}

// step sets a server's clock.
func (n *node) step(by time.Duration) {
	n.skew += by
	n.w.checks.risk.set(n, by)
	if n.up && !n.dhcpd {
		n.expiry = 0
		n.wakeExpiry()
	}
}

// tell gives an operator's command to all endpoints of a server.
func (n *node) tell(in core.Input) {
	for _, e := range n.ends {
		switch {
		case !n.up:
		case e.dhcpd != nil:
			e.dhcpd.operator(in)
		default:
			e.input(in)
		}
	}
}

// orderly ends a server's service and, when its partners were told, the server.
func (n *node) orderly(in core.Input) {
	if !n.up {
		return
	}
	n.leaving = true
	n.tell(in)
	boot := n.boot
	n.at(n.w.now+12*time.Second, func() {
		if n.boot == boot {
			n.halt(kept, kept, false)
		}
	})
}

func partnerDown(w *World, a []string) {
	n := w.node(a[0])
	for _, e := range n.ends {
		if !n.up {
			continue
		}
		since := int64(0)
		switch o := e.p.other(e.side); {
		case word(a, "accurate"):
			if o.n.up && !o.n.still {
				continue // it is not down, says the operator
			}
			since = n.wallAt(o.n.servedLast()) + 1
		case len(a) > 1:
			since = n.wall() - int64(duration(a[1])/time.Second)
		}
		if e.dhcpd != nil {
			e.dhcpd.operator(core.PartnerDown{Since: since})
		} else {
			e.input(core.PartnerDown{Since: since})
		}
	}
}

func setMCLT(w *World, a []string) {
	p, mclt := w.pair(a[0]), int64(number(a[1]))
	was := p.ends[0].cfg.MCLT
	w.mclt = max(w.mclt, was, mclt)
	if mclt < was {
		w.checks.risk.shortened(p, was)
	}
	for _, e := range p.ends {
		e.cfg.MCLT = mclt
		if e.n.up && e.dhcpd == nil {
			e.input(core.Reconfigured{Config: e.cfg})
		}
	}
}

// reserve adds or takes away a reservation, at one server or at both.
func reserve(w *World, a []string) {
	p := w.pair(a[0])
	if p.mixed() {
		return // a dhcpd has no such reservations
	}
	i := number(a[1])
	who := ""
	rest := a[2:]
	if len(rest) > 0 && rest[0][0] == 'c' {
		who, rest = rest[0], rest[1:]
	}
	if i < 0 || i >= p.Pool {
		return
	}
	if l := p.link; !w.checks.risk.bothNormal(p) || l.parted || l.sides[0].conn == nil || l.sides[0].conn != l.sides[1].conn {
		w.checks.risk.take(p, "who may give an address changes, and the servers do not talk")
	}
	for _, e := range p.ends {
		if len(rest) > 0 && !word(rest, e.n.name) {
			continue
		}
		e.n.reserved[p.index*maxPool+i] = who
		if e.n.up && e.dhcpd == nil {
			e.n.configure()
			e.input(core.PoolsChanged{})
		}
	}
}

// force makes a lease available whoever has it.
func force(w *World, a []string) {
	n, p, i := w.node(a[0]), w.pair(a[1]), number(a[2])
	e := n.of(p)
	if !n.up || e == nil || e.dhcpd != nil || i < 0 || i >= p.Pool {
		return
	}
	k := keyOf(p.index, i)
	w.checks.l6.forced(w.slotOf(k))
	n.act(func() {
		n.hold(k, func() { // it may be in the hands of a packet until then
			l, ok := n.table.Get(k)
			if !ok {
				n.release(k)
				return
			}
			w.checks.s1.end(w.slotOf(k))
			n.change(e, k, lease.ForceAvailable(e.auth.Ending(l), n.wall()))
		})
	})
}
