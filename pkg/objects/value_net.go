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

// ParseSubnet reads address/bits and drops the host bits.
func ParseSubnet(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4() {
		return netip.Prefix{}, fmt.Errorf("must be a subnet such as 192.168.50.0/24")
	}
	return p.Masked(), nil
}

// ParseMAC reads a hardware address: 010203040506, octets separated by colon,
// hyphen or dot, 0102.0304.0506, or type,length,octets. The canonical form is
// the last, 1,6,01:02:03:04:05:06; type 1 (Ethernet) where none is given.
func ParseMAC(text string) (string, error) {
	wrong := fmt.Errorf("must be a MAC address: 1,6,00:d0:ba:d3:bd:3b, 00:d0:ba:d3:bd:3b or 00d0bad3bd3b")
	kind, octets := 1, text
	length := -1
	if parts := strings.Split(text, ","); len(parts) == 3 {
		var err error
		if kind, err = strconv.Atoi(strings.TrimSpace(parts[0])); err != nil {
			return "", wrong
		}
		if length, err = strconv.Atoi(strings.TrimSpace(parts[1])); err != nil {
			return "", wrong
		}
		octets = strings.TrimSpace(parts[2])
	}
	b, ok := parseOctets(octets)
	if !ok {
		return "", wrong
	}
	switch {
	case kind < 1 || kind > 255:
		return "", fmt.Errorf("has the hardware type %d, it must be 1 to 255", kind)
	case len(b) < 1 || len(b) > 16:
		return "", fmt.Errorf("has %d octets, it must have 1 to 16", len(b))
	case length >= 0 && length != len(b):
		return "", fmt.Errorf("says %d octets but has %d", length, len(b))
	}
	return FormatMAC(kind, b), nil
}

// FormatMAC writes the canonical form of a hardware address.
func FormatMAC(hwType int, octets []byte) string {
	return fmt.Sprintf("%d,%d,%s", hwType, len(octets), FormatBlob(octets))
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
	var digits strings.Builder
	for part := range strings.SplitSeq(text, sep) {
		switch {
		case len(part) == 1:
			digits.WriteByte('0')
		case len(part) == 2, sep == "." && len(part) == 4:
		default:
			return nil, false
		}
		digits.WriteString(part)
	}
	b, err := hex.DecodeString(digits.String())
	return b, err == nil
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
func FormatBlob(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	out := make([]byte, 0, 3*len(b)-1)
	for i, x := range b {
		if i > 0 {
			out = append(out, ':')
		}
		out = hex.AppendEncode(out, []byte{x})
	}
	return string(out)
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
