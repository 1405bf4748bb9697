package engine

import (
	"strings"

	"leasehold/internal/eventlog"
	"leasehold/internal/lease"
	"leasehold/internal/packet"
	"leasehold/pkg/objects"
)

// The messages of the engine: 04000 to 04999.
var (
	msgStarted = eventlog.Declare(4001, eventlog.Info, "Server",
		"Packet service started with %d scopes.",
		"The server answers DHCP and BOOTP packets from now on.")
	msgStopped = eventlog.Declare(4002, eventlog.Info, "Server",
		"Packet service stopped.",
		"The server answers no packets until it is started again.")
	msgNetFailed = eventlog.Declare(4003, eventlog.Error, "Server",
		"Network failed: %v.",
		"A socket broke for good; packets from it are no longer heard. Restart the server when the cause is mended.")

	msgReloaded = eventlog.Declare(4010, eventlog.Info, "Configuration",
		"Configuration loaded: %d scopes, %d policies, %d clients.",
		"A configuration was checked and is in service.")
	msgReloadRefused = eventlog.Declare(4011, eventlog.Error, "Configuration",
		"Configuration refused for %d reasons, the running one stays. First reason: %s",
		"The configuration has errors. The answer to the reload lists all of them.")

	msgPacketDetail = eventlog.Declare(4101, eventlog.Activity, "Protocol",
		"Packet received from %s: %s",
		"The content of a packet that came in (log-settings incoming-packet-detail).")
	msgAnswerDetail = eventlog.Declare(4102, eventlog.Activity, "Protocol",
		"Packet sent by %s to %s: %s",
		"The content of an answer (log-settings outgoing-packet-detail).")
	msgAnswered = eventlog.Declare(4103, eventlog.Activity, "Protocol",
		"%s from %s, xid 0x%08x, giaddr %s: %s, address %s, scope %q.",
		"A packet that came in and what it was answered with (log-settings incoming-packets).")
	msgRefused = eventlog.Declare(4104, eventlog.Activity, "Protocol",
		"%s from %s, xid 0x%08x, giaddr %s: DHCPNAK, %s (%s).",
		"A client was told that it cannot have the address. The reason is one of a fixed list.")
	msgDropped = eventlog.Declare(4105, eventlog.Warning, "Protocol",
		"%s from %s, xid 0x%08x, giaddr %s: no answer, %s (%s).",
		"A packet got no answer. The reason is one of a fixed list.")
	msgMalformed = eventlog.Declare(4106, eventlog.Warning, "Protocol",
		"Packet from %s dropped: %v.",
		"Not a well-formed BOOTP or DHCP message (log-settings no-invalid-packets hides these).")
	msgMissing = eventlog.Declare(4107, eventlog.Activity, "Protocol",
		"Client %s asked for options that no policy has: %s.",
		"Set the options in a policy, or leave missing-options out of log-settings.")
	msgNoRoom = eventlog.Declare(4108, eventlog.Warning, "Protocol",
		"Answer to %s was too small for options: %s.",
		"The client's maximum message size leaves no room for these options.")
	msgCriteria = eventlog.Declare(4109, eventlog.Activity, "Protocol",
		"Client %s has selection criteria that no scope of network %s has: %s.",
		"See selection-criteria of the client or its class, and selection-tag-list of the scopes (log-settings unknown-criteria).")
	msgClient = eventlog.Declare(4110, eventlog.Activity, "Protocol",
		"Client %s: entry %q, client-class %q, selection criteria %q, host name %q, limitation-id %q.",
		"What client and client-class processing found for a packet (log-settings client-detail).")
	msgPassedOver = eventlog.Declare(4111, eventlog.Activity, "Protocol",
		"Client %s: scope %q is passed over: %s.",
		"Why a scope of the client's network cannot give it an address (log-settings client-criteria-processing).")

	msgDeclined = eventlog.Declare(4200, eventlog.Warning, "Lease",
		"Address %s of scope %q was declined by %s and is unavailable now.",
		"The client found that somebody else uses the address. Look for the other user.")
	msgPingHit = eventlog.Declare(4201, eventlog.Warning, "Lease",
		"Address %s of scope %q is unavailable now: ping before offer: %s.",
		"Somebody uses the address without a lease. Look for it.")
	msgOtherServer = eventlog.Declare(4202, eventlog.Warning, "Lease",
		"Address %s of scope %q is unavailable now: another server gave it to %s.",
		"Another DHCP server gives out addresses of this server's ranges.")
	msgDouble = eventlog.Declare(4203, eventlog.Info, "Lease",
		"Lease %s of %s is ended: the client has %s since.",
		"Two servers that did not hear each other gave the client an address each in one network. The one that it asked for last stays.")

	msgExpression = eventlog.Declare(4300, eventlog.Error, "Protocol",
		"expression: %s of %s: %s",
		"An expression could not be evaluated for a packet, and the packet was dropped.")
	msgTrace = eventlog.Declare(4301, eventlog.Debug, "Protocol",
		"expression trace (level %d): %s",
		"What an expression did (dhcp expression-trace-level).")
	msgExprLog = eventlog.Declare(4302, eventlog.Info, "Protocol",
		"expression log (%s): %s",
		"An expression's log function wrote this.")

	msgStoreFailed = eventlog.Declare(4400, eventlog.Error, "Database",
		"Leases cannot be written, no client is given one: %v.",
		"Nothing is acknowledged that is not on disk. Service resumes by itself when the cause is gone.")
	msgStoreWorks = eventlog.Declare(4401, eventlog.Info, "Database",
		"Leases are written again.",
		"The cause of the earlier failure is gone.")
	msgSendFailed = eventlog.Declare(4402, eventlog.Warning, "Protocol",
		"Answers cannot be sent: %v.",
		"See the named cause. The message is written once a minute at most.")

	msgLeaseAction = eventlog.Declare(4500, eventlog.Info, "Lease",
		"Lease %s of scope %q: %s by an administrator.",
		"An administrator changed a lease of the running server.")
)

func (s *Server) logf(m *eventlog.Message, args ...any) { s.log.Log(m, args...) }

// logs tells whether a log setting is on.
func (ex *exchange) logs(flag int) bool {
	return ex.server.log != nil && ex.plan.settings.log.Has(flag)
}

const logMissing = objects.LogMissingOptions

func (ex *exchange) logIncoming() {
	if ex.logs(objects.LogIncomingPacketDetail) {
		ex.server.logf(msgPacketDetail, ex.in.From, packet.Dump(ex.in.Data))
	}
}

// logClient writes what was found out about the client.
func (ex *exchange) logClient() {
	if !ex.logs(objects.LogClientDetail) {
		return
	}
	entry := ""
	if ex.client != nil {
		entry = ex.client.name
	}
	ex.server.logf(msgClient, macText(ex.hw), entry, ex.who.ClientClass, ex.criteriaText(), ex.who.HostName, objects.FormatBlob(ex.who.LimitationID))
}

// logPassedOver writes why a scope does not suit the client.
func (ex *exchange) logPassedOver(s *scope, why Outcome) {
	if ex.logs(objects.LogClientCriteriaProcessing) {
		ex.server.logf(msgPassedOver, macText(ex.hw), s.name, outcomes[why].name)
	}
}

func (ex *exchange) logCriteria() {
	if ex.logs(objects.LogUnknownCriteria) {
		ex.server.logf(msgCriteria, macText(ex.hw), ex.network.primary, ex.criteriaText())
	}
}

func (ex *exchange) logMalformed(err error) {
	if ex.logs(objects.LogDefault) && !ex.logs(objects.LogNoInvalidPackets) {
		ex.server.logf(msgMalformed, ex.in.From, err)
	}
}

// logOutcome writes the packet's line: one that was answered with
// incoming-packets, any other in any case.
func (ex *exchange) logOutcome(why Outcome) {
	if ex.plan == nil || !ex.logs(objects.LogDefault) || !ex.wantsLine(why) {
		return
	}
	o, m := &outcomes[why], &ex.msg
	head := []any{ex.title(), macText(ex.hw), m.XID, m.GIAddr, o.name}
	switch o.kind {
	case done:
		a := ex.lease.Addr
		if ex.kind == informing {
			a = lease.AddrFrom(ex.msg.CIAddr)
		}
		ex.server.logf(msgAnswered, append(head, a, ex.scopeName())...)
	case naked:
		ex.server.logf(msgRefused, append(head, o.help)...)
	case drops, failed:
		help := o.help
		if text := ex.silenceText(why); text != "" {
			help = text
		}
		ex.server.logf(msgDropped, append(head, help)...)
	}
}

// scopeName is "" for a question about an address of none.
func (ex *exchange) scopeName() string {
	if ex.scope == nil {
		return ""
	}
	return ex.scope.name
}

// title names the packet, and for a DHCPREQUEST the state that its client is in.
func (ex *exchange) title() string {
	name := packet.TypeName(ex.msg.Type)
	switch ex.kind {
	case selecting, rebooting, renewing, rebinding:
		name += " (" + ex.kind.String() + ")"
	}
	return name
}

// wantsLine applies log-settings. While two thirds of the request buffers are
// in use, lines of single packets are left out.
func (ex *exchange) wantsLine(why Outcome) bool {
	if busy := ex.server.inFlight.value() > ex.plan.settings.maxRequests*2/3; busy && !ex.logs(objects.LogNoReduceLoggingWhenBusy) {
		return false
	}
	switch outcomes[why].kind {
	case done:
		if ex.kind == querying {
			return ex.logs(objects.LogLeasequery)
		}
		return ex.logs(objects.LogIncomingPackets) && !ex.logs(objects.LogNoSuccessMessages)
	case naked:
		return true
	}
	switch {
	case why == DropMalformed: // has a line of its own
		return false
	case why == DropFailoverPartner, why == DropOtherServer && ex.network != nil && ex.network.shared:
		// The daily work of a pair whose relays send to both.
		return ex.logs(objects.LogFailoverDetail)
	case why == DropWaiting:
		return ex.logs(objects.LogDroppedWaitingPackets)
	case ex.kind == bootp:
		return !ex.logs(objects.LogNoDroppedBOOTPPackets)
	}
	return !ex.logs(objects.LogNoDroppedDHCPPackets)
}

func (ex *exchange) logAnswer() {
	if ex.logs(objects.LogOutgoingPacketDetail) && !ex.silent {
		ex.server.logf(msgAnswerDetail, ex.to.Way, ex.to.Addr, packet.Dump(ex.out))
	}
}

// noteMissing collects an option that the client asked for in vain.
func (ex *exchange) noteMissing(r *packet.Reply, code uint8) {
	if !r.Has(code) {
		ex.missing = append(ex.missing, code)
	}
}

func (ex *exchange) logMissing() {
	if len(ex.missing) > 0 {
		ex.server.logf(msgMissing, macText(ex.hw), ex.optionNames(ex.missing))
	}
}

func (ex *exchange) logLost(codes []uint8) {
	if ex.logs(objects.LogDefault) {
		ex.server.logf(msgNoRoom, macText(ex.hw), ex.optionNames(codes))
	}
}

func (ex *exchange) optionNames(codes []uint8) string {
	var names []string
	for _, c := range codes {
		names = append(names, ex.plan.catalog.ByCode(int(c)).Name)
	}
	return strings.Join(names, ",")
}

func (ex *exchange) logExpression(attr, object, cause string) {
	ex.server.logf(msgExpression, attr, object, cause)
}

// storeFailed and storeWorks log a change of the store's condition once.
func (s *Server) storeFailed(err error) {
	if s.storeErr.Swap(&err) == nil {
		s.logf(msgStoreFailed, err)
	}
}

func (s *Server) storeWorks() {
	if s.storeErr.Load() != nil && s.storeErr.Swap(nil) != nil {
		s.logf(msgStoreWorks)
	}
}

func (s *Server) sendFailed(err error) {
	now := s.clock.Now().Unix()
	if last := s.sendErrAt.Load(); now-last >= 60 && s.sendErrAt.CompareAndSwap(last, now) {
		s.logf(msgSendFailed, err)
	}
}
