package engine

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"leasehold/internal/netio"
	"leasehold/internal/packet"
	"leasehold/pkg/objects"
)

// client sends a client's packet and shows what came of it.
func (w *world) client(t *testing.T, d *datadriven.TestData) string {
	args := map[string]string{}
	w.raw = d.HasArg("raw")
	for _, a := range d.CmdArgs {
		args[a.Key] = strings.Join(a.Vals, ",")
	}
	for f := range strings.FieldsSeq(d.Input) {
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
		w.last[objects.FormatBlob(m.HW())] = m.YIAddr
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
	addr := w.last[objects.FormatBlob(r.CHAddr[:6])]
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
		case "secs":
			n, _ := strconv.ParseUint(v, 10, 16)
			r.Secs = uint16(n)
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
			raw, err := objects.ParseBlob(v)
			if err != nil {
				return fmt.Errorf("82=%q %w", v, err)
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
	if raw, err := objects.ParseBlob(v); err == nil && strings.Contains(v, ":") {
		r.Add(uint8(d.Code), raw)
		return nil
	}
	canonical, e := d.Parse(v)
	if e != nil || d.ServerMade {
		var raw []byte
		for item := range strings.SplitSeq(v, ",") {
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
