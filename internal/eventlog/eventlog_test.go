package eventlog

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"leasehold/internal/clock"
)

// The first is the example of Network Registrar's guide.
var (
	testEnabled = Declare(4092, Info, "Configuration", "Failover is enabled server-wide. Main server name: '%s', backup server name: '%s', mclt = %d.", "Said at start.")
	testDropped = Declare(99991, Warning, "Protocol", "%s dropped.", "For the test.")
)

// The lines are those that Network Registrar writes.
func TestServerLogLine(t *testing.T) {
	for _, c := range []struct {
		name string
		at   time.Time
		msg  *Message
		args []any
		want string
	}{
		{
			"an hour of one digit has a blank before it", time.Date(2003, 6, 19, 9, 41, 19, 0, time.Local), testEnabled, []any{"192.168.0.1", "192.168.0.110", 3600},
			"06/19/2003  9:41:19 name/dhcp/1 Info Configuration 0 04092 Failover is enabled server-wide. Main server name: '192.168.0.1', backup server name: '192.168.0.110', mclt = 3600.\n",
		},
		{"midnight", time.Date(2026, 1, 2, 0, 3, 4, 0, time.Local), testDropped, []any{"Packet"}, "01/02/2026  0:03:04 name/dhcp/1 Warning Protocol 0 99991 Packet dropped.\n"},
		{"evening", time.Date(2026, 12, 31, 23, 59, 59, 999, time.Local), testDropped, []any{"Packet"}, "12/31/2026 23:59:59 name/dhcp/1 Warning Protocol 0 99991 Packet dropped.\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var file bytes.Buffer
			New(clock.NewManual(c.at), slog.New(slog.DiscardHandler), &file).Log(c.msg, c.args...)
			if got := file.String(); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestStandardError(t *testing.T) {
	var out bytes.Buffer
	handler := slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	l := New(clock.NewManual(time.Unix(0, 0)), slog.New(handler), nil)
	l.Log(testDropped, "Packet")
	if got, want := out.String(), "level=WARN msg=\"Packet dropped.\" id=99991 category=Protocol\n"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	var nobody *Log
	nobody.Log(testDropped, "Packet") // drops it
}

func TestLevels(t *testing.T) {
	for severity, want := range map[Severity]slog.Level{
		Debug: slog.LevelDebug, Activity: slog.LevelDebug, Info: slog.LevelInfo, Warning: slog.LevelWarn, Error: slog.LevelError,
	} {
		if got := severity.level(); got != want {
			t.Errorf("%s: level %s, want %s", severity, got, want)
		}
	}
}

type brokenFile struct{}

func (brokenFile) Write([]byte) (int, error) { return 0, errors.New("disk is full") }

// A message is not lost without a word when the server log cannot be written.
func TestFileFails(t *testing.T) {
	var out bytes.Buffer
	New(clock.NewManual(time.Unix(0, 0)), slog.New(slog.NewTextHandler(&out, nil)), brokenFile{}).Log(testDropped, "Packet")
	for _, want := range []string{"level=ERROR", "write server log", "disk is full", "Packet dropped."} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("standard error lacks %q:\n%s", want, out.String())
		}
	}
}

func TestNumberTwice(t *testing.T) {
	defer func() {
		said, _ := recover().(string)
		if !strings.Contains(said, "99991") || !strings.Contains(said, "%s dropped.") || !strings.Contains(said, "Another.") {
			t.Errorf("panic says %q, want the number and both texts", said)
		}
		if i := slices.IndexFunc(Messages(), func(m *Message) bool { return m.ID == 99991 }); i < 0 || Messages()[i] != testDropped {
			t.Error("the first declaration does not stand")
		}
	}()
	Declare(99991, Info, "Protocol", "Another.", "For the test.")
}

func TestMessagesByNumber(t *testing.T) {
	ms := Messages()
	if !slices.IsSortedFunc(ms, func(a, b *Message) int { return a.ID - b.ID }) {
		t.Error("not in order of their numbers")
	}
	if !slices.Contains(ms, testEnabled) || !slices.Contains(ms, testDropped) {
		t.Error("a declared message is missing")
	}
}
