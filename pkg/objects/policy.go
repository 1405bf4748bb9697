package objects

// Policy is a named set of lease times and option values. The embedded
// policies have the same table.
var Policy = class("policy", "Lease times and options given to clients")

// How leases are given and end.
var (
	PolicyName                       = Policy.named("Name of the policy")
	PolicyAffinityPeriod             = Policy.duration("affinity-period", "", Basic, "How long an available address is still kept for its last client", inert("a client gets its last address back for as long as nobody else needed it"))
	PolicyAllowLeaseTimeOverride     = Policy.feature("allow-lease-time-override", "disabled", Basic, "A client may ask for a shorter lease than the policy's")
	PolicyGiaddrAsServerID           = Policy.boolean("giaddr-as-server-id", "false", Basic, "Name the relay's address as the server's in answers, so that renewals come through the relay")
	PolicyGracePeriod                = Policy.duration("grace-period", "5m", Basic, "How long an expired lease is kept for its client")
	PolicyInhibitAllRenews           = Policy.boolean("inhibit-all-renews", "false", Basic, "Refuse every renewal, so that clients must get a new lease")
	PolicyInhibitRenewsAtReboot      = Policy.boolean("inhibit-renews-at-reboot", "false", Basic, "Refuse a client that restarts its old lease, so that it gets a new one; it may renew while it runs")
	PolicyLimitationCount            = Policy.integer("limitation-count", "", Basic, "How many active leases the clients of one limitation-id may have", between(1, maxUint32))
	PolicyOfferTimeout               = Policy.duration("offer-timeout", "2m", Basic, "How long an offered address waits for its client", lasting("1s", "1w"))
	PolicyPermanentLeases            = Policy.feature("permanent-leases", "disabled", Basic, "Leases never expire")
	PolicyReleaseGracePeriod         = Policy.duration("release-grace-period", "", Basic, "How long a released lease is kept for its client")
	PolicyServerLeaseTime            = Policy.duration("server-lease-time", "", Basic, "How long the server takes a lease for if split-lease-times is enabled", lasting("1s", "520w"))
	PolicySplitLeaseTimes            = Policy.feature("split-lease-times", "disabled", Basic, "Let leases expire after server-lease-time, not after the time that the client was told")
	PolicyUnavailableTimeout         = Policy.duration("unavailable-timeout", "24h", Basic, "How long an unavailable address stays so")
	PolicyUseClientIDForReservations = Policy.feature("use-client-id-for-reservations", "disabled", Basic, "Find reservations by the client identifier, not by the hardware address")
)

// What answers contain.
var (
	PolicyReplyOptions      = Policy.optionIDs("v4-reply-options", "", Basic, "Options sent to every DHCP client, asked for or not", alias("dhcp-reply-options"))
	PolicyBootpReplyOptions = Policy.optionIDs("v4-bootp-reply-options", "", Basic, "Options sent to every BOOTP client", alias("bootp-reply-options"))
	PolicyPacketFileName    = Policy.text("packet-file-name", "", Basic, "Boot file name in the packet's header", between(0, 128))
	PolicyPacketServerName  = Policy.text("packet-server-name", "", Basic, "Server name in the packet's header", between(0, 64))
	PolicyPacketSiaddr      = Policy.address("packet-siaddr", "", Basic, "Address of the next server in the packet's header")
)

// DNS update.
var (
	PolicyAllowClientARecord = Policy.feature("allow-client-a-record-update", "disabled", Basic, "A client may update its own address record", inert(noDNS))
	PolicyAllowDualZone      = Policy.feature("allow-dual-zone-dns-update", "disabled", Basic, "Update the client's records in two zones", inert(noDNS))
	PolicyForwardDNSUpdate   = Policy.ref("forward-dnsupdate", "", Basic, "dhcp-dns-update", "How names are updated", inert(noDNS))
	PolicyReverseDNSUpdate   = Policy.ref("reverse-dnsupdate", "", Basic, "dhcp-dns-update", "How reverse names are updated", inert(noDNS))
	PolicyForwardZoneName    = Policy.dname("forward-zone-name", "", Basic, "Zone of the names", inert(noDNS))
)

// DHCPv6.
var (
	PolicyAllowNonTemporary = Policy.boolean("allow-non-temporary-addresses", "true", Expert, "DHCPv6 clients may ask for lasting addresses", inert(noV6))
	PolicyAllowTemporary    = Policy.boolean("allow-temporary-addresses", "true", Expert, "DHCPv6 clients may ask for temporary addresses", inert(noV6))
	PolicyAllowRapidCommit  = Policy.boolean("allow-rapid-commit", "false", Expert, "DHCPv6 clients may get a lease in two messages", inert(noV6))
	PolicyDefaultPrefixLen  = Policy.integer("default-prefix-length", "64", Expert, "Length of delegated DHCPv6 prefixes", between(0, 128), inert(noV6))
	PolicyPreferredLifetime = Policy.duration("preferred-lifetime", "1w", Expert, "Preferred lifetime of DHCPv6 leases", inert(noV6))
	PolicyValidLifetime     = Policy.duration("valid-lifetime", "2w", Expert, "Valid lifetime of DHCPv6 leases", inert(noV6))
	PolicyReconfigure       = Policy.enum("reconfigure", "allow", Expert, "allow=1 disallow=2 require=3", "Whether DHCPv6 clients must take part in reconfiguration", inert(noV6))
	PolicyReconfigureRelay  = Policy.boolean("reconfigure-via-relay", "false", Expert, "Send DHCPv6 reconfiguration through relays", inert(noV6))
)

// The embedded policies: each belongs to one object of another class and
// carries its name.
var (
	ScopePolicy         = class("scope-policy", "Lease times and options of one scope")
	ScopeTemplatePolicy = class("scope-template-policy", "Lease times and options that a scope template gives")
	ClientPolicy        = class("client-policy", "Lease times and options of one client")
	ClientClassPolicy   = class("client-class-policy", "Lease times and options of one client-class")
)

// PolicyClasses are the classes that have the table of policies.
var PolicyClasses = []*Class{Policy, ScopePolicy, ScopeTemplatePolicy, ClientPolicy, ClientClassPolicy}

// The policies that every configuration has.
const (
	DefaultPolicy       = "default"
	SystemDefaultPolicy = "system_default_policy"
)

func init() {
	for _, c := range PolicyClasses {
		c.share(Policy)
		c.Prefixes = []string{OptionPrefix, VendorOptionPrefix}
		c.Methods = policyMethods
	}
	Policy.CreateUsage = "[clone=<policy>]"
	ScopePolicy.Owner = Scope.Name
	ScopeTemplatePolicy.Owner = ScopeTemplate.Name
	ClientPolicy.Owner = Client.Name
	ClientClassPolicy.Owner = ClientClass.Name
	ClientPolicy.Key = clientKey
}

// The dynamic attributes of policies: option.51, and vendor-option.43.acme of
// option set acme.
const (
	OptionPrefix       = "option."
	VendorOptionPrefix = "vendor-option."
)

var policyMethods = []Method{
	{Name: "setOption", Usage: "<opt-name | id> <value>", Min: 2, Max: -1, Help: "Set the value of an option"},
	{Name: "getOption", Usage: "<opt-name | id>", Min: 1, Max: 1, ReadOnly: true, Help: "Show the value of an option"},
	{Name: "unsetOption", Usage: "<opt-name | id>", Min: 1, Max: 1, Help: "Remove an option"},
	{Name: "listOptions", ReadOnly: true, Help: "List the options and their values"},
	{Name: "setVendorOption", Usage: "<43 | 124 | 125> <opt-set-name> <value>", Min: 3, Max: -1, Help: "Set the value of a vendor option: 43 carries option-sets with a vendor-option-string, 124 and 125 those with an enterprise number; the value is (<code> <value>)... in codes of the set, of 124 bytes or text"},
	{Name: "getVendorOption", Usage: "<43 | 124 | 125> <opt-set-name>", Min: 2, Max: 2, ReadOnly: true, Help: "Show the value of a vendor option"},
	{Name: "unsetVendorOption", Usage: "<43 | 124 | 125> <opt-set-name>", Min: 2, Max: 2, Help: "Remove a vendor option"},
	{Name: "listVendorOptions", ReadOnly: true, Help: "List the vendor options and their values"},
	{Name: "setLeaseTime", Usage: "<time-val>", Min: 1, Max: 1, Help: "Set how long leases last, which is option dhcp-lease-time"},
	{Name: "getLeaseTime", ReadOnly: true, Help: "Show how long leases last"},
	{Name: "setV6Option", Usage: "<opt-name | id> <value>", Min: 2, Max: -1, Help: "Set the value of a DHCPv6 option", Unsupported: noV6},
	{Name: "getV6Option", Usage: "<opt-name | id>", Min: 1, Max: 1, ReadOnly: true, Help: "Show the value of a DHCPv6 option", Unsupported: noV6},
	{Name: "unsetV6Option", Usage: "<opt-name | id>", Min: 1, Max: 1, Help: "Remove a DHCPv6 option", Unsupported: noV6},
	{Name: "listV6Options", ReadOnly: true, Help: "List the DHCPv6 options and their values", Unsupported: noV6},
	{Name: "setV6VendorOption", Usage: "<opt-name | id> <opt-set-name> <value>", Min: 3, Max: -1, Help: "Set the value of a DHCPv6 vendor option", Unsupported: noV6},
	{Name: "getV6VendorOption", Usage: "<opt-name | id> <opt-set-name>", Min: 2, Max: 2, ReadOnly: true, Help: "Show the value of a DHCPv6 vendor option", Unsupported: noV6},
	{Name: "unsetV6VendorOption", Usage: "<opt-name | id> <opt-set-name>", Min: 2, Max: 2, Help: "Remove a DHCPv6 vendor option", Unsupported: noV6},
	{Name: "listV6VendorOptions", ReadOnly: true, Help: "List the DHCPv6 vendor options and their values", Unsupported: noV6},
}
