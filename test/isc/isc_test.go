package isc

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

const leaseFile = `# The format of this file is documented in the dhcpd.leases(5) manual page.
authoring-byte-order little-endian;
failover peer "fo" state {
  my state communications-interrupted at 4 2026/01/29 09:00:00;
  partner state normal at 4 2026/01/29 08:00:00;
  mclt 60;
}
lease 192.168.50.110 {
  starts 4 2026/01/29 09:00:01;
  ends 4 2026/01/29 09:01:01;
  tstp 4 2026/01/29 09:02:31;
  cltt 4 2026/01/29 09:00:01;
  binding state active;
  next binding state expired;
  hardware ethernet 02:00:5e:00:00:01;
  uid "\001\002\000^";
}
lease 192.168.50.110 {
  starts 4 2026/01/29 09:00:01;
  ends never;
  tsfp 4 2026/01/29 09:02:31;
  atsfp 4 2026/01/29 09:02:31;
  binding state backup;
}
lease 192.168.50.111 {
  binding state active;
  ends 4 2026/01/2`

func TestReadLeases(t *testing.T) {
	f, err := ReadLeases(strings.NewReader(leaseFile))
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.Parse(time.DateTime, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	wantLeases := map[string]Lease{"192.168.50.110": {
		State: "backup", Starts: at("2026-01-29 09:00:01"), TSFP: at("2026-01-29 09:02:31"), ATSFP: at("2026-01-29 09:02:31"),
	}}
	wantPeers := map[string]PeerState{"fo": {
		Mine: "communications-interrupted", Partner: "normal", MCLT: "60",
		MineAt: at("2026-01-29 09:00:00"), PartnerAt: at("2026-01-29 08:00:00"),
	}}
	if !reflect.DeepEqual(f.Leases, wantLeases) || !reflect.DeepEqual(f.Peers, wantPeers) {
		t.Errorf("got  %+v\nwant %+v, %+v", f, wantLeases, wantPeers)
	}
}

func TestReadLog(t *testing.T) {
	log := `failover peer fo: I move from recover-wait to recover-done
failover peer fo: peer moves from unknown-state to recover
failover peer fo: Both servers normal
bind update on 10.0.0.1 from fo rejected: incoming update is less critical than outgoing update
Failover CONNECT to fo rejected: Connection rejected, time mismatch too great.`
	want := []Change{{"fo", false, "recover-wait", "recover-done"}, {"fo", true, "unknown-state", "recover"}}
	if got := Changes(log); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := Rejections(log); len(got) != 1 || !strings.Contains(got[0], "less critical") {
		t.Errorf("rejections %q", got)
	}
	if got := Faults(log); len(got) != 1 || !strings.Contains(got[0], "time mismatch") {
		t.Errorf("faults %q", got)
	}
}
