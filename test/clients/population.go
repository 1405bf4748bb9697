//go:build linux

package clients

import (
	"bytes"
	"container/heap"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"leasehold/internal/packet"
	"leasehold/test/frame"
	"leasehold/test/netns"
)

// Config says where the clients are and how they behave.
type Config struct {
	Namespace, Interface string
	First                int           // number of the first client; its address is 02:c1:NN:NN:NN:NN
	Count                int           // how many there are
	Spread               time.Duration // they come one after the other in this time
	ClientIDs            bool          // every other client sends option 61
	Retry                time.Duration // silence after which a message is sent again; 0 is a second
	Stay                 time.Duration // then the client releases, and a new one comes; 0 is for ever
}

// Population is clients at work.
type Population struct {
	cfg      Config
	file     *os.File
	commands chan func()
	done     chan struct{}

	all    []*client
	byMAC  map[frame.MAC]*client
	byAddr map[netip.Addr]*client
	arp    map[netip.Addr]frame.MAC
	// awaiting is what is to be sent when an Ethernet address is known.
	awaiting map[netip.Addr][]func(frame.MAC)
	queue    timers
	report   Report
	next     int // number of the next client
}

// Start brings the clients to life.
func Start(cfg Config) (*Population, error) {
	file, err := netns.Packets(cfg.Namespace, cfg.Interface)
	if err != nil {
		return nil, err
	}
	if cfg.Retry == 0 {
		cfg.Retry = time.Second
	}
	p := &Population{
		cfg: cfg, file: file, commands: make(chan func()), done: make(chan struct{}), next: cfg.First,
		byMAC: map[frame.MAC]*client{}, byAddr: map[netip.Addr]*client{}, arp: map[netip.Addr]frame.MAC{}, awaiting: map[netip.Addr][]func(frame.MAC){},
		report: Report{Acks: map[netip.Addr]int{}},
	}
	now := time.Now()
	for i := range cfg.Count {
		p.add(now.Add(cfg.Spread * time.Duration(i) / time.Duration(cfg.Count)))
	}
	go p.run()
	return p, nil
}

// add makes a client that begins at a time.
func (p *Population) add(at time.Time) *client {
	n := p.next
	p.next++
	c := &client{p: p, n: n, mac: frame.MAC{2, 0xc1, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, index: -1}
	p.all = append(p.all, c)
	p.byMAC[c.mac] = c
	c.wake(at)
	return c
}

// run is the only goroutine that touches the clients.
func (p *Population) run() {
	defer close(p.done)
	buf := make([]byte, 1<<16)
	for {
		now := time.Now()
		for len(p.queue) > 0 && !p.queue[0].at.After(now) {
			c := heap.Pop(&p.queue).(*client)
			c.due(now)
		}
		until := now.Add(20 * time.Millisecond)
		if len(p.queue) > 0 && p.queue[0].at.Before(until) {
			until = p.queue[0].at
		}
		if err := p.file.SetReadDeadline(until); err != nil {
			return
		}
		n, err := p.file.Read(buf)
		switch {
		case err == nil:
			p.hear(buf[:n], time.Now())
		case errors.Is(err, os.ErrDeadlineExceeded):
		case errors.Is(err, os.ErrClosed):
			return
		default: // the interface is down for a while
		}
		for idle := false; !idle; {
			select {
			case f := <-p.commands:
				if f == nil {
					return
				}
				f()
			default:
				idle = true
			}
		}
	}
}

// do runs f between two events.
func (p *Population) do(f func()) {
	ran := make(chan struct{})
	select {
	case p.commands <- func() { f(); close(ran) }:
		<-ran
	case <-p.done:
		f() // nobody else is at work any more
	}
}

// Stop ends the clients without a word to the servers.
func (p *Population) Stop() {
	select {
	case p.commands <- nil:
	case <-p.done:
	}
	<-p.done
	p.file.Close()
}

func (p *Population) hear(b []byte, now time.Time) {
	if a, ok := frame.ReadARP(b); ok {
		p.hearARP(a)
		return
	}
	u, ok := frame.ReadUDP(b)
	if !ok || u.Dst.Port() != 68 {
		return
	}
	m, err := packet.Parse(bytes.Clone(u.Data))
	if err != nil || m.Op != packet.BootReply {
		return
	}
	if c := p.byMAC[frame.MAC(m.CHAddr[:6])]; c != nil {
		c.hear(m, u, now)
	}
}

func (p *Population) hearARP(a frame.ARP) {
	p.arp[a.IP] = a.MAC
	for _, send := range p.awaiting[a.IP] {
		send(a.MAC)
	}
	delete(p.awaiting, a.IP)
	if c := p.byAddr[a.Target]; c != nil && !a.Reply && c.lease.addr == a.Target {
		p.write(frame.ARP{Reply: true, MAC: c.mac, IP: c.lease.addr, TargetMAC: a.MAC, Target: a.IP, To: a.MAC}.Append(nil))
	}
}

func (p *Population) write(b []byte) {
	if _, err := p.file.Write(b); err != nil {
		p.report.SendErrors++ // the interface is down: a cable is unplugged
	}
}

// timers is a heap of clients by when they are due.
type timers []*client

func (t timers) Len() int           { return len(t) }
func (t timers) Less(i, j int) bool { return t[i].at.Before(t[j].at) }
func (t timers) Swap(i, j int)      { t[i], t[j] = t[j], t[i]; t[i].index, t[j].index = i, j }

// Push adds a client (for container/heap).
func (t *timers) Push(x any) {
	c := x.(*client)
	c.index = len(*t)
	*t = append(*t, c)
}

// Pop takes the last client (for container/heap).
func (t *timers) Pop() any {
	c := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	c.index = -1
	return c
}

func (c *client) String() string {
	return fmt.Sprintf("client %d (%x)", c.n, c.mac[:])
}
