package sim

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// link is what connects the two ends of a pair. Both dial, but only the
// primary sends CONNECT, so it is the primary's attempts that are modelled.
// Servers that do not agree about their roles, or the name, are not connected.
type link struct {
	p      *pair
	w      *World
	rng    rng
	parted bool // nothing passes
	sides  [2]linkSide
	dials  int // number of the attempts' timer
}

// linkSide is one server's view of the connection.
type linkSide struct {
	conn  *conn // established
	try   *conn // the primary waits for its CONNECTACK
	alive bool  // the process runs
	heard time.Duration
	sent  time.Duration
	// partner is how its messages are wanted.
	profile *wire.Profile
	poll    time.Duration // the partner's receive-timer
	watch   int           // number of the timers
}

// conn is a TCP connection: a stream each way, sent by side 0 or 1.
type conn struct {
	link    *link
	streams [2]stream
	gone    [2]bool // the side has closed its end, or its host forgot it
}

// stream is octets in order. What was sent arrives in order, or not at all
// from some point on.
type stream struct {
	queue []packet
	last  time.Duration // when the one before arrives
	stuck bool          // waits for the end of a partition
	busy  bool          // a delivery is due
}

type packet struct {
	sent  time.Duration
	at    time.Duration
	frame []byte // nil is the end
}

const (
	dialEvery      = 5 * time.Second
	connectTimeout = 15 * time.Second
)

func newLink(p *pair) *link {
	l := &link{p: p, w: p.w, rng: streamOf(p.w.sched.Seed, "link "+p.Name, 0)}
	return l
}

func (l *link) end(side int) end {
	e := l.p.ends[side]
	if e.dhcpd != nil {
		return e.dhcpd
	}
	return e
}

// begin is told that a side's process has started.
func (l *link) begin(side int) {
	l.sides[side] = linkSide{alive: true, watch: l.sides[side].watch + 1}
	l.redial(l.rng.between(0, time.Second))
}

// profileFor is how a side writes to a partner.
func (l *link) profileFor(side int, vendor string) *wire.Profile {
	if l.p.ends[side].dhcpd != nil {
		return wire.ISC // it knows no other way
	}
	return wire.ProfileOf(vendor)
}

// redial has the primary try after a while.
func (l *link) redial(in time.Duration) {
	l.dials++
	n := l.dials
	l.w.after(in, func() {
		if l.dials == n {
			l.dial()
		}
	})
}

// primary is the side that sends CONNECT, -1 if the servers are not of one mind.
func (l *link) primary() int {
	a, b := l.p.ends[0].role, l.p.ends[1].role
	if a == b {
		return -1
	}
	if a == lease.Primary {
		return 0
	}
	return 1
}

func (l *link) dial() {
	side := l.primary()
	if side < 0 {
		l.quarrel()
		l.redial(dialEvery)
		return
	}
	s := &l.sides[side]
	if !s.alive || s.conn != nil {
		return
	}
	if l.p.ends[side].n.still {
		l.redial(dialEvery)
		return
	}
	if s.try != nil { // its CONNECTACK never came
		l.close(s.try, side, false)
		s.try = nil
	}
	if l.parted || !l.sides[1-side].alive {
		l.redial(dialEvery + l.rng.between(0, time.Second))
		return
	}
	c := &conn{link: l}
	s.try = c
	if s.profile == nil {
		s.profile = l.profileFor(side, l.end(side).vendor())
	}
	l.write(c, side, s.profile, wire.Message{XID: 1, Body: l.end(side).connect(s.profile)})
	l.redial(connectTimeout)
}

// quarrel is what comes of it that both servers are configured as main: each
// sends CONNECT, and the other refuses it.
func (l *link) quarrel() {
	if l.parted || !l.sides[0].alive || !l.sides[1].alive || l.p.ends[0].role != lease.Primary {
		return
	}
	for side := range l.sides {
		boot := l.p.ends[side].n.boot
		l.w.after(l.w.sched.Latency, func() {
			if l.p.ends[side].n.boot == boot {
				l.end(side).denied()
			}
		})
	}
}

// write encodes a message and sends it over a connection.
func (l *link) write(c *conn, side int, profile *wire.Profile, m wire.Message) {
	if c.gone[side] {
		return
	}
	m.Time = wire.TimeOf(l.p.ends[side].n.wall())
	frame, err := profile.Encode(m)
	if err != nil {
		l.w.fail("wire", "%s cannot encode %v: %v", l.p.ends[side].n.name, m, err)
		return
	}
	l.sides[side].sent = l.w.now
	l.push(c, side, packet{sent: l.w.now, frame: frame})
}

func (l *link) push(c *conn, side int, p packet) {
	s := &c.streams[side]
	latency := l.w.sched.Latency
	d := l.rng.between(latency/10+1, latency+2)
	if l.rng.chance(1) {
		d *= 20
	}
	p.at = max(s.last, l.w.now+d)
	s.last = p.at
	s.queue = append(s.queue, p)
	l.deliverNext(c, side)
}

func (l *link) deliverNext(c *conn, side int) {
	s := &c.streams[side]
	if s.busy || len(s.queue) == 0 {
		return
	}
	s.busy = true
	l.w.queue.add(max(s.queue[0].at, l.w.now), func() {
		s.busy = false
		if l.parted || l.p.ends[1-side].n.still {
			s.stuck = true
			return
		}
		if len(s.queue) == 0 {
			return
		}
		p := s.queue[0]
		s.queue = s.queue[1:]
		l.arrive(c, side, p)
		l.deliverNext(c, side)
	})
}

// arrive gives a packet of one side to the other.
func (l *link) arrive(c *conn, from int, p packet) {
	to := 1 - from
	s := &l.sides[to]
	if c.gone[to] || !s.alive {
		if p.frame != nil && !l.p.ends[to].n.dark {
			l.push(c, to, packet{}) // the host does not know the connection: a reset
		}
		return
	}
	if p.frame == nil {
		c.gone[to] = true
		l.ended(c, to, core.Down{})
		return
	}
	m, err := wire.Decode(p.frame)
	if err != nil {
		l.w.fail("wire", "%s cannot decode what %s sent: %v", l.p.ends[to].n.name, l.p.ends[from].n.name, err)
		return
	}
	l.w.stats.Messages++
	l.w.note('m', int64(l.p.index), int64(from), int64(m.Body.Type()), int64(m.XID))
	switch b := m.Body.(type) {
	case wire.CONNECT:
		l.w.checks.risk.held(l.p, l.w.now-p.sent)
		l.connected(c, to, m, b)
	case wire.CONNECTACK:
		l.w.checks.risk.held(l.p, l.w.now-p.sent)
		l.acked(c, to, m, b)
	case wire.DISCONNECT:
		l.close(c, to, false)
		l.ended(c, to, core.Down{Reason: b.Reason, Text: b.Text})
	default:
		if s.conn != c {
			return
		}
		s.heard = l.w.now
		if m.Body.Type() != wire.TypeCONTACT {
			l.w.say("        %s gets %v", l.p.ends[to].n.name, m)
		}
		l.w.checks.got(l.p, to, &m)
		l.end(to).message(m)
		l.w.happened(l.p.ends[to].n, "gets", m.Body.Type().String())
	}
}

// connected is a CONNECT at the secondary.
func (l *link) connected(c *conn, side int, m wire.Message, b wire.CONNECT) {
	s := &l.sides[side]
	profile := l.profileFor(side, b.VendorClass)
	mine := l.end(side).connect(profile)
	ack := wire.CONNECTACK{Relationship: mine.Relationship, Version: wire.ProtocolVersion, TLS: wire.TLSNone}
	d := l.p.ends[side].dhcpd
	switch {
	case d != nil && s.conn != nil: // it closes without a word
		l.close(c, side, false)
		return
	case d != nil && d.far(m.Time):
		ack.Reason = wire.ReasonTimeMismatch
	case l.p.ends[side].role != lease.Secondary || b.Relationship != mine.Relationship:
		ack.Reason = wire.ReasonInvalidPartner
		l.end(side).denied()
	case s.conn != nil && l.w.now-s.heard < l.p.Poll/2:
		ack.Reason = wire.ReasonDuplicate
	case s.conn != nil:
		old := s.conn
		l.close(old, side, false)
		l.ended(old, side, core.Down{})
	}
	if ack.Reason != 0 {
		l.write(c, side, profile, wire.Message{XID: m.XID, Body: ack})
		l.close(c, side, false)
		return
	}
	ack.MaxUnacked, ack.ReceiveTimer, ack.VendorClass = mine.MaxUnacked, mine.ReceiveTimer, mine.VendorClass
	l.write(c, side, profile, wire.Message{XID: m.XID, Body: ack})
	hba := *b.HBA
	l.establish(c, side, profile, core.Up{
		Vendor: b.VendorClass, MaxUnacked: b.MaxUnacked, ReceiveTimer: b.ReceiveTimer, MCLT: int64(b.MCLT), HBA: &hba, Time: m.Time,
	})
}

// acked is a CONNECTACK at the primary.
func (l *link) acked(c *conn, side int, m wire.Message, b wire.CONNECTACK) {
	s := &l.sides[side]
	if s.try != c {
		return
	}
	s.try = nil
	if b.Reason != 0 {
		l.close(c, side, false)
		l.end(side).down(core.Down{Reason: b.Reason, Text: b.Text})
		if b.Reason != wire.ReasonDuplicate {
			l.end(side).denied()
		}
		l.redial(dialEvery)
		return
	}
	profile := l.profileFor(side, b.VendorClass)
	if d := l.p.ends[side].dhcpd; d != nil && d.far(m.Time) {
		l.write(c, side, profile, wire.Message{Body: wire.DISCONNECT{Reason: wire.ReasonTimeMismatch}})
		l.close(c, side, false)
		l.redial(dialEvery)
		return
	}
	if s.profile.SetIsPrimary != profile.SetIsPrimary {
		// The hash buckets were said the wrong way round: once more.
		s.profile = profile
		l.close(c, side, false)
		l.redial(time.Second)
		return
	}
	l.establish(c, side, profile, core.Up{
		Vendor: b.VendorClass, MaxUnacked: b.MaxUnacked, ReceiveTimer: b.ReceiveTimer, Time: m.Time,
	})
}

func (l *link) establish(c *conn, side int, profile *wire.Profile, up core.Up) {
	s := &l.sides[side]
	s.conn, s.profile = c, profile
	s.heard, s.sent = l.w.now, l.w.now
	s.poll = time.Duration(up.ReceiveTimer) * time.Second
	s.watch++
	l.watch(side)
	l.contact(side)
	l.w.checks.connected(l.p, side, up.MaxUnacked)
	l.end(side).up(up, c)
}

// watch gives the connection up after a silence.
func (l *link) watch(side int) {
	s := &l.sides[side]
	n := s.watch
	l.p.ends[side].n.at(s.heard+l.p.Poll, func() {
		if s.watch != n || s.conn == nil {
			return
		}
		if l.w.now-s.heard < l.p.Poll {
			l.watch(side)
			return
		}
		l.w.say("%s hears nothing", l.p.ends[side].n.name)
		c := s.conn
		if l.p.ends[side].dhcpd == nil {
			l.write(c, side, s.profile, wire.Message{Body: wire.DISCONNECT{Reason: wire.ReasonNoTraffic}})
		}
		l.close(c, side, false)
		l.ended(c, side, core.Down{Reason: wire.ReasonNoTraffic, Text: "nothing heard"})
	})
}

// contact keeps the connection alive.
func (l *link) contact(side int) {
	s := &l.sides[side]
	n := s.watch
	every := s.poll / 3
	l.p.ends[side].n.at(s.sent+every, func() {
		if s.watch != n || s.conn == nil {
			return
		}
		if l.w.now-s.sent >= every {
			l.write(s.conn, side, s.profile, wire.Message{XID: 0xffffffff, Body: wire.CONTACT{}})
		}
		l.contact(side)
	})
}

// send is a message of an end.
func (l *link) send(side int, c *conn, xid uint32, body wire.Body) {
	s := &l.sides[side]
	if c == nil || s.conn != c { // it is gone meanwhile
		return
	}
	l.write(s.conn, side, s.profile, wire.Message{XID: xid, Body: body})
	l.w.happened(l.p.ends[side].n, "sends", body.Type().String())
}

// hangup is an end that wants no connection.
func (l *link) hangup(side int, c *conn, reason wire.Reason, text string) {
	s := &l.sides[side]
	if c == nil || s.conn != c {
		return
	}
	if reason != 0 {
		l.write(c, side, s.profile, wire.Message{Body: wire.DISCONNECT{Reason: reason, Text: text}})
	}
	l.close(c, side, false)
	l.ended(c, side, core.Down{Reason: reason, Text: text})
}

// drop is hangup without a word to the end.
func (l *link) drop(side int) {
	s := &l.sides[side]
	if s.conn != nil {
		l.close(s.conn, side, false)
		s.conn = nil
	}
	s.alive = false
	s.watch++
}

// close ends one side's half; silently if its host went with it.
func (l *link) close(c *conn, side int, silent bool) {
	if !silent {
		l.push(c, side, packet{})
	}
	c.gone[side] = true
}

// ended tells an end that its connection is gone.
func (l *link) ended(c *conn, side int, why core.Down) {
	s := &l.sides[side]
	switch {
	case s.conn == c:
		s.conn = nil
		s.watch++
		l.w.checks.disconnected(l.p, side)
		l.redial(dialEvery)
		l.end(side).down(why)
	case s.try == c:
		s.try = nil
		l.redial(dialEvery)
	}
}

// halt is the end of a side's process.
func (l *link) halt(side int, messages fate, silent bool) {
	s := &l.sides[side]
	for _, c := range []*conn{s.conn, s.try} {
		if c != nil {
			l.lose(c, side, messages)
			l.close(c, side, silent)
		}
	}
	s.conn, s.try, s.alive = nil, nil, false
	s.watch++
}

// lose loses the end of what a side has sent and is still on its way.
func (l *link) lose(c *conn, side int, messages fate) {
	s := &c.streams[side]
	keep := l.rng.n(len(s.queue) + 1)
	switch messages {
	case kept:
		keep = len(s.queue)
	case lost:
		keep = 0
	}
	s.queue = s.queue[:keep]
}

// cut breaks the connection. half: the other server does not hear of it.
func (l *link) cut(messages fate, half int) {
	for side := range 2 {
		s := &l.sides[side]
		c := s.conn
		if c == nil {
			c = s.try // the other side may have it already
		}
		if c == nil {
			continue
		}
		l.lose(c, side, messages)
		if half == 1-side {
			continue
		}
		l.close(c, side, half >= 0)
		l.ended(c, side, core.Down{})
	}
}

// part and join are the begin and end of a partition.
func (l *link) part() { l.parted = true }

func (l *link) join() {
	l.parted = false
	l.goOn()
}

// goOn delivers what has waited.
func (l *link) goOn() {
	seen := [2]*conn{l.sides[0].conn, l.sides[1].conn}
	for _, c := range append(seen[:], l.sides[0].try, l.sides[1].try) {
		if c == nil {
			continue
		}
		for side := range 2 {
			if s := &c.streams[side]; s.stuck {
				s.stuck = false
				l.deliverNext(c, side)
			}
		}
	}
}
