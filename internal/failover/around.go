package failover

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"leasehold/internal/lease"
)

// A relationship may lack what is outside of the configuration: the address of a
// name that cannot be resolved now, or this server's own, where an interface comes
// up late. Then the server looks around until it is there, and takes the
// configuration into service once more. If that is refused, since a partner that
// is another one now would be a risk, it goes on looking.

const (
	lookTime = 15 * time.Second // between two searches for names
	ownTime  = 2 * time.Second  // between two looks at the own addresses
)

// surroundings are what relationships may lack.
type surroundings struct {
	names  []string              // without an address
	found  map[string]netip.Addr // since
	lost   []*relationship       // of which it cannot be told what this server is
	places []string              // of those, as they were last
}

// lookAround looks for what the relationships lack. mu is held.
func (m *Manager) lookAround() {
	if m.looking != nil {
		close(m.looking)
		m.looking = nil
	}
	a := surroundings{found: map[string]netip.Addr{}}
	for _, p := range m.pairs {
		r := p.rel.Load()
		if r.role == lease.Alone && r.held == nil {
			a.lost, a.places = append(a.lost, r), append(a.places, r.place)
		}
		for _, e := range []endpoint{r.main, r.backup} {
			if e.name != "" && !e.addr.IsValid() {
				a.names = append(a.names, e.name)
			}
		}
	}
	if len(a.names)+len(a.lost) == 0 || m.Again == nil || m.closed {
		return
	}
	stop := make(chan struct{})
	m.looking = stop
	go m.look(&a, min(m.pause, ownTime), m.pause, stop)
}

// look looks at the own addresses often, and for names once in a while.
func (m *Manager) look(a *surroundings, often, pause time.Duration, stop <-chan struct{}) {
	for since := time.Duration(0); ; {
		select {
		case <-stop:
			return
		case <-m.Clock.After(often):
		}
		changed := a.moved(m.Local)
		if since += often; since >= pause && len(a.names) > 0 {
			since = 0
			changed = a.resolved(m.names.find(slices.Clone(a.names))) || changed
		}
		if changed {
			m.Again()
		}
	}
}

// moved tells whether this server has come to have, or not to have, an address of
// one of the two servers.
func (a *surroundings) moved(local Local) (changed bool) {
	for i, r := range a.lost {
		if now := r.placeIn(local); now != a.places[i] {
			a.places[i], changed = now, true
		}
	}
	return changed
}

// placeIn is what the role of this server is told from.
func (r *relationship) placeIn(local Local) string {
	var place [2]string
	for i, e := range []endpoint{r.main, r.backup} {
		if other := []endpoint{r.backup, r.main}[i]; e.name == "" && other.addr.IsValid() {
			e.addr = local.Towards(other.addr)
		}
		if e.addr.IsValid() {
			place[i] = fmt.Sprint(e.addr, local.Own(e.addr))
		}
	}
	return strings.Join(place[:], " ")
}

// resolved tells whether a name that was not found has an address now, or another
// than the last time.
func (a *surroundings) resolved(answers map[string]answer) (changed bool) {
	for name, one := range answers {
		if one.err == nil && one.addr.IsValid() && a.found[name] != one.addr {
			a.found[name], changed = one.addr, true
		}
	}
	return changed
}
