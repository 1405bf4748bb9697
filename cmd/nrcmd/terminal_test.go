package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// patience is how long a screen may take to show what it must.
const patience = 20 * time.Second

// screen is the program on a terminal, and everything that it showed.
type screen struct {
	t    *testing.T
	cmd  *exec.Cmd
	tty  *os.File
	mu   sync.Mutex
	seen bytes.Buffer
	from int // what was expected already ends here
	more chan struct{}
	done chan struct{}
}

func open(t *testing.T, cmd *exec.Cmd) *screen {
	t.Helper()
	// The terminal is the program's by its output: its input may be a file.
	attr := &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1}
	tty, err := pty.StartWithAttrs(cmd, &pty.Winsize{Rows: 24, Cols: 100}, attr)
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, cmd: cmd, tty: tty, more: make(chan struct{}, 1), done: make(chan struct{})}
	go s.read()
	t.Cleanup(func() {
		// It has ended already where all went well.
		_ = cmd.Process.Kill()
		<-s.done
		_ = cmd.Wait()
		tty.Close()
	})
	return s
}

func (s *screen) read() {
	defer close(s.done)
	buf := make([]byte, 4096)
	for {
		n, err := s.tty.Read(buf)
		s.mu.Lock()
		s.seen.Write(buf[:n])
		s.mu.Unlock()
		select {
		case s.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (s *screen) send(keys string) {
	s.t.Helper()
	if _, err := io.WriteString(s.tty, keys); err != nil {
		s.t.Fatal(err)
	}
}

// expect waits until the screen shows a text behind the last one expected, and
// returns what stood before it.
func (s *screen) expect(text string) string {
	s.t.Helper()
	before, _ := s.expectOne(text)
	return before
}

// expectOne is expect for the first of several texts, and returns that as well.
func (s *screen) expectOne(texts ...string) (before, text string) {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		s.mu.Lock()
		rest := s.seen.String()[s.from:]
		s.mu.Unlock()
		first := -1
		for _, t := range texts {
			if i := strings.Index(rest, t); i >= 0 && (first < 0 || i < first) {
				first, text = i, t
			}
		}
		if first >= 0 {
			s.from += first + len(text)
			return rest[:first], text
		}
		select {
		case <-s.more:
		case <-s.done:
			s.t.Fatalf("ended without any of %q; it showed\n%q", texts, rest)
		case <-deadline:
			s.t.Fatalf("none of %q; it showed\n%q", texts, rest)
		}
	}
}

// ended waits for the program's end and returns its exit status.
func (s *screen) ended() int {
	s.t.Helper()
	select {
	case <-s.done:
	case <-time.After(patience):
		s.mu.Lock()
		defer s.mu.Unlock()
		s.t.Fatalf("it does not end; it showed\n%q", s.seen.String())
	}
	// The exit status is in ProcessState.
	_ = s.cmd.Wait()
	return s.cmd.ProcessState.ExitCode()
}

const (
	tab   = "\t"
	enter = "\r"
	ctrlA = "\x01"
	ctrlC = "\x03"
	ctrlD = "\x04"
	ctrlE = "\x05"
	ctrlR = "\x12"
	up    = "\x1b[A"
)

// at is a logged-in nrcmd at its first prompt.
func (s *server) at(t *testing.T, args ...string) *screen {
	t.Helper()
	sc := open(t, nrcmd(t, append([]string{"-C", s.Cluster(), "-N", "admin", "-P", s.Password()}, args...)...))
	sc.expect("visibility = 5")
	sc.expect("nrcmd> ")
	return sc
}

func TestCompletionOnATerminal(t *testing.T) {
	sc := newServer(t).at(t)
	sc.send("sco" + tab)
	sc.expect("scope")
	sc.send(" office cre" + tab + "192.168.50.0 255.255.255.0 pol" + tab)
	sc.expect("policy=")
	sc.send("def" + tab)
	sc.expect("policy=default")
	sc.send(enter)
	sc.expect("100 Ok")
	sc.send("scope off" + tab) // a name from the server
	sc.expect("scope office ")
	sc.send("list" + tab) // ambiguous: listed above the prompt
	sc.expect("listLeases")
	sc.expect("listReservations")
	sc.expect("nrcmd> ")
	sc.send("R" + tab)
	sc.send("a" + tab + enter)
	sc.expect("listRanges")
	sc.expect("100 Ok")
	sc.send("dhcp set one-lease-per-client=la" + tab)
	sc.expect("last-client-preferred")
	sc.send(enter)
	sc.expect("100 Ok")
	sc.send("help scope sel" + tab + enter)
	sc.expect("selection-tag-list")
	sc.expect("100 Ok")
	sc.expect("selection-tag-list list")
	sc.expect("nrcmd> ")
	sc.send("exit" + enter)
	sc.expect("100 Ok")
	if status := sc.ended(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

func TestInterruptsOnATerminal(t *testing.T) {
	sc := newServer(t).at(t)
	// In an empty history: the library's panic.
	sc.send(ctrlR + ctrlC)
	sc.send("scope listnames" + enter)
	sc.expect("100 Ok")
	sc.expect("nrcmd> ")
	sc.send(ctrlR + "list")
	sc.expect("i-search: list")
	sc.send(ctrlC)
	sc.send("this line is given up" + ctrlC)
	sc.expect("^C")
	sc.expect("nrcmd> ")
	sc.send(ctrlR + "listn")
	sc.expect("i-search: listn")
	sc.send(enter)
	sc.expect("100 Ok")
	sc.expect("nrcmd> ")
	sc.send(up + up + up + enter)
	sc.expect("100 Ok")
	sc.expect("nrcmd> ")
	sc.send(ctrlD)
	if status := sc.ended(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// TestKeysTypedAhead: Ctrl-D while a command runs ends nrcmd after it.
func TestKeysTypedAhead(t *testing.T) {
	s := newServer(t)
	for range 10 {
		sc := s.at(t)
		sc.send("scope listnames" + enter)
		sc.expect("100 Ok")
		sc.send(ctrlC + ctrlD)
		if status := sc.ended(); status != 0 {
			t.Errorf("exit status %d", status)
		}
	}
}

func TestCtrlCStopsAListing(t *testing.T) {
	s := newServer(t)
	batch := filepath.Join(t.TempDir(), "clients")
	var b strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&b, "client 1,6,02:00:00:%02x:%02x:%02x create host-name=host-number-%d\n", i>>16, i>>8&255, i&255, i)
	}
	s.Must(os.WriteFile(batch, []byte(b.String()), 0o600))
	if status := exitCode(t, nrcmd(t, "-C", s.Cluster(), "-N", "admin", "-P", s.Password(), "-b", batch, "--atomic")); status != 0 {
		t.Fatalf("loading the clients: exit status %d", status)
	}
	sc := s.at(t)
	sc.send("client list" + enter)
	sc.expect("100 Ok")
	sc.send(ctrlC)
	sc.expect("320 Generic error - interrupted")
	sc.expect("nrcmd> ")
	sc.send("scope listnames" + enter)
	sc.expect("100 Ok")
}

func TestPasswordsOnATerminal(t *testing.T) {
	s := newServer(t)
	password := s.Password()
	home := t.TempDir()
	cmd := nrcmd(t, "-C", s.Address)
	cmd.Env = append(cmd.Env, "HOME="+home, "XDG_STATE_HOME="+home)
	sc := open(t, cmd)
	sc.expect("First contact with " + s.Address)
	sc.expect(s.RPC.Fingerprint())
	sc.expect("username: ")
	sc.send("admin\n")
	sc.expect("password: ")
	sc.send(password + "\n")
	sc.expect("100 Ok")
	sc.expect("cluster = " + s.Address)
	sc.expect("user-name = admin")
	sc.expect("nrcmd> ")
	sc.send("admin carol create roles=read-only" + enter)
	sc.expect("100 Ok")
	sc.send("admin carol enterPassword" + enter)
	sc.expect("\rpassword: ")
	sc.send("hush-hush-1" + enter)
	sc.expect("verify password: ")
	sc.send("hush-hush-1" + enter)
	sc.expect("100 Ok")
	sc.send("admin carol set password=hush-hush-2" + enter)
	sc.expect("100 Ok")
	sc.expect("nrcmd> ")
	sc.send("exit" + enter)
	if status := sc.ended(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	shown := sc.seen.String()
	if strings.Contains(shown, password) || strings.Contains(shown, "hush-hush-1") {
		t.Errorf("a password was shown:\n%q", shown)
	}
	history, err := os.ReadFile(filepath.Join(home, "leasehold", "nrcmd_history"))
	s.Must(err)
	want := "admin carol create roles=read-only\nadmin carol enterPassword\nexit\n"
	if string(history) != want {
		t.Errorf("history\n got %q\nwant %q", history, want)
	}
}

func TestHistoryOfAnEarlierSession(t *testing.T) {
	s := newServer(t)
	home := t.TempDir()
	for _, keys := range []string{"scope listnames" + enter, up + enter} {
		cmd := nrcmd(t, "-C", s.Cluster(), "-N", "admin", "-P", s.Password())
		cmd.Env = append(cmd.Env, "XDG_STATE_HOME="+home)
		sc := open(t, cmd)
		sc.expect("nrcmd> ")
		sc.send(keys)
		sc.expect("scope listnames")
		sc.expect("100 Ok")
		sc.expect("nrcmd> ")
		sc.send(ctrlD)
		sc.ended()
	}
}

func TestDeadServerOnATerminal(t *testing.T) {
	s := newServer(t)
	sc := s.at(t)
	s.Stop()
	sc.send("scope listnames" + enter)
	sc.expect("501 Connection Failure")
	sc.expect("nrcmd> ")
	sc.send("sco" + tab + " " + tab) // completion without a server must not hang
	sc.send(ctrlC)
	sc.expect("nrcmd> ")
	s.Start()
	sc.send("scope listnames" + enter)
	sc.expect("100 Ok")
	sc.expect("nrcmd> ")
	sc.send(ctrlD)
	if status := sc.ended(); status != 1 {
		t.Errorf("exit status %d, want 1: a command had failed", status)
	}
}

// TestLoginIsAskedOnTheTerminal: commands come from a file, the questions still
// go to the terminal, as the seeds show it.
func TestLoginIsAskedOnTheTerminal(t *testing.T) {
	s := newServer(t)
	file := filepath.Join(t.TempDir(), "config_file")
	s.Must(os.WriteFile(file, []byte("# Set the configuration to match DHCP server localhost\ndhcp set client-class=enabled\n"), 0o600))
	cmd := nrcmd(t, "-C", s.Address, "-b")
	in, err := os.Open(file)
	s.Must(err)
	defer in.Close()
	cmd.Stdin = in
	sc := open(t, cmd)
	sc.expect("username: ")
	sc.send("admin\n")
	sc.expect("password: ")
	sc.send(s.Password() + "\n")
	sc.expect("100 Ok\r\nsession:\r\n    cluster = " + s.Address + "\r\n    default-format = user\r\n    user-name = admin\r\n    visibility = 5\r\nnrcmd> \r\nSet the configuration to match DHCP server localhost\r\nnrcmd> \r\n100 Ok\r\nnrcmd> \r\n")
	if status := sc.ended(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

func TestNarrowAndUnsizedTerminals(t *testing.T) {
	s := newServer(t)
	for _, size := range []*pty.Winsize{{Rows: 24, Cols: 10}, {}} {
		cmd := nrcmd(t, "-C", s.Cluster(), "-N", "admin", "-P", s.Password())
		sc := open(t, cmd)
		sc.expect("nrcmd> ")
		s.Must(pty.Setsize(sc.tty, size))
		sc.send("dhcp set " + tab + tab + "ping-ti" + tab + "500" + enter)
		sc.expect("100 Ok")
		sc.expect("nrcmd> ")
		sc.send(ctrlR + "ping" + ctrlC + ctrlD)
		if status := sc.ended(); status != 0 {
			t.Errorf("%+v: exit status %d", size, status)
		}
	}
}

// TestCtrlCAtThePassword: the terminal shows again what is typed.
func TestCtrlCAtThePassword(t *testing.T) {
	s := newServer(t)
	sc := open(t, nrcmd(t, "-C", s.Address, "-N", "admin"))
	sc.expect("password: ")
	if sc.echoes() {
		t.Error("the terminal shows what is typed at a password's prompt")
	}
	sc.send("half a passw" + ctrlC)
	if status := sc.ended(); status != -1 || sc.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
		t.Errorf("ended with %v, want the signal", sc.cmd.ProcessState)
	}
	if !sc.echoes() {
		t.Error("the terminal does not show what is typed any more")
	}
}

// echoes tells whether the terminal shows what is typed.
func (s *screen) echoes() bool {
	s.t.Helper()
	settings, err := unix.IoctlGetTermios(int(s.tty.Fd()), unix.TCGETS)
	if err != nil {
		s.t.Fatal(err)
	}
	return settings.Lflag&unix.ECHO != 0
}

// TestEditingAWrappedLine: the way back over the start of a screen line is one
// step up, on terminals that step up at its start by themselves and on others.
func TestEditingAWrappedLine(t *testing.T) {
	s := newServer(t)
	sc := open(t, nrcmd(t, "-C", s.Cluster(), "-N", "admin", "-P", s.Password()))
	sc.expect("nrcmd> ")
	const end = "the end of it"
	sc.send("# " + strings.Repeat("x", 100) + end)
	sc.expect(end)
	sc.send(ctrlA)
	back := sc.expect("\x1b[A\r\x1b[100C")
	below := len("nrcmd> # ") + 100 + len(end) - 100
	if steps := len(back) - len(strings.TrimRight(back, "\b")); steps != below {
		t.Errorf("%d steps to the left in a line of %d, then one up", steps, below)
	}
	sc.send(ctrlE + enter + ctrlD)
	sc.ended()
}

// TestHelpStopsAtEachScreenful: but only help does.
func TestHelpStopsAtEachScreenful(t *testing.T) {
	const (
		more   = "-- more: "
		gone   = "\x1b[A\x1b[2K\r"  // the question, when the text goes on
		prompt = "\x1b[2K\rnrcmd> " // and not that of an example
	)
	sc := newServer(t).at(t)
	sc.send("help scope" + enter)
	first := sc.expect(more)
	if !strings.Contains(first, "NAME\r\n") || strings.Contains(first, "DESCRIPTION") {
		t.Errorf("the first screenful is %q", first)
	}
	rows := 0 // a line wider than the screen takes several
	lines := strings.Split(first[strings.Index(first, "100 Ok"):], "\r\n")
	for _, l := range lines[:len(lines)-1] {
		rows += max(1, (len(l)+99)/100)
	}
	if rows != 23 {
		t.Errorf("the first screenful has %d rows, want 23 of 24", rows)
	}
	sc.send("x ")
	sc.expect(gone + "    ")
	sc.expect("DESCRIPTION")
	sc.expect(more)
	sc.send("q")
	if rest := sc.expect("nrcmd> "); strings.Contains(rest, "ATTRIBUTES") {
		t.Errorf("after q: %q", rest)
	}
	sc.send("dhcp show" + enter)
	if all := sc.expect("nrcmd> "); strings.Contains(all, more) {
		t.Errorf("a listing stops: %q", all)
	}
	sc.send("help policy" + enter)
	sc.expect(more)
	sc.send(ctrlC + "scope listnames" + enter) // what comes behind the answer is for the prompt
	sc.expect("100 Ok")
	sc.expect("nrcmd> ")
	sc.send("help dhcp" + enter)
	sc.expect("100 Ok")
	whole, asked := sc.expectOne(more, prompt)
	for pages := 0; asked == more && pages < 50; pages++ {
		sc.send(enter)
		sc.expect(gone)
		var text string
		text, asked = sc.expectOne(more, prompt)
		whole += text
	}
	if asked == more || !strings.Contains(whole, "ATTRIBUTES") {
		t.Errorf("with Enter after Enter help does not come to its end: %q", whole)
	}
	sc.send(ctrlD)
	if status := sc.ended(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// TestHistoryOfContinuedLines: a command on several lines is one in the
// history, and not there at all if it holds a password.
func TestHistoryOfContinuedLines(t *testing.T) {
	s := newServer(t)
	home := t.TempDir()
	cmd := nrcmd(t, "-C", s.Cluster(), "-N", "admin", "-P", s.Password())
	cmd.Env = append(cmd.Env, "XDG_STATE_HOME="+home)
	sc := open(t, cmd)
	sc.expect("nrcmd> ")
	sc.send("scope \\" + enter)
	sc.expect("     > ")
	sc.send("listnames" + enter)
	sc.expect("100 Ok")
	sc.expect("nrcmd> ")
	sc.send("admin admin set \\" + enter)
	sc.expect("     > ")
	sc.send("password=hush-hush-3" + enter)
	sc.expect("100 Ok")
	sc.expect("nrcmd> ")
	sc.send("given up \\" + enter)
	sc.expect("     > ")
	sc.send(ctrlC)
	sc.expect("nrcmd> ")
	sc.send("exit" + enter)
	sc.ended()
	history, err := os.ReadFile(filepath.Join(home, "leasehold", "nrcmd_history"))
	s.Must(err)
	if want := "scope listnames\nexit\n"; string(history) != want {
		t.Errorf("history\n got %q\nwant %q", history, want)
	}
}
