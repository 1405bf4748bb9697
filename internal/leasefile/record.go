package leasefile

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// Forever as Expiration is a lease without end.
const Forever int64 = -1

// maxHardware is the size of chaddr; maxClientID what one option holds.
const (
	maxHardware = 16
	maxClientID = 255
)

// Record is one lease. Times are Unix seconds; 0 is unknown.
type Record struct {
	File            string // where it was read
	Line            int
	HType           int
	Hardware        []byte
	Address         netip.Addr
	Start           int64
	Expiration      int64
	Extension       int64
	LastTransaction int64
	Server          netip.Addr // zero if unknown
	Host            string
	Domain          string
	VPN             string
	ClientID        []byte

	// What the nrcmd form does not have. Status 0 is leased until Expiration;
	// of any other but StatusActive and StatusAbandoned, Expiration is since
	// when it is that.
	Status      wire.BindingStatus
	StateStart  int64  // of StatusAbandoned
	RelayInfo   []byte // option 82, the whole value
	VendorClass []byte // option 60
	BOOTP       bool
	// Potential expiration times: sent to the failover partner, acknowledged
	// by it, received from it. May be Forever.
	SentPE, AckPE, RcvdPE int64
}

// fieldNames are the twelve fields as messages call them.
var fieldNames = [...]string{
	"hardware address", "hardware type", "hardware length", "IP address",
	"start of lease", "expiration", "allowable extension", "last transaction",
	"DHCP server", "host name", "domain name", "VPN or client id",
}

// FieldError says where a file is wrong: line and, in the nrcmd form, field (1
// to 12; 0 is the whole line).
type FieldError struct {
	File  string
	Line  int
	Field int
	Msg   string
}

func (e *FieldError) Error() string {
	if e.Field == 0 {
		return fmt.Sprintf("line %d: %s", e.Line, e.Msg)
	}
	return fmt.Sprintf("line %d, field %d (%s): %s", e.Line, e.Field, fieldNames[e.Field-1], e.Msg)
}

// String returns the record as a line of the nrcmd form, without its end of
// line.
func (r *Record) String() string { return r.text(timeText) }

// Numeric is String with times as seconds since 1970.
func (r *Record) Numeric() string {
	return r.text(func(t int64) string {
		if t == 0 || t == Forever {
			return timeText(t)
		}
		return strconv.FormatInt(t, 10)
	})
}

func (r *Record) text(when func(int64) string) string {
	f := [12]string{
		objects.FormatBlob(r.Hardware),
		strconv.Itoa(r.HType),
		strconv.Itoa(len(r.Hardware)),
		r.Address.String(),
		when(r.Start),
		when(r.Expiration),
		when(r.Extension),
		when(r.LastTransaction),
		"",
		escape(r.Host),
		escape(r.Domain),
		r.lastField(),
	}
	if r.Server.IsValid() {
		f[8] = r.Server.String()
	}
	return strings.Join(f[:], "|") + "|"
}

// lastField is the VPN, the client id, or both with a slash between; the slash
// also marks a VPN whose name looks like a client id.
func (r *Record) lastField() string {
	vpn, key := escape(r.VPN), formatClientID(r.ClientID)
	if vpn == "" {
		return key
	}
	if _, looksLikeKey := parseClientID(vpn); key != "" || looksLikeKey {
		return vpn + "/" + key
	}
	return vpn
}

// ParseLine reads one line of the file. Its errors name the field; the caller
// knows the line.
func ParseLine(line string) (Record, *FieldError) {
	f := strings.Split(line, "|")
	if len(f) == 13 && strings.TrimSpace(f[12]) == "" {
		f = f[:12]
	}
	if len(f) != 12 {
		return Record{}, &FieldError{Msg: fmt.Sprintf("%d fields, a lease has 12; empty fields keep their bar", len(f))}
	}
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	r := Record{}
	for i, parse := range fieldParsers {
		if msg := parse(&r, f[i]); msg != "" {
			return Record{}, &FieldError{Field: i + 1, Msg: msg}
		}
	}
	return r, nil
}

// fieldParsers has one function a field, in order; each returns what is wrong
// or "".
var fieldParsers = [12]func(*Record, string) string{
	parseHardware, parseHType, parseHLen, parseAddress,
	func(r *Record, s string) string { return parseTime(&r.Start, s) },
	func(r *Record, s string) string {
		if strings.EqualFold(s, "forever") {
			r.Expiration = Forever
			return ""
		}
		return parseTime(&r.Expiration, s)
	},
	func(r *Record, s string) string { return parseTime(&r.Extension, s) },
	func(r *Record, s string) string { return parseTime(&r.LastTransaction, s) },
	parseServer,
	func(r *Record, s string) string { return unescape(&r.Host, s) },
	func(r *Record, s string) string { return unescape(&r.Domain, s) },
	parseLast,
}

func parseHardware(r *Record, s string) string {
	if id, ok := parseClientID(s); ok {
		r.ClientID = id
		r.Hardware = id[1:]
		if len(r.Hardware) > maxHardware {
			return fmt.Sprintf("%d octets, a hardware address has at most %d", len(r.Hardware), maxHardware)
		}
		return ""
	}
	if s == "" {
		return "" // parseHLen insists on a length of 0 then
	}
	b, ok := objects.AppendOctets(nil, s, ':')
	if !ok {
		return quote(s) + " is not octets such as 00:d0:ba:d3:bd:3b"
	}
	if len(b) > maxHardware {
		return fmt.Sprintf("%d octets, a hardware address has at most %d", len(b), maxHardware)
	}
	r.Hardware = b
	return ""
}

func parseHType(r *Record, s string) string {
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil {
		return quote(s) + " is not a number from 0 to 255"
	}
	r.HType = int(n)
	return ""
}

func parseHLen(r *Record, s string) string {
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil {
		return quote(s) + " is not a number from 0 to 16"
	}
	if int(n) != len(r.Hardware) {
		return fmt.Sprintf("it says %d, but the hardware address has %d octets", n, len(r.Hardware))
	}
	return ""
}

func parseAddress(r *Record, s string) string {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return quote(s) + " is not an IPv4 address"
	}
	r.Address = a
	return ""
}

func parseServer(r *Record, s string) string {
	if s == "" {
		return ""
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return quote(s) + " is not an IP address"
	}
	r.Server = a
	return ""
}

func parseLast(r *Record, s string) string {
	vpn, key := s, ""
	if i := strings.LastIndexByte(s, '/'); i >= 0 {
		vpn, key = s[:i], s[i+1:]
	} else if _, ok := parseClientID(s); ok {
		vpn, key = "", s
	}
	if key != "" {
		id, ok := parseClientID(key)
		if !ok {
			return quote(key) + " is not a client id such as x1-6-00-a0-24-2e-9c-20"
		}
		r.ClientID = id
	}
	return unescape(&r.VPN, vpn)
}

// maxSeconds is the end of year 9999, the last that the text form can hold.
const maxSeconds = 253402300799

func parseTime(to *int64, s string) string {
	if s == "" {
		return ""
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t, err := time.ParseInLocation("Mon Jan _2 15:04:05 2006", s, time.UTC)
		if err != nil {
			return quote(s) + " is not a date such as Mon Nov 18 22:11:12 2013 (GMT), nor seconds since 1970"
		}
		n = t.Unix()
	}
	if n < 0 || n > maxSeconds {
		return quote(s) + " is not a time between 1970 and 9999"
	}
	*to = n
	return ""
}

func timeText(t int64) string {
	switch t {
	case 0:
		return ""
	case Forever:
		return "forever"
	}
	return time.Unix(t, 0).UTC().Format("Mon Jan _2 15:04:05 2006")
}

// formatClientID writes a client id as x<type>-<length>-<octets>: its first
// octet, the number of the others, and those.
func formatClientID(id []byte) string {
	if len(id) == 0 {
		return ""
	}
	return fmt.Sprintf("x%d-%d-%s", id[0], len(id)-1, strings.ReplaceAll(objects.FormatBlob(id[1:]), ":", "-"))
}

// parseClientID reads <char><type>-<length>-<octet>-...; the char says how the
// octets are written, and x (hex) is the only one known.
func parseClientID(s string) ([]byte, bool) {
	rest, ok := strings.CutPrefix(s, "x")
	if !ok {
		return nil, false
	}
	typ, rest, ok := strings.Cut(rest, "-")
	t, errT := strconv.ParseUint(typ, 10, 8)
	if !ok || errT != nil {
		return nil, false
	}
	length, rest, ok := strings.Cut(rest, "-")
	n, errN := strconv.ParseUint(length, 10, 8)
	if !ok || errN != nil || n >= maxClientID {
		return nil, false
	}
	id := []byte{byte(t)}
	if rest != "" {
		b, ok := objects.AppendOctets(nil, rest, '-')
		if !ok {
			return nil, false
		}
		id = append(id, b...)
	}
	return id, uint64(len(id)-1) == n
}

// escape writes the bytes that would break the line as \xHH: the bar, the
// backslash, the slash of the last field, blanks at the ends, and everything
// that is not printable ASCII.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		edge := c == ' ' && (i == 0 || i == len(s)-1)
		if c < ' ' || c > '~' || c == '|' || c == '\\' || c == '/' || edge {
			fmt.Fprintf(&b, `\x%02x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func unescape(to *string, s string) string {
	if len(s) > 1024 {
		return fmt.Sprintf("%d characters, at most 1024 are allowed", len(s))
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b = append(b, s[i])
			continue
		}
		if i+3 >= len(s) || s[i+1] != 'x' {
			return quote(s) + ` has a backslash that does not begin \xHH`
		}
		n, err := strconv.ParseUint(s[i+2:i+4], 16, 8)
		if err != nil {
			return quote(s) + ` has a backslash that does not begin \xHH`
		}
		b = append(b, byte(n))
		i += 3
	}
	if !utf8.Valid(b) {
		return quote(s) + " is not valid UTF-8"
	}
	*to = string(b)
	return ""
}

// quote shows a bad value in a message, cut where it is long.
func quote(s string) string {
	if len(s) > 60 {
		s = s[:60] + "..."
	}
	return strconv.Quote(s)
}
