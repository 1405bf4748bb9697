package objects

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// Named rules of rows, beyond type and range.

// oneOf limits the items of a list to words.
func oneOf(ws ...string) func(string) error {
	return func(list string) error {
		if list == "" {
			return nil
		}
	items:
		for item := range strings.SplitSeq(list, ",") {
			for _, w := range ws {
				if item == w {
					continue items
				}
			}
			return fmt.Errorf("%q is none of %s", shorten(item), strings.Join(ws, ", "))
		}
		return nil
	}
}

// vpnIdentifier declares an attribute that takes what VPNIdentifier does.
func (c *Class) vpnIdentifier(name, def string, vis int, help string, qs ...qualifier) Handle[[]byte] {
	rule := func(text string) error {
		_, err := VPNIdentifier(text)
		return err
	}
	octets := func(text string) []byte {
		b, _ := VPNIdentifier(text)
		return b
	}
	return Handle[[]byte]{c.text(name, def, vis, help, append(qs, checked(rule))...).Attr, octets}
}

// VPNIdentifier makes the seven octets that stand in packets of a VPN's
// vpn-id: 0a0b0c:01020304, where zeros before the index may be left out, or
// the octets one by one (RFC 2685).
func VPNIdentifier(text string) ([]byte, error) {
	if b, ok := parseOctets(text); ok && len(b) == 7 {
		return b, nil
	}
	org, index, _ := strings.Cut(text, ":")
	o, err1 := strconv.ParseUint(org, 16, 24)
	n, err2 := strconv.ParseUint(index, 16, 32)
	if err1 != nil || err2 != nil || len(org) != 6 || len(index) > 8 {
		return nil, fmt.Errorf("must be an organization of 6 hex digits and an index of up to 8, such as a1b2c3:1, or seven bytes")
	}
	return []byte{byte(o >> 16), byte(o >> 8), byte(o), byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, nil
}

// base64Rule refuses what is no base64.
func base64Rule(text string) error {
	if _, err := base64.StdEncoding.DecodeString(text); err != nil {
		return fmt.Errorf("must be base64")
	}
	return nil
}

// vpnKey keeps names of VPNs free of what parts them from addresses.
func vpnKey(name string) (string, error) {
	if strings.ContainsAny(name, "/ ") {
		return "", fmt.Errorf("the name of a VPN has no blank and no slash")
	}
	return name, nil
}
