package sim

import (
	"fmt"
	"time"

	"leasehold/internal/lease"
)

// L3 is that no address stays in between: with both servers in NORMAL and all
// leases at their end, everything is free, but for what is out of use or given
// for ever.
func (w *World) l3check() {
	for _, p := range w.pairs {
		if e, i := w.unfree(p); e != nil {
			l := e.onDisk(i)
			w.fail("L3", "%s has not freed %v (%s)", e.n.name, l.Addr, leaseText(&l))
		}
	}
}

// unfree finds an address that is in use at a server, or in between.
func (w *World) unfree(p *pair) (*endpoint, int) {
	for _, e := range p.ends {
		if e.dhcpd != nil && w.checks.risk.gone[p.index] {
			continue // it does not end by itself what its partner forgot
		}
		for i := range p.Pool {
			l := e.onDisk(i)
			if !isFree(&l) && (l.State != lease.Leased || l.Expiration != lease.Forever) && (l.State != lease.Unavailable || l.Expiration != 0) {
				return e, i
			}
		}
	}
	return nil, 0
}

// equalNow is equal while leases run, for those relationships in which no
// update was refused of late: that is settled when it is repeated.
func (w *World) equalNow() {
	for _, p := range w.pairs {
		if w.failure == nil && !w.checks.risk.gone[p.index] && w.now-w.checks.refused[p.index] > 11*time.Minute {
			w.equalPair(p, false)
		}
	}
}

// equal holds the two servers' tables against each other.
func (w *World) equal() {
	for _, p := range w.pairs {
		if !w.checks.risk.gone[p.index] {
			w.equalPair(p, true)
		}
	}
}

func (w *World) equalPair(p *pair, pending bool) {
	if why := w.unequal(p, pending); why != "" {
		w.fail("equal", "%s", why)
	}
}

// unequal says of which address two servers have different views.
func (w *World) unequal(p *pair, pending bool) string {
	a, b := p.ends[0], p.ends[1]
	for i := range p.Pool {
		la, lb := a.onDisk(i), b.onDisk(i)
		if !pending && (waits(&la) || waits(&lb) || a.untold(i) || b.untold(i)) {
			continue // one of them waits for the other's word
		}
		if why := w.differ(&la, &lb); why != "" {
			return fmt.Sprintf("%v: %s (%s: %s; %s: %s)", la.Addr, why, a.n.name, leaseText(&la), b.n.name, leaseText(&lb))
		}
	}
	return ""
}

func waits(l *lease.Lease) bool {
	return l.State == lease.PendingAvailable || isFree(l) && l.Flags&lease.FailoverUpdated == 0
}

// untold tells whether a dhcpd has no answer to what it told of an address, or
// will tell, or does not tell.
func (e *endpoint) untold(i int) bool {
	return e.dhcpd != nil && (e.dhcpd.pending(i) || e.dhcpd.mute(i))
}

// differ says what two servers do not agree about.
func (w *World) differ(a, b *lease.Lease) string {
	class := func(l *lease.Lease) int {
		switch {
		case isFree(l):
			return 1
		case l.State == lease.PendingAvailable:
			return 2
		case l.State == lease.Unavailable:
			return 3
		}
		return 4
	}
	switch {
	case class(a) != class(b):
		return "the states differ"
	case class(a) == 1 && (a.Flags^b.Flags)&lease.Backup != 0 && a.Flags&lease.Reserved == 0:
		return "the owners differ"
	case class(a) == 4 && a.Client() != b.Client():
		return "the clients differ"
	case a.Flags&lease.FailoverUpdated == 0 && !(class(a) == 1 && a.Flags&lease.Backup == 0 && a.HW.Len == 0) && !isFree(a):
		return "the primary does not know that the secondary agrees"
	case b.Flags&lease.FailoverUpdated == 0 && !isFree(b):
		return "the secondary does not know that the primary agrees"
	}
	return ""
}
