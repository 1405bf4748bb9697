package mutants

// pastFaults are faults that ISC dhcpd's release notes report as mended, as
// they would look here.
var pastFaults = []Mutant{
	{
		Name: "dhcpd-abandoned-refused", What: "the primary accepts that an address is abandoned which is active here",
		Edits:  change(bindingDir+"accept.go", `wire.StatusActive:    {ifNotConflict, ifOver, ifLaterRelease, ifOver, ifOver, ifKnown, ifLaterAbandoned},`, `wire.StatusActive: {ifNotConflict, ifOver, ifLaterRelease, ifOver, ifOver, ifKnown, never},`),
		Expect: append([]string{"L5"}, stuck...), Notes: "since 4.3.3, bug 25189",
	},
	{
		Name: "dhcpd-all-not-transferred", What: "a secondary that lost its disk asks for all, also when the primary has gone PARTNER-DOWN",
		Edits:  change(coreDir+"recover.go", "what := \"UPDREQ\"\n\tif m.snap.All {", "what := \"UPDREQ\"\n\tif m.snap.All && m.snap.PartnerState != partnerDown {"),
		Expect: append([]string{"S6"}, twoClients...), Notes: "since 3.0.2",
	},
	{
		Name: "dhcpd-not-resent", What: "NORMAL begins with all that was not acknowledged",
		Edits: change(coreDir+"entry.go", `{"send all updates that the partner has not acknowledged", (*Machine).tellAll},`, ``),
		// A primary frees nothing that the secondary did not agree to.
		Expect: stuck, Notes: "since 3.0 release candidate 7",
	},
	{
		Name: "dhcpd-unbalanced-start", What: "NORMAL begins with sharing out the free addresses",
		Edits:  change(coreDir+"entry.go", `{"share out the free addresses; the secondary sends POOLREQ", (*Machine).startBalance},`, ``),
		Expect: []string{"L4"}, Notes: "since 3.1.0b1",
	},
	{
		Name: "dhcpd-partners-address-requested", What: "a client is not given an address of the partner's because it had it once",
		Edits:  change(bindingDir+"authority.go", "\treturn a.MayGive(l, now, bootp)\n}", "\treturn l.Free() || a.MayGive(l, now, bootp)\n}"),
		Expect: append([]string{"equal", "L3"}, twoClients...), Notes: "since 3.0 release candidate 4",
	},
	{
		Name: "dhcpd-never-freed", What: "an expired lease is free when the partner has acknowledged that",
		Edits:  change(bindingDir+"acked.go", `case l.State == lease.PendingAvailable && a.says(&l, sent):`, `case l.State == lease.PendingAvailable && a.says(&l, sent) && l.Failover.Ended != lease.EndedExpired:`),
		Expect: stuck, Notes: "since 3.0 release candidate 4",
	},
	{
		Name: "dhcpd-crossing-updates", What: "an update that crosses ours of the same address is refused: a primary keeps to what it gave away",
		Edits: []Edit{
			{bindingDir + "accept.go", `if b.Status == wire.StatusFree && a.givenAway(l) {`, `if b.Status == wire.StatusFree && a.givenAway(l) && l.StateStart < 0 {`},
			{bindingDir + "taken.go", `case a.givenAway(&l) && b.Status != wire.StatusBackup:`, `case a.givenAway(&l) && l.StateStart < 0:`},
		},
		Expect: append([]string{"equal"}, twoClients...), Notes: "since 4.1.0a2",
	},
	{
		Name: "dhcpd-conflict-interrupted", What: "POTENTIAL-CONFLICT is left when communications fail, and begun anew",
		Edits:  change(coreDir+"transitions.go", `{from: states{conflict}, on: lost, to: resolution},`, ``),
		Expect: stuck, Notes: "since 4.3.1, bug 36810",
	},
	{
		Name: "dhcpd-no-request-in-recover", What: "a server that starts in RECOVER asks for updates",
		Edits:  change(coreDir+"transitions.go", `{from: states{startup}, on: up, partner: states{partnerDown}, guard: recovers, to: previous, do: actions{again}},`, `{from: states{startup}, on: up, partner: states{partnerDown}, guard: recovers, to: previous},`),
		Expect: stuck, Notes: "since 3.0.1rc1",
	},
	{
		Name: "dhcpd-old-updates-counted", What: "with a connection the updates under way on it are over",
		Edits:  change(coreDir+"partner.go", "\tm.out.reset()\n", "\n"),
		Expect: append([]string{"S10", "equal"}, stuck...), Notes: "since 3.0.1rc1",
	},
	{
		Name: "dhcpd-request-interrupted", What: "an update request that was interrupted is repeated",
		Edits:  change(coreDir+"partner.go", `m.asked, m.leaving = asked{}, leaving{}`, `m.leaving = leaving{}`),
		Expect: stuck, Notes: "since 3.0 release candidate 1",
	},
	{
		Name: "dhcpd-balance-ping-pong", What: "rounding does not have addresses given to and fro",
		Edits:  change(bindingDir+"balance.go", `return -over, 0`, `return 2 - over, 0`),
		Expect: []string{"L4", "L5"}, Notes: "since 3.1.0b2",
	},
	{
		Name: "dhcpd-conflict-done-not-read", What: "CONFLICT-DONE is a state that is read from disk",
		Edits:  change(coreDir+"boot.go", `known := m.snap.State != 0`, `known := m.snap.State != 0 && m.snap.State != resolved`),
		Expect: append([]string{"down"}, states...), Notes: "since 4.1.0",
	},
	{
		Name: "dhcpd-renewed-after-end", What: "a lease whose end the partner was told of is not renewed",
		Edits:  change(bindingDir+"update.go", `f.SentPE, f.AckPE, f.RcvdPE = max(f.SentPE, f.AckPE, f.RcvdPE), 0, 0`, `f.SentPE = max(f.SentPE, f.AckPE, f.RcvdPE)`),
		Expect: append([]string{"equal", "L3"}, twoClients...), Notes: "since 3.0.1rc6",
	},
	{
		Name: "dhcpd-same-state-ignored", What: "a partner that comes back in the state it had is there again",
		Edits:  change(coreDir+"partner.go", `m.fire(up, fmt.Sprintf("the partner is in %s", s.State))`, `if before != s.State { m.fire(up, fmt.Sprintf("the partner is in %s", s.State)) }`),
		Expect: stuck, Notes: "since 3.0 release candidate 1",
	},
	{
		Name: "dhcpd-mclt-not-recorded", What: "the secondary goes by the MCLT that the primary told it",
		Edits:  change(coreDir+"partner.go", `m.snap.MCLT = in.MCLT // stored`, `m.snap.MCLT = min(m.snap.MCLT, in.MCLT) // stored`),
		Expect: append([]string{"L4", "equal"}, twoClients...), Notes: "since 3.0 release candidate 8",
	},
	{
		Name: "dhcpd-released-stuck", What: "a released lease is free when the partner has acknowledged that",
		Edits:  change(bindingDir+"acked.go", `case l.State == lease.PendingAvailable && a.says(&l, sent):`, `case l.State == lease.PendingAvailable && a.says(&l, sent) && l.Failover.Ended != lease.EndedReleased:`),
		Expect: stuck, Notes: "since 3.0 release candidate 10",
	},
	{
		Name: "dhcpd-poolreq-for-poolresp", What: "POOLREQ is answered by POOLRESP",
		Edits:  change(coreDir+"balance.go", `m.emit(Send{XID: xid, Body: wire.POOLRESP{Transferred: uint32(m.share.given)}})`, `m.emit(Send{XID: xid, Body: wire.POOLREQ{}})`),
		Expect: []string{"L5", Hung, Panicked, "L1", "L4"}, Notes: "since 3.0.1",
	},
	{
		Name: "dhcpd-stale-client-id", What: "the client-id of an address's last client goes with it",
		Edits: []Edit{
			{bindingDir + "taken.go", "\tif news {\n\t\tl.ClientID", "\tif news && b.ClientID != \"\" {\n\t\tl.ClientID"},
			{bindingDir + "taken.go", "if !same {\n\t\tl = anothers(l)\n\t}", "if !same {\n\t\tid := l.ClientID\n\t\tl = fresh(l)\n\t\tl.ClientID = id\n\t}"},
		},
		Expect: append([]string{"equal", "L3"}, twoClients...), Notes: "since 3.0.2",
	},
	{
		Name: "dhcpd-cltt-of-updates", What: "the client's last transaction is what the client did, not when the partner told it",
		Edits:  change(bindingDir+"taken.go", "\treturn run(l, b)\n}\n", "\tl.LastTransaction = now\n\treturn run(l, b)\n}\n"),
		Expect: append([]string{"equal", "L3", "L5"}, twoClients...), Notes: "since 4.1.0a2",
	},
	{
		Name: "dhcpd-start-of-state-ignored", What: "since when the partner is in its state is read with the state",
		Edits:  change(coreDir+"partner.go", "\tm.link.since = m.offset.correct(s.Since)\n", "\n"),
		Expect: states, Notes: "since 4.3.0, bug 35549",
	},
	{
		Name: "dhcpd-updates-not-delivered", What: "what was queued is sent as soon as the partner takes more",
		Edits:  change(coreDir+"outgoing.go", "\tdelete(m.out.flights, xid)\n", "\n"),
		Expect: stuck, Notes: "since 4.3.2, bug 31474",
	},
}
