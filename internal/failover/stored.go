package failover

import (
	"context"
	"crypto/sha256"
	"time"

	"leasehold/internal/parity"
	"leasehold/pkg/objects"
)

// Configuration is the stored configuration of this server, and the way to the
// partner's.
type Configuration interface {
	// Stored is a copy that nobody changes, and the number of its last write.
	Stored() (cfg *objects.Config, version uint64)
	// Differences names what differs between this server and its partner in
	// some classes of a pair: a line each, with who changed it when.
	Differences(ctx context.Context, pair string, classes []string) ([]string, *objects.Error)
}

// Watch begins to hold the stored configuration against the partners'.
func (m *Manager) Watch(c Configuration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.configuration != nil {
		return
	}
	m.configuration = c
	m.watching, m.unwatch = context.WithCancel(context.Background())
	m.tasks.Go(func() { m.watch(m.watching, c) })
	m.Wrote()
}

// Wrote is told of each write of the stored configuration. It waits for nothing.
func (m *Manager) Wrote() {
	select {
	case m.wrote <- struct{}{}:
	default:
	}
}

// settle is how long writes are gathered: the lines of a batch are one change.
// sumRest is how many times what summing up took passes until the next time.
const (
	settle  = 100 * time.Millisecond
	sumRest = 4
)

// watch sums the stored configuration up after each change of it.
func (m *Manager) watch(ctx context.Context, c Configuration) {
	known := map[string]summed{}
	for pause := settle; ; {
		select {
		case <-ctx.Done():
			return
		case <-m.wrote:
		}
		select {
		case <-ctx.Done():
			return
		case <-m.Clock.After(pause):
		}
		before := m.mono()
		m.sum(c, known)
		pause = max(settle, sumRest*(m.mono()-before))
	}
}

// summed are the sums of a pair as of one write.
type summed struct {
	version uint64
	sums    []parity.ClassDigest
}

// sum gives each pair at work the sums of what is stored. Those of
// relationships that are no failover-pair have no part in it: which objects the
// two servers share, only the attributes of the scopes say.
func (m *Manager) sum(c Configuration, known map[string]summed) {
	pairs := m.atWork()
	if len(pairs) == 0 {
		return
	}
	cfg, version := c.Stored()
	for _, p := range pairs {
		s, there := known[p.name]
		if !there || s.version != version {
			s = summed{version, sumsOf(cfg, p.name)}
			known[p.name] = s
		}
		p.in.put(entry{kind: learnt, news: &news{sums: s.sums}})
	}
}

// sumsOf sums up what a pair's servers must have alike.
func sumsOf(cfg *objects.Config, pair string) []parity.ClassDigest {
	list := ""
	if o := cfg.Get(objects.FailoverPair, pair); o != nil {
		list = o.Attrs[objects.FailoverPairMatches.Name]
	}
	sum := sha256.Sum256([]byte(list))
	return append(parity.Digest(cfg, pair), parity.ClassDigest{Class: matchList, Sum: [8]byte(sum[:])})
}

// atWork are the pairs that are made of failover-pair objects.
func (m *Manager) atWork() (pairs []*Pair) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.pairs {
		if p.started && p.rel.Load().object != nil {
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// askDifferences asks the partner, in the background, what differs.
func (m *Manager) askDifferences(p *Pair, classes []string) {
	ctx, c := m.watching, m.configuration // set before there were sums
	m.tasks.Go(func() {
		before := m.mono()
		n := &named{}
		n.lines, n.err = c.Differences(ctx, p.name, classes)
		n.took = m.mono() - before
		if ctx.Err() == nil {
			p.in.put(entry{kind: learnt, news: &news{named: n}})
		}
	})
}
