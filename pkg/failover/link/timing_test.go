package link

import (
	"testing"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

const s = time.Second

func TestSendTimer(t *testing.T) {
	for _, tt := range []struct {
		receive    uint32
		poll, want time.Duration
	}{{60, 30 * s, 20 * s}, {60, 10 * s, 10 * s}, {30, 10 * s, 10 * s}, {20, 10 * s, 6666666666}, {1, 10 * s, 333333333}, {^uint32(0), 10 * s, 10 * s}} {
		if got := sendTimer(tt.receive, tt.poll); got != tt.want {
			t.Errorf("receive-timer %d, interval %v: %v, want %v", tt.receive, tt.poll, got, tt.want)
		}
	}
}

func TestTimers(t *testing.T) {
	tm := timers{receive: 60 * s, send: 10 * s}
	for _, tt := range []struct {
		name string
		now  time.Duration
		p    pulse
		want due
		wait time.Duration
	}{
		{"fresh", 0, pulse{writing: -1}, dueNothing, 10 * s},
		{"nothing sent", 10 * s, pulse{writing: -1}, dueContact, 10 * s},
		{"sent of late", 12 * s, pulse{sent: 9 * s, writing: -1}, dueNothing, 7 * s},
		{"silence ends sooner", 58 * s, pulse{sent: 57 * s, writing: -1}, dueNothing, 2 * s},
		{"silent", 60 * s, pulse{sent: 59 * s, writing: -1}, dueSilent, 0},
		{"silent goes before contact", 90 * s, pulse{writing: -1}, dueSilent, 0},
		{"our own backlog is not its silence", 90 * s, pulse{sent: 89 * s, writing: -1, held: true}, dueNothing, 9 * s},
		{"no CONTACT behind a write", 30 * s, pulse{received: 29 * s, sent: 2 * s, writing: 3 * s}, dueNothing, 10 * s},
		{"stuck", 63 * s, pulse{received: 62 * s, sent: 2 * s, writing: 3 * s}, dueStuck, 0},
	} {
		if got, wait := tm.check(tt.now, tt.p); got != tt.want || wait != tt.wait {
			t.Errorf("%s: %d in %v, want %d in %v", tt.name, got, wait, tt.want, tt.wait)
		}
	}
	for now, want := range map[time.Duration]bool{30 * s: false, 31 * s: true} {
		if tm.silent(now, pulse{}) != want || tm.silent(now, pulse{held: true}) {
			t.Errorf("silent after %v", now)
		}
	}
}

func TestPause(t *testing.T) {
	cfg := Config{Role: lease.Primary, Retry: 5 * s, RefusedRetry: 60 * s}
	for _, tt := range []struct {
		name     string
		role     lease.Role
		o        outcome
		lasted   time.Duration
		refusals int
		want     time.Duration
	}{
		{"lost", lease.Primary, outcomeLost, time.Hour, 0, 0},
		{"lost at the secondary", lease.Secondary, outcomeLost, time.Hour, 0, stimulus},
		{"lost at once", lease.Primary, outcomeLost, s, 0, 5 * s},
		{"failed", lease.Primary, outcomeFailed, 0, 0, 5 * s},
		{"again", lease.Primary, outcomeAgain, 0, 0, 0},
		{"refused", lease.Primary, outcomeRefused, 0, 1, 5 * s},
		{"refused twice", lease.Primary, outcomeRefused, 0, 2, 10 * s},
		{"refused four times", lease.Primary, outcomeRefused, 0, 4, 40 * s},
		{"refused for ever", lease.Primary, outcomeRefused, 0, 1 << 30, 60 * s},
	} {
		cfg.Role = tt.role
		if got := cfg.pause(tt.o, tt.lasted, tt.refusals); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestJournal(t *testing.T) {
	var j journal
	now := time.Unix(1000, 0)
	if !j.refuse(NoticeRefused, wire.ReasonInvalidPartner, "a", now) {
		t.Error("the first refusal is not told")
	}
	if j.refuse(NoticeRefused, wire.ReasonInvalidPartner, "b", now.Add(s)) {
		t.Error("the second is")
	}
	if !j.refuse(NoticeRefusing, wire.ReasonInvalidPartner, "c", now.Add(2*s)) {
		t.Error("ours is not told")
	}
	for i := range 7 {
		if j.refuse(NoticeRefused, wire.ReasonDuplicate, "d", now) != (i == patience-1) {
			t.Errorf("duplicate %d", i+1)
		}
	}
	want := []Refusal{
		{NoticeRefused, wire.ReasonDuplicate, "d", 7, now, now},
		{NoticeRefusing, wire.ReasonInvalidPartner, "c", 1, now.Add(2 * s), now.Add(2 * s)},
		{NoticeRefused, wire.ReasonInvalidPartner, "b", 2, now, now.Add(s)},
	}
	for i, r := range j.refusals {
		if r != want[i] {
			t.Errorf("entry %d is %+v, want %+v", i, r, want[i])
		}
	}
	j.forget()
	if len(j.refusals) != 0 || !j.refuse(NoticeRefused, wire.ReasonInvalidPartner, "a", now) {
		t.Error("after a connection what was refused before is over, and a refusal is news again")
	}
}

// A partner gets this server's free addresses MCLT after it was told that this
// server is down: until then its silence must have been noticed.
func TestSilence(t *testing.T) {
	for _, tt := range []struct {
		timeout time.Duration
		mclt    uint32
		want    time.Duration
		receive uint32
	}{{60 * s, 3600, 60 * s, 60}, {60 * s, 0, 60 * s, 60}, {60 * s, 120, 60 * s, 60}, {60 * s, 60, 30 * s, 30}, {60 * s, 10, 5 * s, 5}, {60 * s, 1, s, 1}, {3 * s, 10, 3 * s, 3}, {60 * s, ^uint32(0), 60 * s, 60}} {
		if got := Silence(tt.timeout, int64(tt.mclt)); got != tt.want {
			t.Errorf("%v and an MCLT of %d s: %v, want %v", tt.timeout, tt.mclt, got, tt.want)
		}
		if got := (&Config{PollTimeout: tt.timeout}).receiveTimer(tt.mclt); got != tt.receive {
			t.Errorf("%v and an MCLT of %d s: receive-timer %d, want %d", tt.timeout, tt.mclt, got, tt.receive)
		}
	}
}
