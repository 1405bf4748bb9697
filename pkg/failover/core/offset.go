package core

import (
	"math"

	"leasehold/pkg/failover/wire"
)

// The clock of the partner is compared with ours at every message. What is in
// a sample besides the offset is the way of the message, which only makes it
// larger, so that a smaller sample counts more.
const (
	// offsetNoise is the offset that is taken for latency and truncation.
	offsetNoise = 5
	// offsetJump away from the estimate is a clock that was set, once
	// offsetJumps samples in a row agree on it.
	offsetJump  = 10
	offsetJumps = 3
)

// offset is how much our clock is ahead of the partner's.
type offset struct {
	estimate float64
	samples  int
	strange  int // samples in a row that are far away
}

// begin starts a new estimate with the first message of a connection.
func (o *offset) begin(m *Machine, t wire.Time) {
	last := *o
	*o = offset{}
	if t == 0 {
		return
	}
	o.estimate, o.samples = float64(m.now.Wall-int64(t)), 1
	if last.samples > 0 && math.Abs(last.estimate-o.estimate) > offsetJump {
		o.report(m)
	}
}

// sample takes the time of a message.
func (o *offset) sample(m *Machine, t wire.Time) {
	if t == 0 {
		return
	}
	if o.samples == 0 {
		o.begin(m, t)
		return
	}
	d := float64(m.now.Wall-int64(t)) - o.estimate
	if math.Abs(d) > offsetJump {
		if o.strange++; o.strange >= offsetJumps {
			*o = offset{estimate: o.estimate + d, samples: 1}
			o.report(m)
		}
		return
	}
	o.strange = 0
	if d < 0 {
		o.estimate += d / 2
	} else {
		o.estimate += d / 16
	}
	o.samples++
}

func (o *offset) report(m *Machine) {
	m.emit(Event{Kind: EventOffset, N: int(-o.delta())})
}

// delta is what is added to a time of the partner's.
func (o *offset) delta() int64 {
	d := int64(math.Round(o.estimate))
	if d >= -offsetNoise && d <= offsetNoise {
		return 0
	}
	return d
}

// correct is a time of the partner by our clock; 0 stays 0, and for ever so.
func (o *offset) correct(t wire.Time) int64 {
	if t == 0 || t == wire.Infinite {
		return t.Unix()
	}
	return max(int64(t)+o.delta(), 1)
}

// later is correct for the end of a lease, which one sample alone does not
// move to an earlier time.
func (o *offset) later(t wire.Time) wire.Time {
	if o.samples < 2 && o.delta() < 0 {
		return t
	}
	return wire.TimeOf(o.correct(t))
}

// binding corrects all times of an update.
func (o *offset) binding(b wire.Binding) wire.Binding {
	b.Expiration = o.later(b.Expiration)
	b.PotentialExpiration = o.later(b.PotentialExpiration)
	b.StateStart = wire.TimeOf(o.correct(b.StateStart))
	b.LastTransaction = wire.TimeOf(o.correct(b.LastTransaction))
	return b
}
