package core

import (
	"fmt"
	"net/netip"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
)

// TestStories runs the files of testdata/stories: two servers, or one and a
// partner of which the file says what it sends. `-rewrite` writes the output
// anew.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		s := &story{world: newWorld()}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.T, s.d = t, d
			s.world.out.Reset()
			run, ok := storyCommands[d.Cmd]
			if !ok {
				d.Fatalf(t, "no such command: %s", d.Cmd)
			}
			run(s)
			s.settle()
			if s.world.out.Len() == 0 {
				return "ok\n"
			}
			return s.world.out.String()
		})
	})
}

type story struct {
	*testing.T
	*world
	d *datadriven.TestData
}

var storyCommands = map[string]func(*story){
	"server":       (*story).server,
	"start":        func(s *story) { s.each((*node).start) },
	"crash":        func(s *story) { s.each((*node).crash) },
	"wipe":         func(s *story) { s.each((*node).wipe) },
	"cut":          func(s *story) { s.wired = false; s.disconnect("cut") },
	"mend":         func(s *story) { s.wired = true; s.connect() },
	"advance":      (*story).pass,
	"give":         (*story).giveTo,
	"release":      func(s *story) { s.node().giveBack(s.int("at", 0)) },
	"decline":      func(s *story) { s.node().decline(s.int("at", 0)) },
	"partner-down": (*story).partnerDown,
	"pause":        func(s *story) { s.node().inputs = append(s.node().inputs, Pause{}) },
	"shutdown":     func(s *story) { s.node().inputs = append(s.node().inputs, Shutdown{}) },
	"rebalance":    func(s *story) { s.node().inputs = append(s.node().inputs, Rebalance{}) },
	"status":       (*story).status,
	"leases":       (*story).leases,
	"pools":        (*story).pools,
	"quiet":        func(s *story) { s.quiet = !s.d.HasArg("off") },
	"partner":      (*story).partner,
	"says":         (*story).says,
	"disk":         func(s *story) { s.node().stuck = s.d.HasArg("slow") },
}

// node is the first argument.
func (s *story) node() *node {
	for _, n := range s.nodes {
		if len(s.d.CmdArgs) > 0 && n.name == s.d.CmdArgs[0].Key {
			return n
		}
	}
	s.d.Fatalf(s.T, "which server?")
	return nil
}

// each does it to the servers named.
func (s *story) each(f func(*node)) {
	for _, a := range s.d.CmdArgs {
		for _, n := range s.nodes {
			if n.name == a.Key {
				f(n)
			}
		}
	}
}

func (s *story) arg(key, otherwise string) string {
	if s.d.HasArg(key) {
		s.d.ScanArgs(s.T, key, &otherwise)
	}
	return otherwise
}

func (s *story) int(key string, otherwise int) int {
	n, err := strconv.Atoi(s.arg(key, strconv.Itoa(otherwise)))
	if err != nil {
		s.d.Fatalf(s.T, "%s: %v", key, err)
	}
	return n
}

func (s *story) duration(key, otherwise string) time.Duration {
	d, err := time.ParseDuration(s.arg(key, otherwise))
	if err != nil {
		s.d.Fatalf(s.T, "%s: %v", key, err)
	}
	return d
}

// server adds a server, or changes how it will be started.
func (s *story) server() {
	var n *node
	name := s.d.CmdArgs[0].Key
	for _, x := range s.nodes {
		if x.name == name {
			n = x
		}
	}
	if n == nil {
		role := lease.Primary
		if s.d.HasArg("secondary") {
			role = lease.Secondary
		}
		n = s.add(name, role)
	}
	n.cfg.MCLT = int64(s.duration("mclt", fmt.Sprintf("%ds", n.cfg.MCLT)).Seconds())
	n.cfg.SafePeriod = int64(s.duration("safe", fmt.Sprintf("%ds", n.cfg.SafePeriod)).Seconds())
	n.cfg.MaxUnacked = uint32(s.int("unacked", int(n.cfg.MaxUnacked)))
	n.cfg.Bulking = s.arg("bulking", strconv.FormatBool(n.cfg.Bulking)) == "true"
	n.cfg.Lost = s.d.HasArg("lost")
	n.cfg.Recover = 0
	if s.d.HasArg("recover") {
		n.cfg.Recover = worldStart + int64((s.now + s.duration("recover", "0s")).Seconds())
	}
	n.skew = s.duration("skew", n.skew.String())
	n.pct = s.int("pct", n.pct)
	if s.d.HasArg("addresses") {
		n.scope.Ranges[0].Last = n.scope.Ranges[0].First + lease.Addr(s.int("addresses", 0)) - 1
		n.configure()
	}
}

func (s *story) pass() {
	d, err := time.ParseDuration(s.d.CmdArgs[0].Key)
	if err != nil {
		s.d.Fatalf(s.T, "%v", err)
	}
	s.advance(d)
}

func (s *story) giveTo() {
	s.print("%s", s.node().give(s.int("client", 0), s.int("at", 0), s.duration("time", "120s")))
}

func (s *story) partnerDown() {
	n := s.node()
	in := PartnerDown{}
	if s.d.HasArg("since") {
		in.Since = n.clock().Wall + int64(s.duration("since", "0s").Seconds())
	}
	n.inputs = append(n.inputs, in)
}

func (s *story) status() {
	s.settle()
	for _, n := range s.nodes {
		if n.m == nil {
			s.print("%s: down", n.name)
			continue
		}
		st := n.m.Status()
		line := fmt.Sprintf("%s: %s connected=%v partner=%s", n.name, st.State, st.Connected, st.Snapshot.PartnerState)
		if st.Waiting != "" {
			line += fmt.Sprintf("; waits for %s", st.Waiting)
		}
		if st.Until != 0 {
			line += fmt.Sprintf(", %d s", st.Until-n.clock().Wall)
		}
		s.print("%s", line)
	}
}

// leases lists the tables side by side, the addresses that nobody uses by
// their number.
func (s *story) leases() {
	s.settle()
	for _, n := range s.nodes {
		var lines []string
		free := map[string]int{}
		for i := n.scope.Ranges[0].First; i <= n.scope.Ranges[0].Last; i++ {
			l := n.table.At(lease.Key{Addr: i})
			if l.Free() {
				free[stateNames[l.State]]++
				continue
			}
			line := fmt.Sprintf(".%d %s c%d", byte(i), stateNames[l.State], l.HW.Addr[5])
			if l.State == lease.Leased {
				line += fmt.Sprintf(" %ds", l.Expiration-n.clock().Wall)
			}
			if l.Flags&lease.FailoverUpdated == 0 {
				line += " (partner does not know)"
			}
			lines = append(lines, line)
		}
		var names []string
		for name, count := range free {
			names = append(names, fmt.Sprintf("%d %s", count, name))
		}
		sort.Strings(names)
		s.print("%s: %s", n.name, strings.Join(append(names, lines...), ", "))
	}
}

func (s *story) pools() {
	s.settle()
	for _, n := range s.nodes {
		for _, p := range (view{n}).Pools([]binding.Pool{}) {
			s.print("%s: free=%d backup=%d pending=%d", n.name, p.Free, p.Backup, p.Pending)
		}
	}
}

// partner connects, or disconnects, a partner that the story plays.
func (s *story) partner() {
	n := s.nodes[0]
	if s.d.HasArg("down") {
		n.up = false
		n.inputs = append(n.inputs, Down{Text: "the partner is gone"})
		return
	}
	vendor := s.arg("vendor", "isc-4.4.3-P1")
	n.up = true
	hba := wire.ProfileOf(vendor).Split(128)
	n.inputs = append(n.inputs, Up{
		Vendor: vendor, MaxUnacked: 10, ReceiveTimer: 30, MCLT: 60, HBA: &hba,
		Time: wire.TimeOf(n.clock().Wall + int64(s.duration("skew", "0s").Seconds())),
	})
}

// says sends the messages of the input, one a line, as the story's partner.
func (s *story) says() {
	n := s.nodes[0]
	for line := range strings.SplitSeq(s.d.Input, "\n") {
		f := strings.Fields(line)
		msg := wire.Message{Time: wire.TimeOf(n.clock().Wall + int64(s.duration("skew", "0s").Seconds()))}
		if f[0] != "STATE" && len(f) > 1 {
			xid, err := strconv.Atoi(f[1])
			if err != nil {
				s.d.Fatalf(s.T, "%s: %v", line, err)
			}
			msg.XID = uint32(xid)
		}
		msg.Body = s.body(f, msg.Time)
		n.inputs = append(n.inputs, Message{Message: msg})
		s.settle()
	}
}

func (s *story) body(f []string, now wire.Time) wire.Body {
	switch f[0] {
	case "STATE":
		st, ok := wire.ParseServerState(f[1])
		if n, err := strconv.Atoi(f[1]); err == nil {
			st, ok = wire.ServerState(n), true
		}
		if !ok {
			s.d.Fatalf(s.T, "no state %s", f[1])
		}
		b := wire.STATE{State: st, Since: now}
		for _, x := range f[2:] {
			switch {
			case x == "STARTUP":
				b.Flags = wire.FlagStartup
			case strings.HasPrefix(x, "since="):
				b.Since = relative(x[6:], now)
			}
		}
		return b
	case "BNDUPD":
		return wire.BNDUPD{Bindings: []wire.Binding{parseBinding(f[2:], now)}}
	case "BNDACK":
		a := wire.Answer{Address: address(f[2])}
		if len(f) > 4 && f[3] == "reject" {
			n, _ := strconv.Atoi(f[4])
			a.Reason = wire.Reason(n)
		}
		return wire.BNDACK{Answers: []wire.Answer{a}}
	case "POOLRESP":
		n, _ := strconv.Atoi(f[2])
		return wire.POOLRESP{Transferred: uint32(n)}
	case "POOLREQ":
		return wire.POOLREQ{}
	case "UPDREQ":
		return wire.UPDREQ{}
	case "UPDREQALL":
		return wire.UPDREQALL{}
	case "UPDDONE":
		return wire.UPDDONE{}
	case "CONTACT":
		return wire.CONTACT{}
	}
	s.d.Fatalf(s.T, "no message %s", f[0])
	return nil
}

func address(s string) netip.Addr {
	n, _ := strconv.Atoi(strings.TrimPrefix(s, "."))
	return addr(n).Netip()
}

func relative(s string, now wire.Time) wire.Time {
	n, _ := strconv.Atoi(s)
	if n == 0 && s == "0" {
		return 0
	}
	return wire.Time(int64(now) + int64(n))
}

func parseBinding(f []string, now wire.Time) wire.Binding {
	b := wire.Binding{Address: address(f[0])}
	b.Status, _ = wire.ParseBindingStatus(f[1])
	for _, x := range f[2:] {
		name, value, _ := strings.Cut(x, "=")
		switch {
		case name == "exp":
			b.Expiration = relative(value, now)
		case name == "pexp":
			b.PotentialExpiration = relative(value, now)
		case name == "cltt":
			b.LastTransaction = relative(value, now)
		case name == "stos":
			b.StateStart = relative(value, now)
		case strings.HasPrefix(name, "c"):
			n, _ := strconv.Atoi(name[1:])
			c := client(n)
			b.HW = wire.HW(c.HW)
		}
	}
	return b
}
