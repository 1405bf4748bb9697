package mutants

// addressFaults are those of the rules of one address: who may give it, for
// how long, what the partner's word does to it.
var addressFaults = []Mutant{
	{
		Name: "lead-unbounded", What: "no lease ends later than MCLT after what the partner knows",
		Edits:  change(bindingDir+"grant.go", `expiration = min(wish, after(max(now, promised(l)), a.MCLT))`, `expiration = wish`),
		Expect: []string{"S2"},
	},
	{
		Name: "lead-from-sent", What: "only what is acknowledged extends a lease, not what was sent",
		Edits:  change(bindingDir+"grant.go", `return max(l.Failover.AckPE, l.Failover.RcvdPE)`, `return max(l.Failover.AckPE, l.Failover.RcvdPE, l.Failover.SentPE)`),
		Expect: []string{"S2"},
	},
	{
		Name: "ack-counts-for-current", What: "an acknowledgement counts for the update that it answers, not for the lease as it is",
		Edits:  change(bindingDir+"acked.go", `l.Failover.AckPE = max(l.Failover.AckPE, sent.PotentialExpiration.Unix())`, `l.Failover.AckPE = max(l.Failover.AckPE, l.Failover.SentPE)`),
		Expect: []string{"S3", "S1"},
	},
	{
		Name: "sent-lowered", What: "what was promised to the partner is not lowered",
		Edits:  change(bindingDir+"grant.go", `if before := max(f.SentPE, f.AckPE, f.RcvdPE); potential < before {`, `if before := f.SentPE; potential > before {`),
		Expect: []string{"S3", "S11"}, // the partner counts on what this server forgets
	},
	{
		Name: "received-lowered", What: "what the partner promised is not lowered by what it says later",
		Edits: change(bindingDir+"taken.go", "l.Failover.RcvdPE = max(l.Failover.RcvdPE, promise(b))\n\tl.Failover.Told",
			"l.Failover.RcvdPE = b.Expiration.Unix()\n\tl.Failover.Told"),
		Expect: []string{"S11", "S3"},
	},
	{
		Name: "received-not-kept", What: "what the partner promised is kept for PARTNER-DOWN to wait for",
		Edits: change(bindingDir+"taken.go", "l.Failover.RcvdPE = max(l.Failover.RcvdPE, promise(b))\n\tl.Failover.Told",
			"l.Failover.Told"),
		Expect: []string{"S3", "S1"},
	},
	{
		Name: "expiration-lowered", What: "an update does not make our client's lease shorter",
		Edits:  change(bindingDir+"taken.go", `l.Expiration = max(l.Expiration, b.Expiration.Unix())`, `l.Expiration = b.Expiration.Unix()`),
		Expect: append([]string{"S12"}, twoClients...),
	},
	{
		Name: "partners-pool-interrupted", What: "in COMMUNICATIONS-INTERRUPTED the partner's addresses are left alone",
		Edits:  change(bindingDir+"authority.go", `return a.State == wire.StatePartnerDown && !bootp && now > after(a.Down, a.MCLT)`, `return (a.State == wire.StatePartnerDown || a.State == wire.StateCommunicationsInterrupted) && !bootp && now > after(a.Down, a.MCLT)`),
		Expect: twoClients,
	},
	{
		Name: "partners-pool-at-once", What: "in PARTNER-DOWN the partner's addresses are given when MCLT has passed",
		Edits:  change(bindingDir+"authority.go", `return a.State == wire.StatePartnerDown && !bootp && now > after(a.Down, a.MCLT)`, `return a.State == wire.StatePartnerDown && !bootp`),
		Expect: twoClients,
	},
	{
		Name: "partners-pool-bootp", What: "with dynamic BOOTP the partner's addresses are never given",
		Edits:  change(bindingDir+"authority.go", `return a.State == wire.StatePartnerDown && !bootp && now > after(a.Down, a.MCLT)`, `return a.State == wire.StatePartnerDown && now > after(a.Down, a.MCLT)`),
		Expect: twoClients,
	},
	{
		Name: "reuse-without-mclt", What: "in PARTNER-DOWN a lease that ended is free MCLT after the latest time that anybody went by",
		Edits: []Edit{
			{bindingDir + "reuse.go", `after(after(max(l.Expiration, f.SentPE, f.AckPE, f.RcvdPE, a.Down), a.MCLT), 1)`, `after(max(l.Expiration, f.SentPE, f.AckPE, f.RcvdPE, a.Down), 1)`},
			{coreDir + "pending.go", `m.view.Pending(m.now.Wall-m.mclt()-1,`, `m.view.Pending(m.now.Wall-1,`},
			{coreDir + "pending.go", `if m.now.Wall <= m.snap.Down+m.mclt() {`, `if m.now.Wall <= m.snap.Down {`},
			{coreDir + "pending.go", `m.until(max(end, m.snap.Down)+m.mclt()+1)`, `m.until(max(end, m.snap.Down)+1)`},
		},
		Expect: twoClients,
	},
	{
		Name: "reuse-without-received", What: "PARTNER-DOWN waits for what the partner promised, too",
		Edits: []Edit{
			{bindingDir + "reuse.go", `max(l.Expiration, f.SentPE, f.AckPE, f.RcvdPE, a.Down)`, `max(l.Expiration, f.SentPE, f.AckPE, a.Down)`},
			{leaseDir + "row_failover.go", `return max(r.expiration, f.SentPE, f.AckPE, f.RcvdPE)`, `return max(r.expiration, f.SentPE, f.AckPE)`},
		},
		Expect: twoClients,
	},
	{
		Name: "reuse-from-expiration", What: "PARTNER-DOWN waits for more than the end that this server gave (dhcpd does not, 7.5)",
		Edits: []Edit{
			{bindingDir + "reuse.go", `after(after(max(l.Expiration, f.SentPE, f.AckPE, f.RcvdPE, a.Down), a.MCLT), 1)`, `after(max(l.Expiration, after(a.Down, a.MCLT), min(f.SentPE, 0)), 1)`},
			{leaseDir + "row_failover.go", `return max(r.expiration, f.SentPE, f.AckPE, f.RcvdPE)`, `return max(r.expiration, min(f.SentPE, 0))`},
			{coreDir + "pending.go", `m.view.Pending(m.now.Wall-m.mclt()-1,`, `m.view.Pending(m.now.Wall-1,`},
		},
		Expect: twoClients,
	},
	{
		Name: "rewind-although-told", What: "only an address of which the partner never heard goes back to be free by itself",
		Edits:  change(leaseDir+"state.go", `if l.Role == Alone || !l.Failover.Told {`, `if l.Role == Alone || l.State != Unavailable {`),
		Expect: twoClients,
	},
	{
		Name: "resumed-after-expired-told", What: "the end of a lease that the partner was told of is final",
		Edits:  change(bindingDir+"authority.go", `if !lapsed(l) {`, `if l.State == lease.PendingAvailable {`),
		Expect: append([]string{"equal", "L3"}, twoClients...),
	},
	{
		Name: "given-while-under-way", What: "an address on its way to the partner is given to nobody",
		Edits: []Edit{
			{bindingDir + "authority.go", `return owner(l) == a.Role && a.everOwn(now) || l.Flags&lease.Reserved != 0`, `return owner(l) == a.Role && a.everOwn(now) || l.Flags&(lease.Reserved|lease.FailoverUpdated) != lease.FailoverUpdated`},
			{leaseDir + "state.go", `if role == Alone || f&Reserved != 0 || `, `if role == Alone || f&Reserved != 0 || role == Primary && f&(Backup|FailoverUpdated) == Backup || `},
		},
		Expect: twoClients,
	},
	{
		Name: "taken-back-unasked", What: "an address of the secondary's is the primary's again when the secondary agrees",
		Edits: change(bindingDir+"transfer.go", "l = untold(a.free(l, l.StateStart, lease.Secondary))\n\tl.State = lease.PendingAvailable\n\tl.Failover.Ended = lease.EndedReclaimed\n",
			"l = untold(a.free(l, l.StateStart, lease.Primary))\n"),
		Expect: twoClients,
	},
	{
		Name: "taken-back-though-refused", What: "an address that the secondary keeps is left to it",
		Edits: change(bindingDir+"acked.go", "l.Failover.Ended == lease.EndedReclaimed:\n\t\treturn a.free(l, l.StateStart, lease.Secondary)",
			"l.Failover.Ended == lease.EndedReclaimed:\n\t\treturn a.free(l, now, lease.Primary)"),
		Expect: twoClients,
	},
	{
		Name: "freed-by-any-ack", What: "a lease is free when its end is acknowledged, not an earlier update",
		Edits:  change(bindingDir+"acked.go", `case l.State == lease.PendingAvailable && a.says(&l, sent):`, `case l.State == lease.PendingAvailable:`),
		Expect: append([]string{"equal"}, twoClients...),
	},
	{
		Name: "known-though-changed", What: "the partner knows a lease as it was sent, not as it is",
		Edits:  change(bindingDir+"acked.go", `if a.Update(&l) == *sent {`, `if sent != nil {`),
		Expect: append([]string{"equal", "L3"}, twoClients...),
	},
	{
		Name: "active-over-active", What: "of two clients that have an address the primary's keeps it, the secondary gives way",
		Edits:  change(bindingDir+"accept.go", `case !over && a.Role == lease.Primary:`, `case !over:`),
		Expect: append([]string{"equal", "L3", "L5"}, twoClients...),
	},
	{
		Name: "old-release", What: "t1: a release that is older than the client's last renewal is refused",
		Edits:  change(bindingDir+"accept.go", `ok = same && later(l, b.LastTransaction) && (isKnown || b.LastTransaction.Unix() > l.LastTransaction+unsure)`, `ok = same`),
		Expect: append([]string{"equal"}, twoClients...),
	},
	{
		Name: "old-lease-over-release", What: "t1: a lease that is older than its release is refused",
		Edits:  change(bindingDir+"accept.go", "case ifLater:\n\t\tok = notEarlier || perhapsLater", "case ifLater:\n\t\tok = true || notEarlier || perhapsLater"),
		Expect: append([]string{"equal", "L3"}, twoClients...),
	},
	{
		Name: "ended-while-running", What: "t2: no lease ends by the partner's word while it runs here",
		Edits:  change(bindingDir+"accept.go", `if end(l) > now {`, `if end(l) > now+lease.Forever/2 {`),
		Expect: []string{"S12", "S1"},
	},
	{
		Name: "ended-unheard", What: "a partner that had not heard all of a lease does not end it",
		Edits:  change(bindingDir+"accept.go", "\t\tok, why = isKnown, \"you had not heard all of the lease\"\n\tcase ifKnown:", "\tcase ifKnown:"),
		Expect: append([]string{"equal"}, twoClients...),
	},
	{
		Name: "offer-of-a-lease-that-ended", What: "what the partner has a say in is not offered: an offer is forgotten with the server",
		Edits: change(leaseDir+"state.go", `if l.Role != Alone && l.State != Offered && !l.Free() {`, `if l.Role != Alone && l.State != Offered && l.State == Leased {`),
		// What is offered is free in memory: the partner's word of it is not written.
		Expect: append([]string{"S6", "equal", "L3"}, twoClients...),
	},
}
