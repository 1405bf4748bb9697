package holders

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"leasehold/internal/packet"
)

var start = time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)

// story is a ledger and the clock of those who speak.
type story struct {
	*Ledger
	t   *testing.T
	now time.Time
}

func (s *story) say(client byte, kind packet.MessageType, addr string, lease uint32) {
	s.t.Helper()
	var r packet.Reply
	r.Reset()
	r.Op, r.Type, r.XID, r.HType, r.HLen, r.Cookie = packet.BootRequest, kind, uint32(client), 1, 6, true
	r.CHAddr[5] = client
	a := netip.MustParseAddr(addr)
	switch kind {
	case packet.Ack, packet.Nak:
		r.Op = packet.BootReply
		r.AddUint32(packet.LeaseTime, lease)
		if kind == packet.Ack {
			r.YIAddr = a
		}
	case packet.Release:
		r.CIAddr = a
	default:
		r.AddAddr(packet.RequestedAddress, a)
	}
	raw, dropped := r.Append(nil, packet.MaxReplySize)
	if len(dropped) > 0 {
		s.t.Fatal(dropped)
	}
	m, err := packet.Parse(raw)
	if err != nil {
		s.t.Fatal(err)
	}
	s.See(s.now, m)
}

func (s *story) pass(d time.Duration) { s.now = s.now.Add(d) }

func (s *story) want(duplicates ...string) {
	s.t.Helper()
	got := s.Duplicates()
	if len(got) != len(duplicates) {
		s.t.Fatalf("duplicates %q, want %q", got, duplicates)
	}
	for i := range got {
		if !strings.Contains(got[i], duplicates[i]) {
			s.t.Errorf("duplicate %q does not say %q", got[i], duplicates[i])
		}
	}
}

func newStory(t *testing.T) *story { return &story{NewLedger(false), t, start} }

func TestSecondClientWhileTheFirstHolds(t *testing.T) {
	s := newStory(t)
	s.say(1, packet.Request, "10.0.0.1", 0)
	s.say(1, packet.Ack, "10.0.0.1", 60)
	s.pass(59 * time.Second)
	s.say(2, packet.Request, "10.0.0.1", 0)
	s.say(2, packet.Ack, "10.0.0.1", 60)
	s.want("10.0.0.1 given to 00:00:00:00:00:02")
}

func TestLeaseRunsFromItsRequest(t *testing.T) {
	s := newStory(t)
	s.say(1, packet.Request, "10.0.0.1", 0)
	s.pass(3 * time.Second)
	s.say(1, packet.Ack, "10.0.0.1", 60)
	if until := s.Held(s.now)[netip.MustParseAddr("10.0.0.1")].Until; !until.Equal(start.Add(time.Minute)) {
		t.Errorf("held until %v, want a minute after %v", until, start)
	}
	s.pass(58 * time.Second)
	s.say(2, packet.Ack, "10.0.0.1", 60)
	s.want()
}

func TestGivenBackOrRefusedIsFree(t *testing.T) {
	for _, kind := range []packet.MessageType{packet.Release, packet.Decline, packet.Nak} {
		s := newStory(t)
		s.say(1, packet.Request, "10.0.0.1", 0)
		s.say(1, packet.Ack, "10.0.0.1", 60)
		s.say(1, kind, "10.0.0.1", 0)
		s.say(2, packet.Ack, "10.0.0.1", 60)
		s.want()
	}
}

func TestOnlyTheHolderGivesBack(t *testing.T) {
	s := newStory(t)
	s.say(1, packet.Ack, "10.0.0.1", 60)
	s.say(3, packet.Release, "10.0.0.1", 0)
	s.say(2, packet.Ack, "10.0.0.1", 60)
	s.want("while 00:00:00:00:00:01 holds it for 1m0s")
	if got := s.Events(func(e Event) bool { return e.Type == packet.Ack }); len(got) != 2 || got[1].Lease != time.Minute {
		t.Errorf("ACKs seen: %+v", got)
	}
}
