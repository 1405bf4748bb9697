package link

import (
	"time"

	"leasehold/internal/lease"
)

// timers are the two of a connection (draft-12 section 7.9).
type timers struct {
	receive time.Duration // tReceive: our receive-timer
	send    time.Duration // tSend
}

// sendTimer is a third of the partner's receive-timer, the draft's 33 percent
// for both sides, or less where the configuration polls more often.
func sendTimer(receiveTimer uint32, poll time.Duration) time.Duration {
	return min(time.Duration(receiveTimer)*time.Second/3, poll)
}

// pulse is when a connection did what, all on one clock.
type pulse struct {
	received time.Duration
	sent     time.Duration
	writing  time.Duration // since when a write is under way, negative if none
	held     bool          // what was received waits for the handler
}

// due is what a timer asks for.
type due uint8

const (
	dueNothing due = iota
	dueContact     // send CONTACT
	dueSilent      // nothing came for tReceive
	dueStuck       // the partner took nothing for tReceive
)

// check tells what is due at now, and how long nothing else can be.
func (t timers) check(now time.Duration, p pulse) (due, time.Duration) {
	wait := t.receive
	if !p.held {
		left := p.received + t.receive - now
		if left <= 0 {
			return dueSilent, 0
		}
		wait = min(wait, left)
	}
	if p.writing >= 0 {
		left := p.writing + t.receive - now
		if left <= 0 {
			return dueStuck, 0
		}
		// Until the write ends there is no point in a CONTACT behind it.
		return dueNothing, min(wait, left, t.send)
	}
	left := p.sent + t.send - now
	if left <= 0 {
		return dueContact, min(wait, t.send)
	}
	return dueNothing, min(wait, left)
}

// silent tells whether a connection is so quiet that a new one of the same
// partner takes its place.
func (t timers) silent(now time.Duration, p pulse) bool {
	return !p.held && now-p.received > t.receive/2
}

// outcome is how an attempt to connect, or a connection, ended.
type outcome uint8

const (
	outcomeFailed  outcome = iota // nobody there, silence, closed without a word, duplicate
	outcomeRefused                // refused with a reason that will last
	outcomeLost                   // it had been up
	outcomeAgain                  // to be made again at once, in another way
)

// stimulus is how long a secondary leaves it to its primary to connect again.
const stimulus = 500 * time.Millisecond

// pause is how long to wait before the next attempt. lasted is how long the
// connection was up, refusals how many attempts in a row were refused.
func (c *Config) pause(o outcome, lasted time.Duration, refusals int) time.Duration {
	switch o {
	case outcomeAgain:
		return 0
	case outcomeLost:
		if lasted < c.Retry {
			return c.Retry // it comes and goes
		}
		return c.firstPause()
	case outcomeRefused:
		d := c.Retry
		for i := 1; i < refusals && d < c.RefusedRetry; i++ {
			d *= 2
		}
		return min(d, c.RefusedRetry)
	}
	return c.Retry
}

func (c *Config) firstPause() time.Duration {
	if c.Role == lease.Secondary {
		return min(stimulus, c.Retry)
	}
	return 0
}
