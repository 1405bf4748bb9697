package objects

// Dhcp is the DHCP server's own settings.
var Dhcp = class("dhcp", "Settings of the DHCP server as a whole")

// How requests are handled.
var (
	DhcpDropOldPackets             = Dhcp.integer("drop-old-packets", "4", Expert, "Seconds that a packet may wait before it is answered; an older one is dropped", between(0, 600))
	DhcpDeferLeaseExtensions       = Dhcp.boolean("defer-lease-extensions", "true", Basic, "A client that renews before half its lease is over gets only the time that it has left, which spares a write to disk; false always extends the lease")
	DhcpGetMaskFromPolicy          = Dhcp.boolean("get-subnet-mask-from-policy", "false", Basic, "Send the subnet mask that the policy has rather than the scope's own")
	DhcpHardwareUnicast            = Dhcp.feature("hardware-unicast", "enabled", Basic, "Answer a client that has no address yet by unicast, unless it asks for broadcast; disabled broadcasts every such answer")
	DhcpIgnoreCiscoOptions         = Dhcp.list("ignore-cisco-options", "", Expert, "Comma list of options taken as if absent from packets: vpn-id (185), cisco-vpn-id (221), subnet-alloc (220)", checked(oneOf("vpn-id", "cisco-vpn-id", "subnet-alloc")))
	DhcpIgnoreIcmpErrors           = Dhcp.boolean("ignore-icmp-errors", "true", Basic, "Only an echo reply to a ping makes an address unavailable; false takes 'unreachable' and 'time exceeded' as signs of life too")
	DhcpIgnoreForOtherServers      = Dhcp.boolean("ignore-requests-for-other-servers", "", Expert, "Do not make an address unavailable when a client asks another server for it")
	DhcpImportMode                 = Dhcp.feature("import-mode", "disabled", Basic, "Answer no client and take leases only from 'import leases'; a reload enters and leaves this mode")
	DhcpInhibitBusy                = Dhcp.boolean("inhibit-busy-optimization", "false", Expert, "Do not change behaviour when two thirds of the request buffers are in use", inert(noBuffers))
	DhcpLastTransactionGranularity = Dhcp.duration("last-transaction-time-granularity", "1w", Expert, "How exact the stored time of a client's last packet is; not used while defer-lease-extensions is off", lasting("60s", "52w"))
	DhcpMacAddressOnly             = Dhcp.feature("mac-address-only", "disabled", Basic, "Know a client by its hardware address and ignore its client identifier")
	DhcpMaxDhcpRequests            = Dhcp.integer("max-dhcp-requests", "500", Basic, "How many requests the server holds at once; the oldest is dropped when there are more", between(1, 100000), required)
	DhcpMaxDhcpResponses           = Dhcp.integer("max-dhcp-responses", "1000", Basic, "How many responses the server holds at once; with failover at least four times the requests", between(1, 400000), required)
	DhcpMaxWaitingPackets          = Dhcp.integer("max-waiting-packets", "6", Expert, "How many packets may wait for one address that is busy", between(0, 1000))
	DhcpOneLeasePerClient          = Dhcp.enum("one-lease-per-client", "disabled", Basic, "disabled=0 last-client-preferred=1 first-client-preferred=2", "What happens when a client with a lease wants one elsewhere: it may have both, its older leases are released, or it gets none until the first one is free")
	DhcpSaveVendorClassID          = Dhcp.boolean("save-vendor-class-id", "false", Basic, "Keep the client's vendor class identifier (option 60) with its lease")
	DhcpSkipClientLookup           = Dhcp.boolean("skip-client-lookup", "false", Basic, "Do not look for client objects; the client-class alone decides")
	DhcpTrimHostName               = Dhcp.feature("trim-host-name", "enabled", Basic, "Cut the host name that a client sends at its first dot")
	DhcpUseHostName                = Dhcp.boolean("use-host-name", "true", Basic, "Keep the host name (option 12) that a client sends")
	DhcpValidateClientNameAsMAC    = Dhcp.boolean("validate-client-name-as-mac", "false", Expert, "Take only MAC addresses, and 'default', as names of clients")
	DhcpReturnClientFQDN           = Dhcp.boolean("return-client-fqdn-if-asked", "true", Basic, "Send a client's fully qualified name (option 81) back to it")
	DhcpDocsisVersionMissing       = Dhcp.text("docsis-version-id-missing", "", Expert, "Text that stands for %@docsis-vers% where the vendor class identifier has no DOCSIS version", inert("boot file names have no variables"))
	DhcpUpgradeUnavailableTimeout  = Dhcp.duration("upgrade-unavailable-timeout", "24h", Expert, "How long a stored unavailable lease that says no time stays unavailable", inert("every unavailable lease has its time"))
	DhcpVpnCommunication           = Dhcp.feature("vpn-communication", "enabled", Basic, "Answer clients that a relay says are in a VPN")
)

// The words of one-lease-per-client.
const (
	ManyLeasesPerClient  = 0
	LastClientPreferred  = 1
	FirstClientPreferred = 2
)

// Choice of address and ping.
var (
	DhcpEqualPriorityMostAvailable = Dhcp.feature("equal-priority-most-available", "disabled", Basic, "Among scopes of the same priority take the one with the most free addresses; disabled takes the one with the fewest")
	DhcpPriorityAllocation         = Dhcp.feature("priority-address-allocation", "disabled", Basic, "A scope without allocation-priority takes its network number for one, and addresses are given lowest first")
	DhcpPingClients                = Dhcp.feature("ping-clients", "disabled", Basic, "Ping an address before it is offered, in scopes that do not say themselves")
	DhcpPingTimeout                = Dhcp.millis("ping-timeout", "300", Basic, "How long to wait for an answer to a ping, in scopes that do not say themselves", between(10, 10000))
	DhcpMaxPingPackets             = Dhcp.integer("max-ping-packets", "500", Expert, "How many pings may be waiting for an answer at once", between(1, 100000))
)

// Clients and client-classes.
var (
	DhcpClientClass             = Dhcp.feature("client-class", "disabled", Basic, "Look up clients and client-classes for each request")
	DhcpClientClassLookupID     = Dhcp.expr("client-class-lookup-id", "", Basic, "Expression that names the client-class of a request, or <none>")
	DhcpClientCacheTTL          = Dhcp.integer("client-cache-ttl", "10", Expert, "Seconds that a client entry stays in the cache", inert(noCache))
	DhcpClientCacheCount        = Dhcp.integer("client-cache-count", "1000", Expert, "How many client entries the cache holds", inert(noCache))
	DhcpMapUserClassID          = Dhcp.enum("map-user-class-id", "none", Expert, "none=0 map-as-class=1 append-to-tags=2", "What the user class that a client sends (option 77) is taken for: nothing, its client-class, or one more selection tag")
	DhcpMapRadiusClass          = Dhcp.enum("map-radius-class", "none", Expert, "none=0 map-as-class=1 append-to-tags=2", "What the RADIUS class that a relay sends is taken for", inert(noRADIUS))
	DhcpMapRadiusPool           = Dhcp.enum("map-radius-pool-name", "none", Expert, "none=0 map-as-class=1 append-to-tags=2", "What the RADIUS pool name that a relay sends is taken for", inert(noRADIUS))
	DhcpExpressionConfigTrace   = Dhcp.integer("expression-configuration-trace-level", "2", Expert, "How much is logged when expressions are set up: 0 and 1 nothing, 2 failures once more in detail, 3 functions, 4 arguments, 5 variables and literals, 6 all", between(0, 6))
	DhcpExpressionTrace         = Dhcp.integer("expression-trace-level", "2", Expert, "How much is logged when expressions are evaluated: 0 nothing, 1 every failure, 2 failed expressions once more in detail, 3 calls, 4 arguments, 5 variables and literals, 6 all", between(0, 6))
	DhcpExtensionTrace          = Dhcp.integer("extension-trace-level", "0", Expert, "How much is logged about extensions", between(0, 3), inert(noExtensions))
	DhcpLdapMode                = Dhcp.enum("ldap-mode", "round-robin", Expert, "round-robin=1 failover=2", "How several LDAP servers are used: in turn, or the first that answers", inert(noLDAP))
	DhcpUseLdapClientData       = Dhcp.feature("use-ldap-client-data", "disabled", Basic, "Look clients up in LDAP", inert(noLDAP))
	DhcpDefaultFreeAddressTrap  = Dhcp.ref("default-free-address-config", "", Basic, "addr-trap", "Free-address trap of scopes that name none", inert(noTraps))
	DhcpMaxClientLeases         = Dhcp.integer("max-client-leases", "", Expert, "How many DHCPv6 leases one client may have on a link", inert(noV6))
	DhcpMulticastAddresses      = Dhcp.text("multicast-addresses", "", Expert, "DHCPv6 multicast addresses that are listened to", inert(noV6))
	DhcpDiscoverInterfaces      = Dhcp.feature("discover-interfaces", "enabled", Basic, "Serve every interface of the machine; disabled serves only those of dhcp-interface objects", localOnly)
	DhcpDeleteOrphanedLeases    = Dhcp.boolean("delete-orphaned-leases", "false", Expert, "Forget at start the stored leases that are in no range, reservation or VPN", inert("leases that no scope holds are kept until one does"))
	DhcpDeleteOrphanedSubnets   = Dhcp.boolean("delete-orphaned-subnets", "false", Expert, "Forget at start the stored subnets that belong to no VPN or address block", inert(noBlocks))
	DhcpUpgraded50              = Dhcp.date("cnr-5-0-upgraded", "", Hidden, "When the database was upgraded to release 5.0", readOnly, localOnly, inert("no database of that release is read"))
	DhcpFailoverRecover         = Dhcp.date("failover-recover", "0", Basic, "Time since which lease data may be missing and is fetched from the partner again; 0 when none is", localOnly)
	DhcpCollectAddrUtilDuration = Dhcp.duration("collect-addr-util-duration", "0", Basic, "How long samples of the utilization are kept; 0 takes none", lasting("0", "3d"), inert(noSamples))
	DhcpCollectAddrUtilInterval = Dhcp.duration("collect-addr-util-interval", "15m", Basic, "Time between samples of the utilization", lasting("5m", "24h"), inert(noSamples))
	DhcpCollectPerformance      = Dhcp.feature("collect-performance-statistics", "", Basic, "Collect figures for tuning the server", inert(noSamples))
	DhcpCollectSampleCounters   = Dhcp.feature("collect-sample-counters", "disabled", Basic, "Collect activity counters per sample interval whatever log-settings say", inert(noSamples))
	DhcpEnhancedSampleCounters  = Dhcp.feature("enhanced-sample-counters", "disabled", Expert, "Let samples tell latency in milliseconds and sums over scopes", inert(noSamples))
	DhcpIPHistory               = Dhcp.enum("ip-history", "disabled", Basic, "disabled=0 v4-only=1 v6-only=2 both=3", "Of which leases a history is kept", inert(noHistory))
	DhcpIPHistoryDetail         = Dhcp.boolean("ip-history-detail", "false", Basic, "Keep every change of a lease in the history", inert(noHistory))
	DhcpIPHistoryMaxAge         = Dhcp.duration("ip-history-max-age", "4w", Basic, "Age at which history is dropped, daily at three in the morning", inert(noHistory))
)

// The words of map-user-class-id.
const (
	UserClassIgnored   = 0
	UserClassIsClass   = 1
	UserClassAppendTag = 2
)

// Failover as release 5.0 configures it.
var (
	DhcpFailover              = Dhcp.feature("failover", "disabled", Basic, "Failover for every scope that does not say otherwise and that no failover-pair has")
	DhcpFailoverMain          = Dhcp.dname("failover-main-server", "", Basic, "Name or address of the main server of every scope that does not say otherwise; a name has one address, and by it each server knows which of the two it is")
	DhcpFailoverBackup        = Dhcp.dname("failover-backup-server", "", Basic, "Name or address of the backup server of every scope that does not say otherwise; see failover-main-server")
	DhcpFailoverBackupPct     = Dhcp.percent("failover-backup-percentage", "10%", Basic, "Share of the available addresses that the main server gives to the backup")
	DhcpFailoverBootpPct      = Dhcp.percent("failover-dynamic-bootp-backup-percentage", "", Basic, "The same share for scopes with dynamic BOOTP; unset, failover-backup-percentage holds for them too")
	DhcpFailoverMCLT          = Dhcp.duration("failover-maximum-client-lead-time", "3600", Basic, "How far a client's lease may run ahead of what the partner knows; the same on both servers", lasting("10s", "1w"))
	DhcpFailoverUseSafePeriod = Dhcp.feature("failover-use-safe-period", "disabled", Basic, "After the safe period without a word from the partner take it to be down")
	DhcpFailoverSafePeriod    = Dhcp.hours("failover-safe-period", "24", Basic, "The safe period in hours")
	DhcpFailoverPollInterval  = Dhcp.duration("failover-poll-interval", "10", Basic, "Time between messages that keep the link to the partner alive", lasting("1s", "1h"))
	DhcpFailoverPollTimeout   = Dhcp.duration("failover-poll-timeout", "60", Basic, "Silence after which the link to the partner counts as lost", lasting("2s", "1d"))
	DhcpFailoverBulking       = Dhcp.feature("failover-bulking", "enabled", Basic, "Send several lease updates to the partner at once")
)

// DNS update.
var (
	DhcpDNSTimeout            = Dhcp.millis("dns-timeout", "60000", Basic, "How long to wait for a DNS server before an update is sent again", required, inert(noDNS))
	DhcpForceDNSUpdates       = Dhcp.boolean("force-dns-updates", "false", Basic, "Update DNS at every renewal although nothing changed", inert(noDNS))
	DhcpHaDNSFailoverTimeout  = Dhcp.integer("ha-dns-failover-timeout", "30", Basic, "Seconds without an answer after which updates go to the other DNS server of a pair", between(30, 120), inert(noDNS))
	DhcpMaxDNSPackets         = Dhcp.integer("max-dns-packets", "500", Expert, "How many DNS updates may be waiting for an answer", inert(noDNS))
	DhcpMaxDNSRenamingRetries = Dhcp.integer("max-dns-renaming-retries", "3", Expert, "How often another name is tried for a client whose name is taken", inert(noDNS))
	DhcpMaxDNSRetries         = Dhcp.integer("max-dns-retries", "3", Expert, "How often a DNS update is sent again", inert(noDNS))
	DhcpMaxDNSTTL             = Dhcp.integer("max-dns-ttl", "86400", Expert, "Longest time to live, in seconds, of a record made for a lease", inert(noDNS))
	DhcpSynthesizeReverseZone = Dhcp.feature("synthesize-reverse-zone", "enabled", Basic, "Make up the name of the reverse zone from the address", inert(noDNS))
	DhcpUpdateDNSForBootp     = Dhcp.feature("update-dns-for-bootp", "enabled", Basic, "Update DNS for BOOTP clients too", inert(noDNS))
	DhcpUseClientFQDN         = Dhcp.boolean("use-client-fqdn", "true", Basic, "Look at the fully qualified name (option 81) that a client sends", inert(noDNS))
	DhcpUseClientFQDNFirst    = Dhcp.boolean("use-client-fqdn-first", "true", Basic, "Prefer option 81 to the host name (option 12)", inert(noDNS))
	DhcpUseDNSPrereqs         = Dhcp.boolean("use-dns-update-prereqs", "true", Basic, "Update a name only if it belongs to the client or to nobody", inert(noDNS))
)

// SMS, traps and log.
var (
	DhcpSmsLeaseInterval    = Dhcp.millis("sms-lease-interval", "1100", Expert, "Time between leases that are sent to the SMS", inert(noSMS))
	DhcpSmsLibraryPath      = Dhcp.text("sms-library-path", "", Expert, "Where the library of the SMS is", localOnly, inert(noSMS))
	DhcpSmsNetworkDiscovery = Dhcp.integer("sms-network-discovery", "0", Basic, "1 lets the server find networks for the SMS", between(0, 1), inert(noSMS))
	DhcpSmsSiteCode         = Dhcp.text("sms-site-code", "", Expert, "Site code that updateSms needs", inert(noSMS))
	DhcpTraps               = Dhcp.flags("traps-enabled", "", Basic, trapWords, "SNMP traps that the server sends", inert(noTraps))
	DhcpLogSettings         = Dhcp.flags("log-settings", "default,incoming-packets,missing-options", Basic, logWords, "What the server logs; setting it replaces the whole list")
)

const trapWords = `all=1 server-start=2 server-stop=3 free-address-low=4 free-address-high=5 dns-queue-size=6
	other-server-down=7 other-server-up=8 duplicate-address=9 address-conflict=10 failover-config-error=11
	free-address6-low=12 free-address6-high=13 duplicate-address6=14 duplicate-prefix6=15`

const logWords = `default=1 incoming-packets=2 missing-options=3 incoming-packet-detail=4 outgoing-packet-detail=5
	unknown-criteria=6 dns-update-detail=7 client-detail=8 client-criteria-processing=9 failover-detail=10
	ldap-query-detail=11 ldap-update-detail=12 ldap-create-detail=13 leasequery=14 dropped-waiting-packets=15
	no-success-messages=16 no-dropped-dhcp-packets=17 no-dropped-bootp-packets=18 no-failover-activity=19
	activity-summary=20 no-invalid-packets=21 no-reduce-logging-when-busy=22 no-timeouts=23
	minimal-config-info=24 no-failover-conflict=25 atul-detail=26 v6-lease-detail=27`

// The words of log-settings, as bits of its FlagSet.
const (
	LogDefault = iota + 1
	LogIncomingPackets
	LogMissingOptions
	LogIncomingPacketDetail
	LogOutgoingPacketDetail
	LogUnknownCriteria
	LogDNSUpdateDetail
	LogClientDetail
	LogClientCriteriaProcessing
	LogFailoverDetail
	LogLDAPQueryDetail
	LogLDAPUpdateDetail
	LogLDAPCreateDetail
	LogLeasequery
	LogDroppedWaitingPackets
	LogNoSuccessMessages
	LogNoDroppedDHCPPackets
	LogNoDroppedBOOTPPackets
	LogNoFailoverActivity
	LogActivitySummary
	LogNoInvalidPackets
	LogNoReduceLoggingWhenBusy
	LogNoTimeouts
	LogMinimalConfigInfo
	LogNoFailoverConflict
	LogAtulDetail
	LogV6LeaseDetail
)

func init() {
	Dhcp.Singleton = true
	Dhcp.Methods = append(serviceMethods(), dhcpMethods...)
	Dhcp.Check = checkDhcp
}

var dhcpMethods = []Method{
	{Name: "resetStats", Help: "Set the statistics back to zero"},
	{Name: "limitationList", Usage: "<ipaddr> [<limitation-id>] show", Min: 1, Max: 3, ReadOnly: true, Help: "List the leases that share the limitation-id of the address's lease, or the one given"},
	{Name: "attachExtension", Usage: "<extension-point> <extension-name> [<sequence number>]", Min: 2, Max: 3, Help: "Have an extension run at a point of request processing, in the place of the one that has the number"},
	{Name: "detachExtension", Usage: "<extension-point> [<sequence number>]", Min: 1, Max: 2, Help: "Have an extension no longer run at a point of request processing"},
	{Name: "listExtensions", ReadOnly: true, Help: "List the extensions and where they run"},
	{Name: "trimIPHistory", Usage: "[<date>]", Max: -1, Help: "Drop lease history older than the date", Unsupported: noHistory},
	{Name: "updateSms", Usage: "[all]", Max: 1, Help: "Send leases to the SMS", Unsupported: noSMS},
}

func checkDhcp(o *Object, _ *Config) []*Error {
	var errs []*Error
	if DhcpFailoverPollTimeout.Of(o) <= DhcpFailoverPollInterval.Of(o) {
		errs = append(errs, Errorf(Invalid, "dhcp failover-poll-timeout: %s is not longer than failover-poll-interval, %s",
			o.Text(DhcpFailoverPollTimeout.Attr), o.Text(DhcpFailoverPollInterval.Attr)))
	}
	if DhcpFailoverUseSafePeriod.Of(o) && DhcpFailoverSafePeriod.Of(o) == 0 {
		errs = append(errs, Errorf(Invalid, "dhcp failover-safe-period: 0 with failover-use-safe-period takes the partner to be down whenever the link breaks"))
	}
	return errs
}
