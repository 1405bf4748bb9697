package engine

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// importWorld is a server in import-mode whose scope office is its own, or in
// a relationship with the role.
func importWorld(t *testing.T, role lease.Role, connected bool) *world {
	t.Helper()
	w := officeWorld(t, "import-mode=enabled")
	if role != lease.Alone {
		p := w.pair("pair")
		w.fo.pairs["office"] = p
		p.role = role
		p.authority.Store(&binding.Authority{Role: role, State: wire.StateCommunicationsInterrupted, MCLT: 60, Connected: connected})
		w.reload(t)
	}
	return w
}

// showImported tells what became of a lease: state, whose it is when it is free,
// end, whether the partner is taken to know, and what there is to say.
func (w *world) showImported(in ImportedLease) string {
	e := w.server.ImportLeases([]ImportedLease{in})[0]
	l := w.server.at(lease.Key{Addr: lease.AddrFrom(in.Address)})
	text := stateWord(l.State)
	if l.Flags&lease.Backup != 0 {
		text += " backup"
	}
	if l.Expiration != 0 {
		text += fmt.Sprintf(" until %+d", l.Expiration-w.clock.Now().Unix())
	}
	if l.Failover.Told {
		text += " told"
	}
	if e != nil {
		text += ": " + e.Error()
	}
	return text
}

// TestImportedStates: what each binding status of a lease file becomes on a
// server that is alone and on each of two.
func TestImportedStates(t *testing.T) {
	const backupAlone = `: 101 OK, with warnings - backup, but scope "office" has no failover: available to this server`
	const over = ": 101 OK, with warnings - abandoned for a time that is over: available"
	for _, c := range []struct {
		status                    wire.BindingStatus
		end                       int64 // from now
		alone, primary, secondary string
	}{
		{0, 500, "leased until +500", "leased until +500 told", "leased until +500 told"},
		{wire.StatusActive, 500, "leased until +500", "leased until +500 told", "leased until +500 told"},
		{wire.StatusActive, -200, "expired until +100", "expired until +100 told", "expired until +100 told"},
		{wire.StatusExpired, -100, "expired until +200", "pending-available until -100 told", "pending-available until -100 told"},
		{wire.StatusReleased, -100, "available", "pending-available until -100 told", "pending-available until -100 told"},
		{wire.StatusReset, -100, "available", "pending-available until -100 told", "pending-available until -100 told"},
		{wire.StatusFree, -100, "available", "available", "other-available"},
		{wire.StatusBackup, -100, "available" + backupAlone, "other-available backup", "available backup"},
		{wire.StatusAbandoned, 500, "unavailable until +500", "unavailable until +500 told", "unavailable until +500 told"},
		{wire.StatusAbandoned, -500, "available" + over, "unavailable until +86400 told", "unavailable until +86400 told"},
		{8, 500, "available: 315 Import Failure - there is no binding status 8", "available: 315 Import Failure - there is no binding status 8", "other-available: 315 Import Failure - there is no binding status 8"},
	} {
		for role, want := range map[lease.Role]string{lease.Alone: c.alone, lease.Primary: c.primary, lease.Secondary: c.secondary} {
			w := importWorld(t, role, false)
			now := w.clock.Now().Unix()
			got := w.showImported(ImportedLease{
				Address: netip.MustParseAddr("10.0.0.11"), HW: lease.HardwareFrom(1, []byte{4, 0, 0, 0, 0, 1}),
				Status: c.status, Start: now - 1000, Expiration: now + c.end, LastTransaction: now - 1000,
			})
			if got != want {
				t.Errorf("%v, end %+d, %v: %q, want %q", c.status, c.end, role, got, want)
			}
		}
	}
}

// TestImportedConflicts: what is known better here stays, and while the partner
// is there its addresses are left alone.
func TestImportedConflicts(t *testing.T) {
	mac := func(n byte) lease.HW { return lease.HardwareFrom(1, []byte{4, 0, 0, 0, 0, n}) }
	w := importWorld(t, lease.Primary, false)
	now := w.clock.Now().Unix()
	at := netip.MustParseAddr("10.0.0.11")
	for _, c := range []struct {
		in   ImportedLease
		want string
	}{
		{ImportedLease{Address: at, HW: mac(1), Status: wire.StatusActive, Expiration: now + 500, LastTransaction: now - 10}, "leased until +500 told"},
		{ImportedLease{Address: at, HW: mac(2), Status: wire.StatusActive, Expiration: now + 900, LastTransaction: now - 5}, "leased until +500 told: 315 Import Failure - leased to another client"},
		{ImportedLease{Address: at, HW: mac(1), Status: wire.StatusActive, Expiration: now + 400, LastTransaction: now - 11}, "leased until +500 told: 315 Import Failure - known here as of " + timestamp(now-10) + ", the file is older"},
		{ImportedLease{Address: at, HW: mac(1), Status: wire.StatusFree, Expiration: now - 1}, "leased until +500 told: 315 Import Failure - free by the file, but leased here"},
		{ImportedLease{Address: at, HW: mac(1), Status: wire.StatusActive, Expiration: now + 900, LastTransaction: now - 5}, "leased until +900 told"},
	} {
		if got := w.showImported(c.in); got != c.want {
			t.Errorf("%+v:\n got %q\nwant %q", c.in, got, c.want)
		}
	}
	w = importWorld(t, lease.Secondary, true)
	for _, c := range []struct {
		in   ImportedLease
		want string
	}{
		{ImportedLease{Address: at, HW: mac(1), Status: wire.StatusActive, Expiration: now + 500}, `other-available: 315 Import Failure - failover "pair" does not let this server give the address while the partner is there`},
		{ImportedLease{Address: at, Status: wire.StatusBackup, Expiration: now - 500}, `other-available: 315 Import Failure - failover "pair": whose free address it is cannot be changed while the partner is there`},
	} {
		if got := w.showImported(c.in); got != c.want {
			t.Errorf("%+v:\n got %q\nwant %q", c.in, got, c.want)
		}
	}
	p := w.pair("pair")
	p.problem = "two servers have one name"
	if got, want := w.showImported(ImportedLease{Address: at, HW: mac(1)}), `other-available: 315 Import Failure - failover "pair": two servers have one name`; got != want {
		t.Errorf("a wrong relationship: %q, want %q", got, want)
	}
}

// TestExportedIsImported: what a server exports, another takes in and exports
// just so, whatever its part in the relationship.
func TestExportedIsImported(t *testing.T) {
	export := func(w *world) string {
		var lines []string
		err := w.server.ExportLeases(t.Context(), LeaseFilter{}, func(l ImportedLease) error {
			lines = append(lines, fmt.Sprintf("%+v", l))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(lines, "\n")
	}
	for _, role := range []lease.Role{lease.Alone, lease.Primary, lease.Secondary} {
		w := importWorld(t, role, false)
		now := w.clock.Now().Unix()
		for i := range 8 {
			in := ImportedLease{
				Address: lease.Addr(0x0a00000a + i).Netip(), HW: lease.HardwareFrom(1, []byte{4, 0, 0, 0, 0, byte(i)}), ClientID: []byte{1, byte(i)},
				Status: wire.BindingStatus(i), Start: now - 1000, Expiration: now - 100, LastTransaction: now - 900,
				HostName: "desk", DomainName: "example.com", VendorClass: "MSFT", RelayInfo: "\x01\x01a", BOOTP: i == 2,
			}
			switch in.Status {
			case 0, wire.StatusActive:
				in.Expiration = now + 700
			case wire.StatusAbandoned:
				in.Expiration, in.StateStart = now+700, now-50
			}
			if role != lease.Alone {
				in.SentPE, in.AckPE, in.RcvdPE = now+900, now+800, now+700
			}
			if e := w.server.ImportLeases([]ImportedLease{in})[0]; e != nil && e.Code != objects.OkWithWarnings {
				t.Fatalf("%v: %v", in.Status, e)
			}
		}
		one := export(w)
		again := importWorld(t, role, false)
		err := w.server.ExportLeases(t.Context(), LeaseFilter{}, func(l ImportedLease) error {
			if e := again.server.ImportLeases([]ImportedLease{l})[0]; e != nil {
				t.Errorf("%v: %v", l.Status, e)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(strings.Split(one, "\n"), strings.Split(export(again), "\n")); d != "" {
			t.Errorf("%v (-exported +imported and exported):\n%s", role, d)
		}
	}
}

// TestImportModeLeavesThePartner: in import-mode the partner serves alone.
func TestImportModeLeavesThePartner(t *testing.T) {
	w := officeWorld(t)
	w.fo.pairs["office"] = w.pair("pair")
	for _, mode := range []string{"disabled", "enabled", "disabled"} {
		if err := w.put("dhcp", "", "import-mode="+mode); err != nil {
			t.Fatal(err)
		}
		w.reload(t)
		if w.fo.serving != (mode == "disabled") {
			t.Errorf("import-mode %s: serving %v", mode, w.fo.serving)
		}
	}
}
