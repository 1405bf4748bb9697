package failover

import (
	"net/netip"
	"time"

	"leasehold/internal/engine"
	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// standing is what a relationship goes on by when the configuration has it
// otherwise and is not taken: its two servers, and how they speak.
type standing struct {
	Wire        string        `json:"wire"`
	Ours        end           `json:"ours"`
	Theirs      end           `json:"theirs"`
	MCLT        int64         `json:"mclt"`
	Poll        time.Duration `json:"poll"`
	PollTimeout time.Duration `json:"poll-timeout"`
	Balanced    bool          `json:"balanced,omitempty"`
	Bulking     bool          `json:"bulking,omitempty"`
	TLS         bool          `json:"tls,omitempty"`
}

// end is one of the two servers.
type end struct {
	Name        string     `json:"name,omitempty"`
	Addr        netip.Addr `json:"addr"`
	Port        uint16     `json:"port"`
	Fingerprint string     `json:"fingerprint,omitempty"`
}

func (e *endpoint) end() end { return end{e.name, e.addr, e.port, e.fingerprint} }

func (e *end) endpoint() endpoint { return endpoint{e.Name, e.Addr, e.Port, e.Fingerprint} }

// standing is kept of the relationship; nil while a server has no address.
func (r *relationship) standing() *standing {
	ours, theirs := r.ours(), r.partner()
	if r.wire == "" || !ours.addr.IsValid() || !theirs.addr.IsValid() {
		return nil
	}
	return &standing{
		Wire: r.wire, Ours: ours.end(), Theirs: theirs.end(), MCLT: r.core.MCLT, Poll: r.poll, PollTimeout: r.core.PollTimeout,
		Balanced: r.core.Balanced, Bulking: r.core.Bulking, TLS: r.tls,
	}
}

// goOn is the relationship of a claim as it was, without its scopes. It is nil where
// the partner has nothing to hear of this server, which did not stand in for it:
// one that hears nothing goes by what it had.
func (c *compiler) goOn(d *danger, kept *record) *relationship {
	s := kept.Standing
	if s == nil || d.snap.State == 0 || serves(d.snap.State) && d.snap.State != wire.StateResolutionInterrupted || unmet(&d.snap) || another(kept.Partner, s.Theirs.Addr) {
		return nil
	}
	r := &relationship{name: d.name, role: d.role, wire: s.Wire, tls: s.TLS, poll: s.Poll, pct: keptPercent}
	r.main, r.backup = s.Ours.endpoint(), s.Theirs.endpoint()
	if d.role == lease.Secondary {
		r.main, r.backup = r.backup, r.main
	}
	r.core = core.Config{
		Name: d.name, MCLT: s.MCLT, PollTimeout: s.PollTimeout, Balanced: s.Balanced, Bulking: s.Bulking,
		Longest: engine.LongestLease(c.cfg),
	}
	r.habits()
	return r
}

// keptPercent is the backup's share where nobody knows what was configured.
const keptPercent = 10

// mute is a relationship as a scope sees it that is held: it goes on for the
// partner, and answers no client.
type mute struct {
	*Pair
	why string
}

// Problem says why the scope is held.
func (m mute) Problem() string { return m.why }

// Authority is that of a server which serves nobody.
func (m mute) Authority() *binding.Authority { return m.quietly }

// heard tells whether the partner of a relationship that is held knows what was
// done in its place, and serves: it does so best without this server, which
// answers nobody.
func (p *Pair) heard() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.machine.Status().Snapshot
	return (s.State == wire.StateNormal || s.State == wire.StateCommunicationsInterrupted) && serves(s.PartnerState)
}

// leave ends the link of a relationship that is held once the partner has heard
// all.
func (p *Pair) leave(a *binding.Authority) {
	if p.rel.Load().held == nil || a.State != wire.StateNormal || a.PartnerState != wire.StateNormal {
		return
	}
	p.m.tasks.Go(func() {
		p.m.mu.Lock()
		defer p.m.mu.Unlock()
		if p.m.pairs[p.name] == p && p.m.serving {
			p.connect()
		}
	})
}
