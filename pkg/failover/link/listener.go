package link

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"

	"leasehold/internal/lease"
)

// maxPending is how many connections of one partner may wait for their CONNECT.
// The oldest makes room: a good one is through in a round trip.
const maxPending = 8

// listener is one local address and port, shared by relationships.
type listener struct {
	hub   *Hub
	local netip.AddrPort
	quit  chan struct{}
	peers []*Peer // guarded by the hub; replaced, never changed

	mu      sync.Mutex
	ln      net.Listener
	stopped bool
	pending []*opening // oldest first
}

func newListener(h *Hub, local netip.AddrPort) *listener {
	return &listener{hub: h, local: local, quit: make(chan struct{})}
}

// start listens, at once where that is possible.
func (l *listener) start() {
	err := l.listen()
	l.hub.wg.Go(func() { l.serve(err) })
}

func (l *listener) listen() error {
	ln, err := l.hub.listen(l.local)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return ln.Close()
	}
	l.ln = ln
	return nil
}

// listen opens the socket of a listener.
func (h *Hub) listen(at netip.AddrPort) (net.Listener, error) {
	if h.Listen != nil {
		return h.Listen(at)
	}
	var lc net.ListenConfig
	return lc.Listen(context.Background(), "tcp", at.String())
}

func (l *listener) listening() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ln != nil
}

func (l *listener) stop() {
	l.mu.Lock()
	l.stopped = true
	ln, pending := l.ln, l.pending
	l.ln, l.pending = nil, nil
	l.mu.Unlock()
	close(l.quit)
	if ln != nil {
		ln.Close() //nolint:errcheck // it was only listened on
	}
	for _, o := range pending {
		o.drop()
	}
}

// serve takes connections until stop, and tries to listen where it cannot.
func (l *listener) serve(err error) {
	for {
		if err != nil {
			l.hub.mu.Lock()
			peers := l.peers
			l.hub.mu.Unlock()
			for _, p := range peers {
				p.tell(NoticeListen, 0, "cannot listen on "+l.local.String()+": "+lossText(err))
			}
		} else {
			l.accept()
		}
		select {
		case <-l.quit:
			return
		case <-l.hub.clock.After(defaultRetry):
		}
		err = l.listen()
	}
}

// accept takes connections until the socket fails.
func (l *listener) accept() {
	l.mu.Lock()
	ln := l.ln
	l.mu.Unlock()
	if ln == nil {
		return
	}
	for {
		nc, err := ln.Accept()
		if err == nil {
			l.take(nc)
			continue
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		ln.Close() //nolint:errcheck // it has failed already
		l.ln = nil
		return
	}
}

func (l *listener) take(nc net.Conn) {
	from := addrPort(nc.RemoteAddr())
	peers := l.hub.with(l, from.Addr())
	if len(peers) == 0 {
		nc.Close()
		l.hub.stranger(l.local, from.Addr())
		return
	}
	o := newOpening(l, nc, false)
	if !l.hold(o) {
		nc.Close()
		return
	}
	timeout := peers[0].cfg.ConnectTimeout
	if o.waits = onlySecondary(peers); o.waits {
		timeout /= waitShare
	}
	l.hub.wg.Go(func() {
		c := o.open(timeout)
		l.release(o)
		if c != nil {
			c.run()
		}
	})
	assign(o, peers)
}

// A primary sends CONNECT at once. A server that is the secondary of every
// relationship with who connects, and hears none, says so before the other gives
// up: both may be configured as backup.
const waitShare = 3

func onlySecondary(peers []*Peer) bool {
	return !slices.ContainsFunc(peers, (*Peer).primary)
}

// assign decides what becomes of a connection that a partner opened. The draft
// lets only the opener send CONNECT; dhcpd waits for it on the connections that
// it opened as secondary, too. With one relationship, or with this server
// primary in all of them, there is no doubt what the partner waits for;
// otherwise it may be about to send CONNECT itself, and its coming is taken as
// a sign that it is there.
func assign(o *opening, peers []*Peer) {
	var idle *Peer
	for _, p := range peers {
		if p.cfg.Role != lease.Primary {
			for _, p := range peers {
				p.stimulate()
			}
			return
		}
		if idle == nil && !p.connected() {
			idle = p
		}
	}
	if idle == nil {
		idle = peers[0]
	}
	idle.offer(o)
}

// hold enters a connection that waits for its CONNECT.
func (l *listener) hold(o *opening) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return false
	}
	n, oldest := 0, -1
	for i, q := range l.pending {
		if q.remote.Addr() == o.remote.Addr() {
			if n++; oldest < 0 {
				oldest = i
			}
		}
	}
	if n >= maxPending {
		l.pending[oldest].drop()
		l.pending = slices.Delete(l.pending, oldest, oldest+1)
	}
	l.pending = append(l.pending, o)
	return true
}

func (l *listener) release(o *opening) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = slices.DeleteFunc(l.pending, func(q *opening) bool { return q == o })
}

func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		ap := t.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	return netip.AddrPort{}
}
