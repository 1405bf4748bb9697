//go:build linux

package clients

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"
)

// Report is the account of a population.
type Report struct {
	Clients, Bound int                // that are there, and that hold a lease now
	Acks           map[netip.Addr]int // by server
	Extended       int
	Released       int
	Refused        int // NAK of an offer just made: the client tries again
	SendErrors     int
	Waits          []time.Duration // of each new client, from its first DISCOVER to the ACK

	// What a user would have noticed, a line for each.
	Lapsed     []string // a lease ran out although the client asked in time
	Moved      []string // another address than before
	Naked      []string // a lease was refused
	Duplicates []string // an address of another client
}

// Noticed is everything that should never happen.
func (r Report) Noticed() []string {
	return slices.Concat(r.Duplicates, r.Lapsed, r.Moved, r.Naked)
}

func (r *Report) fail(list *[]string, format string, args ...any) {
	*list = append(*list, fmt.Sprintf(format, args...))
}

// Median is what half of the new clients waited at most.
func (r Report) Median() time.Duration {
	if len(r.Waits) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(r.Waits))[len(r.Waits)/2]
}

// Report returns the account so far.
func (p *Population) Report() Report {
	var r Report
	p.do(func() {
		r = p.report
		r.Acks, r.Waits = maps.Clone(r.Acks), slices.Clone(r.Waits)
		now := time.Now()
		for _, c := range p.all {
			if c.state == gone {
				continue
			}
			r.Clients++
			if c.lease.addr.IsValid() && now.Before(c.lease.end) {
				r.Bound++
			}
		}
	})
	return r
}

// Addresses returns what each client holds, by its number.
func (p *Population) Addresses() map[int]netip.Addr {
	held := map[int]netip.Addr{}
	p.do(func() {
		for _, c := range p.all {
			if c.lease.addr.IsValid() {
				held[c.n] = c.lease.addr
			}
		}
	})
	return held
}

// Lease tells what a client holds, from which server and until when.
func (p *Population) Lease(n int) (addr, server netip.Addr, end time.Time) {
	p.do(func() {
		if c := p.client(n); c != nil {
			addr, server, end = c.lease.addr, c.lease.server, c.lease.end
		}
	})
	return addr, server, end
}

func (p *Population) client(n int) *client {
	if i := n - p.cfg.First; i >= 0 && i < len(p.all) {
		return p.all[i]
	}
	return nil
}

// MAC is the hardware address of a client.
func MAC(n int) string {
	return fmt.Sprintf("02:c1:%02x:%02x:%02x:%02x", byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// Add brings more clients.
func (p *Population) Add(count int) {
	p.do(func() {
		for range count {
			p.add(time.Now())
		}
	})
}

// Renew makes a client, or with -1 each of them, renew now.
func (p *Population) Renew(n int) {
	p.bound(n, func(c *client, now time.Time) {
		c.lease.t1 = now
		c.wake(now)
	})
}

// Rebind makes a client, or with -1 each of them, ask any server for more time.
func (p *Population) Rebind(n int) {
	p.bound(n, func(c *client, now time.Time) {
		c.lease.t1, c.lease.t2, c.began = now, now, now
		c.wake(now)
	})
}

// Reboot restarts a client, or with -1 each of them, on the lease that it has.
func (p *Population) Reboot(n int) {
	p.bound(n, func(c *client, now time.Time) {
		c.state, c.began, c.tries = rebooting, now, 0
		c.xid++
		c.wake(now)
	})
}

// Release makes a client, or with -1 each of them, leave.
func (p *Population) Release(n int) {
	p.bound(n, func(c *client, _ time.Time) { c.release() })
}

// Decline makes a client refuse its address and ask for another.
func (p *Population) Decline(n int) {
	p.bound(n, func(c *client, now time.Time) {
		c.want = netip.Addr{}
		c.decline(now)
		c.want = netip.Addr{}
	})
}

func (p *Population) bound(n int, f func(*client, time.Time)) {
	p.do(func() {
		now := time.Now()
		for _, c := range p.all {
			if (n < 0 || c.n == n) && c.lease.addr.IsValid() && (c.state == bound || c.state == renewing || c.state == rebinding) {
				f(c, now)
			}
		}
	})
}
