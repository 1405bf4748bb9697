package e2e

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// localServer runs on loopback, outside any namespace, so that a test reaches
// its TCP port.
func localServer(t *testing.T) (s *server, rpc string) {
	t.Helper()
	l := newLab(t)
	rpc = freeTCP(t)
	s = &server{t: t, lab: l, data: filepath.Join(l.dir, "data"), args: []string{"-address", "127.0.0.1", "-dhcp-port", freeUDP(t), "-rpc", rpc}}
	s.start()
	return s, rpc
}

func freeTCP(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func freeUDP(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return fmt.Sprint(c.LocalAddr().(*net.UDPAddr).Port)
}

// overTCP runs nrcmd against a TCP cluster with a home of its own.
func overTCP(t *testing.T, home, cluster string, args ...string) (out string, status int) {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, "nrcmd"), append([]string{"-C", cluster}, args...)...)
	cmd.Env = append(cmd.Environ(), "HOME="+home, "XDG_STATE_HOME="+home, "XDG_CONFIG_HOME="+home)
	b, err := cmd.CombinedOutput()
	if _, isExit := err.(*exec.ExitError); err != nil && !isExit {
		t.Fatal(err)
	}
	return string(b), cmd.ProcessState.ExitCode()
}

func (s *server) password() string {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.data, "initial-admin-password"))
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

func TestLoginOverTCP(t *testing.T) {
	s, rpc := localServer(t)
	home := t.TempDir()
	out, status := overTCP(t, home, rpc, "-N", "admin", "-P", s.password(), "scope listnames")
	if status != 0 || !strings.HasPrefix(out, "100 Ok") {
		t.Fatalf("login with the right password: status %d\n%s", status, out)
	}
	if out, status := overTCP(t, home, rpc, "-N", "admin", "-P", "wrong", "scope listnames"); status != 3 || !strings.Contains(out, "401 Login Failure") {
		t.Errorf("login with a wrong password: status %d\n%s", status, out)
	}
	if out, status := overTCP(t, home, freeTCP(t), "-N", "admin", "-P", "x", "scope listnames"); status != 3 || !strings.Contains(out, "127.0.0.1") {
		t.Errorf("no server: status %d\n%s", status, out)
	}
	if out, status := overTCP(t, home, "no-such-host.invalid", "-N", "admin", "-P", "x", "scope listnames"); status != 3 || !strings.Contains(out, "no-such-host.invalid") {
		t.Errorf("wrong cluster: status %d\n%s", status, out)
	}

	// The server gets another certificate: a client that knows the old one
	// must not talk to it.
	s.stop()
	for _, f := range []string{"rpc.key", "rpc.crt"} {
		if err := os.Remove(filepath.Join(s.data, f)); err != nil {
			t.Fatal(err)
		}
	}
	s.start()
	if out, status := overTCP(t, home, rpc, "-N", "admin", "-P", s.password(), "scope listnames"); status != 3 || !strings.Contains(out, "certificate") {
		t.Errorf("changed certificate: status %d\n%s", status, out)
	}
}

func TestGarbageOnTheRPCPort(t *testing.T) {
	s, rpc := localServer(t)
	noise := make([]byte, 1<<20)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	for _, send := range [][]byte{noise, []byte("GET / HTTP/1.1\r\n\r\n"), {0x16, 0x03, 0x01, 0xff, 0xff}, {}} {
		for _, where := range [][2]string{{"tcp", rpc}, {"unix", s.socket()}} {
			c, err := net.Dial(where[0], where[1])
			if err != nil {
				t.Fatal(err)
			}
			if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			_, _ = c.Write(send) // the server may hang up at any point
			if u, ok := c.(interface{ CloseWrite() error }); ok {
				_ = u.CloseWrite()
			}
			_, _ = io.Copy(io.Discard, c)
			c.Close()
		}
	}
	if got := s.one("dhcp getHealth"); !strings.Contains(got, "health = 10") {
		t.Errorf("after garbage: %s", got)
	}
}

func TestLineOf64MB(t *testing.T) {
	s, _ := localServer(t)
	out, _, status := s.nrcmdRaw("scope "+strings.Repeat("x", 64<<20)+" create 10.0.0.0 255.0.0.0\nscope listnames\n", "-b")
	if status == 0 {
		t.Error("a line of 64 MB was taken")
	}
	if len(out) > 1<<20 {
		t.Errorf("the answer to it has %d octets", len(out))
	}
	if got := s.one("dhcp getHealth"); !strings.Contains(got, "health = 10") {
		t.Errorf("after a line of 64 MB: %s", got)
	}
}

// TestDatabaseLocked has another program hold a database when the server
// starts, and try to open it while the server runs.
func TestDatabaseLocked(t *testing.T) {
	s, _ := localServer(t)
	s.nrcmd("scope office create 192.168.50.0 255.255.255.0")
	for _, file := range []string{"config.db", "leases.db"} {
		path := filepath.Join(s.data, file)
		db, err := sql.Open("sqlite3", "file:"+path+"?_txlock=exclusive&_busy_timeout=100")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Begin(); err == nil || !strings.Contains(err.Error(), "locked") {
			t.Errorf("another program may lock %s under a running server: %v", file, err)
		}
		s.nrcmd("scope office set description=unharmed")
		s.stop()
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		s.refusesToStart(path, "locked")
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		db.Close()
		s.start()
		if got := s.one("scope office get description"); !strings.Contains(got, "unharmed") {
			t.Errorf("after all: %s", got)
		}
	}
}

// manyScopes makes n commands that come in pairs: a scope and its range.
func manyScopes(n int) []string {
	cmds := make([]string, 0, n)
	for i := 0; len(cmds) < n; i++ {
		cmds = append(cmds,
			fmt.Sprintf("scope s%d create 10.%d.%d.0 255.255.255.0", i, i/256, i%256),
			fmt.Sprintf("scope s%d addRange 10.%d.%d.10 10.%d.%d.200", i, i/256, i%256, i/256, i%256))
	}
	return cmds
}

func (s *server) scopeCount() int { return len(strings.Fields(s.one("scope listnames"))) }

func TestBatchOfTenThousand(t *testing.T) {
	s, _ := localServer(t)
	began := time.Now()
	s.nrcmd(manyScopes(10000)...)
	t.Logf("10,000 commands took %v", time.Since(began).Round(10*time.Millisecond))
	if n := s.scopeCount(); n != 5000 {
		t.Errorf("%d scopes, want 5000", n)
	}
	s.one("dhcp reload")
}

func TestAtomicBatch(t *testing.T) {
	s, _ := localServer(t)
	cmds := append(manyScopes(2000), "scope last create 10.300.0.0 255.255.255.0")
	out, _, status := s.nrcmdRaw(strings.Join(cmds, "\n")+"\n", "-b", "--atomic")
	if status == 0 {
		t.Errorf("the batch with an error in its last line succeeded:\n%s", tail(out, 5))
	}
	if n := s.scopeCount(); n != 0 {
		t.Errorf("%d scopes are there after a batch that failed", n)
	}
	if _, _, status := s.nrcmdRaw(strings.Join(cmds[:2000], "\n")+"\n", "-b", "--dry-run"); status != 0 {
		t.Errorf("dry run: status %d", status)
	}
	if n := s.scopeCount(); n != 0 {
		t.Errorf("%d scopes are there after a dry run", n)
	}
	if out, _, status := s.nrcmdRaw(strings.Join(cmds[:2000], "\n")+"\n", "-b", "--atomic"); status != 0 {
		t.Fatalf("atomic batch: status %d\n%s", status, tail(out, 5))
	}
	if n := s.scopeCount(); n != 1000 {
		t.Errorf("%d scopes, want 1000", n)
	}
}

// TestKillInTheMiddleOfABatch kills nrcmd, then the server: what is stored is
// old or new, never half.
func TestKillInTheMiddleOfABatch(t *testing.T) {
	s, _ := localServer(t)
	batch := s.lab.file("batch", strings.Join(manyScopes(6000), "\n")+"\n", 0o644)
	run := func(args ...string) *process {
		return start(t, "", nil, append([]string{filepath.Join(bin, "nrcmd"), "-C", "unix:" + s.socket(), "-b", batch}, args...)...)
	}
	p := run("--atomic")
	p.expect(0, "100 Ok")
	p.signal(syscall.SIGKILL)
	p.wait()
	if n := s.scopeCount(); n != 0 && n != 3000 {
		t.Errorf("nrcmd killed in an atomic batch left %d of 3000 scopes", n)
	}
	p = run("--atomic")
	p.expect(0, "100 Ok")
	s.kill9()
	p.wait()
	s.start()
	if n := s.scopeCount(); n != 0 && n != 3000 {
		t.Errorf("the server killed in an atomic batch left %d of 3000 scopes", n)
	}
	s.nrcmd("scope probe create 172.16.0.0 255.255.255.0", "scope probe delete")
	p = run()
	p.expect(0, "100 Ok")
	s.kill9()
	if status := p.wait(); status == 0 {
		t.Error("nrcmd ended with status 0 though its server was killed")
	}
	s.start()
	if out := s.one("session changes"); out == "" {
		t.Error("the change log is empty")
	}
	s.nrcmd("dhcp reload")
}
