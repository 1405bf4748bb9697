package probe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"leasehold/internal/netio"
	"leasehold/internal/packet"
)

// Hardware is the test client's address: a local one, which no maker of network
// cards gives. By load balancing (RFC 3074) its client is the main server's.
var Hardware = [6]byte{0x02, 0x4c, 0x45, 0x41, 0x53, 0x01}

// wait bounds the wait for one answer: the server may ping an address first.
const wait = 4 * time.Second

// ErrSilent is the answer of a server that leaves the test client alone.
var ErrSilent = errors.New("the server did not answer")

// Lease has the running server lease the test client an address in a subnet and
// gives it back. server is the address of the server that the test client takes
// itself to have spoken with.
func (n *Net) Lease(ctx context.Context, subnet, server netip.Addr) (netip.Addr, error) {
	n.alone.Lock()
	defer n.alone.Unlock()
	deliver := n.deliver.Load()
	if deliver == nil {
		return netip.Addr{}, errors.New("the server does not listen for clients")
	}
	answers := make(chan *packet.Message, 4)
	n.answers.Store(&answers)
	defer n.answers.Store(nil)
	c := &client{net: n, deliver: *deliver, answers: answers, subnet: subnet, server: server, xid: uint32(n.clock.Now().UnixNano())}
	return c.lease(ctx)
}

// client is the test client at work.
type client struct {
	net     *Net
	deliver func([]*netio.Packet)
	answers <-chan *packet.Message
	subnet  netip.Addr
	server  netip.Addr
	xid     uint32
}

func (c *client) lease(ctx context.Context) (netip.Addr, error) {
	offer, err := c.ask(ctx, c.begin(packet.Discover), packet.Offer)
	if err != nil {
		return netip.Addr{}, err
	}
	id, ok := offer.ServerID()
	if !ok {
		return netip.Addr{}, errors.New("the offer names no server")
	}
	request := c.begin(packet.Request)
	request.AddAddr(packet.ServerIdentifier, id)
	request.AddAddr(packet.RequestedAddress, offer.YIAddr)
	ack, err := c.ask(ctx, request, packet.Ack)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("%s was offered, but then: %w", offer.YIAddr, err)
	}
	release := c.begin(packet.Release)
	release.CIAddr = ack.YIAddr
	release.AddAddr(packet.ServerIdentifier, id)
	c.send(release)
	return ack.YIAddr, nil
}

// begin starts a message of the test client's.
func (c *client) begin(t packet.MessageType) *packet.Reply {
	m := &packet.Reply{}
	m.Reset()
	m.Op, m.Type, m.XID = packet.BootRequest, t, c.xid
	m.HType, m.HLen = 1, uint8(len(Hardware))
	copy(m.CHAddr[:], Hardware[:])
	m.AddAddr(packet.SubnetSelection, c.subnet)
	return m
}

// ask sends a message and waits for its answer.
func (c *client) ask(ctx context.Context, m *packet.Reply, want packet.MessageType) (*packet.Message, error) {
	c.send(m)
	over := c.net.clock.After(wait)
	for {
		select {
		case a := <-c.answers:
			switch {
			case a.XID != c.xid:
			case a.Type == want:
				return a, nil
			case a.Type == packet.Nak:
				return nil, fmt.Errorf("the server refused: %s", a.Get(packet.ErrorMessage))
			}
		case <-over:
			return nil, ErrSilent
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (c *client) send(m *packet.Reply) {
	data, _ := m.Append(nil, packet.MaxReplySize)
	c.deliver([]*netio.Packet{{
		Data: data, From: netip.AddrPortFrom(netip.IPv4Unspecified(), 68), To: c.server, Local: c.server,
	}})
}
