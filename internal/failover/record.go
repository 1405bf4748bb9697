package failover

import (
	"context"
	"encoding/json"
	"fmt"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// Records keep what relationships must know after a restart, beside the
// leases; *store.LeaseDB is the real one.
type Records interface {
	SaveEndpoint(name string, snapshot []byte) error
	Endpoints() (map[string][]byte, error)
}

// Marks remember which relationships were in service, apart from the leases,
// so that a lost lease database is noticed; *store.ConfigDB is the real one.
type Marks interface {
	Commissioned(ctx context.Context, name string) (bool, error)
	SetCommissioned(ctx context.Context, name string, commissioned bool) error
}

// record is what is kept of a relationship. It stays when the relationship is
// configured away: the leases that were shared are still there, and so may be
// the partner. Nothing but the loss of the lease database ends it.
type record struct {
	Role     lease.Role    `json:"role"`
	Snapshot core.Snapshot `json:"snapshot"`
}

// loadRecords reads what was kept at the last stop.
func loadRecords(r Records) (map[string]record, error) {
	raw, err := r.Endpoints()
	if err != nil {
		return nil, err
	}
	found := make(map[string]record, len(raw))
	for name, b := range raw {
		var one record
		if err := json.Unmarshal(b, &one); err != nil {
			return nil, fmt.Errorf("read the record of failover %q: %w", name, err)
		}
		found[name] = one
	}
	return found, nil
}

func (m *Manager) saveRecord(name string, r record) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write the record of failover %q: %w", name, err)
	}
	if err := m.Records.SaveEndpoint(name, b); err != nil {
		return err
	}
	m.recMu.Lock()
	m.records[name] = r
	m.recMu.Unlock()
	return nil
}

func (m *Manager) record(name string) (record, bool) {
	m.recMu.Lock()
	defer m.recMu.Unlock()
	r, ok := m.records[name]
	return r, ok
}

// resume is what a relationship begins with: what was kept of it, in the same
// role. Without that, and if it was in service before, the leases are lost.
func (m *Manager) resume(r *relationship) (snap core.Snapshot, lost bool) {
	kept, ok := m.record(r.name)
	if ok && kept.Role == r.role {
		return kept.Snapshot, false
	}
	if ok && kept.Snapshot.PartnerState != 0 {
		return core.Snapshot{}, true // the roles were changed: what was whose has to be settled anew
	}
	was, err := m.Marks.Commissioned(context.Background(), r.name)
	if err != nil {
		m.Log.Log(msgUnsaved, r.name, err)
		return core.Snapshot{}, true
	}
	return core.Snapshot{}, was
}

// commission remembers that the partner was there.
func (p *Pair) commission() {
	p.mu.Lock()
	known := p.contacts
	p.contacts = true
	p.mu.Unlock()
	if known {
		return
	}
	if err := p.m.Marks.SetCommissioned(context.Background(), p.name, true); err != nil {
		p.m.Log.Log(msgUnsaved, p.name, err)
	}
}

// retire keeps what has to be known when the relationship is configured again.
// Meanwhile this server serves alone as it does without a partner, so it is
// in PARTNER-DOWN since now; one that did not serve goes on from where it was.
func (m *Manager) retire(p *Pair) {
	kept, ok := m.record(p.name)
	if !ok {
		return
	}
	switch kept.Snapshot.State {
	case wire.StateNormal, wire.StateCommunicationsInterrupted, wire.StateResolutionInterrupted, wire.StateConflictDone:
		now := m.now().Wall
		kept.Snapshot.State, kept.Snapshot.Since, kept.Snapshot.Down = wire.StatePartnerDown, now, now
		if err := m.saveRecord(p.name, kept); err != nil {
			m.Log.Log(msgUnsaved, p.name, err)
		}
	}
	m.Log.Log(msgGone, p.name)
}
