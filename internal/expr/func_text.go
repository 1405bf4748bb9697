package expr

import (
	"net/netip"
	"strconv"
	"strings"

	"leasehold/pkg/objects"
)

const tooLong cause = "value longer than 16384 bytes"

// concatOf joins. Null is skipped; all blobs make a blob, anything else a
// string.
func concatOf(_ *run, a []Value) (Value, cause) {
	kind, size := Null, 0
	for _, v := range a {
		switch {
		case v.Kind == Null:
			continue
		case v.Kind > Uint:
			return Value{}, cannot(v, String)
		case v.Kind != Blob:
			kind = String
		case kind == Null:
			kind = Blob
		}
		if size += 3*len(v.Text) + 12; size > 4*maxValue {
			return Value{}, tooLong
		}
	}
	var room [256]byte
	joined := room[:0]
	for _, v := range a {
		switch {
		case v.isInt():
			joined = strconv.AppendInt(joined, v.Num, 10)
		case v.Kind == Blob && kind == String:
			joined = objects.AppendBlob(joined, v.Text)
		default:
			joined = append(joined, v.Text...)
		}
	}
	if kind == Null {
		return Value{}, ""
	}
	return Value{Kind: kind, Text: string(joined)}, ""
}

// textual returns the value as a string or blob: integers as they are written.
func textual(v Value) (Value, cause) {
	if v.Kind == String || v.Kind == Blob {
		return v, ""
	}
	s, c := v.str()
	return Str(s), c
}

func substringOf(_ *run, a []Value) (Value, cause) {
	v, c := textual(a[0])
	if c != "" {
		return Value{}, c
	}
	offset, c := a[1].signed()
	if c != "" {
		return Value{}, c
	}
	n := int64(len(v.Text))
	if len(a) == 3 {
		if n, c = a[2].signed(); c != "" {
			return Value{}, c
		}
	}
	if offset < 0 || n < 0 {
		return Value{}, "offset and length cannot be negative"
	}
	if offset > int64(len(v.Text)) {
		return Value{}, ""
	}
	v.Text = v.Text[offset:min(offset+n, int64(len(v.Text)))]
	return v, ""
}

func lengthOf(_ *run, a []Value) (Value, cause) {
	if a[0].isInt() {
		return Unsigned(4), ""
	}
	return Unsigned(uint32(len(a[0].Text))), ""
}

// mapped applies a function to the string form.
func mapped(v Value, change func(string) string) (Value, cause) {
	s, c := v.str()
	if c != "" {
		return Value{}, c
	}
	return Str(change(s)), ""
}

// asciiCase changes the letters from one case to the other; bytes outside
// ASCII stay.
func asciiCase(s string, from byte) string {
	i := 0
	for i < len(s) && (s[i] < from || s[i] >= from+26) {
		i++
	}
	if i == len(s) {
		return s
	}
	b := []byte(s)
	for ; i < len(b); i++ {
		if b[i] >= from && b[i] < from+26 {
			b[i] ^= 'a' - 'A'
		}
	}
	return string(b)
}

func toLower(_ *run, a []Value) (Value, cause) {
	return mapped(a[0], func(s string) string { return asciiCase(s, 'A') })
}

func toUpper(_ *run, a []Value) (Value, cause) {
	return mapped(a[0], func(s string) string { return asciiCase(s, 'a') })
}

func translateOf(_ *run, a []Value) (Value, cause) {
	from, c := a[1].str()
	if c != "" {
		return Value{}, c
	}
	to := ""
	if len(a) == 3 && a[2].Kind != Null {
		if to, c = a[2].str(); c != "" {
			return Value{}, c
		}
	}
	const stays, goes = -1, -2
	var table [256]int
	for i := range table {
		table[i] = stays
	}
	for i := len(from) - 1; i >= 0; i-- { // of several the first counts
		if table[from[i]] = goes; i < len(to) {
			table[from[i]] = int(to[i])
		}
	}
	return mapped(a[0], func(s string) string {
		b := make([]byte, 0, len(s))
		for i := range len(s) {
			switch n := table[s[i]]; n {
			case stays:
				b = append(b, s[i])
			case goes:
			default:
				b = append(b, byte(n))
			}
		}
		return string(b)
	})
}

func stripOf(_ *run, a []Value) (Value, cause) {
	chars := " \t\r\n"
	if len(a) == 2 && a[1].Kind != Null {
		var c cause
		if chars, c = a[1].str(); c != "" {
			return Value{}, c
		}
	}
	var drop [256]bool
	for i := range len(chars) {
		drop[chars[i]] = true
	}
	return mapped(a[0], func(s string) string {
		for s != "" && drop[s[0]] {
			s = s[1:]
		}
		for s != "" && drop[s[len(s)-1]] {
			s = s[:len(s)-1]
		}
		return s
	})
}

// The as- functions take the bytes as they are, the to- functions write and
// read them; to- functions pass null on.

func asString(_ *run, a []Value) (Value, cause) {
	v := a[0]
	switch {
	case v.Kind == String || v.Kind == Blob:
		return Str(v.Text), ""
	case v.isInt() && v.Num >= 0 && v.Num <= 255:
		return Str(string([]byte{byte(v.Num)})), ""
	case v.isInt():
		return Value{}, "a character has a number from 0 to 255"
	}
	return Value{}, cannot(v, String)
}

func asBlob(_ *run, a []Value) (Value, cause) {
	if a[0].Kind == Null || a[0].Kind > Uint {
		return Value{}, cannot(a[0], Blob)
	}
	return blob(a[0].Octets()), ""
}

func asSint(_ *run, a []Value) (Value, cause) {
	if a[0].isInt() {
		return Signed(int32(uint32(a[0].Num))), ""
	}
	n, ok := blob(a[0].Text).number()
	if !ok || a[0].Kind > Uint {
		return Value{}, cannot(a[0], Int)
	}
	return Signed(int32(uint32(n))), ""
}

func toString(_ *run, a []Value) (Value, cause) {
	if a[0].Kind == Null {
		return Value{}, ""
	}
	s, c := a[0].str()
	return Str(s), c
}

func toBlob(_ *run, a []Value) (Value, cause) {
	if a[0].Kind == Null {
		return Value{}, ""
	}
	s, c := a[0].blob()
	return blob(s), c
}

func toInt(_ *run, a []Value) (Value, cause) {
	if a[0].Kind == Null {
		return Value{}, ""
	}
	n, c := a[0].unsigned()
	return Value{Kind: Uint, Num: n}, c
}

func toSint(_ *run, a []Value) (Value, cause) {
	if a[0].Kind == Null {
		return Value{}, ""
	}
	n, c := a[0].signed()
	return Value{Kind: Int, Num: n}, c
}

func toIP(_ *run, a []Value) (Value, cause) {
	if a[0].Kind == Null {
		return Value{}, ""
	}
	b, c := a[0].address()
	return blob(b), c
}

func ipString(_ *run, a []Value) (Value, cause) {
	b, c := a[0].blob()
	if c == "" && len(b) != 4 {
		c = "an IPv4 address has 4 bytes"
	}
	return Str(quadText(b)), c
}

func ip6String(_ *run, a []Value) (Value, cause) {
	b, c := a[0].blob()
	addr, ok := netip.AddrFromSlice([]byte(b))
	if c == "" && (!ok || len(b) != 16) {
		c = "an IPv6 address has 16 bytes"
	}
	return Str(addr.String()), c
}

func byteOf(_ *run, a []Value) (Value, cause) {
	n, c := a[0].signed()
	if c == "" && (n < -128 || n > 255) {
		c = "a byte is a number from -128 to 255"
	}
	return blob(string([]byte{byte(n)})), c
}

// validateHostName makes labels of letters, digits and hyphens.
func validateHostName(_ *run, a []Value) (Value, cause) {
	return mapped(a[0], func(s string) string {
		b := make([]byte, 0, len(s))
		for i := range len(s) {
			switch c := s[i]; {
			case c == ' ' || c == '_':
				b = append(b, '-')
			case c == '-' || c == '.' || c >= '0' && c <= '9' || lower(c) >= 'a' && lower(c) <= 'z':
				b = append(b, c)
			}
		}
		labels := strings.Split(string(b), ".")
		kept := labels[:0]
		for _, l := range labels {
			l = strings.Trim(l, "-")
			if len(l) > 63 {
				l = strings.TrimRight(l[:63], "-")
			}
			if l != "" {
				kept = append(kept, l)
			}
		}
		return strings.Join(kept, ".")
	})
}

// synthesize makes <stem>-10-1-0-5 of the address that the client has or gets.
func synthesize(r *run, a []Value) (Value, cause) {
	if len(a) > 0 && a[0].Kind != Null && a[0].Text != "" {
		return Value{}, cause("method '" + short(a[0].Key()) + "' is for DHCPv6 only")
	}
	stem := "dhcp"
	if len(a) > 1 && a[1].Kind != Null {
		var c cause
		if stem, c = a[1].str(); c != "" {
			return Value{}, c
		}
	}
	read := func(p Packet, name string) string {
		v, err := p.Field(name)
		if err != nil || len(v.Text) != 4 || v.Text == "\x00\x00\x00\x00" {
			return ""
		}
		return v.Text
	}
	addr := ""
	if reply := r.env.Response(); reply != nil {
		addr = read(reply, "yiaddr")
	}
	for _, name := range []string{"ciaddr", "yiaddr"} {
		if addr == "" {
			addr = read(r.env, name)
		}
	}
	if addr == "" {
		return Value{}, "the client has no address yet"
	}
	return Str(stem + "-" + strings.ReplaceAll(quadText(addr), ".", "-")), ""
}
