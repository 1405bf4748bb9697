package packet

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pcap writes DHCP messages as UDP datagrams into a capture file.
func pcap(tb testing.TB, messages [][]byte) string {
	tb.Helper()
	const rawIP = 101 // LINKTYPE_RAW
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xa1b2c3d4)
	b = le.AppendUint16(le.AppendUint16(b, 2), 4)
	b = le.AppendUint32(le.AppendUint32(le.AppendUint32(append(b, make([]byte, 4)...), 0), 65535), rawIP)
	for i, m := range messages {
		n := len(m) + ipUDPHeaders
		head := [ipUDPHeaders]byte{0: 0x45, 8: 64, 9: 17, 12: 10, 15: 1, 16: 10, 19: 2, 21: 67, 23: 68}
		binary.BigEndian.PutUint16(head[2:], uint16(n))
		binary.BigEndian.PutUint16(head[24:], uint16(n-20))
		b = le.AppendUint32(le.AppendUint32(b, uint32(i)), 0)
		b = le.AppendUint32(le.AppendUint32(b, uint32(n)), uint32(n))
		b = append(append(b, head[:]...), m...)
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
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		tb.Fatalf("tshark %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}

// A third opinion on everything that can be special about a reply: tshark reads
// each without a complaint, and reads what was meant. (It shows the end option as
// 0, and overloaded options where the overload option stands, sname first.)
func TestTsharkReadsReplies(t *testing.T) {
	var (
		messages [][]byte
		want     []string
	)
	addr := netip.MustParseAddr
	add := func(fields string, req []byte, typ MessageType, options func(r *Reply)) {
		m := mustParse(t, req)
		var r Reply
		r.Answer(m, typ)
		options(&r)
		out, _ := r.Append(nil, m.ReplyLimit())
		messages, want = append(messages, out), append(want, fields)
	}
	full := func(r *Reply) {
		r.YIAddr, r.SIAddr = addr("10.1.0.9"), addr("10.0.0.5")
		r.AddAddr(ServerIdentifier, addr("10.0.0.1"))
		r.AddUint32(LeaseTime, 3600)
		r.AddUint32(RenewalTime, 1800)
		r.AddUint32(RebindingTime, 3150)
		r.AddAddr(Routers, addr("10.1.0.1"))
		r.AddAddr(SubnetMask, addr("255.255.0.0"))
		r.AddString(DomainName, "example.com")
	}
	selecting := sample(t, "request-selecting")
	add("5|10.1.0.9|53,54,51,58,59,1,3,15,82,0|3600|255.255.0.0||", selecting, Ack, full)
	add("2|10.1.0.9|53,54,51,58,59,1,3,15,0|3600|255.255.0.0||boot.img", sample(t, "dhcpcd-discover"), Offer,
		func(r *Reply) { full(r); r.SName, r.File = "boot-server", "boot.img" })
	add("6|0.0.0.0|53,54,56,82,0||||", selecting, Nak, func(r *Reply) {
		r.AddAddr(ServerIdentifier, addr("10.0.0.1"))
		r.AddString(ErrorMessage, "address is not available")
	})
	add("2|10.1.0.9|53,52,47,0,18,0,54,51,58,59,1,3,15,17,0|3600|255.255.0.0|3|", sample(t, "udhcpc-discover"), Offer,
		func(r *Reply) {
			full(r)
			r.AddString(17, strings.Repeat("r", 230))
			r.AddString(18, strings.Repeat("e", 120))
			r.AddString(47, strings.Repeat("s", 60))
		})
	add("2|10.1.0.9|53,52,18,0,54,51,58,59,1,3,15,17,61,0|3600|255.255.0.0|1|", sample(t, "udhcpc-discover"), Offer,
		func(r *Reply) {
			full(r)
			r.Add(6, bytes.Repeat([]byte{8}, 400)) // no room for it, but for the ones behind it
			r.AddString(17, strings.Repeat("r", 150))
			r.AddString(18, strings.Repeat("e", 100))
			r.Add(ClientIdentifier, []byte{1, 2, 3, 4, 5, 6, 7})
		})
	add("5|10.1.0.9|53,54,51,58,59,1,3,15,43,43,0|3600|255.255.0.0||", sample(t, "request-renewing"), Ack,
		func(r *Reply) { full(r); r.Add(VendorOptions, bytes.Repeat([]byte{1, 2, 3, 4}, 100)) })
	add("|10.1.0.9|1,12,0||255.255.0.0||", sample(t, "bootp-cookie"), BOOTP, func(r *Reply) {
		r.YIAddr = addr("10.1.0.9")
		r.AddAddr(SubnetMask, addr("255.255.0.0"))
		r.AddString(HostName, "station")
	})
	add("|10.1.0.9|||||", sample(t, "bootp-plain"), BOOTP, func(r *Reply) { r.YIAddr = addr("10.1.0.9") })

	file := pcap(t, messages)
	marks := tshark(t, "-r", file, "-Y", "_ws.malformed || _ws.expert.severity >= warning", "-V")
	if marks != "" {
		t.Errorf("tshark complains:\n%s", marks)
	}
	got := strings.Split(strings.TrimRight(tshark(t, "-r", file, "-T", "fields", "-E", "separator=|",
		"-e", "dhcp.option.dhcp", "-e", "dhcp.ip.your", "-e", "dhcp.option.type", "-e", "dhcp.option.ip_address_lease_time",
		"-e", "dhcp.option.subnet_mask", "-e", "dhcp.option.option_overload", "-e", "dhcp.file"), "\n"), "\n")
	if len(got) != len(want) {
		t.Fatalf("tshark saw %d messages of %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("message %d:\n got %s\nwant %s", i, got[i], want[i])
		}
	}
}
