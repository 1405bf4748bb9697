package failover

import (
	"sync/atomic"
	"time"

	"leasehold/pkg/failover/link"
)

// A server that was stopped for a while, with its machine or alone, knows nothing
// of it: its state is that of before, while its partner may have taken over. So
// the relationship's goroutine leaves a sign of life, and what packets may do by
// its authority is over when the last one is older than the silence after which
// the partner takes the link for lost.

// beats is the last sign of life. The time of day goes on while the machine
// sleeps, the monotonic clock when the time of day is set back.
type beats struct {
	mono, wall atomic.Int64
}

// since is how long ago the last one was.
func (b *beats) since(now time.Time, epoch time.Time) time.Duration {
	return max(now.Sub(epoch)-time.Duration(b.mono.Load()), time.Duration(now.UnixNano()-b.wall.Load()))
}

func (b *beats) set(now time.Time, epoch time.Time) {
	b.mono.Store(int64(now.Sub(epoch)))
	b.wall.Store(now.UnixNano())
}

// Fresh tells whether the authority is of now.
func (p *Pair) Fresh(now time.Time) bool {
	return p.beats.since(now, p.m.epoch) <= p.longestStill()
}

// longestStill is for how long the server may stand still without the partner
// taking over meanwhile, or its addresses.
func (p *Pair) longestStill() time.Duration {
	return link.Silence(p.rel.Load().core.PollTimeout, p.authority.Load().MCLT)
}

// beatsPerTimeout is how often the goroutine shows that it lives.
const beatsPerTimeout = 4

// beat shows that the goroutine lives. If it did not for too long, the
// relationship begins anew as after a start, and asks its partner first.
func (p *Pair) beat() {
	now, limit := p.m.Clock.Now(), p.longestStill()
	still := p.beats.since(now, p.m.epoch)
	if still > limit {
		p.authority.Store(silent(p.role)) // before it counts as fresh
	}
	p.beats.set(now, p.m.epoch)
	p.beatAt = now.Sub(p.m.epoch) + limit/beatsPerTimeout
	if still > limit && p.unsaved == nil {
		p.m.Log.Log(msgStill, p.name, int64(still/time.Second))
		p.anew(p.rel.Load().core, p.saved, "the server stood still")
	}
}
