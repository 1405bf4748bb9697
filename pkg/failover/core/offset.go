package core

import (
	"time"

	"leasehold/pkg/failover/wire"
)

// The clock of the partner is compared with ours at every message. What is in
// a sample besides the offset is the way of the message, which only makes it
// larger: a connection that stood still for half a minute delivers messages
// that are half a minute old. So the smallest sample of a while counts. But no
// message can be later by more than the silence before it: what is beyond that
// is a clock that was set.
const (
	// offsetNoise is the offset that is taken for latency and truncation.
	offsetNoise = 5
	// offsetJump is a change that the operator is told of.
	offsetJump = 10
	// offsetWindow is how long a sample counts at least; twice that at most.
	offsetWindow = time.Minute
	// truncation is how far two samples of one offset may be apart, because
	// times are whole seconds, as is the silence between them.
	truncation = 3
)

// offset is how much our clock is ahead of the partner's.
type offset struct {
	samples int
	last    int64         // the last sample
	heard   time.Duration // and when it was taken
	least   [2]int64      // the smallest sample of the running window, and the one before
	window  time.Duration // when the running one began
	// before is the estimate that a larger one took the place of, until then.
	// A clock that was set and a message that was held up look the same.
	before int64
	until  time.Duration
}

// begin starts a new estimate with the first message of a connection.
func (o *offset) begin(m *Machine, at Now, t wire.Time) {
	last := *o
	*o = offset{}
	if t == 0 {
		return
	}
	o.set(at.Wall-int64(t), at.Mono)
	if last.samples > 0 {
		o.before, o.until = last.prudent(at.Mono), at.Mono+2*offsetWindow
		o.compare(m, last.estimate())
	}
}

func (o *offset) set(d int64, at time.Duration) {
	*o = offset{samples: 1, last: d, heard: at, least: [2]int64{d, d}, window: at}
}

func (o *offset) estimate() int64 { return min(o.least[0], o.least[1]) }

// sample takes the time of a message.
func (o *offset) sample(m *Machine, at Now, t wire.Time) {
	if t == 0 {
		return
	}
	if o.samples == 0 {
		o.begin(m, at, t)
		return
	}
	d, was := at.Wall-int64(t), o.estimate()
	silence := int64((at.Mono - o.heard) / time.Second)
	if later := d > o.last+silence+truncation; later || d < was-truncation {
		n, before, until := o.samples, o.prudent(at.Mono), o.until
		o.set(d, at.Mono)
		if !later { // the ones before were only slower
			o.samples = n + 1
			o.before, o.until = before, until
		} else {
			o.before, o.until = before, at.Mono+2*offsetWindow
		}
		o.compare(m, was)
		return
	}
	if at.Mono-o.window >= offsetWindow {
		o.least, o.window = [2]int64{d, o.least[0]}, at.Mono
	}
	o.least[0] = min(o.least[0], d)
	o.last, o.heard = d, at.Mono
	o.samples++
}

// compare tells the operator of an estimate that is far from the one before.
func (o *offset) compare(m *Machine, was int64) {
	if d := o.estimate() - was; d > offsetJump || d < -offsetJump {
		o.report(m)
	}
}

func (o *offset) report(m *Machine) {
	m.emit(Event{Kind: EventOffset, N: int(-o.delta())})
}

// delta is what is added to a time of the partner's.
func (o *offset) delta() int64 { return noise(o.estimate()) }

func noise(d int64) int64 {
	if d >= -offsetNoise && d <= offsetNoise {
		return 0
	}
	return d
}

// prudent is the smallest estimate that may be right.
func (o *offset) prudent(at time.Duration) int64 {
	if at < o.until {
		return min(o.estimate(), o.before)
	}
	return o.estimate()
}

// correct is a time of the partner by our clock; 0 stays 0, and for ever so.
func (o *offset) correct(t wire.Time) int64 { return moved(t, o.delta()) }

func moved(t wire.Time, delta int64) int64 {
	if t == 0 || t == wire.Infinite {
		return t.Unix()
	}
	return max(int64(t)+delta, 1)
}

// later is correct for the end of a lease, which one sample alone does not
// move to an earlier time.
func (o *offset) later(t wire.Time) wire.Time {
	if o.samples < 2 && o.delta() < 0 {
		return t
	}
	return wire.TimeOf(o.correct(t))
}

// binding corrects all times of an update that came at a time. More than was
// promised is not counted on.
func (o *offset) binding(b wire.Binding, at time.Duration) wire.Binding {
	b.Expiration = o.later(b.Expiration)
	b.PotentialExpiration = wire.TimeOf(moved(b.PotentialExpiration, noise(o.prudent(at))))
	b.StateStart = wire.TimeOf(o.correct(b.StateStart))
	b.LastTransaction = wire.TimeOf(o.correct(b.LastTransaction))
	return b
}
