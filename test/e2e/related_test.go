package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// related is a row of getRelatedServers.
type related struct {
	Type, Name, Address   string
	Requests              int
	Communications, State string
	PartnerRole           string
	PartnerState          string
}

func (r related) String() string {
	return fmt.Sprintf("%s %s %s: %s, %s/%s, %d requests", r.Type, r.Name, r.Address, r.Communications, r.State, r.PartnerState, r.Requests)
}

// related returns the rows of getRelatedServers.
func (s *server) related() []related {
	s.t.Helper()
	var rows []related
	for line := range strings.SplitSeq(s.one("dhcp getRelatedServers column-separator=|"), "\n") {
		f := strings.Split(line, "|")
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		if f[0] != "MAIN" && f[0] != "BACKUP" {
			continue
		}
		if len(f) != 8 {
			s.t.Fatalf("getRelatedServers has a row with %d columns: %s", len(f), line)
		}
		n, err := strconv.Atoi(f[3])
		if err != nil {
			s.t.Fatalf("getRelatedServers shows %q requests: %s", f[3], line)
		}
		rows = append(rows, related{f[0], f[1], f[2], n, f[4], f[5], f[6], f[7]})
	}
	return rows
}

// partner returns the row of the partner at an address.
func (s *server) partner(address string) related {
	s.t.Helper()
	for _, r := range s.related() {
		if r.Address == address {
			return r
		}
	}
	return related{}
}

// wantPair waits until the server shows these states: its own, and the
// partner's, with every update acknowledged if both are NORMAL.
func (s *server) wantPair(partner, state, partnerState string) {
	s.t.Helper()
	var last related
	s.eventually(fmt.Sprintf("%s is %s and its partner %s %s", s.ns, state, partner, partnerState), func() bool {
		last = s.partner(own(partner))
		if last.State != state || last.PartnerState != partnerState {
			return false
		}
		return state != "NORMAL" || partnerState != "NORMAL" || last.Communications == "OK"
	}, func() string { return last.String() })
}

// quiet waits until the partner has acknowledged everything.
func (s *server) quiet(partner string) {
	s.t.Helper()
	var last related
	s.eventually("all updates are acknowledged", func() bool {
		last = s.partner(own(partner))
		return last.Requests == 0
	}, func() string { return last.String() })
}

// eventually is the function of that name with a word about the last look. It
// asks less often: each look is a run of nrcmd.
func (s *server) eventually(what string, so func() bool, last func() string) {
	s.t.Helper()
	if !within(patience, 300*time.Millisecond, so) {
		s.t.Fatalf("it never came about: %s\nlast seen: %s\n%s", what, last(), tail(s.proc.out.text(), 40))
	}
}
