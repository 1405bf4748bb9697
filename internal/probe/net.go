package probe

import (
	"sync"
	"sync/atomic"

	"leasehold/internal/clock"
	"leasehold/internal/netio"
	"leasehold/internal/packet"
)

// Sockets is what the engine is served by; *netio.Conn is the real one.
type Sockets interface {
	Serve(deliver func([]*netio.Packet)) error
	Send([]netio.Datagram) (failed int)
	Interface(index int) (netio.Interface, bool)
	Interfaces() []netio.Interface
}

// Net is the sockets with the test client on them.
type Net struct {
	Sockets
	clock clock.Clock

	deliver atomic.Pointer[func([]*netio.Packet)]
	alone   sync.Mutex // one test client at a time
	// answers is where the test client waits; nil while there is none.
	answers atomic.Pointer[chan *packet.Message]
}

// New puts a test client on sockets.
func New(under Sockets, c clock.Clock) *Net { return &Net{Sockets: under, clock: c} }

// Serve hands the sockets' packets on and keeps the way for those of the test
// client.
func (n *Net) Serve(deliver func([]*netio.Packet)) error {
	n.deliver.Store(&deliver)
	defer n.deliver.Store(nil)
	return n.Sockets.Serve(deliver)
}

// Send sends all but what the test client is answered.
func (n *Net) Send(out []netio.Datagram) (failed int) {
	answers := n.answers.Load()
	if answers == nil {
		return n.Sockets.Send(out)
	}
	rest := make([]netio.Datagram, 0, len(out))
	from := make([]int, 0, len(out))
	for i := range out {
		if m := mine(out[i].Data); m != nil {
			select {
			case *answers <- m:
			default: // it listens no more
			}
			continue
		}
		rest, from = append(rest, out[i]), append(from, i)
	}
	if len(rest) > 0 {
		failed = n.Sockets.Send(rest)
	}
	for i, at := range from {
		out[at].Err = rest[i].Err
	}
	return failed
}

// mine reads an answer to the test client; nil for those to others.
func mine(data []byte) *packet.Message {
	own := make([]byte, len(data)) // the server uses its buffer again
	copy(own, data)
	m, err := packet.Parse(own)
	if err != nil || m.Op != packet.BootReply || string(m.HW()) != string(Hardware[:]) {
		return nil
	}
	return m
}
