package flight

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// none is a view without leases.
type none struct{}

func (none) Mine(lease.Key) bool                                       { return true }
func (none) Get(k lease.Key) lease.Lease                               { return lease.Lease{Key: k, State: lease.Available} }
func (none) Unacked(_ lease.Key, _ int, b []lease.Lease) []lease.Lease { return b }
func (none) All(_ lease.Key, _ int, b []lease.Lease) []lease.Lease     { return b }
func (none) Pending(_ int64, _ int, b []lease.Key) []lease.Key         { return b }
func (none) NextPending() (int64, bool)                                { return 0, false }
func (none) Pools(b []binding.Pool) []binding.Pool                     { return b }
func (none) Spare(_ *binding.Pool, _ lease.Role, _ int, b []lease.Key) []lease.Key {
	return b
}

const start = 1_800_000_000

func at(s int) core.Now {
	return core.Now{Wall: start + int64(s), Mono: time.Duration(s) * time.Second}
}

// record makes a short recording: a backup meets its main.
func record(t *testing.T) string {
	t.Helper()
	var tape bytes.Buffer
	r := New(&tape, "test", func(err error) { t.Error(err) })
	e := r.Begin("blue", core.Config{Name: "blue", Role: lease.Secondary, MCLT: 60, MaxUnacked: 10, PollTimeout: time.Minute}, core.Snapshot{}, none{}, at(0))
	hba := wire.HBA{1, 2, 0xff}
	e.Step(at(1), core.Up{Vendor: "leasehold-1", MaxUnacked: 10, MCLT: 60, HBA: &hba, Time: wire.TimeOf(start + 1)})
	e.Step(at(1), core.Message{Message: wire.Message{Time: wire.TimeOf(start + 1), XID: 2, Body: wire.STATE{State: wire.StatePartnerDown, Since: 1}}})
	e.Step(at(2), core.Message{Message: wire.Message{XID: 3, Body: wire.BNDUPD{Bindings: []wire.Binding{{
		Address: netip.MustParseAddr("10.0.0.7"), Status: wire.StatusActive, ClientID: "\xff\x00\xc3\x28",
		HW: wire.HW{Type: 1, Len: 6, Addr: [16]byte{2, 0, 0, 0, 0, 1}}, Expiration: start + 100, LastTransaction: start,
	}}}}})
	e.Step(at(2), core.Held{IDs: []uint64{1}})
	e.Step(at(2), core.Written{IDs: []uint64{1}, Err: errors.New("disk full")})
	e.Step(at(3), core.Down{Text: "the cable"})
	e.Step(at(3), core.Timeout{})
	return tape.String()
}

func play(text string) (steps []Step, err error) {
	err = Play(strings.NewReader(text), func(s Step) { steps = append(steps, s) })
	return steps, err
}

func TestPlay(t *testing.T) {
	tape := record(t)
	steps, err := play(tape)
	if err != nil || len(steps) != 8 {
		t.Fatalf("%d steps, %v", len(steps), err)
	}
	for _, s := range steps {
		if s.Otherwise != "" {
			t.Errorf("%s: %s", s.Input, s.Otherwise)
		}
	}
	if !strings.Contains(strings.Join(steps[3].Did, "; "), "hold 1") || !strings.Contains(strings.Join(steps[5].Did, "; "), "send BNDACK xid=3") {
		t.Errorf("%v", steps)
	}
}

// What is no recording, or of another core, is said.
func TestPlayOtherwise(t *testing.T) {
	tape := record(t)
	lines := strings.SplitAfter(tape, "\n")
	last := func(n int) string { return strings.Join(lines[:len(lines)-n], "") }
	for _, c := range []struct{ name, tape, err, otherwise string }{
		{"empty", "", "it is empty", ""},
		{"no recording", "hello\n", "line 1: this is no line of a recording", ""},
		{"no head", strings.Join(lines[1:], ""), "begins with its format", ""},
		{"another format", "{\"format\":9}\n", "format 9", ""},
		{"cut off in a step", last(2), `line 16: the recording ends within a step of "blue"`, ""},
		{"cut off in a line", tape[:len(tape)-5], "ends within a step", ""},
		{"another input", strings.Replace(tape, `"in":"Down"`, `"in":"Nonsense"`, 1), `there is no input "Nonsense"`, ""},
		{"another message", strings.Replace(tape, `"Type":"STATE"`, `"Type":"STORY"`, 1), `there is no message "STORY"`, ""},
		{"another state", strings.Replace(tape, `"state":"RECOVER"`, `"state":"NORMAL"`, 1), "", "it went to NORMAL"},
		{"another deed", strings.Replace(tape, `"hold 1"`, `"hold 2"`, 1), "", `"hold 2"`},
		{"another word", strings.Replace(tape, `"Text":"the cable"`, `"Text":"the rope"`, 1), "", "the cable"},
		{"other contents", strings.Replace(tape, `"sum":`, `"sum":7,"was":`, 1), "", "with other contents"},
		{"another look", strings.Replace(tape, `"c":"Get"`, `"c":"All"`, 1), "looks at the leases otherwise than it did (Get, it was All)", ""},
		{"one look less", strings.Replace(tape, `{"c":"Get"`, `{"c":"Mine","r":true},{"c":"Get"`, 1), "otherwise than it did", ""},
	} {
		steps, err := play(c.tape)
		switch {
		case c.err == "" && err != nil, c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: %v, want %q", c.name, err, c.err)
		}
		found := c.otherwise == ""
		for _, s := range steps {
			found = found || strings.Contains(s.Otherwise, c.otherwise)
		}
		if !found {
			t.Errorf("%s: nothing says %q: %+v", c.name, c.otherwise, steps)
		}
	}
}

// broken is a view that breaks down.
type broken struct{ none }

func (broken) Mine(lease.Key) bool { panic("no such page") }

// What a core broke down with is in the recording.
func TestPanicIsRecorded(t *testing.T) {
	var tape bytes.Buffer
	e := New(&tape, "test", func(err error) { t.Error(err) }).Begin("blue", core.Config{Role: lease.Primary, MCLT: 60}, core.Snapshot{}, broken{}, at(0))
	e.Step(at(1), core.Up{Vendor: "leasehold-1", MaxUnacked: 10, Time: wire.TimeOf(start + 1)})
	func() {
		defer func() { _ = recover() }()
		e.Step(at(2), core.Message{Message: wire.Message{XID: 3, Body: wire.BNDUPD{Bindings: []wire.Binding{{Address: netip.MustParseAddr("10.0.0.7"), Status: wire.StatusFree}}}}})
	}()
	if !strings.Contains(tape.String(), `"panic":"no such page"`) {
		t.Errorf("%s", tape.String())
	}
}

// full is a disk that is full after some lines.
type full struct{ left int }

func (f *full) Write(b []byte) (int, error) {
	if f.left--; f.left < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(b), nil
}

// A recorder that cannot write says so once, and the core goes on.
func TestFullDisk(t *testing.T) {
	said := 0
	r := New(&full{3}, "test", func(error) { said++ })
	e := r.Begin("blue", core.Config{Role: lease.Primary, MCLT: 60}, core.Snapshot{}, none{}, at(0))
	for i := range 100 {
		e.Step(at(i), core.Timeout{})
	}
	if said != 1 || e.Status().State != wire.StatePartnerDown {
		t.Errorf("said %d times, state %s", said, e.Status().State)
	}
}

// Every input of the core, and every message, can be recorded.
func TestEveryType(t *testing.T) {
	for file, want := range map[string]struct {
		method string
		known  map[string]reflect.Type
	}{"../core/api.go": {"input", inputs}, "../wire/body.go": {"Type", bodies}} {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, src, 0)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || fn.Name.Name != want.method {
				continue
			}
			n++
			if name := fn.Recv.List[0].Type.(*ast.Ident).Name; want.known[name] == nil {
				t.Errorf("%s of %s is not known", name, file)
			}
		}
		if n != len(want.known) {
			t.Errorf("%s has %d, %d are known", file, n, len(want.known))
		}
	}
}

// FuzzStrings: any octets come back as they were.
func FuzzStrings(f *testing.F) {
	f.Add("plain", "\xff\x00\xc3\x28\u2028")
	f.Fuzz(func(t *testing.T, a, b string) {
		want := lease.Lease{HostName: a, ClientID: b, RelayInfo: a + b, Expiration: lease.Forever}
		raw, err := encode(want)
		if err != nil {
			t.Fatal(err)
		}
		var got lease.Lease
		if err := decode(raw, &got); err != nil || got != want {
			t.Fatalf("%+v, want %+v: %v", got, want, err)
		}
	})
}

// FuzzPlay: whatever a file holds, playing it ends.
func FuzzPlay(f *testing.F) {
	f.Add("{\"format\":1}\n{\"pair\":\"a\",\"now\":{},\"new\":{}}\n{\"pair\":\"a\",\"done\":true}\n{\"pair\":\"a\",\"now\":{},\"in\":\"Timeout\",\"value\":{}}\n{\"pair\":\"a\",\"done\":true}\n")
	f.Fuzz(func(_ *testing.T, tape string) {
		play(tape) //nolint:errcheck // most are no recordings
	})
}
