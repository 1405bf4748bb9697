package link

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"leasehold/internal/clock"
	"leasehold/pkg/failover/wire"
)

// connectXID is that of a CONNECT: the first of a connection.
const connectXID = 1

// opening is a connection before its CONNECTACK. One goroutine reads it; the
// CONNECT may be sent by another.
type opening struct {
	hub     *Hub
	lst     *listener
	raw     net.Conn
	in      *intake
	remote  netip.AddrPort
	dialled bool
	waits   bool // for the CONNECT of a primary: this server will send none
	secure  bool
	done    chan struct{}
	outcome outcome // once done

	mu      sync.Mutex
	nc      net.Conn // raw, or TLS over it
	peer    *Peer    // the relationship, as far as it is known
	sent    *wire.Profile
	hba     wire.HBA // as sent
	late    bool     // the time is up
	dropped bool     // given up for another connection
	claimed bool     // the connection in use, too late to give it up
}

func newOpening(l *listener, nc net.Conn, dialled bool) *opening {
	return &opening{
		hub: l.hub, lst: l, raw: nc, nc: nc, in: newIntake(nc), dialled: dialled,
		remote: addrPort(nc.RemoteAddr()), done: make(chan struct{}),
	}
}

// open goes through CONNECT and CONNECTACK. It returns the connection in use,
// which the caller runs, or nil when it has come to nothing.
func (o *opening) open(timeout time.Duration) *Conn {
	defer close(o.done)
	o.hub.wg.Go(func() { o.guard(timeout) })
	for {
		m, err := o.in.receive()
		if err != nil {
			o.broken(err)
			return o.forget()
		}
		c, over := o.message(m)
		if c != nil {
			return c
		}
		if over {
			return o.forget()
		}
	}
}

// guard closes the connection when its time is up.
func (o *opening) guard(timeout time.Duration) {
	select {
	case <-o.hub.clock.After(timeout):
	case <-o.done:
		return
	}
	if o.waits && o.owner() == nil {
		partners := o.hub.with(o.lst, o.remote.Addr())
		text := bothBackup(partners)
		o.say(wire.DISCONNECT{Reason: wire.ReasonInvalidPartner, Text: text})
		tellRefusing(nil, partners, wire.ReasonInvalidPartner, text)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.claimed {
		o.late = true
		o.raw.Close()
	}
}

// bothBackup is said where nobody sends CONNECT. Whoever reads it, there is one
// server that connects and one that waits.
func bothBackup(waiting []*Peer) string {
	names := make([]string, 0, len(waiting))
	for _, p := range waiting {
		names = append(names, strconv.Quote(p.cfg.Name))
	}
	return "nobody sends CONNECT: the server that was connected to is the backup of " + strings.Join(names, ", ") + ", and so is the other of what it connects for; one of the two has to be the main"
}

// drop gives the opening up for another one.
func (o *opening) drop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.claimed {
		o.dropped = true
		o.raw.Close()
	}
}

// claim makes the opening the connection in use, if it was not given up before.
func (o *opening) claim() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.claimed = !o.dropped
	return o.claimed
}

// forget closes the connection, not before the partner could read what was
// sent last.
func (o *opening) forget() *Conn {
	closeWrite(o.nc, o.raw)
	o.raw.SetReadDeadline(clock.Real{}.Now().Add(linger)) //nolint:errcheck // a closed socket reads nothing
	io.Copy(io.Discard, io.LimitReader(o.raw, 1<<20))     //nolint:errcheck // whatever it still says does not count
	o.raw.Close()
	if p := o.owner(); p != nil {
		p.drop(o)
	}
	return nil
}

func (o *opening) owner() *Peer {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.peer
}

func (o *opening) message(m wire.Message) (c *Conn, over bool) {
	switch body := m.Body.(type) {
	case wire.CONNECT:
		return o.connect(m, body)
	case wire.CONNECTACK:
		return o.connectack(m, body)
	case wire.DISCONNECT:
		o.refused(body.Reason, body.Text)
		return nil, true
	case wire.CONTACT, wire.Ignored:
		return nil, false
	}
	o.refuse(wire.ReasonUnknown, m.Body.Type().String()+" before CONNECT and CONNECTACK")
	return nil, true
}

// sendConnect sends the CONNECT of the relationship that the opening is for.
func (o *opening) sendConnect() {
	p := o.owner()
	profile := wire.ProfileOf(p.partnerVendor())
	o.mu.Lock()
	defer o.mu.Unlock()
	if stale(o.raw) {
		o.raw.Close()
		return
	}
	connect := p.cfg.proposal(profile, o.secure)
	o.sent, o.hba = profile, *connect.HBA
	frame, err := writing(profile, connect.TLS).Encode(wire.Message{Time: o.hub.time(), XID: connectXID, Body: connect})
	if err == nil {
		_, err = o.nc.Write(frame)
	}
	if err != nil { // the reader finds it closed
		o.raw.Close()
	}
}

// connect answers a CONNECT.
func (o *opening) connect(m wire.Message, body wire.CONNECT) (c *Conn, over bool) {
	if stale(o.raw) {
		return nil, true
	}
	if sent, own := o.asked(); sent && o.dialled && own != body.Relationship {
		return nil, false // both sent one for a relationship of their own: who opened the connection goes first
	}
	partners := o.hub.with(o.lst, o.remote.Addr())
	p := called(partners, body.Relationship)
	if o.secure && p != o.owner() {
		p = nil // TLS was agreed for another relationship
	}
	at := circumstances{offset: o.offset(m), secure: o.secure, digest: m.Digest != ""}
	var cfg *Config
	if p != nil {
		cfg = &p.cfg
	}
	ack := judgeConnect(cfg, body, at)
	switch {
	case ack.Reason != 0:
		o.reply(ack, body.VendorClass, m.XID)
		o.outcome = outcomeRefused
		tellRefusing(p, partners, ack.Reason, ack.Text)
		return nil, true
	case ack.TLS == wire.TLSWanted:
		o.own(p)
		o.reply(ack, body.VendorClass, m.XID)
		return nil, !o.encrypt(p, true)
	}
	o.own(p)
	c, reason, text := p.admit(o, Up{
		Vendor: body.VendorClass, Profile: wire.ProfileOf(body.VendorClass),
		MaxUnacked: body.MaxUnacked, ReceiveTimer: body.ReceiveTimer, Time: m.Time, Options: body.Vendor,
		Secure: o.secure, MCLT: body.MCLT, HBA: *body.HBA, DelayedService: body.DelayedService,
	}, at.offset)
	if c == nil {
		ack = refusal(ack, reason, text)
		p.refuse(NoticeRefusing, reason, text)
	}
	o.reply(ack, body.VendorClass, m.XID)
	return c, true
}

// asked tells whether CONNECT was sent, and for which relationship.
func (o *opening) asked() (bool, string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sent == nil {
		return false, ""
	}
	return true, o.peer.cfg.Name
}

// own makes p the relationship of the opening, instead of the one that dialled.
func (o *opening) own(p *Peer) {
	o.mu.Lock()
	former := o.peer
	o.peer = p
	o.mu.Unlock()
	if former != nil && former != p {
		former.drop(o)
	}
}

// connectack goes by the answer to our CONNECT.
func (o *opening) connectack(m wire.Message, ack wire.CONNECTACK) (c *Conn, over bool) {
	o.mu.Lock()
	p, sent, hba := o.peer, o.sent, o.hba
	o.mu.Unlock()
	if sent == nil || m.XID != connectXID {
		return nil, false // draft-12 section 7.9.2
	}
	at := circumstances{offset: o.offset(m), secure: o.secure}
	switch r := judgeAck(&p.cfg, sent, ack, at); r.step {
	case stepRefused:
		o.refused(r.reason, r.text)
		return nil, true
	case stepRefuse:
		o.refuse(r.reason, r.text)
		return nil, true
	case stepAgain:
		p.meet(ack.VendorClass)
		if !isISC(ack.VendorClass) { // a dhcpd would log an unknown error
			o.say(wire.DISCONNECT{Reason: r.reason, Text: r.text})
		}
		o.outcome = outcomeAgain
		return nil, true
	case stepSecure:
		p.meet(ack.VendorClass)
		if !o.encrypt(p, false) {
			return nil, true
		}
		o.sendConnect()
		return nil, false
	}
	up := Up{
		Vendor: ack.VendorClass, Profile: wire.ProfileOf(ack.VendorClass),
		MaxUnacked: ack.MaxUnacked, ReceiveTimer: ack.ReceiveTimer, Time: m.Time, Options: ack.Vendor,
		Secure: o.secure, MCLT: p.cfg.MCLT, HBA: hba, DelayedService: p.cfg.DelayedService,
	}
	// dhcpd may leave these out, and these are its own defaults then.
	orDefault(&up.MaxUnacked, 10)
	orDefault(&up.ReceiveTimer, 60)
	c, reason, text := p.admit(o, up, at.offset)
	if c == nil {
		o.say(wire.DISCONNECT{Reason: reason, Text: text})
	}
	return c, true
}

func (o *opening) offset(m wire.Message) int64 {
	return m.Time.Unix() - o.hub.clock.Now().Unix()
}

// say writes a message to a partner of which nothing is known for certain. If
// it cannot be written there is nobody to read it.
func (o *opening) say(body wire.Body) {
	o.write(wire.Draft, wire.Message{XID: math.MaxUint32, Body: body})
}

func (o *opening) reply(ack wire.CONNECTACK, vendor string, xid uint32) {
	o.write(wire.ProfileOf(vendor), wire.Message{XID: xid, Body: ack})
}

func (o *opening) write(profile *wire.Profile, m wire.Message) {
	m.Time = o.hub.time()
	frame, err := profile.Encode(m)
	if err != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.nc.Write(frame) //nolint:errcheck // the reader finds a connection that is gone
}

// refuse ends the opening with a DISCONNECT.
func (o *opening) refuse(reason wire.Reason, text string) {
	o.say(wire.DISCONNECT{Reason: reason, Text: text})
	o.outcome = outcomeRefused
	tellRefusing(o.owner(), o.hub.with(o.lst, o.remote.Addr()), reason, text)
}

// refused enters that the partner does not want the connection.
func (o *opening) refused(reason wire.Reason, text string) {
	if reason != wire.ReasonDuplicate {
		o.outcome = outcomeRefused
	}
	if p := o.owner(); p != nil {
		p.refuse(NoticeRefused, reason, text)
	}
}

// fail enters that TLS did not come about.
func (o *opening) fail(text string) {
	o.outcome = outcomeRefused
	if p := o.owner(); p != nil {
		p.refuse(NoticeRefusing, wire.ReasonUnknown, text)
	}
}

// silentRefusal is said of a connection that the partner closed when it had
// got CONNECT.
const silentRefusal = "the connection was closed without an answer to CONNECT: " +
	"so dhcpd refuses a duplicate, or a partner whose death it has not noticed, and any server an address that it does not know"

// broken goes by how the connection ended before it was one.
func (o *opening) broken(err error) {
	o.mu.Lock()
	p, sent, late, dropped := o.peer, o.sent, o.late, o.dropped
	o.mu.Unlock()
	e, malformed := errors.AsType[*wire.Error](err)
	switch {
	case dropped:
	case malformed:
		o.refuse(e.Reason, err.Error())
	case p == nil: // it came and went without a word
	case late && sent != nil:
		p.unanswered(fmt.Sprintf("%v takes the connection but does not answer CONNECT", o.remote), true)
	case late && o.dialled:
		p.unanswered(fmt.Sprintf("%v takes the connection but sends no CONNECT: it may be configured as backup, too", o.remote), true)
	case errors.Is(err, net.ErrClosed):
	case o.secure && isAlert(err):
		o.outcome = outcomeRefused
		p.refuse(NoticeRefused, wire.ReasonUnknown, alertText(err))
	case sent != nil:
		o.refused(wire.ReasonDuplicate, silentRefusal)
	case o.dialled:
		p.unanswered(fmt.Sprintf("%v closed the connection: %s", o.remote, lossText(err)), false)
	}
}

// tellRefusing enters a refusal of ours where it belongs: with the relationship,
// or if there is none of the name, with those that wait for this partner.
func tellRefusing(p *Peer, partners []*Peer, reason wire.Reason, text string) {
	if p != nil {
		p.refuse(NoticeRefusing, reason, text)
		return
	}
	for _, q := range partners {
		if !q.connected() {
			q.refuse(NoticeRefusing, reason, text)
			return
		}
	}
	if len(partners) > 0 {
		partners[0].refuse(NoticeRefusing, reason, text)
	}
}
