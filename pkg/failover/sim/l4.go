package sim

import (
	"fmt"

	"leasehold/internal/lease"
)

// L4 is balance: the secondary has its share of the free addresses, give or
// take a threshold. Between two of ours the primary shares (reference section 8), by
// its own records: what the secondary has lost and does not know of is not there.
func (w *World) l4check() {
	for _, p := range w.pairs {
		if why := w.unbalanced(p); why != "" {
			w.fail("L4", "%s", why)
		}
	}
}

// unbalanced says who has too many free addresses, by the records of either
// server.
func (w *World) unbalanced(p *pair) string {
	primary, secondary := p.inOrder()
	if p.mixed() && w.checks.risk.gone[p.index] {
		return "" // each shares by what it knows
	}
	for _, e := range p.ends {
		if e != primary && w.checks.risk.missed[p.index][e.side] {
			continue
		}
		free, backup := 0, 0
		for i := range p.Pool {
			l := e.onDisk(i)
			switch {
			case !isFree(&l) || l.Flags&lease.Reserved != 0:
			case l.Flags&lease.Backup != 0:
				backup++
			default:
				free++
			}
		}
		total := free + backup
		if off := 100*backup - total*p.Percent; off < -15*total-150 || off > 15*total+150 {
			return fmt.Sprintf("%s has %d of %d free addresses by the records of %s, its share is %d %%",
				secondary.n.name, backup, total, e.n.name, p.Percent)
		}
	}
	return ""
}
