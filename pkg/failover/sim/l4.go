package sim

import "leasehold/internal/lease"

// L4 is balance: the secondary has its share of the free addresses, give or
// take a threshold.
func (w *World) l4check() {
	for _, p := range w.pairs {
		e := p.ends[0]
		if e.dhcpd != nil || p.ends[1].dhcpd != nil {
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
		share := 100 * backup
		if off := share - total*p.Percent; off < -15*total-150 || off > 15*total+150 {
			w.fail("L4", "%s has %d of %d free addresses, its share is %d %%", p.Backup, backup, total, p.Percent)
		}
	}
}
