package option

import (
	"net/netip"
	"strconv"
	"strings"
)

// searchList parses a comma list of domain names into names without
// compression (RFC 3397). Names are shown without the dot at their end.
func (p parser) searchList(text string) (string, []byte, *fault) {
	items, f := splitList(text)
	if f != nil {
		return "", nil, f
	}
	if len(items) == 0 {
		return "", nil, faultf("takes domain names separated by commas, or bytes")
	}
	texts, wire := make([]string, len(items)), []byte{}
	for i, it := range items {
		b, ok := parseName(it, false)
		if !ok || it == "." {
			return "", nil, faultf("takes domain names separated by commas, or bytes, not %s", quote(it))
		}
		texts[i], wire = strings.TrimSuffix(it, "."), append(wire, b...)
	}
	return formatSearchList(texts), wire, nil
}

// nameLike tells a domain name from bytes: "ab" could be both.
func nameLike(text string) bool { return !strings.ContainsAny(text, ":xX") }

// formatSearchList joins names. A name that could be bytes keeps its dot.
func formatSearchList(names []string) string {
	text := strings.Join(names, ",")
	if _, ok := parseBytes(text); ok && !nameLike(text) {
		text += "."
	}
	return text
}

func showSearchList(wire []byte) (string, bool) {
	var texts []string
	for len(wire) > 0 {
		n := nameLen(wire)
		if n < 2 || n > len(wire) {
			return "", false
		}
		name, ok := formatName(wire[:n])
		if !ok {
			return "", false
		}
		texts, wire = append(texts, strings.TrimSuffix(name, ".")), wire[n:]
	}
	return formatSearchList(texts), len(texts) > 0
}

// routes parses net/bits router pairs, separated by blanks and commas, into
// mask length, the octets of the net that count, router (RFC 3442).
func (p parser) routes(text string) (string, []byte, *fault) {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' })
	if len(words) == 0 || len(words)%2 != 0 {
		return "", nil, faultf("takes pairs of net/bits and router such as 10.0.0.0/8 10.1.0.1, or bytes, not %s", quote(text))
	}
	var texts []string
	var wire []byte
	for i := 0; i < len(words); i += 2 {
		net, err := netip.ParsePrefix(words[i])
		if err != nil || !net.Addr().Is4() {
			return "", nil, faultf("takes net/bits such as 10.0.0.0/8 before each router, not %s", quote(words[i]))
		}
		if net != net.Masked() {
			return "", nil, faultf("takes a net without host bits, %s and not %s", net.Masked(), words[i])
		}
		router, err := netip.ParseAddr(words[i+1])
		if err != nil || !router.Is4() {
			return "", nil, faultf("takes the address of a router behind each net, not %s", quote(words[i+1]))
		}
		octets := net.Addr().As4()
		wire = append(append(wire, byte(net.Bits())), octets[:(net.Bits()+7)/8]...)
		wire = append(wire, router.AsSlice()...)
		texts = append(texts, net.String()+" "+router.String())
	}
	return strings.Join(texts, ","), wire, nil
}

func showRoutes(wire []byte) (string, bool) {
	var texts []string
	for len(wire) > 0 {
		bits := int(wire[0])
		n := (bits + 7) / 8
		if bits > 32 || len(wire) < 1+n+4 {
			return "", false
		}
		var octets [4]byte
		copy(octets[:], wire[1:1+n])
		router, _ := netip.AddrFromSlice(wire[1+n : 5+n])
		texts = append(texts, netip.AddrFrom4(octets).String()+"/"+strconv.Itoa(bits)+" "+router.String())
		wire = wire[5+n:]
	}
	return strings.Join(texts, ","), len(texts) > 0
}

// counted parses a comma list into length and value, repeated. The two
// children are the types of length and value; without them a length is a byte
// and a value is bytes.
func (p parser) counted(d *Def, text string) (string, []byte, *fault) {
	items, f := splitList(text)
	if f != nil {
		return "", nil, f
	}
	if len(items) == 0 {
		return "", nil, faultf("takes at least one value")
	}
	size, child := d.countedParts()
	texts, wire := make([]string, len(items)), []byte{}
	for i, it := range items {
		shown, b, f := p.item(child, it, true)
		if f != nil {
			return "", nil, f
		}
		if size < 4 && len(b) >= 1<<(8*size) {
			return "", nil, faultf("takes values of at most %d bytes, not %d", 1<<(8*size)-1, len(b))
		}
		for shift := 8 * (size - 1); shift >= 0; shift -= 8 {
			wire = append(wire, byte(len(b)>>shift))
		}
		texts[i], wire = shown, append(wire, b...)
	}
	return strings.Join(texts, ","), wire, nil
}

// countedParts returns the number of length bytes and the type of the values.
func (d *Def) countedParts() (size int, value *Def) {
	size, value = 1, undefined(1)
	if len(d.Children) > 0 {
		size = max(1, d.Children[0].Type.row().size)
	}
	if len(d.Children) > 1 {
		value = d.Children[1]
	}
	return size, value
}

func showCounted(d *Def, wire []byte) (string, bool) {
	size, child := d.countedParts()
	var texts []string
	for len(wire) > 0 {
		part, rest, ok := cutCounted(wire, size)
		if !ok {
			return "", false
		}
		shown, ok := showItem(child, part, true)
		if !ok {
			return "", false
		}
		texts, wire = append(texts, shown), rest
	}
	return strings.Join(texts, ","), len(texts) > 0
}

// cutCounted takes the first value off, which stands behind size bytes of
// length.
func cutCounted(wire []byte, size int) (part, rest []byte, ok bool) {
	if len(wire) < size {
		return nil, nil, false
	}
	n := 0
	for _, c := range wire[:size] {
		n = n<<8 | int(c)
	}
	if wire = wire[size:]; n > len(wire) {
		return nil, nil, false
	}
	return wire[:n], wire[n:], true
}
