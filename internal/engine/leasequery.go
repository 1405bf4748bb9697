package engine

import (
	"slices"

	"leasehold/internal/lease"
	"leasehold/internal/packet"
)

// A DHCPLEASEQUERY (RFC 4388) is a question of a relay about one address, one
// hardware address or one client-id. It has no client, so it leaves the stages
// at classify and is answered from the lease table alone.

// admitQuery tells whether the question is one: it comes from a relay and asks
// in exactly one way (section 6.3).
func (ex *exchange) admitQuery() verdict {
	m := &ex.msg
	asks := 0
	for _, given := range []bool{isSet(m.CIAddr), m.HLen > 0, len(m.ClientID()) > 0} {
		if given {
			asks++
		}
	}
	if asks != 1 || !m.Relayed() {
		return dropped(DropLeasequery)
	}
	ex.kind = querying
	return goOn
}

// answerQuery ends the exchange.
func (ex *exchange) answerQuery() verdict {
	ex.now = ex.server.clock.Now().Unix()
	if ex.vpn = ex.findVPN(); ex.vpn == nil {
		return dropped(DropUnknownVPN)
	}
	var l lease.Lease
	var others []lease.Key
	answer := packet.LeaseUnknown
	if isSet(ex.msg.CIAddr) {
		l, answer = ex.queryAddress(ex.leaseKey(lease.AddrFrom(ex.msg.CIAddr)))
	} else if l, others = ex.queryClient(); l.State != 0 {
		answer = packet.LeaseActive
	}
	ex.lease = l
	if ex.ignorant(l.Key) {
		return dropped(DropFailoverState)
	}
	ex.success = map[packet.MessageType]Outcome{
		packet.LeaseActive: QueryActive, packet.LeaseUnassigned: QueryUnassigned, packet.LeaseUnknown: QueryUnknown,
	}[answer]
	ex.encodeQuery(answer, &l, others)
	ex.send()
	return verdict{act: park} // it was sent: ex is somebody else's
}

// ignorant takes the scope of the address, and tells whether its failover state
// keeps the server from knowing who has it: after a loss of leases an answer
// would cut clients off. Without an address that goes for every scope.
func (ex *exchange) ignorant(k lease.Key) bool {
	scopes := ex.plan.ordered
	if place, ok := ex.server.table.Place(k); ok {
		if ex.scope = ex.plan.byID[place.Scope]; ex.scope == nil {
			return false
		}
		scopes = []*scope{ex.scope}
	}
	for _, sc := range scopes {
		ex.network = sc.network
		if why := ex.silence(sc); why == DropFailoverState || why == DropFailoverConfig {
			return true
		}
	}
	ex.network = nil
	return false
}

// queryAddress looks an address up (section 6.4.1).
func (ex *exchange) queryAddress(k lease.Key) (lease.Lease, packet.MessageType) {
	place, ok := ex.server.table.Place(k)
	if !ok || place.Parked || !place.InRange && !place.Reserved {
		return lease.Lease{Key: k}, packet.LeaseUnknown
	}
	if l, ok := ex.server.table.Get(k); ok && ex.runs(&l) {
		return l, packet.LeaseActive
	}
	return lease.Lease{Key: k}, packet.LeaseUnassigned
}

// queryClient is the client's running lease with the latest transaction, and
// the addresses of all (section 6.4.1); a zero lease if it has none.
func (ex *exchange) queryClient() (last lease.Lease, all []lease.Key) {
	t := ex.server.table
	if id := ex.msg.ClientID(); len(id) > 0 {
		ex.mine = t.ByClient(ex.vpn.id, lease.KeyOf(string(id), lease.HW{}), ex.mine[:0])
	} else {
		ex.mine = t.ByHardware(ex.vpn.id, ex.hw, ex.mine[:0])
	}
	for _, l := range ex.mine {
		if !ex.runs(&l) {
			continue
		}
		all = append(all, l.Key)
		if last.State == 0 || l.LastTransaction > last.LastTransaction {
			last = l
		}
	}
	return last, all
}

// encodeQuery builds the answer (section 6.4.2). What is told of the lease
// beyond its client and its time is told if it was asked for.
func (ex *exchange) encodeQuery(answer packet.MessageType, l *lease.Lease, all []lease.Key) {
	r, m := &ex.reply, &ex.msg
	r.Answer(m, answer)
	r.RelayInfo = nil
	r.CIAddr = m.CIAddr
	r.AddAddr(packet.ServerIdentifier, ex.serverID())
	if v, ok := m.Lookup(packet.ClientIdentifier); ok && answer != packet.LeaseActive {
		r.Add(packet.ClientIdentifier, v)
	}
	if answer == packet.LeaseActive {
		r.CIAddr = l.Addr.Netip()
		r.HType, r.HLen, r.CHAddr = l.HW.Type, l.HW.Len, l.HW.Addr
		left := expiresIn(l.Expiration - ex.now)
		if l.Expiration == lease.Forever {
			left = expiresIn(lease.Forever)
		}
		r.AddUint32(packet.LeaseTime, left)
		if l.ClientID != "" {
			r.AddString(packet.ClientIdentifier, l.ClientID)
		}
		ex.addQueried(r, l, all)
	}
	ex.out, _ = r.Append(ex.out[:0], m.ReplyLimit())
	ex.address(r)
}

func (ex *exchange) addQueried(r *packet.Reply, l *lease.Lease, all []lease.Key) {
	asked := ex.msg.Requested()
	for _, code := range asked {
		switch code {
		case packet.VendorClass:
			if l.VendorClass != "" {
				r.AddString(code, l.VendorClass)
			}
		case packet.HostName:
			if l.HostName != "" {
				r.AddString(code, l.HostName)
			}
		case packet.LastTransaction:
			r.AddUint32(code, uint32(max(0, ex.now-l.LastTransaction)))
		case packet.RelayAgentInfo:
			if l.RelayInfo != "" {
				r.RelayInfo = []byte(l.RelayInfo)
			}
		}
	}
	if len(all) > 1 && slices.Contains(asked, packet.AssociatedAddress) {
		var addrs []byte
		for _, k := range all {
			if k != l.Key {
				a := k.Addr.Netip().As4()
				addrs = append(addrs, a[:]...)
			}
		}
		r.Add(packet.AssociatedAddress, addrs)
	}
}
