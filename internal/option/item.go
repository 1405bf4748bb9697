package option

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"leasehold/pkg/objects"
)

// item parses one value of a simple type.
func (p parser) item(d *Def, text string, inner bool) (string, []byte, *fault) {
	t := d.Type
	switch t {
	case NString, String:
		return stringItem(d, text, inner)
	case Blob:
		b, ok := parseBytes(unwrap(text))
		if !ok || len(b) == 0 {
			return refuse(t, text)
		}
		return objects.FormatBlob(b), b, nil
	case Bool:
		return boolItem(t, text)
	case DNSName, RDNSName:
		b, ok := parseName(text, t == RDNSName)
		if !ok {
			return refuse(t, text)
		}
		canonical, _ := formatName(b)
		return canonical, b, nil
	case IPAddr, IP6Addr:
		a, err := netip.ParseAddr(text)
		if err != nil || a.Is4() != (t == IPAddr) || a.Zone() != "" {
			return refuse(t, text)
		}
		return a.String(), a.AsSlice(), nil
	case MACAddr:
		b, ok := parseMAC(text)
		if !ok {
			return refuse(t, text)
		}
		canonical, _ := formatMAC(b)
		return canonical, b, nil
	case Date:
		n, ok := parseDate(text, p.now)
		if !ok {
			return refuse(t, text)
		}
		return number(d, n, text)
	case Time, STime:
		n, ok := parseDuration(text, t == STime)
		if !ok {
			return refuse(t, text)
		}
		return number(d, n, text)
	}
	n, ok := objects.ParseNumber(text)
	if !ok {
		return "", nil, faultf("takes %s, not %s", d.numberRule(), quote(text))
	}
	return number(d, n, text)
}

func refuse(t Type, text string) (string, []byte, *fault) {
	return "", nil, faultf("takes %s, not %s", t.row().rule, quote(text))
}

// showItem writes one value of a simple type.
func showItem(d *Def, b []byte, inner bool) (string, bool) {
	if size := d.Type.row().size; size > 0 && len(b) != size {
		return "", false
	}
	switch d.Type {
	case NString, String:
		return formatString(string(b), inner), len(b) > 0 && printable(b, d.Type == String)
	case Blob:
		return objects.FormatBlob(b), len(b) > 0
	case Bool:
		return strconv.FormatBool(b[0] == 1), b[0] <= 1
	case DNSName, RDNSName:
		return formatName(b)
	case IPAddr, IP6Addr:
		a, ok := netip.AddrFromSlice(b)
		return a.String(), ok
	case MACAddr:
		return formatMAC(b)
	}
	n := decodeNumber(d.Type, b)
	lo, hi := d.bounds()
	return strconv.FormatInt(n, 10), n >= lo && n <= hi
}

// itemLen returns the length of the first value of bytes that hold several.
func itemLen(t Type, wire []byte) int {
	if size := t.row().size; size > 0 {
		return size
	}
	switch t {
	case DNSName:
		return nameLen(wire)
	case MACAddr:
		if len(wire) >= 2 {
			return 2 + int(wire[1])
		}
	}
	return len(wire)
}

func boolItem(t Type, text string) (string, []byte, *fault) {
	switch strings.ToLower(text) {
	case "true", "on", "enabled", "1":
		return "true", []byte{1}, nil
	case "false", "off", "disabled", "0":
		return "false", []byte{0}, nil
	}
	return refuse(t, text)
}

// typeBounds returns the range of a numeric type.
func typeBounds(t Type) (lo, hi int64) {
	switch t {
	case Message:
		return 1, 18
	case Overload:
		return 1, 3
	}
	row := t.row()
	bits := 8 * row.size
	if row.form == FormSigned {
		return -1 << (bits - 1), 1<<(bits-1) - 1
	}
	return 0, 1<<bits - 1
}

func (d *Def) bounds() (lo, hi int64) {
	if d.Min != 0 || d.Max != 0 {
		return d.Min, d.Max
	}
	return typeBounds(d.Type)
}

func (d *Def) numberRule() string {
	switch d.Type {
	case Time, STime, Date, Message, Overload:
		if d.Min == 0 && d.Max == 0 {
			return d.Type.row().rule
		}
	}
	lo, hi := d.bounds()
	if _, most := typeBounds(Time); d.Type == Time && hi == most {
		return fmt.Sprintf("a time of at least %d s such as 1w2d3h4m5s, or %d for no end", lo, most)
	}
	return fmt.Sprintf("a number from %d to %d", lo, hi)
}

// number checks the range and encodes.
func number(d *Def, n int64, text string) (string, []byte, *fault) {
	if lo, hi := d.bounds(); n < lo || n > hi {
		return "", nil, faultf("takes %s, not %s", d.numberRule(), quote(text))
	}
	return strconv.FormatInt(n, 10), encodeNumber(d.Type, n), nil
}

func encodeNumber(t Type, n int64) []byte {
	row := t.row()
	switch {
	case row.size == 1:
		return []byte{byte(n)}
	case row.size == 2 && t.little():
		return binary.LittleEndian.AppendUint16(nil, uint16(n))
	case row.size == 2:
		return binary.BigEndian.AppendUint16(nil, uint16(n))
	case t.little():
		return binary.LittleEndian.AppendUint32(nil, uint32(n))
	}
	return binary.BigEndian.AppendUint32(nil, uint32(n))
}

// decodeNumber reads a number of exactly the type's size.
func decodeNumber(t Type, b []byte) int64 {
	row := t.row()
	var u uint32
	for i := range b {
		c := b[i]
		if t.little() {
			c = b[len(b)-1-i]
		}
		u = u<<8 | uint32(c)
	}
	if row.form == FormSigned {
		shift := 32 - 8*row.size
		return int64(int32(u<<shift) >> shift)
	}
	return int64(u)
}

// parseBytes reads 01:0a:ff, a single byte, or 0x and an even number of digits.
func parseBytes(text string) ([]byte, bool) {
	if rest, ok := strings.CutPrefix(strings.ToLower(text), "0x"); ok {
		b, err := hex.DecodeString(rest)
		return b, err == nil
	}
	return objects.AppendOctets(nil, text, ':')
}
