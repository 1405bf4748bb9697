package objects

import "time"

// FailoverPair is two servers that keep one set of leases.
var FailoverPair = class("failover-pair", "Two servers that keep the leases of the same scopes: if one is down, the other serves")

// Who they are, and of which scopes.
var (
	FailoverPairName         = FailoverPair.named("Name of the pair; towards an ISC dhcpd it is the name of the failover peer")
	FailoverPairOn           = FailoverPair.boolean("failover", "true", Basic, "Whether the pair is in use; false suspends failover without losing what is configured")
	FailoverPairMainServer   = FailoverPair.dname("main-server", "", Basic, "Name or address of the main server; unset, it is the address of the cluster main", checked(pairServer))
	FailoverPairBackupServer = FailoverPair.dname("backup-server", "", Basic, "Name or address of the backup server; unset, it is the address of the cluster backup", checked(pairServer))
	FailoverPairMain         = FailoverPair.ref("main", "", Basic, "cluster", "Cluster of the main server")
	FailoverPairBackup       = FailoverPair.ref("backup", "", Basic, "cluster", "Cluster of the backup server")
	FailoverPairMainPort     = FailoverPair.integer("main-port", "0", Basic, "Port on which the main server speaks failover; 0 is the one that this server listens on, 647 unless dhcpd -failover-port says otherwise", between(0, 65535))
	FailoverPairBackupPort   = FailoverPair.integer("backup-port", "0", Basic, "Port on which the backup server speaks failover; 0 as in main-port", between(0, 65535))
	FailoverPairLinkSecurity = FailoverPair.enum("link-security", "none", Basic, "none=1 tls=2", "Whether the two servers speak failover over TLS: each then shows the certificate of its admin service, and takes the partner's by its fingerprint only. An ISC dhcpd has no TLS")
	FailoverPairMainPrint    = FailoverPair.text("main-fingerprint", "", Basic, "SHA-256 fingerprint of the main server's certificate, for link-security tls; getRelatedServers full-format on the main server shows it", checked(fingerprint))
	FailoverPairBackupPrint  = FailoverPair.text("backup-fingerprint", "", Basic, "SHA-256 fingerprint of the backup server's certificate, as main-fingerprint", checked(fingerprint))
	FailoverPairMatches      = FailoverPair.matches("match-list", "", Basic, "Subnets whose scopes the pair has, with their secondary scopes; none is every scope that is in no VPN; addMatch and removeMatch change it")
	FailoverPairTemplate     = FailoverPair.ref("scopetemplate", "", Expert, "scope-template", "Template for scopes that are made for the pair", inert("no scopes are made by themselves; name the template where you make one: scope <name> create <addr> <mask> template=<name>"))
	FailoverPairMainIP6      = FailoverPair.ip6("main-ip6address", "", Expert, "IPv6 address of the main server", inert(noFailover6))
	FailoverPairBackupIP6    = FailoverPair.ip6("backup-ip6address", "", Expert, "IPv6 address of the backup server", inert(noFailover6))
	FailoverPairDescription  = FailoverPair.text("description", "", Basic, "A remark")
)

// How they share the work. What a pair does not say about the link, the dhcp
// object's failover attributes say.
var (
	FailoverPairMCLT          = FailoverPair.duration("mclt", "60m", Basic, "Maximum client lead time: how far a client's lease may run ahead of what the partner knows; the same on both servers", lasting(shortestMCLT, "1w"))
	FailoverPairBackupPct     = FailoverPair.percent("backup-pct", "10%", Basic, "Share of the available addresses that the main server gives to the backup, in scopes that do not say themselves; set on the main server, ignored on the backup, and fixed at 50% with load-balancing")
	FailoverPairBootpPct      = FailoverPair.percent("dynamic-bootp-backup-pct", "", Basic, "The same share for scopes with dynamic BOOTP; unset or 0, backup-pct holds for them too")
	FailoverPairLoadBalancing = FailoverPair.feature("load-balancing", "disabled", Basic, "Share the clients out evenly by a hash of their identity (RFC 3074) while both servers are in NORMAL")
	FailoverPairUseSafePeriod = FailoverPair.feature("use-safe-period", "disabled", Basic, "After the safe period without a word from the partner take it to be down")
	FailoverPairSafePeriod    = FailoverPair.duration("safe-period", "24h", Basic, "The safe period")
	FailoverPairUpdateMode    = FailoverPair.enum("update-mode", "lazy", Basic, "lazy=1 eager=2", "When the partner is told of a lease: after the client (lazy), or before it (eager), which is slower and never gives a client less than it asks for")
	FailoverPairPollInterval  = FailoverPair.duration("failover-poll-interval", "", Basic, "Time between messages that keep the link to the partner alive; unset, the server's own setting holds", lasting("1s", "1h"))
	FailoverPairPollTimeout   = FailoverPair.duration("failover-poll-timeout", "", Basic, "Silence after which the link to the partner counts as lost; unset, the server's own setting holds", lasting("2s", "1d"))
	FailoverPairBulking       = FailoverPair.feature("failover-bulking", "", Basic, "Send several lease updates to the partner at once; unset, the server's own setting holds")
	FailoverPairRecover       = FailoverPair.date("recover", "", Basic, "Time since which lease data may be missing and is fetched from the partner again; 0 when none is; unset, the server's failover-recover holds", alias("failover-recover"))
	FailoverPairPersistOnAck  = FailoverPair.feature("persist-lease-data-on-partner-ack", "enabled", Expert, "Write a lease when the partner has acknowledged it", inert("what the partner has acknowledged is always written"))
)

// What is collected from both.
var (
	FailoverPairHistInterval = FailoverPair.duration("poll-lease-hist-interval", "", Basic, "Time between collections of lease history; 0 is off", lasting("0", "1y"), inert(noHistory))
	FailoverPairHistOffset   = FailoverPair.duration("poll-lease-hist-offset", "", Basic, "Time of day of those collections", lasting("0", "24h"), inert(noHistory))
	FailoverPairHistRetry    = FailoverPair.integer("poll-lease-hist-retry", "", Basic, "How often a collection is tried again", between(0, 4), inert(noHistory))
	FailoverPairHistFirst    = FailoverPair.enum("poll-lease-hist-server-first", "mainserver", Basic, "mainserver=0 backupserver=1", "Server that is asked first", inert(noHistory))
	FailoverPairUtilInterval = FailoverPair.duration("poll-subnet-util-interval", "", Basic, "Time between collections of subnet utilization; 0 is off", lasting("0", "1y"), inert(noSamples))
	FailoverPairUtilOffset   = FailoverPair.duration("poll-subnet-util-offset", "", Basic, "Time of day of those collections", lasting("0", "24h"), inert(noSamples))
	FailoverPairUtilRetry    = FailoverPair.integer("poll-subnet-util-retry", "", Basic, "How often a collection is tried again", between(0, 4), inert(noSamples))
	FailoverPairUtilFirst    = FailoverPair.enum("poll-subnet-util-server-first", "mainserver", Basic, "mainserver=0 backupserver=1", "Server that is asked first", inert(noSamples))
)

// The words of update-mode.
const (
	UpdateLazy  = 1
	UpdateEager = 2
)

// The words of link-security.
const (
	LinkPlain = 1
	LinkTLS   = 2
)

// shortestMCLT is for laboratories; below CustomaryMCLT a change is accepted
// with a warning.
const (
	shortestMCLT  = "10s"
	CustomaryMCLT = 5 * time.Minute
)

func init() {
	FailoverPair.Create = []string{"main-server", "backup-server"}
	FailoverPair.CreateUsage = "(<main-cluster> | <address>) (<backup-cluster> | <address>) [addMatch [<vpn>/]<ipaddr>/<mask>]"
	FailoverPair.Brief = []string{"main", "backup", "match-list"}
	FailoverPair.Inline = []string{"addMatch"}
	FailoverPair.Positional = pairArguments
	FailoverPair.Settle = settlePair
	FailoverPair.Check = checkPair
	FailoverPair.Methods = []Method{
		{Name: "addMatch", Usage: "[<vpn>/]<ipaddr>/<mask>", Min: 1, Max: 1, Help: "Add a subnet to the match list: its scopes, and those that are secondaries of them, are the pair's"},
		{Name: "removeMatch", Usage: "[<vpn>/]<ipaddr>/<mask>", Min: 1, Max: 1, Help: "Remove a subnet from the match list"},
		{Name: "listMatches", ReadOnly: true, Help: "List the match list"},
		{Name: "getStatus", ReadOnly: true, Help: "Show how the pair is, as this server sees it"},
		{Name: "setPartnerDown", Usage: "[<date>] [-force]", Max: -1, Dated: true, Flags: []string{"-force"}, Help: "Tell the server that its partner in the pair is down, since the date if one is given, now otherwise; with -force also since a time before it was last heard"},
		{Name: "rebalancePool", Help: "Share the available addresses out between the two servers now"},
		{Name: "sync", Usage: "[update | complete | exact] [main-to-backup | backup-to-main] [-report]", Max: 3, Flags: []string{"-report"}, Help: "Copy the configuration from one server of the pair to the other, in one transaction: update, the default, changes least there; complete is for first syncs, and with a back office; exact makes the other the mirror image. With -report only list what would change"},
		{Name: "reload", Help: "Reload both servers of the pair, the backup first, if both accept what they have stored"},
		{Name: "diff", ReadOnly: true, Help: "List what must be the same on both servers of the pair and differs, and who changed it when"},
		{Name: "checklist", ReadOnly: true, Help: "Go through all that two servers need to be a pair: what matches, what differs, what cannot be checked from here"},
		{Name: "confirm", Help: "Confirm that failover works between the two servers, step by step, with a test client that leases an address and gives it back"},
		{Name: "listPending", ReadOnly: true, Help: "List the commands with -both that are still to be done on the partner, or that it refused"},
		{Name: "cancelPending", Usage: "(<number> | all)", Min: 1, Max: 1, Help: "Give up a command that listPending shows; what it did on this server stays"},
		{Name: "probe", Visibility: Expert, Help: "Have a test client lease an address of the pair from this server alone and give it back at once"},
		{Name: "role", Usage: "<main-server> <backup-server>", Min: 2, Max: 2, ReadOnly: true, Visibility: Expert, Help: "Tell which of two servers this one is, whether it has the pair or not; the partner asks it before it changes anything here"},
		{Name: "pollLeaseHistory", Help: "Collect lease history from both servers now", Unsupported: noHistory},
		{Name: "getLeaseHistoryState", ReadOnly: true, Help: "Show how the collection of lease history is", Unsupported: noHistory},
	}
}
