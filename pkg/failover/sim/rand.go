package sim

import "time"

// rng is a stream of random numbers (splitmix64) that is the same everywhere
// and always for one seed.
type rng struct{ state uint64 }

// streamOf gives something its own numbers, so that what is left out of a
// schedule changes as little as possible elsewhere.
func streamOf(seed uint64, of string, n int) rng {
	h := seed ^ 0xcbf29ce484222325
	for i := range len(of) {
		h = (h ^ uint64(of[i])) * 0x100000001b3
	}
	r := rng{h + uint64(n)*0x9e3779b97f4a7c15}
	r.next()
	return r
}

func (r *rng) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// n is a number from 0 up to but not including n.
func (r *rng) n(n int) int {
	if n <= 1 {
		return 0
	}
	return int(r.next() % uint64(n))
}

// chance is true percent times in a hundred.
func (r *rng) chance(percent int) bool { return r.n(100) < percent }

func (r *rng) between(from, to time.Duration) time.Duration {
	if to <= from {
		return from
	}
	return from + time.Duration(r.next()%uint64(to-from))
}

func pick[T any](r *rng, of ...T) T { return of[r.n(len(of))] }
