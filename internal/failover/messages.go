package failover

import "leasehold/internal/eventlog"

// The messages of failover: 04090 to 04099, 06000 to 06999.
var (
	msgWide = eventlog.Declare(4092, eventlog.Info, "Configuration",
		"Failover is enabled server-wide. Main server name: '%s', backup server name: '%s', mclt = %d, backup-pct = %d, dynamic-bootp-backup-pct = %d, use-safe-period: %s, safe-period = %d.",
		"Every scope that does not say otherwise is kept together with a partner: by dhcp failover and its attributes, or by a failover-pair without a match list. The safe period is in seconds, 0 while it is not used.")
	msgPair = eventlog.Declare(4093, eventlog.Info, "Configuration",
		"Failover is enabled for %s. Main server name: '%s', backup server name: '%s', mclt = %d, backup-pct = %d, dynamic-bootp-backup-pct = %d, use-safe-period: %s, safe-period = %d.",
		"Some scopes are kept together with a partner: those that the match list of a failover-pair has, or that have failover servers of their own.")
	msgObject = eventlog.Declare(4094, eventlog.Info, "Configuration",
		"Failover object '%s': this server is the %s, its partner is the %s '%s' at %s, load-balancing: %s, update-mode: %s, failover-poll-interval = %d, failover-poll-timeout = %d, failover-bulking: %s.",
		"A server has one failover object for each role towards each partner, named for it. These are its parameters.")
	msgNetwork = eventlog.Declare(4095, eventlog.Info, "Configuration",
		"Failover object '%s': network %s, scope '%s', backup-pct = %d%s.",
		"A scope whose leases are kept together with the partner.")
	msgWrong = eventlog.Declare(4096, eventlog.Error, "Configuration",
		"Failover '%s' is wrong: %s. Its scopes are not served, the partner may be serving them: %s.",
		"It cannot be told what this server is in the relationship. Mend the configuration, then 'dhcp reload'; where a name could not be resolved, or an address is not this machine's yet, the server tries again by itself.")
	msgPartly = eventlog.Declare(4097, eventlog.Warning, "Configuration",
		"Failover '%s': %s.",
		"Something is wrong with the relationship; its scopes are served as far as that is safe without the partner.")
	msgGone = eventlog.Declare(4098, eventlog.Warning, "Configuration",
		"Failover '%s' is not configured any more: its scopes are served by this server alone, if at all. What was known of the partner is kept.",
		"When the relationship is configured again, it goes on in PARTNER-DOWN, as after an outage of the partner.")

	msgState = eventlog.Declare(6001, eventlog.Info, "Failover",
		"Failover '%s': state %s, was %s: %s.",
		"This server's state in the relationship changed. docs/failover.md says what each state serves.")
	msgPartnerState = eventlog.Declare(6002, eventlog.Info, "Failover",
		"Failover '%s': partner %s is in state %s, was %s.",
		"The partner reported its state.")
	msgConnected = eventlog.Declare(6003, eventlog.Info, "Failover",
		"Failover '%s': communications with partner %s are OK; its clock is %+d s from this server's.",
		"The link is up and the partner has told its state.")
	msgLost = eventlog.Declare(6004, eventlog.Warning, "Failover",
		"Failover '%s': communications with partner %s are lost: %s.",
		"The partner does not answer, or has ended the link. This server goes on by its state; see 'dhcp getRelatedServers'.")
	msgConflict = eventlog.Declare(6005, eventlog.Warning, "Failover",
		"Failover '%s': %s: %s (reason %d, %s).",
		"The two servers do not agree about a lease (log-settings no-failover-conflict hides these). Reason 1 often means that a scope is configured on one of them only.")
	msgSync = eventlog.Declare(6006, eventlog.Activity, "Failover",
		"Failover '%s': %s (%d bindings).",
		"One server asked the other for lease data (log-settings no-failover-activity hides these).")
	msgBalance = eventlog.Declare(6007, eventlog.Activity, "Failover",
		"Failover '%s': scope '%s': %d free addresses change hands.",
		"The free addresses are shared out between the two servers (log-settings no-failover-activity hides these).")
	msgOffset = eventlog.Declare(6008, eventlog.Warning, "Failover",
		"Failover '%s': the clock of partner %s is %+d s from this server's now.",
		"One of the clocks was set, or runs wrong. Times are corrected; an ISC dhcpd refuses to connect from 60 s on.")
	msgRisk = eventlog.Declare(6009, eventlog.Warning, "Failover",
		"Failover '%s': %s.",
		"What an administrator declared, or the safe period, takes the risk that is named.")
	msgSent = eventlog.Declare(6010, eventlog.Activity, "Protocol",
		"Failover '%s': sent DHCP%s to %s.",
		"A failover message left (log-settings failover-detail, setDebug Y=2 to Y=4).")
	msgReceived = eventlog.Declare(6011, eventlog.Activity, "Protocol",
		"Failover '%s': received DHCP%s from %s.",
		"A failover message came (log-settings failover-detail, setDebug Y=2 to Y=4).")
	msgUpdate = eventlog.Declare(6012, eventlog.Activity, "Failover",
		"Failover '%s': lease %s: %s.",
		"A lease update was sent, received or acknowledged (log-settings failover-detail, setDebug Y=3 and Y=4).")
	msgRefused = eventlog.Declare(6013, eventlog.Warning, "Failover",
		"Failover '%s': partner %s refuses the connection: %s (reason %d).",
		"Said once for each reason; getRelatedServers full-format counts the rest.")
	msgRefusing = eventlog.Declare(6014, eventlog.Warning, "Failover",
		"Failover '%s': the connection of %s is refused: %s (reason %d).",
		"Said once for each reason; getRelatedServers full-format counts the rest.")
	msgNoAnswer = eventlog.Declare(6015, eventlog.Warning, "Failover",
		"Failover '%s': partner %s cannot be reached: %s.",
		"Tried again every few seconds; said once until the link was up again.")
	msgListen = eventlog.Declare(6016, eventlog.Error, "Failover",
		"Failover '%s': the partner cannot reach this server: %s.",
		"The failover port cannot be listened on. Somebody else may have it, or the address is not this machine's.")
	msgClock = eventlog.Declare(6017, eventlog.Warning, "Failover",
		"Failover '%s': partner %s: %s.",
		"The clocks of the two servers differ. Keep both right with NTP.")
	msgStranger = eventlog.Declare(6018, eventlog.Warning, "Failover",
		"A failover connection of %s was closed: %s.",
		"The address is no partner's in any relationship of this server.")
	msgUnsaved = eventlog.Declare(6019, eventlog.Error, "Database",
		"Failover '%s' is out of service, its state cannot be written: %v.",
		"Nothing is done that would be forgotten by a restart. It is tried again every few seconds.")
	msgSaved = eventlog.Declare(6020, eventlog.Info, "Database",
		"Failover '%s' is in service again.",
		"The cause of the earlier failure is gone.")
	msgLease = eventlog.Declare(6021, eventlog.Warning, "Failover",
		"Failover '%s': partner %s refuses %s of scope '%s': it does not have the scope in this relationship, or not this address in its ranges.",
		"Configure the scope, its ranges and its failover alike on both servers.")
	msgOdd = eventlog.Declare(6030, eventlog.Warning, "Failover",
		"Failover '%s': partner %s told of %s, which is in %s.",
		"The partner has a scope that this server has not, or more addresses in the ranges of a scope. Configure the scopes and their ranges alike on both servers; getRelatedServers full-format has how many there are.")
	msgTerms = eventlog.Declare(6031, eventlog.Warning, "Failover",
		"Failover '%s': the two servers are configured differently: %s.",
		"What each server shares with the other must be the same on both. Mend the one that is wrong, then 'dhcp reload'.")
	msgDenied = eventlog.Declare(6032, eventlog.Warning, "Failover",
		"Failover '%s': %s.",
		"A main server that has no record of its partner serves alone only where nobody answers as the partner. Here somebody does, and does not know the pair: as after the pair was renamed on one of the two servers.")
	msgOlder = eventlog.Declare(6033, eventlog.Error, "Failover",
		"Failover '%s': the lease database is older than it was, leases are missing in it: all are fetched from the partner, and nobody is served until it is safe.",
		"The lease database was restored from a copy. The server waits for its partner and then for the maximum client lead time.")
	msgStill = eventlog.Declare(6034, eventlog.Warning, "Failover",
		"Failover '%s': this server stood still for %d s: it begins anew, as after a restart, and asks its partner before it serves.",
		"The process or its machine was stopped, or the time of day was set forward. The partner may have taken over meanwhile.")
	msgDrift = eventlog.Declare(6040, eventlog.Warning, "Failover",
		"Failover '%s': the stored configurations of the two servers differ in %s.",
		"They have done so for two poll intervals. 'failover-pair X diff' names each attribute, with both values and who changed it when; 'failover-pair X sync' makes them alike.")
	msgDriftNamed = eventlog.Declare(6041, eventlog.Warning, "Failover",
		"Failover '%s': configured differently: %s.",
		"One of the differences that 06040 is about. Each is said once.")
	msgDriftUnnamed = eventlog.Declare(6042, eventlog.Warning, "Failover",
		"Failover '%s': what differs cannot be named here: %s.",
		"The server asks its partner for its configuration by the cluster object that the pair's main or backup names.")
	msgDriftOver = eventlog.Declare(6043, eventlog.Info, "Failover",
		"Failover '%s': the stored configurations of the two servers are alike again.",
		"What 06040 told of is over.")
	msgMCLT = eventlog.Declare(6022, eventlog.Warning, "Failover",
		"Failover '%s': the maximum client lead time is %d s here and %d s on the main server, whose value is in force.",
		"Configure the same on both servers.")
	msgRecovered = eventlog.Declare(6024, eventlog.Info, "Failover",
		"Failover '%s': the leases since %s have been fetched from the partner; failover-recover is unset.",
		"What was missing in the lease database is there again.")
	msgRestored = eventlog.Declare(6025, eventlog.Error, "Failover",
		"Failover '%s': the lease database is older than it was (%s): all leases are fetched from the partner, and nobody is served until it is safe.",
		"The lease database was restored from a copy, so that leases are missing in it. The server waits for its partner and then for the maximum client lead time.")
	msgSwapped = eventlog.Declare(6026, eventlog.Warning, "Failover",
		"Failover '%s': this server is the %s now and was the %s: the two servers exchange all leases before either serves.",
		"The roles were changed. Nobody is served until the partner has its new role, too; a server that was alone, or lost leases, also waits for the maximum client lead time.")
	msgInherited = eventlog.Declare(6027, eventlog.Warning, "Failover",
		"Failover '%s' goes on with what is known of '%s', which is not configured any more.",
		"It has the same partner or the same addresses. Give the relationship the same name on both servers: until then they do not connect.")
	msgBranched = eventlog.Declare(6035, eventlog.Info, "Failover",
		"Failover '%s' is new and takes scopes over from '%s', with the same partner: it goes on with what is known of that.",
		"The pair was split on this server. Split it on the partner, too: until then the new one does not connect.")
	msgParted = eventlog.Declare(6037, eventlog.Info, "Failover",
		"Scope '%s' has no partner any more, or another one: %d leases are kept as those of a server that is alone.",
		"The former partner may have extended leases without this server's knowledge: each stays its client's until the latest end that it may have, or until the client's next packet. That may be later than the client was told by this server.")
	msgUnparted = eventlog.Declare(6038, eventlog.Error, "Failover",
		"Scope '%s' has no partner any more, or another one: %d leases could not be written as those of a server that is alone.",
		"The former partner may have extended them without this server's knowledge. See to the disk, then 'dhcp reload'.")
	msgPartners = eventlog.Declare(6036, eventlog.Error, "Failover",
		"Failover '%s': the lease database is the partner's, or a copy of it: all leases are fetched from the partner, and nobody is served until it is safe.",
		"What this server gave itself is not in it. The server waits for its partner and then for the maximum client lead time. If the two servers have exchanged their addresses, it is the same.")
	msgForced = eventlog.Declare(6029, eventlog.Warning, "Configuration",
		"A configuration was taken by force: %s.",
		"Addresses that two servers gave are in use twice. Look for conflicts in the leases of the two servers.")
	msgUnmarked = eventlog.Declare(6028, eventlog.Warning, "Database",
		"Failover '%s': the configuration database cannot keep how old the lease database is: %v.",
		"That a lease database was restored from an older copy might not be noticed at the next start.")
	msgLostRecord = eventlog.Declare(6023, eventlog.Error, "Failover",
		"Failover '%s' was in service before but the lease database knows nothing of it: all leases are fetched from the partner, and nobody is served until it is safe.",
		"The lease database was lost or replaced. The server waits for its partner and then for the maximum client lead time.")
)
