package failover

import (
	"context"
	"errors"
	"slices"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/link"
	"leasehold/pkg/failover/wire"
)

// carry carries out what the core decided, in order. What this server may do
// less than before it knows at once, what it may do more only when the state
// is on disk that allows it.
func (p *Pair) carry() {
	p.mu.Lock()
	outs := p.machine.Take()
	now := p.machine.Authority()
	p.mu.Unlock()
	p.agedNow = false
	last := -1
	for i, o := range outs {
		if _, ok := o.(core.Save); ok {
			last = i
		}
	}
	if last < 0 || !allowsMore(&now, p.authority.Load()) {
		p.publish(now)
	}
	for i, o := range outs {
		if save, ok := o.(core.Save); ok {
			if err := p.save(save.Snapshot); err != nil {
				p.fail(err)
				return
			}
			if i == last {
				p.publish(now)
			}
			continue
		}
		p.do(o)
	}
}

// publish tells the packet path what it may do.
func (p *Pair) publish(a binding.Authority) {
	a.Agreed, a.Shared = p.reserved.agreed, p.shared
	if a != *p.authority.Load() {
		p.authority.Store(new(a))
		p.leave(&a)
	}
}

// allowsMore tells whether the first authority allows what the second does not.
func allowsMore(a, b *binding.Authority) bool {
	return power(a) > power(b) || a.MCLT > b.MCLT || a.State == wire.StatePartnerDown && a.Down < b.Down
}

// power orders authorities by how much they allow.
func power(a *binding.Authority) int {
	switch a.State {
	case wire.StatePartnerDown:
		return 4
	case wire.StateCommunicationsInterrupted, wire.StateResolutionInterrupted, wire.StateConflictDone:
		return 3
	case wire.StateNormal:
		return 2
	case wire.StateRecoverDone:
		return 1
	}
	return 0
}

// do carries out one output.
func (p *Pair) do(o core.Output) {
	switch o := o.(type) {
	case core.Send:
		p.send(o)
	case core.Hold:
		p.hold(o)
	case core.Write:
		p.write(o)
	case core.Note:
		p.note(o)
	case core.Go:
		for _, id := range o.IDs {
			p.let(id)
		}
	case core.Settle:
		p.settle(o.ID)
	case core.Hangup:
		if p.conn != nil {
			p.conn.Hangup(o.Reason, o.Text)
		}
	case core.Acked:
		for _, k := range o.Keys {
			p.noteKnown(k)
			delete(p.joining, k)
		}
		for _, k := range o.Keys {
			if p.await.idle() {
				break
			}
			p.await.tell(k, true)
		}
	case core.Refused:
		delete(p.joining, o.Key)
		p.await.tell(o.Key, false)
	case core.Event:
		p.event(&o)
	}
}

func (p *Pair) send(o core.Send) {
	if p.conn == nil {
		return // it broke meanwhile; Down is on its way
	}
	switch o.Body.(type) {
	case wire.BNDUPD, wire.BNDACK:
		if !p.agedNow { // all that is told now was on disk before
			p.tellAge()
			p.agedNow = true
		}
	}
	p.logMessage(true, wire.Message{Time: wire.TimeOf(p.m.now().Wall), XID: o.XID, Body: o.Body})
	if err := p.conn.Send(o.XID, o.Body); err != nil && !errors.Is(err, link.ErrClosed) {
		p.conn.Hangup(wire.ReasonUnknown, "a message could not be encoded: "+err.Error())
	}
}

// holding is an address that the core has asked for.
type holding struct {
	key  lease.Key
	held bool // the core has it
	gone bool // the core does not want it any more
}

// hold asks for addresses. Those that are free are the core's at once; any other
// comes by the inbox.
func (p *Pair) hold(o core.Hold) {
	for i, id := range o.IDs {
		k := o.Keys[i]
		if p.keeper.Try(k) {
			p.holds.Put(id, holding{key: k, held: true})
			p.ready = append(p.ready, id)
			continue
		}
		p.holds.Put(id, holding{key: k})
		p.wait(id, k)
	}
}

// wait gets in line for an address. Who is not there any more to have it lets
// it go.
func (p *Pair) wait(id uint64, k lease.Key) {
	run := p.run
	p.keeper.Hold(k, func() {
		if !p.in.put(entry{kind: held, run: run, id: id, keys: []lease.Key{k}}) {
			p.keeper.Let(k)
		}
	})
}

// held is told of an address that was waited for.
func (p *Pair) held(e *entry) {
	h, ok := p.holds.Get(e.id)
	switch {
	case e.run != p.run || !ok:
		p.keeper.Let(e.keys[0])
	case h.gone:
		p.holds.Delete(e.id)
		p.keeper.Let(h.key)
	default:
		h.held = true
		p.holds.Put(e.id, h)
		p.step(core.Held{IDs: []uint64{e.id}})
	}
}

// write writes leases, which ends the holds. Nobody waits for it unless a
// client's answer waits for the partner's, with eager updates, or the partner is
// of another kind, which may let few updates be under way.
func (p *Pair) write(o core.Write) {
	run, ids := p.run, slices.Clone(o.IDs)
	for _, id := range ids {
		p.holds.Delete(id)
	}
	later := p.profile == wire.Own && !p.rel.Load().eager
	p.keeper.Write(o.Leases, later, func(n int, err error) {
		p.in.put(entry{kind: written, run: run, ids: ids[:n], err: err})
		ids = ids[n:]
	})
}

// settle waits for what packets are at.
func (p *Pair) settle(id uint64) {
	run := p.run
	p.keeper.Settle(func() { p.in.put(entry{kind: settled, run: run, id: id}) })
}

// note takes acknowledgements, which ends the holds.
func (p *Pair) note(o core.Note) {
	for _, id := range o.IDs {
		p.holds.Delete(id)
	}
	p.keeper.Acknowledge(o.Acks)
	p.noted = append(p.noted, o.IDs...)
}

func (p *Pair) let(id uint64) {
	h, ok := p.holds.Get(id)
	switch {
	case !ok:
	case h.held:
		p.holds.Delete(id)
		p.keeper.Let(h.key)
	default:
		h.gone = true
		p.holds.Put(id, h)
	}
}

// event is a fact for the log.
func (p *Pair) event(e *core.Event) {
	switch {
	case e.Kind == core.EventConnected:
		p.commission()
	case e.Kind == core.EventRisk && p.quiet:
		return
	case e.Kind == core.EventState && e.To == wire.StateNormal && p.rel.Load().core.Recover > 0:
		p.m.tasks.Go(func() { p.m.recovered(p) })
	}
	if e.Kind == core.EventState && e.To == wire.StateNormal {
		p.mu.Lock()
		p.restored = false
		p.mu.Unlock()
	}
	p.logEvent(e)
}

// stampTime is the longest time in operation for which the record is of one
// generation.
const stampTime = time.Minute

// save writes the snapshot.
func (p *Pair) save(s core.Snapshot) error {
	if s.State != p.saved.State || p.m.mono() >= p.stampAt {
		return p.saveAs(s, p.generation+1)
	}
	return p.saveAs(s, p.generation)
}

// keepAreas writes which addresses the relationship has, if it has a record.
func (p *Pair) keepAreas() {
	if p.unsaved != nil || p.saved.State == 0 {
		return
	}
	if err := p.saveAs(p.saved, p.generation); err != nil {
		p.fail(err)
	}
}

func (p *Pair) saveAs(s core.Snapshot, generation uint64) error {
	rel := p.rel.Load()
	r := record{Role: p.role, Snapshot: s, Areas: rel.areas(), Generation: generation, Age: p.age, Reserved: p.reserved.total, Standing: rel.standing()}
	r.Partner, r.PartnerName, r.Left = p.partnerAddr(), p.partnerName(), rel.left
	if err := p.m.saveRecord(p.name, r); err != nil {
		return err
	}
	p.saved = s
	if generation == p.generation {
		return nil
	}
	p.generation, p.stampAt = generation, p.m.mono()+stampTime
	if err := p.m.Marks.SetGeneration(context.Background(), p.name, generation); err != nil {
		p.m.Log.Log(msgUnmarked, p.name, err)
	}
	return nil
}

// stamp makes the record a new one at the start. One that is older than it
// should be stays so until the machine has stored that leases are lost.
func (p *Pair) stamp(snap core.Snapshot, lost bool) {
	kept, _ := p.m.record(p.name)
	known, err := p.m.Marks.Generation(context.Background(), p.name)
	if err != nil {
		p.m.Log.Log(msgUnmarked, p.name, err)
	}
	p.generation = max(kept.Generation, known)
	if kept.Partner != p.rel.Load().partner().addr {
		kept.Age.Heard = 0 // another server's
	}
	if kept.Partner == p.rel.Load().partner().addr {
		p.reserved.total = kept.Reserved
	}
	p.startAge(&kept, lost || snap.State == 0)
	if lost || snap.State == 0 {
		return
	}
	if err := p.saveAs(snap, p.generation+1); err != nil {
		p.m.Log.Log(msgUnsaved, p.name, err)
	}
}

// retryTime is the time between attempts to write the state again.
const retryTime = 5 * time.Second

// fail takes the relationship out of service: what it does not remember it
// must not do. Its next machine begins from what is on disk.
func (p *Pair) fail(err error) {
	p.publish(*silent(p.role))
	p.mu.Lock()
	first := p.unsaved == nil
	p.unsaved = err
	p.mu.Unlock()
	p.tryAgain = p.m.mono() + retryTime
	if first {
		p.m.Log.Log(msgUnsaved, p.name, err)
	}
	p.letAll()
	p.await.all(false)
	if p.conn != nil {
		p.conn.Hangup(wire.ReasonUnknown, "the state cannot be written to disk")
	}
}

// recover tries to write again, and starts anew if that goes well.
func (p *Pair) recover() {
	if err := p.save(p.saved); err != nil {
		p.fail(err)
		return
	}
	p.m.Log.Log(msgSaved, p.name)
	p.mu.Lock()
	p.unsaved = nil
	p.begin(p.rel.Load().core, p.saved)
	p.mu.Unlock()
	p.carry()
}

// letAll gives up all addresses; those that are still waited for are given up
// when they come.
func (p *Pair) letAll() {
	p.run++
	for _, h := range p.holds.All() {
		if h.held {
			p.keeper.Let(h.key)
		}
	}
	p.holds.Clear()
	p.ready, p.noted = p.ready[:0], p.noted[:0]
}

// end gives up what the relationship holds. late are entries that nobody deals
// with any more.
func (p *Pair) end(late []entry) {
	p.publish(*silent(p.role))
	if p.unsaved == nil && p.saved.State != 0 {
		if err := p.saveAs(p.saved, p.generation+1); err != nil {
			p.m.Log.Log(msgUnsaved, p.name, err)
		}
	}
	p.letAll()
	for _, left := range [][]entry{late, p.in.close()} {
		for _, e := range left {
			if e.kind == held {
				p.keeper.Let(e.keys[0])
			}
			if e.told != nil {
				close(e.told)
			}
		}
	}
	p.await.all(false)
}

// now and mono are the time as the core wants it.
func (m *Manager) now() core.Now {
	t := m.Clock.Now()
	return core.Now{Wall: t.Unix(), Mono: t.Sub(m.epoch)}
}

func (m *Manager) mono() time.Duration { return m.Clock.Now().Sub(m.epoch) }

// owner is the role as operators know it.
func owner(r lease.Role) string {
	switch r {
	case lease.Primary:
		return "MAIN"
	case lease.Secondary:
		return "BACKUP"
	}
	return "--"
}
