package failover

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/engine"
	"leasehold/internal/eventlog"
	"leasehold/internal/lease"
	"leasehold/internal/netio"
	"leasehold/internal/packet"
	"leasehold/internal/store"
	"leasehold/pkg/failover/flight"
	"leasehold/pkg/objects"
)

// patience is how long a test waits for what must come about.
const patience = 20 * time.Second

// site is two machines on the loopback, and a relay with their clients.
type site struct {
	testing.TB
	net   string // the first three octets of all addresses
	ports struct{ dhcp, failover uint16 }
	relay *net.UDPConn
	xid   uint32
	names *hosts
}

// sites numbers the networks of the tests that run at once.
var sites atomic.Uint32

func newSite(t testing.TB) *site {
	t.Helper()
	n := sites.Add(1)
	s := &site{TB: t, net: fmt.Sprintf("127.%d.%d", 64+n%64, 100+n/64), names: newHosts()}
	var err error
	s.relay, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(s.addr(1))})
	s.must(err)
	t.Cleanup(func() { s.relay.Close() })
	s.ports.dhcp = uint16(s.relay.LocalAddr().(*net.UDPAddr).Port)
	l, err := net.Listen("tcp4", s.addr(1)+":0")
	s.must(err)
	s.ports.failover = uint16(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	return s
}

func (s *site) addr(host int) string { return fmt.Sprintf("%s.%d", s.net, host) }

func (s *site) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// node is one server; it may be stopped and started.
type node struct {
	*site
	host int
	dir  string
	cfg  *objects.Config
	cert *tls.Certificate
	tape *bytes.Buffer // what the flight recorder wrote, if it is on
	kept *kept         // what it has stored, if that is watched

	clock   shiftable
	log     *journal
	leases  *store.LeaseDB
	disk    *stallable
	stored  *store.ConfigDB
	broken  *breakable
	conn    *netio.Conn
	table   *lease.Table
	manager *Manager
	engine  *engine.Server
}

// breakable is the records of a disk that can be made to fail.
type breakable struct {
	Records
	mu  sync.Mutex
	err error
}

func (b *breakable) SaveEndpoint(name string, snapshot []byte) error {
	b.mu.Lock()
	err := b.err
	b.mu.Unlock()
	if err != nil {
		return err
	}
	return b.Records.SaveEndpoint(name, snapshot)
}

func (b *breakable) set(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

// journal is a server log that can be waited on.
type journal struct {
	mu    sync.Mutex
	cond  sync.Cond
	lines []string
	read  int
}

func newJournal() *journal {
	j := &journal{}
	j.cond.L = &j.mu
	return j
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, string(b))
	j.cond.Broadcast()
	return len(b), nil
}

// await waits for a line behind the last one that was awaited.
func (j *journal) await(t testing.TB, text string) string {
	t.Helper()
	over := false
	timer := time.AfterFunc(patience, func() {
		j.mu.Lock()
		over = true
		j.mu.Unlock()
		j.cond.Broadcast()
	})
	defer timer.Stop()
	j.mu.Lock()
	defer j.mu.Unlock()
	from := j.read
	for !over {
		for ; j.read < len(j.lines); j.read++ {
			if line := j.lines[j.read]; strings.Contains(line, text) {
				j.read++
				return line
			}
		}
		j.cond.Wait()
	}
	t.Fatalf("the log does not say %q:\n%s", text, strings.Join(j.lines[from:], ""))
	return ""
}

// skip passes over what was written so far.
func (j *journal) skip() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.read = len(j.lines)
}

// drain takes all that was written until now for awaited.
func (j *journal) drain() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.read = len(j.lines)
}

// has tells whether a line was written since the last one that was awaited.
func (j *journal) has(text string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, line := range j.lines[j.read:] {
		if strings.Contains(line, text) {
			return true
		}
	}
	return false
}

// said tells whether a line was ever written.
func (j *journal) said(text string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Contains(strings.Join(j.lines, ""), text)
}

// shiftable is the real clock, behind which a server may seem to have stood still.
type shiftable struct {
	clock.Real
	by *atomic.Int64
}

func (c shiftable) Now() time.Time { return c.Real.Now().Add(time.Duration(c.by.Load())) }

func (s *site) node(host int, config string) *node {
	s.Helper()
	n := &node{site: s, host: host, dir: s.TempDir(), clock: shiftable{by: new(atomic.Int64)}, cfg: objects.NewConfig()}
	for _, o := range objects.Builtins() {
		n.cfg.Put(o)
	}
	n.set(config)
	return n
}

// set changes the configuration; $N is an address of the site.
func (n *node) set(config string) {
	n.Helper()
	if text := configure(n.cfg, strings.ReplaceAll(config, "$", n.net+".")); text != "" {
		n.Fatal(text)
	}
}

// start opens the server and lets it serve.
func (n *node) start() {
	n.Helper()
	n.log = newJournal()
	log := eventlog.New(clock.Real{}, slog.New(slog.DiscardHandler), n.log)
	var err error
	n.stored, err = store.OpenConfig(filepath.Join(n.dir, "config.db"))
	n.must(err)
	n.leases, err = store.OpenLeases(filepath.Join(n.dir, "leases.db"))
	n.must(err)
	n.disk = &stallable{LeaseDB: n.leases}
	n.table = lease.New()
	n.must(n.leases.Load(context.Background(), func(l lease.Lease) error { n.table.Load(l); return nil }))
	own := *n.names
	own.own = []string{n.addr(n.host)}
	n.broken = &breakable{Records: n.leases}
	var recorder *flight.Recorder
	if n.tape != nil {
		recorder = flight.New(n.tape, "test", func(err error) { n.Error(err) })
	}
	driftAfter := time.Duration(0)
	if n.kept != nil {
		driftAfter = n.kept.after
	}
	n.manager, err = New(Deps{
		Record: recorder, DriftAfter: driftAfter,
		Clock: n.clock, Table: n.table, Records: n.broken, Marks: n.stored, Log: log,
		Certificate: n.cert, Local: &own, Resolver: n.names, Port: n.ports.failover,
	})
	n.must(err)
	if n.kept != nil {
		n.manager.Watch(n.kept)
	}
	n.conn, _, err = netio.Listen(netio.Config{Address: netip.MustParseAddr(n.addr(n.host)), Port: n.ports.dhcp})
	n.must(err)
	n.engine = engine.New(engine.Deps{
		Clock: n.clock, Table: n.table, Store: n.disk, Net: n.conn, Log: log,
		Ports: packet.Ports{Server: n.ports.dhcp, Client: n.ports.dhcp + 1}, Failover: n.manager,
	})
	n.reload()
	n.must(n.engine.Start())
	n.Cleanup(n.stop)
}

func (n *node) reload() []*objects.Error {
	n.Helper()
	r := n.engine.Reload(n.cfg.Clone(), true)
	if len(r.Errors) > 0 {
		n.Fatal(r.Errors)
	}
	return r.Warnings
}

// stop ends the server in good order.
func (n *node) stop() {
	n.Helper()
	if n.engine == nil {
		return
	}
	n.must(n.engine.Stop(context.Background()))
	n.conn.Close()
	n.must(n.engine.Close())
	n.must(n.manager.Close())
	n.must(errors.Join(n.leases.Close(), n.stored.Close()))
	n.engine = nil
}

// related is how the node's only relationship is.
func (n *node) related() Related {
	n.Helper()
	rs := n.manager.Related()
	if len(rs) != 1 {
		n.Fatalf("%d relationships", len(rs))
	}
	return rs[0]
}

// lease is the object of a lease, by attribute.
func (n *node) lease(address string) map[string]string {
	n.Helper()
	o, e := n.engine.Lease(address)
	if e != nil {
		n.Fatal(e)
	}
	return o.Attrs
}

// until waits for what a reading of the table or of a status must come to. The
// log tells of changes before they can be read everywhere.
func (n *node) until(what string, cond func() bool) {
	n.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); !cond(); {
		select {
		case <-late:
			n.log.mu.Lock()
			defer n.log.mu.Unlock()
			n.Fatalf("server %d: %s did not come about:\n%s", n.host, what, strings.Join(n.log.lines, ""))
		case <-tick.C:
		}
	}
}

// send sends a client's packet by the relay to some of the servers.
func (s *site) send(typ packet.MessageType, mac byte, fill func(*packet.Reply), to ...*node) uint32 {
	s.Helper()
	var r packet.Reply
	r.Reset()
	r.Op, r.Type, r.HType, r.HLen = packet.BootRequest, typ, 1, 6
	r.CHAddr = [16]byte{2, 0, 0, 0, 0, mac}
	s.xid++
	r.XID, r.Hops, r.GIAddr = s.xid, 1, netip.MustParseAddr(s.addr(1))
	if fill != nil {
		fill(&r)
	}
	b, _ := r.Append(nil, 1400)
	for _, n := range to {
		_, err := s.relay.WriteToUDPAddrPort(b, netip.AddrPortFrom(netip.MustParseAddr(s.addr(n.host)), s.ports.dhcp))
		s.must(err)
	}
	return s.xid
}

// answer is the answer to a packet; nil if there is none in time.
func (s *site) answerIn(xid uint32, wait time.Duration) *packet.Message {
	s.Helper()
	s.must(s.relay.SetReadDeadline(time.Now().Add(wait)))
	buf := make([]byte, 1500)
	for {
		n, err := s.relay.Read(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		s.must(err)
		m, err := packet.Parse(append([]byte(nil), buf[:n]...))
		s.must(err)
		if m.XID == xid {
			return m
		}
	}
}

// ask sends a packet as a client does, which repeats what is not answered.
func (s *site) ask(typ packet.MessageType, mac byte, fill func(*packet.Reply), to ...*node) *packet.Message {
	s.Helper()
	const again = time.Second
	for waited := time.Duration(0); waited < patience; waited += again {
		if m := s.answerIn(s.send(typ, mac, fill, to...), again); m != nil {
			return m
		}
	}
	s.Fatalf("client %d is not answered", mac)
	return nil
}

// dora gives a client its lease, and returns the address and the seconds.
func (s *site) dora(mac byte, to ...*node) (string, uint32) {
	s.Helper()
	offer := s.ask(packet.Discover, mac, nil, to...)
	id, _ := offer.ServerID()
	ack := s.ask(packet.Request, mac, func(r *packet.Reply) {
		r.AddAddr(packet.RequestedAddress, offer.YIAddr)
		r.AddAddr(packet.ServerIdentifier, id)
	}, to...)
	if ack.Type != packet.Ack {
		s.Fatalf("client %d: %s", mac, packet.TypeName(ack.Type))
	}
	return ack.YIAddr.String(), leaseTime(ack)
}

// renew extends a client's lease.
func (s *site) renew(mac byte, address string, to ...*node) uint32 {
	s.Helper()
	ack := s.ask(packet.Request, mac, func(r *packet.Reply) { r.CIAddr = netip.MustParseAddr(address) }, to...)
	if ack.Type != packet.Ack {
		s.Fatalf("client %d: %s", mac, packet.TypeName(ack.Type))
	}
	return leaseTime(ack)
}

func leaseTime(m *packet.Message) uint32 {
	v := m.Get(packet.LeaseTime)
	if len(v) != 4 {
		return 0
	}
	return binary.BigEndian.Uint32(v)
}

func mustAddr(text string) netip.Addr { return netip.MustParseAddr(text) }
