package link

import (
	"context"
	"fmt"
	"net"
	"time"
)

// dialLoop opens connections while there is none.
func (p *Peer) dialLoop() {
	for {
		wait, want := p.turn()
		if want && wait <= 0 {
			p.dial()
			continue
		}
		var due <-chan time.Time // never, where something will wake us
		if want {
			due = p.hub.clock.After(wait)
		}
		select {
		case <-p.quit:
			return
		case <-p.wake:
		case <-due:
		}
	}
}

// look makes the dial loop look again.
func (p *Peer) look() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// turn tells whether a connection is wanted, and how long to wait for it. It
// is not while the socket of the last one is still open: the partner would take
// the new one for a duplicate.
func (p *Peer) turn() (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over || p.up != nil || p.live > 0 {
		return 0, false
	}
	return p.due.Sub(p.hub.clock.Now()), true
}

// stimulate makes the primary connect at once, or nearly: the partner shows
// that it is there.
func (p *Peer) stimulate() {
	if !p.primary() {
		return
	}
	p.mu.Lock()
	if soon := p.dialled.Add(time.Second); p.up == nil && p.due.After(soon) {
		p.due = soon
	}
	p.mu.Unlock()
	p.look()
}

// dial makes one attempt and sets the time of the next.
func (p *Peer) dial() {
	p.mu.Lock()
	p.dialled = p.hub.clock.Now()
	p.status.Attempts++
	p.mu.Unlock()
	nc, err := p.connect()
	if err != nil {
		p.unanswered(fmt.Sprintf("cannot connect to %v: %s", p.cfg.Partner, lossText(err)), false)
		p.next(outcomeFailed)
		return
	}
	o := newOpening(p.listener, nc, true)
	o.own(p)
	p.mu.Lock()
	wanted := !p.over && p.up == nil
	if wanted {
		p.openings[o] = true
	}
	p.mu.Unlock()
	if !wanted {
		nc.Close()
		return
	}
	if p.primary() {
		o.sendConnect()
	}
	c := o.open(p.cfg.ConnectTimeout)
	if c != nil {
		go c.run() // counted since it was admitted
	}
	if c == nil || c.peer != p { // the partner may have used it for another relationship
		p.next(o.outcome)
	}
}

// connect opens a TCP connection from the own address.
func (p *Peer) connect() (net.Conn, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan struct{})
	defer close(done)
	p.wg.Go(func() {
		select {
		case <-p.quit:
		case <-p.hub.clock.After(p.cfg.ConnectTimeout):
		case <-done:
		}
		cancel()
	})
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: p.cfg.Local.Addr().AsSlice()}}
	nc, err := d.DialContext(ctx, "tcp", p.cfg.Partner.String())
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("no answer within %v", p.cfg.ConnectTimeout)
	}
	return nc, err
}

// next sets the time of the next attempt after one that came to nothing.
func (p *Peer) next(o outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.hub.clock.Now()
	switch o {
	case outcomeRefused:
		p.refused++
	case outcomeAgain:
		if !p.again.IsZero() && now.Sub(p.again) < p.cfg.Retry {
			o = outcomeFailed // it does not know what it is
		}
		p.again = now
	default:
		p.refused = 0
	}
	p.due = now.Add(p.cfg.pause(o, 0, p.refused))
}
