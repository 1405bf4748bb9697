package isc

import (
	"regexp"
	"strings"
)

// Change is a line about a state of a peer.
type Change struct {
	Peer     string
	Partner  bool // the partner's state, as it tells
	From, To string
}

var moved = regexp.MustCompile(`failover peer (\S+): (I move|peer moves) from (\S+) to (\S+)`)

// ReadChange reads such a line.
func ReadChange(line string) (Change, bool) {
	m := moved.FindStringSubmatch(line)
	if m == nil {
		return Change{}, false
	}
	return Change{Peer: m[1], Partner: m[2] == "peer moves", From: m[3], To: m[4]}, true
}

// Changes returns all of a log's, in order.
func Changes(log string) []Change {
	var all []Change
	for line := range strings.SplitSeq(log, "\n") {
		if c, ok := ReadChange(line); ok {
			all = append(all, c)
		}
	}
	return all
}

// Rejections are of single updates: dhcpd refuses one, or is told that its own
// was refused.
var rejection = regexp.MustCompile(`bind update on \S+ (from \S+ rejected|got ack from)`)

// Faults are of the conversation itself.
var fault = regexp.MustCompile(strings.Join([]string{
	"Failover CONNECT", "Failover DISCONNECT", "Connection rejected", "FAILOVER:", "failover: connect:",
	"Invalid state transition", "Invalid attempt to move", "Unexpected move", "panic", "Invalid state:",
	"answering negatively", "Spurious update-done", "bogus type", "something went wrong", "requesting shutdown",
}, "|"))

// Rejections returns the lines of a log about refused updates.
func Rejections(log string) []string { return grep(log, rejection) }

// Faults returns the lines in which dhcpd finds fault with its partner.
func Faults(log string) []string { return grep(log, fault) }

func grep(log string, re *regexp.Regexp) []string {
	var found []string
	for line := range strings.SplitSeq(log, "\n") {
		if re.MatchString(line) {
			found = append(found, line)
		}
	}
	return found
}
