package core

import (
	"fmt"
	"strings"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// batch is a BNDUPD of the partner. It is acknowledged as a whole when every
// binding of it is on disk or refused.
type batch struct {
	xid     uint32
	link    uint64
	answers []wire.Answer
	left    int
}

// updates takes a BNDUPD.
func (m *Machine) updates(xid uint32, body wire.BNDUPD) {
	b := &batch{xid: xid, link: m.link.number, answers: make([]wire.Answer, len(body.Bindings)), left: len(body.Bindings)}
	m.counted.UpdatesReceived += uint64(b.left)
	m.asked.number += b.left
	m.progress()
	m.heardMore()
	m.emit(Event{Kind: EventReceived, All: body.Bindings})
	jobs := make([]received, len(body.Bindings))
	for i := range body.Bindings {
		r := &jobs[i]
		*r = received{batch: b, place: i, update: m.offset.binding(body.Bindings[i], m.now.Mono)}
		b.answers[i].Address = r.update.Address
		k := keyOf(&r.update)
		if err := r.update.Check(); err != nil {
			m.refuse(b, i, &r.update, err.Reason, err.Problem)
		} else if !m.view.Mine(k) {
			m.refuse(b, i, &r.update, wire.ReasonIllegalAddress, "no scope of this relationship holds the address")
		} else {
			m.taking++
			if m.link.coming != nil {
				m.storeAgain() // in the order in which they came
				m.link.coming[k]++
			}
			if m.awaited(k, r) {
				continue
			}
			m.start(k, r)
		}
	}
}

// refuse answers one binding with a reason.
func (m *Machine) refuse(b *batch, i int, update *wire.Binding, reason wire.Reason, text string) {
	m.counted.RefusalsSent++
	m.emit(Event{Kind: EventConflict, Key: keyOf(update), Sent: update, Why: reason, Text: text})
	b.answers[i].Reason, b.answers[i].Text = reason, text
	m.answer(b)
}

// answer counts a binding as decided, and acknowledges after the last.
func (m *Machine) answer(b *batch) {
	b.left--
	if b.left > 0 || b.link != m.link.number || !m.link.up {
		return
	}
	m.counted.AcksSent += uint64(len(b.answers))
	m.emit(Send{XID: b.xid, Body: wire.BNDACK{Answers: b.answers}})
}

// received is one binding of the partner's.
type received struct {
	batch  *batch
	place  int
	update wire.Binding
	reason wire.Reason
	text   string
}

func (r *received) held(m *Machine, l lease.Lease) (lease.Lease, bool) {
	if r.batch.link != m.link.number {
		// It cannot be acknowledged any more, and what is not acknowledged
		// is not promised: the partner may have lost its disk since.
		return l, false
	}
	auth := m.Authority()
	next, reason, text := auth.Accept(l, &r.update, m.now.Wall)
	r.reason, r.text = reason, text
	if reason == 0 && m.underWay(l.Key) {
		next = auth.Crossing(l, next, &r.update, m.now.Wall)
	}
	m.noteTwice(&l, &r.update, reason)
	return next, true // also of a refused one: ours is to be told once more, some time
}

// noteTwice tells of an address that two clients have at the same time, one by
// the word of each server. Whatever becomes of it, one of them has to go.
func (m *Machine) noteTwice(l *lease.Lease, b *wire.Binding, reason wire.Reason) {
	other := lease.KeyOf(b.ClientID, lease.HW(b.HW))
	if b.Status != wire.StatusActive || b.Expiration.Unix() <= m.now.Wall || l.State != lease.Leased || l.Expiration <= m.now.Wall || other.IsZero() || other == l.Client() {
		return
	}
	what := "the partner's is taken"
	if reason != 0 {
		what = "the partner's is refused"
	}
	m.emit(Event{Kind: EventConflict, Key: l.Key, Sent: b, Why: reason, Text: fmt.Sprintf(
		"two clients have the address: %s here, %s at the partner; %s", nameOf(l.Client()), nameOf(other), what)})
}

// nameOf is a client as operators know it: by its address, or its client-id in
// hexadecimal.
func nameOf(k lease.ClientKey) string {
	if k.ID != "" {
		return fmt.Sprintf("client-id %x", k.ID)
	}
	return strings.ReplaceAll(fmt.Sprintf("% x", k.HW.Addr[:k.HW.Len]), " ", ":")
}

func (r *received) done(m *Machine, l lease.Lease, err error) {
	if r.batch.link == m.link.number {
		if err != nil && r.reason == 0 && m.storeLater(r) {
			return
		}
		m.taking--
		m.took(l.Key)
		defer m.updateStored()
	} else {
		m.stale--
	}
	if err != nil && r.reason == 0 {
		r.reason, r.text = wire.ReasonUnknown, "the update could not be stored"
		m.asked.missed = true
	}
	if r.reason != 0 {
		m.refuse(r.batch, r.place, &r.update, r.reason, r.text)
		if l.Flags&lease.FailoverUpdated == 0 {
			m.remember(l.Key) // our view, but not in an argument
		}
		return
	}
	m.answer(r.batch)
	if l.Flags&lease.FailoverUpdated == 0 {
		m.tell(l.Key) // what the partner refused before it may take now
	}
	m.poolsChanged()
	m.pendingChanged()
}
