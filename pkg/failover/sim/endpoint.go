package sim

import (
	"slices"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// end is one server's part in a relationship, as its connection sees it.
type end interface {
	up(core.Up, *conn)
	down(core.Down)
	message(wire.Message)
	// denied is that one of the servers does not take the other's CONNECT.
	denied()
	// connect is what it puts into CONNECT for such a partner.
	connect(*wire.Profile) wire.CONNECT
	// vendor is the partner's vendor class that it saw last.
	vendor() string
}

// pair is a relationship: its two ends and what connects them.
type pair struct {
	Pair
	w     *World
	index int
	link  *link
	ends  [2]*endpoint // primary, secondary
}

func newPair(w *World, i int) *pair {
	p := &pair{Pair: w.sched.Pairs[i], w: w, index: i}
	p.link = newLink(p)
	if p.mixed() { // what a dhcpd can be
		p.Balanced, p.Percent, p.BOOTP = true, 50, false
	}
	for side, name := range []string{p.Main, p.Backup} {
		n := w.node(name)
		role := lease.Primary
		if side == 1 {
			role = lease.Secondary
		}
		e := &endpoint{n: n, p: p, role: role, side: side, name: p.Name, index: len(n.ends), cfg: p.config(role)}
		p.ends[side] = e
		n.ends = append(n.ends, e)
	}
	return p
}

// mixed tells whether one of the servers is a dhcpd.
func (p *pair) mixed() bool { return p.w.node(p.Main).dhcpd || p.w.node(p.Backup).dhcpd }

func (p *pair) config(role lease.Role) core.Config {
	return core.Config{
		Name: p.Name, Role: role, MCLT: p.MCLT, SafePeriod: p.SafePeriod,
		Balanced: p.Balanced, Split: 128, DelayedService: p.Delayed,
		MaxUnacked: p.MaxUnacked, Bulking: p.Bulking, PollTimeout: p.Poll, Longest: p.Lease,
	}
}

func (p *pair) other(side int) *endpoint { return p.ends[1-side] }

// endpoint carries out what a core machine decides. It lives as long as the
// run; the machine and what is under way last as long as the process.
type endpoint struct {
	n     *node
	p     *pair
	role  lease.Role
	side  int    // in the link
	name  string // of the relationship, as this server has it
	index int    // in the node
	cfg   core.Config

	m     *core.Machine // nil while the server is down
	auth  binding.Authority
	inbox line[entry]
	conn  *conn // of the last Up that the machine was given
	outs  line[core.Output]
	// saving: a snapshot is being written, and everything waits for it.
	saving  bool
	working bool
	stopped bool // the snapshot could not be written
	refused bool // the partner's server has refused the relationship
	armed   time.Duration
	timer   int
	held    map[uint64]lease.Key
	// stampAt is when the snapshot is of another generation.
	stampAt time.Duration

	dhcpd *dhcpd // instead of m
}

// begin starts the endpoint with its process.
func (e *endpoint) begin() {
	e.reset()
	e.held = map[uint64]lease.Key{}
	cfg := e.cfg
	var snap core.Snapshot
	snap, cfg.Lost = e.resume()
	e.m = core.New(cfg, snap, newView(e), e.time())
	e.auth = e.m.Authority()
	e.outs.add(e.m.Take()...)
	e.work()
	e.p.link.begin(e.side)
}

func (e *endpoint) reset() {
	timer := e.timer + 1
	*e = endpoint{n: e.n, p: e.p, role: e.role, side: e.side, name: e.name, index: e.index, cfg: e.cfg, dhcpd: e.dhcpd}
	e.timer = timer
}

func (e *endpoint) time() core.Now {
	return core.Now{Wall: e.n.wall(), Mono: e.n.w.now - e.n.booted}
}

func (e *endpoint) up(u core.Up, c *conn) {
	u.Received = e.time()
	e.enter(entry{u, c})
}
func (e *endpoint) down(d core.Down) { e.input(d) }
func (e *endpoint) denied() {
	e.refused = true
	e.input(core.Denied{})
}
func (e *endpoint) message(m wire.Message) { e.input(core.Message{Message: m, Received: e.time()}) }

// input gives the machine something that happened, after what it is at.
func (e *endpoint) input(in core.Input) { e.enter(entry{in: in}) }

// entry is an input, with the connection that it is about.
type entry struct {
	in   core.Input
	conn *conn
}

func (e *endpoint) enter(in entry) {
	if e.m == nil || e.stopped {
		return
	}
	e.inbox.add(in)
	e.work()
}

// work carries out outputs, one at a time and in order, and takes the next
// input when there are none.
func (e *endpoint) work() {
	if e.working || e.m == nil {
		return
	}
	e.working = true
	boot := e.n.boot
	for e.n.boot == boot && !e.n.still && !e.saving && !e.stopped {
		switch {
		case e.outs.len() > 0:
			e.carry(e.outs.take())
		case e.inbox.len() > 0:
			e.step(e.inbox.take())
		default:
			e.working = false
			e.rearm()
			return
		}
		if e.n.w.failure != nil {
			return
		}
	}
	if e.n.boot == boot {
		e.working = false
	}
}

func (e *endpoint) step(in entry) {
	before := e.m.State()
	switch in.in.(type) {
	case core.Up:
		e.conn = in.conn
	case core.Down:
		e.conn = nil
	}
	e.m.Step(e.time(), in.in)
	e.n.w.stats.Steps++
	outs := e.m.Take()
	e.outs.add(outs...)
	e.n.w.checks.decided(e, outs)
	if !saves(outs) {
		e.authorise()
	}
	if s := e.m.State(); s != before {
		e.entered(before, s)
	}
}

// saves tells whether a snapshot is to be written: until it is on disk, the
// server does as before.
func saves(outs []core.Output) bool {
	for _, o := range outs {
		if _, ok := o.(core.Save); ok {
			return true
		}
	}
	return false
}

func (e *endpoint) authorise() {
	before := e.auth
	e.auth = e.m.Authority()
	if e.auth != before {
		e.n.w.checks.authorised(e)
	}
}

// entered is called when the machine's state has changed.
func (e *endpoint) entered(from, to wire.ServerState) {
	w := e.n.w
	w.say("%s %s: %v -> %v", e.n.name, e.p.Name, from, to)
	w.note('s', int64(e.n.index), int64(e.p.index), int64(to))
	w.stats.entered(e.role, from, to)
	w.checks.entered(e, from, to)
	if to == normal {
		e.n.recovered(e.cfg.Recover)
	}
	w.happened(e.n, "enters", to.String())
}

func (e *endpoint) carry(out core.Output) {
	w := e.n.w
	switch o := out.(type) {
	case core.Save:
		e.saving = true
		e.save(&o.Snapshot)
	case core.Send:
		w.checks.sending(e, o)
		e.p.link.send(e.side, e.conn, o.XID, o.Body)
	case core.Hold:
		e.hold(o)
	case core.Write:
		e.write(o)
	case core.Note:
		e.note(o)
	case core.Go:
		for _, id := range o.IDs {
			k, ok := e.held[id]
			if !ok {
				w.fail("core", "%s lets go of %d, which it does not hold", e.n.name, id)
				return
			}
			delete(e.held, id)
			e.n.release(k)
		}
	case core.Settle:
		e.n.settle(func() { e.input(core.Settled(o)) })
	case core.Hangup:
		e.p.link.hangup(e.side, e.conn, o.Reason, o.Text)
	case core.Event:
		e.event(&o)
	}
}

// hold asks for addresses. Those that are there come together, the others as
// they are let go.
func (e *endpoint) hold(o core.Hold) {
	var got []uint64
	asking := true
	for i, id := range o.IDs {
		k := o.Keys[i]
		e.n.hold(k, func() {
			e.held[id] = k
			if asking {
				got = append(got, id)
				return
			}
			e.input(core.Held{IDs: []uint64{id}})
		})
	}
	asking = false
	if len(got) > 0 {
		e.input(core.Held{IDs: got})
	}
}

// write writes leases. The core hears of those together that went well, and of
// those that did not, when all are done.
func (e *endpoint) write(o core.Write) {
	left := len(o.IDs)
	var well, failed []uint64
	var why error
	for i, id := range o.IDs {
		k, l := e.held[id], &o.Leases[i]
		if k != l.Key {
			e.n.w.fail("core", "%s writes %v, which it does not hold (%d is %v)", e.n.name, l.Addr, id, k.Addr)
			return
		}
		delete(e.held, id)
		e.n.write(*l, func(err error) {
			e.n.release(k)
			if err == nil {
				well = append(well, id)
			} else {
				failed, why = append(failed, id), err
			}
			if left--; left > 0 {
				return
			}
			if len(well) > 0 {
				e.input(core.Written{IDs: well})
			}
			if len(failed) > 0 {
				e.input(core.Written{IDs: failed, Err: why})
			}
		})
	}
}

// note takes acknowledgements: at once and on disk later, or as what is written.
func (e *endpoint) note(o core.Note) {
	if !e.n.disk.passing {
		all := core.Write{IDs: o.IDs}
		for i := range o.Acks {
			l, _ := e.n.table.At(o.Acks[i].Key).Beneath()
			all.Leases = append(all.Leases, o.Acks[i].To(l))
		}
		e.write(all)
		return
	}
	ids, acks := slices.Clone(o.IDs), slices.Clone(o.Acks)
	for i, id := range ids {
		if k := e.held[id]; k != acks[i].Key {
			e.n.w.fail("core", "%s notes %v, which it does not hold (%d is %v)", e.n.name, acks[i].Addr, id, k.Addr)
			return
		}
		delete(e.held, id)
	}
	e.n.table.Acknowledge(acks)
	e.n.disk.note(acks)
	for i := range acks {
		e.n.release(acks[i].Key)
	}
	e.input(core.Written{IDs: ids})
}

func (e *endpoint) save(s *core.Snapshot) {
	state := s.State
	e.n.disk.save(e, s, func(err error) { e.saved(state, err) })
}

func (e *endpoint) saved(s wire.ServerState, err error) {
	e.saving = false
	if err != nil {
		// Nothing may be said or done that is not on disk: the endpoint ends.
		e.stopped = true
		e.auth.State = wire.StateShutdown
		e.p.link.drop(e.side)
		return
	}
	e.authorise()
	e.n.w.happened(e.n, "saves", s.String())
	e.work()
}

func (e *endpoint) event(o *core.Event) {
	w := e.n.w
	if o.Kind == core.EventConnected {
		e.n.disk.content.known[e.index] = true
	}
	w.checks.event(e, o)
	if w.verbose == nil {
		return
	}
	switch o.Kind {
	case core.EventConflict, core.EventSync, core.EventBalance, core.EventOffset, core.EventRisk, core.EventLost:
		w.say("%s %s: event %d %v %v n=%d %s", e.n.name, e.p.Name, o.Kind, o.Key.Addr, o.Why, o.N, o.Text)
	}
}

// rearm sees to it that the machine gets its Timeout.
func (e *endpoint) rearm() {
	at, ok := e.m.Deadline()
	if !ok {
		e.armed = 0
		e.timer++
		return
	}
	at = max(at+e.n.booted, e.n.w.now)
	if e.armed == at && at > e.n.w.now {
		return
	}
	e.armed = at
	e.timer++
	timer, boot := e.timer, e.n.boot
	e.n.at(at, func() {
		if e.timer != timer || e.n.boot != boot {
			return
		}
		e.armed = 0
		e.input(core.Timeout{})
	})
}

func (e *endpoint) vendor() string { return e.m.Status().Snapshot.Vendor }

func (e *endpoint) connect(to *wire.Profile) wire.CONNECT {
	split := 256
	if e.cfg.Balanced {
		split = e.cfg.Split
	}
	hba := to.Split(split)
	return wire.CONNECT{
		Relationship: e.name, MaxUnacked: e.cfg.MaxUnacked, ReceiveTimer: uint32(e.p.Poll / time.Second),
		VendorClass: ourVendor, Version: wire.ProtocolVersion, MCLT: uint32(e.cfg.MCLT), HBA: &hba,
		DelayedService: e.cfg.DelayedService,
	}
}

const ourVendor = wire.VendorPrefix + "sim"
