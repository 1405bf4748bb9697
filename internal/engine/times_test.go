package engine

import (
	"testing"

	"pgregory.net/rapid"

	"leasehold/internal/lease"
)

func TestRenewals(t *testing.T) {
	for _, c := range []struct {
		name         string
		full, t1, t2 int64
		want1, want2 int64
	}{
		{"a half and seven eighths", 1000, 0, 0, 500, 875},
		{"the policy's", 1000, 100, 200, 100, 200},
		{"the policy's T1 alone", 1000, 100, 0, 100, 875},
		{"T1 beyond T2", 1000, 900, 800, 500, 800},
		{"T2 beyond the lease", 1000, 100, 1000, 100, 875},
		{"a T2 so early that a half is beyond it", 1000, 0, 100, 100, 100},
		{"without end", lease.Forever, 100, 200, 0, 0},
		{"one second", 1, 0, 0, 0, 0},
	} {
		ch := chain{renewal: c.t1, rebinding: c.t2}
		if t1, t2 := ch.renewals(c.full); t1 != c.want1 || t2 != c.want2 {
			t.Errorf("%s: %d, %d, want %d, %d", c.name, t1, t2, c.want1, c.want2)
		}
	}
}

// Whatever the policy says, T1 <= T2 < lease time.
func TestRenewalsAreInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		full := rapid.Int64Range(1, infinite).Draw(t, "full")
		ch := chain{renewal: rapid.Int64Range(0, infinite).Draw(t, "t1"), rebinding: rapid.Int64Range(0, infinite).Draw(t, "t2")}
		if t1, t2 := ch.renewals(full); t1 < 0 || t1 > t2 || t2 >= full {
			t.Fatalf("of %d: %d, %d", full, t1, t2)
		}
	})
}

func TestExpiresIn(t *testing.T) {
	for in, want := range map[int64]uint32{0: 0, -5: 0, 7: 7, infinite: infinite, infinite + 1: infinite, lease.Forever: infinite} {
		if got := expiresIn(in); got != want {
			t.Errorf("%d: %d, want %d", in, got, want)
		}
	}
}
