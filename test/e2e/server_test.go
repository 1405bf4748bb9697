package e2e

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// server is one dhcpd in a namespace.
type server struct {
	t    *testing.T
	lab  *lab
	ns   string
	data string
	args []string
	env  []string
	proc *process

	program string      // "" is the one that TestMain built
	here    map[int]int // line of the output that states counts from, by process
}

// startServer starts dhcpd in a namespace and returns once it serves.
func (l *lab) startServer(ns string, args ...string) *server {
	l.t.Helper()
	s := &server{t: l.t, lab: l, ns: ns, data: filepath.Join(l.dir, ns+"-data"), args: args}
	s.start()
	return s
}

// start waits for systemd's READY=1, which dhcpd sends when leases are loaded
// and its sockets are open.
func (s *server) start() {
	s.t.Helper()
	if !s.tryStart() {
		s.t.Fatalf("dhcpd ended at start with status %d:\n%s", s.proc.wait(), tail(s.proc.out.text(), 40))
	}
}

// tryStart starts the server and tells whether it came up.
func (s *server) tryStart() bool {
	s.t.Helper()
	path := s.data + ".notify"
	os.Remove(path)
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	ready := make(chan bool, 1)
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			if bytes.Contains(buf[:n], []byte("READY=1")) {
				ready <- true
				return
			}
		}
	}()
	program := s.program
	if program == "" {
		program = filepath.Join(bin, "dhcpd")
	}
	argv := append([]string{program, "-data", s.data}, s.args...)
	ns := ""
	if s.ns != "" {
		ns = s.lab.ns(s.ns)
	}
	s.proc = start(s.t, ns, append([]string{"NOTIFY_SOCKET=" + path}, s.env...), argv...)
	select {
	case <-ready:
		return true
	case <-s.proc.end:
		return false
	case <-time.After(patience):
		s.t.Fatalf("dhcpd is not ready; its output:\n%s", tail(s.proc.out.text(), 40))
		return false
	}
}

// pid is the process number of dhcpd itself: ip netns exec becomes it.
func (s *server) pid() int { return s.proc.cmd.Process.Pid }

// kill9 ends the server without a goodbye.
func (s *server) kill9() {
	s.t.Helper()
	s.proc.signal(syscall.SIGKILL)
	s.proc.wait()
}

// stop ends the server in good order and checks that it says so.
func (s *server) stop() {
	s.t.Helper()
	s.proc.signal(syscall.SIGTERM)
	if code := s.proc.wait(); code != 0 {
		s.t.Fatalf("dhcpd ended with status %d after TERM:\n%s", code, tail(s.proc.out.text(), 40))
	}
}

// socket is the path of the admin socket.
func (s *server) socket() string { return filepath.Join(s.data, "rpc.sock") }

// nrcmdRaw runs nrcmd with arguments and standard input and returns what it
// printed and its exit status.
func (s *server) nrcmdRaw(stdin string, args ...string) (stdout, stderr string, status int) {
	s.t.Helper()
	cmd := exec.Command(filepath.Join(bin, "nrcmd"), append([]string{"-C", "unix:" + s.socket()}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	err := cmd.Run()
	if _, isExit := err.(*exec.ExitError); err != nil && !isExit {
		s.t.Fatalf("run nrcmd: %v", err)
	}
	return o.String(), e.String(), cmd.ProcessState.ExitCode()
}

// nrcmd runs lines as a batch file; every one must succeed. It returns what was
// printed.
func (s *server) nrcmd(lines ...string) string {
	s.t.Helper()
	out, errs, status := s.nrcmdRaw(strings.Join(lines, "\n")+"\n", "-b", "--stop")
	if status != 0 {
		s.t.Fatalf("nrcmd ended with status %d for\n%s\n--- output\n%s%s", status, strings.Join(lines, "\n"), out, errs)
	}
	return out
}

// one runs a single command and returns its output without the status line.
func (s *server) one(command string) string {
	s.t.Helper()
	out, errs, status := s.nrcmdRaw("", command)
	if status != 0 {
		s.t.Fatalf("nrcmd %q ended with status %d:\n%s%s", command, status, out, errs)
	}
	_, rest, _ := strings.Cut(out, "\n")
	return rest
}

// attr returns an attribute of a lease, "" if it is unset.
func (s *server) attr(lease, name string) string {
	s.t.Helper()
	m := regexp.MustCompile(`(?:^|\s)` + name + `=("[^"]*"|\S*)`).FindStringSubmatch(s.one("lease " + lease))
	if m == nil {
		return ""
	}
	return strings.Trim(m[1], `"`)
}
