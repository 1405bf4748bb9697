package option

import (
	"strconv"
	"strings"
	"time"
)

// unitSeconds are the units of a duration (nrcmd.md 8.2).
var unitSeconds = map[byte]int64{'s': 1, 'm': 60, 'h': 3600, 'd': 86400, 'w': 7 * 86400, 'y': 365 * 86400}

// maxSeconds is beyond every time that fits into an option.
const maxSeconds = 1 << 33

// parseDuration reads seconds or a mix of units such as 1w2d3h4m5s.
func parseDuration(text string, signed bool) (int64, bool) {
	digits, negative := strings.CutPrefix(text, "-")
	if negative && !signed {
		return 0, false
	}
	n, ok := parseNumber(digits)
	if !ok {
		n, ok = unitSum(digits)
	}
	if negative {
		n = -n
	}
	return n, ok && !strings.HasPrefix(digits, "-")
}

func unitSum(text string) (int64, bool) {
	var total int64
	for text != "" {
		i := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
		if i < 1 {
			return 0, false
		}
		n, err := strconv.ParseInt(text[:i], 10, 34)
		unit, known := unitSeconds[text[i]|0x20]
		if err != nil || !known || n > maxSeconds/unit {
			return 0, false
		}
		if total += n * unit; total > maxSeconds {
			return 0, false
		}
		text = text[i+1:]
	}
	return total, true
}

// parseDate reads Unix seconds, a time before or after now (-3d, +2h), or
// month, day, time and year in the zone of now (nrcmd.md 8.1).
func parseDate(text string, now time.Time) (int64, bool) {
	if n, ok := parseNumber(text); ok && text[0] != '-' {
		return n, true
	}
	if text != "" && (text[0] == '-' || text[0] == '+') {
		n, ok := parseDuration(text[1:], false)
		if text[0] == '-' {
			n = -n
		}
		return now.Unix() + n, ok && !now.IsZero()
	}
	words := strings.Join(strings.Fields(text), " ")
	for _, form := range []string{"Jan 2 15:04:05 2006", "January 2 15:04:05 2006", "Jan 2 15:04:05 06", "January 2 15:04:05 06"} {
		if at, err := time.ParseInLocation(form, words, now.Location()); err == nil {
			return at.Unix(), true
		}
	}
	return 0, false
}
