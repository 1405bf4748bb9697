package leasefile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// isc reads dhcpd.leases(5).
type isc struct {
	lexer
	out *sink
	st  []token
	// The entry that is being read.
	entry string
	known bool // something of the file is dhcpd's
	rec   Record
	said  bool // it has a binding state
	over  bool // "abandoned" of old files
	bad   bool
}

// skipped are the declarations of a lease file that are no leases; they are
// read over.
var skipped = map[string]string{
	"host":     "a host declaration: configuration, no lease; make it a reservation",
	"group":    "a group declaration: configuration, no lease",
	"class":    "a class declaration: configuration, no lease",
	"subclass": "a subclass declaration: configuration, no lease",
}

// plainWords begin the other entries of a lease file: leases, the state of the
// failover, and what has no braces.
var plainWords = []string{"lease", "failover", "authoring-byte-order", "server-duid", "db-time-format"}

func readISC(in io.Reader, out *sink) error {
	p := &isc{lexer: lexer{in: bufio.NewReaderSize(in, 1<<16), line: 1}, out: out}
	if mark, err := p.in.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
		_, _ = p.in.Discard(len(byteOrderMark))
	}
	for {
		p.entry = ""
		err := p.declaration()
		var wrong *syntaxError
		switch {
		case err == nil:
		case errors.Is(err, io.ErrUnexpectedEOF):
			what := p.entry
			if what == "" {
				what = "statement"
			}
			if p.foreign() {
				return nil
			}
			out.note(p.line, "the last entry ("+what+") is cut off, as when dhcpd was killed: left out")
			return nil
		case errors.Is(err, io.EOF):
			p.foreign()
			return nil
		case errors.As(err, &wrong):
			out.refuse(wrong.line, "%s", wrong.msg)
			return nil
		default:
			return err
		}
	}
}

// declaration reads one entry of the file.
func (p *isc) declaration() error {
	st, end, err := p.statement(p.st)
	p.st = st
	if cutOff := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF); cutOff && len(st) > 0 {
		p.entry = cut(st[0].text)
		if !p.begins(p.entry, len(st) == 1 && p.known) {
			return &syntaxError{p.from, fmt.Sprintf(notDhcpd, p.entry)}
		}
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	if len(st) == 0 {
		if end == ';' {
			return nil
		}
		return p.wrong("a %c where a lease should begin", end)
	}
	word := strings.ToLower(string(st[0].text))
	p.begins(word, false)
	p.entry = word
	if len(st) > 1 {
		p.entry += " " + cut(st[1].text)
	}
	switch {
	case word == "lease" && end == '{' && len(st) == 2:
		return p.lease(st[1].text)
	case word == "failover" && end == '{':
		if len(st) > 2 {
			p.out.note(p.line, fmt.Sprintf("the state of failover peer %q: not carried, this server finds its own", cut(st[2].text)))
		}
		return p.skipBlock()
	case skipped[word] != "":
		p.out.note(p.line, skipped[word])
		if end == '{' {
			return p.skipBlock()
		}
		return nil
	case slices.Contains(plainWords[2:], word) && end == ';':
		return nil
	case strings.HasPrefix(word, "ia-") && end == '{':
		return p.wrong("%q: these are leases of DHCPv6", p.entry)
	}
	return &syntaxError{p.from, fmt.Sprintf(notDhcpd, p.entry)}
}

const notDhcpd = "%q is nothing that dhcpd writes into its lease file"

// begins tells whether dhcpd writes entries that begin with a word, or, where
// the word may be cut off, with one that begins so.
func (p *isc) begins(word string, cutOff bool) bool {
	for _, w := range slices.Concat(plainWords, slices.Collect(maps.Keys(skipped))) {
		if strings.EqualFold(w, word) {
			p.known = true
			return true
		}
		if cutOff && strings.HasPrefix(w, strings.ToLower(word)) {
			return true
		}
	}
	return false
}

// foreign refuses a file in which nothing is dhcpd's. One that is empty is that
// of a dhcpd without leases.
func (p *isc) foreign() bool {
	if p.known || !p.some {
		return false
	}
	p.out.refuse(1, "nothing in the file is a lease or another entry that dhcpd writes: is it a dhcpd.leases?")
	return true
}

// wrongLease notes what is wrong with the entry; it is read on, for what else
// is.
func (p *isc) wrongLease(format string, args ...any) error {
	p.bad = true
	if !p.out.refuse(p.line, p.entry+": "+format, args...) {
		return errTooMany
	}
	return nil
}

func (p *isc) lease(name []byte) error {
	p.rec = Record{File: p.out.file, Line: p.line}
	p.said, p.over, p.bad = false, false, false
	addr, err := netip.ParseAddr(string(name))
	if err != nil || !addr.Is4() {
		if err := p.wrongLease("not an IPv4 address"); err != nil {
			return err
		}
	}
	p.rec.Address = addr
	for {
		st, end, err := p.statement(p.st)
		p.st = st
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		switch {
		case end == '}':
			return p.finish()
		case end == '{':
			if len(st) == 0 || string(st[0].text) != "on" {
				return p.wrong("a { within %s", p.entry)
			}
			if err := p.skipBlock(); err != nil {
				return err
			}
		case len(st) > 0:
			if err := p.says(st); err != nil {
				return err
			}
		}
	}
}

// finish hands out the entry.
func (p *isc) finish() error {
	if p.bad {
		return nil
	}
	r := &p.rec
	if !p.said {
		r.Status = wire.StatusActive
	}
	if p.over {
		r.Status = wire.StatusAbandoned
	}
	if r.Status == wire.StatusAbandoned {
		r.StateStart = r.Start
	}
	return p.out.lease(*r, false)
}

// says takes one statement of a lease.
func (p *isc) says(st []token) error {
	word := string(st[0].text)
	arg := st[1:]
	if parse := iscStatements[word]; parse != nil {
		if msg := parse(p, arg); msg != "" {
			return p.wrongLease("%s", msg)
		}
		return nil
	}
	switch word {
	case "rewind", "next", "unset", "billing", "on", "ddns-text", "ddns-dhcid":
		return nil // nothing that this server could use
	case "reserved":
		p.out.note(p.line, "reserved leases: leased as they are; make reservations for them")
		return nil
	}
	p.out.note(p.line, fmt.Sprintf("the statement %q: not carried", cut(st[0].text)))
	return nil
}

var iscStatements map[string]func(p *isc, arg []token) string

func init() {
	date := func(to func(*Record) *int64) func(*isc, []token) string {
		return func(p *isc, arg []token) string { return iscDate(to(&p.rec), arg) }
	}
	iscStatements = map[string]func(p *isc, arg []token) string{
		"starts":          date(func(r *Record) *int64 { return &r.Start }),
		"ends":            date(func(r *Record) *int64 { return &r.Expiration }),
		"cltt":            date(func(r *Record) *int64 { return &r.LastTransaction }),
		"tstp":            date(func(r *Record) *int64 { return &r.SentPE }),
		"tsfp":            date(func(r *Record) *int64 { return &r.RcvdPE }),
		"atsfp":           date(func(r *Record) *int64 { return &r.AckPE }),
		"binding":         iscBinding,
		"hardware":        iscHardware,
		"uid":             func(p *isc, arg []token) string { return octets(&p.rec.ClientID, "uid", arg) },
		"client-hostname": iscHost,
		"hostname":        iscHost,
		"set":             iscSet,
		"option":          iscOption,
		"bootp":           func(p *isc, _ []token) string { p.rec.BOOTP = true; return "" },
		"dynamic-bootp":   func(p *isc, _ []token) string { p.rec.BOOTP = true; return "" },
		"abandoned":       func(p *isc, _ []token) string { p.over = true; return "" },
	}
}

// iscDate reads "4 2026/01/29 09:00:00" (the first is the day of the week),
// "epoch 1769677200" or "never".
func iscDate(to *int64, arg []token) string {
	switch {
	case len(arg) == 1 && string(arg[0].text) == "never":
		*to = Forever
		return ""
	case len(arg) == 2 && string(arg[0].text) == "epoch":
		n, err := strconv.ParseInt(string(arg[1].text), 10, 64)
		if err == nil && n >= 0 && n <= maxSeconds {
			*to = n
			return ""
		}
	case len(arg) == 3:
		var f [6]int
		if numbers(f[:3], arg[1].text, '/') && numbers(f[3:], arg[2].text, ':') {
			t := time.Date(f[0], time.Month(f[1]), f[2], f[3], f[4], f[5], 0, time.UTC)
			if n := t.Unix(); t.Month() == time.Month(f[1]) && t.Day() == f[2] && t.Hour() == f[3] && t.Minute() == f[4] && n >= 0 && n <= maxSeconds {
				*to = n
				return ""
			}
		}
	}
	return fmt.Sprintf("%q is no date such as 4 2026/01/29 09:00:00, epoch 1769677200 or never", words(arg))
}

// numbers reads numbers with a mark between them.
func numbers(to []int, text []byte, mark byte) bool {
	at := 0
	for i := range to {
		from := at
		for at < len(text) && text[at] >= '0' && text[at] <= '9' && at-from < 4 {
			to[i] = to[i]*10 + int(text[at]-'0')
			at++
		}
		if at == from || i < len(to)-1 && (at >= len(text) || text[at] != mark) {
			return false
		}
		if i < len(to)-1 {
			at++
		}
	}
	return at == len(text)
}

func words(arg []token) string {
	var b strings.Builder
	for i, t := range arg {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.Write(t.text)
		if b.Len() > 60 {
			break
		}
	}
	return cut([]byte(b.String()))
}

func iscBinding(p *isc, arg []token) string {
	if len(arg) != 2 || string(arg[0].text) != "state" {
		return fmt.Sprintf("binding %q is not \"state\" and a state", words(arg))
	}
	status, ok := statusWords[string(arg[1].text)]
	if !ok {
		return fmt.Sprintf("there is no binding state %q", cut(arg[1].text))
	}
	p.rec.Status, p.said = status, true
	return ""
}

// hardwareTypes are the numbers of dhcpd's names (RFC 1700).
var hardwareTypes = map[string]int{"ethernet": 1, "token-ring": 6, "fddi": 8, "infiniband": 32}

func iscHardware(p *isc, arg []token) string {
	if len(arg) == 0 {
		return "hardware without a type"
	}
	name := string(arg[0].text)
	htype, ok := hardwareTypes[name]
	if !ok {
		n, err := strconv.ParseUint(strings.TrimPrefix(name, "unknown-"), 10, 8)
		if err != nil {
			return fmt.Sprintf("there is no hardware type %q", cut(arg[0].text))
		}
		htype = int(n)
	}
	p.rec.HType, p.rec.Hardware = htype, nil
	if len(arg) == 1 {
		return ""
	}
	hw, ok := objects.AppendOctets(nil, string(arg[1].text), ':')
	if !ok || len(arg) != 2 || len(hw) > maxHardware {
		return fmt.Sprintf("hardware %q is not up to %d octets such as 00:d0:ba:d3:bd:3b", words(arg[1:]), maxHardware)
	}
	p.rec.Hardware = hw
	return ""
}

// octets reads a value that is a string or octets in hex.
func octets(to *[]byte, what string, arg []token) string {
	if len(arg) != 1 {
		return fmt.Sprintf("%s %q is not one value", what, words(arg))
	}
	b := append([]byte(nil), arg[0].text...)
	if arg[0].kind == 'w' {
		var ok bool
		if b, ok = objects.AppendOctets(nil, string(arg[0].text), ':'); !ok {
			return fmt.Sprintf("%s %q is neither a string nor octets", what, words(arg))
		}
	}
	if len(b) > maxClientID {
		return fmt.Sprintf("%s has %d octets, at most %d are allowed", what, len(b), maxClientID)
	}
	*to = b
	return ""
}

func iscHost(p *isc, arg []token) string {
	if len(arg) != 1 {
		return fmt.Sprintf("client-hostname %q is not one name", words(arg))
	}
	p.rec.Host = p.name(arg[0].text, "client-hostname")
	return ""
}

// name takes a name as far as it is one.
func (p *isc) name(text []byte, what string) string {
	if len(text) > 255 || !utf8.Valid(text) {
		p.out.note(p.line, "a "+what+" that is not UTF-8, or longer than 255 octets: left out")
		return ""
	}
	return string(text)
}

// The variables of a lease that are known here. dhcpd sets the first where
// dhcpd.conf says so, and ddns-fwd-name when it has updated the DNS. The domain is
// under a name of our own: domain-name is a keyword, which is no variable to dhcpd.
const (
	varVendorClass = "vendor-class-identifier"
	varDomain      = "client-domain-name"
	varForwardName = "ddns-fwd-name"
)

// iscSet reads name = value.
func iscSet(p *isc, arg []token) string {
	if len(arg) < 3 || arg[1].kind != '=' {
		return fmt.Sprintf("set %q is not a name, = and a value", words(arg))
	}
	value := arg[2:]
	switch string(arg[0].text) {
	case varVendorClass:
		return octets(&p.rec.VendorClass, varVendorClass, value)
	case varDomain:
		p.rec.Domain = p.name(value[0].text, varDomain)
	case varForwardName:
		name := p.name(value[0].text, varForwardName)
		if _, domain, ok := strings.Cut(name, "."); ok && p.rec.Domain == "" {
			p.rec.Domain = domain
		}
	}
	return ""
}

// agentOptions are the sub-options of option 82 that dhcpd knows by name.
var agentOptions = map[string]uint8{
	"circuit-id": 1, "remote-id": 2, "agent-id": 3, "DOCSIS-device-class": 4, "link-selection": 5, "relay-port": 19,
}

// iscOption reads what the relay said; other options of a lease are not used.
func iscOption(p *isc, arg []token) string {
	if len(arg) == 0 {
		return "option without a name"
	}
	name, ok := strings.CutPrefix(string(arg[0].text), "agent.")
	if !ok {
		return ""
	}
	code, ok := agentOptions[name]
	if !ok {
		n, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimPrefix(name, "unknown-"), "option-"), 10, 8)
		if err != nil {
			p.out.note(p.line, "the option agent."+cut([]byte(name))+": not carried")
			return ""
		}
		code = uint8(n)
	}
	value, msg := agentValue(name, arg[1:])
	if msg != "" {
		return msg
	}
	if len(p.rec.RelayInfo)+2+len(value) > 255 {
		return "the relay's option has more than 255 octets"
	}
	p.rec.RelayInfo = append(append(p.rec.RelayInfo, code, uint8(len(value))), value...)
	return ""
}

func agentValue(name string, arg []token) (value []byte, msg string) {
	if len(arg) == 0 && name == "relay-port" {
		return nil, ""
	}
	if len(arg) == 1 && arg[0].kind == 'w' {
		text := string(arg[0].text)
		switch name {
		case "agent-id", "link-selection":
			if a, err := netip.ParseAddr(text); err == nil && a.Is4() {
				return a.AsSlice(), ""
			}
		case "DOCSIS-device-class":
			if n, err := strconv.ParseUint(text, 10, 32); err == nil {
				return binary.BigEndian.AppendUint32(nil, uint32(n)), ""
			}
		}
	}
	msg = octets(&value, "agent."+name, arg)
	return value, msg
}
