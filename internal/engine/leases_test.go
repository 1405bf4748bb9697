package engine

import (
	"net/netip"
	"strings"
	"testing"

	"leasehold/internal/lease"
	"leasehold/pkg/objects"
)

// leasedWorld has clients a, b with leases and c with an offer.
func leasedWorld(t *testing.T) *world {
	w := officeWorld(t)
	for _, mac := range []string{"a", "b", "c"} {
		w.inject(w.packet("discover", "mac", mac))
		w.settle()
		w.result()
		if mac != "c" {
			w.inject(w.packet("request", "mac", mac))
			w.settle()
			w.result()
		}
	}
	return w
}

func (w *world) names(f LeaseFilter) string {
	var names []string
	err := w.server.ListLeases(w.t.Context(), f, func(o *objects.Object) error {
		names = append(names, o.Name)
		return nil
	})
	if err != nil {
		return err.Error()
	}
	return strings.Join(names, " ")
}

func TestListLeasesFilters(t *testing.T) {
	w := leasedWorld(t)
	for _, c := range []struct {
		name string
		f    LeaseFilter
		want string
	}{
		{"all", LeaseFilter{}, "10.0.0.10 10.0.0.11 10.0.0.12"},
		{"committed", LeaseFilter{CommittedOnly: true}, "10.0.0.10 10.0.0.11"},
		{"client", LeaseFilter{Client: "1,6,02:00:00:00:00:0b"}, "10.0.0.11"},
		{"state", LeaseFilter{States: []lease.State{lease.Offered}}, "10.0.0.12"},
		{"subnet", LeaseFilter{Subnet: netip.MustParsePrefix("10.0.0.10/31")}, "10.0.0.10 10.0.0.11"},
		{"other subnet", LeaseFilter{Subnet: netip.MustParsePrefix("10.1.0.0/16")}, ""},
		{"never leased", LeaseFilter{WithAvailable: true, Subnet: netip.MustParsePrefix("10.0.0.12/30")}, "10.0.0.12 10.0.0.13 10.0.0.14 10.0.0.15"},
		{"scope", LeaseFilter{Scope: "OFFICE"}, "10.0.0.10 10.0.0.11 10.0.0.12"},
		{"no such scope", LeaseFilter{Scope: "offce"}, `302 Not Found - scope "offce", did you mean "office"?`},
		{"no such vpn", LeaseFilter{VPN: "red"}, `302 Not Found - vpn "red"`},
	} {
		if got := w.names(c.f); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestLeaseByName(t *testing.T) {
	w := leasedWorld(t)
	for name, want := range map[string]string{
		"10.0.0.10":        "leased",
		"global/10.0.0.12": "offered",
		"10.0.0.19":        "available",
		"10.0.0.99":        `302 Not Found - lease "10.0.0.99": in no range or reservation of any scope`,
		"red/10.0.0.10":    `302 Not Found - vpn "red"`,
		"office":           `316 Invalid - lease "office": must be [<vpn>/]<address>`,
	} {
		o, e := w.server.Lease(name)
		got := ""
		if e != nil {
			got = e.Error()
		} else {
			got = o.Attrs["state"]
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestLimitationList(t *testing.T) {
	w := officeWorld(t, "client-class=enabled", `client-class-lookup-id="all"`)
	if err := w.put("client-class", "all", "limitation-id=(request get-blob option 82 2)"); err != nil {
		t.Fatal(err)
	}
	w.reload(t)
	for _, mac := range []string{"a", "b", "c"} {
		w.inject(w.packet("discover", "mac", mac, "82", "02:01:"+map[string]string{"a": "07", "b": "07", "c": "08"}[mac]))
		w.settle()
	}
	for _, c := range []struct{ name, id, want string }{
		{"10.0.0.10", "", "10.0.0.10 10.0.0.11"},
		{"10.0.0.10", "08", "10.0.0.12"},
		{"10.0.0.19", "", `302 Not Found - lease "10.0.0.19" has no limitation-id`},
		{"10.0.0.10", "zz", `316 Invalid - limitation-id "zz": must be octets, xx:xx:..`},
	} {
		os, e := w.server.LimitationList(c.name, c.id)
		var got []string
		for _, o := range os {
			got = append(got, o.Name)
		}
		if e != nil {
			got = []string{e.Error()}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s %q: %q, want %q", c.name, c.id, got, c.want)
		}
	}
}

func TestImportLeases(t *testing.T) {
	w := leasedWorld(t)
	now := w.clock.Now().Unix()
	mac := func(n byte) lease.HW { return lease.HardwareFrom(1, []byte{4, 0, 0, 0, 0, n}) }
	at := func(text string) netip.Addr { return netip.MustParseAddr(text) }
	lines := []ImportedLease{
		{Address: at("10.0.0.15"), HW: mac(1), Start: now - 100, Expiration: now + 900, LastTransaction: now - 50, HostName: "one"},
		{Address: at("10.0.0.16"), ClientID: []byte{1, 2, 3}, Expiration: lease.Forever},
		{Address: at("10.0.0.17"), HW: mac(3)},
		{Address: at("10.0.0.99"), HW: mac(4), Expiration: now + 900},
		{Address: at("10.0.0.18"), HW: mac(5), Expiration: now - 1},
		{Address: at("10.0.0.18"), Expiration: now + 900},
		{Address: at("10.0.0.10"), HW: mac(6), Expiration: now + 900},
		{Address: at("10.0.0.18"), VPN: "red", HW: mac(7), Expiration: now + 900},
	}
	for i, e := range w.server.ImportLeases(lines) {
		if e == nil || e.Code != objects.ImportFailure {
			t.Errorf("line %d without import-mode: %v", i, e)
		}
	}
	if err := w.put("dhcp", "", "import-mode=enabled"); err != nil {
		t.Fatal(err)
	}
	w.reload(t)
	want := []string{
		"", "", "",
		"315 Import Failure - in no range or reservation of any scope",
		"", // it is over: kept for its client
		"315 Import Failure - no hardware address and no client-id",
		"315 Import Failure - leased to another client",
		`315 Import Failure - vpn "red" is not configured`,
	}
	for i, e := range w.server.ImportLeases(lines) {
		got := ""
		if e != nil {
			got = e.Error()
		}
		if got != want[i] {
			t.Errorf("line %d: %q, want %q", i, got, want[i])
		}
	}
	for addr, expiration := range map[string]int64{"10.0.0.15": now + 900, "10.0.0.16": lease.Forever, "10.0.0.17": now + 1000} {
		k := lease.Key{Addr: lease.AddrFrom(at(addr))}
		l, _ := w.table.Get(k)
		if l.State != lease.Leased || l.Expiration != expiration || l.Commit == 0 {
			t.Errorf("%s: %+v", addr, l)
		}
		if w.store.rows[k].State != lease.Leased {
			t.Errorf("%s is not on disk", addr)
		}
	}
	w.store.fail(errDiskFull)
	lines[0].Expiration++
	if e := w.server.ImportLeases(lines[:1])[0]; e == nil || !strings.Contains(e.Msg, "disk is full") {
		t.Errorf("import on a full disk: %v", e)
	}
}

func TestStatistics(t *testing.T) {
	w := leasedWorld(t)
	objs := w.server.Stats([]string{"all"}, false)
	if len(objs) != 1 {
		t.Fatalf("%d categories", len(objs))
	}
	for name, want := range map[string]string{
		"total-packets-received": "5", "total-packets-sent": "5", "total-offers": "3", "total-acks": "2",
		"offered": "3", "acked": "2", "total-scopes": "1", "total-discovers": "3", "total-requests": "2", "total-releases": "0", "total-leases": "3", "request-buffers-in-use": "0",
	} {
		if got := objs[0].Attrs[name]; got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if len(w.server.Stats([]string{"failover"}, false)) != 0 {
		t.Error("there is no failover category")
	}
	w.server.ResetStats()
	if got := w.server.Stats(nil, false)[0].Attrs["total-offers"]; got != "0" {
		t.Errorf("after a reset total-offers = %s", got)
	}
}

// A server without configuration says so and does nothing.
func TestWithoutConfiguration(t *testing.T) {
	w := newWorld(t, false)
	if err := w.server.Start(); err == nil {
		t.Error("it started")
	}
	if w.server.Config() != nil || w.server.Running() || w.server.Health().Value != 0 {
		t.Errorf("health %+v", w.server.Health())
	}
	if _, e := w.server.Lease("10.0.0.1"); e == nil {
		t.Error("it knows a lease")
	}
	if _, e := w.server.ClearUnavailable("office"); e == nil {
		t.Error("it knows a scope")
	}
	if _, err := w.server.Utilization(""); err == nil {
		t.Error("it has figures")
	}
	if w.names(LeaseFilter{}) != errNoPlan.Error() {
		t.Error("it lists leases")
	}
}

// Check says what Reload would, and changes nothing.
func TestCheckChangesNothing(t *testing.T) {
	w := leasedWorld(t)
	running := w.server.Config()
	if err := w.put("scope", "office", "policy=nosuch"); err != nil {
		t.Fatal(err)
	}
	if r := w.server.Check(w.cfg, false); len(r.Errors) != 1 {
		t.Errorf("%d errors, want 1", len(r.Errors))
	}
	if err := w.put("scope", "office", "policy=default", "ranges=10.0.0.11-10.0.0.19"); err != nil {
		t.Fatal(err)
	}
	if r := w.server.Check(w.cfg, false); len(r.Errors) != 1 {
		t.Errorf("errors %v", r.Errors)
	}
	if r := w.server.Check(w.cfg, true); len(r.Errors) != 0 || len(r.Warnings) != 1 {
		t.Errorf("forced: %+v", r)
	}
	w.cfg.Delete(objects.Scope, "office")
	if r := w.server.Check(w.cfg, true); len(r.Errors) != 0 || r.Parked != 3 {
		t.Errorf("without the scope: %+v", r)
	}
	if w.server.Config() != running || w.names(LeaseFilter{}) != "10.0.0.10 10.0.0.11 10.0.0.12" {
		t.Error("something changed")
	}
}

// Leases of a scope that went are parked, although another scope of its subnet
// is left: the report, the statistics and the figures of that scope agree.
func TestParkedLeasesAgree(t *testing.T) {
	w := leasedWorld(t)
	w.cfg.Delete(objects.Scope, "office")
	if err := w.put("scope", "other", "subnet=10.0.0.0/24", "ranges=10.0.0.100-10.0.0.101"); err != nil {
		t.Fatal(err)
	}
	r := w.server.Reload(w.cfg, true)
	parked := w.server.Stats(nil, false)[0].Attrs["parked-leases"]
	if len(r.Errors) != 0 || parked == "0" || parked != itoa(int64(r.Parked)) {
		t.Errorf("report %+v, parked-leases %s", r, parked)
	}
	us, err := w.server.Utilization("other")
	if err != nil || len(us) != 1 {
		t.Fatalf("%v: %v", us, err)
	}
	if u := us[0]; u.Total != 2 || u.Available != 2 || u.Leased+u.Offered+u.Expired+u.Released+u.Unavailable != 0 {
		t.Errorf("utilization %+v", u)
	}
}
