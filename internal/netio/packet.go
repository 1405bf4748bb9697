package netio

import (
	"net/netip"
	"sync"
	"time"
)

// MaxDatagram is the longest datagram that is received whole. It is far above
// what clients and relays send; the rest of a longer one is lost and Truncated
// set.
const MaxDatagram = 4096

// Packet is a received datagram in a buffer of its own. Whoever gets it from
// Serve owns it and gives it back with Release.
type Packet struct {
	Data      []byte
	From      netip.AddrPort
	To        netip.Addr // as addressed; 255.255.255.255 for a broadcast
	Local     netip.Addr // the server's address on the side it came from: To, or the interface's for a broadcast
	IfIndex   int        // the interface it came in by
	Truncated bool       // it was longer than MaxDatagram
	// Waited is how long it lay in the socket's queue, by the kernel's time of day: 0
	// if that was set back meanwhile, too much if it was set forward.
	Waited time.Duration

	buf [MaxDatagram]byte
}

var packets = sync.Pool{New: func() any { return new(Packet) }}

func newPacket() *Packet { return packets.Get().(*Packet) }

// Release gives the packet's buffer back; neither may be used any more.
func (p *Packet) Release() { packets.Put(p) }
