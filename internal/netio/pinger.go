package netio

import (
	"container/heap"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"leasehold/internal/clock"
)

// Answer is how an echo request ended.
type Answer uint8

// The answers.
const (
	TimedOut    Answer = iota + 1 // nobody answered in time
	Replied                       // an echo reply came: the address is in use
	Unreachable                   // the network says that nobody has the address
	TTLExpired                    // the request went in circles
	NotSent                       // the request could not be sent: nothing is known
)

func (a Answer) String() string {
	return [...]string{"?", "no answer", "echo reply", "destination unreachable", "time to live expired", "not sent"}[a]
}

// Pinger sends ICMP echo requests and never waits for an answer. It holds as
// many outstanding requests as there are sequence numbers, 65,536.
type Pinger struct {
	clock  clock.Clock
	socket pingSocket
	id     uint16
	secret [echoPayload]byte
	wake   chan struct{}
	done   chan struct{}

	mu     sync.Mutex
	bySeq  map[uint16]*echo
	seq    uint16
	queue  deadlines
	ended  []*echo // to be told by the timekeeper
	closed bool
}

// echo is one request.
type echo struct {
	to       netip.Addr
	seq      uint16
	deadline time.Time
	tell     func(Answer)
	answer   Answer // 0 while outstanding
}

// NewPinger opens the socket: a raw one, or without CAP_NET_RAW an ICMP datagram
// socket, which the sysctl net.ipv4.ping_group_range must allow.
func NewPinger(c clock.Clock) (*Pinger, error) {
	s, err := openPing()
	if err != nil {
		return nil, err
	}
	p := &Pinger{
		clock: c, socket: s, bySeq: map[uint16]*echo{},
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	var seed [4 + echoPayload]byte
	rand.Read(seed[:])
	p.id, p.seq = binary.BigEndian.Uint16(seed[:]), binary.BigEndian.Uint16(seed[2:])
	p.secret = [echoPayload]byte(seed[4:])
	go p.listen()
	go p.keepTime()
	return p, nil
}

// Ping sends an echo request. done is called once, from another goroutine: with
// what came back first, or when the time is up.
func (p *Pinger) Ping(to netip.Addr, timeout time.Duration, done func(Answer)) {
	e := &echo{to: to, deadline: p.clock.Now().Add(timeout), tell: done}
	if !p.enter(e) {
		return
	}
	b := echoRequest(p.id, e.seq, p.secret)
	err := p.socket.send(to, b[:])
	if err == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case e.answer != 0: // it has ended meanwhile
	case errors.Is(err, unix.EHOSTUNREACH), errors.Is(err, unix.ENETUNREACH):
		p.end(e, Unreachable)
	default:
		p.end(e, NotSent)
	}
}

// enter gives the request a number and a place among the outstanding ones: before
// it is sent, or a quick answer would find nobody.
func (p *Pinger) enter(e *echo) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || !e.to.Is4() || len(p.bySeq) > 0xffff {
		p.end(e, NotSent)
		return false
	}
	p.seq++
	for p.bySeq[p.seq] != nil {
		p.seq++
	}
	e.seq = p.seq
	p.bySeq[e.seq] = e
	heap.Push(&p.queue, e)
	if p.queue[0] == e {
		p.poke()
	}
	return true
}

// end has the timekeeper tell the outcome, because the caller may hold locks that
// the callback wants. It is called with p.mu held.
func (p *Pinger) end(e *echo, a Answer) {
	e.answer = a
	if p.bySeq[e.seq] == e {
		delete(p.bySeq, e.seq)
	}
	if p.closed { // the timekeeper has gone home
		go e.tell(a)
		return
	}
	p.ended = append(p.ended, e)
	p.poke()
}

func (p *Pinger) poke() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// listen takes what comes back.
func (p *Pinger) listen() {
	buf := make([]byte, 1500)
	for {
		n, ok, err := p.socket.receive(buf)
		if p.socket.gone() {
			return
		}
		if err == nil && ok {
			p.heard(n)
		}
	}
}

func (p *Pinger) heard(n news) {
	p.mu.Lock()
	e := p.bySeq[n.seq]
	// The kernel picks and checks the identifier of a datagram socket.
	mine := e != nil && e.to == n.to && (n.id == p.id || !p.socket.raw)
	if mine && n.answer == Replied {
		mine = len(n.payload) >= echoPayload && [echoPayload]byte(n.payload) == p.secret
	}
	if mine {
		delete(p.bySeq, n.seq)
		e.answer = n.answer // its place in the queue is skipped when it comes up
	}
	p.mu.Unlock()
	if mine {
		e.tell(n.answer)
	}
}

// keepTime ends the requests whose time is up.
func (p *Pinger) keepTime() {
	for {
		due, next := p.due()
		for _, e := range due {
			e.tell(e.answer)
		}
		var timer <-chan time.Time
		if !next.IsZero() {
			timer = p.clock.After(next.Sub(p.clock.Now()))
		}
		select {
		case <-timer:
		case <-p.wake:
		case <-p.done:
			due, _ = p.due()
			for _, e := range due {
				e.tell(e.answer)
			}
			return
		}
	}
}

// due takes out what has ended and says when to look again.
func (p *Pinger) due() (ended []*echo, next time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ended, p.ended = p.ended, nil
	now := p.clock.Now()
	for len(p.queue) > 0 {
		e := p.queue[0]
		if e.answer == 0 && e.deadline.After(now) {
			return ended, e.deadline
		}
		heap.Pop(&p.queue)
		if e.answer == 0 {
			e.answer = TimedOut
			delete(p.bySeq, e.seq)
			ended = append(ended, e)
		}
	}
	return ended, time.Time{}
}

// Outstanding is how many requests wait for their end.
func (p *Pinger) Outstanding() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.bySeq)
}

// Close ends all outstanding requests as NotSent.
func (p *Pinger) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	for _, e := range p.bySeq {
		p.end(e, NotSent)
	}
	p.closed = true
	p.socket.close()
	close(p.done)
}

// deadlines is a heap of requests, the earliest first.
type deadlines []*echo

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].deadline.Before(d[j].deadline) }
func (d deadlines) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *deadlines) Push(e any)        { *d = append(*d, e.(*echo)) }
func (d *deadlines) Pop() any {
	old := *d
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*d = old[:len(old)-1]
	return e
}
