package sim

// Minimise makes a failing schedule small: it leaves out what is not needed
// for a failure of the same check. It runs the schedule budget times at most.
func Minimise(s *Schedule, budget int) *Schedule {
	first := Run(s, nil)
	if first.Failure == nil {
		return s
	}
	m := &minimiser{best: s, check: first.Failure.Check, budget: budget}
	if at := first.Failure.At; at < s.Until {
		m.try(func(s *Schedule) { s.Until = at + 1 })
	}
	for before := -1; before != len(m.best.Steps) && m.budget > 0; {
		before = len(m.best.Steps)
		for size := max(len(m.best.Steps)/2, 1); size >= 1 && m.budget > 0; size /= 2 {
			for from := 0; from < len(m.best.Steps); {
				to := min(from+size, len(m.best.Steps))
				if !m.try(func(s *Schedule) {
					s.Steps = append(append([]Step(nil), s.Steps[:from]...), s.Steps[to:]...)
				}) {
					from = to
				}
			}
		}
	}
	m.simplify()
	return m.best
}

type minimiser struct {
	best   *Schedule
	check  string
	budget int
}

// try keeps a change with which the schedule still fails.
func (m *minimiser) try(change func(*Schedule)) bool {
	if m.budget <= 0 {
		return false
	}
	m.budget--
	s := *m.best
	s.Servers = append([]Server(nil), s.Servers...)
	s.Pairs = append([]Pair(nil), s.Pairs...)
	change(&s)
	if s.check() != nil {
		return false
	}
	if r := Run(&s, nil); r.Failure == nil || r.Failure.Check != m.check {
		return false
	}
	m.best = &s
	return true
}

// simplify puts settings back to what is usual.
func (m *minimiser) simplify() {
	for i := range m.best.Servers {
		m.try(func(s *Schedule) { s.Servers[i].Skew = 0 })
		m.try(func(s *Schedule) { s.Servers[i].Drift = 0 })
		m.try(func(s *Schedule) { s.Servers[i].Disk = defaultDisk })
		m.try(func(s *Schedule) { s.Servers[i].Passing = false })
	}
	for i := range m.best.Pairs {
		d := defaultPair()
		for _, set := range []func(p *Pair){
			func(p *Pair) { p.BOOTP = false },
			func(p *Pair) { p.SafePeriod = 0 },
			func(p *Pair) { p.First = false },
			func(p *Pair) { p.Balanced, p.Delayed = false, 0 },
			func(p *Pair) { p.Grace = d.Grace },
			func(p *Pair) { p.ReleaseGrace = 0 },
			func(p *Pair) { p.Unavailable = d.Unavailable },
			func(p *Pair) { p.MaxUnacked = d.MaxUnacked },
			func(p *Pair) { p.Bulking = d.Bulking },
			func(p *Pair) { p.Percent = d.Percent },
			func(p *Pair) { p.Poll = d.Poll },
		} {
			m.try(func(s *Schedule) { set(&s.Pairs[i]) })
		}
	}
	m.try(func(s *Schedule) { s.Loss = 0 })
	m.try(func(s *Schedule) { s.Latency = defaultLatency })
	for m.best.last() > 1 && m.try(func(s *Schedule) { s.Pairs[len(s.Pairs)-1].Clients-- }) {
	}
}

// last is the number of clients of the last pair.
func (s *Schedule) last() int { return s.Pairs[len(s.Pairs)-1].Clients }
