package e2e

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"leasehold/internal/packet"
	"leasehold/test/netns"
)

// scripted is a client behind a relay, as a comment of a configuration in
// internal/iscconf/testdata describes it:
//
//	#client <name> mac=.. giaddr=.. [id=..] [vendor=".."] [user=".."] [host=".."]
//	        [arch=7] [circuit=..] [remote=..] [prl=1,3|none] [lease=600] [bootp]
type scripted struct {
	name   string
	mac    [6]byte
	giaddr netip.Addr
	opts   []packet.Opt
	relay  []byte
	prl    []byte
	bootp  bool
	secs   uint16
}

// expected is a difference that a comment announces: #differs <client> <what>:
// <why>. A client of * is any that shows it.
type expected struct {
	client, what, why string
	seen              bool
}

// script is what a configuration says of its clients.
type script struct {
	clients []scripted
	differs []*expected
	pools   []addressPool
}

// addressPool is a range, and the block of the configuration that it stands in.
type addressPool struct {
	block       string
	bootp       bool // it is for BOOTP clients too
	first, last netip.Addr
}

func fields(line string) []string {
	var all []string
	quoted := false
	for _, f := range strings.FieldsFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	}) {
		all = append(all, strings.ReplaceAll(f, `"`, ""))
	}
	return all
}

func octets(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return b
}

// everything is a parameter request list of nearly all options.
var everything = func() []byte {
	var all []byte
	for c := 1; c < 255; c++ {
		if !slices.Contains([]int{50, 51, 52, 53, 54, 55, 56, 57, 61, 80, 81, 82, 90, 118}, c) {
			all = append(all, byte(c))
		}
	}
	return all
}()

// readScript reads the comments of a configuration, and adds to the clients two
// for each of the first subnets.
func readScript(t *testing.T, path string) script {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var s script
	sc := bufio.NewScanner(strings.NewReader(string(text)))
	for sc.Scan() {
		if rest, ok := strings.CutPrefix(sc.Text(), "#client "); ok {
			s.clients = append(s.clients, readClient(t, fields(rest)))
		}
		if rest, ok := strings.CutPrefix(sc.Text(), "#differs "); ok {
			what, why, _ := strings.Cut(rest, ": ")
			client, what, _ := strings.Cut(what, " ")
			s.differs = append(s.differs, &expected{client: client, what: what, why: why})
		}
	}
	for i, m := range regexp.MustCompile(`(?m)subnet (10\.[0-9.]+)\.0 netmask`).FindAllStringSubmatch(string(text), 3) {
		for j, name := range []string{"plain", "id"} {
			words := []string{fmt.Sprintf("%s-%d", name, i), fmt.Sprintf("mac=06:00:00:00:%02x:%02x", i, j), "giaddr=" + m[1] + ".254"}
			if name == "id" {
				words = append(words, fmt.Sprintf("id=ff:00:00:%02x", i))
			}
			s.clients = append(s.clients, readClient(t, words))
		}
	}
	s.pools = readPools(t, path, string(text), "")
	return s
}

func readClient(t *testing.T, words []string) scripted {
	t.Helper()
	c := scripted{name: words[0], prl: everything}
	add := func(code uint8, v []byte) { c.opts = append(c.opts, packet.Opt{Code: code, Value: v}) }
	for _, w := range words[1:] {
		k, v, _ := strings.Cut(w, "=")
		switch k {
		case "mac":
			copy(c.mac[:], octets(t, v))
		case "giaddr":
			c.giaddr = netip.MustParseAddr(v)
		case "id":
			add(packet.ClientIdentifier, octets(t, v))
		case "vendor":
			add(packet.VendorClass, []byte(v))
		case "user":
			add(packet.UserClass, []byte(v))
		case "host":
			add(packet.HostName, []byte(v))
		case "arch":
			n, _ := strconv.Atoi(v)
			add(93, []byte{0, byte(n)})
		case "lease":
			n, _ := strconv.Atoi(v)
			add(packet.LeaseTime, []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		case "circuit":
			c.relay = append(append(c.relay, 1, byte(len(octets(t, v)))), octets(t, v)...)
		case "remote":
			c.relay = append(append(c.relay, 2, byte(len(octets(t, v)))), octets(t, v)...)
		case "prl":
			c.prl = nil
			for n := range strings.SplitSeq(strings.TrimSuffix(v, "none"), ",") {
				if i, err := strconv.Atoi(n); err == nil {
					c.prl = append(c.prl, byte(i))
				}
			}
		case "bootp":
			c.bootp = true
		default:
			t.Fatalf("client %s: what is %q?", c.name, w)
		}
	}
	return c
}

// readPools finds the ranges, and which stand in the same braces.
func readPools(t *testing.T, path, text, block string) []addressPool {
	t.Helper()
	var all []addressPool
	var open []string
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		for _, part := range regexp.MustCompile(`[^{};]*[{};]?`).FindAllString(line, -1) {
			words := strings.Fields(strings.Trim(part, "{};"))
			if len(words) > 1 && words[0] == "include" {
				name := filepath.Join(filepath.Dir(path), strings.Trim(words[1], `"`))
				inner, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, readPools(t, path, string(inner), fmt.Sprint(name, open))...)
			}
			if len(words) > 1 && words[0] == "range" {
				at := words[1:]
				if at[0] == "dynamic-bootp" {
					at = at[1:]
				}
				p := addressPool{block: fmt.Sprint(block, open), bootp: words[1] == "dynamic-bootp", first: netip.MustParseAddr(at[0]), last: netip.MustParseAddr(at[len(at)-1])}
				if p.last.Less(p.first) {
					p.first, p.last = p.last, p.first
				}
				all = append(all, p)
			}
			switch {
			case strings.HasSuffix(part, "{"):
				open = append(open, fmt.Sprint(i, len(all), part))
			case strings.HasSuffix(part, "}") && len(open) > 0:
				open = open[:len(open)-1]
			}
		}
	}
	return all
}

// pool names what an address is of: a pool, or itself. A BOOTP client has only a
// part of some pools.
func (s *script) pool(c *scripted, a netip.Addr) string {
	for _, p := range s.pools {
		if p.first.Compare(a) <= 0 && a.Compare(p.last) <= 0 {
			return fmt.Sprint(p.block, c.bootp && p.bootp)
		}
	}
	return a.String()
}

// relays are sockets at the addresses of relays, for servers on one port.
type relays struct {
	servers []netip.AddrPort
	conns   map[netip.Addr]*net.UDPConn
}

func (l *lab) relays(ns string, clients []scripted, servers ...netip.AddrPort) *relays {
	l.t.Helper()
	r := &relays{servers: servers, conns: map[netip.Addr]*net.UDPConn{}}
	for _, c := range clients {
		if r.conns[c.giaddr] != nil {
			continue
		}
		err := netns.Do(l.ns(ns), func() error {
			conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(c.giaddr, servers[0].Port())))
			r.conns[c.giaddr] = conn
			return err
		})
		if err != nil {
			l.t.Fatal(err)
		}
	}
	return r
}

func (r *relays) close() {
	for _, c := range r.conns {
		c.Close()
	}
}

// answer is what a server gives a client in the end; silent if it gives
// nothing.
type answer struct {
	silent bool
	m      *packet.Message
}

// lease takes a client from DISCOVER to ACK, or a BOOTP client to its answer.
func (r *relays) lease(c *scripted) (answer, error) {
	m := r.message(c, packet.Discover)
	want := packet.Offer
	if c.bootp {
		m, want = r.message(c, packet.BOOTP), packet.BOOTP
	}
	offer, err := r.ask(c, m, want)
	if err != nil || offer == nil || c.bootp {
		return answer{offer == nil, offer}, err
	}
	m = r.message(c, packet.Request)
	id, _ := offer.ServerID()
	m.AddAddr(packet.ServerIdentifier, id)
	m.AddAddr(packet.RequestedAddress, offer.YIAddr)
	ack, err := r.ask(c, m, packet.Ack)
	return answer{ack == nil, ack}, err
}

func (r *relays) message(c *scripted, t packet.MessageType) *packet.Reply {
	m := new(packet.Reply)
	m.Reset()
	m.Op, m.Type, m.XID, m.HType, m.HLen, m.Hops = packet.BootRequest, t, rand.Uint32(), 1, 6, 1
	copy(m.CHAddr[:], c.mac[:])
	m.GIAddr, m.Secs = c.giaddr, c.secs
	if t == packet.BOOTP {
		return m
	}
	for _, o := range c.opts {
		m.Add(o.Code, o.Value)
	}
	m.Add(packet.MaxMessageSize, []byte{1400 >> 8, 1400 & 255})
	if c.prl != nil {
		m.Add(packet.ParameterRequestList, c.prl)
	}
	m.RelayInfo = c.relay
	return m
}

// ask sends a message, twice if nothing comes, and returns the answer; nil is
// silence.
func (r *relays) ask(c *scripted, m *packet.Reply, want packet.MessageType) (*packet.Message, error) {
	conn := r.conns[c.giaddr]
	data, _ := m.Append(nil, packet.MaxReplySize)
	for _, wait := range []time.Duration{300 * time.Millisecond, 1200 * time.Millisecond} {
		for _, server := range r.servers {
			if _, err := conn.WriteToUDPAddrPort(data, server); err != nil {
				return nil, err
			}
		}
		if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
			return nil, err
		}
		for {
			buf := make([]byte, 4096)
			n, _, err := conn.ReadFromUDPAddrPort(buf)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				return nil, err
			}
			got, err := packet.Parse(buf[:n])
			if err != nil {
				return nil, err
			}
			if got.XID == m.XID && got.Type == want {
				return got, nil
			}
		}
	}
	return nil, nil
}

// differences compares two answers to the same client. What holds of every
// configuration is in the documentation and not listed here: a server of ours
// sends the mask, T1, T2 and the client identifier unasked, and the client's own
// host name back.
func (s *script) differences(c *scripted, theirs, ours answer) []string {
	if theirs.silent || ours.silent {
		if theirs.silent == ours.silent {
			return nil
		}
		return []string{fmt.Sprintf("answer: dhcpd is silent: %v, and ours: %v", theirs.silent, ours.silent)}
	}
	var all []string
	differ := func(what string, a, b any) {
		if fmt.Sprint(a) != fmt.Sprint(b) {
			all = append(all, fmt.Sprintf("%s: %v from dhcpd, %v from ours", what, a, b))
		}
	}
	differ("address", s.pool(c, theirs.m.YIAddr), s.pool(c, ours.m.YIAddr))
	differ("siaddr", theirs.m.SIAddr, ours.m.SIAddr)
	differ("file", string(theirs.m.File), string(ours.m.File))
	differ("sname", string(theirs.m.SName), string(ours.m.SName))
	for code := 1; code < 255; code++ {
		a, inA := theirs.m.Lookup(uint8(code))
		b, inB := ours.m.Lookup(uint8(code))
		if !inA && inB && (slices.Contains([]int{1, 58, 59, 61}, code) || code == 12 && sent(c, 12) == string(b)) {
			continue
		}
		if code == 119 {
			a, b = names(a), names(b)
		}
		if inA != inB || string(a) != string(b) {
			all = append(all, fmt.Sprintf("option %d: %x from dhcpd, %x from ours", code, a, b))
		}
	}
	return all
}

func sent(c *scripted, code uint8) string {
	for _, o := range c.opts {
		if o.Code == code {
			return string(o.Value)
		}
	}
	return ""
}

// names undoes the compression of a list of domain names.
func names(b []byte) []byte {
	var all []byte
	for i := 0; i < len(b); {
		at, jumped := i, false
		for at < len(b) {
			n := int(b[at])
			if n >= 0xc0 && at+1 < len(b) {
				if !jumped {
					i, jumped = at+2, true
				}
				at = (n&0x3f)<<8 | int(b[at+1])
				continue
			}
			if at+1+n > len(b) {
				return b
			}
			all = append(all, b[at:at+1+n]...)
			at += 1 + n
			if n == 0 {
				break
			}
		}
		if !jumped {
			i = at
		}
	}
	return all
}

func (a answer) String() string {
	if a.silent {
		return "silence"
	}
	return fmt.Sprintf("%v with %d options", a.m.YIAddr, len(a.m.Options()))
}
