package admin

import "leasehold/internal/eventlog"

// What the administration writes to the server log.
var (
	msgFirstAdmin = eventlog.Declare(7001, eventlog.Info, "Configuration", "Created the first administrator, admin; its password is in %s.",
		"The configuration held no administrator. Log in with the password of that file, change it with 'admin admin enterPassword', and the file goes.")
	msgLogin = eventlog.Declare(7002, eventlog.Info, "Configuration", "Administrator %s logged in from %s.",
		"A session has begun: user@host, and where from (unix socket and user number, or the address).")
	msgLoginFailed = eventlog.Declare(7003, eventlog.Warning, "Configuration", "Login as '%s' from %s refused: %s.",
		"Somebody gave a wrong name or password. After each failure the next attempt for that name is answered later, by up to 10 s; where an address fails often, so are the others from there.")
	msgChange = eventlog.Declare(7004, eventlog.Info, "Configuration", "%s from %s: %s.",
		"An administrator changed the stored configuration: who, where from, what. 'session changes' shows the values before and after.")
	msgControl = eventlog.Declare(7005, eventlog.Info, "Configuration", "%s from %s: %s: %s.",
		"An administrator started, stopped or reloaded the server, acted on a lease or imported leases: who, where from, what, and the result.")
	msgReloaded = eventlog.Declare(7006, eventlog.Info, "Configuration", "Configuration %d is in service; %d warnings.",
		"A reload has made the stored configuration the running one.")
	msgReloadRefused = eventlog.Declare(7007, eventlog.Error, "Configuration", "Reload refused: %s.",
		"The stored configuration cannot be taken into service for this reason (one message for each); the server goes on with the one that it had. Correct it and reload.")
	msgReloadWarning = eventlog.Declare(7008, eventlog.Warning, "Configuration", "Reload: %s.",
		"The configuration is in service, but something in it deserves a look.")
	msgStoreFailed = eventlog.Declare(7009, eventlog.Error, "Database", "A change of the configuration by %s could not be stored: %s.",
		"The configuration database refused the write; nothing has changed. Look at the disk it is on.")
	msgIdle = eventlog.Declare(7012, eventlog.Warning, "Configuration", "Configured without effect: %s: %s.",
		"What is named is kept, compared and copied, but does not act in this version, for the reason given. 'help' on the command says the same of each attribute.")
	msgSecretLost = eventlog.Declare(7011, eventlog.Error, "Configuration", "The secret %s of %s cannot be read: %s. It counts as not set.",
		"Secrets are sealed in the configuration database with the key in the file secret.key of the data folder. Put back the key that belongs to the database and restart, or set the secret anew.")
	msgPending = eventlog.Declare(7013, eventlog.Warning, "Configuration", "%s from %s: %s is done here and is still to be done on cluster '%s': %s.",
		"A command with -both was given while the partner could not be reached. It is done there as soon as the partner answers; failover-pair listPending shows what waits, cancelPending gives it up.")
	msgDelivered = eventlog.Declare(7014, eventlog.Info, "Configuration", "Pending command %d, %s, is done on cluster '%s', too: %s.",
		"A command with -both that had to wait for the partner is complete.")
	msgRefusedThere = eventlog.Declare(7015, eventlog.Error, "Configuration", "Pending command %d, %s, was refused by cluster '%s': %s.",
		"The command was done on this server while the partner could not be reached, and the partner does not take it: the two servers differ in what it was about. Mend that there, or take it back here (failover-pair diff, failover-pair sync), then give the command up with failover-pair cancelPending.")
	msgPendingLost = eventlog.Declare(7016, eventlog.Error, "Database", "Pending command %d, %s: %s.",
		"The list of commands that failover partners are still to do could not be brought up to date on disk, or a command that a crash cut off cannot be completed on this server.")
	msgPinned = eventlog.Declare(7010, eventlog.Info, "Configuration", "Cluster '%s' at %s answered for the first time; the fingerprint of its certificate, %s, is kept, and no other is taken from it.",
		"The cluster object had no fingerprint, so that of the first contact is trusted. Compare it with what the server itself shows; if it is another, somebody stands between: change the cluster's fingerprint and its administrator's password.")
)
