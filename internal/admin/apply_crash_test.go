package admin

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"leasehold/internal/clock"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// applyChildEnv makes this test binary the server that is killed; its value is
// the data folder.
const applyChildEnv = "LEASEHOLD_ADMIN_APPLY_CHILD"

const applyCount = 40

// TestApplyChild is the server of TestApplyKilled and does nothing else.
func TestApplyChild(t *testing.T) {
	data := os.Getenv(applyChildEnv)
	if data == "" {
		return
	}
	w := &world{t: t, data: data, clock: clock.NewManual(time.Unix(1_800_000_000, 0)), waits: make(chan time.Duration, 1000)}
	w.open(nil)
	for {
		version, all, err := w.root.snapshot(false)
		w.ok(err)
		m := &adminv1.ApplyRequest{ExpectedVersion: version, Reason: "generation"}
		generation := strconv.FormatUint(version, 10)
		for i := range applyCount {
			// The names change, so that each Apply makes, replaces and deletes.
			m.Put = append(m.Put, wire("policy", fmt.Sprintf("p%d-%d", version%3, i), "packet-file-name", "g"+generation), wire("client-class", fmt.Sprint("c", i), "host-name", "g"+generation))
		}
		for _, o := range all {
			if o.Class == "policy" && strings.HasPrefix(o.Name, "p") && !strings.HasPrefix(o.Name, fmt.Sprintf("p%d-", version%3)) {
				m.Delete = append(m.Delete, named("policy", o.Name))
			}
		}
		answer, err := w.root.apply(m)
		w.ok(err)
		fmt.Printf("applied %d\n", answer.Version)
	}
}

// A server that is killed while it applies comes back with all of what the
// last Apply brought, or with all of what there was before.
func TestApplyKilled(t *testing.T) {
	data := t.TempDir()
	random := rand.New(rand.NewPCG(4, 4))
	for range 6 {
		acked := killApplying(t, data, 1+random.IntN(12), time.Duration(random.IntN(8000))*time.Microsecond)
		db, err := openStore(data)
		if err != nil {
			t.Fatal(err)
		}
		version, err := db.Version(t.Context())
		if err != nil || version < acked {
			t.Fatalf("write %d was acknowledged, %d is stored (%v)", acked, version, err)
		}
		cfg, err := db.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		generation := strconv.FormatUint(version-1, 10)
		policies := 0
		for _, o := range cfg.All(objects.Policy) {
			if strings.HasPrefix(o.Name, "p") {
				policies++
				if o.Attrs["packet-file-name"] != "g"+generation {
					t.Errorf("%s is of generation %s, want %s", o.Ref(), o.Attrs["packet-file-name"], generation)
				}
			}
		}
		if policies != applyCount || cfg.Len(objects.ClientClass) != applyCount {
			t.Errorf("at write %d: %d policies and %d client-classes, want %d of each", version, policies, cfg.Len(objects.ClientClass), applyCount)
		}
		for _, o := range cfg.All(objects.ClientClass) {
			if o.Attrs["host-name"] != "g"+generation {
				t.Errorf("%s is of generation %s, want %s", o.Ref(), o.Attrs["host-name"], generation)
			}
		}
	}
}

// killApplying starts the server, waits for so many applied writes and a
// little more, and kills it; it returns the last write that was acknowledged.
func killApplying(t *testing.T, data string, applies int, more time.Duration) (acked uint64) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestApplyChild$")
	child.Env = append(os.Environ(), applyChildEnv+"="+data)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		n, ok := strings.CutPrefix(lines.Text(), "applied ")
		if !ok {
			t.Errorf("the server says %q", lines.Text())
			continue
		}
		if acked, err = strconv.ParseUint(n, 10, 64); err != nil {
			t.Fatal(err)
		}
		if applies--; applies == 0 {
			// At no moment in particular.
			time.AfterFunc(more, func() { _ = child.Process.Kill() })
		}
	}
	_ = child.Wait() // it was killed
	return acked
}
