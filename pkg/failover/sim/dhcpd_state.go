package sim

import (
	"leasehold/pkg/failover/wire"
)

// dhcpdTable is its transitions when the partner reports a state: those of the
// draft, and where it differs its own. What is not in a row, or 0, is to stay.
var dhcpdTable = map[wire.ServerState]map[wire.ServerState]wire.ServerState{
	normal: {
		rec: pd, pc: shut, resolutionInt: shut, cd: shut, pd: pc, paused: ci, shut: pd,
	},
	ci: {
		normal: normal, ci: normal, rd: normal, rw: normal, rec: pd, shut: pd,
		pd: pc, pc: pc, cd: pc, resolutionInt: pc,
	},
	pd: {
		rd: normal, normal: pc, ci: pc, pd: pc, pc: pc, resolutionInt: pc, cd: pc,
	},
	rec: {
		normal: pc, pc: pc, resolutionInt: pc, cd: pc, shut: pd,
	},
	rw: {},
	rd: {
		normal: normal, rd: normal, shut: pd,
	},
	pc: {
		normal: shut, rec: rec,
	},
	resolutionInt: {
		normal: pc, ci: pc, pd: pc, pc: pc, rec: pc, paused: pc, shut: pc, rd: pc, resolutionInt: pc, cd: pc, rw: pc,
	},
	cd: {
		normal: normal, shut: shut, pc: 0, resolutionInt: 0,
		ci: fatal, pd: fatal, rec: fatal, paused: fatal, rd: fatal, cd: fatal, rw: fatal,
	},
	shut:   {},
	paused: {},
}

const (
	resolutionInt = wire.StateResolutionInterrupted
	// fatal is the end of the process.
	fatal wire.ServerState = 255
)

// unmoved are the states in which it does not look at a partner that is in the
// state that it was in before.
var unmoved = map[wire.ServerState]bool{normal: true, pc: true, rd: true, shut: true, paused: true, rw: true}

// heard takes the partner's STATE.
func (d *dhcpd) heard(s wire.STATE) {
	k := d.disk()
	same := k.partner == s.State
	switch {
	case same && d.starting:
		d.resume()
		return
	case same && unmoved[k.state]:
		return
	case !d.starting && k.state == pd && s.Flags&wire.FlagStartup != 0:
		return
	}
	before := k.partner
	k.partner = s.State
	from := k.state
	if d.starting {
		d.starting = false
		d.waiting++
		switch {
		case from == normal && s.State == pd:
			d.move(startup, rec, "the partner is in PARTNER-DOWN")
			return
		case from == normal:
			from = ci
		case from == pc:
			from = resolutionInt
		}
		k.state = from
		if from == pd && s.Flags&wire.FlagStartup != 0 {
			k.partner = before
			d.move(startup, pd, "the partner is starting, too")
			return
		}
		if dhcpdTable[from][s.State] == 0 {
			d.move(startup, from, "the partner is there")
			d.look(from, s.State)
			return
		}
	}
	switch to := dhcpdTable[from][s.State]; to {
	case 0:
		d.look(from, s.State)
	case fatal:
		d.w.fail("dhcpd", "%s in CONFLICT-DONE ends its process: its partner says %v", d.e.n.name, s.State)
	default:
		d.enter(to, "the partner is in "+s.State.String())
	}
}

// look is what it does in a state that it stays in.
func (d *dhcpd) look(me, partner wire.ServerState) {
	switch {
	case me == rec && (partner == ci || partner == pd || partner == rec),
		me == pc && partner == cd && !d.primary():
		d.ask()
	}
}

// ask requests updates: in RECOVER always all.
func (d *dhcpd) ask() {
	if d.conn == nil {
		return
	}
	var xid uint32
	if d.disk().state == rec {
		xid = d.send(wire.UPDREQALL{})
	} else {
		xid = d.send(wire.UPDREQ{})
	}
	d.w.checks.l2.asked(d.e.p, d.e.side, xid)
}

// resume goes on from the state on disk, whatever the partner says.
func (d *dhcpd) resume() {
	d.starting = false
	d.waiting++
	k := d.disk()
	d.move(startup, k.state, "as before")
	if k.state == rec {
		d.look(rec, k.partner)
	}
}

// startupEnds: nobody was there, or said what state it is in. It goes on as after
// the loss of the connection (section 5.2 of the reference).
func (d *dhcpd) startupEnds() {
	d.starting = false
	k := d.disk()
	to := k.state
	if to == normal || to == pc {
		to = map[wire.ServerState]wire.ServerState{normal: ci, pc: resolutionInt}[to]
		k.since = d.now()
	}
	d.move(startup, to, "nobody is there")
}

// disconnected is the loss of the connection.
func (d *dhcpd) disconnected() {
	if d.starting {
		return
	}
	switch d.disk().state {
	case normal:
		d.enter(ci, "communications lost")
	case pc:
		d.enter(resolutionInt, "communications lost")
	}
}

// updated is UPDDONE.
func (d *dhcpd) updated() {
	k := d.disk()
	switch k.state {
	case rec:
		if k.partner == rec || k.partner == rd {
			d.enter(rd, "UPDDONE")
			return
		}
		d.enter(rw, "UPDDONE")
	case pc:
		if d.primary() {
			d.enter(cd, "UPDDONE")
		} else {
			d.enter(normal, "UPDDONE")
		}
	}
}

// deadline is until when it waits in RECOVER-WAIT.
func (d *dhcpd) deadline() int64 { return d.disk().since + d.disk().mclt }

// enter changes the state.
func (d *dhcpd) enter(to wire.ServerState, why string) {
	from := d.shown()
	if d.starting {
		d.starting = false
		d.waiting++
	}
	if from == to {
		return
	}
	d.move(from, to, why)
}

// move is enter, from STARTUP too. The date of the state is not that of its
// begin when it is STARTUP that is left, nor of RECOVER-WAIT.
func (d *dhcpd) move(from, to wire.ServerState, why string) {
	k := d.disk()
	if to == pd && k.state != pd {
		k.down = d.now()
	}
	k.alone = to == pd || k.alone && to != normal
	k.state = to
	if from != startup && to != rw {
		k.since = d.now()
	}
	w := d.w
	w.say("%s %s: %v -> %v (dhcpd; %s)", d.e.n.name, d.e.p.Name, from, to, why)
	w.note('s', int64(d.e.n.index), int64(d.e.p.index), int64(to))
	w.stats.entered(d.e.role, from, to)
	w.checks.entered(d.e, from, to)
	d.waiting++
	d.tellState()
	switch to {
	case normal:
		d.e.n.disk.content.known[d.e.index] = true
		d.gather(false)
		d.push()
		d.share()
	case pc:
		if d.primary() || k.partner == cd {
			d.ask()
		}
	case rec:
		d.look(rec, k.partner)
	case rw:
		d.stateAfter(max(d.e.n.until(d.deadline()), 0), func() { d.enter(rd, "stos + MCLT") })
	case shut:
		w.fail("dhcpd", "%s stops for good, from %v: %s", d.e.n.name, from, why)
	}
	w.happened(d.e.n, "enters", to.String())
}

// tellState sends STATE.
func (d *dhcpd) tellState() {
	if d.conn == nil {
		return
	}
	k := d.disk()
	s := wire.STATE{State: k.state, Since: wire.TimeOf(k.since)}
	if d.starting {
		s.Flags = wire.FlagStartup
	}
	d.send(s)
}

// serves tells whether it answers clients at all: what it recorded of the
// partner can forbid it.
func (d *dhcpd) serves() bool {
	if d.starting {
		return false
	}
	switch d.disk().partner {
	case pd, pc, cd, resolutionInt:
		return false
	}
	switch d.disk().state {
	case normal, ci, pd:
		return true
	}
	return false
}
