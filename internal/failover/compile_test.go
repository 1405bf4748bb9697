package failover

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"leasehold/pkg/objects"
)

// hosts are a hosts file and a machine's own addresses.
type hosts struct {
	own []string

	mu    *sync.Mutex
	names map[string][]string
}

func newHosts() *hosts { return &hosts{mu: new(sync.Mutex), names: map[string][]string{}} }

// set says what a name means from now on.
func (h *hosts) set(name string, addresses ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.names[strings.ToLower(name)] = addresses
}

func (h *hosts) Own(a netip.Addr) bool { return slices.Contains(h.own, a.String()) }

func (h *hosts) Towards(netip.Addr) netip.Addr {
	if len(h.own) == 0 {
		return netip.Addr{}
	}
	return netip.MustParseAddr(h.own[0])
}

func (h *hosts) String() string { return strings.Join(h.own, ", ") }

var errNoHost = errors.New("no such host")

func (h *hosts) LookupNetIP(_ context.Context, network, host string) ([]netip.Addr, error) {
	if network != "ip4" {
		return nil, fmt.Errorf("asked for %q", network)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var as []netip.Addr
	for _, text := range h.names[strings.ToLower(host)] {
		as = append(as, netip.MustParseAddr(text))
	}
	if as == nil {
		return nil, errNoHost
	}
	return as, nil
}

// TestCompile runs testdata/compile: what a configuration makes of relationships.
//
//	own 192.0.2.1 ..           this server's addresses
//	host <name> <address> ..   what a name means; without addresses nothing
//	known <name> ..            relationships that there were before
//	config                     lines "<class> <name> attr=value ..", or "delete <class> <name>"
//	compile                    shows the relationships and where each scope is
func TestCompile(t *testing.T) {
	datadriven.Walk(t, "testdata/compile", func(t *testing.T, path string) {
		h := newHosts()
		cfg := objects.NewConfig()
		for _, o := range objects.Builtins() {
			cfg.Put(o)
		}
		found := newNames(h)
		var kept []string
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var args []string
			for _, a := range d.CmdArgs {
				args = append(args, a.Key)
			}
			switch d.Cmd {
			case "own":
				h.own = args
			case "host":
				h.set(args[0], args[1:]...)
			case "known":
				kept = args
			case "config":
				return configure(cfg, d.Input)
			case "compile":
				c := compile(cfg, 647)
				c.settle(found, h, func(name string) bool { return slices.Contains(kept, name) })
				return show(c)
			default:
				d.Fatalf(t, "%s?", d.Cmd)
			}
			return ""
		})
	})
}

// configure enters objects.
func configure(cfg *objects.Config, input string) string {
	for line := range strings.Lines(input) {
		f := strings.Fields(line)
		class := objects.ClassNamed(f[0])
		if f[0] == "delete" {
			cfg.Delete(objects.ClassNamed(f[1]), f[2])
			continue
		}
		name, attrs := "", f[1:]
		if !class.Singleton {
			name, attrs = f[1], f[2:]
		}
		o := objects.New(class, name)
		if old := cfg.Get(class, name); old != nil {
			o = old.Clone()
		}
		for _, a := range attrs {
			k, v, _ := strings.Cut(a, "=")
			if v == "-" {
				delete(o.Attrs, k)
				continue
			}
			if e := class.SetAttr(o, k, v, time.Unix(0, 0)); e != nil {
				return e.Error() + "\n"
			}
		}
		cfg.Put(o)
	}
	return ""
}

func show(c *compiler) string {
	var b strings.Builder
	for _, r := range c.ordered {
		fmt.Fprintf(&b, "%s: %s", r.name, owner(r.role))
		if r.wire != r.name {
			fmt.Fprintf(&b, " (on the wire %q)", r.wire)
		}
		if r.wide {
			b.WriteString(" server-wide")
		}
		fmt.Fprintf(&b, "\n  main %s, backup %s, mclt %d, safe %d, balanced %t, eager %t, poll %s/%s, bulking %t, recover %d\n",
			showEnd(&r.main), showEnd(&r.backup), r.core.MCLT, r.core.SafePeriod, r.core.Balanced, r.eager, r.poll, r.core.PollTimeout, r.core.Bulking, r.core.Recover)
		for _, s := range r.scopes {
			fmt.Fprintf(&b, "  scope %s %s %d%%", s.name, s.subnet, s.percent)
			if s.bootp {
				b.WriteString(" bootp")
			}
			if s.boundary.IsValid() {
				fmt.Fprintf(&b, " below %s", s.boundary)
			}
			b.WriteString("\n")
		}
		if r.tls {
			b.WriteString("  link tls\n")
		}
		for _, p := range r.problem {
			fmt.Fprintf(&b, "  wrong: %s\n", p)
		}
	}
	for _, o := range c.cfg.All(objects.Scope) {
		if c.of[strings.ToLower(o.Name)] == nil {
			fmt.Fprintf(&b, "scope %s is alone", o.Name)
			if (&prepared{c: c}).LeftOut(o.Name) {
				b.WriteString(" at the partner")
			}
			b.WriteString("\n")
		}
	}
	for _, w := range c.warnings {
		fmt.Fprintf(&b, "warning: %s\n", w.Msg)
	}
	return b.String()
}

func showEnd(e *endpoint) string {
	s := e.text()
	if e.addr.IsValid() && e.addr.String() != s {
		s += "=" + e.addr.String()
	}
	if e.port != 647 {
		s += fmt.Sprintf(":%d", e.port)
	}
	return s
}

// slow is a name server that does not answer.
type slow struct{ hosts }

func (s *slow) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// A name server that does not answer holds a reload up for a bounded time, and
// all names at once.
func TestNamesAreBounded(t *testing.T) {
	n := newNames(&slow{})
	began := time.Now()
	for name, a := range n.find([]string{"a", "b", "c", "192.0.2.1"}) {
		switch {
		case name == "192.0.2.1" && a.addr.String() == name:
		case name != "192.0.2.1" && errors.Is(a.err, context.DeadlineExceeded):
		default:
			t.Errorf("%s: %+v", name, a)
		}
	}
	if took := time.Since(began); took > 2*lookupTime {
		t.Errorf("it took %v", took)
	}
}
