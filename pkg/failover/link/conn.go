package link

import (
	"errors"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"leasehold/internal/clock"
	"leasehold/pkg/failover/wire"
)

// linger bounds how long a connection that is over may still write its
// DISCONNECT and wait until the partner has read it.
const linger = time.Second

// backlog is how many messages are read ahead of the handler: more than both
// windows together, so that reading does not stop for a slow disk.
const backlog = 4096

// Conn is one connection to a partner. What is sent on a Conn never reaches
// the partner on a later one, so that an answer stays with its question.
type Conn struct {
	peer *Peer
	nc   net.Conn // the TLS connection where there is one
	raw  net.Conn
	in   *intake
	out  *outbox
	up   Up
	made time.Time // all other times count from here
	timers

	// since made, by the hub's clock
	received atomic.Int64
	sent     atomic.Int64
	writing  atomic.Int64 // negative if no write is under way
	held     atomic.Bool
	mute     atomic.Bool   // the owner hung up: what came before is not told any more
	xid      atomic.Uint32 // of CONTACT and DISCONNECT, counted down

	msgs    chan wire.Message
	before  <-chan struct{} // the connection before this one has told its Down
	told    chan struct{}   // this one has
	flushed chan struct{}   // the writer is done
	closed  chan struct{}   // the socket is, too

	once  sync.Once
	ended chan struct{}
	cause Down
}

func newConn(p *Peer, o *opening, up Up, before <-chan struct{}) *Conn {
	c := &Conn{
		peer: p, nc: o.nc, raw: o.raw, in: o.in, out: newOutbox(), up: up, made: p.hub.clock.Now(),
		timers: timers{receive: Silence(p.cfg.PollTimeout, int64(up.MCLT)), send: sendTimer(up.ReceiveTimer, p.cfg.PollInterval)},
		msgs:   make(chan wire.Message, backlog), before: before,
		told: make(chan struct{}), flushed: make(chan struct{}), closed: make(chan struct{}), ended: make(chan struct{}),
	}
	c.up.Conn = c
	c.writing.Store(-1)
	c.xid.Store(math.MaxUint32)
	return c
}

// Send sends a message in the partner's profile, behind those before it. It
// does not wait. After the connection has ended it returns ErrClosed, else only
// an error of a message that cannot be sent to this partner.
func (c *Conn) Send(xid uint32, body wire.Body) error {
	err := c.out.add(c.up.Profile, wire.Message{XID: xid, Body: body})
	if errors.Is(err, errOverflow) {
		c.abort(Down{Text: errOverflow.Error()})
		return ErrClosed
	}
	return err
}

// Contact sends a CONTACT that tells something besides, with an xid of its own.
func (c *Conn) Contact(body wire.CONTACT) { c.add(body) }

// Hangup ends the connection, with a DISCONNECT where reason is not 0. Down
// follows. The relationship then connects again.
func (c *Conn) Hangup(reason wire.Reason, text string) {
	c.mute.Store(true)
	c.hangup(reason, text)
}

func (c *Conn) hangup(reason wire.Reason, text string) {
	c.end(Down{Reason: reason, Text: text}, func() {
		if reason != 0 {
			c.add(wire.DISCONNECT{Reason: reason, Text: text})
		}
		c.out.finish()
		c.raw.SetDeadline(clock.Real{}.Now().Add(linger)) //nolint:errcheck // a socket that is gone has no deadline
	})
}

// abort ends the connection without a word.
func (c *Conn) abort(d Down) {
	c.end(d, func() {
		c.out.discard()
		c.raw.Close()
	})
}

func (c *Conn) end(d Down, shut func()) {
	c.once.Do(func() {
		c.cause = d
		shut()
		close(c.ended)
		c.peer.lost(c)
	})
}

// add sends a message of the link's own. The outbox refuses it only when the
// connection is over or stuck, and then it does not matter.
func (c *Conn) add(body wire.Body) {
	xid := c.xid.Add(math.MaxUint32) + 1
	if err := c.out.add(c.up.Profile, wire.Message{XID: xid, Body: body}); errors.Is(err, errOverflow) {
		c.abort(Down{Text: errOverflow.Error()})
	}
}

func (c *Conn) now() time.Duration { return c.peer.hub.clock.Now().Sub(c.made) }

func (c *Conn) pulse() pulse {
	return pulse{
		received: time.Duration(c.received.Load()),
		sent:     time.Duration(c.sent.Load()),
		writing:  time.Duration(c.writing.Load()),
		held:     c.held.Load(),
	}
}

func (c *Conn) quiet() bool { return c.silent(c.now(), c.pulse()) }

// probe sends a CONTACT out of turn: if the partner has forgotten the
// connection, its machine says so.
func (c *Conn) probe() {
	if c.now()-time.Duration(c.sent.Load()) >= min(time.Second, c.send) {
		c.add(wire.CONTACT{})
	}
}

// run serves the connection until its socket is closed.
func (c *Conn) run() {
	go c.write()
	go c.deliver()
	go c.watch()
	c.read()
	<-c.flushed
	c.raw.Close()
	close(c.closed)
	<-c.told
	c.peer.gone()
}

// read passes messages on until the connection breaks. It goes on after the
// end, to take what the partner has sent: closing a socket before makes the
// machine reset the connection, and the DISCONNECT would be lost.
func (c *Conn) read() {
	for {
		m, err := c.in.receive()
		if err != nil {
			c.broken(err)
			return
		}
		c.received.Store(int64(c.now()))
		switch body := m.Body.(type) {
		case wire.Ignored:
			continue
		case wire.DISCONNECT:
			c.abort(Down{Reason: body.Reason, Text: body.Text, ByPartner: true})
		case wire.CONNECT, wire.CONNECTACK:
			c.hangup(wire.ReasonUnknown, body.Type().String()+" on a connection that is in use")
		default:
			c.pass(m)
		}
	}
}

// pass gives a message to the handler's side; it waits where that is far
// behind, and the time of waiting is not the partner's silence.
func (c *Conn) pass(m wire.Message) {
	select {
	case <-c.ended:
		return
	default:
	}
	select {
	case c.msgs <- m:
		return
	default:
	}
	c.held.Store(true)
	select {
	case c.msgs <- m:
	case <-c.ended:
	}
	c.received.Store(int64(c.now()))
	c.held.Store(false)
}

func (c *Conn) broken(err error) {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		c.hangup(e.Reason, err.Error())
		return
	}
	c.abort(Down{Text: lossText(err), ByPartner: true})
}

func (c *Conn) deliver() {
	defer close(c.told)
	<-c.before
	c.peer.handler.Up(c.up)
	for over := false; !over; {
		select {
		case m := <-c.msgs:
			c.peer.handler.Message(m)
		case <-c.ended:
			over = true
		}
	}
	for !c.mute.Load() { // its last words count
		select {
		case m := <-c.msgs:
			c.peer.handler.Message(m)
			continue
		default:
		}
		break
	}
	c.peer.handler.Down(c.cause)
}

func (c *Conn) write() {
	defer close(c.flushed)
	var spare []byte
	for {
		buf, last := c.out.take(spare)
		for rest := buf; len(rest) > 0; {
			n := portion(rest, c.peer.hub.time())
			c.writing.Store(int64(c.now()))
			_, err := c.nc.Write(rest[:n])
			c.writing.Store(-1)
			if err != nil {
				c.unwritten(err)
				return
			}
			c.sent.Store(int64(c.now()))
			rest = rest[n:]
		}
		if last {
			closeWrite(c.nc, c.raw)
			return
		}
		if spare = buf; cap(spare) > 4*maxWrite {
			spare = nil // after a dump
		}
	}
}

// unwritten ends the connection after a failed write. What the partner sent
// before it closed is still there to be read: the reader says what happened.
func (c *Conn) unwritten(err error) {
	select {
	case <-c.ended:
		c.raw.Close()
		return
	default:
	}
	c.out.finish()
	if c.raw.SetReadDeadline(clock.Real{}.Now().Add(linger)) != nil {
		c.abort(Down{Text: lossText(err), ByPartner: true})
	}
}

// closeWrite says that nothing follows, in TLS and in TCP.
func closeWrite(conns ...net.Conn) {
	for _, nc := range conns {
		if half, ok := nc.(interface{ CloseWrite() error }); ok {
			half.CloseWrite() //nolint:errcheck // the other side may be gone
		}
	}
}

func (c *Conn) watch() {
	for {
		what, wait := c.check(c.now(), c.pulse())
		switch what {
		case dueContact:
			c.add(wire.CONTACT{})
		case dueSilent:
			c.hangup(wire.ReasonNoTraffic, "nothing was received for "+c.receive.String())
			return
		case dueStuck:
			c.abort(Down{Text: errOverflow.Error() + " for " + c.receive.String()})
			return
		}
		select {
		case <-c.peer.hub.clock.After(max(wait, time.Millisecond)):
		case <-c.ended:
			return
		}
	}
}
