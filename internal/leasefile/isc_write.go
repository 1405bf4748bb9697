package leasefile

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// ISCHeader begins a dhcpd.leases.
const ISCHeader = `# The leases of a Leasehold server, as a lease file of ISC dhcpd 4.4.

authoring-byte-order little-endian;

`

// ISC writes the record as an entry of dhcpd.leases.
func (r *Record) ISC() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "  "+format+";\n", args...) }
	fmt.Fprintf(&b, "lease %s {\n", r.Address)
	starts := r.Start
	if r.Status == wire.StatusAbandoned {
		starts = r.StateStart
	}
	for _, t := range [...]struct {
		name string
		at   int64
	}{{"starts", starts}, {"ends", r.Expiration}, {"tstp", r.SentPE}, {"tsfp", r.RcvdPE}, {"atsfp", r.AckPE}, {"cltt", r.LastTransaction}} {
		if t.at != 0 {
			line("%s %s", t.name, iscTime(t.at))
		}
	}
	state, next := r.iscStates()
	line("binding state %s", state)
	if next != "" {
		line("next binding state %s", next)
	}
	if r.BOOTP {
		line("dynamic-bootp")
	}
	if len(r.Hardware) > 0 {
		line("hardware %s %s", hardwareName(r.HType), objects.FormatBlob(r.Hardware))
	}
	if len(r.ClientID) > 0 {
		line("uid %s", iscString(r.ClientID))
	}
	if len(r.VendorClass) > 0 {
		line("set %s = %s", varVendorClass, iscString(r.VendorClass))
	}
	if r.Domain != "" {
		line("set %s = %s", varDomain, iscString([]byte(r.Domain)))
	}
	for code, value := range subOptions(r.RelayInfo) {
		if text := agentText(code, value); text != "" {
			line("option agent.%s", text)
		}
	}
	if r.Host != "" {
		line("client-hostname %s", iscString([]byte(r.Host)))
	}
	b.WriteString("}\n")
	return b.String()
}

// iscStates are the binding state and what dhcpd makes of it next.
func (r *Record) iscStates() (state, next string) {
	for word, s := range statusWords {
		if s == r.Status {
			state = word
		}
	}
	switch {
	case state == "":
		state = "active"
		fallthrough
	case r.Status == wire.StatusActive:
		if next = "free"; r.SentPE != 0 || r.RcvdPE != 0 {
			next = "expired" // its end is for both servers to see
		}
	case r.Status == wire.StatusAbandoned, r.Status == wire.StatusExpired, r.Status == wire.StatusReleased, r.Status == wire.StatusReset:
		next = "free"
	}
	return state, next
}

func iscTime(t int64) string {
	if t == Forever {
		return "never"
	}
	at := time.Unix(t, 0).UTC()
	return fmt.Sprintf("%d %s", at.Weekday(), at.Format("2006/01/02 15:04:05"))
}

func hardwareName(htype int) string {
	for name, n := range hardwareTypes {
		if n == htype {
			return name
		}
	}
	return "unknown-" + strconv.Itoa(htype)
}

// iscString quotes octets as dhcpd does.
func iscString(s []byte) string {
	b := make([]byte, 0, len(s)+2)
	b = append(b, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c > '~':
			b = append(b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

// subOptions walks over the sub-options of option 82, as far as they are whole.
func subOptions(b []byte) func(func(uint8, []byte) bool) {
	return func(yield func(uint8, []byte) bool) {
		for len(b) >= 2 && int(b[1]) <= len(b)-2 {
			if !yield(b[0], b[2:2+int(b[1])]) {
				return
			}
			b = b[2+int(b[1]):]
		}
	}
}

// agentText is a sub-option as dhcpd writes it: name and value. One without a
// value, which dhcpd cannot have, is "".
func agentText(code uint8, value []byte) string {
	unknown := "unknown-" + strconv.Itoa(int(code))
	name := unknown
	for n, c := range agentOptions {
		if c == code {
			name = n
		}
	}
	switch {
	case name == "relay-port" && len(value) == 0:
		return name
	case len(value) == 0:
		return ""
	case (name == "agent-id" || name == "link-selection") && len(value) == 4:
		return name + " " + netip.AddrFrom4([4]byte(value)).String()
	case name == "DOCSIS-device-class" && len(value) == 4:
		return name + " " + strconv.FormatUint(uint64(binary.BigEndian.Uint32(value)), 10)
	case name == "circuit-id" || name == "remote-id":
		return name + " " + iscString(value)
	}
	return unknown + " " + objects.FormatBlob(value)
}
