package mutants

// exchangeFaults are those of the talk between two servers.
var exchangeFaults = []Mutant{
	{
		Name: "ack-before-written", What: "a binding update is acknowledged when it is on disk",
		Edits: change(coreDir+"jobs.go", "\t\tm.outs.write(id, &next)\n\t\treturn",
			"\t\tm.outs.write(id, &next)\n\t\tm.jobs.Delete(id)\n\t\tw.job.done(m, next, nil)\n\t\treturn"),
		Expect: []string{"S6", "S3"},
	},
	{
		Name: "ack-of-failed-write", What: "what could not be written is not acknowledged",
		Edits:  change(coreDir+"incoming.go", `if err != nil && r.reason == 0 {`, `if err != nil && r.batch == nil {`),
		Expect: []string{"S6", "S3"},
	},
	{
		Name: "updreq-for-updreqall", What: "who lost its leases asks for all of them",
		Edits:  change(coreDir+"recover.go", "what := \"UPDREQ\"\n\tif m.snap.All {", "what := \"UPDREQ\"\n\tif m.snap.All && m.snap.New {"),
		Expect: append([]string{"S6"}, twoClients...),
	},
	{
		Name: "upddone-forgotten", What: "every update request is answered by UPDDONE",
		Edits:  change(coreDir+"service.go", `for _, xid := range xids {`, `for _, xid := range xids[:0] {`),
		Expect: stuck,
	},
	{
		Name: "upddone-early", What: "UPDDONE comes when all updates are acknowledged",
		Edits:  change(coreDir+"service.go", `if !s.active || !s.scanned || s.pending > 0 {`, `if !s.active || !s.scanned {`),
		Expect: append([]string{"S6"}, twoClients...),
	},
	{
		Name: "owed-all-forgotten", What: "UPDREQALL is owed until its UPDDONE was sent",
		Edits:  change(coreDir+"service.go", `m.beginService(all || m.snap.Owes, xid)`, `m.beginService(all && !m.snap.Owes, xid)`),
		Expect: append([]string{"S6"}, twoClients...),
	},
	{
		Name: "window-ignored", What: "no more updates are under way than the partner takes",
		Edits:  change(coreDir+"outgoing.go", `len(m.out.flights) < m.link.window`, `len(m.out.flights) < maxWindow`),
		Expect: []string{"S10"},
	},
	{
		Name: "ack-on-next-connection", What: "an update is acknowledged on the connection that it came on",
		Edits:  change(coreDir+"incoming.go", `if b.left > 0 || b.link != m.link.number || !m.link.up {`, `if b.left > 0 || !m.link.up {`),
		Expect: []string{"S3", "S5", "S6", "equal", "L3"},
	},
	{
		Name: "told-not-durable", What: "before the partner may hear that an address is not free, our disk knows (D3: Told)",
		Edits:  change(coreDir+"outgoing.go", `if auth.Announced(l) != l {`, `if auth.Announced(l) != l && l.State == 0 {`),
		Expect: twoClients,
	},
	{
		Name: "echo", What: "what is accepted is not sent back",
		Edits: change(coreDir+"incoming.go", "\t\treturn\n\t}\n\tm.answer(r.batch)\n",
			"\t\treturn\n\t}\n\tm.enqueue(l.Key, true, 0)\n\tm.answer(r.batch)\n"),
		Expect: []string{"L5", "S9"},
	},
	{
		Name: "refused-again-at-once", What: "a refused update is repeated much later, or on request",
		Edits:  change(coreDir+"outgoing.go", "\t\tif !m.tooEarly(a) {\n\t\t\tm.remember(k)", "\t\tif !m.tooEarly(a) {\n\t\t\tm.tell(k)"),
		Expect: []string{"L5", Hung, "L1", "S9"},
	},
	{
		Name: "changes-not-told", What: "what this server changed is told as it happens",
		Edits:  change(coreDir+"outgoing.go", "\tfor _, k := range keys {\n\t\tm.tell(k)", "\tfor _, k := range keys {\n\t\t_ = k"),
		Expect: stuck,
	},
	{
		Name: "offset-not-applied", What: "times of the partner are read by our clock",
		Edits:  change(coreDir+"offset.go", "\tif d >= -offsetNoise", "\td = 0\n\tif d >= -offsetNoise"),
		Expect: append([]string{"S12", "L3", "equal"}, twoClients...),
	},
	{
		Name: "offset-applied-twice", What: "times of the partner are corrected once",
		Edits:  change(coreDir+"offset.go", `return max(int64(t)+delta, 1)`, `return max(int64(t)+2*delta, 1)`),
		Expect: append([]string{"S12", "L3", "equal"}, twoClients...),
	},
}
