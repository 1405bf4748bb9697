package engine

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"leasehold/internal/netio"
	"leasehold/internal/packet"
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
//	health, stats <scope>, stop, start, garbage
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
	switch d.Cmd {
	case "config":
		return w.configure(d)
	case "advance":
		by, err := time.ParseDuration(d.CmdArgs[0].Key)
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
	case "disk":
		if d.CmdArgs[0].Key == "full" {
			w.store.fail(errDiskFull)
		} else {
			w.store.fail(nil)
		}
		return ""
	case "log":
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
	case "health":
		h := w.server.Health()
		return fmt.Sprintln(h.Value, strings.Join(h.Reasons, "; "))
	case "stats":
		u, err := w.server.Utilization(d.CmdArgs[0].Key)
		if err != nil {
			return err.Error() + "\n"
		}
		return showUtilization(u)
	case "await":
		n, _ := strconv.Atoi(d.CmdArgs[0].Key)
		w.await(func() bool { return w.ended() >= n })
		return w.result()
	case "net":
		w.net.mu.Lock()
		w.net.broken = nil
		if d.CmdArgs[0].Key == "broken" {
			w.net.broken = errCable
		}
		w.net.mu.Unlock()
		return ""
	case "garbage":
		raw, _ := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(d.Input), " ", ""))
		w.inject(&netio.Packet{Data: raw, IfIndex: 1, Local: netip.MustParseAddr("10.0.0.1")})
		w.settle()
		return w.result()
	case "scope":
		n, e := w.server.ClearUnavailable(d.CmdArgs[0].Key)
		if e != nil {
			return e.Error() + "\n"
		}
		return fmt.Sprintln(n)
	case "stop":
		if err := w.server.Stop(t.Context()); err != nil {
			return err.Error() + "\n"
		}
		return ""
	case "start":
		if err := w.server.Start(); err != nil {
			return err.Error() + "\n"
		}
		return ""
	}
	return w.client(t, d)
}

func (w *world) configure(d *datadriven.TestData) string {
	for _, line := range strings.Split(strings.TrimSpace(d.Input), "\n") {
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

// client sends a client's packet and shows what came of it.
func (w *world) client(t *testing.T, d *datadriven.TestData) string {
	args := map[string]string{}
	w.raw = d.HasArg("raw")
	for _, a := range d.CmdArgs {
		args[a.Key] = strings.Join(a.Vals, ",")
	}
	for _, f := range strings.Fields(d.Input) {
		k, v, _ := strings.Cut(f, "=")
		args[k] = v
	}
	p, err := w.message(d.Cmd, args)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	w.inject(p)
	if _, ok := args["nowait"]; ok {
		return ""
	}
	w.settle()
	return w.result()
}

// result shows the outcomes and answers since the last call.
func (w *world) result() string {
	out := strings.Join(w.outcomes(), " ") + "\n"
	for _, s := range w.net.take() {
		out += w.answer(s)
	}
	return out
}

func (w *world) answer(s netio.Datagram) string {
	m, err := packet.Parse(s.Data)
	if err != nil {
		return err.Error() + "\n"
	}
	way := "to " + s.To.String()
	if s.HW != [6]byte{} {
		way = "frame to " + s.To.Addr().String()
	}
	out := fmt.Sprintf("%s %s", strings.TrimPrefix(packet.TypeName(m.Type), "DHCP"), way)
	if m.YIAddr != packet.Unspecified {
		out += " yiaddr=" + m.YIAddr.String()
		w.last[hexText(m.HW())] = m.YIAddr
	}
	for _, f := range []struct {
		name string
		a    netip.Addr
	}{{"ciaddr", m.CIAddr}, {"siaddr", m.SIAddr}} {
		if f.a != packet.Unspecified {
			out += " " + f.name + "=" + f.a.String()
		}
	}
	if m.Broadcast() {
		out += " broadcast"
	}
	if len(m.File) > 0 {
		out += " file=" + string(m.File)
	}
	if len(m.SName) > 0 {
		out += " sname=" + string(m.SName)
	}
	if !w.raw {
		out += brief(m)
	}
	for _, o := range m.Options() {
		if w.raw || !slices.Contains(briefOptions, o.Code) {
			d := w.catalog.ByCode(int(o.Code))
			out += "\n  " + d.Name + " " + d.Decode(o.Value)
		}
	}
	return out + "\n"
}

// briefOptions stand on the answer's first line, unless a step says raw.
var briefOptions = []uint8{
	packet.DHCPMessageType, packet.ServerIdentifier, packet.SubnetMask,
	packet.LeaseTime, packet.RenewalTime, packet.RebindingTime,
}

func brief(m *packet.Message) string {
	out := ""
	if id, ok := m.ServerID(); ok {
		out += " server=" + id.String()
	}
	if v := m.Get(packet.SubnetMask); v != nil {
		ones, _ := net.IPMask(v).Size()
		out += " mask=/" + strconv.Itoa(ones)
	}
	for i, code := range [...]uint8{packet.LeaseTime, packet.RenewalTime, packet.RebindingTime} {
		if v := m.Get(code); len(v) == 4 {
			out += [...]string{" time=", "/", "/"}[i] + strconv.FormatUint(uint64(binary.BigEndian.Uint32(v)), 10)
		}
	}
	return out
}

// messages are the packets that a client sends.
var messages = map[string]packet.MessageType{
	"discover": packet.Discover, "request": packet.Request, "reboot": packet.Request, "renew": packet.Request,
	"rebind": packet.Request, "release": packet.Release, "decline": packet.Decline, "inform": packet.Inform,
	"bootp": packet.BOOTP, "leasequery": packet.LeaseQuery, "offer": packet.Offer,
}

// message builds a client's packet. mac=a is the client 02:00:00:00:00:0a;
// addr is the address that the message is about, by default the one that the
// client was last given.
func (w *world) message(cmd string, args map[string]string) (*netio.Packet, error) {
	typ, ok := messages[cmd]
	if !ok {
		return nil, fmt.Errorf("no message %q", cmd)
	}
	var r packet.Reply
	r.Reset()
	r.Op, r.Type, r.HType, r.HLen = packet.BootRequest, typ, 1, 6
	mac := args["mac"]
	n, err := strconv.ParseUint(mac, 16, 32)
	if err != nil {
		return nil, fmt.Errorf("mac=%q: %v", mac, err)
	}
	r.CHAddr = [16]byte{2, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
	w.xid++
	r.XID = w.xid
	p := &netio.Packet{
		From: netip.MustParseAddrPort("0.0.0.0:68"), To: limitedBroadcast,
		Local: netip.MustParseAddr("10.0.0.1"), IfIndex: 1,
	}
	addr := w.last[hexText(r.CHAddr[:6])]
	if text, ok := args["addr"]; ok {
		addr, _ = netip.ParseAddr(text)
	}
	server := "10.0.0.1"
	if text, ok := args["server"]; ok {
		server = text
	}
	switch cmd {
	case "request":
		addAddr(&r, packet.RequestedAddress, addr)
		addAddr(&r, packet.ServerIdentifier, netip.MustParseAddr(server))
	case "reboot":
		addAddr(&r, packet.RequestedAddress, addr)
	case "renew", "release", "inform":
		r.CIAddr = addr
		p.To = p.Local
		if cmd == "release" {
			addAddr(&r, packet.ServerIdentifier, netip.MustParseAddr(server))
		}
	case "rebind":
		r.CIAddr = addr
	case "decline":
		addAddr(&r, packet.RequestedAddress, addr)
		addAddr(&r, packet.ServerIdentifier, netip.MustParseAddr(server))
	}
	if err := w.extras(&r, p, args); err != nil {
		return nil, err
	}
	p.Data, _ = r.Append(nil, 1400)
	return p, nil
}

func addAddr(r *packet.Reply, code uint8, a netip.Addr) {
	if a.IsValid() {
		r.AddAddr(code, a)
	}
}

// extras sets what a step says beyond the message: fields by name, options as
// <code>=<hex> or <name>=<text>.
func (w *world) extras(r *packet.Reply, p *netio.Packet, args map[string]string) error {
	names := make([]string, 0, len(args))
	for k := range args {
		names = append(names, k)
	}
	sort.Strings(names)
	for _, k := range names {
		v := args[k]
		switch k {
		case "mac", "addr", "server", "nowait", "raw":
		case "xid":
			n, _ := strconv.ParseUint(v, 0, 32)
			r.XID = uint32(n)
		case "giaddr":
			r.GIAddr = netip.MustParseAddr(v)
			p.From = netip.AddrPortFrom(r.GIAddr, 67)
			p.To = p.Local
		case "ciaddr":
			r.CIAddr = netip.MustParseAddr(v)
		case "iface":
			i, _ := w.net.Interface(int(v[0] - '0'))
			p.IfIndex, p.Local = i.Index, i.Primary()
		case "broadcast":
			r.Flags |= packet.FlagBroadcast
		case "nohw":
			r.HLen = 0
		case "plain":
			r.Cookie = false
		case "op":
			r.Op = packet.BootReply
		case "type":
			n, _ := strconv.Atoi(v)
			r.Type = packet.MessageType(n)
		case "want":
			addAddr(r, packet.RequestedAddress, netip.MustParseAddr(v))
		case "82":
			raw, ok := hexBytes(v)
			if !ok {
				return fmt.Errorf("82=%q", v)
			}
			r.RelayInfo = raw
		default:
			if err := w.optionArg(r, k, v); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) optionArg(r *packet.Reply, k, v string) error {
	d, e := w.catalog.Lookup(k)
	if e != nil {
		return e
	}
	if raw, ok := hexBytes(v); ok && strings.Contains(v, ":") {
		r.Add(uint8(d.Code), raw)
		return nil
	}
	canonical, e := d.Parse(v)
	if e != nil || d.ServerMade {
		var raw []byte
		for _, item := range strings.Split(v, ",") {
			n, err := strconv.ParseUint(item, 0, 8)
			if err != nil {
				r.AddString(uint8(d.Code), v)
				return nil
			}
			raw = append(raw, byte(n))
		}
		r.Add(uint8(d.Code), raw)
		return nil
	}
	raw, err := d.Encode(canonical)
	if err != nil {
		return err
	}
	r.Add(uint8(d.Code), raw)
	return nil
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
		for _, w := range strings.Fields(string(text)) {
			words[w] = true
		}
	}
	counted := []Outcome{DropWaiting, DropDuplicate, DropQueueFull, DropOld}
	return func(o Outcome) bool { return words[outcomes[o].name] || slices.Contains(counted, o) }
}
