package packet

import "strings"

// The flags of option 81 (RFC 4702 section 2.1).
const (
	FQDNServerUpdates = uint8(0x01) // S
	FQDNOverride      = uint8(0x02) // O
	FQDNCanonical     = uint8(0x04) // E: the name is in DNS wire form
	FQDNNoUpdate      = uint8(0x08) // N
)

// FQDN is option 81. Name is dotted, with no dot at its end; Full says that it
// is a whole name and not just a host's.
type FQDN struct {
	Flags uint8
	Name  string
	Full  bool
}

// FQDN reads option 81; false if there is none or it is damaged. A name with
// octets that no printable name has counts as damaged.
func (m *Message) FQDN() (FQDN, bool) {
	v := m.Get(ClientFQDN)
	if len(v) < 3 {
		return FQDN{}, false
	}
	f := FQDN{Flags: v[0]}
	ok := true
	if f.Flags&FQDNCanonical != 0 {
		f.Name, f.Full, ok = wireName(v[3:])
	} else {
		f.Name = strings.TrimRight(string(v[3:]), "\x00")
		f.Full = strings.HasSuffix(f.Name, ".")
		f.Name = strings.TrimSuffix(f.Name, ".")
	}
	for i := range len(f.Name) {
		if f.Name[i] <= ' ' || f.Name[i] > '~' {
			ok = false
		}
	}
	if !ok {
		return FQDN{}, false
	}
	f.Full = f.Full || strings.Contains(f.Name, ".")
	return f, true
}

// wireName reads labels up to the root or the end of b.
func wireName(b []byte) (name string, full, ok bool) {
	var sb strings.Builder
	for len(b) > 0 {
		n := int(b[0])
		if n == 0 {
			return sb.String(), true, len(b) == 1 && sb.Len() > 0
		}
		if n > 63 || len(b) < 1+n || sb.Len()+1+n > 255 {
			return "", false, false
		}
		if sb.Len() > 0 {
			sb.WriteByte('.')
		}
		sb.Write(b[1 : 1+n])
		b = b[1+n:]
	}
	return sb.String(), false, true
}

// AppendFQDN encodes option 81's value as a server returns it, in the form that
// f's flags name and with the given code in both reply code octets.
func AppendFQDN(buf []byte, f FQDN, rcode uint8) []byte {
	buf = append(buf, f.Flags, rcode, rcode)
	if f.Flags&FQDNCanonical == 0 {
		return append(buf, f.Name...)
	}
	for label := range strings.SplitSeq(f.Name, ".") {
		if n := min(len(label), 63); n > 0 {
			buf = append(append(buf, byte(n)), label[:n]...)
		}
	}
	if f.Full {
		buf = append(buf, 0)
	}
	return buf
}
