package main

import (
	"bytes"
	"fmt"
	"slices"

	_ "leasehold/internal/admin" // declares messages
	"leasehold/internal/engine"
	"leasehold/internal/eventlog"
)

const messagesHead = `# Messages

What the server writes to its log (` + "`DATA/logs/name_dhcp_1_log`" + ` and standard error), and how a packet can end.
This page is printed from the tables in the code by ` + "`make docs`" + `; do not edit it.

A line of the server log is date, time, server, severity, category, 0, the message's number and its text:

    01/31/2026  9:41:19 name/dhcp/1 Info Server 0 04001 Packet service started with 2 scopes.

On standard error the same text carries ` + "`id`" + ` and ` + "`category`" + `; Debug and Activity have the level debug there.
In the texts below ` + "`%s`" + ` and the like stand for what the message is about.

## Log messages

`

// messages is docs/messages.md: every log message and every outcome.
func messages() []byte {
	var b bytes.Buffer
	b.WriteString(messagesHead)
	b.WriteString("| number | severity | category | text | meaning |\n| --- | --- | --- | --- | --- |\n")
	for _, m := range eventlog.Messages() {
		fmt.Fprintf(&b, "| %05d | %s | %s | %s | %s |\n", m.ID, m.Severity, m.Category, cell(m.Format), cell(m.Help))
	}
	b.WriteString("\n## Packet outcomes\n\nEvery packet that comes in ends in exactly one of these. `dhcp getStats`, " +
		"`/metrics` and the log use these names.\n")
	outcomes := engine.Outcomes()
	for len(outcomes) > 0 {
		kind := outcomes[0].Kind
		n := slices.IndexFunc(outcomes, func(o engine.OutcomeHelp) bool { return o.Kind != kind })
		if n < 0 {
			n = len(outcomes)
		}
		fmt.Fprintf(&b, "\n### %s\n\n| outcome | meaning |\n| --- | --- |\n", kind)
		for _, o := range outcomes[:n] {
			fmt.Fprintf(&b, "| %s | %s |\n", o.Name, cell(o.Help))
		}
		outcomes = outcomes[n:]
	}
	return b.Bytes()
}
