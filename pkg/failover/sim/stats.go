package sim

import (
	"fmt"
	"slices"
	"strings"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// Stats count what runs came by, to show what they did not.
type Stats struct {
	Runs, Events, Steps, Messages, Leases, Exhausted, Risks, Tainted int

	entries map[string]int
	// brokeRules is how often a dhcpd broke a rule while a client had the address.
	brokeRules [brokeRules]int
}

func (s *Stats) broke(rule brokeRule) { s.brokeRules[rule]++ }

func (s *Stats) entered(role lease.Role, from, to wire.ServerState) {
	if s.entries == nil {
		s.entries = map[string]int{}
	}
	s.entries[role.String()+" "+from.String()+" -> "+to.String()]++
}

// Add adds the figures of other runs.
func (s *Stats) Add(o Stats) {
	s.Runs += o.Runs
	s.Events += o.Events
	s.Steps += o.Steps
	s.Messages += o.Messages
	s.Leases += o.Leases
	s.Exhausted += o.Exhausted
	s.Risks += o.Risks
	s.Tainted += o.Tainted
	if s.entries == nil {
		s.entries = map[string]int{}
	}
	for i, n := range o.brokeRules {
		s.brokeRules[i] += n
	}
	for k, n := range o.entries {
		s.entries[k] += n
	}
}

// String is the figures, with the state changes that were seen.
func (s *Stats) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d runs, %d events, %d inputs of cores, %d messages, %d leases given, %d clients without an address, %d risks, %d addresses held twice under a risk\n",
		s.Runs, s.Events, s.Steps, s.Messages, s.Leases, s.Exhausted, s.Risks, s.Tainted)
	var keys []string
	for k := range s.entries {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		fmt.Fprintf(&b, "%10d  %s\n", s.entries[k], k)
	}
	for i, n := range s.brokeRules {
		if n > 0 {
			fmt.Fprintf(&b, "%10d  dhcpd: %s\n", n, brokeNames[i])
		}
	}
	return b.String()
}
