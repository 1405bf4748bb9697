package objects

import (
	"encoding/hex"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Handle is a declared attribute together with the Go type of its value. The
// attributes of a class are exported as handles (ScopePingTimeout,
// PolicyGracePeriod), so that a misspelled one does not compile. A handle
// reads any object that has an attribute of that name: PolicyGracePeriod
// works on embedded policies too, and those of a scope on a scope template.
type Handle[T any] struct {
	*Attr
	decode func(canonical string) T
}

// Of returns the value that was set, else the default, else the zero T.
func (h Handle[T]) Of(o *Object) T {
	if text := o.Text(h.Attr); text != "" {
		return h.decode(text)
	}
	var zero T
	return zero
}

// Lookup returns the value only if it was set.
func (h Handle[T]) Lookup(o *Object) (T, bool) {
	var zero T
	text, ok := o.Attrs[h.Name]
	if !ok {
		return zero, false
	}
	if text == "" {
		return zero, true
	}
	return h.decode(text), true
}

// FlagSet is the value of a Flags attribute: bit n is the word of number n.
type FlagSet uint64

// Has tells whether the word of that number is in the set.
func (f FlagSet) Has(number int) bool { return f&(1<<uint(number)) != 0 }

// Forever is the date (and the expiration) that never comes.
const Forever int64 = math.MaxInt64

// Range is a run of addresses, both ends included.
type Range struct{ First, Last netip.Addr }

func (r Range) String() string { return r.First.String() + "-" + r.Last.String() }

// Overlaps tells whether the two have an address in common.
func (r Range) Overlaps(s Range) bool {
	return r.First.Compare(s.Last) <= 0 && s.First.Compare(r.Last) <= 0
}

// Contains tells whether the address is in the range.
func (r Range) Contains(a netip.Addr) bool {
	return r.First.Compare(a) <= 0 && a.Compare(r.Last) <= 0
}

// The decoders read canonical text, which Parse made; a text that is not
// canonical gives the zero value.

func asText(text string) string { return text }

func asInt(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

func asBool(text string) bool { return text == "true" }

func asPercent(text string) int { return asInt(strings.TrimSuffix(text, "%")) }

func asDate(text string) int64 {
	if text == "forever" {
		return Forever
	}
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

func asDuration(text string) time.Duration {
	n, _ := parseSeconds(text)
	return time.Duration(n) * time.Second
}

func asMillis(text string) time.Duration { return time.Duration(asInt(text)) * time.Millisecond }

func asHours(text string) time.Duration { return time.Duration(asInt(text)) * time.Hour }

func asAddr(text string) netip.Addr {
	a, _ := netip.ParseAddr(text)
	return a
}

func asPrefix(text string) netip.Prefix {
	p, _ := netip.ParsePrefix(text)
	return p
}

func asBytes(text string) []byte {
	b, _ := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	return b
}

func asList(text string) []string { return strings.Split(text, ",") }

func asRanges(text string) []Range {
	var rs []Range
	for item := range strings.SplitSeq(text, ",") {
		first, last, _ := strings.Cut(item, "-")
		rs = append(rs, Range{asAddr(first), asAddr(last)})
	}
	return rs
}

func flagSet(a *Attr, text string) FlagSet {
	var f FlagSet
	for item := range strings.SplitSeq(text, ",") {
		if w := findWord(a.Words, item); w != nil {
			f |= 1 << uint(w.Number)
		}
	}
	return f
}

func wordNumber(a *Attr, text string) int {
	if w := findWord(a.Words, text); w != nil {
		return w.Number
	}
	return 0
}
