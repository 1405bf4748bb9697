package netio

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
)

// Config says where to listen. Interfaces, or Discover, or Address must be given;
// with either of the first two Address does not matter here.
type Config struct {
	Interfaces []string   // serve these
	Discover   bool       // serve all interfaces that are up and have an IPv4 address
	Address    netip.Addr // serve this address only
	Port       uint16
	// ReceiveBuffer is how many octets the kernel shall hold for each socket
	// when nobody reads; 0 is 4 MiB, enough for some thousand requests.
	ReceiveBuffer int
}

const defaultReceiveBuffer = 4 << 20

// Conn is a set of open sockets. All methods may be called at any time from any
// goroutine.
type Conn struct {
	cfg Config
	raw *socket // nil without CAP_NET_RAW

	mu      sync.Mutex // guards what Rescan, Serve and Close do to each other
	deliver func([]*Packet)
	readers sync.WaitGroup
	failure error
	closed  bool
	done    chan struct{}
	watch   *watcher

	now     atomic.Pointer[table]
	senders sync.Pool
	dropped atomic.Uint64 // by sockets that are closed by now
}

// table is what is open at a moment. It is never changed, but replaced.
type table struct {
	listen []*socket         // what is read
	device map[int]*socket   // bound to a device, by interface index
	route  *socket           // sends what the routing table directs; nil if the port was not free for it
	ifaces map[int]Interface // those that frames and broadcasts may leave by
}

func newTable() *table { return &table{device: map[int]*socket{}, ifaces: map[int]Interface{}} }

// Listen opens the sockets. The warnings say what works less well than it
// should, and why: each is a sentence for the operator.
func Listen(cfg Config) (*Conn, []string, error) {
	c := newConn(cfg)
	warnings, err := c.open()
	if err != nil {
		c.Close()
		return nil, nil, err
	}
	return c, warnings, nil
}

func newConn(cfg Config) *Conn {
	if cfg.ReceiveBuffer == 0 {
		cfg.ReceiveBuffer = defaultReceiveBuffer
	}
	c := &Conn{cfg: cfg, done: make(chan struct{})}
	c.senders.New = func() any { return newTransmitter() }
	c.now.Store(newTable())
	return c
}

func (c *Conn) open() (warnings []string, err error) {
	cfg := c.cfg
	if c.raw, err = openRaw(); err != nil {
		c.raw = nil
		warnings = append(warnings, fmt.Sprintf("%v; clients without an address are answered by broadcast", err))
	}
	var change Change
	switch {
	case len(cfg.Interfaces) > 0 || cfg.Discover:
		change, err = c.Rescan(cfg.Interfaces)
		if err == nil && len(change.Failed) > 0 {
			err = errors.Join(change.Failed...)
		}
	case cfg.Address.Is4():
		change, err = c.openAddress()
	default:
		err = fmt.Errorf("open port %d: %w: neither an interface nor an address is given", cfg.Port, ErrNotConnected)
	}
	if err != nil {
		return nil, err
	}
	if len(c.now.Load().listen) == 0 {
		return nil, fmt.Errorf("open port %d: %w: no interface is up and has an IPv4 address", cfg.Port, ErrNotConnected)
	}
	c.watch = watchLinks()
	return append(warnings, change.Warnings...), nil
}

// openAddress opens the two sockets of a server that is bound to an address.
func (c *Conn) openAddress() (Change, error) {
	var change Change
	all, err := Interfaces()
	if err != nil {
		return change, err
	}
	at := slices.IndexFunc(all, func(i Interface) bool {
		return i.Has(c.cfg.Address) || i.Loopback && c.cfg.Address.IsLoopback()
	})
	if at < 0 {
		return change, fmt.Errorf("open port %d on %s: %w", c.cfg.Port, c.cfg.Address, ErrNotLocal)
	}
	t := newTable()
	for _, i := range all {
		t.ifaces[i.Index] = i
	}
	name := fmt.Sprintf("port %d on %s", c.cfg.Port, c.cfg.Address)
	o := udpOptions{address: c.cfg.Address, port: c.cfg.Port, buffer: c.cfg.ReceiveBuffer}
	own, got, err := openUDP(name, o)
	if err != nil {
		return change, err
	}
	t.route, t.listen = own, []*socket{own}
	c.now.Store(t)
	change.noteBuffer(got, c.cfg.ReceiveBuffer)

	via := all[at]
	name = fmt.Sprintf("port %d for broadcasts on %s", c.cfg.Port, via.Name)
	shout, _, err := openUDP(name, udpOptions{
		device: via.Name, address: broadcast, port: c.cfg.Port, share: true, buffer: c.cfg.ReceiveBuffer,
	})
	if err != nil {
		change.Warnings = append(change.Warnings, fmt.Sprintf("%v; only unicast requests are heard", err))
		return change, nil
	}
	shout.ifindex = via.Index
	t = &table{route: own, listen: []*socket{own, shout}, device: t.device, ifaces: t.ifaces}
	c.now.Store(t)
	change.Added = []Interface{via}
	return change, nil
}

// Serve reads all sockets until Close and hands over what they get, by the
// batch, from one goroutine per socket. deliver owns the packets but not the
// slice. Serve returns nil after Close, and an error when a socket fails for good.
func (c *Conn) Serve(deliver func([]*Packet)) error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.deliver = deliver
	for _, s := range c.now.Load().listen {
		c.startReader(s)
	}
	c.mu.Unlock()
	<-c.done
	c.readers.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failure
}

// startReader is called with c.mu held.
func (c *Conn) startReader(s *socket) {
	if c.deliver == nil {
		return
	}
	c.readers.Go(func() {
		if err := s.serve(c.deliver); err != nil {
			c.mu.Lock()
			c.failure = errors.Join(c.failure, err)
			c.mu.Unlock()
			c.Close()
		}
	})
}

// patience is how many reads in a row may fail before a socket is given up. A
// socket reports what befell its device or an earlier datagram once and then
// works on.
const patience = 100

func (s *socket) serve(deliver func([]*Packet)) error {
	r := newReceiver(s.conn)
	var ps [batchSize]*Packet
	for i := range ps {
		ps[i] = newPacket()
	}
	for failed := 0; failed < patience; {
		n, err := r.read(ps[:])
		if err != nil {
			if s.gone() {
				return nil
			}
			failed++
			if failed == patience {
				return fmt.Errorf("read %s: %w", s.name, err)
			}
			continue
		}
		failed = 0
		s.dropped.Store(uint64(r.overflow))
		for _, p := range ps[:n] {
			if p.IfIndex == 0 {
				p.IfIndex = s.ifindex
			}
		}
		deliver(ps[:n])
		for i := range n {
			ps[i] = newPacket()
		}
	}
	return nil
}

// Dropped is how many datagrams the kernel threw away because nobody read them
// in time.
func (c *Conn) Dropped() uint64 {
	n := c.dropped.Load()
	for _, s := range c.now.Load().listen {
		n += s.dropped.Load()
	}
	return n
}

// Interface is what is known of one of the interfaces that are served.
func (c *Conn) Interface(index int) (Interface, bool) {
	i, ok := c.now.Load().ifaces[index]
	return i, ok
}

// Interfaces are the interfaces that are served, by index.
func (c *Conn) Interfaces() []Interface {
	var list []Interface
	for _, i := range c.now.Load().ifaces {
		list = append(list, i)
	}
	slices.SortFunc(list, func(a, b Interface) int { return a.Index - b.Index })
	return list
}

// Changed receives when interfaces or their addresses may have changed: time for
// Rescan. It is nil, and never receives, where the kernel does not tell.
func (c *Conn) Changed() <-chan struct{} {
	if c.watch == nil {
		return nil
	}
	return c.watch.changed
}

// Close closes all sockets and ends Serve.
func (c *Conn) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	close(c.done)
	t := c.now.Load()
	for _, s := range t.listen {
		s.close()
	}
	if t.route != nil && !slices.Contains(t.listen, t.route) {
		t.route.close()
	}
	if c.raw != nil {
		c.raw.close()
	}
	if c.watch != nil {
		c.watch.socket.close()
	}
}
