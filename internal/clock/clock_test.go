package clock

import (
	"testing"
	"time"
)

var start = time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)

// fired tells what a channel got, without waiting.
func fired(c <-chan time.Time) (time.Time, bool) {
	select {
	case t := <-c:
		return t, true
	default:
		return time.Time{}, false
	}
}

func TestManualStandsStill(t *testing.T) {
	m := NewManual(start)
	if !m.Now().Equal(start) {
		t.Fatalf("shows %v, want %v", m.Now(), start)
	}
	m.Advance(90 * time.Second)
	if want := start.Add(90 * time.Second); !m.Now().Equal(want) {
		t.Fatalf("shows %v, want %v", m.Now(), want)
	}
}

func TestManualWakesWhoIsDue(t *testing.T) {
	m := NewManual(start)
	late, early, exact := m.After(time.Minute), m.After(time.Second), m.After(10*time.Second)
	m.Advance(10*time.Second - 1)
	if _, ok := fired(early); !ok {
		t.Error("one second has passed, nobody was woken")
	}
	if _, ok := fired(exact); ok {
		t.Error("woken a nanosecond early")
	}
	m.Advance(1)
	if at, ok := fired(exact); !ok || !at.Equal(start.Add(10*time.Second)) {
		t.Errorf("woken %v at %v, want at the tenth second", ok, at)
	}
	if _, ok := fired(late); ok {
		t.Error("woken before its minute")
	}
	m.Advance(time.Hour)
	if at, ok := fired(late); !ok || !at.Equal(start.Add(time.Hour+10*time.Second)) {
		t.Errorf("woken %v at %v, want at the time shown", ok, at)
	}
	m.Advance(time.Hour)
	for _, c := range []<-chan time.Time{late, early, exact} {
		if _, ok := fired(c); ok {
			t.Error("woken twice")
		}
	}
}

func TestManualWaitsForNothing(t *testing.T) {
	m := NewManual(start)
	for _, d := range []time.Duration{0, -time.Second} {
		if at, ok := fired(m.After(d)); !ok || !at.Equal(start) {
			t.Errorf("After(%v): woken %v at %v, want at once", d, ok, at)
		}
	}
}

// A waiter of another goroutine is woken, and none of many is lost.
func TestManualManyWaiters(t *testing.T) {
	m := NewManual(start)
	woken := make(chan time.Time)
	for range 50 {
		c := m.After(time.Second)
		go func() { woken <- <-c }()
	}
	m.Advance(time.Second)
	for range 50 {
		if at := <-woken; !at.Equal(start.Add(time.Second)) {
			t.Fatalf("woken at %v", at)
		}
	}
}

func TestReal(t *testing.T) {
	var c Clock = Real{}
	before := c.Now()
	<-c.After(time.Millisecond)
	if passed := c.Now().Sub(before); passed < time.Millisecond {
		t.Errorf("After(1ms) took %v", passed)
	}
}
