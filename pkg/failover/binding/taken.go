package binding

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// What becomes of our lease once an update is accepted (draft-12 sections 7.1.4
// and 7.1.5).

// takeActive merges a lease that the partner gave into ours. For the same
// client no time becomes earlier.
func (a *Authority) takeActive(l lease.Lease, b *wire.Binding, now int64) lease.Lease {
	same := a.sameClient(&l, b)
	if same && status(&l) == wire.StatusActive {
		return a.extend(l, b, now)
	}
	if !same {
		l = anothers(l)
	} else if isFree(&l) {
		l.Failover = lease.Failover{}
	}
	l.StateStart = since(b, now)
	l.Start, l.Expiration = l.StateStart, 0
	l.Failover.FromPartner = true
	takeClient(&l, b, true)
	later := l.LastTransaction > b.LastTransaction.Unix() && b.LastTransaction != 0
	l = run(l, b)
	if same && later {
		return l // the client was here since, which is still to be told
	}
	return known(l)
}

// anothers is the lease for a client that has not had it. What was promised to the one
// before is void. But a reset lease has forgotten its client: this may be the same, and
// the partner on its way to count on what it was told.
func anothers(l lease.Lease) lease.Lease {
	f, forgotten := l.Failover, l.State == lease.PendingAvailable && l.Client().IsZero()
	l = fresh(l)
	if told := max(f.SentPE, f.AckPE, f.RcvdPE); forgotten && told < lease.Forever {
		l.Failover.SentPE = told
	}
	return l
}

// extend is takeActive for a client that has the lease here, too. While the
// partner has not heard all that we have to tell of it, it is still to be told.
func (a *Authority) extend(l lease.Lease, b *wire.Binding, now int64) lease.Lease {
	news := a.prevails(&l, b.LastTransaction, l.LastTransaction)
	wasKnown := l.Flags&lease.FailoverUpdated != 0
	if news && (wasKnown || b.LastTransaction.Unix() > l.LastTransaction) {
		l.Failover.FromPartner = true
	}
	takeClient(&l, b, news)
	if a.State == wire.StateRecover && a.profile() == wire.Own && b.StateStart.Unix() > max(l.LastTransaction, begun(&l)) {
		// Ours is from a backup: both have agreed since that it ended, and the
		// client got a new one. What was promised for the old one is void.
		l.Start, l.Failover.AckPE, l.Failover.RcvdPE = b.StateStart.Unix(), 0, 0
	}
	switch {
	case l.State == lease.Released && !news && !perhapsLater(&l, b), l.State == lease.Expired && b.Expiration.Unix() <= now:
		// It is over for us, and stays so.
		l.LastTransaction = max(l.LastTransaction, b.LastTransaction.Unix())
		l.Failover.RcvdPE = max(l.Failover.RcvdPE, promise(b))
		return l
	case l.State != lease.Leased:
		l.Expiration = end(&l)
		l.StateStart = since(b, now)
		l.Start = l.StateStart
	}
	if news && l.BOOTP {
		l.BOOTP, l.Expiration = false, 0 // if the client speaks DHCP now
	}
	return run(l, b)
}

// run is the lease of the client until the end that the update says, or ours if
// that is later.
func run(l lease.Lease, b *wire.Binding) lease.Lease {
	l.State = lease.Leased
	l.Expiration = max(l.Expiration, b.Expiration.Unix())
	if b.Flags&wire.FlagBOOTP != 0 {
		l.BOOTP, l.Expiration = true, lease.Forever
	}
	l.Flags &^= lease.Backup
	l.Cause = ""
	l.LastTransaction = max(l.LastTransaction, b.LastTransaction.Unix())
	l.Failover.RcvdPE = max(l.Failover.RcvdPE, promise(b))
	l.Failover.Told, l.Failover.Ended = true, lease.NotEnded
	return l
}

// promise is the potential expiration of an ACTIVE update: a lease that the
// client has is promised as well.
func promise(b *wire.Binding) int64 {
	if b.Flags&wire.FlagBOOTP != 0 {
		return lease.Forever
	}
	return max(b.PotentialExpiration.Unix(), b.Expiration.Unix())
}

// takeAbandoned puts the address out of use as the partner did. Its client
// stays in it for the operator, and what it was promised for who may wait for
// that. It has no end: who takes it over gives it one.
func (a *Authority) takeAbandoned(l lease.Lease, b *wire.Binding, now int64) lease.Lease {
	if l.State != lease.Unavailable {
		l = lease.MarkUnavailable(l, now, 0, "failover")
		l.StateStart = since(b, now)
	}
	l.Flags &^= lease.Backup
	l.Failover.Told, l.Failover.FromPartner, l.Failover.Ended = true, true, lease.NotEnded
	return known(l)
}

// takeFree makes the address free by the partner's word: the primary's, if
// that was not BACKUP.
func (a *Authority) takeFree(l lease.Lease, b *wire.Binding, now int64) lease.Lease {
	switch {
	case a.givenAway(&l) && b.Status != wire.StatusBackup:
		return l // it has been free since, and the partner may have it already
	case l.State == lease.PendingAvailable && !yields(&l, b):
		// Our own word comes first: the partner may have renewed the lease
		// since it sent this. Its answer to that shows. But for the client
		// there is no coming back: the partner may give the address away.
		return a.Announced(l)
	}
	to := a.receiver(&l, b)
	who := lease.KeyOf(b.ClientID, lease.HW(b.HW))
	if unused(&l) && to == lease.Primary && who.IsZero() && b.StateStart == 0 {
		return l // never used there either: there is nothing to remember
	}
	if isFree(&l) && owner(&l) == to && !unused(&l) &&
		(who.IsZero() || who == l.Client()) && b.Status != wire.StatusReset {
		return known(l) // it is so already, perhaps offered to a client
	}
	at := now
	if b.Status == wire.StatusBackup || b.Status == wire.StatusFree {
		at = since(b, now)
	}
	switch {
	case b.Status == wire.StatusReset:
		l = fresh(l)
	case !who.IsZero() && who != l.Client():
		l = fresh(l)
		takeClient(&l, b, true)
		l.LastTransaction = b.LastTransaction.Unix()
	case !who.IsZero():
		takeClient(&l, b, a.prevails(&l, b.LastTransaction, l.LastTransaction))
		l.LastTransaction = max(l.LastTransaction, b.LastTransaction.Unix())
	}
	l = a.free(l, now, to)
	l.StateStart = at
	l.Failover.FromPartner = true
	return l
}

// yields tells whether a lease that ended is over by the partner's word alone.
// That spoke of all of it if it had heard of all that this server gave: which a
// pending lease keeps in FromPartner, as the lease that ended was then as the
// partner has it, whoever gave it.
func yields(l *lease.Lease, b *wire.Binding) bool {
	return l.Failover.FromPartner && b.Status != wire.StatusBackup
}

// receiver is the server that the address belongs to by the update.
func (a *Authority) receiver(l *lease.Lease, b *wire.Binding) lease.Role {
	switch {
	case b.Status != wire.StatusBackup:
		return lease.Primary
	case b.Flags&wire.FlagReserved == 0 || a.profile() == wire.Own:
		return lease.Secondary
	case a.Role == lease.Primary && isFree(l):
		return owner(l)
	}
	// A reserved address is not given away, but for both to give. Whose it is
	// when the reservation ends is not said.
	return lease.Primary
}

// fresh is the lease without its client, and without what was promised to it.
func fresh(l lease.Lease) lease.Lease {
	return lease.Lease{
		Key: l.Key, State: l.State, Flags: l.Flags, StateStart: l.StateStart, Expiration: l.Expiration,
		Role: l.Role, Commit: l.Commit,
	}
}

// takeClient writes the client of the update into the lease. What the client
// told before and is not in it stays, and what is in it goes before only if it
// is news.
func takeClient(l *lease.Lease, b *wire.Binding, news bool) {
	if news || l.HW.Len == 0 {
		l.HW = lease.HW(b.HW)
	}
	if news {
		l.ClientID = b.ClientID
	}
	if giaddr := relayOf(b); giaddr != 0 && (news || l.Giaddr == 0) {
		l.Giaddr = giaddr
	}
	for _, x := range [...]struct {
		code uint8
		to   *string
	}{{optionHostName, &l.HostName}, {optionVendorClass, &l.VendorClass}, {optionRelayInfo, &l.RelayInfo}} {
		if v, ok := b.RequestOptions.Get(x.code); ok && v != "" && (news || *x.to == "") {
			*x.to = v
		}
	}
}

// since is when the partner says that the state began.
func since(b *wire.Binding, now int64) int64 {
	if t := b.StateStart.Unix(); t > 0 && t < now {
		return t
	}
	return now
}
