package leasefile

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// KeaHeader is the first line of a memfile.
func KeaHeader() string { return strings.Join(keaColumns, ",") + "\n" }

// Kea writes the record as a row of a memfile; "" if Kea has no such lease: a
// free address that nobody had.
func (r *Record) Kea(subnet int) string {
	state := keaAssigned
	switch r.Status {
	case wire.StatusAbandoned:
		state = keaDeclined
	case wire.StatusFree, wire.StatusBackup, wire.StatusReset:
		if state = keaReclaimed; len(r.Hardware) == 0 && len(r.ClientID) == 0 {
			return ""
		}
	}
	begin := r.LastTransaction
	if state == keaDeclined {
		begin = r.StateStart
	}
	// A lifetime of 0 would delete the lease.
	expire, lifetime := r.Expiration, min(max(1, r.Expiration-begin), keaForever-1)
	if r.Expiration == Forever {
		expire, lifetime = begin+keaForever, keaForever
	}
	host := r.Host
	if r.Domain != "" {
		host += "." + r.Domain
	}
	host = strings.TrimRight(host, ".")
	f := [...]string{
		r.Address.String(), octetText(r.Hardware), octetText(r.ClientID),
		strconv.FormatInt(lifetime, 10), strconv.FormatInt(expire, 10), strconv.Itoa(subnet),
		"0", "0", keaEscape(host), state, keaEscape(r.keaContext()), "0",
	}
	return strings.Join(f[:], ",") + "\n"
}

func octetText(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return objects.FormatBlob(b)
}

// keaContext is the user context; "" if there is nothing to say.
func (r *Record) keaContext() string {
	var parts []string
	if len(r.RelayInfo) > 0 {
		parts = append(parts, fmt.Sprintf(`"ISC": { "relay-agent-info": { "sub-options": "0x%X" } }`, r.RelayInfo))
	}
	extra := keaExtra{VendorClass: hex.EncodeToString(r.VendorClass), Start: r.Start, BOOTP: r.BOOTP}
	if r.HType != 1 && len(r.Hardware) > 0 {
		extra.HType = r.HType
	}
	if extra != (keaExtra{}) {
		b, err := json.Marshal(extra)
		if err == nil { // a struct of numbers and hex digits always has a text
			parts = append(parts, `"leasehold": `+string(b))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

// keaEscape writes what would end a column, or looks like an escape, as such.
func keaEscape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		edge := s[i] == ' ' && (i == 0 || i == len(s)-1)
		if c := s[i]; c == ',' || c == '&' || c < ' ' || c == 0x7f || edge {
			fmt.Fprintf(&b, keaTag+"%02x", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
