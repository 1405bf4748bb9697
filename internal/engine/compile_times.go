package engine

import (
	"fmt"

	"leasehold/internal/lease"
	"leasehold/internal/packet"
)

// Times of policies that make no sense are not sent: a renewal time that is not
// below the rebinding time, a rebinding time that is not below the lease time,
// either of 0 s. What is sent instead is told at each reload.

// checkTimes warns of such times among the layers that a chain is made of. A
// policy that is used in many chains is warned of once for the same values.
func (b *builder) checkTimes(c *chain, layers []*policy) {
	if c.leaseTime == lease.Forever {
		return // neither of the others is sent
	}
	t1, t2 := c.renewals(c.leaseTime)
	if from, t, ok := timeOf(layers, packet.RebindingTime); ok && t != t2 {
		b.warnTime(from, packet.RebindingTime, "%s is not between 0 s and the lease time %s, clients are told %s",
			timeText(t), timeText(c.leaseTime), timeText(t2))
	}
	if from, t, ok := timeOf(layers, packet.RenewalTime); ok && t != t1 {
		b.warnTime(from, packet.RenewalTime, "%s is not between 0 s and the rebinding time %s of a lease of %s, clients are told %s",
			timeText(t), timeText(t2), timeText(c.leaseTime), timeText(t1))
	}
}

// checkOwnTimes checks a policy with a lease time by itself, since it may be used
// with clients and classes only.
func (b *builder) checkOwnTimes(p *policy) {
	layers := []*policy{p}
	if _, _, ok := timeOf(layers, packet.LeaseTime); ok {
		b.checkTimes(newChain(layers, b.plan.catalog), layers)
	}
}

// timeOf is the first of the policies that has an option which is a time, and
// the time.
func timeOf(layers []*policy, code uint8) (*policy, int64, bool) {
	for _, p := range layers {
		for _, o := range p.options {
			if o.code == code {
				t, ok := wireTime(o.value)
				return p, t, ok
			}
		}
	}
	return nil, 0, false
}

func (b *builder) warnTime(p *policy, code uint8, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	key := p.obj.Ref() + itoa(int64(code)) + text
	if b.warnedTimes[key] {
		return
	}
	b.warnedTimes[key] = true
	b.warnf(p.obj, b.plan.catalog.ByCode(int(code)).Name, "%s", text)
}

func timeText(seconds int64) string {
	if seconds == lease.Forever {
		return "infinite"
	}
	return fmt.Sprintf("%d s", seconds)
}
