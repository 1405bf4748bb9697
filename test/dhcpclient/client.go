package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"leasehold/internal/clock"
	"leasehold/internal/packet"
)

// client is one client with at most one lease.
type client struct {
	cfg   config
	clock clock.Clock
	out   io.Writer
	conn  net.PacketConn

	addr   netip.Addr // leased, or being asked for
	server netip.Addr // whose lease it is
	msg    packet.Reply
	buf    []byte
}

// actions are the commands.
var actions = map[string]func(*client) error{
	"lease":       (*client).lease,
	"discover":    func(c *client) error { _, err := c.discover(); return err },
	"init-reboot": (*client).initReboot,
	"renew":       func(c *client) error { return c.extend(true) },
	"rebind":      func(c *client) error { return c.extend(false) },
	"decline":     func(c *client) error { return c.giveBack(packet.Decline) },
	"release":     func(c *client) error { return c.giveBack(packet.Release) },
	"inform":      (*client).inform,
}

func newClient(cfg config, clk clock.Clock, out io.Writer) (*client, error) {
	c := &client{cfg: cfg, clock: clk, out: out}
	at := netip.AddrPortFrom(netip.IPv4Unspecified(), cfg.server.Port()+1)
	if cfg.giaddr.IsValid() {
		at = netip.AddrPortFrom(cfg.giaddr, cfg.server.Port())
	}
	var err error
	c.conn, err = listen(at)
	return c, err
}

// listen opens a socket that several clients may share: each hears the
// broadcasts and finds its own by the transaction id.
func listen(at netip.AddrPort) (net.PacketConn, error) {
	lc := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		cerr := raw.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		})
		return errors.Join(cerr, err)
	}}
	conn, err := lc.ListenPacket(context.Background(), "udp4", at.String())
	if err != nil {
		return nil, fmt.Errorf("listen for answers: %w", err)
	}
	return conn, nil
}

func (c *client) close() { c.conn.Close() }

// start begins a message of the client's.
func (c *client) start(t packet.MessageType) *packet.Reply {
	m := &c.msg
	m.Reset()
	m.Op, m.Type, m.XID = packet.BootRequest, t, rand.Uint32()
	m.HType, m.HLen = 1, 6
	copy(m.CHAddr[:], c.cfg.hw[:])
	if c.cfg.broadcast {
		m.Flags = packet.FlagBroadcast
	}
	if c.cfg.giaddr.IsValid() {
		m.GIAddr, m.Hops = c.cfg.giaddr, 1
	}
	if len(c.cfg.relayInfo) > 0 {
		m.RelayInfo = c.cfg.relayInfo
	}
	if c.cfg.clientID != nil {
		m.Add(packet.ClientIdentifier, c.cfg.clientID)
	}
	return m
}

// ask adds what a client tells when it wants something.
func (c *client) ask(m *packet.Reply) {
	for _, o := range c.cfg.options {
		m.Add(o.Code, o.Value)
	}
	m.AddUint16(packet.MaxMessageSize, 1500)
	m.Add(packet.ParameterRequestList, c.cfg.list)
}

func (c *client) lease() error {
	offer, err := c.discover()
	if err != nil {
		return err
	}
	m := c.start(packet.Request)
	m.XID = offer.XID
	m.AddAddr(packet.ServerIdentifier, c.server)
	m.AddAddr(packet.RequestedAddress, c.addr)
	c.ask(m)
	return c.request()
}

func (c *client) discover() (*packet.Message, error) {
	m := c.start(packet.Discover)
	if c.cfg.request.IsValid() {
		m.AddAddr(packet.RequestedAddress, c.cfg.request)
	}
	c.ask(m)
	offer, err := c.exchange(packet.Offer)
	if err != nil {
		return nil, err
	}
	server, ok := offer.ServerID()
	if !ok {
		return nil, errors.New("the offer names no server")
	}
	c.addr, c.server = offer.YIAddr, server
	return offer, nil
}

func (c *client) initReboot() error {
	m := c.start(packet.Request)
	m.AddAddr(packet.RequestedAddress, c.cfg.request)
	c.ask(m)
	return c.request()
}

// extend asks for more time. To its server a client speaks directly; here it does
// so through the relay if it has one, since that is where it can be answered.
func (c *client) extend(unicast bool) error {
	if !c.addr.IsValid() {
		return errors.New("there is no lease to extend: lease first")
	}
	m := c.start(packet.Request)
	m.CIAddr = c.addr
	if !unicast {
		m.Secs = 60
	}
	c.ask(m)
	return c.request()
}

// request sends a REQUEST and takes the answer.
func (c *client) request() error {
	ack, err := c.exchange(packet.Ack)
	if err != nil {
		return err
	}
	c.addr = ack.YIAddr
	if server, ok := ack.ServerID(); ok {
		c.server = server
	}
	return nil
}

func (c *client) giveBack(t packet.MessageType) error {
	if !c.addr.IsValid() {
		return errors.New("there is no lease to give back: lease first")
	}
	m := c.start(t)
	m.AddAddr(packet.ServerIdentifier, c.server)
	if t == packet.Decline {
		m.AddAddr(packet.RequestedAddress, c.addr)
		m.AddString(packet.ErrorMessage, "the address is in use")
	} else {
		m.CIAddr = c.addr
	}
	c.addr = netip.Addr{}
	return c.send()
}

// inform is answered at ciaddr, whatever else is said: it needs a socket there.
func (c *client) inform() error {
	conn, err := listen(netip.AddrPortFrom(c.cfg.ciaddr, c.cfg.server.Port()+1))
	if err != nil {
		return err
	}
	defer conn.Close()
	mine := c.conn
	c.conn = conn
	defer func() { c.conn = mine }()
	m := c.start(packet.Inform)
	m.CIAddr, m.GIAddr, m.Hops = c.cfg.ciaddr, netip.Addr{}, 0
	c.ask(m)
	_, err = c.exchange(packet.Ack)
	return err
}

func (c *client) send() error {
	c.buf, _ = c.msg.Append(c.buf[:0], packet.MaxReplySize)
	c.printSent(c.buf)
	if _, err := c.conn.WriteTo(c.buf, net.UDPAddrFromAddrPort(c.cfg.server)); err != nil {
		return fmt.Errorf("send to %s: %w", c.cfg.server, err)
	}
	return nil
}

// exchange sends the message, again after each silence, until the answer comes.
func (c *client) exchange(want packet.MessageType) (*packet.Message, error) {
	for range c.cfg.tries {
		sent := c.clock.Now()
		if err := c.send(); err != nil {
			return nil, err
		}
		answer, err := c.receive(sent, want)
		if err != nil || answer != nil {
			return answer, err
		}
	}
	return nil, fmt.Errorf("no answer from %s to %s after %d tries of %v",
		c.cfg.server, packet.TypeName(c.msg.Type), c.cfg.tries, c.cfg.timeout)
}

var errRefused = errors.New("refused")

// receive waits for the answer to the message that was sent; nil if none came.
func (c *client) receive(sent time.Time, want packet.MessageType) (*packet.Message, error) {
	if err := c.conn.SetReadDeadline(sent.Add(c.cfg.timeout)); err != nil {
		return nil, err
	}
	buf := make([]byte, 4096)
	for {
		n, from, err := c.conn.ReadFrom(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("wait for an answer: %w", err)
		}
		m, err := packet.Parse(buf[:n])
		if err != nil {
			return nil, fmt.Errorf("answer from %s: %w", from, err)
		}
		if m.Op != packet.BootReply || m.XID != c.msg.XID || string(m.HW()) != string(c.cfg.hw[:]) {
			continue // another client's
		}
		switch m.Type {
		case want, packet.Nak:
		default:
			continue // a late offer
		}
		c.printHeard(buf[:n], m, from, c.clock.Now().Sub(sent))
		if m.Type == packet.Nak {
			c.addr = netip.Addr{}
			return nil, errRefused
		}
		return m, nil
	}
}
