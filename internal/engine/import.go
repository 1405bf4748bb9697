package engine

import (
	"context"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// Leases of other servers: what a lease file says is made a record here, and
// records are shown as a lease file has them.

// ImportLeases takes leases from a lease file. They are written in one go;
// each hears of its own fate.
func (s *Server) ImportLeases(leases []ImportedLease) []*objects.Error {
	errs := make([]*objects.Error, len(leases))
	p := s.plan.Load()
	if p == nil || !p.settings.importMode {
		for i := range errs {
			errs[i] = objects.Errorf(objects.ImportFailure, "import-mode is disabled: dhcp enable import-mode, then dhcp reload")
		}
		return errs
	}
	type result struct {
		at  int
		err error
	}
	results := make(chan result, len(leases))
	waiting := 0
	for i := range leases {
		in := importing{server: s, lease: &leases[i], now: s.clock.Now().Unix()}
		key, e := in.locate(p)
		if e != nil {
			errs[i] = e
			continue
		}
		s.claims.acquire(key)
		l, e := in.record()
		errs[i] = e
		if e != nil && e.Code.Failed() || l == in.old {
			s.release(key)
			continue
		}
		waiting++
		c := s.newChange(l, func(err error) { results <- result{i, err} })
		c.own = true
		s.commits.Submit(l, c)
	}
	for range waiting {
		if r := <-results; r.err != nil {
			errs[r.at] = objects.AsError(r.err)
		}
	}
	return errs
}

// importing is one lease on its way in.
type importing struct {
	server *Server
	lease  *ImportedLease
	now    int64
	key    lease.Key
	scope  *scope
	old    lease.Lease // what is known of the address here
}

func importRefused(format string, args ...any) *objects.Error {
	return objects.Errorf(objects.ImportFailure, format, args...)
}

// locate finds the scope that the address belongs to.
func (in *importing) locate(p *Plan) (lease.Key, *objects.Error) {
	v := p.vpns.byName[lower(in.lease.VPN)]
	if v == nil {
		return lease.Key{}, importRefused("vpn %q is not configured", in.lease.VPN)
	}
	in.key = lease.Key{VPN: v.id, Addr: lease.AddrFrom(in.lease.Address)}
	place, ok := in.server.table.Place(in.key)
	if !ok || place.Parked || !place.InRange && !place.Reserved {
		return in.key, importRefused("in no range or reservation of any scope")
	}
	in.scope = p.byID[place.Scope]
	if pair := in.scope.pair; pair != nil && pair.Problem() != "" {
		return in.key, importRefused("failover %q: %s", pair.Name(), pair.Problem())
	}
	return in.key, nil
}

// client is who has or had the lease.
func (in *importing) client() lease.Client {
	l := in.lease
	return lease.Client{
		HW: l.HW, ClientID: string(l.ClientID), HostName: l.HostName, DomainName: l.DomainName,
		VendorClass: l.VendorClass, RelayInfo: l.RelayInfo, BOOTP: l.BOOTP,
	}
}

// record makes the record of the lease, or says why it is not taken. A warning
// says that it is taken as something else. The address is claimed.
func (in *importing) record() (lease.Lease, *objects.Error) {
	in.old = in.server.at(in.key)
	if in.lease.Status > wire.StatusBackup {
		return in.old, importRefused("there is no binding status %d", in.lease.Status)
	}
	c := in.client()
	if in.free() {
		return in.freed(c)
	}
	if c.Key().IsZero() && in.lease.Status != wire.StatusAbandoned && in.lease.Status != wire.StatusReset {
		return in.old, importRefused("no hardware address and no client-id")
	}
	if e := in.conflict(c.Key()); e != nil {
		return in.old, e
	}
	return in.bound(c)
}

// free says that nobody has the address, by the file.
func (in *importing) free() bool {
	switch in.lease.Status {
	case wire.StatusFree, wire.StatusBackup:
		return true
	case wire.StatusReset:
		return in.scope.pair == nil
	case wire.StatusAbandoned:
		return in.scope.pair == nil && in.lease.Expiration > 0 && in.lease.Expiration <= in.now
	}
	return false
}

// conflict refuses what is known better here: a lease of another client, one
// that was heard of later, and, while the partner is there, an address that is
// the partner's to give.
func (in *importing) conflict(who lease.ClientKey) *objects.Error {
	old := &in.old
	mine := !who.IsZero() && old.Client() == who
	if old.State == lease.Leased && old.Expiration > in.now && !mine {
		return importRefused("leased to another client")
	}
	if at := in.lease.LastTransaction; at > 0 && old.LastTransaction > at && !old.Free() {
		return importRefused("known here as of %s, the file is older", timestamp(old.LastTransaction))
	}
	pair := in.scope.pair
	if pair == nil || mine {
		return nil
	}
	if a := pair.Authority(); a.Connected && !a.MayGive(old, in.now, in.scope.dynamic()) {
		return importRefused("failover %q does not let this server give the address while the partner is there", pair.Name())
	}
	return nil
}

// timestamp is a time as the listings have it.
func timestamp(t int64) string {
	return time.Unix(t, 0).UTC().Format("Mon Jan _2 15:04:05 2006") + " GMT"
}

// freed is a free address, the partner's or this server's own, and who had it
// last.
func (in *importing) freed(c lease.Client) (lease.Lease, *objects.Error) {
	var warning *objects.Error
	backup := in.lease.Status == wire.StatusBackup
	pair := in.scope.pair
	switch {
	case in.old.State == lease.Leased && in.old.Expiration > in.now:
		return in.old, importRefused("free by the file, but leased here")
	case !in.old.Free() && in.old.LastTransaction > in.since():
		return in.old, importRefused("known here as of %s, the file is older", timestamp(in.old.LastTransaction))
	case pair != nil && pair.Authority().Connected && backup != (in.old.Flags&lease.Backup != 0):
		return in.old, importRefused("failover %q: whose free address it is cannot be changed while the partner is there", pair.Name())
	case pair == nil && backup:
		warning = objects.Errorf(objects.OkWithWarnings, "backup, but scope %q has no failover: available to this server", in.scope.name)
		backup = false
	case in.lease.Status == wire.StatusAbandoned:
		warning = objects.Errorf(objects.OkWithWarnings, "abandoned for a time that is over: available")
	}
	l := in.blank()
	if !c.Key().IsZero() {
		l = lease.Acknowledge(l, c, in.now, in.now)
		l.LastTransaction = in.lease.LastTransaction
	}
	l = lease.Freed(l, in.since(), backup)
	if l.Commit == 0 && l.Client().IsZero() && !backup {
		return in.old, warning // as good as never used
	}
	return l, warning
}

// since is the time that the file gives for the beginning of the state.
func (in *importing) since() int64 {
	for _, t := range [...]int64{in.lease.StateStart, in.lease.Expiration, in.lease.LastTransaction} {
		if t > 0 && t <= in.now {
			return t
		}
	}
	return in.now
}

// blank is the address without what was known of it.
func (in *importing) blank() lease.Lease {
	const decided = lease.Reserved | lease.NotInRanges | lease.Deactivated
	old := &in.old
	l := lease.Lease{Key: old.Key, Flags: old.Flags & decided, Role: old.Role, Commit: old.Commit}
	return lease.Freed(l, in.now, false)
}

// bound is a lease that a client has, or had until the servers agree that it
// is over.
func (in *importing) bound(c lease.Client) (lease.Lease, *objects.Error) {
	f := in.lease
	l := in.old
	if l.Client() != c.Key() || !l.Live() {
		l = in.blank()
	}
	end := f.Expiration
	if end == 0 {
		end = in.now + in.scope.chain.leaseTime
	}
	if f.Status != wire.StatusAbandoned || !c.Key().IsZero() {
		l = lease.Acknowledge(l, c, in.now, end)
	}
	if f.Start > 0 {
		l.Start = f.Start
	}
	l = in.promised(l)
	l, warning := in.as(l)
	if f.LastTransaction > 0 {
		l.LastTransaction = f.LastTransaction
	}
	return l, warning
}

// promised notes what the partner was told. Since the file does not say
// whether it was, it is taken to know of the lease.
func (in *importing) promised(l lease.Lease) lease.Lease {
	pair, f := in.scope.pair, in.lease
	if pair == nil {
		return l
	}
	if f.SentPE == 0 && f.RcvdPE == 0 {
		l = pair.Authority().Given(l, l.Expiration)
	} else {
		l.Failover.SentPE, l.Failover.AckPE, l.Failover.RcvdPE = f.SentPE, f.AckPE, f.RcvdPE
	}
	l.Failover.Told = true
	return l
}

// as makes what was leased into what it is now. An end counts from when it
// came, not from when the server hears of it: the file may be old.
func (in *importing) as(l lease.Lease) (lease.Lease, *objects.Error) {
	f, chain := in.lease, in.scope.chain
	grace := in.server.gracePeriod(&l)
	switch f.Status {
	case wire.StatusExpired:
		if in.scope.pair != nil {
			grace = 0 // the grace of the server that wrote the file is over
		}
	case wire.StatusReleased:
		if grace = time.Duration(chain.releaseGracePeriod) * time.Second; in.scope.pair != nil {
			grace = 0
		}
		return lease.Release(l, in.since(), grace), nil
	case wire.StatusReset:
		return lease.ForceAvailable(l, in.since()), nil
	case wire.StatusAbandoned:
		l = lease.MarkUnavailable(l, in.since(), 0, "imported")
		if f.StateStart == 0 && f.Start > 0 {
			l.StateStart = f.Start
		}
		switch {
		case f.Expiration > in.now:
			l.Expiration = f.Expiration
		case chain.unavailableTimeout > 0:
			l.Expiration = in.now + chain.unavailableTimeout
		}
		return l, nil
	default:
		if l.Expiration > in.now {
			return l, nil
		}
	}
	if f.Expiration > in.now { // it ended before its time
		l.Expiration = in.since()
	}
	return lease.Expire(l, l.Expiration, grace), nil
}

// ExportLeases shows leases as a lease file has them.
func (s *Server) ExportLeases(ctx context.Context, f LeaseFilter, fn func(ImportedLease) error) error {
	f.WithAvailable = false
	return s.walk(ctx, f, "export leases", func(l lease.Lease, sc *scope) error {
		l, known := l.Beneath()
		if !known || !f.takes(&l) || l.Free() && l.Client().IsZero() && l.Flags&lease.Backup == 0 {
			return nil
		}
		return fn(exported(&l, sc))
	})
}

func exported(l *lease.Lease, sc *scope) ImportedLease {
	out := ImportedLease{
		VPN: sc.vpn.name, Address: l.Addr.Netip(), HW: l.HW, ClientID: []byte(l.ClientID),
		Start: l.Start, StateStart: l.StateStart, Expiration: l.StateStart, LastTransaction: l.LastTransaction,
		HostName: l.HostName, DomainName: l.DomainName, VendorClass: l.VendorClass, RelayInfo: l.RelayInfo, BOOTP: l.BOOTP,
		SentPE: l.Failover.SentPE, AckPE: l.Failover.AckPE, RcvdPE: l.Failover.RcvdPE,
	}
	switch l.State {
	case lease.Leased:
		out.Status, out.Expiration = wire.StatusActive, l.Expiration
	case lease.Expired:
		out.Status = wire.StatusExpired
	case lease.Released:
		out.Status = wire.StatusReleased
	case lease.Unavailable:
		out.Status, out.Expiration = wire.StatusAbandoned, l.Expiration
	case lease.PendingAvailable:
		out.Status = endedAs[l.Failover.Ended]
		if l.Expiration > 0 && l.Expiration < l.StateStart {
			out.Expiration = l.Expiration
		}
	default:
		out.Status = wire.StatusFree
		if l.Flags&lease.Backup != 0 && l.Role != lease.Alone {
			out.Status = wire.StatusBackup
		}
	}
	return out
}

// endedAs is what a pending-available lease is in the file. What the primary
// asks back is the secondary's until that agrees.
var endedAs = map[lease.Ended]wire.BindingStatus{
	lease.NotEnded: wire.StatusExpired, lease.EndedExpired: wire.StatusExpired, lease.EndedReleased: wire.StatusReleased,
	lease.EndedReset: wire.StatusReset, lease.EndedReclaimed: wire.StatusBackup,
}
