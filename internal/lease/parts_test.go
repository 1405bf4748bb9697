package lease

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// The parts that only large tables use to the full, each against something
// obvious.

func TestBitmap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := Addr(rapid.Uint32Range(0, 1<<32-300_000).Draw(t, "first"))
		n := rapid.SampledFrom([]int{1, 63, 64, 65, 4096, 4097, 262_145, 300_000}).Draw(t, "size")
		last := first + Addr(n-1)
		b := newBitmap(first, last)
		in := map[Addr]bool{}
		near := rapid.IntRange(0, n-1)
		for range rapid.IntRange(0, 200).Draw(t, "operations") {
			a := first + Addr(near.Draw(t, "address"))
			switch rapid.IntRange(0, 3).Draw(t, "operation") {
			case 0, 1:
				b.set(a, true)
				in[a] = true
			case 2:
				b.set(a, false)
				delete(in, a)
			case 3:
				w := rapid.Uint64().Draw(t, "word")
				for i := range Addr(64) {
					x := a&^63 + i
					if x < first || x > last {
						w &^= 1 << i
					}
					delete(in, x)
					if w>>i&1 != 0 {
						in[x] = true
					}
				}
				b.setWord(a, w)
			}
		}
		b.set(first-1, false) // outside: nothing happens
		b.set(last+64, true)
		all := make([]Addr, 0, len(in))
		for a := range in {
			all = append(all, a)
		}
		slices.Sort(all)
		var got []Addr
		for a, ok := b.next(0); ok; a, ok = b.next(a + 1) {
			got = append(got, a)
			if !b.has(a) {
				t.Fatalf("%v is next and not in the set", a)
			}
		}
		if !slices.Equal(all, got) {
			t.Fatalf("holds %v, want %v", got, all)
		}
		got = got[:0]
		for a, ok := b.prev(^Addr(0)); ok; a, ok = b.prev(a - 1) {
			if got = append(got, a); a == 0 {
				break
			}
		}
		if slices.Reverse(got); !slices.Equal(all, got) {
			t.Fatalf("holds %v from the end, want %v", got, all)
		}
		if err := bitmapAgrees(&b, []Range{{first, last}}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestBitmapAtTheEnds(t *testing.T) {
	b := newBitmap(0, ^Addr(0)>>8)
	b.set(^Addr(0)>>8, true)
	if a, ok := b.next(0); !ok || a != ^Addr(0)>>8 {
		t.Errorf("next is %v, %v", a, ok)
	}
	b = newBitmap(^Addr(0)-1, ^Addr(0))
	b.set(^Addr(0), true)
	if a, ok := b.next(0); !ok || a != ^Addr(0) {
		t.Errorf("next is %v, %v", a, ok)
	}
}

// items are the items of a queue under test.
type items []uint32

func (x items) moved(i, place uint32)   { x[i] = place }
func (x items) before(a, b uint32) bool { return a < b }

func TestQueue(t *testing.T) {
	const n = 10_000 // more than a chunk
	r := rand.New(rand.NewPCG(3, 4))
	var q queue
	places := make(items, n)
	when := map[uint32]int64{}
	for i := range uint32(n) {
		when[i] = r.Int64N(500)
		q.push(places, when[i], i)
	}
	for i := range uint32(n) {
		switch i % 3 {
		case 0:
			q.remove(places, places[i])
			delete(when, i)
			if places[i] != nowhere {
				t.Fatalf("item %d was removed and has a place", i)
			}
		case 1:
			when[i] = r.Int64N(500)
			q.fix(places, places[i], when[i])
		}
	}
	due := 0
	q.due(100, func(i uint32) bool {
		if when[i] > 100 {
			t.Errorf("item %d of %d is due at 100", i, when[i])
		}
		due++
		return true
	})
	for _, w := range when {
		if w <= 100 {
			due--
		}
	}
	if due != 0 {
		t.Errorf("%+d items are due than should be", due)
	}
	var inOrder []entry
	q.inOrder(places, func(i uint32) bool {
		inOrder = append(inOrder, entry{when[i], i})
		return len(inOrder) < 1000
	})
	last := entry{when: -1}
	for i, e := range inOrder {
		if e.when < last.when || e.when == last.when && e.item < last.item {
			t.Fatalf("%v comes after %v", e, last)
		}
		if last = e; i == 0 {
			if first, _ := q.top(); first != e {
				t.Fatalf("%v comes first, want %v", e, first)
			}
		}
	}
	if inOrder[999].when > 200 { // of some 6,700 in 500
		t.Errorf("the first thousand go until %d", inOrder[999].when)
	}
	last = entry{when: -1}
	for range len(when) {
		e, _ := q.top()
		if e.when != when[e.item] || e.when < last.when || e.when == last.when && e.item < last.item {
			t.Fatalf("%v comes after %v", e, last)
		}
		last = e
		q.remove(places, places[e.item])
	}
	if _, ok := q.top(); ok {
		t.Error("the queue is not empty")
	}
}

// TestUnackedPages marks addresses all over the address space.
func TestUnackedPages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPages()
		marked := map[Addr]bool{}
		used := map[Addr]bool{}
		near := rapid.SampledFrom([]uint{2, 8, 13, 16, 20, 24, 31})
		at := Addr(1 << 31)
		for range rapid.IntRange(0, 60).Draw(t, "operations") {
			at ^= Addr(rapid.Uint32Range(0, 1<<near.Draw(t, "near")).Draw(t, "address"))
			k := Key{0, at}
			switch rapid.IntRange(0, 3).Draw(t, "operation") {
			case 0:
				p.set(k, 0)
				delete(used, at)
				delete(marked, at)
			default:
				p.set(k, 1)
				used[at] = true
				is := rapid.Bool().Draw(t, "unacked")
				p.mark(k, is)
				if delete(marked, at); is {
					marked[at] = true
				}
			}
		}
		for _, x := range []struct {
			next finder
			want map[Addr]bool
		}{{(*pages).next, used}, {(*pages).nextUnacked, marked}} {
			var got []Addr
			for a, _, ok := x.next(p, 0, 0); ok; a, _, ok = x.next(p, 0, a+1) {
				if got = append(got, a); a == ^Addr(0) {
					break
				}
			}
			if want := slices.Sorted(maps.Keys(x.want)); !slices.Equal(want, got) {
				t.Fatalf("got %v, want %v", got, want)
			}
		}
	})
}

func TestArena(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var a arena
	type block struct {
		h    uint32
		text []byte
	}
	var blocks []block
	for i := range 50_000 {
		if len(blocks) > 2000 {
			j := r.IntN(len(blocks))
			a.drop(blocks[j].h, len(blocks[j].text))
			blocks[j] = blocks[len(blocks)-1]
			blocks = blocks[:len(blocks)-1]
		}
		text := bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 1+r.IntN(maxBlock/2))
		blocks = append(blocks, block{a.put(text), text})
	}
	for _, b := range blocks {
		if !bytes.Equal(a.bytes(b.h, len(b.text)), b.text) {
			t.Fatalf("a block of %d bytes has changed", len(b.text))
		}
	}
	// 2,000 blocks of half a kilobyte, and what waits in lists to be used again.
	if got := len(a.chunks) << arenaBits; got > 8<<20 {
		t.Errorf("the arena has grown to %d bytes", got)
	}
}

func TestRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) ([]Range, map[Addr]bool) {
			var rs []Range
			in := map[Addr]bool{}
			base := rapid.SampledFrom([]Addr{0, 1000, ^Addr(0) - 200}).Draw(t, "base")
			for range rapid.IntRange(0, 5).Draw(t, name) {
				from := base + Addr(rapid.IntRange(0, 150).Draw(t, "from"))
				r := Range{from, from + Addr(rapid.IntRange(0, 50).Draw(t, "more"))}
				rs = append(rs, r)
				for a := uint64(r.First); a <= uint64(r.Last); a++ {
					in[Addr(a)] = true
				}
			}
			return MergeRanges(rs), in
		}
		rs, in := draw("first")
		other, inOther := draw("second")
		if size(rs) != len(in) {
			t.Fatalf("%v hold %d addresses, want %d", rs, size(rs), len(in))
		}
		differ := difference(rs, other)
		for _, base := range []Addr{0, 64, 128, 192, 960, 1024, 1088, 1152, 1216, ^Addr(0) - 255, ^Addr(0) - 191, ^Addr(0) - 127, ^Addr(0) - 63} {
			m := rangesMask(rs, base)
			for i := range Addr(64) {
				a := base + i
				if inRanges(rs, a) != in[a] || m>>i&1 != 0 != in[a] {
					t.Fatalf("%v hold %v: %v by mask %v, want %v", rs, a, inRanges(rs, a), m>>i&1, in[a])
				}
				if want := in[a] != inOther[a]; inRanges(differ, a) != want {
					t.Fatalf("%v and %v differ in %v: %v, want %v", rs, other, a, !want, want)
				}
			}
		}
	})
}

// TestRowSize keeps the record at two cache lines.
func TestRowSize(t *testing.T) {
	if s := unsafe.Sizeof(row{}); s != 128 {
		t.Errorf("a row has %d bytes, want 128", s)
	}
}

// TestVerdictNames tells the verdicts apart by name.
func TestVerdictNames(t *testing.T) {
	seen := map[string]bool{}
	for v := Verdict(0); v <= NoneAcceptable; v++ {
		if v.String() == "" || seen[v.String()] {
			t.Errorf("verdict %d is called %q", v, v)
		}
		seen[v.String()] = true
	}
}

// TestAddr converts both ways.
func TestAddr(t *testing.T) {
	for _, s := range []string{"0.0.0.0", "10.1.2.3", "255.255.255.255"} {
		if got := ip(s).String(); got != s {
			t.Errorf("%s became %s", s, got)
		}
	}
	if a := AddrFrom(prefix("fd00::/64").Addr()); a != 0 {
		t.Errorf("an IPv6 address became %v", a)
	}
}
