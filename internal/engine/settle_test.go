package engine

import (
	"slices"
	"testing"

	"leasehold/internal/lease"
)

// Who waits for what is decided hears of it when every address that was claimed then
// has been given up once: not of later claims, nor of those in line for them.
func TestSettle(t *testing.T) {
	c := new(claims)
	var told []string
	settle := func(name string) { c.settle(func() { told = append(told, name) }) }
	expect := func(want ...string) {
		t.Helper()
		if !slices.Equal(told, want) {
			t.Fatalf("told %v, want %v", told, want)
		}
		told = nil
	}
	claim := func(k lease.Key) {
		t.Helper()
		if !c.try(k) {
			t.Fatalf("%v is not free", k.Addr)
		}
	}
	settle("nothing")
	expect("nothing")

	const n = 1000
	for a := range lease.Addr(n) {
		claim(lease.Key{Addr: a})
	}
	first := lease.Key{Addr: 0}
	passed := false
	c.wait(first, waiting{held: func() { passed = true }}, unlimited)
	settle("a")
	settle("b")
	claim(lease.Key{Addr: n}) // later
	expect()
	for a := lease.Addr(1); a < n; a++ {
		if _, waited := c.release(lease.Key{Addr: a}); waited {
			t.Fatalf("%v has a line", a)
		}
	}
	expect()
	next, waited := c.release(first)
	if next.held(); !waited || !passed {
		t.Fatal("who was in line does not have the address")
	}
	expect("a", "b")
	settle("c")
	if c.try(first) {
		t.Fatal("an address is claimed twice")
	}
	c.release(first)
	expect()
	c.release(lease.Key{Addr: n})
	expect("c")
	claim(first)
}
