package main

import (
	"leasehold/pkg/failover/core"
)

// states is the page of the failover state machine.
func states() []byte {
	return []byte(`# The failover states, as tables

Generated from the code's own table by "make docs". What the states mean and
what to do in each: [failover.md](failover.md).

## After a start

A server that starts is in STARTUP until its partner answers or the time is over.

` + core.Starts() + `
## Transitions

The first row counts whose state, event and condition hold; without one the state
stays. Rows marked \* are not in the draft, or left open by it. A new state is on
disk before the partner hears of it.

` + core.Markdown())
}
