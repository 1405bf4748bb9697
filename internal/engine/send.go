package engine

import (
	"time"

	"leasehold/internal/netio"
	"leasehold/internal/packet"
)

// outbox collects answers, to be sent with one call.
type outbox struct {
	held []*exchange
	out  []netio.Datagram
	at   time.Time // of what is gathered now; zero: nothing is
}

// moment is the time for what the goroutine of the outbox decides until it
// sends: the clock is read once for all that leaves together.
func (s *Server) moment(b *outbox) time.Time {
	if b == nil {
		return s.clock.Now()
	}
	if b.at.IsZero() {
		b.at = s.clock.Now()
	}
	return b.at
}

// send puts the answer into the outbox of the goroutine that runs the
// exchange; flush ends it. RELEASE and DECLINE have no answer and end here.
func (ex *exchange) send() verdict {
	if ex.silent {
		ex.finish(ex.success)
		return verdict{act: park}
	}
	d := netio.Datagram{Data: ex.out, To: ex.to.Addr, IfIndex: ex.in.IfIndex}
	if ex.to.Way == packet.ToHardware {
		d.HW = ex.to.HW
	}
	ex.logAnswer()
	ex.box.held = append(ex.box.held, ex)
	ex.box.out = append(ex.box.out, d)
	return verdict{act: park}
}

// flush sends what the outbox holds and ends the exchanges.
func (s *Server) flush(b *outbox) {
	b.at = time.Time{}
	if len(b.held) == 0 {
		return
	}
	s.net.Send(b.out)
	s.stats.sent.Add(uint64(len(b.out)))
	for i, ex := range b.held {
		why := ex.success
		if err := b.out[i].Err; err != nil {
			s.sendFailed(err)
			why = FailSend
		}
		b.held[i], b.out[i] = nil, netio.Datagram{}
		ex.finish(why)
	}
	b.held, b.out = b.held[:0], b.out[:0]
}

// batchDone is called by the committer after the waiters of a batch were told:
// their answers leave together. The next transaction runs meanwhile.
func (s *Server) batchDone() { s.flush(&s.acks) }
