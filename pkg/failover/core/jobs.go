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

func (m *Machine) start(k lease.Key, j job) {
	m.lastJob++
	m.jobs[m.lastJob] = &work{key: k, job: j}
	m.emit(Hold{ID: m.lastJob, Key: k})
}

func (m *Machine) held(id uint64) {
	w := m.jobs[id]
	if w == nil {
		m.emit(Go{ID: id})
		return
	}
	l := m.view.Get(w.key)
	next, write := w.job.held(m, l)
	if write && next != l {
		w.lease = next
		m.emit(Write{ID: id, Lease: next})
		return
	}
	m.emit(Go{ID: id})
	delete(m.jobs, id)
	w.job.done(m, l, nil)
}

func (m *Machine) written(id uint64, err error) {
	w := m.jobs[id]
	if w == nil {
		return
	}
	delete(m.jobs, id)
	w.job.done(m, w.lease, err)
}
