package sim

import "time"

// L1 is convergence: when all faults have ended, both servers reach NORMAL.

// l1bound is how long that may take: a start without a record, the wait of
// RECOVER twice (a failure seen late), connections found dead, and a resend of
// everything. A dhcpd's wait counts from what its clock showed when its state
// began (section 5.4 of the reference), which may be ahead of what it shows now.
func (w *World) l1bound() time.Duration {
	bound := time.Duration(0)
	for _, p := range w.pairs {
		mclt := max(p.MCLT, p.ends[0].cfg.MCLT, w.mclt)
		ahead := max(p.ends[0].dhcpd.ahead(), p.ends[1].dhcpd.ahead())
		bound = max(bound, 2*time.Minute+4*p.Poll+2*seconds(mclt)+2*time.Minute+ahead)
	}
	return bound
}

// ahead is how far the date of a dhcpd's state lies in the future.
func (d *dhcpd) ahead() time.Duration {
	if d == nil {
		return 0
	}
	return max(d.e.n.until(d.disk().since), 0)
}

// normal tells whether all relationships are in NORMAL on both sides.
func (w *World) normal() bool {
	for _, p := range w.pairs {
		if !w.checks.risk.bothNormal(p) || p.link.sides[0].conn == nil || p.link.sides[1].conn == nil {
			return false
		}
	}
	return true
}

func (w *World) l1check() {
	for _, p := range w.pairs {
		a, b := p.ends[0], p.ends[1]
		if !w.checks.risk.bothNormal(p) || p.link.sides[0].conn == nil {
			w.fail("L1", "%s: %v after all faults ended, %s is in %v and %s in %v", p.Name, w.l1bound(), a.n.name, a.state(), b.n.name, b.state())
		}
	}
}
