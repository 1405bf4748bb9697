package objects

// Lease is an address of the running server and what is known of it. It is not
// configuration: leases come from the server and no attribute is ever set.
var Lease = class("lease", "An address of the running server: its state and its client")

// What a lease shows.
var (
	LeaseAddress          = Lease.address("address", "", Basic, "The address", readOnly)
	LeaseBinaryClientID   = Lease.blob("client-binary-client-id", "", Expert, "Client identifier as bytes", readOnly)
	LeaseClientClass      = Lease.ref("client-class-name", "", Basic, "client-class", "Client-class that the client had", readOnly)
	LeaseClientDNSName    = Lease.text("client-dns-name", "", Basic, "Name of the client in DNS", readOnly, inert(noDNS))
	LeaseClientDomain     = Lease.text("client-domain-name", "", Basic, "Domain of the client's name", readOnly)
	LeaseClientFlags      = Lease.flags("client-flags", "", Basic, "client-valid=1 client-id-created-from-mac-address=2 client-dns-name-up-to-date=3 reverse-dns-up-to-date=4 in-limbo-list=5 host-name-from-client=6", "What is known of the client", readOnly)
	LeaseClientHostName   = Lease.text("client-host-name", "", Basic, "Host name of the client", readOnly)
	LeaseClientID         = Lease.blob("client-id", "", Basic, "Client identifier that the client sent, or was given", readOnly)
	LeaseLastTransaction  = Lease.date("client-last-transaction-time", "", Basic, "When the client was last heard", readOnly)
	LeaseClientMAC        = Lease.mac("client-mac-addr", "", Basic, "Hardware address of the client", readOnly)
	LeaseClientOSType     = Lease.text("client-os-type", "", Expert, "Operating system of the client", readOnly, inert("it is not guessed"))
	LeaseDataSource       = Lease.enum("data-source", "", Basic, dataSourceWords, "Which server the lease comes from and which it was read from", readOnly)
	LeaseExpiration       = Lease.date("expiration", "", Basic, "When the lease, the offer, or the time after the lease ends", readOnly)
	LeaseFlags            = Lease.flags("flags", "", Basic, "reserved=1 valid=2 deactivated=3 initialized=4 failover-updated=5 not_in_ranges=6 dynamic=7 backup=8", "Marks of the lease", readOnly)
	LeaseFwdDNSConfig     = Lease.ref("fwd-dns-update-config-name", "", Basic, "dhcp-dns-update", "How the name was updated", readOnly, inert(noDNS))
	LeaseGiaddr           = Lease.address("giaddr", "", Basic, "Relay that the client was last heard through", readOnly)
	LeaseRenewal          = Lease.date("lease-renewal-time", "", Basic, "When the client is expected to renew, at the earliest", readOnly)
	LeaseStart            = Lease.date("lease-start-time", "", Expert, "When the client's present lease began", readOnly)
	LeaseLimitationID     = Lease.blob("limitation-id", "", Basic, "Identity that the lease is counted under", readOnly)
	LeaseCircuitID        = Lease.blob("relay-agent-circuit-id", "", Basic, "Circuit that the relay named", readOnly)
	LeaseRelayOption      = Lease.blob("relay-agent-option", "", Expert, "All that the relay said (option 82)", readOnly)
	LeaseRemoteID         = Lease.blob("relay-agent-remote-id", "", Basic, "Remote end that the relay named", readOnly)
	LeaseReservationKey   = Lease.text("reservation-lookup-key", "", Basic, "Client that the address is reserved for", readOnly)
	LeaseRevDNSConfig     = Lease.ref("rev-dns-update-config-name", "", Basic, "dhcp-dns-update", "How the reverse name was updated", readOnly, inert(noDNS))
	LeaseScopeName        = Lease.ref("scope-name", "", Basic, "scope", "Scope of the address", readOnly)
	LeaseStartOfState     = Lease.date("start-time-of-state", "", Basic, "When the state began", readOnly)
	LeaseState            = Lease.enum("state", "", Basic, "available=1 offered=2 leased=3 expired=4 unavailable=5 released=6 other-available=7 pending-available=8", "State of the lease", readOnly)
	LeaseUnavailableCause = Lease.text("unavailable-reason", "", Basic, "Why the address is unavailable", readOnly)
	LeaseVendorClassID    = Lease.blob("vendor-class-id", "", Basic, "Vendor class identifier of the client, if dhcp save-vendor-class-id is on", readOnly)
	LeaseVPN              = Lease.integer("vpn-id", "", Basic, "Number of the VPN that the address is in", readOnly)
)

// dataSourceWords: origin of the lease, then the server it was read from.
const dataSourceWords = `unknown=0 main-main=1 main-backup=3 backup-main=5 backup-backup=7
	main-main-active=17 main-backup-active=19 backup-main-active=21 backup-backup-active=23
	main-main-history=25 main-backup-history=27 backup-main-history=29 backup-backup-history=31`

func init() {
	Lease.Runtime = true
	Lease.Key = reservationKey
	Lease.Methods = []Method{
		{Name: "activate", Both: true, Help: "Let the address be leased again, by this server; with -both by its failover partner, too"},
		{Name: "deactivate", Both: true, Help: "Give the address to nobody and extend its lease no more, on this server; with -both on its failover partner, too"},
		{Name: "force-available", Aliases: []string{"forceAvailable"}, Both: true, Help: "End the lease now, whoever has it, and make the address available; with -both on the failover partner, too"},
		{Name: "get-scope-name", ReadOnly: true, Help: "Show the scope that has the address"},
		{Name: "send-reservation", Help: "Tell the running server of the address's reservation, without a reload"},
		{Name: "delete-reservation", Help: "Take the address's reservation out of the running server, without a reload"},
	}
}
