//go:build linux

package clients

import (
	"container/heap"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"time"

	"leasehold/internal/packet"
	"leasehold/test/frame"
)

type state uint8

const (
	initial state = iota
	selecting
	requesting
	rebooting
	bound
	renewing
	rebinding
	gone
)

// lease is what a client holds.
type lease struct {
	addr, server, router netip.Addr
	bits                 int
	from, t1, t2, end    time.Time
}

type client struct {
	p     *Population
	n     int
	mac   frame.MAC
	state state
	at    time.Time // when it is due
	index int       // in the population's queue, -1: not there

	xid    uint32
	began  time.Time // when it began to ask: secs counts from here
	sent   time.Time // its last REQUEST
	tries  int
	offer  netip.Addr
	server netip.Addr // that made the offer
	lease  lease
	leaves time.Time // when it releases; zero: never
	want   netip.Addr
}

func (c *client) wake(at time.Time) {
	c.at = at
	if c.index >= 0 {
		heap.Fix(&c.p.queue, c.index)
	} else {
		heap.Push(&c.p.queue, c)
	}
}

// due is called at the time that the client asked for.
func (c *client) due(now time.Time) {
	switch c.state {
	case initial:
		c.began, c.tries = now, 0
		c.xid = rand.Uint32()
		c.discover(now)
	case selecting:
		c.discover(now)
	case requesting:
		if c.tries++; c.tries > 3 { // the server that offered is gone
			c.state = initial
			c.wake(now)
			return
		}
		c.request(now)
	case rebooting:
		c.reboot(now)
	case bound, renewing, rebinding:
		c.live(now)
	}
}

// live takes a client through the life of its lease.
func (c *client) live(now time.Time) {
	l := &c.lease
	switch {
	case !c.leaves.IsZero() && !now.Before(c.leaves):
		c.release()
		c.p.add(now)
	case !now.Before(l.end):
		c.p.report.fail(&c.p.report.Lapsed, "%v lost %v at its end: no server extended it since %v ago", c, l.addr, now.Sub(c.began).Round(100*time.Millisecond))
		c.drop(now)
	case !now.Before(l.t2):
		if c.state != rebinding {
			c.state, c.xid = rebinding, rand.Uint32()
		}
		c.extend(now, true)
		c.wake(earliest(now.Add(c.p.cfg.Retry/2), l.end))
	case !now.Before(l.t1):
		if c.state != renewing {
			c.state, c.xid, c.began = renewing, rand.Uint32(), now
		}
		c.extend(now, false)
		c.wake(earliest(now.Add(c.p.cfg.Retry), l.t2))
	default:
		c.wake(c.idleUntil())
	}
}

func (c *client) idleUntil() time.Time {
	if !c.leaves.IsZero() {
		return earliest(c.leaves, c.lease.t1)
	}
	return c.lease.t1
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// drop forgets the lease and begins anew, asking for the same address.
func (c *client) drop(now time.Time) {
	c.want = c.lease.addr
	c.forget()
	c.state = initial
	c.wake(now)
}

func (c *client) forget() {
	if c.p.byAddr[c.lease.addr] == c {
		delete(c.p.byAddr, c.lease.addr)
	}
	c.lease = lease{}
}

func (c *client) discover(now time.Time) {
	c.state = selecting
	m := c.message(packet.Discover, now)
	if c.want.IsValid() {
		m.AddAddr(packet.RequestedAddress, c.want)
	}
	c.broadcast(m)
	c.wake(now.Add(c.p.cfg.Retry))
}

func (c *client) request(now time.Time) {
	c.state, c.sent = requesting, now
	m := c.message(packet.Request, now)
	m.AddAddr(packet.ServerIdentifier, c.server)
	m.AddAddr(packet.RequestedAddress, c.offer)
	c.broadcast(m)
	c.wake(now.Add(c.p.cfg.Retry))
}

// reboot asks for the old address again. A client that is not answered goes
// on using a lease that still runs (RFC 2131 section 3.2).
func (c *client) reboot(now time.Time) {
	if c.tries++; c.tries > 4 {
		c.state = bound
		c.wake(now)
		return
	}
	c.sent = now
	m := c.message(packet.Request, now)
	m.AddAddr(packet.RequestedAddress, c.lease.addr)
	c.broadcast(m)
	c.wake(now.Add(c.p.cfg.Retry))
}

// extend asks for more time, from the server or, at the end, from anybody.
func (c *client) extend(now time.Time, anybody bool) {
	c.sent = now
	m := c.message(packet.Request, now)
	m.CIAddr = c.lease.addr
	if anybody {
		c.broadcast(m)
	} else {
		c.unicast(m)
	}
}

func (c *client) release() {
	m := c.message(packet.Release, time.Time{})
	m.CIAddr = c.lease.addr
	m.AddAddr(packet.ServerIdentifier, c.lease.server)
	c.unicast(m)
	c.forget()
	c.state = gone
	c.p.report.Released++
}

// decline gives the address back because somebody else uses it.
func (c *client) decline(now time.Time) {
	m := c.message(packet.Decline, now)
	m.AddAddr(packet.ServerIdentifier, c.lease.server)
	m.AddAddr(packet.RequestedAddress, c.lease.addr)
	c.broadcast(m)
	c.forget()
	c.state = initial
	c.wake(now.Add(c.p.cfg.Retry))
}

func (c *client) message(t packet.MessageType, now time.Time) *packet.Reply {
	m := new(packet.Reply)
	m.Reset()
	m.Op, m.Type, m.XID, m.HType, m.HLen = packet.BootRequest, t, c.xid, 1, 6
	copy(m.CHAddr[:], c.mac[:])
	if !now.IsZero() {
		m.Secs = uint16(now.Sub(c.began) / time.Second)
	}
	if c.p.cfg.ClientIDs && c.n%2 == 1 {
		m.Add(packet.ClientIdentifier, append([]byte{1}, c.mac[:]...))
	}
	if t == packet.Discover || t == packet.Request {
		m.Add(packet.ParameterRequestList, []byte{1, 3, 51, 54, 58, 59})
	}
	return m
}

func (c *client) broadcast(m *packet.Reply) {
	c.send(m, frame.Broadcast, netip.AddrFrom4([4]byte{255, 255, 255, 255}))
}

// unicast sends to the server of the lease, through the router if that is on
// another subnet. Who is not in the ARP table is asked for first.
func (c *client) unicast(m *packet.Reply) {
	hop := c.lease.server
	if p, err := c.lease.addr.Prefix(c.lease.bits); err == nil && !p.Contains(hop) && c.lease.router.IsValid() {
		hop = c.lease.router
	}
	if mac, known := c.p.arp[hop]; known {
		c.send(m, mac, c.lease.server)
		return
	}
	server := c.lease.server
	c.p.awaiting[hop] = append(c.p.awaiting[hop], func(mac frame.MAC) { c.send(m, mac, server) })
	c.p.write(frame.ARP{MAC: c.mac, IP: c.lease.addr, Target: hop, To: frame.Broadcast}.Append(nil))
}

func (c *client) send(m *packet.Reply, to frame.MAC, dst netip.Addr) {
	from := netip.IPv4Unspecified()
	if m.CIAddr.IsValid() {
		from = m.CIAddr
	}
	data, _ := m.Append(nil, packet.MaxReplySize)
	c.p.write(frame.UDP{SrcMAC: c.mac, DstMAC: to, Src: netip.AddrPortFrom(from, 68), Dst: netip.AddrPortFrom(dst, 67), Data: data}.Append(nil))
}

// hear takes a server's message for this client.
func (c *client) hear(m *packet.Message, u frame.UDP, now time.Time) {
	if m.XID != c.xid {
		return
	}
	server, _ := m.ServerID()
	switch {
	case m.Type == packet.Offer && c.state == selecting:
		c.offer, c.server, c.tries = m.YIAddr, server, 0
		c.request(now)
	case m.Type == packet.Ack && (c.state == requesting || c.state == rebooting || c.state == renewing || c.state == rebinding):
		if !m.GIAddr.IsValid() || m.GIAddr.IsUnspecified() {
			c.p.arp[u.Src.Addr()] = u.SrcMAC
		}
		c.take(m, server, now)
	case m.Type == packet.Nak && c.state == requesting:
		if server == c.server {
			c.p.report.Refused++
			c.state = initial
			c.wake(now)
		}
	case m.Type == packet.Nak && (c.state == rebooting || c.state == renewing || c.state == rebinding):
		c.p.report.fail(&c.p.report.Naked, "%v was refused %v by %v", c, c.lease.addr, server)
		c.drop(now)
	}
}

// take begins or extends a lease.
func (c *client) take(m *packet.Message, server netip.Addr, now time.Time) {
	seconds, ok := m.LeaseTime()
	if !ok {
		return
	}
	r := &c.p.report
	time1 := optionTime(m, packet.RenewalTime, seconds/2)
	time2 := optionTime(m, packet.RebindingTime, seconds*7/8)
	fresh := c.state == requesting
	if fresh {
		r.Waits = append(r.Waits, now.Sub(c.began))
	} else if c.state != rebooting {
		r.Extended++
	}
	if c.want.IsValid() && fresh && c.want != m.YIAddr {
		r.fail(&r.Moved, "%v had %v and was given %v by %v", c, c.want, m.YIAddr, server)
	}
	if !fresh && m.YIAddr != c.lease.addr {
		r.fail(&r.Moved, "%v asked to extend %v and was given %v by %v", c, c.lease.addr, m.YIAddr, server)
		c.forget()
	}
	if other := c.p.byAddr[m.YIAddr]; other != nil && other != c && now.Before(other.lease.end) {
		r.fail(&r.Duplicates, "%v was given %v by %v while %v holds it from %v", c, m.YIAddr, server, other, other.lease.server)
	}
	c.lease = lease{
		addr: m.YIAddr, server: server, bits: maskBits(m), router: router(m),
		from: c.sent, t1: c.sent.Add(time1), t2: c.sent.Add(time2), end: c.sent.Add(time.Duration(seconds) * time.Second),
	}
	c.p.byAddr[m.YIAddr] = c
	c.want = m.YIAddr
	c.state, c.tries = bound, 0
	r.Acks[server]++
	if fresh && c.p.cfg.Stay > 0 {
		c.leaves = now.Add(c.p.cfg.Stay/2 + rand.N(c.p.cfg.Stay))
	}
	c.wake(c.idleUntil())
}

func optionTime(m *packet.Message, code uint8, otherwise uint32) time.Duration {
	if v := m.Get(code); len(v) == 4 {
		otherwise = binary.BigEndian.Uint32(v)
	}
	return time.Duration(otherwise) * time.Second
}

func maskBits(m *packet.Message) int {
	v := m.Get(packet.SubnetMask)
	if len(v) != 4 {
		return 24
	}
	n := 0
	for mask := binary.BigEndian.Uint32(v); mask&(1<<31) != 0; mask <<= 1 {
		n++
	}
	return n
}

func router(m *packet.Message) netip.Addr {
	if v := m.Get(packet.Routers); len(v) >= 4 {
		return netip.AddrFrom4([4]byte(v[:4]))
	}
	return netip.Addr{}
}
