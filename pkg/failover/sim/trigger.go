package sim

import (
	"fmt"
	"slices"
)

// waiting is a step whose trigger has not come yet.
type waiting struct {
	step *Step
	seen int
	done bool
}

// triggers are what a server can be seen doing: messages sent and received,
// snapshots and leases written, clients acknowledged, states entered.
var triggers = []string{"sends", "gets", "saves", "commits", "acks", "enters"}

// plan enters the schedule's steps.
func (w *World) plan() {
	for i := range w.sched.Steps {
		s := &w.sched.Steps[i]
		if s.On != nil {
			w.waiting = append(w.waiting, &waiting{step: s})
			continue
		}
		w.queue.add(s.At, func() { w.perform(s) })
	}
}

// happened fires the steps that wait for what a server did. The action comes
// at once, but after the server's present step.
func (w *World) happened(n *node, verb, what string) {
	if len(w.waiting) == 0 || w.healed {
		return
	}
	for _, p := range w.waiting {
		t := p.step.On
		if p.done || t.Server != n.name || t.Verb != verb || t.What != "" && t.What != what || w.now < p.step.At {
			continue
		}
		if p.seen++; p.seen >= max(t.Nth, 1) {
			p.done = true
			w.after(0, func() { w.perform(p.step) })
		}
	}
}

func (w *World) perform(s *Step) {
	if w.healed {
		return
	}
	w.say("-- %s", s)
	actions[s.Verb].do(w, s.Args)
}

func (s *Step) check(sched *Schedule) error {
	if s.On != nil {
		if sched.server(s.On.Server) < 0 {
			return fmt.Errorf("there is no server %s", s.On.Server)
		}
		if !slices.Contains(triggers, s.On.Verb) {
			return fmt.Errorf("a server does not %q; it %v", s.On.Verb, triggers)
		}
	}
	a, ok := actions[s.Verb]
	if !ok {
		return fmt.Errorf("%q is no action", s.Verb)
	}
	if len(s.Args) < len(a.args) {
		return fmt.Errorf("%s needs %v", s.Verb, a.args)
	}
	for i, kind := range a.args {
		if err := kind.check(sched, s.Args[i]); err != nil {
			return err
		}
	}
	return nil
}
