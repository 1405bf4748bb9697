package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets the test binary be nrcmd, so that tests run the real program.
func TestMain(m *testing.M) {
	if os.Getenv("BE_NRCMD") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// nrcmd makes a command that runs the program with a home of its own and no
// terminal.
func nrcmd(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	home := t.TempDir()
	cmd.Env = []string{"BE_NRCMD=1", "HOME=" + home, "XDG_STATE_HOME=" + home, "TZ=UTC", "TERM=xterm"}
	return cmd
}

func exitCode(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	err := cmd.Run()
	if _, isExit := err.(*exec.ExitError); err != nil && !isExit {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

func TestExitStatusAndStreams(t *testing.T) {
	dir := t.TempDir()
	for _, tc := range []struct {
		name   string
		args   []string
		status int
		out    string // what standard output begins with
		errs   string // what standard error begins with; "" is empty
	}{
		{"help", []string{"-h"}, 0, "usage: nrcmd", ""},
		{"version", []string{"-v"}, 0, "nrcmd ", ""},
		{"bad option", []string{"-x"}, 2, "", `nrcmd: unknown option "-x"`},
		{"no batch file", []string{"-b", dir + "/none"}, 2, "", "nrcmd: open " + dir + "/none: no such file"},
		{"no batch file of a plain name", []string{"-b", "none-of-it"}, 2, "", "nrcmd: open none-of-it: no such file"},
		{"a folder for a batch file", []string{"-b", dir}, 2, "", "nrcmd: read " + dir + ": is a directory"},
		{"no server", []string{"-C", "unix:" + dir + "/none.sock", "scope", "list"}, 3, "501 Connection Failure - unix:" + dir + "/none.sock", ""},
		{"no server, batch", []string{"-C", "unix:" + dir + "/none.sock", "-b"}, 3, "501 Connection Failure - ", ""},
		{"nobody to ask", []string{"-C", "127.0.0.1:1", "scope", "list"}, 3, "501 Connection Failure - 127.0.0.1:1", ""},
	} {
		cmd := nrcmd(t, tc.args...)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if got := exitCode(t, cmd); got != tc.status {
			t.Errorf("%s: exit status %d, want %d", tc.name, got, tc.status)
		}
		if !strings.HasPrefix(out.String(), tc.out) || tc.out == "" && out.Len() > 0 {
			t.Errorf("%s: output %q, want %q", tc.name, out.String(), tc.out)
		}
		if !strings.HasPrefix(errs.String(), tc.errs) || tc.errs == "" && errs.Len() > 0 {
			t.Errorf("%s: standard error %q, want %q", tc.name, errs.String(), tc.errs)
		}
	}
}

// TestPasswordsAreNotInTheProcessList holds nrcmd in a login that never ends
// and reads its command line as ps does.
func TestPasswordsAreNotInTheProcessList(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, args := range [][]string{
		{"-C", "unix:" + l.Addr().String(), "-N", "admin", "-P", "topsecret", "scope", "list"},
		{"-C", "unix:" + l.Addr().String(), "admin", "carol", "set", "password=topsecret"},
		{"-C", "unix:" + l.Addr().String(), "admin carol create topsecret"},
	} {
		cmd := nrcmd(t, args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		conn, err := l.Accept() // the program runs, and has read its arguments
		if err != nil {
			t.Fatal(err)
		}
		title, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(title, []byte("topsecret")) || !bytes.Contains(title, []byte("-C\x00unix:")) {
			t.Errorf("the process list shows %q", title)
		}
		conn.Close()
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
	}
}
