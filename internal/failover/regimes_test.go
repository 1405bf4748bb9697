package failover

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"leasehold/internal/packet"
)

// The seeds' three regimes, each with both servers: who answers which question,
// and from whose addresses new clients get theirs. In NORMAL the backup leaves to
// the main all that both hear, and answers what is for it alone.
func TestRegimes(t *testing.T) {
	for _, state := range []string{"NORMAL", "COMMUNICATIONS-INTERRUPTED", "PARTNER-DOWN"} {
		for _, role := range []string{"main", "backup"} {
			t.Run(state+" "+role, func(t *testing.T) {
				t.Parallel()
				s, main, backup := pairUp(t, strings.ReplaceAll(twoServers, "mclt=60s", "mclt=1h"))
				backup.balanced(10)
				main.balanced(90)
				address, _ := s.dora(1, main, backup)
				backup.until("the lease", func() bool { return backup.lease(address)["state"] == "leased" })
				n, other := main, backup
				if role == "backup" {
					n, other = backup, main
				}
				if state != "NORMAL" {
					other.stop()
					n.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
				}
				if state == "PARTNER-DOWN" {
					if _, e := n.manager.PartnerDown("blue", "", 0, false); e != nil {
						t.Fatal(e)
					}
					n.log.await(t, "state PARTNER-DOWN")
				}
				alone := state != "NORMAL" || role == "main"
				s.newClient(n, other, alone)
				a := mustAddr(address)
				s.question("REQUEST (rebinding)", alone, n, packet.Request, 1, func(r *packet.Reply) { r.CIAddr = a })
				s.question("REQUEST (init-reboot)", alone, n, packet.Request, 1, func(r *packet.Reply) { r.AddAddr(packet.RequestedAddress, a) })
				// By the relay all that renews counts as rebinding.
				s.unrelayed("REQUEST (renewing)", true, n, packet.Request, 1, address)
				s.unrelayed("INFORM", alone, n, packet.Inform, 1, address)
			})
		}
	}
}

// newClient asks a server for an address, which is to be one of its own, and
// takes it; where the server is to be silent, it is told of another's offer.
func (s *site) newClient(n, other *node, answers bool) {
	s.Helper()
	offer := s.question("DISCOVER", answers, n, packet.Discover, 9, nil)
	chosen, server := mustAddr(s.addr(120)), mustAddr(s.addr(other.host))
	if offer != nil {
		chosen = offer.YIAddr
		server, _ = offer.ServerID()
		// The highest addresses are the backup's.
		if backups := chosen.As4()[3] >= 190; backups != (n.host == 3) {
			s.Errorf("server %d offers %s, which is not its own", n.host, chosen)
		}
	}
	s.question("REQUEST (selecting)", answers, n, packet.Request, 9, func(r *packet.Reply) {
		r.AddAddr(packet.RequestedAddress, chosen)
		r.AddAddr(packet.ServerIdentifier, server)
	})
}

// question asks one server, which is to answer, and not to refuse, or to be
// silent.
func (s *site) question(what string, answers bool, n *node, typ packet.MessageType, mac byte, fill func(*packet.Reply)) *packet.Message {
	s.Helper()
	wait := 300 * time.Millisecond
	if answers {
		wait = patience
	}
	m := s.answerIn(s.send(typ, mac, fill, n), wait)
	if (m != nil) != answers {
		s.Errorf("%s is answered: %t", what, m != nil)
	}
	if m != nil && m.Type == packet.Nak {
		s.Errorf("%s is refused", what)
	}
	return m
}

// unrelayed is a question that a client asks from its own address.
func (s *site) unrelayed(what string, answers bool, n *node, typ packet.MessageType, mac byte, address string) {
	s.Helper()
	client, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(mustAddr(address), s.ports.dhcp+1)))
	s.must(err)
	defer client.Close()
	relay := s.relay
	s.relay = client
	defer func() { s.relay = relay }()
	s.question(what, answers, n, typ, mac, func(r *packet.Reply) { r.CIAddr, r.GIAddr, r.Hops = mustAddr(address), netip.Addr{}, 0 })
}
