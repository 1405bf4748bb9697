package sim

import (
	"fmt"
	"strings"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
)

// client is a DHCP client with the timers of RFC 2131 on a clock that runs
// true. It counts a lease from when it sent the request that was answered.
type client struct {
	w     *World
	p     *pair
	index int
	name  string
	who   lease.Client
	hears []bool // by node: a relay passes its broadcasts on to it
	deaf  bool   // nothing reaches it
	bootp bool
	rng   rng

	on     bool
	state  clientState
	xid    int // of the last packet; every packet has its own
	tries  int
	began  time.Duration // of this attempt, for the secs field
	sent   time.Duration // the last packet
	timer  int
	addr   lease.Addr
	server int // node that gave the lease
	end    time.Duration
	t1, t2 time.Duration
	left   time.Duration // when it sent DHCPRELEASE
	// decline: it finds the next address in use.
	decline bool
}

type clientState uint8

const (
	clientOff clientState = iota
	clientInit
	clientSelecting
	clientBound
	clientRenewing
	clientRebinding
	clientRebooting
)

// query is a packet of a client.
type query struct {
	kind    binding.Request
	c       *client
	xid     int
	ciaddr  lease.Addr
	want    lease.Addr // requested-address
	server  int        // server-identifier; -1 is none
	secs    uint16
	decline bool // of GivingBack
}

// reply is a packet of a server.
type reply struct {
	kind   replyKind
	xid    int
	addr   lease.Addr
	time   int64 // seconds, lease.Forever
	server int
}

type replyKind uint8

const (
	offered replyKind = iota
	acked
	naked
)

func newClient(w *World, p *pair, i int) *client {
	c := &client{w: w, p: p, index: i, name: fmt.Sprintf("c%d", i+1), rng: streamOf(w.sched.Seed, "client", i)}
	c.who.HW = lease.HardwareFrom(1, []byte{2, 0, 0x5e, 0, byte(i >> 8), byte(i + 1)})
	if i%2 == 1 {
		c.who.ClientID = string(append([]byte{1}, c.who.HW.Bytes()...))
	}
	c.bootp = p.BOOTP && i%3 == 2
	c.who.BOOTP = c.bootp
	c.hears = make([]bool, len(w.nodes))
	for j := range c.hears {
		c.hears[j] = true
	}
	return c
}

func (c *client) bucket() uint8 { return wire.Bucket(c.who.ClientID, wire.HW(c.who.HW)) }

// in calls do after a while, unless something else was planned since.
func (c *client) in(d time.Duration, do func()) {
	c.timer++
	n := c.timer
	c.w.after(max(d, 0), func() {
		if c.timer == n && c.on {
			do()
		}
	})
}

func (c *client) arrive() {
	if c.on {
		return
	}
	c.on = true
	if wait := c.left + 3*time.Second - c.w.now; wait > 0 { // behind its DHCPRELEASE
		c.in(wait, c.discover)
		return
	}
	if c.addr != 0 && c.end > c.w.now {
		c.reboot()
		return
	}
	c.discover()
}

// vanish is a client that is switched off. It may come back to its lease.
func (c *client) vanish() {
	c.on = false
	c.state = clientOff
	c.timer++
}

// early is a client that renews before its time.
func (c *client) early() {
	if c.on && c.state == clientBound && !c.bootp {
		c.renew()
	}
}

// moved is a client that has lost its server and asks all.
func (c *client) moved() {
	if c.on && c.state == clientBound && !c.bootp {
		c.rebind()
	}
}

// leave is vanish with a DHCPRELEASE.
func (c *client) leave() {
	if !c.bootp && c.state >= clientBound && c.state <= clientRebinding {
		c.w.say("%s releases %v", c.name, c.addr)
		q := query{kind: binding.GivingBack, ciaddr: c.addr, server: c.server}
		c.w.checks.s1.gaveUp(c)
		c.addr, c.end, c.left = 0, 0, c.w.now
		c.transmit(q)
	}
	c.vanish()
}

func (c *client) lose() {
	c.w.checks.s1.gaveUp(c)
	c.addr, c.end = 0, 0
}

func (c *client) discover() {
	c.state, c.tries, c.began = clientInit, 0, c.w.now
	c.sendDiscover()
}

func (c *client) sendDiscover() {
	kind := binding.Discover
	if c.bootp {
		kind = binding.BOOTP
	}
	c.transmit(query{kind: kind, want: c.addr, server: -1})
	c.again(c.sendDiscover)
}

// again repeats what was sent after the backoff of RFC 2131 section 4.1.
func (c *client) again(send func()) {
	wait := 4 * time.Second << min(c.tries, 4)
	c.tries++
	c.in(wait+c.rng.between(-time.Second, time.Second), send)
}

func (c *client) request() {
	if c.tries >= 4 {
		c.discover()
		return
	}
	c.transmit(query{kind: binding.Selecting, want: c.addr, server: c.server})
	c.again(c.request)
}

// reboot asks for the lease that it had when it was switched off.
func (c *client) reboot() {
	if c.state != clientRebooting {
		c.state, c.tries, c.began = clientRebooting, 0, c.w.now
	}
	if c.tries >= 3 {
		if c.end > c.w.now { // nobody answers: it goes on with its lease
			c.bound()
			return
		}
		c.discover()
		return
	}
	c.transmit(query{kind: binding.Rebooting, want: c.addr, server: -1})
	c.again(c.reboot)
}

// bound waits for the next timer of the lease.
func (c *client) bound() {
	c.state = clientBound
	if c.end == day { // for ever
		c.timer++
		return
	}
	c.in(c.t1-c.w.now, c.renew)
}

func (c *client) renew() {
	if c.w.now >= c.t2 {
		c.rebind()
		return
	}
	if c.state != clientRenewing {
		c.state, c.began = clientRenewing, c.w.now
	}
	c.transmit(query{kind: binding.Renewing, ciaddr: c.addr, server: -1})
	c.in(min(max((c.t2-c.w.now)/2, 2*time.Second), c.t2-c.w.now), c.renew)
}

func (c *client) rebind() {
	if c.w.now >= c.end {
		c.w.say("%s: its lease of %v has run out", c.name, c.addr)
		c.w.checks.ranOut(c)
		c.lose()
		c.discover()
		return
	}
	if c.state != clientRebinding {
		c.state, c.began = clientRebinding, c.w.now
	}
	c.transmit(query{kind: binding.Rebinding, ciaddr: c.addr, server: -1})
	c.in(min(max((c.end-c.w.now)/2, 2*time.Second), c.end-c.w.now), c.rebind)
}

// transmit sends a packet: to one server, or to all that relays reach.
func (c *client) transmit(q query) {
	c.xid++
	q.c, q.xid = c, c.xid
	q.secs = uint16(min(int64((c.w.now-c.began)/time.Second), 0xffff))
	c.sent = c.w.now
	for _, e := range c.p.ends {
		n := e.n
		unicast := q.kind == binding.Renewing || q.kind == binding.GivingBack && !q.decline
		if unicast && n.index != c.server || !c.hears[n.index] {
			continue
		}
		c.carry(func() {
			came := c.w.now
			n.act(func() {
				if n.up && c.w.now-came <= binding.LongestQueued {
					n.receive(&q, came)
				}
			})
		})
	}
}

// carry takes a packet over the network, or loses it.
func (c *client) carry(deliver func()) {
	d := c.rng.between(time.Millisecond, 50*time.Millisecond)
	switch n := c.rng.n(100); {
	case n < c.w.sched.Loss || c.deaf:
		return
	case n == 99:
		d *= 40
	}
	c.w.after(d, deliver)
}

// get is a server's packet at the client.
func (c *client) get(r reply) {
	if !c.on || r.xid != c.xid {
		return
	}
	c.w.note('c', int64(c.index), int64(r.kind), int64(r.addr), r.time)
	switch {
	case c.state == clientInit && r.kind == offered:
		c.addr, c.server = r.addr, r.server
		c.state, c.tries = clientSelecting, 0
		c.request()
	case r.kind == acked && c.state != clientBound && (c.state != clientInit || c.bootp):
		c.take(r)
	case r.kind == naked && c.state != clientBound && c.state != clientInit:
		c.w.say("%s is refused %v", c.name, c.addr)
		c.lose()
		c.state = clientInit
		c.in(c.rng.between(time.Second, 5*time.Second), c.discover)
	}
}

func (c *client) take(r reply) {
	c.addr, c.server = r.addr, r.server
	c.tries = 0
	if r.time == lease.Forever {
		c.end = day
	} else {
		span := seconds(r.time)
		c.end, c.t1, c.t2 = c.sent+span, c.sent+span/2, c.sent+span*7/8
	}
	if c.decline && !c.bootp {
		c.decline = false
		c.w.say("%s declines %v", c.name, c.addr)
		q := query{kind: binding.GivingBack, want: c.addr, server: c.server, decline: true}
		c.lose()
		c.state = clientInit
		c.transmit(q)
		c.in(10*time.Second, c.discover)
		return
	}
	c.w.say("%s has %v for %v", c.name, c.addr, c.end-c.sent)
	c.w.stats.Leases++
	c.w.checks.s1.took(c)
	c.bound()
}

func (c *client) describe(b *strings.Builder) {
	fmt.Fprintf(b, "%s on %v state %d addr %v until %v server %d\n", c.name, c.on, c.state, c.addr, c.end, c.server)
}
