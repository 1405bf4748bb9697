package objects

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

func (a *Attr) parseNet(text string) (string, error) {
	text = strings.TrimSpace(text)
	switch a.Kind {
	case IPAddr:
		if a.OrZero && text == "0" {
			text = "0.0.0.0"
		}
		ip, err := ParseIPv4(text)
		return show(ip, err)
	case IP6Addr:
		ip, err := netip.ParseAddr(text)
		if err != nil || !ip.Is6() || ip.Is4In6() || ip.Zone() != "" {
			return "", fmt.Errorf("must be an IPv6 address")
		}
		return ip.String(), nil
	case Subnet:
		p, err := ParseSubnet(text)
		return show(p, err)
	case MAC:
		return ParseMAC(text)
	case Blob:
		b, err := ParseBlob(text)
		if err != nil {
			return "", err
		}
		return FormatBlob(b), nil
	case Ranges:
		rs, err := parseRanges(text)
		if err != nil {
			return "", err
		}
		return FormatRanges(rs), nil
	}
	return "", fmt.Errorf("has no type")
}

func show(v fmt.Stringer, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return v.String(), nil
}

// ParseIPv4 reads a dotted quad.
func ParseIPv4(text string) (netip.Addr, error) {
	ip, err := netip.ParseAddr(text)
	if err != nil || !ip.Is4() {
		return netip.Addr{}, fmt.Errorf("must be an IPv4 address such as 192.168.50.1")
	}
	return ip, nil
}

// ParseSubnet reads address/bits. Host bits are refused: who types them means
// an address, or another mask.
func ParseSubnet(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4() {
		return netip.Prefix{}, fmt.Errorf("must be a subnet such as 192.168.50.0/24")
	}
	if m := p.Masked(); m != p {
		return netip.Prefix{}, fmt.Errorf("has host bits: the subnet is %s", m)
	}
	return p, nil
}

// ReadMAC reads a hardware address: 010203040506, octets separated by colon,
// hyphen or dot, 0102.0304.0506, or type,length,octets. The type is 1
// (Ethernet) where none is given.
func ReadMAC(text string) (hwType int, octets []byte, err error) {
	wrong := fmt.Errorf("must be a MAC address: 1,6,00:d0:ba:d3:bd:3b, 00:d0:ba:d3:bd:3b or 00d0bad3bd3b")
	hwType, length := 1, -1
	if parts := strings.Split(text, ","); len(parts) == 3 {
		if hwType, err = strconv.Atoi(strings.TrimSpace(parts[0])); err != nil {
			return 0, nil, wrong
		}
		if length, err = strconv.Atoi(strings.TrimSpace(parts[1])); err != nil {
			return 0, nil, wrong
		}
		text = strings.TrimSpace(parts[2])
	}
	octets, ok := parseOctets(text)
	switch {
	case !ok:
		return 0, nil, wrong
	case hwType < 0 || hwType > 255:
		return 0, nil, fmt.Errorf("has the hardware type %d, it must be 1 to 255", hwType)
	case length >= 0 && length != len(octets):
		return 0, nil, fmt.Errorf("says %d octets but has %d", length, len(octets))
	}
	return hwType, octets, nil
}

// ParseMAC gives the canonical form of a hardware address that a client can
// have: 1,6,01:02:03:04:05:06.
func ParseMAC(text string) (string, error) {
	hwType, octets, err := ReadMAC(text)
	switch {
	case err != nil:
		return "", err
	case hwType == 0:
		return "", fmt.Errorf("has the hardware type 0, it must be 1 to 255")
	case len(octets) < 1 || len(octets) > 16:
		return "", fmt.Errorf("has %d octets, it must have 1 to 16", len(octets))
	}
	return FormatMAC(hwType, octets), nil
}

// FormatMAC writes the canonical form of a hardware address.
func FormatMAC(hwType int, octets []byte) string {
	b := strconv.AppendInt(make([]byte, 0, 8+3*len(octets)), int64(hwType), 10)
	b = strconv.AppendInt(append(b, ','), int64(len(octets)), 10)
	return string(AppendBlob(append(b, ','), octets))
}

// SplitMAC takes a canonical MAC address apart.
func SplitMAC(canonical string) (hwType int, octets []byte) {
	kind, rest, _ := strings.Cut(canonical, ",")
	_, hexes, _ := strings.Cut(rest, ",")
	return asInt(kind), asBytes(hexes)
}

// parseOctets reads hex octets in any of the MAC forms.
func parseOctets(text string) ([]byte, bool) {
	sep := ""
	for _, s := range []string{":", "-", "."} {
		if strings.Contains(text, s) {
			if sep != "" {
				return nil, false
			}
			sep = s
		}
	}
	if sep == "" {
		b, err := hex.DecodeString(text)
		return b, err == nil && len(b) > 0
	}
	if sep == "." {
		parts := strings.Split(text, sep)
		for i, p := range parts {
			if len(p) == 4 { // 0102.0304 is 01.02.03.04
				parts[i] = p[:2] + sep + p[2:]
			}
		}
		text = strings.Join(parts, sep)
	}
	return AppendOctets(nil, text, sep[0])
}

// AppendOctets reads octets of one or two hex digits with sep between them.
func AppendOctets(dst []byte, text string, sep byte) ([]byte, bool) {
	n, digits := byte(0), 0
	for i := 0; i <= len(text); i++ {
		if i == len(text) || text[i] == sep {
			if digits == 0 {
				return nil, false
			}
			dst, n, digits = append(dst, n), 0, 0
			continue
		}
		d, ok := hexDigit(text[i])
		if digits++; !ok || digits > 2 {
			return nil, false
		}
		n = n<<4 | d
	}
	return dst, true
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// ParseBlob reads bytes: 01:0a:ff, or hex digits with or without 0x before
// them.
func ParseBlob(text string) ([]byte, error) {
	wrong := fmt.Errorf("must be bytes such as 01:0a:ff")
	if h, ok := strings.CutPrefix(strings.ToLower(text), "0x"); ok {
		b, err := hex.DecodeString(h)
		if err != nil || len(b) == 0 {
			return nil, wrong
		}
		return b, nil
	}
	if strings.ContainsAny(text, "-.") {
		return nil, wrong
	}
	if len(text) == 1 {
		text = "0" + text
	}
	b, ok := parseOctets(text)
	if !ok {
		return nil, wrong
	}
	return b, nil
}

// FormatBlob writes bytes canonically: lower-case, colons between.
func FormatBlob[T string | []byte](octets T) string {
	return string(AppendBlob(make([]byte, 0, 3*len(octets)), octets))
}

// AppendBlob is FormatBlob behind what is there.
func AppendBlob[T string | []byte](dst []byte, octets T) []byte {
	const digits = "0123456789abcdef"
	for i := range len(octets) {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, digits[octets[i]>>4], digits[octets[i]&15])
	}
	return dst
}

// parseRanges reads first-last,... and sorts them.
func parseRanges(text string) ([]Range, error) {
	if text == "" {
		return nil, nil
	}
	var rs []Range
	for item := range strings.SplitSeq(text, ",") {
		first, last, ok := strings.Cut(item, "-")
		if !ok {
			last = first
		}
		r, err := parseRange(strings.TrimSpace(first), strings.TrimSpace(last))
		if err != nil {
			return nil, err
		}
		if rs, err = AddRange(rs, r); err != nil {
			return nil, err
		}
	}
	return rs, nil
}

func parseRange(first, last string) (Range, error) {
	a, err := ParseIPv4(first)
	if err != nil {
		return Range{}, err
	}
	b, err := ParseIPv4(last)
	if err != nil {
		return Range{}, err
	}
	if b.Less(a) {
		return Range{}, Errorf(InvalidRange, "the range %s-%s ends before it begins", a, b)
	}
	return Range{a, b}, nil
}

// FormatRanges writes ranges canonically.
func FormatRanges(rs []Range) string {
	items := make([]string, len(rs))
	for i, r := range rs {
		items[i] = r.String()
	}
	return strings.Join(items, ",")
}

// AddRange returns the sorted ranges with one more; 336 if it has an address
// in common with one of them. The argument is not changed.
func AddRange(rs []Range, r Range) ([]Range, error) {
	for _, s := range rs {
		if s.Overlaps(r) {
			return nil, Errorf(RangeOverlap, "%s overlaps the range %s", r, s)
		}
	}
	at, _ := slices.BinarySearchFunc(rs, r, func(s, r Range) int { return s.First.Compare(r.First) })
	return slices.Insert(slices.Clone(rs), at, r), nil
}

// RemoveRange returns the ranges without the addresses of r: a range that it
// cuts into keeps what is left. 302 if none of the addresses is there.
func RemoveRange(rs []Range, r Range) ([]Range, error) {
	var left []Range
	found := false
	for _, s := range rs {
		if !s.Overlaps(r) {
			left = append(left, s)
			continue
		}
		found = true
		if s.First.Less(r.First) {
			left = append(left, Range{s.First, r.First.Prev()})
		}
		if r.Last.Less(s.Last) {
			left = append(left, Range{r.Last.Next(), s.Last})
		}
	}
	if !found {
		return nil, Errorf(NotFound, "no range has an address of %s", r)
	}
	return left, nil
}
