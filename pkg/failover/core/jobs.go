package core

import "leasehold/internal/lease"

// job is a change of one lease.
type job interface {
	// held decides on the lease as it is, nobody else being at it: what it
	// becomes, or false where nothing is to be written.
	held(m *Machine, l lease.Lease) (lease.Lease, bool)
	// done is told the lease when it is on disk as held wanted it, or why
	// that failed.
	done(m *Machine, l lease.Lease, err error)
}

// work is a job that is not done.
type work struct {
	key   lease.Key
	lease lease.Lease // what is being written
	job   job
}

// maxIdle is how many of those that are done are kept to be used again.
const maxIdle = 2 * maxJobs

func (m *Machine) start(k lease.Key, j job) {
	m.lastJob++
	w := m.newWork()
	w.key, w.job = k, j
	m.jobs.Put(m.lastJob, w)
	m.outs.hold(m.lastJob, k)
}

func (m *Machine) newWork() *work {
	n := len(m.idle)
	if n == 0 {
		return new(work)
	}
	w := m.idle[n-1]
	m.idle = m.idle[:n-1]
	return w
}

// end forgets a job; its work is used again.
func (m *Machine) end(id uint64, w *work, l lease.Lease, err error) {
	m.jobs.Delete(id)
	w.job.done(m, l, err)
	if len(m.idle) < maxIdle {
		*w = work{}
		m.idle = append(m.idle, w)
	}
}

func (m *Machine) held(id uint64) {
	w, ok := m.jobs.Get(id)
	if !ok {
		m.outs.letGo(id)
		return
	}
	l := m.view.Get(w.key)
	next, write := w.job.held(m, l)
	if write && next != l {
		w.lease = next
		if a, ok := lease.AckOf(&l, &next); ok {
			m.outs.note(id, a)
			return
		}
		m.outs.write(id, &next)
		return
	}
	m.outs.letGo(id)
	m.end(id, w, l, nil)
}

func (m *Machine) written(id uint64, err error) {
	if w, ok := m.jobs.Get(id); ok {
		m.end(id, w, w.lease, err)
	}
}
