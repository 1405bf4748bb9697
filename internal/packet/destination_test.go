package packet

import (
	"net/netip"
	"testing"
)

func TestDestinationFor(t *testing.T) {
	const (
		client = "10.1.0.9" // ciaddr
		given  = "10.1.0.7" // yiaddr
		relay  = "10.2.0.1"
	)
	ports := Ports{Server: 1067, Client: 1068}
	for _, c := range []struct {
		name           string
		req, reply     MessageType
		ciaddr, giaddr string
		flag           bool
		htype          uint8
		way            Way
		to             string
	}{
		{"first offer", Discover, Offer, "", "", false, 1, ToHardware, given + ":1068"},
		{"first offer, broadcast flag", Discover, Offer, "", "", true, 1, ToLink, "255.255.255.255:1068"},
		{"first offer, not Ethernet", Discover, Offer, "", "", false, 32, ToLink, "255.255.255.255:1068"},
		{"offer through a relay", Discover, Offer, "", relay, false, 1, ToRelay, relay + ":1067"},
		{"offer through a relay, broadcast flag", Discover, Offer, "", relay, true, 1, ToRelay, relay + ":1067"},
		{"renewal", Request, Ack, client, "", false, 1, ToAddress, client + ":1068"},
		{"renewal, broadcast flag", Request, Ack, client, "", true, 1, ToAddress, client + ":1068"},
		{"rebinding through a relay", Request, Ack, client, relay, false, 1, ToRelay, relay + ":1067"},
		{"refusal", Request, Nak, "", "", false, 1, ToLink, "255.255.255.255:1068"},
		{"refusal of a renewal", Request, Nak, client, "", false, 1, ToLink, "255.255.255.255:1068"},
		{"refusal through a relay", Request, Nak, client, relay, false, 1, ToRelay, relay + ":1067"},
		{"inform", Inform, Ack, client, "", false, 1, ToAddress, client + ":1068"},
		{"inform through a relay", Inform, Ack, client, relay, false, 1, ToAddress, client + ":1068"},
		{"inform without ciaddr through a relay", Inform, Ack, "", relay, false, 1, ToRelay, relay + ":1067"},
		{"bootp", BOOTP, BOOTP, "", "", false, 1, ToHardware, given + ":1068"},
		{"bootp with ciaddr through a relay", BOOTP, BOOTP, client, relay, false, 1, ToAddress, client + ":1068"},
		{"bootp through a relay", BOOTP, BOOTP, "", relay, true, 1, ToRelay, relay + ":1067"},
		{"leasequery", LeaseQuery, LeaseActive, "", relay, false, 1, ToRelay, relay + ":1067"},
	} {
		req := mustParse(t, discover())
		req.Type, req.HType = c.req, c.htype
		if c.ciaddr != "" {
			req.CIAddr = netip.MustParseAddr(c.ciaddr)
		}
		if c.giaddr != "" {
			req.GIAddr = netip.MustParseAddr(c.giaddr)
		}
		if c.flag {
			req.Flags = FlagBroadcast
		}
		var r Reply
		r.Answer(req, c.reply)
		if c.reply != Nak && c.req != Inform {
			r.YIAddr = netip.MustParseAddr(given)
		}
		got := DestinationFor(req, &r, ports)
		if got.Way != c.way || got.Addr.String() != c.to {
			t.Errorf("%s: %v to %v, want %v to %v", c.name, got.Way, got.Addr, c.way, c.to)
		}
		if want := [6]byte{2, 0, 0, 0, 0, 1}; got.Way == ToHardware && got.HW != want {
			t.Errorf("%s: frame to % x", c.name, got.HW)
		}
	}
	// An INFORM without any address gets what all on the link get.
	req := mustParse(t, discover(53, 1, 8))
	var r Reply
	r.Answer(req, Ack)
	if got := DestinationFor(req, &r, ports); got.Way != ToLink {
		t.Errorf("inform without ciaddr: %v", got.Way)
	}
}
