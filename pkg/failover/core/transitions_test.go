package core

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// TestTransitionsAreTheDrafts holds the table, without the rows that are ours,
// against testdata/transitions, for every state, event, partner's state and
// condition. The first line that fits counts; where none does, the state must
// stay.
func TestTransitionsAreTheDrafts(t *testing.T) {
	lines := readTransitions(t)
	all := transitions
	defer func() { transitions = all }()
	transitions = slices.DeleteFunc(slices.Clone(all), func(t transition) bool { return t.ours })

	for _, s := range inOrder {
		for on := up; on <= stopping; on++ {
			partners := states{0}
			if on == up {
				partners = inOrder[1:]
			}
			for _, partner := range partners {
				for f := range facts(1 << len(factNames)) {
					compareTransition(t, lines, s, on, partner, f)
				}
			}
		}
	}
	for _, l := range lines {
		if !l.used {
			t.Errorf("nothing fits the line %q", l.text)
		}
	}
}

// draftLine is a line of testdata/transitions.
type draftLine struct {
	text, from, on, partner, guard, to, action string
	used                                       bool
}

func readTransitions(t *testing.T) []*draftLine {
	t.Helper()
	text, err := os.ReadFile("testdata/transitions")
	if err != nil {
		t.Fatal(err)
	}
	var lines []*draftLine
	for line := range strings.Lines(string(text)) {
		left, right, ok := strings.Cut(strings.TrimSpace(line), " -> ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		l := &draftLine{text: line}
		for i, w := range strings.Fields(left) {
			switch {
			case i == 0:
				l.from = w
			case i == 1:
				l.on = w
			case strings.HasPrefix(w, "if:"):
				l.guard = w[3:]
			case w != "*":
				l.partner = w
			}
		}
		l.to, l.action, _ = strings.Cut(right, " ")
		lines = append(lines, l)
	}
	return lines
}

// facts is a set of conditions, a bit each.
type facts int

var factNames = []string{"primary", "starting", "recovers", "wasDown", "waited"}

func (f facts) has(name string) bool {
	if name == "secondary" {
		return !f.has("primary")
	}
	return f&(1<<slices.Index(factNames, name)) != 0
}

func (f facts) String() string {
	var names []string
	for _, n := range factNames {
		if f.has(n) {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

var eventWords = [...]string{
	up: "up", lost: "down", command: "cmd", expiry: "timer", updated: "UPDDONE", pausing: "pause", stopping: "shutdown",
}

func compareTransition(t *testing.T, lines []*draftLine, s wire.ServerState, on event, partner wire.ServerState, f facts) {
	t.Helper()
	want, wantAction := "stays", ""
	for _, l := range lines {
		if (l.from == s.String() || l.from == "any") && l.on == eventWords[on] && (l.guard == "" || f.has(l.guard)) &&
			(l.partner == "" || slices.Contains(strings.Split(l.partner, ","), partner.String())) {
			want, wantAction, l.used = l.to, l.action, true
			break
		}
	}
	got, gotAction := "stays", ""
	m := machineWhere(f)
	m.snap.PartnerState = partner
	if row := m.find(s, on); row != nil {
		got = map[wire.ServerState]string{stay: "stays", previous: "previous"}[row.to]
		if got == "" {
			got = row.to.String()
		}
		if slices.Contains(row.do, request) {
			gotAction = "request"
		} else if slices.Contains(row.do, again) {
			gotAction = "again"
		}
	}
	if got != want || gotAction != wantAction {
		t.Errorf("%s, %s %s, if %s: %s %s, the draft says %s %s", s, eventWords[on], partner, f, got, gotAction, want, wantAction)
	}
}

// machineWhere is a machine for which the facts hold.
func machineWhere(f facts) *Machine {
	m := &Machine{cfg: Config{Role: lease.Secondary}, now: Now{Wall: 1010}}
	m.snap = Snapshot{MCLT: 60, Failed: 1, State: normal, Heartbeat: 1000}
	m.failed = -seconds(10)
	m.link.profile = wire.Own
	m.link.starting = f.has("starting")
	if f.has("primary") {
		m.cfg.Role = lease.Primary
	}
	if f.has("recovers") {
		m.snap.State = recoverWait
	}
	if f.has("wasDown") {
		m.link.since = 1001
	}
	if f.has("waited") {
		m.snap.Failed = 0
	}
	return m
}

// TestMarkdown keeps the printed tables, so that a change of the machine is
// seen as what it is.
func TestMarkdown(t *testing.T) {
	datadriven.RunTest(t, "testdata/markdown", func(t *testing.T, d *datadriven.TestData) string {
		if d.Cmd == "starts" {
			return Starts()
		}
		return Markdown()
	})
}
