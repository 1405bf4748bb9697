package mutants

// mendedFaults are rules that were mended or made because the simulator failed
// without them.
//
// Rules that others cover are not here, as nothing can show that they are gone:
//
//   - An update of an earlier connection is not taken. Where it is, nothing is
//     told before it is on disk (left-over-update-overtaken), so that a partner
//     which lost it gets it back with its UPDREQALL.
//   - A partner in RECOVER is told nothing before it asks. Its UPDREQALL comes
//     before its answer to what it was told, and from then on such a lease is in
//     doubt (lost-leases-not-doubted).
//   - The heartbeat, and the interval that is added to it, date the end of a server
//     that has all of its leases. It tells them before its partner leaves
//     PARTNER-DOWN, and the partner waited for the MCLT itself.
//   - An update request that hangs is repeated. Between two of ours none hangs while
//     the connection lives; a dhcpd loses the end of its list (story hangs of
//     package core).
//   - Who asks for updates waits for what was decided before. What could do harm by
//     coming later are leases of the asking server's addresses: who leaves PARTNER-DOWN
//     waits for them (partner-down-left-at-once), and in a conflict they are not
//     answered any more. The stories of package core have the order.
//
// Of what is doubtful because a dhcpd says that it is over, no story was found that needs
// the promises of the backup beside the dhcpd's (binding: promised), or that the lease
// counts as told (perhaps).
var mendedFaults = []Mutant{
	{
		Name: "left-over-update-overtaken", What: "what an earlier connection brought is on disk before anything is told on the next",
		Edits: append(change(coreDir+"outgoing.go", `if !m.link.ok || m.stale > 0 || m.hasNotBegun() {`, `if !m.link.ok || m.hasNotBegun() {`),
			change(coreDir+"service.go", `if len(s.xids) > 0 || m.leaving.begun {`, `if m.leaving.begun {`)...), // who asks waits for it
		Expect: append([]string{"S6", "equal"}, twoClients...),
	},
	{
		Name: "unstored-update-counted", What: "with UPDDONE all is on disk, or it is asked for again",
		Edits:  change(coreDir+"recover.go", `if m.asked.missed {`, `if m.asked.missed && m.link.number == 0 {`),
		Expect: append([]string{"S6", "equal"}, twoClients...),
	},
	{
		Name: "unsayable-update-counted", What: "UPDDONE is not sent when an update could not be announced on our disk",
		Edits:  change(coreDir+"outgoing.go", `if e.gen != 0 && e.gen == m.service.gen && len(m.service.xids) > 0 {`, `if e.gen != 0 && e.gen != m.service.gen && len(m.service.xids) > 0 {`),
		Expect: append([]string{"S6", "equal"}, twoClients...),
	},
	{
		Name: "lost-leases-not-doubted", What: "a lease of which the partner lost its extension stays its client's for that long",
		Edits:  change(bindingDir+"doubt.go", `if !f.Told || l.LastTransaction >= a.Forgotten {`, `if !f.Told || l.LastTransaction >= min(a.Forgotten, 0) {`),
		Expect: twoClients,
	},
	{
		Name: "loss-not-dated", What: "the partner's loss of its leases is remembered with its date",
		Edits:  change(coreDir+"service.go", `if !m.snap.New || !m.link.stranger {`, `if !m.snap.New && m.link.stranger {`),
		Expect: twoClients,
	},
	{
		Name: "loss-of-new-server-ignored", What: "who has no record of the partner minds its loss, if the partner has one of it",
		Edits:  change(coreDir+"service.go", `if !m.snap.New || !m.link.stranger {`, `if !m.snap.New {`),
		Expect: append([]string{"equal", "L3"}, twoClients...),
	},
	{
		Name: "second-loss-ignored", What: "every loss of the partner's counts, not the first",
		Edits:  change(coreDir+"service.go", `m.snap.Forgot = max(m.snap.Forgot, lost)`, `if m.snap.Forgot == 0 { m.snap.Forgot = lost }`),
		Expect: append([]string{"equal", "L3"}, twoClients...),
	},
	{
		Name: "date-of-earlier-loss", What: "the operator's date of an earlier loss does not spare a server the wait for a later one",
		Edits:  change(coreDir+"boot.go", "\t\tRecoverDone: m.cfg.Recover,", "\t\tRecoverDone: 0 * m.cfg.Recover,"),
		Expect: append([]string{"S6", "S7"}, twoClients...),
	},
	{
		Name: "restored-is-new", What: "a server whose database was restored may have served, if only alone",
		Edits:  change(coreDir+"boot.go", "\t\tm.snap.New = false // it may", "\t\tm.snap.Swapped = false // it may"),
		Expect: append([]string{"S6", "S7", "L3", "equal"}, twoClients...),
	},
	{
		Name: "restored-date-not-corrected", What: "a restored server waits from when its partner lost it, not from the date of the backup",
		Edits:  change(coreDir+"recover.go", "\t\tended = m.link.since\n", "\t\tended = m.snap.Failed\n"),
		Expect: append([]string{"S7"}, twoClients...),
	},
	{
		Name: "restored-date-beside-recovering", What: "a restored server whose partner cannot say when it lost it waits from its start, not from the date of the backup",
		Edits:  change(coreDir+"recover.go", "\tended := m.snap.Since\n", "\tended := m.snap.Failed\n"),
		Expect: append([]string{"S7"}, twoClients...),
	},
	{
		Name: "restored-lease-over-agreement", What: "a lease from a backup does not stand against the agreement that it ended",
		Edits:  change(bindingDir+"accept.go", "max(b.LastTransaction, b.StateStart).Unix() > l.LastTransaction {\n\t\t\tbreak", "max(b.LastTransaction, b.StateStart).Unix() > l.LastTransaction+lease.Forever/2 {\n\t\t\tbreak"),
		Expect: append([]string{"equal", "L3", "L5"}, twoClients...),
	},
	{
		Name: "restored-lease-unheard", What: "a lease that the partner had not heard of when the backup was made may be known to it, and is not free by itself",
		Edits:  change(bindingDir+"doubt.go", `if !isFree(&l) && max(l.LastTransaction, l.StateStart) < a.Forgotten {`, `if !isFree(&l) && l.LastTransaction < min(a.Forgotten, 0) {`),
		Expect: append([]string{"S3", "S6", "L3", "equal"}, twoClients...),
	},
	{
		Name: "promises-reset", What: "what was promised to the client of a lease that was reset is not forgotten with the client",
		Edits:  change(bindingDir+"taken.go", `forgotten && told < lease.Forever {`, `forgotten && told < 0 {`),
		Expect: []string{"S3", "S1"},
	},
	{
		Name: "restored-promises-kept", What: "a lease that was given anew since the backup goes by its own promises",
		Edits:  change(bindingDir+"taken.go", `l.Start, l.Failover.AckPE, l.Failover.RcvdPE = b.StateStart.Unix(), 0, 0`, `l.Start = b.StateStart.Unix()`),
		Expect: []string{"S2", "S3", "S11"},
	},
	{
		Name: "restored-lease-dated-back", What: "a lease that was given anew since the backup begins when the partner says",
		Edits:  change(bindingDir+"taken.go", `l.Start, l.Failover.AckPE, l.Failover.RcvdPE = b.StateStart.Unix(), 0, 0`, `l.Failover.AckPE, l.Failover.RcvdPE = 0, 0`),
		Expect: []string{"S2", "S3", "S11", "equal", "L3"},
	},
	{
		Name: "restored-abandoned-over-lease", What: "an address that a backup has abandoned, and that was given since, is leased",
		Edits:  change(bindingDir+"accept.go", `if a.State == wire.StateRecover && a.Forgotten != 0 && l.StateStart >= a.Forgotten && runs {`, `if a.State == wire.StateRecover && a.Forgotten < 0 && runs {`),
		Expect: append([]string{"equal", "L3", "L5", "S6", "S7"}, twoClients...),
	},
	{
		Name: "restored-client-kept", What: "a client that a backup has gives way to the partner's",
		Edits:  change(bindingDir+"accept.go", "case a.State == wire.StateRecover && later(l, b.LastTransaction):\n", "case a.State == wire.StateRecover && a.MCLT < 0:\n"),
		Expect: append([]string{"equal", "L3", "L5", "S6"}, twoClients...),
	},
	{
		Name: "release-within-clocks", What: "within the seconds that clocks are apart a release does not end the lease that came after it",
		Edits:  change(bindingDir+"accept.go", ` && (isKnown || b.LastTransaction.Unix() > l.LastTransaction+unsure)`, ``),
		Expect: append([]string{"equal", "L3"}, twoClients...),
	},
	{
		Name: "lease-within-clocks", What: "within the seconds that clocks are apart a lease goes before the release of the one before",
		Edits:  change(bindingDir+"accept.go", `ok = notEarlier || perhapsLater(l, b) || a.forgetful(l, b, same)`, `ok = notEarlier || a.forgetful(l, b, same)`),
		Expect: append([]string{"equal", "L3", "L5"}, twoClients...),
	},
	{
		Name: "crossing-lease-not-told", What: "a partner that agreed to the end of a lease which crossed with its own word of it is told that we took that",
		Edits:  change(bindingDir+"acked.go", "\t\tl.Flags &^= lease.FailoverUpdated\n\t\treturn l\n\t}\n\tif a.Update", "\t\treturn l\n\t}\n\tif a.Update"),
		Expect: append([]string{"equal", "L3", "S6"}, twoClients...),
	},
	{
		Name: "refused-taken-for-known", What: "what a partner refuses of a whole dump is not known to it",
		Edits:  change(bindingDir+"acked.go", "\tl.Flags &^= lease.FailoverUpdated // whatever it was told before\n", "\n"),
		Expect: append([]string{"equal", "L3", "S6"}, twoClients...),
	},
	{
		Name: "never-asked-in-normal", What: "who was made to serve without its leases asks for them in NORMAL",
		Edits:  change(coreDir+"state.go", `m.snap.All = m.snap.All && !(m.snap.New && m.link.stranger) // see askStill`, `m.snap.All = false`),
		Expect: append([]string{"equal", "L3", "S6", "L4", "L6"}, twoClients...),
	},
	{
		Name: "silence-in-part-seconds", What: "a silence between two messages is counted in whole seconds",
		Edits:  change(coreDir+"offset.go", `truncation = 3`, `truncation = 0`),
		Expect: append([]string{"S12"}, twoClients...),
	},
	{
		Name: "late-message-moves-clock", What: "a message that was held up does not lengthen what was promised",
		Edits:  change(coreDir+"offset.go", "\tif at < o.until {\n", "\tif at < 0*o.until {\n"),
		Expect: []string{"S3", "S12", "S1"},
	},
	{
		Name: "late-message-dated-now", What: "a message is as old as it was when it came, not when it is read",
		Edits:  change(coreDir+"partner.go", `if received == (Now{}) {`, `if received != (Now{}) || received == (Now{}) {`),
		Expect: append([]string{"S12"}, twoClients...),
	},
	{
		Name: "command-in-recover-blind", What: "who is made PARTNER-DOWN in RECOVER looks at once at what the partner is in",
		Edits:  change(coreDir+"transitions.go", `on: command, to: partnerDown, do: actions{takeDate, warn, again}, ours: true},`, `on: command, to: partnerDown, do: actions{takeDate, warn}, ours: true},`),
		Expect: stuck,
	},
	{
		Name: "refused-again-twice", What: "a refused update is repeated much later, once",
		Edits:  change(coreDir+"outgoing.go", `if m.out.retry[l.key] != l.at {`, `if m.out.retry[l.key] > l.at+retryAfter {`),
		Expect: []string{"L5", "L1", "S9"},
	},
	{
		Name: "roles-exchanged-without-leases", What: "exchanged roles need no wait only where no lease was lost",
		Edits:  change(coreDir+"boot.go", `s.Swapped = s.State == normal || s.State == interrupted || s.Swapped`, `s.Swapped = true`),
		Expect: append([]string{"S6"}, states...),
	},
	{
		Name: "roles-exchanged-known", What: "a server that was alone is told all leases anew after an exchange of roles",
		Edits:  change(coreDir+"boot.go", `s.All, s.Failed, s.New = s.All || !s.Swapped, now, false`, `s.All, s.Failed, s.New = false, now, false`),
		Expect: append([]string{"equal", "L3", "S6"}, twoClients...),
	},
	{
		Name: "main-forgets-partner", What: "a primary without a record meets a partner that has one of it, and asks it for all",
		Edits:  change(coreDir+"transitions.go", "\t{from: states{startup}, on: up, guard: forgotten, to: recovering, do: actions{askAll, again}, ours: true},\n", "\n"),
		Expect: append([]string{"down", "equal", "L3"}, states...),
	},
	{
		Name: "refused-main-serves", What: "a primary without a record that its partner's server refuses does not serve alone",
		Edits:  change(coreDir+"boot.go", "\t\tm.cancel(timeStartup)\n", "\n"),
		Expect: append([]string{"down", "S6"}, twoClients...),
	},
	{
		Name: "mclt-wait-in-conflict", What: "who lost its leases waits for the MCLT also when they come back in a conflict",
		Edits:  change(coreDir+"transitions.go", "\t{from: states{conflict}, on: updated, guard: waiting, do: actions{haveAll, keepWaiting}, ours: true},\n", "\n"),
		Expect: append([]string{"S7"}, twoClients...),
	},
	{
		Name: "mclt-wait-interrupted", What: "a server that waits for what it forgot serves nobody when the link breaks during a resolution",
		Edits:  change(coreDir+"machine.go", `, s == resolution && !m.waitOver():`, `:`),
		Expect: append([]string{"S7"}, twoClients...),
	},
	{
		Name: "mclt-shortened-when-down", What: "PARTNER-DOWN waits for the longer MCLT that the partner may have been told",
		Edits:  change(coreDir+"machine.go", `return max(m.snap.Lead(), m.cfg.MCLT)`, `return m.cfg.MCLT`),
		Expect: twoClients,
	},
	{
		Name: "partner-down-left-untold", What: "PARTNER-DOWN is left when the partner knows all that changed",
		Edits:  change(coreDir+"transitions.go", `func(m *Machine) bool { return m.untold() }}`, `func(m *Machine) bool { return m.untold() && m.leaving.told }}`),
		Expect: append([]string{"S6"}, twoClients...),
	},
	{
		Name: "partner-down-left-serving", What: "who leaves PARTNER-DOWN gives away no more of the partner's addresses",
		Edits:  change(coreDir+"machine.go", `case s == partnerDown && m.leaving.begun:`, `case s == partnerDown && m.leaving.told:`),
		Expect: twoClients,
	},
	{
		Name: "partner-down-left-at-once", What: "PARTNER-DOWN is left when what was decided in it is on disk",
		Edits:  change(coreDir+"service.go", `if len(s.xids) > 0 || m.leaving.begun {`, `if len(s.xids) > 0 {`),
		Expect: twoClients,
	},
	{
		Name: "asked-back-of-recovering", What: "who recovers is not asked for addresses back: it would agree, and its client has the address",
		Edits:  change(bindingDir+"update.go", `return l.State == lease.PendingAvailable && l.Failover.Ended == lease.EndedReclaimed &&`, `return l.State == lease.Offered && l.Failover.Ended == lease.EndedReclaimed &&`),
		Expect: twoClients,
	},
	{
		Name: "given-away-twice", What: "a primary that says again that an address is the secondary's waits for the answer again",
		Edits:  change(bindingDir+"update.go", "\t\tif a.Role == lease.Primary {\n\t\t\tl.Flags &^= lease.FailoverUpdated", "\t\tif a.Role == lease.Alone {\n\t\t\tl.Flags &^= lease.FailoverUpdated"),
		Expect: append([]string{"equal", "L3"}, twoClients...),
	},
	{
		Name: "promises-not-renewed", What: "an update promises all that either server goes by: a partner may have lost it",
		Edits:  change(bindingDir+"update.go", `wire.TimeOf(max(end(l), f.SentPE, f.AckPE, f.RcvdPE))`, `wire.TimeOf(max(end(l), f.SentPE))`),
		Expect: []string{"S3", "S1", "S11"},
	},
	{
		Name: "partners-end-at-once", What: "an end of ours that is told is decided by the answer, not by the partner's word before it",
		Edits:  change(bindingDir+"taken.go", `return l.Failover.FromPartner && b.Status != wire.StatusBackup`, `return b.Status != wire.StatusBackup`),
		Expect: append([]string{"equal", "L3"}, twoClients...),
	},
	{
		Name: "backup-of-an-end", What: "an address that the primary gives before it agreed that its lease ended is not taken",
		Edits:  change(bindingDir+"accept.go", `if b.Status == wire.StatusBackup && a.Role == lease.Secondary && l.State == lease.PendingAvailable {`, `if b.Status == wire.StatusBackup && a.Role == lease.Alone && l.State == lease.PendingAvailable {`),
		Expect: append([]string{"equal", "L3"}, twoClients...),
	},
	{
		Name: "ended-over-running", What: "a client's lease that is over does not end another's that runs",
		Edits:  change(bindingDir+"accept.go", "\tcase theirsOver:\n", "\tcase theirsOver && over:\n"),
		Expect: append([]string{"equal", "L3", "S11", "S12"}, twoClients...),
	},
	{
		Name: "client-not-forgotten", What: "with another client the promises to the one before end",
		Edits:  change(bindingDir+"taken.go", "if !same {\n\t\tl = anothers(l)\n\t}", "if !same {\n\t\tl.Start = 0\n\t}"),
		Expect: []string{"S2", "S3", "S11", "equal"},
	},
	{
		Name: "release-overtaken", What: "a release that had to wait does not end the lease that the client has from the partner since",
		Edits:  change(bindingDir+"late.go", `return came < now && l.Failover.FromPartner`, `return came > now && l.Failover.FromPartner`),
		Expect: append([]string{"equal", "L3"}, twoClients...),
	},
	{
		Name: "crossing-with-dhcpd-not-told", What: "a dhcpd is told what came of a crossing: it may have taken our word, and the connection end before it says so",
		Edits:  change(bindingDir+"crossing.go", "\treturn untold(next)\n", "\treturn next\n"),
		Expect: append([]string{"equal", "L3"}, twoClients...),
	},
	{
		Name: "backup-taken-for-whole", What: "what a dhcpd says is over may have been extended by a server restored from a backup, whatever that has of the address",
		Edits:  change(bindingDir+"doubt.go", `a.profile() != wire.Own && a.before(l, b) &&`, `a.profile() != wire.Own && isFree(l) &&`),
		Expect: append([]string{"S7"}, twoClients...),
	},
	{
		Name: "backup-of-the-lease-before", What: "a lease that a dhcpd says is over, and that a backup has, may have been given again since",
		Edits:  change(bindingDir+"doubt.go", `return s == wire.StatusActive || theirs > l.LastTransaction || a.promised(l, b) == promise(b)`, `return promise(b) > max(l.Failover.SentPE, l.Failover.AckPE, l.Failover.RcvdPE)`),
		Expect: append([]string{"S7"}, twoClients...),
	},
	{
		Name: "alone-beside-recover-done", What: "a dhcpd that is declared to be alone beside our RECOVER-DONE is told that again",
		Edits:  change(coreDir+"transitions.go", `partner: states{interrupted, partnerDown}, guard: dhcpd, do: actions{tell}`, `partner: states{interrupted}, guard: dhcpd, do: actions{tell}`),
		Expect: stuck,
	},
	{
		Name: "conflict-begun-anew-ended", What: "what the secondary asked for, and its wait, end a conflict only beside CONFLICT-DONE: it may have begun anew",
		Edits:  change(coreDir+"transitions.go", `return !m.primary() && m.snap.PartnerState != resolved`, `return !m.primary() && m.snap.PartnerState == 0`),
		Expect: append([]string{"dhcpd"}, states...),
	},
	{
		Name: "unstored-of-dhcpd-refused", What: "what a dhcpd tells is answered when it is on disk: refused, it is not told again",
		Edits:  change(coreDir+"dhcpd.go", `if m.link.profile != wire.ISC || m.link.coming[keyOf(&r.update)] > 1 {`, `if m.link.profile != wire.ISC || m.link.coming[keyOf(&r.update)] > 0 {`),
		Expect: append([]string{"equal", "L3"}, twoClients...),
	},
	{
		Name: "partners-pool-never", What: "in PARTNER-DOWN the partner's addresses are given when MCLT has passed, so that nobody goes without",
		Edits:  change(bindingDir+"authority.go", `return a.State == wire.StatePartnerDown && !bootp && now > after(a.Down, a.MCLT)`, `return a.State == wire.StatePartnerDown && !bootp && now < 0`),
		Expect: []string{"L6"},
	},
}
