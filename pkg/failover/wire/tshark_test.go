package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pcap writes messages into a capture file, each in a TCP segment of its own.
func pcap(tb testing.TB, frames [][]byte) string {
	tb.Helper()
	const (
		rawIP   = 101 // LINKTYPE_RAW
		headers = 40
	)
	le, be := binary.LittleEndian, binary.BigEndian
	b := le.AppendUint32(nil, 0xa1b2c3d4)
	b = le.AppendUint16(le.AppendUint16(b, 2), 4)
	b = le.AppendUint32(le.AppendUint32(le.AppendUint32(append(b, make([]byte, 4)...), 0), 65535), rawIP)
	seq := uint32(1)
	for i, f := range frames {
		n := headers + len(f)
		head := [headers]byte{0: 0x45, 8: 64, 9: 6, 12: 10, 15: 1, 16: 10, 19: 2, 32: 0x50, 33: 0x18, 34: 0xff}
		be.PutUint16(head[2:], uint16(n))
		be.PutUint16(head[20:], 40000)
		be.PutUint16(head[22:], 647)
		be.PutUint32(head[24:], seq)
		be.PutUint32(head[28:], 1)
		seq += uint32(len(f))
		b = le.AppendUint32(le.AppendUint32(b, uint32(i)), 0)
		b = le.AppendUint32(le.AppendUint32(b, uint32(n)), uint32(n))
		b = append(append(b, head[:]...), f...)
	}
	file := filepath.Join(tb.TempDir(), "messages.pcap")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		tb.Fatal(err)
	}
	return file
}

func tshark(tb testing.TB, args ...string) string {
	tb.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("tshark", args...)
	cmd.Env = append(os.Environ(), "TZ=UTC")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		tb.Fatalf("tshark %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}

// dissected is what tshark can tell about a message, in its field names.
var dissected = []string{
	"type", "length", "poffset", "time", "xid", "optioncode", "assignedipaddress", "bindingstatus",
	"clienthardwaretype", "clienthardwareaddress", "leaseexpirationtime", "potentialexpirationtime", "starttimeofstate",
	"clientlasttransactiontime", "ipflags", "serverstatus", "serverflag", "rejectreason", "message", "relationshipname",
	"maxunackedbndupd", "receivetimer", "vendorclass", "protocolversion", "tls_request", "tls_reply", "mclt",
	"hashbucketassignment", "addressestransferred", "delayedserviceparameter",
}

// fields says of a message what tshark says of it; frame gives what a typed
// message no longer knows: its size and the order of its options.
func fields(m Message, f []byte) map[string][]string {
	row := map[string][]string{}
	put := func(field string, values ...any) {
		for _, v := range values {
			row[field] = append(row[field], fmt.Sprint(v))
		}
	}
	var r Raw
	_ = r.Parse(f)
	put("type", uint8(m.Body.Type()))
	put("length", len(f))
	put("poffset", 12)
	put("time", time.Unix(int64(m.Time), 0).UTC().Format("Jan _2, 2006 15:04:05.000000000 UTC"))
	put("xid", fmt.Sprintf("0x%08x", m.XID))
	has := map[Code]bool{}
	for _, o := range r.Options {
		put("optioncode", uint16(o.Code))
		has[o.Code] = true
	}
	if m, ok := m.Body.(BNDUPD); ok {
		if m.VendorClass != "" {
			put("vendorclass", m.VendorClass)
		}
		for _, b := range m.Bindings {
			bindingFields(put, b, has, len(m.Bindings) == 1)
		}
	}
	switch m := m.Body.(type) {
	case BNDACK:
		for _, a := range m.Answers {
			put("assignedipaddress", a.Address)
			if a.Reason != 0 {
				put("rejectreason", uint8(a.Reason))
				put("message", a.Text)
			}
		}
	case CONNECT:
		put("relationshipname", m.Relationship)
		put("maxunackedbndupd", m.MaxUnacked)
		put("receivetimer", m.ReceiveTimer)
		put("vendorclass", m.VendorClass)
		put("protocolversion", m.Version)
		put("tls_request", uint8(m.TLS))
		put("mclt", m.MCLT)
		put("hashbucketassignment", fmt.Sprintf("%x", m.HBA[:]))
		if m.DelayedService != 0 {
			put("delayedserviceparameter", m.DelayedService)
		}
	case CONNECTACK:
		put("relationshipname", m.Relationship)
		put("protocolversion", m.Version)
		put("tls_reply", uint8(m.TLS))
		if m.Reason != 0 {
			put("rejectreason", uint8(m.Reason))
			put("message", m.Text)
		} else {
			put("maxunackedbndupd", m.MaxUnacked)
			put("receivetimer", m.ReceiveTimer)
			put("vendorclass", m.VendorClass)
		}
	case CONTACT:
		if m.VendorClass != "" {
			put("vendorclass", m.VendorClass)
		}
	case STATE:
		put("serverstatus", uint8(m.State))
		put("serverflag", uint8(m.Flags))
		put("starttimeofstate", uint32(m.Since))
	case DISCONNECT:
		put("rejectreason", uint8(m.Reason))
		put("message", m.Text)
	case POOLRESP:
		put("addressestransferred", m.Transferred)
	}
	return row
}

func bindingFields(put func(string, ...any), b Binding, has map[Code]bool, alone bool) {
	put("assignedipaddress", b.Address)
	put("bindingstatus", uint8(b.Status))
	if b.HW.Type != 0 {
		put("clienthardwaretype", fmt.Sprintf("0x%02x", b.HW.Type))
		put("clienthardwareaddress", colons(string(b.HW.Addr[:b.HW.Len])))
	}
	for _, t := range []struct {
		code  Code
		field string
		value Time
	}{
		{LeaseExpirationTime, "leaseexpirationtime", b.Expiration},
		{PotentialExpirationTime, "potentialexpirationtime", b.PotentialExpiration},
		{StartTimeOfState, "starttimeofstate", b.StateStart},
		{ClientLastTransactionTime, "clientlasttransactiontime", b.LastTransaction},
	} {
		if t.value != 0 || alone && has[t.code] {
			put(t.field, uint32(t.value))
		}
	}
	if b.Flags != 0 {
		put("ipflags", fmt.Sprintf("0x%04x", uint16(b.Flags)))
	}
}

// agree has tshark dissect the frames and compares every field it knows with
// the message we read from the frame.
func agree(t *testing.T, where []string, frames [][]byte) {
	t.Helper()
	const separator = "\x1f"
	file := pcap(t, frames)
	if marks := tshark(t, "-r", file, "-Y", "dhcpfo.bad_length || dhcpfo.message_digest_type_not_allowed", "-V"); marks != "" {
		t.Errorf("tshark complains:\n%s", marks)
	}
	args := []string{"-r", file, "-Y", "dhcpfo", "-T", "fields", "-E", "separator=|", "-E", "aggregator=" + separator}
	for _, f := range dissected {
		args = append(args, "-e", "dhcpfo."+f)
	}
	lines := strings.Split(strings.TrimSuffix(tshark(t, args...), "\n"), "\n")
	if len(lines) != len(frames) {
		t.Fatalf("tshark saw %d messages of %d", len(lines), len(frames))
	}
	for i, line := range lines {
		m, err := Decode(frames[i])
		if err != nil {
			t.Errorf("%s: %v", where[i], err)
			continue
		}
		want := fields(m, frames[i])
		for j, got := range strings.Split(line, "|") {
			if w := strings.Join(want[dissected[j]], separator); got != w {
				t.Errorf("%s %s: %s is %q, tshark says %q", where[i], m.Body.Type(), dissected[j], w, got)
			}
		}
	}
}

// tshark reads the same values from what dhcpd sent as we do.
func TestTsharkAgreesOnCaptures(t *testing.T) {
	var (
		where  []string
		frames [][]byte
	)
	for _, c := range captures(t) {
		where, frames = append(where, c.where), append(frames, c.frame)
	}
	agree(t, where, frames)
}

// tshark reads what we send, of every type and to every kind of partner.
func TestTsharkAgreesOnOurs(t *testing.T) {
	var (
		where  []string
		frames [][]byte
	)
	for _, p := range []*Profile{Draft, Own, ISC} {
		for i, m := range examples(p) {
			f, err := p.Encode(m)
			if err != nil {
				t.Fatal(err)
			}
			where, frames = append(where, p.Name+" "+strconv.Itoa(i)), append(frames, f)
		}
	}
	agree(t, where, frames)
}

// tshark has the names of 7 and 9 the wrong way round, and no other.
func TestTsharkNames(t *testing.T) {
	names := map[Type]string{
		TypePOOLREQ: "Pool request", TypePOOLRESP: "Pool response", TypeBNDUPD: "Binding update", TypeBNDACK: "Binding acknowledge",
		TypeCONNECT: "Connect", TypeCONNECTACK: "Connect acknowledge", TypeUPDREQALL: "Update request", TypeUPDDONE: "Update done",
		TypeUPDREQ: "Update request all", TypeSTATE: "State", TypeCONTACT: "Contact", TypeDISCONNECT: "Disconnect",
	}
	var frames [][]byte
	for _, row := range typeTable {
		frames = append(frames, frame(t, row.Type, ""))
	}
	out := tshark(t, "-r", pcap(t, frames), "-Y", "dhcpfo", "-V")
	for _, row := range typeTable {
		if want := fmt.Sprintf("Message Type: %s (%d)\n", names[row.Type], row.Type); !strings.Contains(out, want) {
			t.Errorf("%s: tshark does not say %q", row.Name, want)
		}
	}
}
