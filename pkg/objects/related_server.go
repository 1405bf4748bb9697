package objects

// RelatedServer is a server that the running one keeps leases with, in one
// relationship. It is not configuration: getRelatedServers and getStatus show
// it.
var RelatedServer = class("related-server", "A failover partner of the running server, in one relationship")

// What getRelatedServers has a column for.
var (
	RelatedType           = RelatedServer.text("type", "", Basic, "What the partner is in the relationship: MAIN or BACKUP", readOnly)
	RelatedName           = RelatedServer.text("name", "", Basic, "Name of the partner as configured", readOnly)
	RelatedAddress        = RelatedServer.text("address", "", Basic, "Address of the partner", readOnly)
	RelatedRequests       = RelatedServer.integer("requests", "", Basic, "Lease updates that the partner has not acknowledged yet", readOnly)
	RelatedCommunications = RelatedServer.text("communications", "", Basic, "OK, INTERRUPTED, or NONE if there never were any", readOnly)
	RelatedState          = RelatedServer.text("state", "", Basic, "Failover state of this server", readOnly)
	RelatedPartnerRole    = RelatedServer.text("partner-role", "", Basic, "What the partner is in the relationship: MAIN or BACKUP", readOnly)
	RelatedPartnerState   = RelatedServer.text("partner-state", "", Basic, "Failover state of the partner, as it said last", readOnly)
)

// What the full format shows beside them.
var (
	RelatedPair          = RelatedServer.text("failover-pair", "", Basic, "Name of the relationship: that of the failover pair, or made of the two servers", readOnly)
	RelatedRole          = RelatedServer.text("role", "", Basic, "What this server is in the relationship: MAIN or BACKUP", readOnly)
	RelatedMainServer    = RelatedServer.text("main-server", "", Basic, "The main server as configured", readOnly)
	RelatedBackupServer  = RelatedServer.text("backup-server", "", Basic, "The backup server as configured", readOnly)
	RelatedMCLT          = RelatedServer.duration("maximum-client-lead-time", "", Basic, "Maximum client lead time that is in force", readOnly)
	RelatedBackupPct     = RelatedServer.percent("backup-pct", "", Basic, "Share of the available addresses for the backup", readOnly)
	RelatedLoadBalancing = RelatedServer.feature("load-balancing", "", Basic, "Whether the clients are shared out by a hash", readOnly)
	RelatedUseSafePeriod = RelatedServer.feature("use-safe-period", "", Basic, "Whether the safe period is in use", readOnly)
	RelatedSafePeriod    = RelatedServer.duration("safe-period", "", Basic, "The safe period, if it is in use", readOnly)
	RelatedScopes        = RelatedServer.list("scopes", "", Basic, "Scopes of the relationship", readOnly)
	RelatedPools         = RelatedServer.list("pools", "", Basic, "Available addresses by scope: this server's, the partner's, those that wait for an agreement, and the share that the backup should have", readOnly)
	RelatedStateStart    = RelatedServer.date("start-time-of-state", "", Basic, "When this server came into its state", readOnly)
	RelatedPartnerStart  = RelatedServer.date("partner-start-time-of-state", "", Basic, "When the partner came into its state", readOnly)
	RelatedLastContact   = RelatedServer.date("last-contact", "", Basic, "When the partner was last heard", readOnly)
	RelatedInterrupted   = RelatedServer.date("start-of-communications-interrupted", "", Basic, "Since when the partner has not been heard", readOnly)
	RelatedPartnerDown   = RelatedServer.date("partner-down-since", "", Basic, "Since when the partner is taken to be down", readOnly)
	RelatedWaiting       = RelatedServer.text("waiting-for", "", Basic, "What ends the present state", readOnly)
	RelatedWaitingUntil  = RelatedServer.date("waiting-until", "", Basic, "When that will be", readOnly)
	RelatedVendor        = RelatedServer.text("partner-vendor", "", Basic, "What the partner says that it is", readOnly)
	RelatedFingerprint   = RelatedServer.text("fingerprint", "", Basic, "SHA-256 fingerprint of this server's certificate, for the pair's main-fingerprint or backup-fingerprint", readOnly)
	RelatedLinkSecurity  = RelatedServer.text("link-security", "", Basic, "What is wanted of the link, as configured: none or tls", readOnly)
	RelatedEncrypted     = RelatedServer.boolean("link-encrypted", "", Basic, "Whether the link that is up is encrypted", readOnly)
	RelatedOffset        = RelatedServer.text("partner-clock-offset", "", Basic, "How far the partner's clock is ahead of this server's, in seconds", readOnly)
	RelatedQueued        = RelatedServer.integer("updates-queued", "", Basic, "Lease updates that wait to be sent", readOnly)
	RelatedSent          = RelatedServer.integer("updates-sent", "", Basic, "Lease updates sent since the relationship is at work", readOnly)
	RelatedReceived      = RelatedServer.integer("updates-received", "", Basic, "Lease updates received", readOnly)
	RelatedRefusedHere   = RelatedServer.integer("updates-refused", "", Basic, "Lease updates of the partner's that this server refused", readOnly)
	RelatedRefusedThere  = RelatedServer.integer("updates-refused-by-partner", "", Basic, "Lease updates of this server's that the partner refused", readOnly)
	RelatedPoolRequests  = RelatedServer.integer("pool-requests", "", Basic, "Requests for addresses, sent or received", readOnly)
	RelatedStateChanges  = RelatedServer.integer("state-changes", "", Basic, "Changes of this server's state", readOnly)
	RelatedRefusals      = RelatedServer.text("connection-error", "", Basic, "Why there is no connection, or was none before", readOnly)
	RelatedProblems      = RelatedServer.text("problem", "", Basic, "What is wrong with the configuration of the relationship", readOnly)
	RelatedDrift         = RelatedServer.text("drift", "", Basic, "What the stored configurations of the two servers have otherwise, as far as it can be named here", readOnly)
	RelatedCurrentTime   = RelatedServer.date("current-time", "", Basic, "This server's time", readOnly)
)

func init() { RelatedServer.Runtime = true }
