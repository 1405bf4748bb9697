package link

import (
	"net/netip"
	"time"

	"leasehold/pkg/failover/wire"
)

// Handler is told what happens to one relationship. Up, Message and Down are
// called one at a time; every Up is followed by its Down before the next Up.
// Notice may come at any time from any goroutine. A handler may take its time
// over a message, up to the partner's patience: reading goes on meanwhile.
// It must not call [Peer.Close] or [Hub.Close].
type Handler interface {
	Up(Up)
	// Message came over the connection that is up: not CONNECT, CONNECTACK
	// and DISCONNECT, but CONTACT, for its time.
	Message(wire.Message)
	Down(Down)
	Notice(Notice)
}

// Up says that a connection was made and CONNECT and CONNECTACK were
// exchanged.
type Up struct {
	Conn *Conn // to send with

	Vendor       string        // the partner's vendor class
	Profile      *wire.Profile // how it wants its messages
	MaxUnacked   uint32        // what it takes unacknowledged
	ReceiveTimer uint32        // its own, seconds
	Time         wire.Time     // header time of its CONNECT or CONNECTACK
	Options      wire.VendorOptions
	Secure       bool // TLS is in use

	// Of the CONNECT, as the secondary received or the primary sent it.
	MCLT           uint32
	HBA            wire.HBA // as Profile reads it
	DelayedService uint8
}

// Down says that the connection is gone.
type Down struct {
	// Reason of the DISCONNECT that was received or sent, 0 without one.
	Reason    wire.Reason
	Text      string
	ByPartner bool // the partner sent DISCONNECT or closed the connection
}

// Notice is something that operators should know. The same one comes once,
// until there was a connection again.
type Notice struct {
	Kind    NoticeKind
	Partner netip.Addr
	Reason  wire.Reason // of a refusal
	Text    string      // a sentence without the partner's and the relationship's name
}

// NoticeKind is what a Notice is about.
type NoticeKind uint8

// The notices.
const (
	NoticeRefused  NoticeKind = iota + 1 // the partner refuses the connection
	NoticeRefusing                       // this server refuses the partner's
	NoticeNoAnswer                       // the partner cannot be reached, or says nothing
	NoticeListen                         // the local port cannot be listened on
	NoticeClock                          // the clocks differ by more than 5 s
	NoticeStranger                       // a connection of nobody's partner was closed
)

func (k NoticeKind) String() string {
	switch k {
	case NoticeRefused:
		return "refused"
	case NoticeRefusing:
		return "refusing"
	case NoticeNoAnswer:
		return "no answer"
	case NoticeListen:
		return "listen"
	case NoticeClock:
		return "clock"
	case NoticeStranger:
		return "stranger"
	}
	return "notice"
}

// Refusal is how often one thing was refused.
type Refusal struct {
	Kind   NoticeKind // NoticeRefused or NoticeRefusing
	Reason wire.Reason
	Text   string // the last one for this reason
	Count  uint64
	First  time.Time
	Last   time.Time
}

// Status is how a relationship's connection is.
type Status struct {
	Connected bool
	Since     time.Time // when it was connected, or lost; zero is never
	Local     netip.AddrPort
	Remote    netip.AddrPort
	Secure    bool
	Vendor    string // the partner's vendor class, the last one seen
	Offset    int64  // the partner's clock less ours at CONNECT, seconds

	LastReceived time.Time
	LastSent     time.Time

	Listening bool
	Attempts  uint64 // connections tried or taken
	Connects  uint64 // those that came up

	LastError   string
	LastErrorAt time.Time
	Refusals    []Refusal // the last one first
}
