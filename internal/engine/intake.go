package engine

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/internal/netio"
	"leasehold/internal/packet"
	"leasehold/pkg/failover/binding"
)

// deliver takes packets from the network: parse, admit, and into the line of
// the client's shard. It is called by one goroutine per socket and owns the
// packets.
func (s *Server) deliver(batch []*netio.Packet) {
	now := s.clock.Now()
	s.inFlight.add(len(batch))
	s.stats.received.Add(uint64(len(batch)))
	for _, p := range batch {
		s.accept(p, now)
	}
}

func (s *Server) accept(p *netio.Packet, now time.Time) {
	ex := s.newExchange(p, now)
	if !ex.run(parseStage, classifyStage) || ex.leftToPartner() {
		return
	}
	ex.stage = classifyStage
	ex.shard = s.shards[shardOf(&ex.hw, len(s.shards))]
	limit := max(1, ex.plan.settings.maxRequests/len(s.shards))
	if loser, why := ex.shard.push(ex, limit); loser != nil {
		loser.finish(why)
	}
}

// shardOf spreads hardware addresses over n shards (FNV-1a).
func shardOf(hw *lease.HW, n int) int {
	h := uint32(2166136261)
	for _, b := range hw.Bytes() {
		h = (h ^ uint32(b)) * 16777619
	}
	return int((h ^ h>>16) % uint32(n))
}

// parse is the first stage.
func (ex *exchange) parse() verdict {
	if !ex.server.running.Load() {
		return dropped(DropStopped)
	}
	if ex.plan == nil {
		return dropped(DropStopped)
	}
	if ex.in.Truncated {
		return dropped(DropMalformed)
	}
	if err := ex.msg.Decode(ex.in.Data); err != nil {
		ex.logMalformed(err)
		return dropped(DropMalformed)
	}
	ex.logIncoming()
	return goOn
}

// admit sorts packets by what they ask for and turns away what no stage could
// answer.
func (ex *exchange) admit() verdict {
	m := &ex.msg
	if m.Op != packet.BootRequest {
		return dropped(DropNotRequest)
	}
	if ex.plan.settings.importMode {
		return dropped(DropImportMode)
	}
	ex.hw = lease.HardwareFrom(m.HType, m.HW())
	if m.Type != packet.LeaseQuery && ex.hw.Len == 0 && (len(m.ClientID()) == 0 || ex.plan.settings.macOnly) {
		return dropped(DropNoHardware)
	}
	ex.queueKey = queueKey{m.XID, m.Type, ex.hw}
	switch m.Type {
	case packet.BOOTP:
		ex.kind = bootp
	case packet.Discover:
		ex.kind = discover
	case packet.Request:
		ex.kind = ex.requestKind()
	case packet.Decline:
		ex.kind = declining
	case packet.Release:
		ex.kind = releasing
	case packet.Inform:
		ex.kind = informing
	case packet.Offer, packet.Ack, packet.Nak:
		return dropped(DropServerMessage)
	case packet.LeaseQuery:
		if v := ex.admitQuery(); v.act != next {
			return v
		}
	case packet.LeaseActive, packet.LeaseUnassigned, packet.LeaseUnknown:
		return dropped(DropServerMessage)
	default:
		return dropped(DropBadType)
	}
	ex.server.stats.kinds[ex.kind].Add(1)
	if ex.in.Waited > binding.LongestQueued {
		return dropped(DropLate)
	}
	return goOn
}

// requestKind tells the client's state from its DHCPREQUEST (RFC 2131 table 4).
// A client that renews sends to the server's address; one that rebinds
// broadcasts, or comes through a relay.
func (ex *exchange) requestKind() kind {
	m := &ex.msg
	if m.Has(packet.ServerIdentifier) {
		return selecting
	}
	if !isSet(m.CIAddr) {
		return rebooting
	}
	if m.Relayed() || !ex.in.To.IsValid() || ex.in.To == limitedBroadcast {
		return rebinding
	}
	return renewing
}
