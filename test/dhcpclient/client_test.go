package main

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"leasehold/internal/netio"
	"leasehold/internal/packet"
)

// fakeServer is the least of a DHCP server: it gives 127.77.0.5 to whoever asks,
// refuses any other address, and puts what it hears into a channel.
func fakeServer(t *testing.T) (port uint16, heard <-chan *packet.Message) {
	t.Helper()
	probe, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port = probe.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	probe.Close()
	conn, _, err := netio.Listen(netio.Config{Address: netip.MustParseAddr("127.0.0.1"), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	all := make(chan *packet.Message, 100)
	served := make(chan error, 1)
	go func() {
		served <- conn.Serve(func(ps []*netio.Packet) {
			for _, p := range ps {
				m, err := packet.Parse(bytes.Clone(p.Data))
				if err != nil {
					t.Errorf("the client sent %v", err)
					continue
				}
				all <- m
				reply(t, conn, p, m, port)
			}
		})
	}()
	t.Cleanup(func() {
		conn.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return port, all
}

func reply(t *testing.T, conn *netio.Conn, p *netio.Packet, m *packet.Message, port uint16) {
	given := netip.MustParseAddr("127.77.0.5")
	var r packet.Reply
	switch m.Type {
	case packet.Discover:
		r.Answer(m, packet.Offer)
	case packet.Request, packet.Inform:
		r.Answer(m, packet.Ack)
		if want, ok := m.RequestedAddr(); ok && want != given {
			r.Answer(m, packet.Nak)
		}
	default:
		return
	}
	r.AddAddr(packet.ServerIdentifier, netip.MustParseAddr("127.0.0.1"))
	if r.Type == packet.Nak {
		r.AddString(packet.ErrorMessage, "not here")
	} else {
		if m.Type != packet.Inform {
			r.YIAddr = given
		}
		r.AddUint32(packet.LeaseTime, 3600)
		r.AddAddr(packet.SubnetMask, netip.MustParseAddr("255.255.0.0"))
		r.AddAddr(packet.Routers, netip.MustParseAddr("127.77.0.1"))
	}
	out, _ := r.Append(nil, m.ReplyLimit())
	d := packet.DestinationFor(m, &r, packet.Ports{Server: port, Client: port + 1})
	ds := []netio.Datagram{{Data: out, To: d.Addr, HW: d.HW, IfIndex: p.IfIndex}}
	if conn.Send(ds) != 0 {
		t.Errorf("the server could not answer: %v", ds[0].Err)
	}
}

func TestExchanges(t *testing.T) {
	for _, c := range []struct {
		name, args, commands string
		status               int
		stdout               []string // in this order
		stderr               string
		types                []packet.MessageType
	}{
		{
			"relayed lease, renewal and release", "-giaddr 127.0.0.2 -subnet 10.9.0.1 -hostname alpha -mac 02:00:00:00:00:51",
			"lease renew rebind release", 0,
			[]string{
				`--> DISCOVER  name "alpha", from 02:00:00:00:00:51, through relay 127.0.0.2, on the link of 10.9.0.1`,
				"<-- OFFER     127.77.0.5/16, server 127.0.0.1, lease 1h0m0s, router 127.77.0.1, from 127.0.0.1:",
				"--> REQUEST   server 127.0.0.1, wants 127.77.0.5,", "<-- ACK ",
				"--> REQUEST   for 127.77.0.5", "<-- ACK ", "--> REQUEST", "<-- ACK ", "--> RELEASE   for 127.77.0.5",
			}, "",
			[]packet.MessageType{packet.Discover, packet.Request, packet.Request, packet.Request, packet.Release},
		},
		{
			"direct", "-mac 02:00:00:00:00:52", "lease renew decline", 0,
			[]string{"--> DISCOVER", "<-- OFFER", "--> REQUEST", "<-- ACK", "--> REQUEST", "<-- ACK", "--> DECLINE   server 127.0.0.1, wants 127.77.0.5"}, "",
			[]packet.MessageType{packet.Discover, packet.Request, packet.Request, packet.Decline},
		},
		{
			"refused", "-giaddr 127.0.0.2 -request 10.0.0.9", "init-reboot", 1,
			[]string{"--> REQUEST   wants 10.0.0.9", `<-- NAK       server 127.0.0.1, "not here"`}, "init-reboot: refused",
			[]packet.MessageType{packet.Request},
		},
		{
			"inform, with a dump", "-ciaddr 127.0.0.3 -v", "inform", 0,
			[]string{"--> INFORM    for 127.0.0.3", "ciaddr = 127.0.0.3", "<-- ACK       server 127.0.0.1", "(3) Router: 127.77.0.1"}, "",
			[]packet.MessageType{packet.Inform},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			port, heard := fakeServer(t)
			args := append([]string{"-server", fmt.Sprintf("127.0.0.1:%d", port)}, strings.Fields(c.args+" "+c.commands)...)
			var stdout, stderr bytes.Buffer
			if status := run(args, &stdout, &stderr); status != c.status {
				t.Errorf("status %d, want %d\n%s%s", status, c.status, &stdout, &stderr)
			}
			rest := stdout.String()
			for _, want := range c.stdout {
				_, after, ok := strings.Cut(rest, want)
				if !ok {
					t.Fatalf("no %q in what is left of\n%s", want, &stdout)
				}
				rest = after
			}
			if !strings.Contains(stderr.String(), c.stderr) || c.stderr == "" && stderr.Len() > 0 {
				t.Errorf("stderr %q, want %q", &stderr, c.stderr)
			}
			for _, want := range c.types {
				if m := <-heard; m.Type != want {
					t.Errorf("the server heard %v, want %v", m.Type, want)
				} else if link, ok := m.RelaySubAddr(packet.RelayLinkSelection); ok && link != netip.MustParseAddr("10.9.0.1") {
					t.Errorf("link selection %v", link)
				}
			}
		})
	}
}

func TestBadUse(t *testing.T) {
	for args, want := range map[string]string{
		"":                        "-server must give",
		"-server 127.0.0.1":       "server",
		"-server 127.0.0.1:1 eat": `no such command "eat"`,
		"-server 127.0.0.1:6767 -giaddr 127.0.0.1":         "server's own address",
		"-server 127.0.0.1:6767 -mac 02:00":                "mac",
		"-server 127.0.0.1:6767 inform":                    "needs -ciaddr",
		"-server 127.0.0.1:6767 init-reboot":               "needs -request",
		"-server 127.0.0.1:6767 -giaddr 192.0.2.77 lease":  "listen for answers",
		"-server 127.0.0.1:6767 -option x=00 lease":        "option",
		"-server 127.0.0.1:6767 -list 1,300 lease":         "list",
		"-server 127.0.0.1:6767 -giaddr ::1 lease":         "not an IPv4 address",
		"-server 127.0.0.1:6767 -client-id zz lease":       "client-id",
		"-server [::1]:6767 lease":                         "-server must give",
		"-server 127.0.0.1:6767 -giaddr 127.0.0.2 -x more": "-x",
	} {
		var stdout, stderr bytes.Buffer
		if status := run(strings.Fields(args), &stdout, &stderr); status != 2 || !strings.Contains(stderr.String(), want) {
			t.Errorf("%q: status %d, %q; want 2 and %q", args, status, &stderr, want)
		}
	}
}

func TestSilence(t *testing.T) {
	silent, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	var stdout, stderr bytes.Buffer
	status := run([]string{"-server", silent.LocalAddr().String(), "-giaddr", "127.0.0.2", "-timeout", "10ms", "-tries", "3"}, &stdout, &stderr)
	if status != 1 || strings.Count(stdout.String(), "--> DISCOVER") != 3 || !strings.Contains(stderr.String(), "no answer") {
		t.Errorf("status %d\n%s%s", status, &stdout, &stderr)
	}
}
