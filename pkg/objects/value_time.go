package objects

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// units from the largest; a year is 365 days and is only read, never written.
var units = []struct {
	letter  byte
	seconds int64
}{{'y', 365 * 86400}, {'w', 7 * 86400}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}

// parseSeconds reads a duration: a plain number is seconds, otherwise numbers
// each with a unit, in any order: 1w2d3h4m5s, 1d360m.
func parseSeconds(text string) (int64, error) {
	wrong := fmt.Errorf("must be a time: seconds, or numbers with units such as 1w2d3h4m5s")
	rest := strings.ToLower(strings.TrimSpace(text))
	if rest == "" {
		return 0, wrong
	}
	var total int64
	for rest != "" {
		digits := 0
		for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
			digits++
		}
		if digits == 0 {
			return 0, wrong
		}
		n, err := strconv.ParseInt(rest[:digits], 10, 64)
		if err != nil || n > 1<<40 {
			return 0, fmt.Errorf("is too long a time")
		}
		if digits == len(rest) {
			if total != 0 || digits != len(strings.TrimSpace(text)) {
				return 0, fmt.Errorf("must be a time: the last number has no unit")
			}
			return n, nil
		}
		size := int64(0)
		for _, u := range units {
			if u.letter == rest[digits] {
				size = u.seconds
			}
		}
		if size == 0 {
			return 0, fmt.Errorf("must be a time: %q is no unit, they are y w d h m s", rest[digits])
		}
		if n > (1<<40)/size {
			return 0, fmt.Errorf("is too long a time")
		}
		if total += n * size; total > 1<<40 {
			return 0, fmt.Errorf("is too long a time")
		}
		rest = rest[digits+1:]
	}
	return total, nil
}

// formatSeconds writes a duration in units from weeks to seconds: 5m, 1w, 0s.
func formatSeconds(n int64) string {
	if n == 0 {
		return "0s"
	}
	var b strings.Builder
	for _, u := range units[1:] {
		if n >= u.seconds {
			b.WriteString(strconv.FormatInt(n/u.seconds, 10))
			b.WriteByte(u.letter)
			n %= u.seconds
		}
	}
	return b.String()
}

// seconds reads a bound in a class table.
func seconds(text string) int64 {
	n, err := parseSeconds(text)
	if err != nil {
		panic("objects: " + text + " " + err.Error())
	}
	return n
}

// ParseTime reads a duration as attributes of type time do.
func ParseTime(text string) (time.Duration, error) {
	n, err := parseSeconds(text)
	if err != nil {
		return 0, err
	}
	if n > maxUint32 {
		return 0, fmt.Errorf("is too long a time")
	}
	return time.Duration(n) * time.Second, nil
}

// FormatTime writes a duration as attributes of type time do, in whole seconds.
func FormatTime(d time.Duration) string { return formatSeconds(int64(d / time.Second)) }

func (a *Attr) parseTime(text string) (string, error) {
	n, err := parseSeconds(text)
	if err != nil {
		return "", err
	}
	if n < a.Min || a.Max != 0 && n > a.Max {
		return "", fmt.Errorf("is out of range%s", a.bounds())
	}
	return formatSeconds(n), nil
}

// lastDate is the end of the year 9999: later dates have no ctime form.
const lastDate = 253402300799

// ParseDate reads a date as commands take it and returns Unix seconds: a
// number is that already, forever, +<time> and -<time> count from now, and
// Oct 31 00:00:00 2001 (with or without a weekday before it) is in now's zone.
func ParseDate(text string, now time.Time) (int64, error) {
	text = strings.TrimSpace(text)
	var at int64
	switch {
	case strings.EqualFold(text, "forever"):
		return Forever, nil
	case text == "":
		return 0, errDate
	case text[0] == '+' || text[0] == '-':
		// The guides write -num unit; a blank between the two does no harm.
		n, err := parseSeconds(strings.ReplaceAll(text[1:], " ", ""))
		if err != nil {
			return 0, err
		}
		if text[0] == '-' {
			n = -n
		}
		at = now.Unix() + n
	case text[0] >= '0' && text[0] <= '9':
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, errDate
		}
		at = n
	default:
		t, err := parseCalendar(text, now.Location())
		if err != nil {
			return 0, err
		}
		at = t.Unix()
	}
	if at < 0 || at > lastDate {
		return 0, fmt.Errorf("is a date before 1970 or after 9999")
	}
	return at, nil
}

var errDate = fmt.Errorf("must be a date: forever, +3d, -3d, Oct 31 00:00:00 2001, or seconds since 1970")

// ParsePast reads a date as ParseDate does, for what must not lie ahead: what it
// says is wrong suggests no date that does.
func ParsePast(text string, now time.Time) (int64, error) {
	at, err := ParseDate(text, now)
	if errors.Is(err, errDate) {
		return 0, errPast
	}
	return at, err
}

var errPast = errors.New("must be a date in the past: -3h, Oct 31 00:00:00 2001, or seconds since 1970")

var months = [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

// parseCalendar reads [weekday] month day hh:mm[:ss] year.
func parseCalendar(text string, zone *time.Location) (time.Time, error) {
	f := strings.Fields(strings.ToLower(text))
	if len(f) == 5 && isWeekday(f[0]) {
		f = f[1:]
	}
	if len(f) != 4 {
		return time.Time{}, errDate
	}
	month := 0
	for i, m := range months {
		if f[0] == m || f[0] == m[:3] {
			month = i + 1
		}
	}
	if month == 0 {
		return time.Time{}, fmt.Errorf("must be a date: %q is no month", f[0])
	}
	day, err := strconv.Atoi(f[1])
	if err != nil {
		return time.Time{}, errDate
	}
	clock, err := time.Parse("15:04:05", f[2])
	if err != nil {
		if clock, err = time.Parse("15:04", f[2]); err != nil {
			return time.Time{}, fmt.Errorf("must be a date: %q is no 24-hour time", f[2])
		}
	}
	year, err := strconv.Atoi(f[3])
	if err != nil || len(f[3]) != 2 && len(f[3]) != 4 {
		return time.Time{}, fmt.Errorf("must be a date: %q is no year of two or four digits", f[3])
	}
	if len(f[3]) == 2 {
		// As C libraries read two digits: 69 to 99 is the last century.
		if year += 1900; year < 1969 {
			year += 100
		}
	}
	t := time.Date(year, time.Month(month), day, clock.Hour(), clock.Minute(), clock.Second(), 0, zone)
	if t.Day() != day {
		return time.Time{}, fmt.Errorf("must be a date: %s has no day %d", f[0], day)
	}
	return t, nil
}

func isWeekday(word string) bool {
	for d := time.Sunday; d <= time.Saturday; d++ {
		full := strings.ToLower(d.String())
		if word == full || word == full[:3] {
			return true
		}
	}
	return false
}

func parseDate(text string, now time.Time) (string, error) {
	at, err := ParseDate(text, now)
	if err != nil {
		return "", err
	}
	if at == Forever {
		return "forever", nil
	}
	return strconv.FormatInt(at, 10), nil
}

// showDate prints a date as C's ctime does, in the local zone.
func showDate(canonical string) string {
	at := asDate(canonical)
	if at == 0 || at == Forever {
		return canonical
	}
	return time.Unix(at, 0).Format(time.ANSIC)
}
