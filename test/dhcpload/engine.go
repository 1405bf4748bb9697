//go:build linux && (amd64 || arm64)

package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math/rand"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"leasehold/test/dhcpload/mmsg"
)

// Operations: what one exchange is.
const (
	opDora     = iota // DISCOVER, OFFER, REQUEST, ACK
	opDiscover        // DISCOVER, OFFER
	opRenew           // REQUEST with ciaddr, ACK
	opRelease         // RELEASE, which has no answer
	nOps
)

var opNames = map[string]int{"dora": opDora, "discover": opDiscover, "renew": opRenew, "release": opRelease}

// DHCP message types.
const (
	mDiscover = 1
	mOffer    = 2
	mRequest  = 3
	mAck      = 5
	mNak      = 6
	mRelease  = 7
)

const (
	slotBits = 18
	maxSlots = 1 << slotBits // exchanges under way at most
	batchLen = 64
	bufSize  = 1500
)

type weights [nOps]int

func only(op int) (w weights) { w[op] = 1; return }

type opts struct {
	mode, name, durable string
	local, server       []netip.AddrPort
	rate, maxRate       float64
	maxLoss             float64
	inflight, clients   int
	first, preload      int
	retries, steps      int
	count               uint64
	duration, timeout   time.Duration
	grace, step, tick   time.Duration
	clientID, opt82     bool
	hostname, strict    bool
	macBase             uint16
	extra               []byte
	pool                netip.Prefix
	pids                []int
	weights             weights
}

// States of a slot.
const (
	free = iota
	waitOffer
	waitAck
)

type slot struct {
	xid    uint32
	client uint32
	yi     uint32 // address asked for
	srv    uint32 // server identifier of the OFFER taken
	t0, t1 int64  // when the exchange and its second half began
	seq    uint32 // counts the messages sent from this slot
	state  uint8
	op     uint8
	tries  uint8
}

type deadline struct {
	at   int64
	slot uint32
	seq  uint32
}

type engine struct {
	o     opts
	t     time.Time // zero of the clock
	fds   []int
	out   []*mmsg.Batch
	in    *mmsg.Batch
	gi    []uint32
	dst   []syscall.RawSockaddrInet4
	slots []slot
	idle  []uint32
	dl    []deadline // a ring, by time: the timeout is the same for all
	dlH   int
	dlN   int

	tmpl  [8]template
	addr  []uint32 // each client's address, 0 for none
	srvID []uint32
	exp   []uint32        // when its lease ends, seconds on the clock
	owner [1 << 16]*block // each address's client + 1

	next, renewAt, relAt int // cursors over the clients
	bound                int
	deal                 weights
	poolLo, poolHi       uint32
	stop                 atomic.Bool
	r                    *Run // the run under way
	rnd                  *rand.Rand
}

type block [1 << 16]uint32

// template is a message ready but for what differs from client to client.
type template struct {
	b                              []byte
	yi, srv, cid, rid, circ, hname int // where these go, 0 for nowhere
}

func (e *engine) makeTemplate(kind byte, withYi bool) template {
	b := make([]byte, 240, 600)
	b[0], b[1], b[2], b[3] = 1, 1, 6, 1
	binary.BigEndian.PutUint32(b[236:], 0x63825363)
	var t template
	b = append(b, 53, 1, kind)
	if withYi {
		b = append(b, 50, 4)
		t.yi = len(b)
		b = append(b, 0, 0, 0, 0)
	}
	if (kind == mRequest && withYi) || kind == mRelease {
		b = append(b, 54, 4)
		t.srv = len(b)
		b = append(b, 0, 0, 0, 0)
	}
	if e.o.clientID {
		b = append(b, 61, 7, 1)
		t.cid = len(b)
		b = append(b, 0, 0, 0, 0, 0, 0)
	}
	if kind != mRelease {
		b = append(b, 55, 7, 1, 3, 6, 15, 28, 51, 54)
		if e.o.hostname {
			b = append(b, 12, 9, 'h')
			t.hname = len(b)
			b = append(b, "00000000"...)
		}
	}
	b = append(b, e.o.extra...)
	if e.o.opt82 { // the relay's option stands last
		b = append(b, 82, 16, 1, 6, 0, 4)
		t.circ = len(b)
		b = append(b, 0, 0, 0, 0, 2, 6)
		t.rid = len(b)
		b = append(b, 0, 0, 0, 0, 0, 0)
	}
	b = append(b, 255)
	for len(b) < 300 {
		b = append(b, 0)
	}
	t.b = b
	return t
}

func newEngine(o opts) (*engine, error) {
	e := &engine{o: o, t: time.Now(), rnd: rand.New(rand.NewSource(time.Now().UnixNano()))}
	for _, a := range o.local {
		fd, err := mmsg.Listen(a, 16<<20, false)
		if err != nil {
			return nil, err
		}
		b4 := a.Addr().As4()
		e.fds = append(e.fds, fd)
		e.gi = append(e.gi, binary.BigEndian.Uint32(b4[:]))
		e.out = append(e.out, mmsg.NewBatch(batchLen, bufSize))
	}
	for _, s := range o.server {
		e.dst = append(e.dst, mmsg.Sockaddr(s))
	}
	e.in = mmsg.NewBatch(batchLen, bufSize)
	e.slots = make([]slot, maxSlots)
	e.idle = make([]uint32, maxSlots)
	for i := range e.idle {
		e.idle[i] = uint32(maxSlots - 1 - i)
		e.slots[i].xid = e.rnd.Uint32()&^(maxSlots-1) | uint32(i)
	}
	e.dl = make([]deadline, 1<<12)
	e.addr = make([]uint32, o.clients)
	e.srvID = make([]uint32, o.clients)
	e.exp = make([]uint32, o.clients)
	e.tmpl[mDiscover] = e.makeTemplate(mDiscover, false)
	e.tmpl[mRequest] = e.makeTemplate(mRequest, true)
	e.tmpl[0] = e.makeTemplate(mRequest, false) // a renewal
	e.tmpl[mRelease] = e.makeTemplate(mRelease, false)
	e.poolHi = ^uint32(0)
	if o.pool.IsValid() {
		b4 := o.pool.Masked().Addr().As4()
		e.poolLo = binary.BigEndian.Uint32(b4[:])
		e.poolHi = e.poolLo | uint32(uint64(1)<<(32-o.pool.Bits())-1)
	}
	return e, nil
}

func (e *engine) now() int64 { return int64(time.Since(e.t)) }

func (e *engine) mac(client uint32) (hi uint16, lo uint32) {
	return e.o.macBase, client + uint32(e.o.first)
}

// send queues one message of a slot to every server.
func (e *engine) send(kind int, s *slot) {
	tm := &e.tmpl[kind]
	k := int(s.client) % len(e.fds)
	hi, lo := e.mac(s.client)
	for _, d := range e.dst {
		out := e.out[k]
		if out.Full() {
			e.flush(k)
		}
		i := out.N
		out.N++
		b := out.Buf(i)
		n := copy(b, tm.b)
		binary.BigEndian.PutUint32(b[4:], s.xid)
		binary.BigEndian.PutUint32(b[24:], e.gi[k])
		binary.BigEndian.PutUint16(b[28:], hi)
		binary.BigEndian.PutUint32(b[30:], lo)
		if kind == 0 || kind == mRelease {
			binary.BigEndian.PutUint32(b[12:], s.yi)
		}
		if tm.yi > 0 {
			binary.BigEndian.PutUint32(b[tm.yi:], s.yi)
		}
		if tm.srv > 0 {
			binary.BigEndian.PutUint32(b[tm.srv:], s.srv)
		}
		if tm.cid > 0 {
			copy(b[tm.cid:], b[28:34])
		}
		if tm.circ > 0 {
			binary.BigEndian.PutUint32(b[tm.circ:], lo)
			copy(b[tm.rid:], b[28:34])
		}
		if tm.hname > 0 {
			for j := 0; j < 8; j++ {
				b[tm.hname+j] = "0123456789abcdef"[lo>>(28-4*j)&15]
			}
		}
		out.SetLen(i, n)
		out.SetDst(i, d)
	}
	e.r.Sent++
}

func (e *engine) flush(k int) {
	if e.out[k].N == 0 {
		return
	}
	refused, err := e.out[k].Send(e.fds[k])
	if refused > 0 {
		e.r.SendErrors += uint64(refused)
		e.r.SendError = err.Error()
	}
}

func (e *engine) flushAll() {
	for k := range e.out {
		e.flush(k)
	}
}

func (e *engine) arm(i uint32, s *slot, now int64) {
	s.seq++
	if e.dlN == len(e.dl) {
		d := make([]deadline, 2*len(e.dl))
		for j := 0; j < e.dlN; j++ {
			d[j] = e.dl[(e.dlH+j)&(len(e.dl)-1)]
		}
		e.dl, e.dlH = d, 0
	}
	e.dl[(e.dlH+e.dlN)&(len(e.dl)-1)] = deadline{now + int64(e.o.timeout), i, s.seq}
	e.dlN++
}

func (e *engine) release(i uint32) {
	s := &e.slots[i]
	s.state = free
	s.seq++
	s.xid += maxSlots // a late answer to the old exchange matches nothing
	e.idle = append(e.idle, i)
}

// pick takes the operation that is furthest behind its share.
func (e *engine) pick(w *weights) int {
	best, total := -1, 0
	for op, x := range w {
		e.deal[op] += x
		total += x
		if x > 0 && (best < 0 || e.deal[op] > e.deal[best]) {
			best = op
		}
	}
	e.deal[best] -= total
	return best
}

// boundClient finds the next client that holds an address.
func (e *engine) boundClient(at *int) (uint32, bool) {
	if e.bound == 0 {
		return 0, false
	}
	for n := 0; n < len(e.addr); n++ {
		c := *at
		if *at++; *at >= len(e.addr) {
			*at = 0
		}
		if e.addr[c] != 0 {
			return uint32(c), true
		}
	}
	return 0, false
}

// start begins one exchange. It says no where it cannot.
func (e *engine) start(w *weights, now int64) bool {
	if len(e.idle) == 0 {
		e.r.NoSlot++
		return false
	}
	op := e.pick(w)
	i := e.idle[len(e.idle)-1]
	s := &e.slots[i]
	switch op {
	case opDora, opDiscover:
		s.client = uint32(e.next)
		if e.next++; e.next >= len(e.addr) {
			e.next = 0
		}
		s.yi, s.srv, s.state = 0, 0, waitOffer
	case opRenew, opRelease:
		at := &e.renewAt
		if op == opRelease {
			at = &e.relAt
		}
		c, ok := e.boundClient(at)
		if !ok {
			e.r.NoClient++
			return false
		}
		s.client, s.yi, s.srv, s.state = c, e.addr[c], e.srvID[c], waitAck
	}
	e.idle = e.idle[:len(e.idle)-1]
	s.op, s.tries, s.t0, s.t1 = uint8(op), 0, now, now
	e.r.Started++
	switch op {
	case opRelease:
		e.r.Released++
		e.disown(s.client)
		e.send(mRelease, s)
		e.r.Completed++
		e.release(i)
		return true
	case opRenew:
		e.send(0, s)
	default:
		e.send(mDiscover, s)
	}
	e.arm(i, s, now)
	return true
}

func (e *engine) disown(c uint32) {
	a := e.addr[c]
	if a == 0 {
		return
	}
	if b := e.owner[a>>16]; b != nil && b[a&0xffff] == c+1 {
		b[a&0xffff] = 0
	}
	e.addr[c] = 0
	e.bound--
}

// own records that a client was given an address, and checks that no other
// client holds it.
func (e *engine) own(c, a uint32, lease uint32, now int64) {
	sec := uint32(now / 1e9)
	b := e.owner[a>>16]
	if b == nil {
		b = new(block)
		e.owner[a>>16] = b
	}
	if was := b[a&0xffff]; was != 0 && was != c+1 {
		o := was - 1
		if e.addr[o] == a && e.exp[o] > sec {
			e.r.Duplicates++
			e.r.note("DUPLICATE: %s given to client %d while client %d holds it", ip4(a), c, o)
			e.addr[o] = 0
			e.bound--
		} else if e.addr[o] == a { // its lease had ended
			e.addr[o] = 0
			e.bound--
		}
	}
	if old := e.addr[c]; old != a {
		if old != 0 {
			e.r.Moved++
			e.disown(c)
		}
		e.bound++
	}
	b[a&0xffff] = c + 1
	e.addr[c] = a
	if x := uint64(sec) + uint64(lease); x < 1<<32 {
		e.exp[c] = uint32(x)
	} else {
		e.exp[c] = 1<<32 - 1
	}
}

// reply is what a server's packet says.
type reply struct {
	kind       byte
	srv, lease uint32
	hasLease   bool
}

func parse(p []byte) (r reply, ok bool) {
	if len(p) < 244 || p[0] != 2 || p[1] != 1 || p[2] != 6 || binary.BigEndian.Uint32(p[236:]) != 0x63825363 {
		return r, false
	}
	for i := 240; i < len(p); {
		c := p[i]
		if c == 255 {
			break
		}
		if c == 0 {
			i++
			continue
		}
		if i+1 >= len(p) || i+2+int(p[i+1]) > len(p) {
			return r, false
		}
		v := p[i+2 : i+2+int(p[i+1])]
		switch {
		case c == 53 && len(v) == 1:
			r.kind = v[0]
		case c == 54 && len(v) == 4:
			r.srv = binary.BigEndian.Uint32(v)
		case c == 51 && len(v) == 4:
			r.lease, r.hasLease = binary.BigEndian.Uint32(v), true
		}
		i += 2 + len(v)
	}
	return r, r.kind != 0
}

func (e *engine) receive(p []byte, k int, now int64) {
	run := e.r
	run.Received++
	a, ok := parse(p)
	if !ok {
		run.Wrong++
		run.note("a reply that is no DHCP reply (%d bytes)", len(p))
		return
	}
	xid := binary.BigEndian.Uint32(p[4:])
	i := xid & (maxSlots - 1)
	s := &e.slots[i]
	if s.state == free || s.xid != xid {
		run.Late++
		return
	}
	hi, lo := e.mac(s.client)
	yi := binary.BigEndian.Uint32(p[16:])
	switch {
	case binary.BigEndian.Uint16(p[28:]) != hi || binary.BigEndian.Uint32(p[30:]) != lo:
		run.Wrong++
		run.note("xid %08x: hardware address % x is not client %d's", xid, p[28:34], s.client)
		return
	case binary.BigEndian.Uint32(p[24:]) != e.gi[k]:
		run.Wrong++
		run.note("xid %08x: giaddr %s came to relay %s", xid, ip4(binary.BigEndian.Uint32(p[24:])), ip4(e.gi[k]))
		return
	case a.srv == 0:
		run.Wrong++
		run.note("xid %08x: no server identifier", xid)
		return
	}
	switch {
	case a.kind == mOffer && s.state == waitOffer:
		if yi == 0 || yi < e.poolLo || yi > e.poolHi {
			run.Wrong++
			run.note("OFFER of %s to client %d", ip4(yi), s.client)
			return
		}
		run.offerLat.add(now - s.t1)
		if s.op == opDiscover {
			run.done(s, now)
			e.release(i)
			return
		}
		s.yi, s.srv, s.state, s.t1, s.tries = yi, a.srv, waitAck, now, 0
		e.send(mRequest, s)
		e.arm(i, s, now)
	case a.kind == mAck && s.state == waitAck:
		if yi != s.yi || !a.hasLease || a.lease == 0 {
			run.Wrong++
			run.note("ACK of %s, lease %d, to client %d that asked for %s", ip4(yi), a.lease, s.client, ip4(s.yi))
			return
		}
		if s.srv != a.srv && s.op == opDora {
			run.Wrong++
			run.note("ACK by %s of an OFFER by %s", ip4(a.srv), ip4(s.srv))
			return
		}
		run.ackLat.add(now - s.t1)
		if s.op == opDora || e.addr[s.client] == yi { // not where a RELEASE overtook it
			e.own(s.client, yi, a.lease, s.t1) // a lease runs from its REQUEST (RFC 2131, 4.4.1)
			e.srvID[s.client] = a.srv
		}
		run.byServer(a.srv)
		run.done(s, now)
		e.release(i)
	case a.kind == mNak && s.state == waitAck:
		if len(e.dst) > 1 && a.srv != s.srv { // another server's no is no answer
			run.OtherNaks++
			return
		}
		run.Naks++
		if s.op == opRenew {
			e.disown(s.client)
		}
		e.release(i)
	case a.kind == mOffer || a.kind == mAck || a.kind == mNak:
		run.Late++ // a second server's, or a repeated one
	default:
		run.Wrong++
		run.note("message type %d in answer to client %d", a.kind, s.client)
	}
}

// expire handles the messages that were not answered in time.
func (e *engine) expire(now int64) {
	for e.dlN > 0 {
		d := e.dl[e.dlH&(len(e.dl)-1)]
		if d.at > now {
			return
		}
		e.dlH = (e.dlH + 1) & (len(e.dl) - 1)
		e.dlN--
		s := &e.slots[d.slot]
		if s.state == free || s.seq != d.seq {
			continue
		}
		if int(s.tries) < e.o.retries {
			s.tries++
			e.r.Resent++
			kind := mDiscover
			if s.state == waitAck {
				kind = mRequest
				if s.op == opRenew {
					kind = 0
				}
			}
			e.send(kind, s)
			e.arm(d.slot, s, now)
			continue
		}
		e.lose(d.slot)
	}
}

func (e *engine) lose(i uint32) {
	s := &e.slots[i]
	if s.state == waitOffer {
		e.r.LostOffers++
	} else {
		e.r.LostAcks++
	}
	e.release(i)
}

func (e *engine) inflight() int { return maxSlots - len(e.idle) }

// step is one run's load.
type step struct {
	weights  weights
	rate     float64
	inflight int
	count    uint64
	duration time.Duration
	grace    time.Duration
}

// run offers one load and reports on it.
func (e *engine) run(st step) *Run {
	r := &Run{TargetRate: st.rate, Inflight: st.inflight}
	if st.rate > 0 {
		r.Inflight = 0
	}
	e.r = r
	before := procUsage(e.o.pids)
	me := selfCPU()
	begin := e.now()
	end := begin + int64(st.duration)
	tick := int64(e.o.tick)
	started, done := uint64(0), false
	var lastTick int64 = -1
	quit := int64(0) // when to give up waiting for the rest
	for {
		now := e.now()
		if !done && (now >= end || e.stop.Load() || (st.count > 0 && started >= st.count)) {
			done = true
			r.window = now - begin
			r.inWindow = r.Completed
			quit = now + int64(st.grace)
		}
		if done && (e.inflight() == 0 || now >= quit) {
			break
		}
		idleUntil := now + 1e6
		if !done {
			if st.rate > 0 {
				if t := (now - begin) / tick; t != lastTick {
					due := uint64(float64(t*tick)*st.rate/1e9) + 1
					if st.count > 0 && due > st.count {
						due = st.count
					}
					// After a stall of this program the backlog goes out at
					// twice the rate, not at once: the server's queues are
					// not to pay for it.
					dt := min(t-lastTick, 4)
					if lastTick < 0 {
						dt = 1
					}
					if burst := uint64(2*st.rate*float64(dt*tick)/1e9) + 2; due > started+burst {
						if lag := int64(float64(due-started) / st.rate * 1e9); lag > r.lag {
							r.lag = lag
						}
						due = started + burst
					}
					lastTick = t
					for ; started < due; started++ {
						if !e.start(&st.weights, now) {
							started++
							break
						}
					}
				}
				idleUntil = begin + (lastTick+1)*tick
			} else {
				for n := 0; n < batchLen && e.inflight() < st.inflight && (st.count == 0 || started < st.count); n++ {
					if !e.start(&st.weights, now) {
						break
					}
					started++
				}
			}
		}
		e.flushAll()
		got := 0
		for k, fd := range e.fds {
			n, err := e.in.Recv(fd, syscall.MSG_DONTWAIT)
			if err != nil {
				r.note("receive: %v", err)
				continue
			}
			if n == 0 {
				continue
			}
			got += n
			now = e.now()
			for i := 0; i < n; i++ {
				e.receive(e.in.Pkt(i), k, now)
			}
			e.flushAll()
		}
		e.expire(now)
		if got == 0 {
			e.flushAll()
			now = e.now()
			w := idleUntil - now
			if !done && st.rate == 0 && e.inflight() < st.inflight && e.r.NoClient == 0 {
				w = 0
			}
			if w > 0 {
				mmsg.WaitRead(e.fds, w)
			}
		}
	}
	if done {
		for i := range e.slots { // what is still under way is lost
			if e.slots[i].state != free {
				e.lose(uint32(i))
			}
		}
	}
	r.cpu(before, procUsage(e.o.pids), selfCPU()-me)
	r.finish(e)
	return r
}

// wait sends a DISCOVER every few milliseconds until one is answered.
func (e *engine) wait(limit time.Duration) (time.Duration, bool) {
	t := e.o.timeout
	e.o.timeout = limit
	defer func() { e.o.timeout = t }()
	begin := e.now()
	for e.now()-begin < int64(limit) && !e.stop.Load() {
		r := e.run(step{weights: only(opDiscover), inflight: 1, count: 1, duration: limit, grace: 5 * time.Millisecond})
		if r.Completed > 0 || r.Late > 0 {
			return time.Duration(e.now() - begin), true
		}
	}
	return time.Duration(e.now() - begin), false
}

func (e *engine) dump(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for c, a := range e.addr {
		if a != 0 {
			fmt.Fprintf(w, "%d %s %d\n", c+e.o.first, ip4(a), e.t.Unix()+int64(e.exp[c]))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
