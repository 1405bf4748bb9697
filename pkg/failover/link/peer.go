package link

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// Peer is one relationship.
type Peer struct {
	cfg      Config
	hub      *Hub
	listener *listener
	handler  Handler
	quit     chan struct{}
	wake     chan struct{} // the dial loop looks again
	wg       sync.WaitGroup

	mu       sync.Mutex
	over     bool
	up       *Conn             // the connection in use
	live     int               // connections whose socket is not closed yet
	told     <-chan struct{}   // the last connection has told its Down
	openings map[*opening]bool // on the way, as far as they are known to be for this relationship
	spare    *opening          // the partner's new connection while one is in use
	vendor   string            // the partner's vendor class
	due      time.Time         // of the next attempt
	dialled  time.Time         // the last one
	again    time.Time         // last time that the buckets were the wrong way round
	refused  int               // attempts refused in a row
	silence  int               // attempts without an answer in a row
	journal  journal
	status   Status
}

func newPeer(h *Hub, l *listener, cfg Config, handler Handler) *Peer {
	told := make(chan struct{})
	close(told)
	return &Peer{
		cfg: cfg, hub: h, listener: l, handler: handler,
		quit: make(chan struct{}), wake: make(chan struct{}, 1), told: told,
		openings: map[*opening]bool{}, vendor: cfg.PartnerVendor, due: h.clock.Now().Add(cfg.firstPause()),
	}
}

// Status tells how the connection is.
func (p *Peer) Status() Status {
	listening := p.listener.listening()
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.status
	s.Connected, s.Listening, s.Vendor = p.up != nil, listening, p.vendor
	s.Refusals = slices.Clone(p.journal.refusals)
	if c := p.up; c != nil {
		s.LastReceived = c.made.Add(time.Duration(c.received.Load()))
		s.LastSent = c.made.Add(time.Duration(c.sent.Load()))
	}
	return s
}

// Close ends the relationship, with a DISCONNECT that carries text, and
// returns when its handler will not be called again.
func (p *Peer) Close(text string) {
	p.mu.Lock()
	first := !p.over
	p.over = true
	up := p.up
	openings := p.openings
	p.openings = nil
	p.mu.Unlock()
	if first {
		close(p.quit)
		p.hub.remove(p)
	}
	for o := range openings {
		o.drop()
	}
	if up != nil {
		up.Hangup(wire.ReasonUnknown, text)
	}
	p.wg.Wait()
}

func (p *Peer) connected() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.up != nil
}

func (p *Peer) partnerVendor() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.vendor
}

// meet remembers who the partner is.
func (p *Peer) meet(vendor string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.vendor = vendor
}

// offer takes a connection that the partner opened as one to send CONNECT on.
// While another is in use the new one waits: if the partner has lost that,
// a probe will show it, and CONNECT is sent then.
func (p *Peer) offer(o *opening) {
	p.mu.Lock()
	if p.over {
		p.mu.Unlock()
		o.drop()
		return
	}
	o.own(p)
	p.openings[o] = true
	p.status.Attempts++
	up := p.up
	var former *opening
	if up != nil {
		former, p.spare = p.spare, o
	}
	p.mu.Unlock()
	if former != nil {
		former.drop()
	}
	switch {
	case up == nil:
		o.sendConnect()
	case up.quiet():
		up.abort(Down{Text: replacedText})
	default:
		up.probe()
	}
}

const replacedText = "replaced by a new connection of the partner"

// admit makes an opening the connection in use, unless another is. One that
// has been silent for half of tReceive is given up for it.
func (p *Peer) admit(o *opening, up Up, offset int64) (*Conn, wire.Reason, string) {
	p.mu.Lock()
	if p.over {
		p.mu.Unlock()
		return nil, wire.ReasonInvalidPartner, "the relationship has ended here"
	}
	former := p.up
	if former != nil && !former.quiet() {
		p.mu.Unlock()
		former.probe()
		return nil, wire.ReasonDuplicate, "there is a connection already, and it is alive"
	}
	if !o.claim() {
		p.mu.Unlock()
		return nil, wire.ReasonDuplicate, "another connection was faster"
	}
	c := newConn(p, o, up, p.told)
	p.up, p.told, p.vendor = c, c.told, up.Vendor
	p.live++
	p.wg.Add(1)
	p.refused, p.silence = 0, 0
	p.journal.forget()
	p.connectedNow(c, offset)
	delete(p.openings, o)
	others := make([]*opening, 0, len(p.openings))
	for other := range p.openings {
		others = append(others, other)
	}
	clear(p.openings)
	p.spare = nil
	p.mu.Unlock()
	if former != nil {
		former.abort(Down{Text: replacedText})
	}
	for _, other := range others {
		other.drop()
	}
	if text := clockText(offset); text != "" {
		p.tell(NoticeClock, 0, text)
	}
	return c, 0, ""
}

func (p *Peer) connectedNow(c *Conn, offset int64) {
	p.status.Since = c.made
	p.status.Connects++
	p.status.Local, p.status.Remote = addrPort(c.raw.LocalAddr()), addrPort(c.raw.RemoteAddr())
	p.status.Secure, p.status.Offset = c.up.Secure, offset
}

// lost is told that a connection has ended.
func (p *Peer) lost(c *Conn) {
	p.mu.Lock()
	if p.up != c {
		p.mu.Unlock()
		return
	}
	p.up = nil
	now := p.hub.clock.Now()
	p.status.Since = now
	p.status.LastReceived = c.made.Add(time.Duration(c.received.Load()))
	p.status.LastSent = c.made.Add(time.Duration(c.sent.Load()))
	p.fault(c.cause.Text, now)
	p.due = now.Add(p.cfg.pause(outcomeLost, now.Sub(c.made), 0))
	spare := p.spare
	p.spare = nil
	p.mu.Unlock()
	if spare != nil {
		spare.sendConnect()
	}
	p.look()
}

// gone is told that the socket of a connection is closed and its Down was told.
func (p *Peer) gone() {
	p.mu.Lock()
	p.live--
	p.mu.Unlock()
	p.look()
	p.wg.Done()
}

// drop is told that an opening came to nothing.
func (p *Peer) drop(o *opening) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.openings, o)
	if p.spare == o {
		p.spare = nil
	}
}

func (p *Peer) fault(text string, now time.Time) {
	p.status.LastError, p.status.LastErrorAt = text, now
}

// refuse enters a refusal.
func (p *Peer) refuse(kind NoticeKind, reason wire.Reason, text string) {
	if text == "" {
		text = reason.String()
	}
	p.mu.Lock()
	now := p.hub.clock.Now()
	fresh := false
	if reason != wire.ReasonDuplicate || p.up == nil { // else it is one, and no fault
		fresh = p.journal.refuse(kind, reason, text, now)
		p.fault(text, now)
	}
	p.mu.Unlock()
	if fresh {
		p.notify(kind, reason, text)
	}
}

// unanswered enters that the partner is not there. That is worth telling when
// it lasts, or when it is certain to be a fault.
func (p *Peer) unanswered(text string, certain bool) {
	p.mu.Lock()
	p.silence++
	p.fault(text, p.hub.clock.Now())
	fresh := p.up == nil && (certain || p.silence >= patience) && p.journal.tell(NoticeNoAnswer, 0)
	p.mu.Unlock()
	if fresh {
		p.notify(NoticeNoAnswer, 0, text)
	}
}

// tell gives a notice, once.
func (p *Peer) tell(kind NoticeKind, reason wire.Reason, text string) {
	p.mu.Lock()
	fresh := p.journal.tell(kind, reason)
	if kind == NoticeListen {
		p.fault(text, p.hub.clock.Now())
	}
	p.mu.Unlock()
	if fresh {
		p.notify(kind, reason, text)
	}
}

func (p *Peer) notify(kind NoticeKind, reason wire.Reason, text string) {
	p.handler.Notice(Notice{Kind: kind, Partner: p.partner(), Reason: reason, Text: text})
}

func (p *Peer) partner() netip.Addr { return p.cfg.Partner.Addr() }

func (p *Peer) primary() bool { return p.cfg.Role == lease.Primary }
