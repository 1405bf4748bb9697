package engine

import (
	"net/netip"
	"slices"

	"leasehold/internal/lease"
	"leasehold/internal/packet"
)

// encode builds the answer (RFC 2131 section 4.3.1, table 3). Options stand in
// the order of their rank: where room is short, the later one yields. The echoes
// may come last, as they have their room in any case.
func (ex *exchange) encode() verdict {
	if ex.silent {
		return goOn
	}
	r, m := &ex.reply, &ex.msg
	r.Answer(m, ex.answer)
	r.RelayInfo = ex.relayInfo()
	ex.head(r)
	if r.Cookie {
		if ex.answer != packet.BOOTP {
			r.AddAddr(packet.ServerIdentifier, ex.serverID())
			if ex.kind != informing {
				ex.addTimes(r)
			}
		}
		r.Add(packet.SubnetMask, ex.mask())
		ex.addOptions(r)
		ex.addEchoes(r)
	}
	ex.logMissing()
	var lost []uint8
	ex.out, lost = r.Append(ex.out[:0], m.ReplyLimit())
	if len(lost) > 0 {
		ex.logLost(lost)
	}
	ex.address(r)
	return goOn
}

// optVSSControl asks for the VPN to be honoured; a server that does so leaves it
// out of its answer (RFC 6607 section 6.2). It is empty: Cisco's relays send an
// address under the same number.
const optVSSControl = 152

// relayInfo is what the relay said, to be sent back as it came.
func (ex *exchange) relayInfo() []byte {
	whole := ex.msg.RelayInfo()
	if v, ok := packet.SubOption(whole, optVSSControl); !ok || len(v) > 0 || ex.vpn.id == 0 {
		return whole
	}
	from := len(ex.scratch)
	for rest := whole; len(rest) >= 2 && len(rest) >= 2+int(rest[1]); {
		n := 2 + int(rest[1])
		if rest[0] != optVSSControl {
			ex.scratch = append(ex.scratch, rest[:n]...)
		}
		rest = rest[n:]
	}
	return ex.scratch[from:]
}

// head fills the fixed fields that the policies decide.
func (ex *exchange) head(r *packet.Reply) {
	if ex.kind != informing {
		r.YIAddr = ex.lease.Addr.Netip()
	}
	c := ex.chain
	if c.siaddr.Is4() {
		r.SIAddr = c.siaddr
	}
	r.SName, r.File = c.sname, c.file
}

func (ex *exchange) addTimes(r *packet.Reply) {
	g := &ex.grant
	r.AddUint32(packet.LeaseTime, expiresIn(g.time))
	if g.t1 > 0 {
		r.AddUint32(packet.RenewalTime, expiresIn(g.t1))
	}
	if g.t2 > 0 {
		r.AddUint32(packet.RebindingTime, expiresIn(g.t2))
	}
}

// addOptions adds what the policies send in any case, then what the client
// asked for in its order.
func (ex *exchange) addOptions(r *packet.Reply) {
	if ex.answer == packet.BOOTP {
		for _, code := range ex.chain.bootpReplyOptions {
			ex.addOption(r, code)
		}
		return
	}
	for _, code := range ex.chain.replyOptions {
		ex.addOption(r, code)
	}
	for _, code := range ex.msg.Requested() {
		if !ex.addOption(r, code) && ex.logs(logMissing) {
			ex.noteMissing(r, code)
		}
	}
	if ex.msg.Has(packet.VendorClassV4) {
		ex.addVendor(r, packet.VendorInfoV4)
	}
}

// addOption adds one option if there is a value for it.
func (ex *exchange) addOption(r *packet.Reply, code uint8) bool {
	switch code {
	case packet.ServerIdentifier, packet.LeaseTime, packet.RenewalTime, packet.RebindingTime,
		packet.SubnetMask, packet.ClientFQDN, packet.ClientIdentifier, packet.ParameterRequestList,
		packet.MaxMessageSize, packet.RequestedAddress:
		return true // the server makes them itself, or they are the client's
	case packet.HostName:
		if ex.who.HostName != "" {
			return r.AddString(code, ex.who.HostName)
		}
	case packet.VendorOptions, packet.VendorClassV4, packet.VendorInfoV4:
		if ex.addVendor(r, code) {
			return true
		}
	}
	v, ok := ex.chain.option(code)
	return ok && (r.Add(code, v) || true)
}

// addVendor adds the vendor options that suit the client. Those of several
// enterprises go out together.
func (ex *exchange) addVendor(r *packet.Reply, code uint8) bool {
	class := ex.msg.VendorClassID()
	var value []byte
	found := false
	for i := range ex.chain.vendor {
		v := &ex.chain.vendor[i]
		if v.code != code || !v.suits(class) || ex.shadowed(i) {
			continue
		}
		if found && v.match != "" {
			break // option 43 is one vendor's
		}
		if found {
			value = append(slices.Clip(value), v.value...)
		} else {
			value, found = v.value, true
		}
	}
	return found && (r.Add(code, value) || true)
}

// shadowed tells whether a more specific policy has a value of the same
// option and set.
func (ex *exchange) shadowed(i int) bool {
	v := ex.chain.vendor[i]
	for _, w := range ex.chain.vendor[:i] {
		if w.code == v.code && w.set == v.set {
			return true
		}
	}
	return false
}

// The options that a server returns as it got them.
const optMachineID = 97

// addEchoes returns what the client or its relay sent: the client-id (RFC
// 6842), the machine-id of PXE, the subnet selection (RFC 3011), the VPN (RFC
// 6607), the name with the server's verdict.
func (ex *exchange) addEchoes(r *packet.Reply) {
	m := &ex.msg
	if v, ok := m.Lookup(packet.ClientIdentifier); ok {
		r.Add(packet.ClientIdentifier, v)
	}
	if v, ok := m.Lookup(packet.SubnetSelection); ok {
		r.Add(packet.SubnetSelection, v)
	}
	if v, ok := m.Lookup(optVSS); ok && ex.plan.settings.vpnCommunication && !ex.plan.settings.ignoreOption[optVSS] {
		r.Add(optVSS, v)
	}
	if v, ok := m.Lookup(optMachineID); ok {
		r.Add(optMachineID, v)
	}
	if ex.plan.settings.returnFQDN {
		if f, ok := m.FQDN(); ok {
			ex.addFQDN(r, f)
		}
	}
}

// What return-client-fqdn-if-asked answers: S and O set, both rcodes 255
// (RFC 4702 section 4).
func (ex *exchange) addFQDN(r *packet.Reply, f packet.FQDN) {
	f.Flags = f.Flags&packet.FQDNCanonical | packet.FQDNServerUpdates | packet.FQDNOverride
	n := len(ex.scratch)
	ex.scratch = packet.AppendFQDN(ex.scratch, f, 255)
	r.Add(packet.ClientFQDN, ex.scratch[n:])
}

// encodeNak builds a DHCPNAK: no address, no parameters (RFC 2131 table 3).
func (ex *exchange) encodeNak() {
	r, m := &ex.reply, &ex.msg
	r.Answer(m, packet.Nak)
	ex.lease = lease.Lease{}
	r.AddAddr(packet.ServerIdentifier, ex.serverID())
	if v, ok := m.Lookup(packet.ClientIdentifier); ok {
		r.Add(packet.ClientIdentifier, v)
	}
	r.AddString(packet.ErrorMessage, outcomes[ex.success].help)
	ex.out, _ = r.Append(ex.out[:0], m.ReplyLimit())
	ex.address(r)
}

// address settles where the answer goes.
func (ex *exchange) address(r *packet.Reply) {
	ex.to = packet.DestinationFor(&ex.msg, r, ex.server.ports)
	if ex.to.Way == packet.ToHardware && !ex.plan.settings.hardwareUnicast {
		ex.to.Way = packet.ToLink
		ex.to.Addr = netip.AddrPortFrom(limitedBroadcast, ex.server.ports.Client)
	}
}
