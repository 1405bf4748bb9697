package core

import (
	"time"

	"leasehold/pkg/failover/binding"
)

// Machine is one endpoint.
type Machine struct {
	cfg  Config
	snap Snapshot
	view View
	outs []Output
}

// New makes the endpoint as it is after a start of the server: in STARTUP, with
// the state that the snapshot tells as the one to go on from.
func New(cfg Config, snap Snapshot, view View, now Now) *Machine {
	return &Machine{cfg: cfg, snap: snap, view: view}
}

// Step takes one input.
func (m *Machine) Step(now Now, in Input) {}

// Take returns what is to be done, and forgets it. The slice is good until the
// next Step.
func (m *Machine) Take() []Output {
	outs := m.outs
	m.outs = nil
	return outs
}

// Deadline is the monotonic time at which Step wants a Timeout.
func (m *Machine) Deadline() (time.Duration, bool) { return 0, false }

// Authority is what this server may do now.
func (m *Machine) Authority() binding.Authority {
	return binding.Authority{Role: m.cfg.Role, State: m.snap.State, MCLT: m.snap.MCLT}
}

// Status is what an operator is shown.
func (m *Machine) Status() Status { return Status{Snapshot: m.snap} }
