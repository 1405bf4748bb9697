package option

import (
	"strings"
	"time"

	"leasehold/pkg/objects"
)

// parseDuration reads seconds or a mix of units such as 1w2d3h4m5s (nrcmd.md
// 8.2).
func parseDuration(text string, signed bool) (int64, bool) {
	digits, negative := strings.CutPrefix(text, "-")
	if negative && (!signed || strings.HasPrefix(digits, "-")) {
		return 0, false
	}
	n, ok := objects.ParseNumber(digits)
	if !ok {
		d, err := objects.ParseTime(digits)
		n, ok = int64(d/time.Second), err == nil
	}
	if negative {
		n = -n
	}
	return n, ok
}

// parseDate reads Unix seconds, a time before or after now (-3d, +2h), or
// month, day, time and year in the zone of now (nrcmd.md 8.1).
func parseDate(text string, now time.Time) (int64, bool) {
	relative := text != "" && (text[0] == '-' || text[0] == '+')
	if relative && now.IsZero() {
		return 0, false // the caller has no time to count from
	}
	if n, ok := objects.ParseNumber(text); ok && !relative {
		return n, true
	}
	n, err := objects.ParseDate(text, now)
	return n, err == nil && n != objects.Forever // an option has no word for it
}
