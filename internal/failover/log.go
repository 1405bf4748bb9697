package failover

import (
	"fmt"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/link"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// logs tells whether a log setting is on.
func (p *Pair) logs(flag int) bool {
	return p.m.Log != nil && objects.FlagSet(p.m.flags.Load()).Has(flag)
}

// The levels of Debug.
const (
	debugStates = iota + 1
	debugMessages
	debugUpdates
	debugAll
)

// Debug has more of failover logged.
func (m *Manager) Debug(level int) { m.debug.Store(int32(level)) }

// debugs tells whether a level is on; failover-detail is all of them.
func (p *Pair) debugs(level int32) bool {
	return p.m.debug.Load() >= level || p.logs(objects.LogFailoverDetail)
}

// activity and conflicts are the lines that log-settings can leave out.
func (p *Pair) logsActivity() bool { return p.logsUnless(objects.LogNoFailoverActivity) }

func (p *Pair) logsConflict() bool { return p.logsUnless(objects.LogNoFailoverConflict) }

func (p *Pair) logsUnless(flag int) bool { return !p.logs(flag) || p.m.debug.Load() >= debugStates }

// logMessage writes a message that came or left.
func (p *Pair) logMessage(sent bool, m wire.Message) {
	if !p.debugs(debugMessages) {
		return
	}
	text := fmt.Sprintf("%s xid=%d", m.Body.Type(), m.XID)
	if p.debugs(debugAll) {
		text = m.String()
	}
	if sent {
		p.m.Log.Log(msgSent, p.name, text, p.partnerName())
	} else {
		p.m.Log.Log(msgReceived, p.name, text, p.partnerName())
	}
}

// logEvent writes what the core tells.
func (p *Pair) logEvent(e *core.Event) {
	log := p.m.Log
	switch e.Kind {
	case core.EventState:
		log.Log(msgState, p.name, e.To, state(e.From), or(e.Text, "as the protocol says"))
	case core.EventPartnerState:
		log.Log(msgPartnerState, p.name, p.partnerName(), e.To, state(e.From))
	case core.EventConnected:
		log.Log(msgConnected, p.name, p.partnerName(), e.N)
	case core.EventLost:
		log.Log(msgLost, p.name, p.partnerName(), or(e.Text, "the connection is gone"))
	case core.EventConflict:
		p.logConflict(e)
	case core.EventSync:
		if p.logsActivity() {
			log.Log(msgSync, p.name, e.Text, e.N)
		}
	case core.EventBalance:
		if p.logsActivity() {
			log.Log(msgBalance, p.name, e.Text, e.N)
		}
	case core.EventOffset:
		log.Log(msgOffset, p.name, p.partnerName(), e.N)
	case core.EventRisk:
		log.Log(msgRisk, p.name, e.Text)
	case core.EventReceived:
		p.noteOdd(e.All)
		p.logUpdate(e)
	case core.EventSent, core.EventAcked:
		p.logUpdate(e)
	}
}

// updateWords say what is told of an update. What is refused is a conflict,
// too.
var updateWords = map[core.EventKind]string{
	core.EventReceived: "DHCPBNDUPD received", core.EventSent: "DHCPBNDUPD sent", core.EventAcked: "DHCPBNDACK received",
}

func (p *Pair) logUpdate(e *core.Event) {
	if !p.debugs(debugUpdates) {
		return
	}
	for i := range e.All {
		b := &e.All[i]
		p.m.Log.Log(msgUpdate, p.name, lease.AddrFrom(b.Address), updateWords[e.Kind]+", "+b.Status.String())
	}
}

// eventKey is the address that an event is about.
func (p *Pair) eventKey(e *core.Event) lease.Addr {
	if e.Key.Addr == 0 && e.Sent != nil {
		return lease.AddrFrom(e.Sent.Address)
	}
	return e.Key.Addr
}

// logConflict notes an update that one of the servers refused. Addresses that
// only one of them has are told once a scope, and their number in the status.
func (p *Pair) logConflict(e *core.Event) {
	if e.Why == wire.ReasonIllegalAddress {
		p.noteMissing(e.Key)
	}
	if !p.logsConflict() || e.Why == wire.ReasonIllegalAddress && !p.debugs(debugUpdates) {
		return
	}
	what := "lease " + p.eventKey(e).String()
	if e.Sent != nil {
		what += ", " + e.Sent.Status.String()
	}
	p.m.Log.Log(msgConflict, p.name, what, or(e.Text, "refused"), e.Why, e.Why)
}

// Notice is what the link tells operators.
func (p *Pair) Notice(n link.Notice) {
	log := p.m.Log
	switch n.Kind {
	case link.NoticeRefused:
		log.Log(msgRefused, p.name, n.Partner, n.Text, n.Reason)
	case link.NoticeRefusing:
		log.Log(msgRefusing, p.name, n.Partner, n.Text, n.Reason)
	case link.NoticeNoAnswer:
		log.Log(msgNoAnswer, p.name, p.partnerName(), n.Text)
	case link.NoticeListen:
		log.Log(msgListen, p.name, n.Text)
	case link.NoticeClock:
		log.Log(msgClock, p.name, p.partnerName(), n.Text)
	case link.NoticeStranger:
		log.Log(msgStranger, n.Partner, n.Text)
	}
	if (n.Kind == link.NoticeRefused || n.Kind == link.NoticeRefusing) && n.Reason != wire.ReasonDuplicate {
		p.in.put(entry{kind: input, input: core.Denied{}})
	}
}

func state(s wire.ServerState) string {
	if s == 0 {
		return "unknown"
	}
	return s.String()
}
