package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTrouble: what keeps the program from its work is said by name, the exit
// status is 2, and no file is left or changed.
func TestTrouble(t *testing.T) {
	s := newServer(t)
	s.load("admin carol create topsecret1 roles=edit-scope\n")
	dir := t.TempDir()
	kept := filepath.Join(dir, "kept")
	if err := os.WriteFile(kept, []byte("what was there\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(s.Address)
	here, none := s.Cluster(), "unix:"+dir+"/none.sock"
	for _, tc := range []struct {
		name string
		args []string
		errs string
	}{
		{"nothing to do", nil, "write either -clone or -compare"},
		{"both", []string{"-clone", "-compare"}, "write either -clone or -compare"},
		{"unknown option", []string{"-clone", "-verbos"}, `unknown option "-verbos", did you mean -verbose?`},
		{"a word too much", []string{"-clone", "all"}, `it is not clear what "all" is for`},
		{"twice", []string{"-clone", "-mc", "a", "--mc", "b"}, "-mc is given twice"},
		{"no value", []string{"-clone", "-mc"}, "-mc needs a value"},
		{"clone of two", []string{"-clone", "-bc", "b"}, "-bc goes with -compare"},
		{"one with itself", []string{"-compare", "-mc", "a", "-bc", "A"}, "-mc and -bc both name a"},
		{"one by two names", []string{"-compare", "-mc", s.Address, "-mu", "carol", "-mp", "topsecret1", "-bc", "localhost:" + port, "-bu", "carol", "-bp", "topsecret1"}, "are the same server, " + s.Address},
		{"one by two spellings", []string{"-compare", "-mc", s.Address, "-mu", "carol", "-mp", "topsecret1", "-bc", "[127.0.0.1]:" + port, "-bu", "carol", "-bp", "topsecret1"}, "are the same server, " + s.Address},
		{"no main", []string{"-clone", "-mc", none}, "reaching the main server, " + none + ": "},
		{"no backup", []string{"-compare", "-mc", here, "-bc", none}, "reaching the backup server, " + none + ": "},
		{"nobody there", []string{"-clone", "-mc", "127.0.0.1:1", "-mu", "u", "-mp", "p"}, "reaching the main server, 127.0.0.1:1: connect: connection refused"},
		{"bad password", []string{"-clone", "-mc", here, "-mu", "carol", "-mp", "topsecret2"}, "logging in to the main server, " + here + ": "},
		{"nobody to ask", []string{"-compare", "-mc", here, "-bc", s.Address}, "no user for the backup server, " + s.Address + ", is given (-bu)"},
		{"no such pair", []string{"-compare", "-mc", here, "-bc", s.Address, "-bu", "carol", "-bp", "topsecret1", "-pair", "x"}, `-pair: neither server has a failover-pair "x"`},
		{"output is a folder", []string{"-clone", "-mc", here, "-o", dir}, "-o " + dir + ": it is a folder"},
		{"no folder for the output", []string{"-clone", "-mc", here, "-o", dir + "/no/file"}, "-o: open " + dir + "/no/file."},
	} {
		args := tc.args
		if len(args) > 0 && !strings.Contains(tc.name, "output") && tc.name != "no value" {
			args = append(args, "-o", kept)
		}
		status, out, errs := result(t, program(t, args...))
		if status != 2 || out != "" || !strings.HasPrefix(errs, "cnrFailoverConfig: ") || !strings.Contains(errs, tc.errs) {
			t.Errorf("%s: status %d, output %q, errors %q; want %q", tc.name, status, out, errs, tc.errs)
		}
		if strings.Contains(errs, "topsecret") {
			t.Errorf("%s: a password is shown: %s", tc.name, errs)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("files left behind: %v %v", files, err)
	}
	if b, err := os.ReadFile(kept); err != nil || string(b) != "what was there\n" {
		t.Errorf("the file has changed: %q %v", b, err)
	}
}

func TestHelpAndVersion(t *testing.T) {
	for flag, want := range map[string]string{"-h": "usage: cnrFailoverConfig -clone", "--version": "cnrFailoverConfig "} {
		status, out, errs := result(t, program(t, flag))
		if status != 0 || !strings.HasPrefix(out, want) || errs != "" {
			t.Errorf("%s: status %d, output %q, errors %q", flag, status, out, errs)
		}
	}
}

// TestCompare: two servers that differ in three things, over the socket and
// over TLS with passwords; the golden files have the short and the long form.
func TestCompare(t *testing.T) {
	main, backup := newServer(t), newServer(t)
	same := "policy cable create\npolicy cable setOption routers 10.1.0.1\nkey k create c2VjcmV0\n"
	main.load(same + "scope office create 10.1.0.0/24\nscope office set ping-timeout=500 description=\"the difference between\"\nscope only create 10.2.0.0/24\n")
	backup.load(same + "scope office create 10.1.0.0/24\nscope office set description=\"the difference between\"\nkey k set secret=b3RoZXI=\ndhcp-interface eth9 create\n")
	short, long := filepath.Join(t.TempDir(), "short"), filepath.Join(t.TempDir(), "long")
	status, _, errs := result(t, program(t, "-compare", "-mc", main.Cluster(), "-bc", backup.Cluster(), "-o", short))
	if status != 1 || errs != "" {
		t.Fatalf("status %d, errors %q", status, errs)
	}
	status, _, errs = result(t, program(t, "-compare", "-mc", main.Address, "-mu", "admin", "-mp", main.Password(),
		"-bc", backup.Address, "-bu", "admin", "-bp", backup.Password(), "-verbose", "-o", long))
	if status != 1 || errs != "" {
		t.Fatalf("over TLS: status %d, errors %q", status, errs)
	}
	texts := make([]string, 2)
	for i, file := range []string{short, long} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = anywhere(string(b), main, backup)
		for j, s := range []*testServer{main, backup} {
			texts[i] = strings.ReplaceAll(texts[i], s.Address, []string{"main.example.com", "backup.example.com"}[j])
		}
		if n := strings.Count(texts[i], "difference"); n != 3 {
			t.Errorf("%d times the word difference in\n%s", n, texts[i])
		}
		if strings.Contains(texts[i], "c2VjcmV0") || strings.Contains(texts[i], "b3RoZXI") {
			t.Error("a secret is shown")
		}
	}
	golden(t, "short.compare", texts[0])
	golden(t, "verbose.compare", texts[1])
}

// TestSecretsNeedEveryRight: who may not see secrets is told that they were
// not compared.
func TestSecretsNeedEveryRight(t *testing.T) {
	main, backup := newServer(t), newServer(t)
	main.load("key k create c2VjcmV0\nadmin carol create topsecret1 roles=edit-scope\n")
	backup.load("key k create \"b3RoZXI=\"\n")
	status, out, errs := result(t, program(t, "-compare", "-mc", main.Cluster(), "-mu", "carol", "-mp", "topsecret1", "-bc", backup.Cluster()))
	if status != 2 || !strings.Contains(out, "\n# secrets were not compared: ") || !strings.Contains(errs, "secrets were not compared: ") || !strings.Contains(errs, "all else matches") {
		t.Errorf("status %d, errors %q\n%s", status, errs, out)
	}
}

// TestPasswordsAreNotInTheProcessList holds the program in a login that never
// ends and reads its command line as ps does.
func TestPasswordsAreNotInTheProcessList(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cmd := program(t, "-compare", "-mc", "unix:"+l.Addr().String(), "-mu", "admin", "-mp", "topsecret", "-bc", "b", "-bu", "admin", "-bp", "topsecret")
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
	if bytes.Contains(title, []byte("topsecret")) || !bytes.Contains(title, []byte("-mc\x00unix:")) {
		t.Errorf("the process list shows %q", title)
	}
	conn.Close()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
}

// TestOutput: a file is replaced as a whole, a link stays one, and what is no
// file is written to.
func TestOutput(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("a long text that was there\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("target", link); err != nil {
		t.Fatal(err)
	}
	if err := write(link, []string{"new"}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(target)
	info, _ := os.Lstat(link)
	if err != nil || string(b) != "new\n" || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("target %q %v, link %v", b, err, info.Mode())
	}
	if info, err := os.Stat(target); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file had the mode 600 and has %v, %v", info.Mode(), err)
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "broken")); err != nil {
		t.Fatal(err)
	}
	if err := write(filepath.Join(dir, "broken"), []string{"x"}); err == nil || !strings.Contains(err.Error(), "leads nowhere") {
		t.Errorf("a link that leads nowhere: %v", err)
	}
	if err := write("/dev/null", []string{"x"}); err != nil {
		t.Error(err)
	}
	if err := write("/dev/full", []string{"x"}); err == nil {
		t.Error("a full device is no error")
	}
	if err := write("", []string{}); err != nil {
		t.Error(err)
	}
}
