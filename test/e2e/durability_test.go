package e2e

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestKill9UnderLoad kills the server at random moments while clients lease,
// and after each start asks for every lease that any client was ever told of.
func TestKill9UnderLoad(t *testing.T) {
	l := newLoaded(t, nil)
	told := map[string]held{}
	rnd := rand.New(rand.NewPCG(2131, 951)) // the same moments each time
	for round := range 10 {
		r := l.load(1500*time.Millisecond, "-mode", "dora", "-inflight", "64")
		<-time.After(time.Duration(200+rnd.IntN(1000)) * time.Millisecond)
		l.kill9()
		res, have := r.result()
		if res.Run.Wrong+res.Run.Duplicates > 0 {
			t.Errorf("round %d: %d wrong answers, %d duplicates: %v", round, res.Run.Wrong, res.Run.Duplicates, res.Run.Notes)
		}
		if len(have) == 0 {
			t.Errorf("round %d: no lease at all; the round shows nothing", round)
		}
		addTo(t, told, have)
		l.start()
		l.wantAll(told)
	}
	t.Logf("%d acknowledged leases, 10 kills, none lost", len(told))
}

// TestFullDisk fills the disk under a server at work: no ACK may leave that is
// not on disk, the server says what is wrong, and goes on by itself.
func TestFullDisk(t *testing.T) {
	var folder string
	l := newLoaded(t, func(data string) {
		folder = data
		smallDisk(t, data)
	})
	told := map[string]held{}
	_, have := l.load(500*time.Millisecond, "-mode", "dora", "-rate", "500").result()
	addTo(t, told, have)

	filler := filepath.Join(folder, "filler")
	fillUp(t, filler)
	res, have := l.load(2*time.Second, "-mode", "dora", "-inflight", "64").result()
	addTo(t, told, have)
	if res.Run.LostAcks == 0 {
		t.Fatal("the disk never was full: the test shows nothing")
	}
	health := l.one("dhcp getHealth")
	if !strings.Contains(health, "leases.db") || strings.Contains(health, "health = 10") {
		t.Errorf("getHealth does not say what is wrong:\n%s", health)
	}
	if log := l.proc.out.text(); !strings.Contains(log, "leases.db") {
		t.Errorf("the log does not name the file:\n%s", tail(log, 10))
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	resumes(t, l, told)
}

// resumes checks that the server serves again by itself once the cause of a
// failure is gone, and that no lease that was ever told is lost.
func resumes(t *testing.T, l *loaded, told map[string]held) {
	t.Helper()
	eventually(t, "health is 10 again", func() bool { return strings.Contains(l.one("dhcp getHealth"), "health = 10") })
	res, have := l.load(500*time.Millisecond, "-mode", "dora", "-rate", "200").result()
	if res.Run.Completed == 0 || res.Run.LostAcks > 0 {
		t.Errorf("service did not resume: %+v", res.Run)
	}
	addTo(t, told, have)
	l.kill9()
	l.start()
	l.wantAll(told)
}

// smallDisk makes the folder a disk of its own, which is soon full.
func smallDisk(t *testing.T, folder string) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	sh(t, "mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder)
	t.Cleanup(func() { sh(t, "umount", "-l", folder) })
}

// fillUp writes a file until the disk is full.
func fillUp(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for buf := make([]byte, 4096); ; {
		if _, err := f.Write(buf); err != nil {
			return // no space left
		}
	}
}

// TestReadOnlyDatabase takes the right to write away from a running server.
func TestReadOnlyDatabase(t *testing.T) {
	l := newLoaded(t, nil)
	_, told := l.load(500*time.Millisecond, "-mode", "dora", "-rate", "500").result()
	files, err := filepath.Glob(filepath.Join(l.data, "leases.db*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("the lease database and its log are not in %s: %v", l.data, files)
	}
	freeze := func(flag string) {
		for _, f := range files {
			sh(t, "chattr", flag, f)
		}
	}
	freeze("+i")
	t.Cleanup(func() { freeze("-i") })
	res, have := l.load(time.Second, "-mode", "dora", "-rate", "200").result()
	if res.Run.Completed > 0 || len(have) > 0 {
		t.Errorf("%d clients got an ACK though the database takes no writes", res.Run.Completed)
	}
	if health := l.one("dhcp getHealth"); !strings.Contains(health, "leases.db") {
		t.Errorf("getHealth does not name the file:\n%s", health)
	}
	freeze("-i")
	resumes(t, l, told)
}

// TestReloadUnderLoad changes the configuration while clients lease: no packet
// may be lost, and an invalid configuration leaves the running one alone.
func TestReloadUnderLoad(t *testing.T) {
	l := newLoaded(t, nil)
	r := l.load(5*time.Second, "-mode", "dora", "-rate", "400", "-timeout", "3s", "-grace", "3s")
	for i := range 12 {
		l.nrcmd("policy default setLeaseTime "+[]string{"2d", "3d"}[i%2], "dhcp reload")
	}
	l.nrcmd("scope more create 192.168.50.0 255.255.255.0", "scope more addRange 192.168.50.10 192.168.50.20", "dhcp reload")
	// An expression that can only be judged with the classes it names.
	l.nrcmd("policy doomed create", "scope more set policy=doomed")
	if out, _, status := l.nrcmdRaw("scope broken create 10.1.0.0 255.255.0.0\nscope broken addRange 10.1.0.1 10.1.0.9\ndhcp reload\n", "-b"); status == 0 {
		t.Errorf("a scope inside another one was taken:\n%s", out)
	}
	res, _ := r.result()
	if res.Run.LostOffers+res.Run.LostAcks+res.Run.Naks+res.Run.Wrong > 0 || res.Run.Completed == 0 {
		t.Errorf("reloads cost clients their answers: %+v", res.Run)
	}
	if out := l.one("dhcp getHealth"); !strings.Contains(out, "health = 10") {
		t.Errorf("after the refused reload:\n%s", out)
	}
}
