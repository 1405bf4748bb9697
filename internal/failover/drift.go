package failover

import (
	"slices"
	"strings"
	"time"

	"leasehold/internal/parity"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// Drift: the stored configurations of the two servers are not the same any more
// in what must match. Each tells the other a sum for each class, as soon as it has
// stored a change (stored.go), and a difference that lasts is told to operators,
// with the objects and attributes where this server can ask its partner for them.

// drift is what a pair does about it. All but seen is of the goroutine alone.
type drift struct {
	comparison
	told    []parity.ClassDigest // what the partner was told on this connection
	upAt    time.Duration        // when the connection came up
	asking  bool                 // for the differences by name
	again   bool                 // they are others since they were asked for
	askAt   time.Duration        // when they may be asked for again
	logged  map[string]bool      // lines that were logged of this drift
	unnamed string               // why they could not be named, as it was logged

	seen seen // guarded by the pair's mu
}

// seen is what operators see of it.
type seen struct {
	compared bool     // the partner tells its sums
	classes  []string // in drift
	lines    []string // what differs by name, as far as that is known
}

// news is what comes to a pair about stored configurations.
type news struct {
	sums  []parity.ClassDigest // this server's
	named *named               // or what differs
}

// named is the answer to the question what differs.
type named struct {
	lines []string
	err   *objects.Error
	took  time.Duration
}

// driftShare is the part of two poll intervals, in eighths, after which a
// difference is drift: with what it takes to be told it shows within the two.
const driftShare = 7

// patience is how long a difference lasts before it is drift.
func (p *Pair) patience() time.Duration {
	if p.m.DriftAfter > 0 {
		return p.m.DriftAfter
	}
	return 2 * p.rel.Load().poll * driftShare / 8
}

// hearNews takes what this server has stored, or what was found to differ.
func (p *Pair) hearNews(n *news) {
	if n.named != nil {
		p.takeNames(n.named)
	} else if p.drift.own.take(p.m.mono(), n.sums) {
		p.tellSums()
		p.drift.again = true
	}
	p.lookDrift()
}

// tellSums tells the partner what this server has stored.
func (p *Pair) tellSums() {
	sums := p.drift.own.sums
	if p.conn == nil || p.profile != wire.Own || sums == nil || slices.Equal(sums, p.drift.told) {
		return
	}
	p.drift.told = sums
	p.conn.Contact(sumsMessage(sums))
}

// hearSums takes what the partner has stored.
func (p *Pair) hearSums(c wire.CONTACT) {
	if p.profile != wire.Own {
		return
	}
	sums, told := readSums(c)
	switch {
	case !told:
		return
	case sums == nil: // of another version, which cannot be compared
		p.drift.forget()
	case p.drift.theirs.take(p.m.mono(), sums):
		p.drift.again = true
	}
	p.lookDrift()
}

// driftUp begins with a connection, driftDown ends with it.
func (p *Pair) driftUp() {
	p.drift.told, p.drift.upAt = nil, p.m.mono()
	if p.profile != wire.Own {
		p.drift.forget()
	}
	p.tellSums()
	p.lookDrift()
}

func (p *Pair) driftDown() {
	p.drift.part()
	p.lookDrift()
}

// silence is for how many times the patience a partner that told its sums before
// may be without a word of them on a new connection.
const silence = 8

// driftDeadline is when there is something to do about drift.
func (p *Pair) driftDeadline() (at time.Duration, ok bool) {
	d := &p.drift
	if at, ok = d.deadline(p.patience()); !ok && p.conn != nil && d.theirs.sums == nil && len(d.apart) > 0 {
		at, ok = d.upAt+silence*p.patience(), true
	}
	if d.again && !d.asking && d.known() && len(d.seen.classes) > 0 && (!ok || d.askAt < at) {
		at, ok = d.askAt, true
	}
	return at, ok
}

// lookDrift finds out what is in drift now, and says what is new.
func (p *Pair) lookDrift() {
	d, now := &p.drift, p.m.mono()
	if p.conn != nil && d.theirs.sums == nil && now >= d.upAt+silence*p.patience() {
		d.forget() // the partner is an older one now, which tells nothing
	}
	before := d.seen.classes // nobody else writes it
	began := d.look(now, p.patience())
	classes := d.drifting()
	p.mu.Lock()
	d.seen.compared, d.seen.classes = d.known(), classes
	if len(classes) == 0 {
		d.seen.lines = nil
	}
	p.mu.Unlock()
	if len(began) > 0 {
		p.m.Log.Log(msgDrift, p.name, strings.Join(classes, ", "))
		d.again, d.askAt = true, now
	}
	if len(classes) == 0 {
		if len(before) > 0 && d.known() {
			p.m.Log.Log(msgDriftOver, p.name)
		}
		d.logged, d.unnamed = nil, ""
		return
	}
	if d.again && !d.asking && d.known() && now >= d.askAt {
		d.asking, d.again = true, false
		p.m.askDifferences(p, classes)
	}
}

// askRest is how many times what a question to the partner took passes until the
// next one: its whole configuration travels.
const askRest = 20

// takeNames takes the answer to the question what differs.
func (p *Pair) takeNames(n *named) {
	d := &p.drift
	d.asking = false
	d.askAt = p.m.mono() + max(p.patience(), askRest*n.took)
	if len(d.seen.classes) == 0 { // it is over meanwhile
		return
	}
	if n.err != nil {
		d.askAt += silence * p.patience()
		d.again = true
		p.showDrift(nil)
		if why := n.err.Msg; why != d.unnamed {
			d.unnamed = why
			p.m.Log.Log(msgDriftUnnamed, p.name, why)
		}
		return
	}
	d.unnamed = ""
	p.showDrift(n.lines)
	if d.logged == nil {
		d.logged = map[string]bool{}
	}
	for _, line := range n.lines {
		if !d.logged[line] {
			d.logged[line] = true
			p.m.Log.Log(msgDriftNamed, p.name, line)
		}
	}
}

func (p *Pair) showDrift(lines []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drift.seen.lines = lines
}

// driftProblem is the line for operators; "" is none. mu is held.
func (p *Pair) driftProblem() string {
	s := &p.drift.seen
	if len(s.classes) == 0 {
		return ""
	}
	return "the stored configurations of the two servers differ in " + strings.Join(s.classes, ", ") +
		": 'failover-pair " + p.name + " diff' names what, and who changed it when"
}
