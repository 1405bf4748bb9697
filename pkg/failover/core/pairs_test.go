package core

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// stored are the states that a disk may hold; 0 is none.
var stored = []wire.ServerState{
	0, normal, interrupted, partnerDown, conflict, recovering, recoverWait, recoverDone, resolution, resolved,
}

// compatible are the pairs of states of two servers that have told each other
// everything (reference section 12.3, S9).
func compatible(a, b wire.ServerState) bool {
	if a == startup || b == startup {
		return true
	}
	if a > b {
		a, b = b, a
	}
	late := states{recovering, recoverWait} // in the order of their numbers
	switch {
	case a == b && (a == normal || a == conflict), a == conflict && b == resolved:
		return true
	case a == partnerDown || a == interrupted:
		return slices.Contains(states{recovering, recoverWait, paused}, b) || a == partnerDown && b == shutdown
	case slices.Contains(late, a) && slices.Contains(late, b):
		return true
	}
	return a == recovering && b == recoverDone || a == recoverDone && b == recoverWait
}

func snapshotOf(s wire.ServerState, beat int64) Snapshot {
	if s == 0 {
		return Snapshot{}
	}
	snap := Snapshot{
		State: s, Since: worldStart - 500, MCLT: 60, Vendor: wire.VendorPrefix + "1", Heartbeat: beat,
		PartnerState: normal, Contact: worldStart - 600,
	}
	switch s {
	case partnerDown:
		snap.Down = snap.Since
	case recovering, recoverWait:
		snap.Failed = worldStart - 10
		snap.All = true
	}
	return snap
}

// TestEveryPairEndsInNormal starts two servers with every pair of stored
// states, connects them at once or after they served alone, cuts the link at
// every early moment, and wants both in NORMAL afterwards (L1).
func TestEveryPairEndsInNormal(t *testing.T) {
	for _, a := range stored {
		for _, b := range stored {
			if b == resolved { // the primary's only
				continue
			}
			for _, alone := range []time.Duration{0, 45 * time.Second} {
				for cut := range 12 {
					name := fmt.Sprintf("%s+%s alone=%s cut=%d", a, b, alone, cut)
					if msg := meet(a, b, alone, cut); msg != "" {
						t.Fatalf("%s: %s", name, msg)
					}
				}
			}
		}
	}
}

// meet says what went wrong, "" if nothing did. The link is cut when cut
// messages went over it, 0 is never.
func meet(a, b wire.ServerState, alone time.Duration, cut int) string {
	w := newWorld()
	p, s := w.add("main", lease.Primary), w.add("backup", lease.Secondary)
	p.disk, s.disk = snapshotOf(a, worldStart-20), snapshotOf(b, worldStart-300)
	w.wired = alone == 0
	p.start()
	s.start()
	w.advance(alone)
	w.wired = true
	w.cutAfter = cut
	for calm := 0; calm < 4 && w.now < alone+400*time.Second; calm++ {
		if p.m.state() != normal || s.m.state() != normal {
			calm = 0
		}
		w.connect()
		w.settle()
		if p.up && s.up && !p.m.leaving.begun && !s.m.leaving.begun && !compatible(p.m.state(), s.m.state()) {
			return fmt.Sprintf("quiet with %s and %s\n%s", p.m.state(), s.m.state(), w.out.String())
		}
		w.advance(5 * time.Second)
	}
	if p.m.state() != normal || s.m.state() != normal {
		return fmt.Sprintf("ends with %s and %s\n%s", p.m.state(), s.m.state(), w.out.String())
	}
	return ""
}
