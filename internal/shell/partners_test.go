package shell

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/datadriven"

	"leasehold/internal/clock"
	"leasehold/internal/failover"
	"leasehold/pkg/objects"
)

// partners stands for the running server's relationships: the rows that a
// story says there are, and the rules that an operator meets.
type partners struct {
	clock *clock.Manual
	mu    sync.Mutex
	rows  []failover.Related
}

func (p *partners) Related() []failover.Related {
	p.mu.Lock()
	defer p.mu.Unlock()
	rows := slices.Clone(p.rows)
	for i := range rows {
		d := *rows[i].Detail
		d.CurrentTime = p.clock.Now().Unix()
		rows[i].Detail = &d
	}
	return rows
}

func (p *partners) find(pair string) *failover.Related {
	for i := range p.rows {
		if p.rows[i].Pair == pair {
			return &p.rows[i]
		}
	}
	return nil
}

func (p *partners) PartnerDown(pair, partner string, since int64, force bool) ([]string, *objects.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.find(pair)
	if r == nil || r.Name != partner {
		return nil, objects.Errorf(objects.UnexpectedError, "there is no relationship %q with %q", pair, partner)
	}
	if len(r.Detail.Problems) > 0 {
		return nil, objects.Errorf(objects.Invalid, "failover %q: %s", pair, r.Detail.Problems[0])
	}
	if r.Communications == "OK" {
		return nil, objects.Errorf(objects.Invalid, "failover %q: %s answers; stop it first", pair, r.Name)
	}
	if since == 0 {
		since = p.clock.Now().Unix()
	}
	if contact := r.Detail.Status.Snapshot.Contact; since < contact && !force {
		return nil, objects.Errorf(objects.Invalid, "failover %q: %s was in operation until %s; with -force addresses that it gave since may be given twice",
			pair, r.Name, time.Unix(contact, 0).Format(time.ANSIC))
	}
	r.State, r.Detail.Status.Snapshot.Down = "PARTNER-DOWN", since
	return []string{fmt.Sprintf("failover %q: PARTNER-DOWN, %s is down since %s", pair, r.Name, time.Unix(since, 0).Format(time.ANSIC))}, nil
}

func (p *partners) Debug(int) {}

func (p *partners) Member(_ *objects.Config, pair *objects.Object) failover.Member {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := p.find(pair.Name); r != nil {
		return failover.Member{Role: r.Detail.Role}
	}
	return failover.Member{Problem: "neither of its servers is this one"}
}

func (p *partners) Rebalance(pair string) *objects.Error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := p.find(pair); r.State != "NORMAL" {
		return objects.Errorf(objects.GenericError, "failover %q: addresses are shared out in NORMAL, this server is in %s", pair, r.State)
	}
	return nil
}

// partner does the directive
//
//	partner pair=.. [name=..] [address=..] [role=MAIN|BACKUP] [comm=..] [state=..] [partner-state=..] [contact=-1h] [problem=(..)]
//
// role is this server's. A pair that is there already is replaced.
func (st *story) partner(d *datadriven.TestData) {
	r := failover.Related{Communications: "OK", State: "NORMAL", PartnerState: "NORMAL", Detail: &failover.Detail{}}
	values := map[string]string{}
	for _, a := range d.CmdArgs {
		values[a.Key] = strings.Join(a.Vals, ", ")
	}
	for key, into := range map[string]*string{
		"pair": &r.Pair, "name": &r.Name, "address": &r.Address, "role": &r.Detail.Role,
		"comm": &r.Communications, "state": &r.State, "partner-state": &r.PartnerState,
	} {
		if v, ok := values[key]; ok {
			*into = v
		}
	}
	r.Type = map[string]string{"MAIN": "BACKUP", "BACKUP": "MAIN"}[r.Detail.Role]
	r.PartnerRole = r.Type
	if wrong, ok := values["problem"]; ok {
		r.Detail.Problems = []string{wrong}
		r.Communications, r.State, r.PartnerState = "", "", ""
	} else {
		st.workingPartner(&r, values["contact"])
	}
	st.partners.mu.Lock()
	defer st.partners.mu.Unlock()
	if old := st.partners.find(r.Pair); old != nil {
		*old = r
		return
	}
	st.partners.rows = append(st.partners.rows, r)
}

func (st *story) workingPartner(r *failover.Related, contact string) {
	now := st.clock.Now()
	d := r.Detail
	d.MainServer, d.BackupServer = "dhcpA.example.com", r.Name
	d.MCLT, d.BackupPct, d.SafePeriod = 3600, 10, 0
	d.Scopes = []string{"scope1", "scope2"}
	d.Pools = []failover.PoolStatus{{Scope: "scope1", Own: 90, Other: 10, Pending: 1, Percent: 10}}
	d.Partner = "leasehold"
	d.Fingerprint, d.TLS, d.Encrypted = "sha256:"+strings.Repeat("5a", 32), true, contact == ""
	snap := &d.Status.Snapshot
	snap.Since, snap.PartnerSince, snap.Contact = now.Unix()-7200, now.Unix()-7190, now.Unix()-3
	if contact != "" {
		at, err := objects.ParseDate(contact, now)
		st.Must(err)
		snap.Contact, snap.Interrupted, snap.Since = at, at, at
	}
	r.Requests = 2
	d.Status.Offset, d.Status.Queued, d.Status.Updates.UpdatesSent = -1, 4, 100
}
