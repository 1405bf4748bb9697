package sim

import (
	"slices"
	"time"
)

// Schedule is all that a run depends on: who is there, what is done to them,
// and the seed of everything that is left to chance.
type Schedule struct {
	Seed    uint64
	Servers []Server
	Pairs   []Pair
	// Latency is the longest usual delay of a message between servers, Loss
	// how many of a hundred client packets are lost.
	Latency time.Duration
	Loss    int
	Steps   []Step
	// Until is when all faults end and everything is put right again.
	Until time.Duration
}

// Mixed tells whether one of the servers is a dhcpd.
func (s *Schedule) Mixed() bool {
	return slices.ContainsFunc(s.Servers, func(v Server) bool { return v.Dhcpd })
}

// Server is one machine.
type Server struct {
	Name  string
	Dhcpd bool          // behaves like ISC dhcpd
	Skew  time.Duration // of its clock at the start
	Drift int           // its clock gains so many millionths
	// Disk is how long a write takes at most.
	Disk time.Duration
	// Passing: what the partner acknowledges counts at once and is written in
	// passing, as the server does it. Without it, it counts when it is on disk.
	Passing bool
}

// Pair is one failover relationship and its scope.
type Pair struct {
	Name         string
	Main, Backup string
	Clients      int
	Pool         int // addresses

	MCLT, Lease, Grace, ReleaseGrace, Unavailable int64 // seconds
	SafePeriod                                    int64
	Percent                                       int
	Balanced                                      bool
	Delayed                                       uint8
	BOOTP                                         bool // dynamic BOOTP
	First                                         bool // allocate-first-available
	Bulking                                       bool
	MaxUnacked                                    uint32
	Poll                                          time.Duration // poll-timeout
}

// Step is an action at a time, or when something has happened.
type Step struct {
	At   time.Duration
	On   *Trigger // nil: at At; else At is from when on it counts
	Verb string
	Args []string
}

// Trigger is something that a server does. It fires once.
type Trigger struct {
	Server string
	Verb   string // sends, gets, saves, commits, acks, enters
	What   string // a message type or a state; "" is any
	Nth    int    // the n-th time, from 1 on
}

const (
	// epoch is the Unix time at which every run starts.
	epoch int64 = 1_800_000_000
	// day is longer than anything that is simulated.
	day = 24 * time.Hour
)

func seconds(s int64) time.Duration { return time.Duration(s) * time.Second }
