package failover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"strings"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// Records keep what relationships must know after a restart, beside the
// leases; *store.LeaseDB is the real one.
type Records interface {
	SaveEndpoint(name string, snapshot []byte) error
	DeleteEndpoint(name string) error
	Endpoints() (map[string][]byte, error)
	// Restored tells whether the lease database is an older copy of itself.
	Restored() bool
	// Batches are the numbers of the last batch of leases that the database had
	// when it was opened, and of the last that it has on disk.
	Batches() (opened, last uint64)
}

// Marks remember which relationships were in service, apart from the leases,
// so that a lost lease database is noticed; *store.ConfigDB is the real one.
type Marks interface {
	Commissioned(ctx context.Context, name string) (bool, error)
	SetCommissioned(ctx context.Context, name string, commissioned bool) error
	// Generation is what the record in the lease database was last known to
	// have, 0 if none was kept.
	Generation(ctx context.Context, name string) (uint64, error)
	SetGeneration(ctx context.Context, name string, generation uint64) error
}

// record is what is kept of a relationship. It stays when the relationship is
// configured away: the leases that were shared are still there, and so may be
// the partner. Nothing but the loss of the lease database ends it.
type record struct {
	Role     lease.Role    `json:"role"`
	Snapshot core.Snapshot `json:"snapshot"`
	// Partner and Areas know the relationship again under another name.
	Partner netip.Addr `json:"partner,omitzero"`
	Areas   []area     `json:"areas,omitempty"`
	// Left are areas that it had once: the partner may serve them still.
	Left        []area `json:"left,omitempty"`
	PartnerName string `json:"partner-name,omitempty"`
	// Standing is what it goes on by where the configuration is not taken.
	Standing *standing `json:"standing,omitempty"`
	// Away: the configuration in service does not have the relationship.
	Away bool `json:"away,omitempty"`
	// Generation grows at each start and stop, with each change of state and
	// once a minute in operation. The configuration database has it, too, and
	// never a later one, so that a lease database that has an earlier one was
	// restored.
	Generation uint64 `json:"generation,omitempty"`
	Age        age    `json:"age,omitzero"`
	// here: it was written since the start of this server.
	here bool
	// Reserved is a sum of the reservations that the partner told last.
	Reserved uint64 `json:"reserved,omitempty"`
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
	r.here = true
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

// recorded are all records.
func (m *Manager) recorded() map[string]record {
	m.recMu.Lock()
	defer m.recMu.Unlock()
	return maps.Clone(m.records)
}

// mirrors tells whether a record is the partner's of this relationship: its
// database, or all of its folder, was put in the place of this server's.
func (r *relationship) mirrors(role lease.Role, partner netip.Addr) bool {
	return r.role != lease.Alone && role == r.role.Other() && partner.IsValid() && partner == r.ours().addr
}

// outdated tells whether the record of a relationship that is not in service is
// older than it should be.
func (m *Manager) outdated(name string, kept *record) bool {
	known, err := m.Marks.Generation(context.Background(), name)
	return err != nil || kept.Generation < known || m.Records.Restored() && !m.older[name]
}

// resume is what a relationship begins with: what was kept of it, or of those
// among the claims that it comes from. Where that is older than it should be, or
// not there although the relationship was in service, the leases are lost, too.
func (m *Manager) resume(r *relationship, claims []claim) (snap core.Snapshot, lost bool) {
	ctx := context.Background()
	kept, ok := m.record(r.name)
	known, err := m.Marks.Generation(ctx, r.name)
	was, err2 := m.Marks.Commissioned(ctx, r.name)
	if err = errors.Join(err, err2); err != nil {
		m.Log.Log(msgUnsaved, r.name, err)
		return core.Snapshot{}, true
	}
	switch {
	case !ok && was:
		m.Log.Log(msgLostRecord, r.name)
		return core.Snapshot{}, true
	case !ok:
		return m.branch(r, claims)
	case r.mirrors(kept.Role, kept.Partner):
		m.Log.Log(msgPartners, r.name)
		return core.Snapshot{}, true
	case m.Records.Restored() && !m.older[r.name]:
		m.older[r.name] = true // what it has from now on is this server's
		m.Log.Log(msgOlder, r.name)
		return core.Snapshot{}, true
	case kept.Generation < known:
		m.Log.Log(msgRestored, r.name, fmt.Sprintf("generation %d, it had %d", kept.Generation, known))
		return core.Snapshot{}, true
	}
	if another(kept.Partner, r.partner().addr) {
		kept.Snapshot = retired(kept.Snapshot, m.now().Wall)
	}
	switch {
	case kept.Role == r.role:
		return kept.Snapshot, false
	case !was && core.Untried(kept.Snapshot, m.leasesOf(r)): // nobody has anything of it
		return core.Snapshot{}, false
	}
	m.Log.Log(msgSwapped, r.name, strings.ToLower(owner(r.role)), strings.ToLower(owner(kept.Role)))
	return core.Swap(kept.Snapshot, m.now().Wall), false
}

// leasesOf are the leases of a relationship that is about to begin.
func (m *Manager) leasesOf(r *relationship) *view {
	v := newView(m.Table, r.role)
	v.configure(r)
	return v
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

// serves tells whether a server in the state serves clients beside its partner.
func serves(s wire.ServerState) bool {
	switch s {
	case wire.StateNormal, wire.StateCommunicationsInterrupted, wire.StateResolutionInterrupted, wire.StateConflictDone:
		return true
	}
	return false
}
