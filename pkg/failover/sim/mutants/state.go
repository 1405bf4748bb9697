package mutants

// The checkers by the kind of harm that a fault does. Which of them sees it
// first is left to chance.
var (
	twoClients = []string{"S1", "S2", "S3", "S4", "S5"}
	states     = []string{"S1", "S3", "S4", "S5", "S6", "S7", "S9", "L1", "L6"}
	stuck      = []string{"L1", "L2", "L3", "equal", "S9"}
)

// stateFaults are those of the state machine.
var stateFaults = []Mutant{
	{
		Name: "recover-wait-skipped", What: "RECOVER-WAIT lasts until MCLT after the last operation",
		Edits:  change(coreDir+"transitions.go", `{from: states{recovering}, on: updated, to: recoverWait,`, `{from: states{recovering}, on: updated, to: recoverDone,`),
		Expect: twoClients,
	},
	{
		Name: "lost-database-no-wait", What: "a server whose lease database is gone may have given leases until it went down",
		Edits:  change(coreDir+"boot.go", `All: true, Failed: m.now.Wall,`, `All: true, Failed: m.snap.Heartbeat,`),
		Expect: twoClients,
	},
	{
		Name: "startup-skipped", What: "a server that starts asks its partner before it serves",
		Edits:  change(coreDir+"boot.go", "m.phase = startup\n", "\n"),
		Expect: append([]string{"S8"}, states...),
	},
	{
		Name: "normal-after-start", What: "a server that was in NORMAL starts in COMMUNICATIONS-INTERRUPTED",
		Edits:  change(coreDir+"boot.go", `if s := afterDown(m.snap.State); s != m.snap.State {`, `if s := afterDown(m.snap.State); s != m.snap.State && s != interrupted {`),
		Expect: states,
	},
	{
		Name: "lost-database-is-new", What: "a server whose lease database is gone asks for all leases",
		Edits:  change(coreDir+"boot.go", `New: !m.cfg.Lost,`, `New: true,`),
		Expect: append([]string{"down"}, states...),
	},
	{
		Name: "restored-database-trusted", What: "failover-recover: a restored lease database is not whole",
		Edits:  change(coreDir+"boot.go", `m.cfg.Recover > 0 && m.cfg.Recover != m.snap.RecoverDone`, `m.cfg.Recover < 0 && m.cfg.Recover != m.snap.RecoverDone`),
		Expect: append([]string{"S6", "S11"}, twoClients...),
	},
	{
		Name: "interrupted-meets-partner-down", What: "COMMUNICATIONS-INTERRUPTED and a partner in PARTNER-DOWN are a conflict",
		Edits:  change(coreDir+"transitions.go", `partner: states{partnerDown, conflict, resolved, resolution}, to: conflict},`, `partner: states{partnerDown, conflict, resolved, resolution}, to: normal},`),
		Expect: states,
	},
	{
		Name: "normal-with-recover", What: "no NORMAL while the partner is in RECOVER",
		Edits:  change(coreDir+"transitions.go", `partner: states{normal, interrupted, recoverDone}, to: normal},`, `partner: states{normal, interrupted, recoverDone, recovering, recoverWait}, to: normal},`),
		Expect: states,
	},
	{
		Name: "partner-down-keeps-privilege", What: "with PARTNER-DOWN ends the right to give the partner's addresses",
		Edits: []Edit{
			{coreDir + "state.go", "\tm.snap.Down = 0\n", "\n"},
			{bindingDir + "authority.go", `return a.State == wire.StatePartnerDown && !bootp && now > after(a.Down, a.MCLT)`, `return a.Down != 0 && !bootp && now > after(a.Down, a.MCLT)`},
		},
		Expect: twoClients,
	},
	{
		Name: "conflict-done-skipped", What: "the primary goes through CONFLICT-DONE, where the secondary asks in its turn",
		Edits:  change(coreDir+"transitions.go", `on: updated, guard: primary, to: resolved,`, `on: updated, guard: primary, to: normal,`),
		Expect: stuck,
	},
	{
		Name: "conflict-secondary-silent", What: "the secondary asks when the primary is in CONFLICT-DONE",
		Edits: []Edit{
			{coreDir + "transitions.go", `partner: states{resolved}, guard: secondary, do: actions{request}},`, `partner: states{resolved}, guard: secondary},`},
			// Else the watchdog of the conflict asks, later.
			{coreDir + "recover.go", "\tm.wait(timeRequest, seconds(m.snap.MCLT)+2*m.patience())\n", "\n"},
		},
		Expect: stuck,
	},
	{
		Name: "state-before-saved", What: "STATE is sent when the state is on disk (D: persist, then act)",
		Edits:  change(coreDir+"state.go", "\tif entered {\n\t\tm.save()\n\t}", "\tif entered {\n\t\tdefer m.save()\n\t}"),
		Expect: []string{"S8"},
	},
	{
		Name: "serves-in-startup", What: "nobody is served in STARTUP",
		Edits:  change(bindingDir+"authority.go", `{renewals: true},`, `{renewals: true}, wire.StateStartup: {renewals: true, all: true},`),
		Expect: []string{"S7"},
	},
	{
		Name: "serves-in-recover", What: "nobody is served in RECOVER",
		Edits:  change(bindingDir+"authority.go", `{renewals: true},`, `{renewals: true}, wire.StateRecover: {renewals: true},`),
		Expect: []string{"S7"},
	},
	{
		Name: "serves-in-conflict", What: "nobody is served in POTENTIAL-CONFLICT",
		Edits:  change(bindingDir+"authority.go", `{renewals: true},`, `{renewals: true}, wire.StatePotentialConflict: {renewals: true, all: true},`),
		Expect: []string{"S7"},
	},
	{
		Name: "serves-all-in-recover-done", What: "only renewals are served in RECOVER-DONE",
		Edits:  change(bindingDir+"authority.go", `{renewals: true},`, `{renewals: true, all: true},`),
		Expect: []string{"S7", "S1"},
	},
	{
		Name: "recover-done-unconnected", What: "in RECOVER-DONE nobody is served while the partner is out of touch",
		Edits:  change(coreDir+"machine.go", `case s == recoverDone && (!m.link.ok || m.snap.PartnerState == partnerDown),`, `case s == recoverDone && m.link.ok && m.snap.PartnerState == partnerDown,`),
		Expect: []string{"S7"},
	},
	{
		Name: "recover-done-beside-partner-down", What: "in RECOVER-DONE nobody is served while the partner is in PARTNER-DOWN: it may free the lease before it hears of the renewal",
		Edits:  change(coreDir+"machine.go", `case s == recoverDone && (!m.link.ok || m.snap.PartnerState == partnerDown),`, `case s == recoverDone && !m.link.ok,`),
		Expect: twoClients,
	},
	{
		Name: "safe-period-connected", What: "the safe period counts while communications are interrupted, and no longer",
		Edits:  change(coreDir+"recover.go", "if !m.link.ok {\n\t\tm.fire(expiry, \"the safe period is over\")", "if m.snap.Interrupted != 0 {\n\t\tm.fire(expiry, \"the safe period is over\")"),
		Expect: []string{"down"},
	},
}
