package wire

import (
	"strings"
	"testing"
)

// The line that stands in logs, for a message of each kind.
func TestDump(t *testing.T) {
	const at = " time=2026-11-22T00:40:18Z"
	want := map[int]string{
		0: "POOLREQ xid=40" + at,
		1: "POOLRESP xid=41" + at + " addresses-transferred=17",
		2: "BNDUPD xid=42" + at + " assigned-IP-address=10.77.0.110 binding-status=ACTIVE client-identifier=0102005e000001" +
			" client-hardware-address=1/02:00:5e:00:00:01 lease-expiration-time=+60s potential-expiration-time=+150s start-time-of-state=+0s" +
			" client-last-transaction-time=+0s IP-flags=RESERVED DDNS=C,P/c1.example.com client-request-options={12:6331 82:010465746830}" +
			" client-reply-options={58:0000001e}",
		8: `BNDACK xid=48` + at + ` assigned-IP-address=10.77.0.110 reject-reason=15(outdated binding information) message="older than what is known"`,
		9: `CONNECT xid=49` + at + ` relationship-name="fo" max-unacked-bndupd=10 receive-timer=30 vendor-class-identifier="leasehold-1.0"` +
			` protocol-version=1 TLS-request=0 MCLT=3600 hash-bucket-assignment=` + strings.Repeat("00", 16) + strings.Repeat("ff", 16) +
			` delayed-service-parameter=3 vendor-specific-options={1:646967657374}`,
		16: "STATE xid=56" + at + " server-state=RECOVER server-flags=STARTUP start-time-of-state=-2s",
		17: "STATE xid=57" + at + " server-state=RECOVER-WAIT server-flags=NONE start-time-of-state=+0s",
	}
	for i, m := range examples(Draft) {
		f, err := Draft.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		if w, ok := want[i]; ok && Dump(f) != w {
			t.Errorf("dump of %d:\n got %s\nwant %s", i, Dump(f), w)
		}
		if m.String() != Dump(f) {
			t.Errorf("message %d:\n got %s\nwant %s", i, m, Dump(f))
		}
	}
}

// Whatever a partner sends makes one line.
func TestDumpOfTheOdd(t *testing.T) {
	for _, c := range []struct {
		name string
		in   string
		want string
	}{
		{"nothing", "", "type-0 xid=0 time=1970-01-01T00:00:00Z (failover message: length 0 is not within 12 to 2048)"},
		{"line breaks", "001a0b0c 65000000 00000001 0016 000a 6e0a6d650d1b5b316d22", `CONTACT xid=1 time=2023-09-12T06:06:56Z relationship-name="n\nme\r\x1b[1m\""`},
		{"unknown", "0015640c 65000000 00000001 0063 0005 0a0b0c0d0e", "type-100 xid=1 time=2023-09-12T06:06:56Z option-99=0a0b0c0d0e"},
		{"times", "001c0b0c 65000000 00000001 000d 0004 00000000 0012 0004 ffffffff", "CONTACT xid=1 time=2023-09-12T06:06:56Z lease-expiration-time=none potential-expiration-time=infinite"},
		{"bad name, other magic", "001e0b0c 65000000 00000001 0009 0004 0011 0961 0008 0006 01020304 0c00",
			"CONTACT xid=1 time=2023-09-12T06:06:56Z DDNS=C,0x10/0x0961 client-request-options=010203040c00"},
		{"more header", "00100b10 65000000 00000001 deadbeef", "CONTACT xid=1 time=2023-09-12T06:06:56Z header+=deadbeef"},
		{"wrong length", "001c030c 65000000 00000001 0002 0004 0a000001 0003 0004 00000001",
			"BNDUPD xid=1 time=2023-09-12T06:06:56Z assigned-IP-address=10.0.0.1 (BNDUPD: binding-status has length 4, not 1)"},
	} {
		if got := Dump(unhex(t, c.in)); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
	if got := (Message{}).String(); got != "no message" {
		t.Errorf("no body: %q", got)
	}
	if got := (Message{Body: BNDUPD{Bindings: make([]Binding, 1)}}).String(); !strings.Contains(got, "binding-status=0") {
		t.Errorf("an empty binding: %q", got)
	}
}
