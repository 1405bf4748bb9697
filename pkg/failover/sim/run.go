package sim

// Result is what became of a run.
type Result struct {
	Failure *Failure // nil is none
	Hash    uint64   // of all that happened
	Stats   Stats
	State   string // of everybody at the end, where there is a failure
}

// Run runs a schedule. account, if it is not nil, is told what happens, line
// by line.
func Run(s *Schedule, account func(string)) Result {
	w := newWorld(s, account)
	w.plan()
	for _, n := range w.nodes {
		n.start()
	}
	w.run(s.Until)
	if w.failure == nil {
		w.heal()
		w.settle()
	}
	w.stats.Runs = 1
	r := Result{Failure: w.failure, Hash: w.hash, Stats: w.stats}
	if w.failure != nil && account != nil {
		r.State = w.state()
	}
	return r
}
