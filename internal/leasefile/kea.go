package leasefile

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// keaColumns are those of a memfile of Kea 3.0. Earlier versions have fewer at
// the end, and Kea reads files with more than it knows.
var keaColumns = []string{
	"address", "hwaddr", "client_id", "valid_lifetime", "expire", "subnet_id",
	"fqdn_fwd", "fqdn_rev", "hostname", "state", "user_context", "pool_id",
}

// maxKeaLine bounds a line: the user context has no bound of its own.
const maxKeaLine = 64 << 10

// The states of a lease in Kea.
const (
	keaAssigned  = "0"
	keaDeclined  = "1"
	keaReclaimed = "2" // it ended and the address is free
	keaReleased  = "3"
)

// keaForever is a lifetime without end.
const keaForever = 1<<32 - 1

// keaReader reads the memfile of Kea: CSV with a header, without quotes.
type keaReader struct {
	out    *sink
	line   int
	column map[string]int
	width  int
}

func readKea(r io.Reader, out *sink) error {
	p := &keaReader{out: out}
	in := bufio.NewReaderSize(r, maxKeaLine)
	for {
		p.line++
		row, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			out.refuse(p.line, "longer than %d bytes", maxKeaLine)
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read line %d: %w", p.line, err)
		}
		last := err != nil
		if p.line == 1 {
			row = bytes.TrimPrefix(row, []byte(byteOrderMark))
		}
		row = bytes.TrimRight(row, "\r\n")
		if bytes.IndexByte(row, 0) >= 0 {
			out.refuse(p.line, "a nul byte: the file is damaged, as after a power failure, or is no lease file of Kea")
			return nil
		}
		switch {
		case p.column == nil:
			if msg := p.header(string(row)); msg != "" {
				out.refuse(p.line, "%s", msg)
				return nil
			}
		case len(row) == 0:
		case last:
			// Kea ends each row, so this one is not whole.
			out.note(p.line, "the last row is cut off, as when Kea was killed: left out")
		default:
			if err := p.row(string(row)); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
}

// header learns where the columns are.
func (p *keaReader) header(row string) string {
	names := strings.Split(row, ",")
	p.column, p.width = map[string]int{}, len(names)
	for i, n := range names {
		p.column[strings.TrimSpace(n)] = i
	}
	if _, v6 := p.column["duid"]; v6 {
		return "these are leases of DHCPv6"
	}
	for _, n := range keaColumns[:6] {
		if _, ok := p.column[n]; !ok {
			return fmt.Sprintf("the first line is no header of a Kea lease file: it has no column %q", n)
		}
	}
	return ""
}

// row takes one entry.
func (p *keaReader) row(row string) error {
	f := strings.Split(row, ",")
	r := Record{File: p.out.file, Line: p.line, HType: 1}
	gone := false
	msg := fmt.Sprintf("%d columns, the header has %d", len(f), p.width)
	if len(f) == p.width {
		gone, msg = p.fields(&r, func(name string) string {
			if i, ok := p.column[name]; ok {
				return strings.TrimSpace(f[i])
			}
			return ""
		})
	}
	if msg == "" {
		return p.out.lease(r, gone)
	}
	if !p.out.refuse(p.line, "%s", msg) {
		return errTooMany
	}
	return nil
}

// fields reads the columns of a row; gone is an entry that says that the lease
// was deleted.
func (p *keaReader) fields(r *Record, col func(string) string) (gone bool, msg string) {
	var err error
	if r.Address, err = netip.ParseAddr(col("address")); err != nil || !r.Address.Is4() {
		return false, fmt.Sprintf("address %s is not an IPv4 address", quote(col("address")))
	}
	for _, o := range [...]struct {
		name string
		to   *[]byte
		most int
	}{{"hwaddr", &r.Hardware, maxHardware}, {"client_id", &r.ClientID, maxClientID}} {
		text := col(o.name)
		if text == "" {
			continue
		}
		b, ok := objects.AppendOctets(nil, text, ':')
		if !ok || len(b) > o.most {
			return false, fmt.Sprintf("%s %s is not up to %d octets such as 00:d0:ba:d3:bd:3b", o.name, quote(text), o.most)
		}
		*o.to = b
	}
	lifetime, err := strconv.ParseUint(col("valid_lifetime"), 10, 32)
	if err != nil {
		return false, fmt.Sprintf("valid_lifetime %s is not a number of seconds", quote(col("valid_lifetime")))
	}
	expire, err := strconv.ParseInt(col("expire"), 10, 64)
	if err != nil || expire < 0 || expire > maxSeconds {
		return false, fmt.Sprintf("expire %s is not a time in seconds since 1970", quote(col("expire")))
	}
	r.Expiration, r.LastTransaction = expire, max(0, expire-int64(lifetime))
	if lifetime == keaForever {
		r.Expiration = Forever
	}
	host, ok := keaUnescape(col("hostname"))
	if !ok || len(host) > 255 {
		p.out.note(p.line, "a hostname that is not UTF-8, or longer than 255 octets: left out")
		host = ""
	}
	r.Host, r.Domain, _ = strings.Cut(strings.TrimRight(host, "."), ".")
	if msg := p.state(r, col("state")); msg != "" {
		return false, msg
	}
	if msg := p.context(r, col("user_context")); msg != "" {
		return false, msg
	}
	return lifetime == 0, ""
}

func (p *keaReader) state(r *Record, state string) string {
	switch state {
	case keaAssigned, "":
		r.Status = wire.StatusActive
	case keaDeclined:
		r.Status = wire.StatusAbandoned
		r.StateStart, r.LastTransaction = r.LastTransaction, 0
	case keaReclaimed:
		r.Status = wire.StatusFree
	case keaReleased:
		r.Status = wire.StatusReleased
	default:
		return fmt.Sprintf("there is no state %s of a lease", quote(state))
	}
	return ""
}

// keaContext is what of a user context is known here: the relay's option as
// Kea keeps it (before 2.3.2 as a string), and what a file of ours has beyond
// the columns.
type keaContext struct {
	ISC *struct {
		Relay json.RawMessage `json:"relay-agent-info,omitempty"`
	} `json:"ISC,omitempty"`
	Leasehold *keaExtra `json:"leasehold,omitempty"`
}

type keaRelay struct {
	SubOptions string `json:"sub-options"`
}

// keaExtra is what Kea has no column for.
type keaExtra struct {
	HType       int    `json:"htype,omitempty"`
	VendorClass string `json:"vendor-class,omitempty"`
	Start       int64  `json:"start,omitempty"`
	BOOTP       bool   `json:"bootp,omitempty"`
}

func (p *keaReader) context(r *Record, text string) string {
	if text == "" {
		return ""
	}
	plain, ok := keaUnescape(text)
	var c keaContext
	if !ok || json.Unmarshal([]byte(plain), &c) != nil {
		p.out.note(p.line, "a user_context that is not understood: left out")
		return ""
	}
	if c.ISC != nil && len(c.ISC.Relay) > 0 {
		var relay keaRelay
		if json.Unmarshal(c.ISC.Relay, &relay) != nil && json.Unmarshal(c.ISC.Relay, &relay.SubOptions) != nil {
			return "relay-agent-info of the user_context is not understood"
		}
		if relay.SubOptions != "" {
			b, err := hex.DecodeString(strings.TrimPrefix(relay.SubOptions, "0x"))
			if err != nil || len(b) > 255 {
				return fmt.Sprintf("relay-agent-info %s is not up to 255 octets in hex", quote(relay.SubOptions))
			}
			r.RelayInfo = b
		}
	}
	if x := c.Leasehold; x != nil {
		vendor, err := hex.DecodeString(x.VendorClass)
		if err != nil || len(vendor) > 255 || x.HType < 0 || x.HType > 255 || x.Start < 0 || x.Start > maxSeconds {
			return "what this server wrote into the user_context is damaged"
		}
		r.VendorClass, r.Start, r.BOOTP = vendor, x.Start, x.BOOTP
		if x.HType != 0 {
			r.HType = x.HType
		}
		if len(vendor) == 0 {
			r.VendorClass = nil
		}
	}
	return ""
}

// keaTag begins a character that is written as two hex digits.
const keaTag = "&#x"

func keaUnescape(s string) (string, bool) {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if strings.HasPrefix(s[i:], keaTag) && len(s) >= i+5 {
			if n, err := strconv.ParseUint(s[i+3:i+5], 16, 8); err == nil {
				b = append(b, byte(n))
				i += 4
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b), isText(b)
}

func isText(b []byte) bool {
	return strings.ToValidUTF8(string(b), "") == string(b) && !slices.Contains(b, 0)
}
