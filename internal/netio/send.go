package netio

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Datagram is one to send.
type Datagram struct {
	Data []byte
	To   netip.AddrPort
	// HW, if set, sends it in an Ethernet frame straight to this address,
	// without ARP.
	HW [6]byte
	// IfIndex is the interface that the request came in by: a frame or a
	// broadcast leaves by it. Other datagrams are routed.
	IfIndex int
	// Source is the address to send from, one of the server's own; zero leaves
	// the choice to the kernel, or for a frame is the interface's first.
	Source netip.Addr

	// Err is set by Send if this one did not leave.
	Err error
}

var (
	broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})
	noHW      [6]byte
)

// Send sends the datagrams, those of one socket in order and with as few system
// calls as they need, and returns how many failed.
func (c *Conn) Send(ds []Datagram) (failed int) {
	t := c.now.Load()
	tx := c.senders.Get().(*transmitter)
	defer c.senders.Put(tx)
	var queued [batchSize]int
	fail := func(i int, err error) {
		d := &ds[queued[i]]
		d.Err = fmt.Errorf("send to %s: %w", d.To, explainSend(err))
		failed++
	}
	var at *socket
	for i := range ds {
		d := &ds[i]
		d.Err = nil
		s, err := c.choose(t, d)
		if err != nil {
			d.Err = err
			failed++
			continue
		}
		if tx.n > 0 && (s != at || tx.n == batchSize) {
			tx.flush(at.conn, fail)
		}
		at = s
		queued[tx.n] = i
		c.queue(t, tx, s, d)
	}
	if tx.n > 0 {
		tx.flush(at.conn, fail)
	}
	return failed
}

// choose finds the socket that a datagram leaves by.
func (c *Conn) choose(t *table, d *Datagram) (*socket, error) {
	if !d.To.Addr().Is4() {
		return nil, fmt.Errorf("send to %s: not an IPv4 address", d.To)
	}
	via, known := t.ifaces[d.IfIndex]
	onLink := d.HW != noHW || d.To.Addr() == broadcast
	switch {
	case d.HW != noHW && c.raw != nil && known && via.Ethernet:
		return c.raw, nil
	case onLink && !known:
		return nil, fmt.Errorf("send to %s: interface %d is not served", d.To, d.IfIndex)
	case onLink && t.device[d.IfIndex] != nil:
		return t.device[d.IfIndex], nil
	case t.route != nil:
		return t.route, nil
	case t.device[d.IfIndex] != nil:
		return t.device[d.IfIndex], nil
	}
	return nil, fmt.Errorf("send to %s: %w", d.To, ErrNotConnected)
}

// queue puts the datagram in the form that its socket needs.
func (c *Conn) queue(t *table, tx *transmitter, s *socket, d *Datagram) {
	source := d.Source
	if !source.Is4() && c.onAddress() {
		source = c.cfg.Address // the kernel would not look at what the socket is bound to
	}
	switch {
	case s == c.raw:
		via := t.ifaces[d.IfIndex]
		if !source.Is4() {
			source = via.Primary()
		}
		if !source.Is4() {
			source = netip.IPv4Unspecified()
		}
		tx.frame(d, &via, netip.AddrPortFrom(source, c.cfg.Port))
	case d.HW != noHW: // no frame can be sent: all on the link get it
		tx.udp(d, netip.AddrPortFrom(broadcast, d.To.Port()), source, d.IfIndex)
	case d.To.Addr() == broadcast:
		tx.udp(d, d.To, source, d.IfIndex)
	default:
		tx.udp(d, d.To, source, 0)
	}
}

// onAddress says that the server is bound to an address and not to interfaces.
func (c *Conn) onAddress() bool { return len(c.cfg.Interfaces) == 0 && !c.cfg.Discover }

func explainSend(err error) error {
	switch {
	case errors.Is(err, unix.EMSGSIZE):
		return errors.New("longer than the interface's MTU")
	case errors.Is(err, unix.EINVAL):
		return errors.New("the source address is not this machine's, or the interface cannot send there")
	case errors.Is(err, unix.ENETUNREACH), errors.Is(err, unix.EHOSTUNREACH):
		return errors.New("no route to this address")
	case errors.Is(err, unix.ENETDOWN), errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV):
		return errors.New("the interface is down or gone")
	}
	return err
}
