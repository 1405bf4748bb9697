package sim

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Generate draws a schedule from a seed.
func Generate(seed uint64) *Schedule {
	g := &generator{rng: streamOf(seed, "schedule", 0)}
	g.s = Schedule{
		Seed:    seed,
		Latency: pick(&g.rng, 2*time.Millisecond, 20*time.Millisecond, 20*time.Millisecond, 100*time.Millisecond, time.Second),
		Loss:    pick(&g.rng, 0, 0, 2, 10, 30),
		Until:   g.rng.between(3*time.Minute, 15*time.Minute).Round(time.Second),
	}
	g.risky = g.rng.chance(20)
	g.servers()
	g.pairs()
	g.clients()
	for range 2 + g.rng.n(7) {
		g.incident()
	}
	g.mix()
	g.stops()
	g.acks()
	slices.SortStableFunc(g.s.Steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	return &g.s
}

type generator struct {
	rng   rng
	s     Schedule
	risky bool // operators may take risks
	count int  // clients
}

func (g *generator) servers() {
	n := pick(&g.rng, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4)
	skewed := g.rng.chance(20)
	slow := pick(&g.rng, time.Millisecond, defaultDisk, 50*time.Millisecond, 500*time.Millisecond)
	for i := range n {
		s := Server{Name: string(rune('A' + i)), Disk: slow}
		if skewed {
			s.Skew = g.rng.between(-29*time.Second, 30*time.Second).Round(time.Second)
			s.Drift = pick(&g.rng, 0, 0, 100, -100)
		}
		g.s.Servers = append(g.s.Servers, s)
	}
}

// passing is in how many of a hundred schedules acknowledgements are written in
// passing.
const passing = 75

// acks has numbers of its own, as mix.
func (g *generator) acks() {
	r := streamOf(g.s.Seed, "acks", 0)
	if !r.chance(passing) {
		return
	}
	for i := range g.s.Servers {
		g.s.Servers[i].Passing = !g.s.Servers[i].Dhcpd
	}
}

// mixed is in how many of a hundred schedules one of the servers is a dhcpd.
const mixed = 25

// mix makes a dhcpd of a server, or of two that are not each other's partners. It
// has numbers of its own, so that the rest of the schedule is the same. Between
// two hosts a dhcpd has one relationship.
func (g *generator) mix() {
	r := streamOf(g.s.Seed, "mixed", 0)
	if !r.chance(mixed) || len(g.s.Pairs) >= len(g.s.Servers) {
		return
	}
	i := r.n(len(g.s.Servers))
	g.s.Servers[i].Dhcpd = true
	if j := (i + 2) % len(g.s.Servers); len(g.s.Servers) == 4 && r.chance(50) && !g.paired(i, j) {
		g.s.Servers[j].Dhcpd = true
	}
}

func (g *generator) paired(i, j int) bool {
	a, b := g.s.Servers[i].Name, g.s.Servers[j].Name
	return slices.ContainsFunc(g.s.Pairs, func(p Pair) bool {
		return p.Main == a && p.Backup == b || p.Main == b && p.Backup == a
	})
}

// pairs draws the relationships: simple, symmetrical, back office, a ring.
func (g *generator) pairs() {
	add := func(name, main, backup string) {
		p := g.pair()
		p.Name, p.Main, p.Backup = name, main, backup
		g.s.Pairs = append(g.s.Pairs, p)
		g.count += p.Clients
	}
	switch len(g.s.Servers) {
	case 2:
		add("P", "A", "B")
		if g.rng.chance(8) {
			add("Q", "B", "A")
		}
	case 3:
		add("P", "A", "C")
		add("Q", "B", "C")
	case 4:
		add("P", "A", "B")
		add("Q", "C", "B")
		add("R", "D", "C")
	}
}

func (g *generator) pair() Pair {
	r := &g.rng
	p := Pair{
		Clients: 2 + r.n(6), Pool: 3 + r.n(14),
		MCLT:  pick[int64](r, 20, 60, 60, 120, 300),
		Lease: pick[int64](r, 40, 60, 120, 120, 300, 900),
		Grace: pick[int64](r, 0, 0, 5, 40), ReleaseGrace: pick[int64](r, 0, 0, 10),
		Unavailable: pick[int64](r, 60, 300, 600), Percent: pick(r, 10, 30, 50),
		Balanced: r.chance(40), First: r.chance(20), Bulking: r.chance(70),
		MaxUnacked: pick[uint32](r, 1, 3, 10, 50),
		Poll:       pick(r, 10*time.Second, 30*time.Second, 60*time.Second),
	}
	if p.Balanced {
		p.Percent = 50
		p.Delayed = pick[uint8](r, 0, 3, 10)
	}
	if r.chance(10) {
		p.SafePeriod = pick[int64](r, 60, 300)
	}
	p.BOOTP = r.chance(5)
	if r.chance(30) { // the pool runs out
		p.Pool = 2 + r.n(max(p.Clients, 2))
	}
	return p
}

func (g *generator) time() time.Duration {
	return g.rng.between(time.Second, g.s.Until).Round(time.Millisecond)
}

func (g *generator) at(t time.Duration, format string, args ...any) {
	f := strings.Fields(fmt.Sprintf(format, args...))
	if t < g.s.Until {
		g.s.Steps = append(g.s.Steps, Step{At: t.Round(time.Millisecond), Verb: f[0], Args: f[1:]})
	}
}

func (g *generator) client() string { return "c" + strconv.Itoa(1+g.rng.n(g.count)) }

// clients has them come, and some of them do more than renew.
func (g *generator) clients() {
	for i := range g.count {
		t := g.rng.between(0, 2*time.Minute)
		if g.rng.chance(30) {
			t = g.time()
		}
		g.at(t, "arrive c%d", i+1)
	}
	for range g.rng.n(2 * g.count) {
		t := g.time()
		switch c := g.client(); g.rng.n(9) {
		case 0, 1:
			g.at(t, "leave %s", c)
			g.at(t+g.span(), "arrive %s", c)
		case 2, 3:
			g.at(t, "vanish %s", c)
			g.at(t+g.span(), "arrive %s", c)
		case 4:
			g.at(t, "renew %s", c)
		case 5:
			g.at(t, "rebind %s", c)
		case 6:
			g.at(t, "decline %s", c)
		case 7:
			g.at(t, "hear %s %s", c, g.server())
			g.at(t+g.span(), "hear %s", c)
		case 8:
			g.at(t, "vanish %s", c)
		}
	}
}

func (g *generator) server() string { return g.s.Servers[g.rng.n(len(g.s.Servers))].Name }

// partner is somebody that the server is paired with.
func (g *generator) partner(of string) string {
	var others []string
	for _, p := range g.s.Pairs {
		switch of {
		case p.Main:
			others = append(others, p.Backup)
		case p.Backup:
			others = append(others, p.Main)
		}
	}
	return others[g.rng.n(len(others))]
}

func (g *generator) pairName() string { return g.s.Pairs[g.rng.n(len(g.s.Pairs))].Name }

// span is a while: seconds as often as minutes.
func (g *generator) span() time.Duration {
	return pick(&g.rng,
		g.rng.between(time.Millisecond, 2*time.Second), g.rng.between(time.Second, 20*time.Second),
		g.rng.between(10*time.Second, 90*time.Second), g.rng.between(time.Minute, 8*time.Minute))
}

func (g *generator) fates() string {
	return pick(&g.rng, "", "", "keep ", "lose ") + pick(&g.rng, "", "", "written ", "unwritten ") + pick(&g.rng, "", "", "silent")
}

// incident is one thing that goes wrong, and often its end.
func (g *generator) incident() {
	t, a := g.time(), g.server()
	b := g.partner(a)
	switch g.rng.n(22) {
	case 0, 1:
		g.at(t, "crash %s %s", a, g.fates())
		g.at(t+g.span(), "start %s", a)
	case 2, 3:
		g.trap(t, a, "crash "+a+" "+g.fates())
		g.at(t+g.span()+5*time.Second, "start %s", a)
	case 4:
		g.takeover(t, a, b)
	case 5, 6:
		g.at(t, "part %s %s", a, b)
		g.at(t+g.span(), "join %s %s", a, b)
	case 7:
		g.at(t, "cut %s %s %s", g.pairName(), pick(&g.rng, "", "keep", "lose"), pick(&g.rng, "", "", a))
	case 8:
		g.trap(t, a, "cut "+g.pairName()+" "+pick(&g.rng, "", "lose", a))
	case 9:
		g.at(t, "lose %s", a)
		g.at(t+g.span(), "start %s", a)
	case 10:
		g.at(t, "backup %s", a)
		u := t + g.span()
		g.at(u, "restore %s %s", a, pick(&g.rng, "", "recover", "all recover"))
		g.at(u+g.span(), "start %s", a)
	case 11:
		g.at(t, "stall %s %v", a, g.span().Round(time.Millisecond))
	case 12:
		g.at(t, "%s %s", pick(&g.rng, "shutdown", "pause"), a)
		g.at(t+15*time.Second+g.span(), "start %s", a)
	case 13:
		g.operator(t, a)
	case 14:
		g.twice(t, a, b)
	case 15:
		g.at(t, "loss %d", pick(&g.rng, 0, 20, 60, 100))
		g.at(t+g.span(), "loss 0")
	case 16:
		g.trap(t, a, "cut "+g.pairName())
		g.at(t, "part %s %s", a, b)
		g.at(t+g.span(), "join %s %s", a, b)
	case 17:
		if g.risky {
			g.foolish(t, a, b)
			return
		}
		g.at(t, "disk %s broken", a)
		g.at(t+g.span(), "disk %s works", a)
	case 18, 19:
		g.alone(t, a, b)
	case 20:
		g.identity(t, "swap "+g.pairName(), "")
	case 21:
		g.identity(t, "rename "+g.pairName(), pick(&g.rng, "", "", "", " forgotten"))
	}
}

// identity is a change of what the servers are to each other, at both at once
// or at one after the other.
func (g *generator) identity(t time.Duration, do, how string) {
	name := strings.Fields(do)[1]
	for _, p := range g.s.Pairs {
		if p.Name != name {
			continue
		}
		first, second := p.Main, p.Backup
		if g.rng.chance(50) {
			first, second = second, first
		}
		g.at(t, "%s %s%s", do, first, how)
		if g.rng.chance(20) {
			g.at(t+g.span(), "crash %s %s", g.server(), g.fates())
		}
		g.at(t+g.span(), "%s %s", do, second)
	}
}

// alone is a server that serves out of touch for a while and dies: nobody else
// knows what it gave. Its partner may go on in its place, and clients come that
// are given what is free.
func (g *generator) alone(t time.Duration, a, b string) {
	g.at(t, "part %s %s", a, b)
	t += g.span()
	g.at(t, "%s %s", pick(&g.rng, "crash", "crash", "lose"), a)
	u := t + g.rng.between(0, 20*time.Second)
	if g.rng.chance(60) {
		g.at(u, "partner-down %s accurate", b)
		u += g.span()
	}
	g.at(u, "join %s %s", a, b)
	g.at(u+g.rng.between(0, 10*time.Second), "start %s", a)
	for range g.rng.n(4) {
		c := g.client()
		g.at(t+g.rng.between(0, 3*time.Minute), "%s %s", pick(&g.rng, "leave", "vanish", "arrive"), c)
		g.at(t+g.rng.between(0, 3*time.Minute), "arrive %s", c)
	}
}

// trap makes something happen at an awkward moment.
func (g *generator) trap(t time.Duration, server, do string) {
	f := strings.Fields(do)
	on := &Trigger{Server: server, Nth: 1 + g.rng.n(3)}
	on.Verb = pick(&g.rng, "sends", "sends", "gets", "gets", "saves", "commits", "acks", "enters")
	switch on.Verb {
	case "sends", "gets":
		on.What = pick(&g.rng, "", "BNDUPD", "BNDUPD", "BNDACK", "BNDACK", "STATE", "UPDREQ", "UPDREQALL", "UPDDONE", "POOLREQ")
	case "enters":
		on.What = pick(&g.rng, "", "NORMAL", "COMMUNICATIONS-INTERRUPTED", "RECOVER", "RECOVER-WAIT", "RECOVER-DONE", "POTENTIAL-CONFLICT", "CONFLICT-DONE")
	}
	g.s.Steps = append(g.s.Steps, Step{At: t, On: on, Verb: f[0], Args: f[1:]})
}

// takeover is a server that dies and an operator who says so.
func (g *generator) takeover(t time.Duration, a, b string) {
	g.at(t, "crash %s %s", a, g.fates())
	u := t + g.span()
	g.at(u, "partner-down %s accurate", b)
	g.at(u+g.span(), "start %s", a)
}

// twice is both servers of a pair in trouble.
func (g *generator) twice(t time.Duration, a, b string) {
	g.at(t, "crash %s %s", a, g.fates())
	u := t + g.rng.between(0, time.Minute)
	g.at(u, "crash %s %s", b, g.fates())
	g.at(u+g.span(), "start %s", a)
	g.at(u+g.span(), "start %s", b)
}

// operator is what an administrator may do without any risk.
func (g *generator) operator(t time.Duration, a string) {
	p := &g.s.Pairs[g.rng.n(len(g.s.Pairs))]
	switch g.rng.n(5) {
	case 0:
		g.at(t, "mclt %s %d", p.Name, pick(&g.rng, 20, 60, 120, 300))
	case 1, 2:
		i := g.rng.n(p.Pool)
		g.at(t, "reserve %s %d %s", p.Name, i, g.client())
		g.at(t+g.span(), "unreserve %s %d", p.Name, i)
	case 3:
		g.at(t, "rebalance %s", a)
	case 4:
		g.at(t, "step %s %v", a, g.rng.between(-4*time.Second, 5*time.Second).Round(time.Second))
	}
}

// foolish is what nobody should do.
func (g *generator) foolish(t time.Duration, a, b string) {
	switch g.rng.n(7) {
	case 0, 1:
		g.at(t, "part %s %s", a, b)
		g.at(t+g.span(), "partner-down %s", a)
		if g.rng.chance(40) {
			g.at(t+g.span(), "partner-down %s", b)
		}
		g.at(t+g.span(), "join %s %s", a, b)
	case 2:
		g.at(t, "partner-down %s", a)
	case 3:
		g.at(t, "lose %s forgotten", a)
		g.at(t+g.span(), "start %s", a)
	case 4:
		g.at(t, "backup %s", a)
		u := t + g.span()
		g.at(u, "restore %s all", a)
		g.at(u+g.span(), "start %s", a)
	case 5:
		p := &g.s.Pairs[g.rng.n(len(g.s.Pairs))]
		g.at(t, "force %s %s %d", a, p.Name, g.rng.n(p.Pool))
	case 6:
		g.at(t, "step %s %v", a, g.rng.between(-10*time.Minute, 10*time.Minute).Round(time.Second))
	}
}
