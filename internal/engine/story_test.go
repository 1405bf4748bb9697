package engine

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"leasehold/internal/netio"
	"leasehold/pkg/objects"
)

// TestStories runs testdata/stories: an operator configures, clients send, and
// below stands what each packet ended in and what was answered.
//
//	config [force]            lines "<class> <name> attr=value ..."; then a reload
//	<message> mac=<letter>    discover, request, renew, rebind, reboot, release, decline, inform, bootp
//	advance <duration>        moves the clock and lets leases expire
//	leases <scope> [all]      lists leases
//	lease <address> <action>  an operator's command
//	ping <address> <answer>   what a ping of it will find; hold and go for all
//	disk full|works           what the store does
//	log [forget|sorted]       the messages since the last log
//	await <n>                 waits until n packets have ended since the last answer
//	net broken|works          what sending does
//	scope <name> clear        clearUnavailable
//	health, ready, stats <scope>, stop, start, garbage
//	failover, told, partner   what the failover relationship is, hears and says (fakepair_test.go)
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		var w *world
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if w == nil {
				w = newWorld(t, true)
			}
			return w.step(t, d)
		})
	})
}

func (w *world) step(t *testing.T, d *datadriven.TestData) string {
	first := ""
	if len(d.CmdArgs) > 0 {
		first = d.CmdArgs[0].Key
	}
	switch d.Cmd {
	case "config":
		return w.configure(d)
	case "advance":
		by, err := time.ParseDuration(first)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		w.advance(by)
		return ""
	case "leases":
		return w.listLeases(d)
	case "lease":
		return w.leaseAction(d)
	case "ping":
		return w.pingAnswers(d)
	case "disk", "net":
		return w.breakDown(d.Cmd, first == "works")
	case "log":
		return w.showLog(d)
	case "failover":
		return w.failoverStep(t, d)
	case "told":
		return w.toldStep(d)
	case "await-told":
		n, _ := strconv.Atoi(d.CmdArgs[1].Key)
		p := w.pair(first)
		w.await(func() bool { return p.waiting() >= n })
		return ""
	case "partner":
		return w.partnerStep(t, d)
	case "await":
		n, _ := strconv.Atoi(first)
		w.await(func() bool { return w.ended() >= n })
		return w.result()
	case "garbage":
		raw, _ := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(d.Input), " ", ""))
		w.inject(&netio.Packet{Data: raw, IfIndex: 1, Local: netip.MustParseAddr("10.0.0.1")})
		w.settle()
		return w.result()
	case "health", "ready", "stats", "scope", "start", "stop":
		return w.operate(t, d.Cmd, first)
	}
	return w.client(t, d)
}

// breakDown breaks the disk or the network, or mends it.
func (w *world) breakDown(what string, works bool) string {
	disk, cable := errDiskFull, errCable
	if works {
		disk, cable = nil, nil
	}
	if what == "disk" {
		w.store.fail(disk)
		return ""
	}
	w.net.mu.Lock()
	w.net.broken = cable
	w.net.mu.Unlock()
	return ""
}

func (w *world) showLog(d *datadriven.TestData) string {
	text := w.takeLog()
	if d.HasArg("sorted") {
		lines := strings.SplitAfter(text, "\n")
		slices.Sort(lines)
		text = strings.Join(lines, "")
	}
	if d.HasArg("forget") {
		text = ""
	}
	return text
}

// operate does an operator's command on the server.
func (w *world) operate(t *testing.T, cmd, name string) string {
	var err error
	switch cmd {
	case "health":
		h := w.server.Health()
		return fmt.Sprintln(h.Value, strings.Join(h.Reasons, "; "))
	case "ready":
		err = w.server.Ready()
	case "stats":
		var us []Utilization
		if us, err = w.server.Utilization(name); err == nil {
			return showUtilization(us)
		}
	case "scope":
		n, e := w.server.ClearUnavailable(name)
		if e != nil {
			return e.Error() + "\n"
		}
		return fmt.Sprintln(n)
	case "start":
		err = w.server.Start()
	case "stop":
		err = w.server.Stop(t.Context())
	}
	if err != nil {
		return err.Error() + "\n"
	}
	return ""
}

func (w *world) configure(d *datadriven.TestData) string {
	for line := range strings.SplitSeq(strings.TrimSpace(d.Input), "\n") {
		f, err := fields(line)
		if err != nil || len(f) < 2 {
			return fmt.Sprintf("cannot read %q: %v\n", line, err)
		}
		if f[0] == "delete" {
			w.cfg.Delete(objects.ClassNamed(f[1]), f[2])
			continue
		}
		name, attrs := f[1], f[2:]
		if objects.ClassNamed(f[0]) != nil && objects.ClassNamed(f[0]).Singleton {
			name, attrs = "", f[1:]
		}
		if err := w.put(f[0], name, attrs...); err != nil {
			return err.Error() + "\n"
		}
	}
	r := w.server.Reload(w.cfg.Clone(), d.HasArg("force"))
	out := ""
	for _, e := range r.Errors {
		out += e.Error() + "\n"
	}
	for _, e := range r.Warnings {
		out += "warning: " + e.Error() + "\n"
	}
	if len(r.Errors) == 0 && !w.server.serving {
		w.begin()
	}
	return out
}

// fields splits at blanks outside double quotes.
func fields(line string) ([]string, error) {
	var out []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		word := ""
		for line != "" && line[0] != ' ' {
			if line[0] == '"' {
				text, err := strconv.QuotedPrefix(line)
				if err != nil {
					return nil, err
				}
				line = line[len(text):]
				text, _ = strconv.Unquote(text)
				word += text
				continue
			}
			word += line[:1]
			line = line[1:]
		}
		out = append(out, word)
	}
	return out, nil
}

func (w *world) listLeases(d *datadriven.TestData) string {
	out := ""
	f := LeaseFilter{Scope: d.CmdArgs[0].Key, WithAvailable: d.HasArg("all"), VPN: objects.AllVPNs}
	err := w.server.ListLeases(w.t.Context(), f, func(o *objects.Object) error {
		out += o.Name
		for _, n := range o.Names() {
			if n != "address" && n != "scope-name" {
				out += " " + n + "=" + w.relative(n, o.Attrs[n])
			}
		}
		out += "\n"
		return nil
	})
	if err != nil {
		return err.Error() + "\n"
	}
	return out
}

// relative writes a date as seconds from now.
func (w *world) relative(name, text string) string {
	if a := objects.Lease.Attr(name); a.Kind == objects.Date && text != "forever" {
		n, _ := strconv.ParseInt(text, 10, 64)
		return fmt.Sprintf("%+ds", n-w.clock.Now().Unix())
	}
	return text
}

func (w *world) leaseAction(d *datadriven.TestData) string {
	var args []string
	for _, a := range d.CmdArgs[2:] {
		args = append(args, a.String())
	}
	if strings.TrimSpace(d.Input) != "" {
		args = strings.Fields(d.Input)
	}
	o, e := w.server.LeaseAction(d.CmdArgs[0].Key, d.CmdArgs[1].Key, args...)
	if e != nil {
		return e.Error() + "\n"
	}
	return fmt.Sprintf("state=%s flags=%s\n", o.Attrs["state"], o.Attrs["flags"])
}

func (w *world) pingAnswers(d *datadriven.TestData) string {
	p := w.pinger
	p.mu.Lock()
	defer p.mu.Unlock()
	switch d.CmdArgs[0].Key {
	case "hold":
		p.holding = true
	case "go":
		p.holding = false
		held := p.held
		p.held = nil
		p.mu.Unlock()
		for _, f := range held {
			f()
		}
		w.settle()
		p.mu.Lock()
		return w.result()
	case "asked":
		out := strings.Join(p.asked, " ") + "\n"
		p.asked = nil
		return out
	default:
		p.answers[d.CmdArgs[0].Key] = map[string]netio.Answer{
			"replied": netio.Replied, "silent": netio.TimedOut, "unreachable": netio.Unreachable,
		}[d.CmdArgs[1].Key]
	}
	return ""
}

func showUtilization(us []Utilization) string {
	out := ""
	for _, u := range us {
		out += fmt.Sprintf("%s %s total=%d reserved=%d available=%d offered=%d leased=%d expired=%d released=%d unavailable=%d deactivated=%d\n",
			u.Scope, u.Subnet, u.Total, u.Reserved, u.Available, u.Offered, u.Leased, u.Expired, u.Released, u.Unavailable, u.Deactivated)
		for _, c := range u.Outcomes {
			out += fmt.Sprintf("  %s %d\n", c.Outcome, c.N)
		}
	}
	return out
}

// testTexts tells whether an outcome stands in a story, as what a packet ended
// in, or is counted by a test of the queues.
func testTexts(t *testing.T) func(Outcome) bool {
	words := map[string]bool{}
	files, err := filepath.Glob("testdata/stories/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for w := range strings.FieldsSeq(string(text)) {
			words[w] = true
		}
	}
	counted := []Outcome{DropWaiting, DropDuplicate, DropQueueFull, DropOld, DropLate}
	return func(o Outcome) bool { return words[outcomes[o].name] || slices.Contains(counted, o) }
}
