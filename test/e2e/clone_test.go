package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// failoverConfig runs cnrFailoverConfig in the namespace of a server and returns
// what it wrote to its file.
func (s *server) failoverConfig(status int, args ...string) string {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "file")
	argv := append([]string{"netns", "exec", s.lab.ns(s.ns), filepath.Join(bin, "cnrFailoverConfig")}, append(args, "-o", file)...)
	cmd := exec.Command("ip", argv...)
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+s.t.TempDir())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != status {
		s.t.Fatalf("cnrFailoverConfig %v: %v, want status %d\n%s", args, err, status, out.String())
	}
	b, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

// TestCloneLoadCompareConfirm is the procedure of the 5.0 handbook: configure
// the main, clone it, load the clone on the backup, compare, reload both, and
// see them synchronized.
func TestCloneLoadCompareConfirm(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	all := s.coupled("a", "b")
	a, b := all["a"], all["b"]
	a.nrcmd(quick.scope()...)
	a.nrcmd("dhcp enable client-class", "client-class phones create policy-name=office", "client 1,6,02:00:00:00:00:07 create client-class-name=phones",
		"scope office addReservation 192.168.50.220 1,6,02:00:00:00:00:07")
	a.pairOf("office", "a", "b")
	ofMain := []string{"-mc", own("a"), "-mu", "admin", "-mp", a.password()}
	ofBoth := append(ofMain, "-bc", "unix:"+b.socket(), "-compare")

	before := b.failoverConfig(1, ofBoth...)
	if !strings.Contains(before, "\nscope office: main=(present) backup=(missing) difference\n") {
		t.Errorf("an empty backup differs in\n%s", before)
	}
	clone := b.failoverConfig(0, append(ofMain, "-clone")...) // from the backup's machine, over TLS
	out, errs, status := b.nrcmdRaw(clone, "-b")
	if status != 0 || errs != "" || !strings.Contains(out, "nrcmd> \nSet the configuration to match DHCP server "+own("a")+"\nnrcmd> \n") {
		t.Fatalf("loading the clone: status %d\n%s%s", status, out, errs)
	}
	if again := b.failoverConfig(0, "-clone", "-mc", "unix:"+b.socket()); strings.Replace(again, "unix:"+b.socket(), own("a"), 1) != clone {
		t.Errorf("the clone of the backup is another:\n%s\nthan the main's:\n%s", again, clone)
	}
	if text := b.failoverConfig(0, ofBoth...); strings.Contains(text, "difference") {
		t.Errorf("differs after the clone was loaded:\n%s", text)
	}
	a.one("dhcp reload")
	b.one("dhcp reload")
	s.normal(a, b)

	b.nrcmd("scope office set ping-timeout=777")
	short, long := a.failoverConfig(1, ofBoth...), a.failoverConfig(1, append(ofBoth, "-verbose")...)
	for _, text := range []string{short, long} {
		if strings.Count(text, "difference") != 1 || !strings.Contains(text, "\nscope office ping-timeout: main=(unset) backup=777 difference\n") {
			t.Errorf("one attribute differs:\n%s", text)
		}
	}
	if strings.Count(long, "\n") <= strings.Count(short, "\n") {
		t.Error("-verbose prints no more")
	}
}
