//go:build linux

package hub

import (
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"leasehold/test/netns"
)

// Hub passes what comes in at one port to all others.
type Hub struct {
	mu    sync.Mutex
	ports []*port
	ways  map[way]*fault
	done  chan struct{}
	wg    sync.WaitGroup
	rnd   *rand.Rand
}

// way is from one port to another.
type way struct{ from, to string }

// fault is what happens to the frames of a way.
type fault struct {
	delay time.Duration
	loss  float64 // share of frames lost; 1 is a cut cable
	lost  int
}

type port struct {
	name string
	file *os.File
	out  chan frame
}

type frame struct {
	data []byte
	at   time.Time // when it is due at the port
}

// New makes a hub without ports.
func New() *Hub {
	return &Hub{ways: map[way]*fault{}, done: make(chan struct{}), rnd: rand.New(rand.NewPCG(1, 2))}
}

// Add makes an interface in a namespace that is plugged into the hub. The name
// is what the other calls know it by.
func (h *Hub) Add(name, namespace, ifc string) error {
	file, err := netns.Tap(namespace, ifc)
	if err != nil {
		return err
	}
	p := &port{name: name, file: file, out: make(chan frame, 4096)}
	h.mu.Lock()
	h.ports = append(h.ports, p)
	h.mu.Unlock()
	h.wg.Add(2)
	go h.read(p)
	go h.write(p)
	return nil
}

func (h *Hub) read(p *port) {
	defer h.wg.Done()
	buf := make([]byte, 1<<16)
	for {
		n, err := p.file.Read(buf)
		if err != nil {
			return // closed, or the interface went with its namespace
		}
		h.pass(p, append([]byte(nil), buf[:n]...))
	}
}

func (h *Hub) pass(from *port, data []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	for _, p := range h.ports {
		if p == from {
			continue
		}
		at := now
		if f := h.ways[way{from.name, p.name}]; f != nil {
			if f.loss > 0 && h.rnd.Float64() < f.loss {
				f.lost++
				continue
			}
			at = now.Add(f.delay)
		}
		select {
		case p.out <- frame{data, at}:
		default: // a full queue loses, as a real one does
		}
	}
}

// write keeps the order of frames: a shorter delay does not overtake.
func (h *Hub) write(p *port) {
	defer h.wg.Done()
	for {
		select {
		case f := <-p.out:
			if wait := time.Until(f.at); wait > 0 {
				select {
				case <-time.After(wait):
				case <-h.done:
					return
				}
			}
			_, _ = p.file.Write(f.data) // an interface that is down takes nothing
		case <-h.done:
			return
		}
	}
}

func (h *Hub) set(from, to string, change func(*fault)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := way{from, to}
	if h.ways[w] == nil {
		h.ways[w] = &fault{}
	}
	change(h.ways[w])
}

// Lose makes a share of the frames from one port to another disappear: 1 is
// all of them, 0 none.
func (h *Hub) Lose(from, to string, share float64) {
	h.set(from, to, func(f *fault) { f.loss = share })
}

// Cut separates two ports, both ways.
func (h *Hub) Cut(a, b string) { h.Lose(a, b, 1); h.Lose(b, a, 1) }

// Join undoes Cut and Lose between two ports, both ways.
func (h *Hub) Join(a, b string) { h.Lose(a, b, 0); h.Lose(b, a, 0) }

// Delay makes each frame between two ports take so long, in each direction.
func (h *Hub) Delay(a, b string, d time.Duration) {
	h.set(a, b, func(f *fault) { f.delay = d })
	h.set(b, a, func(f *fault) { f.delay = d })
}

// Lost is how many frames from one port to another disappeared so far.
func (h *Hub) Lost(from, to string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if f := h.ways[way{from, to}]; f != nil {
		return f.lost
	}
	return 0
}

// Close removes all interfaces.
func (h *Hub) Close() {
	close(h.done)
	h.mu.Lock()
	for _, p := range h.ports {
		p.file.Close()
	}
	h.mu.Unlock()
	h.wg.Wait()
}
