package core

import "time"

// timerID names what an endpoint may wait for, in the order in which those
// that are due together are served.
type timerID uint8

const (
	timeStartup   timerID = iota // STARTUP
	timeWait                     // RECOVER-WAIT
	timeSafe                     // the safe period
	timeReclaim                  // pending leases can be freed
	timeBalance                  // pools changed
	timeHourly                   // periodic balance
	timePoolReq                  // POOLREQ is repeated
	timeStop                     // SHUTDOWN is over
	timeRequest                  // an update request gets no answer
	timeState                    // our first STATE to a dhcpd is held back until it sent its own
	timeAcks                     // the partner does not acknowledge
	timeRetry                    // refused updates are sent again
	timeExpired                  // the primary has not told that leases expired
	timeStore                    // the disk did not take what a dhcpd told
	timeMore                     // there is more to do at once
	timeHeartbeat                // the next heartbeat is stored
	timerCount

	// Those that end with the state, and those that end with the connection.
	timeOfState, timeOfStateLast = timeStartup, timeRequest
	timeOfLink, timeOfLinkLast   = timeRequest, timeMore
)

type timer struct {
	at    time.Duration
	armed bool
}

// timerRuns is what is done when a timer is due. It is off then.
var timerRuns [timerCount]func(*Machine)

func init() {
	timerRuns = [timerCount]func(*Machine){
		timeStartup:   (*Machine).startupEnds,
		timeState:     (*Machine).tellAnyway,
		timeWait:      (*Machine).waitEnds,
		timeSafe:      (*Machine).safePeriodEnds,
		timeHeartbeat: (*Machine).heartbeat,
		timeRequest:   (*Machine).requestHangs,
		timeAcks:      (*Machine).acksOverdue,
		timeRetry:     (*Machine).retryRefused,
		timeBalance:   func(m *Machine) { m.balance(false) },
		timeHourly:    (*Machine).hourly,
		timePoolReq:   (*Machine).poolReqDue,
		timeReclaim:   (*Machine).reclaimPending,
		timeExpired:   (*Machine).tellExpired,
		timeStore:     (*Machine).storeAgain,
		timeMore:      func(*Machine) {},
		timeStop:      (*Machine).stopNow,
	}
}

// wait arms a timer to be due in d.
func (m *Machine) wait(id timerID, d time.Duration) {
	m.timers[id] = timer{at: m.now.Mono + max(d, 0), armed: true}
}

// waitAtMost arms a timer unless it is due earlier already.
func (m *Machine) waitAtMost(id timerID, d time.Duration) {
	if t := m.timers[id]; !t.armed || t.at > m.now.Mono+d {
		m.wait(id, d)
	}
}

func (m *Machine) cancel(id timerID) { m.timers[id] = timer{} }

func (m *Machine) runTimers() {
	for id := range m.timers {
		if t := m.timers[id]; t.armed && t.at <= m.now.Mono {
			m.timers[id] = timer{}
			timerRuns[id](m)
		}
	}
}

// Deadline is the monotonic time at which Step wants a Timeout.
func (m *Machine) Deadline() (time.Duration, bool) {
	first, ok := time.Duration(0), false
	for _, t := range m.timers {
		if t.armed && (!ok || t.at < first) {
			first, ok = t.at, true
		}
	}
	return first, ok
}

// until is how long it is to a time of the wall clock.
func (m *Machine) until(wall int64) time.Duration {
	return seconds(wall - m.now.Wall)
}

// seconds is a number of seconds as a duration, at most some centuries.
func seconds(n int64) time.Duration {
	const most = int64(200 * 365 * 24 * time.Hour / time.Second)
	return time.Duration(min(max(n, -most), most)) * time.Second
}
