package link

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"

	"leasehold/internal/clock"
	"leasehold/pkg/failover/wire"
)

// ErrClosed is returned for what is over.
var ErrClosed = errors.New("the failover connection is closed")

// maxStrangers is how many addresses are told apart that have no business here.
const maxStrangers = 64

// Hub has the listeners of a server's relationships.
type Hub struct {
	// Listen, where it is not nil, opens the sockets that are listened on: a
	// server that has given root up has its own way to low ports. It is set
	// before the first relationship is added.
	Listen func(netip.AddrPort) (net.Listener, error)

	clock  clock.Clock
	notice func(Notice)
	wg     sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	listeners map[netip.AddrPort]*listener
	strangers map[netip.Addr]uint64
}

// NewHub returns a hub without relationships. notice is told what is about
// none of them: of strangers.
func NewHub(c clock.Clock, notice func(Notice)) *Hub {
	return &Hub{
		clock: c, notice: notice,
		listeners: map[netip.AddrPort]*listener{}, strangers: map[netip.Addr]uint64{},
	}
}

// Add takes up a relationship: from now on it is connected to its partner
// whenever that is possible. It fails only where the configuration cannot work.
func (h *Hub) Add(cfg Config, handler Handler) (*Peer, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	l := h.listeners[cfg.Local]
	if l != nil && slices.ContainsFunc(l.peers, func(p *Peer) bool {
		return p.cfg.Name == cfg.Name && p.cfg.Partner.Addr() == cfg.Partner.Addr()
	}) {
		return nil, fmt.Errorf("relationship %q with %v exists already", cfg.Name, cfg.Partner.Addr())
	}
	if l == nil {
		l = newListener(h, cfg.Local)
		h.listeners[cfg.Local] = l
	}
	p := newPeer(h, l, cfg, handler)
	l.peers = append(l.peers, p)
	if len(l.peers) == 1 {
		l.start()
	}
	p.wg.Go(p.dialLoop)
	return p, nil
}

// remove takes a relationship out, and its listener with the last one.
func (h *Hub) remove(p *Peer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := p.listener
	l.peers = slices.DeleteFunc(slices.Clone(l.peers), func(q *Peer) bool { return q == p })
	if len(l.peers) == 0 && h.listeners[l.local] == l {
		delete(h.listeners, l.local)
		l.stop()
	}
}

// Close ends all relationships, each with a DISCONNECT, and waits until
// everything has ended.
func (h *Hub) Close(text string) {
	h.mu.Lock()
	h.closed = true
	var peers []*Peer
	for _, l := range h.listeners {
		peers = append(peers, l.peers...)
	}
	h.mu.Unlock()
	var wg sync.WaitGroup
	for _, p := range peers {
		wg.Go(func() { p.Close(text) })
	}
	wg.Wait()
	h.wg.Wait()
}

// Strangers is how many connections were closed because no relationship is
// with their address, by address; the zero address stands for those beyond the
// number that is told apart.
func (h *Hub) Strangers() map[netip.Addr]uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.strangers)
}

func (h *Hub) stranger(local netip.AddrPort, from netip.Addr) {
	h.mu.Lock()
	key := from
	if h.strangers[key] == 0 && len(h.strangers) >= maxStrangers {
		key = netip.Addr{}
	}
	h.strangers[key]++
	first := h.strangers[key] == 1
	h.mu.Unlock()
	if first && h.notice != nil {
		h.notice(Notice{
			Kind: NoticeStranger, Partner: from, Reason: wire.ReasonInvalidPartner,
			Text: fmt.Sprintf("a connection to %v was closed: no relationship is with that address", local),
		})
	}
}

// with are the relationships on a listener with one partner.
func (h *Hub) with(l *listener, partner netip.Addr) []*Peer {
	h.mu.Lock()
	defer h.mu.Unlock()
	var peers []*Peer
	for _, p := range l.peers {
		if p.cfg.Partner.Addr() == partner {
			peers = append(peers, p)
		}
	}
	return peers
}

// called finds the relationship of a name among those with one partner.
func called(peers []*Peer, name string) *Peer {
	for _, p := range peers {
		if p.cfg.Name == name {
			return p
		}
	}
	return nil
}

// time is what a message bears that is sent now.
func (h *Hub) time() wire.Time { return wire.TimeOf(h.clock.Now().Unix()) }
