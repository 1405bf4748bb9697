package link

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// inside says that the process is in the network namespace of a test.
const inside = "LEASEHOLD_LINK_TEST_NAMESPACE"

// TestDhcpd speaks with a real dhcpd of Debian's isc-dhcp-server, in a network
// namespace that has gone when the test has.
func TestDhcpd(t *testing.T) {
	if os.Getenv(inside) == "" {
		args := []string{"-test.run=^TestDhcpd$", "-test.timeout=120s"}
		if testing.Verbose() {
			args = append(args, "-test.v")
		}
		cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
		cmd.Env = append(os.Environ(), inside+"=yes")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
		out, err := cmd.CombinedOutput()
		if t.Logf("%s", out); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, args := range []string{"link set lo up", "link add lan0 type veth peer name lan1", "addr add 10.77.0.3/24 dev lan0", "link set lan0 up", "link set lan1 up"} {
		if out, err := exec.CommandContext(t.Context(), "ip", strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", args, err, out)
		}
	}
	t.Run("we are primary", func(t *testing.T) { dhcpdConversation(t, lease.Primary, "") })
	t.Run("we are primary and know it", func(t *testing.T) { dhcpdConversation(t, lease.Primary, "isc-4.4.3-P1") })
	t.Run("we are secondary", func(t *testing.T) { dhcpdConversation(t, lease.Secondary, "") })
	t.Run("only dhcpd connects", dhcpdConnects)
	t.Run("other name", dhcpdOtherName)
}

// dhcpd is 127.0.0.3 as the partner of 127.0.0.2.
type dhcpd struct {
	cmd *exec.Cmd
	mu  sync.Mutex
	log bytes.Buffer
}

func (d *dhcpd) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.Write(b)
}

func (d *dhcpd) said(what string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Contains(d.log.String(), what)
}

func startDhcpd(t *testing.T, role lease.Role, name string, port, ours uint16) *dhcpd {
	t.Helper()
	dir := t.TempDir()
	primary := ""
	if role == lease.Primary {
		primary = "mclt 60;\n  split 128;"
	}
	conf := fmt.Sprintf(`ddns-update-style none;
failover peer %q {
  %v;
  address 127.0.0.3;  port %d;
  peer address 127.0.0.2;  peer port %d;
  max-response-delay 30;
  max-unacked-updates 10;
  load balance max seconds 3;
  %s
}
subnet 10.77.0.0 netmask 255.255.255.0 {
  pool { failover peer %q; range 10.77.0.100 10.77.0.119; }
}
`, name, role, port, ours, primary, name)
	file, leases := filepath.Join(dir, "dhcpd.conf"), filepath.Join(dir, "dhcpd.leases")
	for path, text := range map[string]string{file: conf, leases: ""} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d := &dhcpd{cmd: exec.CommandContext(t.Context(), "/usr/sbin/dhcpd", "-4", "-f", "-d", "--no-pid", "-cf", file, "-lf", leases, "lan0")}
	d.cmd.Stdout, d.cmd.Stderr = d, d
	if err := d.cmd.Start(); err != nil {
		t.Fatalf("isc-dhcp-server is needed: %v", err)
	}
	t.Cleanup(func() {
		d.stop()
		if t.Failed() {
			t.Logf("dhcpd:\n%s", d.log.String())
		}
	})
	return d
}

func (d *dhcpd) stop() {
	if d.cmd.ProcessState == nil {
		d.cmd.Process.Kill()
		d.cmd.Wait()
	}
}

func dhcpdConversation(t *testing.T, role lease.Role, vendor string) {
	port := free(t)
	d := startDhcpd(t, role.Other(), "office", port, port)
	cfg := config("office", role, 2, 3, port)
	cfg.MCLT, cfg.PartnerVendor, cfg.PollTimeout = 60, vendor, 3*time.Second
	cfg.Options, cfg.DelayedService = wire.VendorOptions("").With(1, "ours alone"), 3
	p, r := add(t, newHub(t, clock.Real{}), cfg)
	greet := func() Up {
		u := await[Up](r)
		if u.Profile != wire.ISC || !strings.HasPrefix(u.Vendor, "isc-4.") || u.MaxUnacked != 10 || u.ReceiveTimer != 30 || u.MCLT != 60 {
			t.Errorf("got %+v", u)
		}
		if !u.Profile.PrimaryServes(u.HBA, 127) || u.Profile.PrimaryServes(u.HBA, 128) {
			t.Errorf("hash buckets are %x", u.HBA)
		}
		if err := u.Conn.Send(2, wire.STATE{State: wire.StateRecover, Flags: wire.FlagStartup, Since: u.Time}); err != nil {
			t.Error(err)
		}
		if s := await[wire.STATE](r); s.State != wire.StateRecover {
			t.Errorf("dhcpd is in %v", s.State)
		}
		return u
	}
	u := greet()
	quiet(t, r, 4*time.Second) // longer than our receive-timer: CONTACTs come and go
	if s := p.Status(); !s.Connected || time.Since(s.LastReceived) > 3*time.Second {
		t.Errorf("status %+v", s)
	}

	u.Conn.Hangup(wire.ReasonUnknown, "once more")
	for _, ok := next(t, r).(Down); !ok; _, ok = next(t, r).(Down) { // what was under way
	}
	greet()
	d.stop()
	for {
		if e, ok := next(t, r).(Down); ok {
			if !e.ByPartner {
				t.Errorf("got %+v", e)
			}
			break
		}
	}
	if s := p.Status(); s.Connects != 2 || s.Connected {
		t.Errorf("status %+v", s)
	}
}

func next(t *testing.T, r *recorder) any {
	t.Helper()
	select {
	case e := <-r.events:
		return e
	case <-time.After(within):
		t.Fatal("nothing came")
		return nil
	}
}

// quiet lets a time pass in which the connection must not go down, and takes
// what dhcpd says meanwhile.
func quiet(t *testing.T, r *recorder, d time.Duration) {
	t.Helper()
	over := time.After(d)
	for {
		select {
		case e := <-r.events:
			if down, ok := e.(Down); ok {
				t.Fatalf("got %+v", down)
			}
		case <-over:
			return
		}
	}
}

// dhcpdConnects: as secondary dhcpd waits for CONNECT on the connection that
// it opened.
func dhcpdConnects(t *testing.T) {
	port, ours, nobody := free(t), free(t), free(t)
	cfg := config("office", lease.Primary, 2, 3, ours)
	cfg.Partner = at(3, nobody)
	_, r := add(t, newHub(t, clock.Real{}), cfg)
	startDhcpd(t, lease.Secondary, "office", port, ours)
	for {
		u := await[Up](r)
		u.Conn.Send(2, wire.STATE{State: wire.StateRecover, Flags: wire.FlagStartup, Since: u.Time})
		await[wire.STATE](r)
		return
	}
}

func dhcpdOtherName(t *testing.T) {
	port := free(t)
	d := startDhcpd(t, lease.Secondary, "Office", port, port)
	p, r := add(t, newHub(t, clock.Real{}), config("office", lease.Primary, 2, 3, port))
	if n := r.notice(NoticeRefused); n.Reason != wire.ReasonInvalidPartner {
		t.Errorf("notice %+v", n)
	}
	eventually(t, "it is refused again", func() bool { return p.Status().Refusals[0].Count > 1 })
	eventually(t, "dhcpd says so, too", func() bool { return d.said("invalid failover partner") || d.said("unknown") })
	r.calm()
}
