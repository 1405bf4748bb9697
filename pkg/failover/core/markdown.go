package core

import (
	"fmt"
	"slices"
	"strings"

	"leasehold/pkg/failover/wire"
)

// inOrder is the order in which the states are printed.
var inOrder = states{
	startup, normal, interrupted, partnerDown, recovering, recoverWait, recoverDone,
	conflict, resolution, resolved, paused, shutdown,
}

// Markdown is the state machine as the tables of docs/failover.md: the
// transitions, and what begins with a state.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| state | event | if | next state | what is done |\n| --- | --- | --- | --- | --- |\n")
	row := func(state string, t *transition, named bool) {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", state, t.when(named), guards[t.guard].text, t.then(), t.doing())
	}
	for _, s := range inOrder {
		named := false // a row before names states of the partner
		for i := range transitions {
			if t := &transitions[i]; slices.Contains(t.from, s) {
				row(s.String(), t, named)
				named = named || t.partner != nil
			}
		}
	}
	for i := range transitions {
		if t := &transitions[i]; t.from == nil {
			row("any", t, false)
		}
	}
	b.WriteString("\n| state | upon entry |\n| --- | --- |\n")
	for _, s := range inOrder {
		var what []string
		for _, e := range entries[s] {
			what = append(what, e.text)
		}
		if len(what) > 0 {
			fmt.Fprintf(&b, "| %s | %s |\n", s, strings.Join(what, "; "))
		}
	}
	return b.String()
}

// when is the event in words.
func (t *transition) when(named bool) string {
	switch {
	case t.on != up:
		return eventNames[t.on]
	case t.partner == nil && named:
		return "partner in any other state"
	case t.partner == nil:
		return "partner in any state"
	}
	names := make([]string, len(t.partner))
	for i, s := range t.partner {
		names[i] = s.String()
	}
	return "partner in " + strings.Join(names, ", ")
}

// then is the next state in words.
func (t *transition) then() string {
	switch t.to {
	case stay:
		return "stays"
	case previous:
		return "the stored one"
	}
	return t.to.String()
}

// doing is what is done besides, in words. A star marks a row that is not the
// draft's.
func (t *transition) doing() string {
	var what []string
	for _, a := range t.do {
		if text := doings[a].text; text != "" {
			what = append(what, text)
		}
	}
	s := strings.Join(what, "; ")
	if t.ours {
		s = strings.TrimSpace(s + " \\*")
	}
	return s
}

// Starts lists what a start of the server makes of the stored state.
func Starts() string {
	var b strings.Builder
	b.WriteString("| stored state | state after STARTUP, without a partner |\n| --- | --- |\n")
	for _, s := range inOrder[1 : len(inOrder)-2] {
		fmt.Fprintf(&b, "| %s | %s |\n", s, afterDown(s))
	}
	fmt.Fprintf(&b, "| none, on the main server | %s |\n| none, on the backup | %s |\n| none, but the configuration knows the pair | %s |\n",
		wire.StatePartnerDown, wire.StateRecover, wire.StateRecover)
	return b.String()
}
