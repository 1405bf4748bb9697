package failover

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/link"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

var _ Operator = (*Manager)(nil)

// sorted are the relationships by name.
func (m *Manager) sorted() []*Pair {
	m.mu.Lock()
	defer m.mu.Unlock()
	ps := make([]*Pair, 0, len(m.pairs))
	for _, p := range m.pairs {
		ps = append(ps, p)
	}
	slices.SortFunc(ps, func(a, b *Pair) int { return strings.Compare(a.name, b.name) })
	return ps
}

// Related lists the partners.
func (m *Manager) Related() []Related {
	var all []Related
	for _, p := range m.sorted() {
		all = append(all, p.related())
	}
	return all
}

// condition is how a pair is at one moment.
type condition struct {
	status   core.Status
	link     link.Status
	unsaved  error
	problems []string
	working  bool // it has a role
	silent   int  // how many of its scopes are held
	seen     seen // of drift
}

func (p *Pair) condition() condition {
	c := condition{problems: slices.Clone(p.rel.Load().problem), silent: len(p.rel.Load().silent())}
	p.mu.Lock()
	peer := p.peer
	if c.working = p.machine != nil; c.working {
		c.status, c.unsaved = p.machine.Status(), p.unsaved
	}
	if p.foreign != 0 {
		c.problems = append(c.problems, fmt.Sprintf("the main server's maximum client lead time, %d s, is in force; here it is %d s", p.foreign, p.rel.Load().core.MCLT))
	}
	c.problems = append(c.problems, p.differs...)
	c.problems = append(c.problems, p.refusals()...)
	c.problems = append(c.problems, p.strays()...)
	if why := p.restoredText(); why != "" {
		c.problems = append(c.problems, why)
	}
	if why := p.driftProblem(); why != "" {
		c.problems = append(c.problems, why)
	}
	c.seen = p.drift.seen
	p.mu.Unlock()
	if peer != nil {
		c.link = peer.Status()
	}
	if why := p.refusedBeforeService(&c); why != "" {
		c.problems = append(c.problems, why)
	} else if f, ok := c.refused(); ok && !c.status.Connected {
		c.problems = append(c.problems, "there is no connection: "+refusalText(&f))
	}
	if c.unsaved != nil {
		c.problems = append(c.problems, "out of service, its state cannot be written: "+c.unsaved.Error())
	}
	return c
}

// refused is why the connection was refused the last time that something went
// wrong with it; not ok if that was something else, or the refusal of a duplicate.
func (c *condition) refused() (f link.Refusal, ok bool) {
	if len(c.link.Refusals) == 0 {
		return link.Refusal{}, false
	}
	f = c.link.Refusals[0]
	return f, f.Reason != wire.ReasonDuplicate && !c.link.LastErrorAt.After(f.Last)
}

func refusalText(f *link.Refusal) string {
	if f.Kind == link.NoticeRefusing {
		return "the partner's connection is refused: " + f.Text
	}
	return "the partner refuses the connection: " + f.Text
}

// refusedBeforeService says why a main that never had a partner stays silent: the
// partner's server knows it, and refuses the pair, so that it may be serving the
// clients under another name of the pair. "" is that it does not.
func (p *Pair) refusedBeforeService(c *condition) string {
	if c.status.State != wire.StateStartup || !c.status.Denied {
		return ""
	}
	why := "the pair"
	if len(c.link.Refusals) > 0 {
		why = c.link.Refusals[0].Text
	}
	return fmt.Sprintf("nobody is served: %s answers and refuses (%s), and may be serving these clients; give the pair the same name and the opposite role there, "+
		"or, if it is not to be its partner any more, stop it and say 'dhcp setPartnerDown %s -force'", p.partnerName(), why, p.partnerName())
}

// sayDenied logs that, once.
func (p *Pair) sayDenied() {
	if p.deniedSaid {
		return
	}
	c := p.condition()
	if why := p.refusedBeforeService(&c); why != "" {
		p.deniedSaid = true
		p.m.Log.Log(msgDenied, p.name, why)
	}
}

// counted is the condition with the updates that the core has not got: those that
// are gathered, and those that wait for the partner to come back, or to be asked
// for. Without a partner that takes them the core queues none.
func (p *Pair) counted() condition {
	gathered := p.in.gathered() // before the core is asked, which may be told of them at once
	c := p.condition()
	switch {
	case !c.working:
	case !c.status.Connected || !serves(c.status.State) && c.status.State != wire.StatePartnerDown:
		c.status.Queued = p.view.waiting()
	default:
		c.status.Queued += gathered
	}
	return c
}

func (p *Pair) related() Related {
	r, c := p.rel.Load(), p.counted()
	partner, role := r.toward()
	row := Related{
		Pair: p.name, Type: owner(role.Other()), Name: partner.name, PartnerRole: owner(role.Other()),
		Requests: c.status.Unacked + c.status.Queued, Communications: c.communications(),
		State: "--", PartnerState: "--", Address: "--",
	}
	if row.Name == "" || row.Name == partner.addr.String() {
		row.Name = "--"
	}
	if partner.addr.IsValid() {
		row.Address = partner.addr.String()
	}
	if role == lease.Alone { // nobody knows which of them is the partner
		row.Type, row.PartnerRole, row.Name, row.Address = "--", "--", "--", "--"
	}
	if c.working && c.unsaved == nil { // else it does nothing, whatever it did last
		row.State = state(c.status.State)
	}
	if c.status.Snapshot.PartnerState != 0 {
		row.PartnerState = c.status.Snapshot.PartnerState.String()
	}
	row.Detail = p.detail(r, &c)
	return row
}

// communications is OK, INTERRUPTED, or NONE if there never were any.
func (c *condition) communications() string {
	switch {
	case c.status.Connected && c.unsaved == nil:
		return "OK"
	case c.status.Snapshot.PartnerState != 0:
		return "INTERRUPTED"
	}
	return "NONE"
}

func (p *Pair) detail(r *relationship, c *condition) *Detail {
	d := &Detail{
		Role: owner(r.role), MainServer: r.main.text(), BackupServer: r.backup.text(),
		MCLT: r.core.MCLT, BackupPct: r.pct, LoadBalancing: r.core.Balanced, SafePeriod: r.core.SafePeriod,
		Status: c.status, Partner: c.status.Snapshot.Vendor, Problems: c.problems, Drift: c.seen.lines, CurrentTime: p.m.now().Wall,
	}
	if c.status.Snapshot.MCLT > 0 {
		d.MCLT = c.status.Snapshot.MCLT
	}
	if c.status.Connected { // what both go by
		d.LoadBalancing = c.status.Snapshot.Balanced
	}
	if d.LoadBalancing {
		d.BackupPct = balancedPercent
	}
	d.Fingerprint, d.TLS, d.Encrypted = p.m.own(), r.tls, c.link.Connected && c.link.Secure
	for _, s := range r.scopes {
		d.Scopes = append(d.Scopes, s.name)
	}
	for _, s := range p.view.now.Load().scopes {
		n := p.m.Table.Counters(s.id)
		d.Pools = append(d.Pools, PoolStatus{Scope: s.name, Own: n.Available, Other: n.OtherAvailable, Pending: n.PendingAvailable, Percent: s.percent})
	}
	for _, f := range c.link.Refusals {
		d.Refusals = append(d.Refusals, fmt.Sprintf("%s (reason %d, %d times, last %s)", refusalText(&f), f.Reason, f.Count, f.Last.Format(time.ANSIC)))
	}
	if !c.status.Connected && c.link.LastError != "" {
		at := len(d.Refusals)
		if at > 0 && c.link.LastErrorAt.After(c.link.Refusals[0].Last) {
			at = 0
		}
		d.Refusals = slices.Insert(d.Refusals, at, c.link.LastError)
	}
	return d
}

func (e *endpoint) text() string {
	switch {
	case e.name != "":
		return e.name
	case e.addr.IsValid():
		return e.addr.String()
	}
	return "(not set)"
}

// PartnerDown says that a partner is down.
func (m *Manager) PartnerDown(pair, partner string, since int64, force bool) (lines []string, err *objects.Error) {
	var chosen []*Pair
	for _, p := range m.sorted() {
		e, _ := p.rel.Load().toward()
		if pair != "" && !strings.EqualFold(p.name, pair) {
			continue
		}
		if partner == "" || partner == "--" || strings.EqualFold(trim(partner), e.name) || partner == e.addr.String() {
			chosen = append(chosen, p)
		}
	}
	if len(chosen) == 0 {
		return nil, objects.Errorf(objects.NotFound, "failover partner %q: no relationship of the running server has it", or(partner, pair))
	}
	for _, p := range chosen {
		if err := p.mayDeclare(since, force); err != nil {
			return nil, err
		}
	}
	for _, p := range chosen {
		more, err := p.declareDown(since)
		if lines = append(lines, more...); err != nil {
			return lines, err
		}
	}
	return lines, nil
}

// mayDeclare refuses what cannot be, or would be a danger.
func (p *Pair) mayDeclare(since int64, force bool) *objects.Error {
	c, now := p.condition(), p.m.now().Wall
	if h := p.rel.Load().held; h != nil && !p.started { // by what is known of it
		kept, _ := p.m.record(h.of)
		c.working, c.status.Snapshot, c.status.State = true, kept.Snapshot, kept.Snapshot.State
	}
	switch contact := c.status.Snapshot.Contact; {
	case c.working && p.turned() && c.status.Snapshot.State == wire.StatePartnerDown:
		return objects.Errorf(objects.Invalid, "failover %q: its partner is declared down already; its scopes are held until main and backup are put back as they were, or 'dhcp reload force' takes the risk", p.name)
	case !c.working:
		return objects.Errorf(objects.Invalid, "failover %q does not work: %s", p.name, strings.Join(c.problems, "; "))
	case c.unsaved != nil:
		return objects.Errorf(objects.Invalid, "failover %q is out of service, its state cannot be written: %v", p.name, c.unsaved)
	case c.status.Connected:
		return objects.Errorf(objects.Invalid, "failover %q: the partner answers, in state %s: it is not down", p.name, c.status.Snapshot.PartnerState)
	case since > now:
		return objects.Errorf(objects.Invalid, "failover %q: the time is in the future", p.name)
	case !force && !mayGoDown(c.status.State):
		return objects.Errorf(objects.Invalid, "failover %q is in state %s: this server may not know all leases that its partner gave, and would give addresses that are in use (%s); -force takes that risk",
			p.name, state(c.status.State), or(c.status.Waiting, "it waits for the partner"))
	case since != 0 && since < contact && !force:
		return objects.Errorf(objects.Invalid, "failover %q: the partner was last heard at %s, after that time. If it gave leases between, its addresses could be given to others too early and be used twice; -force takes that risk",
			p.name, time.Unix(contact, 0).Format(time.ANSIC))
	}
	return nil
}

// mayGoDown tells whether the state is one of a server that knows its leases.
func mayGoDown(s wire.ServerState) bool {
	switch s {
	case wire.StateNormal, wire.StateCommunicationsInterrupted, wire.StateResolutionInterrupted, wire.StatePartnerDown:
		return true
	}
	return false
}

// declareDown tells the core, and what follows from it.
func (p *Pair) declareDown(since int64) ([]string, *objects.Error) {
	if h := p.rel.Load().held; h != nil && !p.started {
		return p.m.declareHeld(h, since)
	}
	told := make(chan struct{})
	if !p.in.put(entry{kind: input, input: core.PartnerDown{Since: since}, told: told}) {
		return nil, objects.Errorf(objects.Invalid, "failover %q is being configured otherwise: try again", p.name)
	}
	<-told
	c := p.condition()
	if c.status.State != wire.StatePartnerDown {
		return nil, objects.Errorf(objects.Invalid, "failover %q is in state %s: %s", p.name, state(c.status.State), or(c.status.Waiting, "the command had no effect"))
	}
	down := c.status.Snapshot.Down
	lead := c.status.Snapshot.Lead()
	all := down + lead
	lines := []string{
		fmt.Sprintf("failover %q: PARTNER-DOWN, the partner is taken to be down since %s", p.name, time.Unix(down, 0).Format(time.ANSIC)),
		fmt.Sprintf("failover %q: the partner's free addresses are given from %s on; leases that it gave, the maximum client lead time (%d s) after their last possible end",
			p.name, time.Unix(all, 0).Format(time.ANSIC), lead),
		fmt.Sprintf("failover %q: if the partner still serves clients, addresses may be given twice: make sure that it does not", p.name),
	}
	if names := p.rel.Load().silent(); len(names) > 0 {
		lines = append(lines, p.heldUntil(names, all))
	}
	return lines, nil
}

// Rebalance shares the free addresses of a pair out anew.
func (m *Manager) Rebalance(pair string) *objects.Error {
	for _, p := range m.sorted() {
		if !strings.EqualFold(p.name, pair) {
			continue
		}
		c := p.condition()
		if c.status.State != wire.StateNormal {
			return objects.Errorf(objects.Invalid, "failover %q is in state %s: addresses change hands in NORMAL only", p.name, state(c.status.State))
		}
		if p.role != lease.Primary {
			return objects.Errorf(objects.Invalid, "failover %q: this server is the backup; the main server shares the addresses out", p.name)
		}
		p.in.put(entry{kind: input, input: core.Rebalance{}})
		return nil
	}
	return objects.Errorf(objects.NotFound, "failover %q", pair)
}
