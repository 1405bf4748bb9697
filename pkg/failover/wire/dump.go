package wire

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Dump is one line about a frame, for logs: what could be read of it and what
// is wrong with it. Nothing in it can break the line.
func Dump(frame []byte) string {
	var r Raw
	if err := r.Parse(frame); err != nil {
		return r.String() + " (" + err.Error() + ")"
	}
	return r.String()
}

// String is the line that Dump prints: type, xid, time, then every option by
// the draft's name. Times of options are relative to that of the message.
func (r *Raw) String() string {
	b := fmt.Appendf(nil, "%s xid=%d time=%s", r.Type, r.XID, time.Unix(int64(r.Time), 0).UTC().Format(time.RFC3339))
	if r.Extra != "" {
		b = fmt.Appendf(b, " header+=%x", r.Extra)
	}
	for _, o := range r.Options {
		b = append(append(append(b, ' '), o.Code.String()...), '=')
		b = append(b, r.show(o)...)
	}
	return string(b)
}

// String is the line for the message as it is, whoever would be sent it.
func (m Message) String() string {
	if m.Body == nil {
		return "no message"
	}
	e := encoder{p: whole, maxText: MaxMessage}
	e.message(m)
	r := Raw{Type: m.Body.Type(), Time: m.Time, XID: m.XID}
	_ = r.options(string(e.b[MinMessage:])) // what we wrote reads, up to an option past 64 KiB
	return r.String()
}

func (r *Raw) show(o Option) string {
	row := o.Code.row()
	if row == nil || len(o.Data) < row.Min {
		return hex.EncodeToString([]byte(o.Data))
	}
	d := o.Data
	switch row.Encoding {
	case number:
		n := uint64(0)
		for i := range len(d) {
			n = n<<8 | uint64(d[i])
		}
		return strconv.FormatUint(n, 10)
	case clock:
		return relative(Time(be32(d)), r.Time)
	case address:
		return addr4(d).String()
	case text:
		return strconv.QuoteToASCII(d)
	case status:
		return BindingStatus(d[0]).String()
	case state:
		return ServerState(d[0]).String()
	case serverFlags:
		return ServerFlags(d[0]).String()
	case ipFlags:
		return (IPFlags(d[0])<<8 | IPFlags(d[1])).String()
	case reason:
		return fmt.Sprintf("%d(%s)", d[0], Reason(d[0]))
	case hardware:
		return strconv.Itoa(int(d[0])) + "/" + colons(d[1:])
	case dnsUpdate:
		return showName(DDNSFlags(d[0])<<8|DDNSFlags(d[1]), d[2:])
	case dhcpOptions:
		return showClientOptions(d)
	case nestedOptions:
		var parts []string
		for c, data := range VendorOptions(d).All() {
			parts = append(parts, fmt.Sprintf("%d:%x", c, data))
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return hex.EncodeToString([]byte(d))
}

// relative shows an absolute time by its distance from the message's.
func relative(t, base Time) string {
	switch t {
	case 0:
		return "none"
	case Infinite:
		return "infinite"
	}
	return fmt.Sprintf("%+ds", int64(t)-int64(base))
}

func colons(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if i > 0 {
			b.WriteByte(':')
		}
		fmt.Fprintf(&b, "%02x", s[i])
	}
	return b.String()
}

func showName(flags DDNSFlags, packed string) string {
	if name, ok := UnpackName(packed); ok {
		return fmt.Sprintf("%s/%s", flags, name)
	}
	return fmt.Sprintf("%s/0x%x", flags, packed)
}

func showClientOptions(d string) string {
	rest, ok := strings.CutPrefix(d, magic)
	if !ok {
		return hex.EncodeToString([]byte(d))
	}
	var parts []string
	for c, data := range ClientOptions(rest).All() {
		parts = append(parts, fmt.Sprintf("%d:%x", c, data))
	}
	return "{" + strings.Join(parts, " ") + "}"
}
