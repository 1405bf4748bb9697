package holders

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"leasehold/internal/packet"
)

// Event is one message that was seen.
type Event struct {
	At     time.Time
	Type   packet.MessageType
	Client string     // its hardware address
	Addr   netip.Addr // given, asked for or given back
	Server netip.Addr // server-identifier, if the message has one
	Lease  time.Duration
	XID    uint32
	Secs   uint16
}

// Holding is a lease as its client has it.
type Holding struct {
	Client string
	Server netip.Addr
	Until  time.Time
}

// Ledger is who holds what. Its methods may be called from any goroutine.
type Ledger struct {
	mu         sync.Mutex
	requests   map[string]time.Time // when the client sent it, by client and transaction
	asked      map[string]netip.Addr
	held       map[netip.Addr]Holding
	duplicates []string
	events     []Event
	quiet      bool
}

// NewLedger starts empty. A quiet one keeps no events, for crowds of clients.
func NewLedger(quiet bool) *Ledger {
	return &Ledger{requests: map[string]time.Time{}, asked: map[string]netip.Addr{}, held: map[netip.Addr]Holding{}, quiet: quiet}
}

// See takes a message that passed at a time.
func (l *Ledger) See(at time.Time, m *packet.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := Event{At: at, Type: m.Type, Client: net.HardwareAddr(m.HW()).String(), XID: m.XID, Secs: m.Secs}
	e.Server, _ = m.ServerID()
	if t, ok := m.LeaseTime(); ok {
		e.Lease = time.Duration(t) * time.Second
	}
	if m.Op == packet.BootRequest {
		e.Addr = m.CIAddr
		if a, ok := m.RequestedAddr(); ok {
			e.Addr = a
		}
		l.fromClient(e)
	} else {
		e.Addr = m.YIAddr
		l.fromServer(e)
	}
	if !l.quiet {
		l.events = append(l.events, e)
	}
}

func transaction(e Event) string { return fmt.Sprintf("%s/%08x", e.Client, e.XID) }

func (l *Ledger) fromClient(e Event) {
	switch e.Type {
	case packet.Request:
		l.requests[transaction(e)] = e.At
		l.asked[transaction(e)] = e.Addr
	case packet.Release, packet.Decline:
		l.end(e.Client, e.Addr)
	}
}

func (l *Ledger) fromServer(e Event) {
	id := transaction(e)
	switch e.Type {
	case packet.Nak:
		l.end(e.Client, l.asked[id])
	case packet.Ack:
		if !e.Addr.IsValid() || e.Addr.IsUnspecified() || e.Lease == 0 {
			return // the answer to an INFORM
		}
		from, ok := l.requests[id]
		if !ok {
			from = e.At
		}
		was := l.held[e.Addr]
		if was.Client != "" && was.Client != e.Client && was.Until.After(e.At) {
			l.duplicates = append(l.duplicates, fmt.Sprintf("%s given to %s by %v while %s holds it for %v more, from %v",
				e.Addr, e.Client, e.Server, was.Client, was.Until.Sub(e.At).Round(time.Second), was.Server))
		}
		until := from.Add(e.Lease)
		if was.Client == e.Client && was.Until.After(until) && was.Server != e.Server {
			until = was.Until // two servers answered: the client may have either
		}
		l.held[e.Addr] = Holding{e.Client, e.Server, until}
	}
}

func (l *Ledger) end(client string, addr netip.Addr) {
	if l.held[addr].Client == client {
		delete(l.held, addr)
	}
}

// Duplicates tells of each address that was given to a second client while a
// first one held it.
func (l *Ledger) Duplicates() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.duplicates...)
}

// Events returns what was seen and let through by the filter, in order.
func (l *Ledger) Events(keep func(Event) bool) []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	var some []Event
	for _, e := range l.events {
		if keep(e) {
			some = append(some, e)
		}
	}
	return some
}

// Held returns the leases that run at a time.
func (l *Ledger) Held(at time.Time) map[netip.Addr]Holding {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := map[netip.Addr]Holding{}
	for a, h := range l.held {
		if h.Until.After(at) {
			now[a] = h
		}
	}
	return now
}
