package engine

import "sync/atomic"

// Outcome is how a packet ended. Every received packet gets exactly one.
type Outcome uint8

// outcomeKind groups outcomes: what left the server, if anything.
type outcomeKind uint8

const (
	done   outcomeKind = iota // the packet did what it asked for
	naked                     // a DHCPNAK left
	drops                     // nothing left
	failed                    // nothing left because the server could not
)

var outcomeKinds = [...]string{done: "Done", naked: "Refused with DHCPNAK", drops: "Dropped without an answer", failed: "Failed in the server"}

// The outcomes. Their names are what getStats, metrics and the log print.
const (
	noOutcome Outcome = iota

	Offered
	Acked
	Renewed
	RenewDeferred
	Rebooted
	Repeated
	Informed
	Released
	Declined
	DeclineIgnored
	BootpReplied
	QueryActive
	QueryUnassigned
	QueryUnknown

	NakWrongNetwork
	NakNotInScope
	NakOtherClient
	NakNoLease
	NakNoOffer
	NakReservedForOther
	NakNotReservation
	NakRestricted
	NakUnavailable
	NakDeactivated
	NakCriteria
	NakRenewInhibited
	NakNewAddress
	NakOverLimit
	NakHasLease

	DropMalformed
	DropNotRequest
	DropNoHardware
	DropBadType
	DropServerMessage
	DropLeasequery
	DropStopped
	DropImportMode
	DropQueueFull
	DropOld
	DropLate
	DropDuplicate
	DropWaiting
	DropInterface
	DropUnknownVPN
	DropNoScope
	DropClassLookup
	DropExpression
	DropExcluded
	DropCriteria
	DropDhcpOff
	DropBootpOff
	DropBootpNoReservation
	DropNotReserved
	DropHasLease
	DropNoFreeAddress
	DropRenewOnly
	DropDeactivated
	DropOverLimit
	DropOtherServer
	DropUnknownClient
	DropNoAddress
	DropDeclineUnknown
	DropReleaseUnknown
	DropInformNoAddress
	DropRenewInhibited
	DropPingBusy
	DropFailoverConfig
	DropFailoverState
	DropFailoverPartner
	DropFailoverNoAddress
	DropFailoverUnshared

	FailStore
	FailSend

	numOutcomes
)

// outcomes is the one table of names and meanings.
var outcomes = [numOutcomes]struct {
	name string
	kind outcomeKind
	help string
}{
	noOutcome: {"", done, ""},

	Offered:        {"offered", done, "a DHCPOFFER was sent"},
	Acked:          {"acked", done, "a client that chose our offer got its lease"},
	Renewed:        {"renewed", done, "a lease was extended"},
	RenewDeferred:  {"renew-deferred", done, "a client renewed before T1 and got the time that remained (defer-lease-extensions)"},
	Rebooted:       {"rebooted", done, "a client verified the lease it had before it restarted"},
	Repeated:       {"repeated", done, "a repeated packet got the same answer again"},
	Informed:       {"informed", done, "a DHCPINFORM was answered with options only"},
	Released:       {"released", done, "a client gave its lease back"},
	Declined:       {"declined", done, "a client found its address in use; the address is unavailable now"},
	DeclineIgnored: {"decline-ignored", done, "a client found its address in use; the address is available again (ignore-declines)"},
	BootpReplied:   {"bootp-replied", done, "a BOOTP client got its address"},

	QueryActive:     {"query-active", done, "a relay's DHCPLEASEQUERY was answered with the lease"},
	QueryUnassigned: {"query-unassigned", done, "a relay's DHCPLEASEQUERY named an address that nobody has now"},
	QueryUnknown:    {"query-unknown", done, "a relay's DHCPLEASEQUERY named an address or client that this server knows nothing of"},

	NakWrongNetwork:     {"nak-wrong-network", naked, "the address does not belong to the network that the client is on"},
	NakNotInScope:       {"nak-not-in-scope", naked, "the address is on the client's network but in no range or reservation"},
	NakOtherClient:      {"nak-other-client", naked, "the address is leased to another client"},
	NakNoLease:          {"nak-no-lease", naked, "the client is known but holds another address"},
	NakNoOffer:          {"nak-no-offer", naked, "the client chose this server but its offer is gone"},
	NakReservedForOther: {"nak-reserved-for-other", naked, "the address is reserved for another client"},
	NakNotReservation:   {"nak-not-reservation", naked, "the client has a reservation for another address"},
	NakRestricted:       {"nak-restricted", naked, "the scope is restricted to reservations (restrict-to-reservations) and has none to give the client"},
	NakUnavailable:      {"nak-unavailable", naked, "the address is unavailable: somebody else uses it"},
	NakDeactivated:      {"nak-deactivated", naked, "the lease or its scope is deactivated"},
	NakCriteria:         {"nak-criteria", naked, "the scope's selection tags no longer suit the client"},
	NakRenewInhibited:   {"nak-renew-inhibited", naked, "the policy refuses renewals (inhibit-all-renews)"},
	NakNewAddress:       {"nak-new-address", naked, "the policy makes a restarted client take a new address (inhibit-renews-at-reboot)"},
	NakOverLimit:        {"nak-over-limit", naked, "the client's limitation-id has its limitation-count of leases already"},
	NakHasLease:         {"nak-has-lease", naked, "the client has a lease on another network (one-lease-per-client = first-client-preferred)"},

	DropMalformed:          {"drop-malformed", drops, "not a well-formed BOOTP or DHCP message"},
	DropNotRequest:         {"drop-not-request", drops, "op is not BOOTREQUEST"},
	DropNoHardware:         {"drop-no-hardware", drops, "neither a hardware address nor a client-id to know the client by"},
	DropBadType:            {"drop-bad-type", drops, "unknown DHCP message type"},
	DropServerMessage:      {"drop-server-message", drops, "a message that only servers send"},
	DropLeasequery:         {"drop-leasequery", drops, "a DHCPLEASEQUERY that is not from a relay, or does not ask by exactly one of address, hardware address and client-id"},
	DropStopped:            {"drop-stopped", drops, "the packet service was being stopped"},
	DropImportMode:         {"drop-import-mode", drops, "import-mode is on: only imported leases are taken"},
	DropQueueFull:          {"drop-queue-full", drops, "more requests than max-dhcp-requests were waiting; the oldest went"},
	DropOld:                {"drop-old", drops, "waited longer than drop-old-packets"},
	DropLate:               {"drop-late", drops, "the server stood still: it lay in the socket's queue for more than five seconds, or gives back what the partner has given the client anew meanwhile"},
	DropDuplicate:          {"drop-duplicate", drops, "the client repeated the packet before it was answered; the newer one is answered"},
	DropWaiting:            {"drop-waiting", drops, "more than max-waiting-packets waited for the same address"},
	DropInterface:          {"drop-interface", drops, "the packet came in by an interface that is not served (discover-interfaces, dhcp-interface)"},
	DropUnknownVPN:         {"drop-unknown-vpn", drops, "the relay names a VPN that is not configured"},
	DropNoScope:            {"drop-no-scope", drops, "no scope serves the network that the packet came from"},
	DropClassLookup:        {"drop-class-lookup", drops, "client-class-lookup-id gave no configured client-class"},
	DropExpression:         {"drop-expression", drops, "an expression of the client-class failed"},
	DropExcluded:           {"drop-excluded", drops, "the client, or the client default, has action exclude"},
	DropCriteria:           {"drop-criteria", drops, "no scope of the network has the client's selection criteria"},
	DropDhcpOff:            {"drop-dhcp-off", drops, "every suitable scope of the network has dhcp disabled"},
	DropBootpOff:           {"drop-bootp-off", drops, "every suitable scope of the network has bootp disabled"},
	DropBootpNoReservation: {"drop-bootp-no-reservation", drops, "a BOOTP client without a reservation, and dynamic-bootp is off"},
	DropNotReserved:        {"drop-not-reserved", drops, "every suitable scope is restricted to clients with a reservation"},
	DropHasLease:           {"drop-has-lease", drops, "the client has a lease on another network (one-lease-per-client = first-client-preferred)"},
	DropNoFreeAddress:      {"drop-no-free-address", drops, "every suitable scope is used up"},
	DropRenewOnly:          {"drop-renew-only", drops, "every suitable scope takes renewals only"},
	DropDeactivated:        {"drop-deactivated", drops, "every suitable scope, or the client's lease, is deactivated"},
	DropOverLimit:          {"drop-over-limit", drops, "the client's limitation-id has its limitation-count of leases already"},
	DropOtherServer:        {"drop-other-server", drops, "the client chose another server"},
	DropUnknownClient:      {"drop-unknown-client", drops, "a restarting or renewing client that this server does not know; another server may"},
	DropNoAddress:          {"drop-no-address", drops, "a DHCPREQUEST that names no address"},
	DropDeclineUnknown:     {"drop-decline-unknown", drops, "a DHCPDECLINE for an address that the client does not hold"},
	DropReleaseUnknown:     {"drop-release-unknown", drops, "a DHCPRELEASE for an address that the client does not hold"},
	DropInformNoAddress:    {"drop-inform-no-address", drops, "a DHCPINFORM that tells no address"},
	DropRenewInhibited:     {"drop-renew-inhibited", drops, "the policy refuses the client its old address and no other is free"},
	DropPingBusy:           {"drop-ping-busy", drops, "every address that was tried answered a ping"},

	DropFailoverConfig:    {"drop-failover-config", drops, "the scope's failover relationship is configured wrongly; the partner may be serving its clients"},
	DropFailoverState:     {"drop-failover-state", drops, "the failover state does not let this server answer"},
	DropFailoverPartner:   {"drop-failover-partner", drops, "the failover partner serves this client"},
	DropFailoverNoAddress: {"drop-failover-no-address", drops, "no free address is this server's to give: those that are free are the failover partner's"},
	DropFailoverUnshared:  {"drop-failover-unshared", drops, "the failover partner does not share the scope, so that it gets no new clients"},

	FailStore: {"fail-store", failed, "the lease could not be written to disk, so no answer left"},
	FailSend:  {"fail-send", failed, "the answer could not be sent"},
}

func (o Outcome) String() string { return outcomes[o].name }

// OutcomeHelp is what the documentation says about an outcome.
type OutcomeHelp struct{ Name, Kind, Help string }

// Outcomes lists every way in which a packet can end, those of one kind
// together.
func Outcomes() []OutcomeHelp {
	var l []OutcomeHelp
	for _, o := range outcomes[noOutcome+1:] {
		l = append(l, OutcomeHelp{o.name, outcomeKinds[o.kind], o.help})
	}
	return l
}

// counts is one counter per outcome.
type counts [numOutcomes]atomic.Uint64

func (c *counts) list() []Count {
	var l []Count
	for i := noOutcome + 1; i < numOutcomes; i++ {
		if n := c[i].Load(); n > 0 {
			l = append(l, Count{outcomes[i].name, n})
		}
	}
	return l
}

func (c *counts) reset() {
	for i := range c {
		c[i].Store(0)
	}
}

// sum adds up the outcomes of one kind.
func (c *counts) sum(k outcomeKind) uint64 {
	var n uint64
	for i := noOutcome + 1; i < numOutcomes; i++ {
		if outcomes[i].kind == k {
			n += c[i].Load()
		}
	}
	return n
}
