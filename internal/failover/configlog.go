package failover

import (
	"strings"

	"leasehold/internal/lease"
)

// logConfiguration writes what is configured: the relationship, its
// parameters, and every network of it, whenever that has changed.
func (m *Manager) logConfiguration(r, old *relationship, begins bool) {
	log := m.Log
	if r.role == lease.Alone {
		log.Log(msgWrong, r.name, strings.Join(r.problem, "; "), or(r.scopeList(), "none"))
		return
	}
	for _, why := range r.problem {
		log.Log(msgPartly, r.name, why)
	}
	if !begins && r.says() == old.says() {
		return
	}
	safe, period := onOff(r.core.SafePeriod > 0), r.core.SafePeriod
	pct := r.pct
	if r.core.Balanced {
		pct = balancedPercent
	}
	if r.wide {
		log.Log(msgWide, r.main.text(), r.backup.text(), r.core.MCLT, pct, r.bootp, safe, period)
	} else {
		what := "scopes " + r.scopeList()
		if r.object != nil {
			what = r.object.Ref()
		}
		log.Log(msgPair, what, r.main.text(), r.backup.text(), r.core.MCLT, pct, r.bootp, safe, period)
	}
	partner := r.partner()
	mode := "lazy"
	if r.eager {
		mode = "eager"
	}
	log.Log(msgObject, r.name, strings.ToLower(owner(r.role)), strings.ToLower(owner(r.role.Other())), partner.text(), partner.addr,
		onOff(r.core.Balanced), mode, seconds(r.poll), seconds(r.core.PollTimeout), onOff(r.core.Bulking))
	for _, s := range r.scopes {
		more := ""
		if s.bootp {
			more = " for dynamic BOOTP"
		}
		if s.boundary.IsValid() {
			more += ", failover-backup-allocation-boundary = " + s.boundary.String()
		}
		log.Log(msgNetwork, r.name, s.subnet, s.name, s.percent, more)
	}
}

func onOff(on bool) string {
	if on {
		return "enabled"
	}
	return "disabled"
}
