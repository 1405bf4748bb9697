package option

import (
	"fmt"
	"strconv"
)

// Repeat is how many values an option has. The zero Repeat is exactly one; a
// positive one is exactly that many.
type Repeat int

// The open repeat counts.
const (
	Once     Repeat = 0
	ZeroPlus Repeat = -1 // 0+
	OnePlus  Repeat = -2 // 1+
	Pairs    Repeat = -3 // 2n: an even number, at least two
)

// maxRepeat bounds an exact count: more values of one byte do not fit into one
// option.
const maxRepeat = 255

// ParseRepeat reads 0+, 1+, 2n or a number. 0 and 1 are exactly one value.
func ParseRepeat(text string) (Repeat, error) {
	switch text {
	case "0+":
		return ZeroPlus, nil
	case "1+":
		return OnePlus, nil
	case "2n":
		return Pairs, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxRepeat {
		return Once, fmt.Errorf("repeat is 0+, 1+, 2n or a number from 1 to %d, not %q", maxRepeat, text)
	}
	if n <= 1 {
		return Once, nil
	}
	return Repeat(n), nil
}

func (r Repeat) String() string {
	switch r {
	case Once:
		return "1"
	case ZeroPlus:
		return "0+"
	case OnePlus:
		return "1+"
	case Pairs:
		return "2n"
	}
	return strconv.Itoa(int(r))
}

// check returns what is wrong with n values, "" if nothing is.
func (r Repeat) check(n int) string {
	switch {
	case r == Once && n != 1:
		return fmt.Sprintf("takes exactly one value, not %d", n)
	case r == OnePlus && n < 1:
		return "takes at least one value"
	case r == Pairs && (n < 2 || n%2 != 0):
		return fmt.Sprintf("takes pairs of values, an even number and not %d", n)
	case r > 1 && n != int(r):
		return fmt.Sprintf("takes exactly %d values, not %d", int(r), n)
	}
	return ""
}
