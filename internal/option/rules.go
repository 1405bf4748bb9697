package option

import (
	"bytes"
	"fmt"
)

// Rules of single options, beyond type and bounds.

// nodeType knows the four node types of RFC 1001, which are bits but never
// come together.
func nodeType(wire []byte) string {
	if len(wire) == 1 && bytes.IndexByte([]byte{1, 2, 4, 8}, wire[0]) < 0 {
		return "takes 1 (B-node), 2 (P-node), 4 (M-node) or 8 (H-node)"
	}
	return ""
}

// vpnIndex knows the length of a VPN-ID: three bytes of organization and four
// of index (RFC 2685).
func vpnIndex(wire []byte) string {
	if len(wire) != 7 {
		return fmt.Sprintf("takes seven bytes, three of the organization and four of the index, and has %d", len(wire))
	}
	return ""
}

// staticRoutes keeps the default route out (RFC 2132 section 5.8).
func staticRoutes(wire []byte) string {
	for ; len(wire) >= 8; wire = wire[8:] {
		if bytes.Equal(wire[:4], make([]byte, 4)) {
			return "takes no destination 0.0.0.0: the default route is option routers(3), or 0.0.0.0/0 in classless-static-route(121)"
		}
	}
	return ""
}
