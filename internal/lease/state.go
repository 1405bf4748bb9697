package lease

import "time"

// The life of a lease (nrcmd lease attribute state) on a server that is alone:
//
//	available --offer--> offered --acknowledge--> leased --expire--> expired
//	    ^                   |                      |  ^                 |
//	    |<--expire----------+        release-------+  +--acknowledge    |
//	    |<--expire-- released <---------+                               |
//	    |<--expire------------------------------------------------------+
//	    |<--expire-- unavailable <--decline, ping answered-- (any)
//
// Under failover (Lease.Role) what leads back to available leads to
// pending-available, unless the partner never heard that the address was not
// free. The partner's agreement makes it free (Freed): available on the
// server that it belongs to then, other-available on the other.
//
// Each function below is one arrow. They are total: an event that means
// nothing in a state leaves the lease as it is.

// Offer gives the lease to a client for the offer-timeout. A client that holds
// it already keeps it as it is: it may go on using it without taking the offer.
// Under failover only a free address can be offered: of any other the partner
// has a say, and an offer is forgotten with the server.
func Offer(l Lease, c Client, now int64, timeout time.Duration) Lease {
	if l.Role != Alone && l.State != Offered && !l.Free() {
		return l
	}
	same := l.belongsTo(&c)
	held := same && l.State == Leased
	l.setClient(&c, same)
	l.LastTransaction = now
	if held {
		return l
	}
	l.State, l.StateStart = Offered, now
	l.Start = 0
	l.Expiration = after(now, timeout)
	l.Cause = ""
	return l
}

// Acknowledge makes it the client's until expiration (Forever for an infinite
// lease; a BOOTP client's never ends). The first time, and after a break, a
// new lease begins; otherwise it is a renewal.
func Acknowledge(l Lease, c Client, now, expiration int64) Lease {
	same := l.belongsTo(&c)
	renewal := same && l.State == Leased
	if l.Free() || l.State == Offered {
		// Promises of an earlier lease hold no more: the partner may have
		// forgotten them.
		l.Failover = Failover{}
	}
	l.setClient(&c, same)
	l.own()
	l.Failover.Ended = NotEnded
	if !renewal {
		l.State, l.StateStart, l.Start = Leased, now, now
	}
	l.Expiration = expiration
	if c.BOOTP {
		l.Expiration = Forever
	}
	l.LastTransaction = now
	l.Cause = ""
	return l
}

// Release takes it back from its client, who finds it again during the
// release-grace-period; without one it ends at once.
func Release(l Lease, now int64, grace time.Duration) Lease {
	if !l.Live() {
		return l
	}
	if l.Role != Alone && l.State == Offered {
		l.withdraw(now)
		return l
	}
	l.LastTransaction = now
	if grace <= 0 {
		l.end(now, EndedReleased)
		return l
	}
	l.heldBack()
	l.State, l.StateStart = Released, now
	l.Expiration = after(now, grace)
	return l
}

// MarkUnavailable puts it out of use for the unavailable-timeout (0 is until
// ForceAvailable): declined by its client, answered to a ping, used by another
// server. The client stays written in it for the operator, who wants to know
// who complained.
func MarkUnavailable(l Lease, now int64, timeout time.Duration, cause string) Lease {
	l.State, l.StateStart = Unavailable, now
	l.Start, l.Expiration = 0, 0
	if timeout > 0 {
		l.Expiration = after(now, timeout)
	}
	l.BOOTP = false
	l.Cause = cause
	l.own()
	l.Failover.Ended = NotEnded
	return l
}

// Expire moves on a lease whose Deadline has come: leased to expired for the
// grace-period (counted from now, so that a client finds its lease again after
// an outage of the server), and every other state to its end. A lease whose
// time has not come stays as it is.
func Expire(l Lease, now int64, grace time.Duration) Lease {
	if end, ok := l.Deadline(); !ok || end > now {
		return l
	}
	switch l.State {
	case Leased:
		if grace <= 0 {
			break
		}
		l.heldBack()
		l.State, l.StateStart = Expired, now
		l.Expiration = after(now, grace)
		return l
	case Offered:
		// Nobody took it, and the store has never heard of it: the address
		// is as good as never used.
		if l.Commit == 0 && l.kept() == 0 {
			l = Lease{Key: l.Key, Flags: l.Flags, Role: l.Role}
			l.State = freeState(l.Role, l.Flags)
			return l
		}
		l.withdraw(now)
		return l
	case Unavailable:
		l.forget()
		l.end(now, EndedReset)
		return l
	case Released:
		l.end(now, EndedReleased)
		return l
	}
	l.end(now, EndedExpired)
	return l
}

// ForceAvailable ends it whatever it is, and forgets its client. A deactivated
// lease stays so. Nothing is to be done for one that waits for the partner's
// agreement, or is the partner's to give.
func ForceAvailable(l Lease, now int64) Lease {
	if l.Role != Alone {
		switch l.State {
		case PendingAvailable, OtherAvailable:
			return l
		case Offered:
			l.forget()
			l.withdraw(now)
			return l
		}
	}
	l.forget()
	l.end(now, EndedReset)
	return l
}

// Freed is the lease as it is once both servers agree that nobody has it: the
// address is the secondary's to give with backup, else the primary's. Its last
// client stays written in it.
func Freed(l Lease, now int64, backup bool) Lease {
	l.Flags &^= Backup
	if backup {
		l.Flags |= Backup
	}
	l.setFree(now)
	return l
}

// Activate lets it be given again after Deactivate.
func Activate(l Lease) Lease {
	l.Flags &^= Deactivated
	return l
}

// Deactivate lets nobody have it: it is not given, and a client that holds it
// may not renew. The state goes on as before.
func Deactivate(l Lease) Lease {
	l.Flags |= Deactivated
	return l
}

// Beneath is the lease as the store has it: what is offered is free there. Of
// a lease that nobody but memory knows it is false.
func (l Lease) Beneath() (Lease, bool) {
	if l.State == Offered {
		l.withdraw(l.StateStart)
		return l, l.Commit != 0
	}
	return l, true
}

// Deadline is the time at which Expire will change the lease.
func (l *Lease) Deadline() (int64, bool) {
	return deadline(l.State, l.Expiration, l.Role)
}

// Free says that it can be given to any client, by this server or its partner.
func (l *Lease) Free() bool { return free(l.State) }

func free(s State) bool { return s == Available || s == OtherAvailable }

// freeState is what a free address is to this server. A reserved one is for
// both servers to give, to its client.
func freeState(role Role, f Flags) State {
	if role == Alone || f&Reserved != 0 || (f&Backup != 0) == (role == Secondary) {
		return Available
	}
	return OtherAvailable
}

// Live says that a client holds it or has been offered it.
func (l *Lease) Live() bool { return live(l.State) }

func live(s State) bool { return s == Offered || s == Leased }

func deadline(s State, expiration int64, role Role) (int64, bool) {
	switch s {
	case Offered, Leased, Expired, Released, Unavailable:
		return expiration, expiration > 0 && expiration < Forever
	case PendingAvailable:
		return longAgo, role == Alone // there is nobody to agree any more
	}
	return 0, false
}

// longAgo is due at any time.
const longAgo = 1

// belongsTo says that the client is the one written in the lease and has a
// claim to it; one who declined it has none.
func (l *Lease) belongsTo(c *Client) bool {
	k := l.Client()
	return !k.IsZero() && l.State != Unavailable && k == c.Key()
}

// setClient writes the client into the lease. What the same client told
// before and leaves out now stays: a unicast renewal passes no relay, so it
// carries neither giaddr nor option 82, nor what was computed from them.
func (l *Lease) setClient(c *Client, same bool) {
	if !same {
		l.forget()
		l.Failover = Failover{Told: l.Failover.Told}
	}
	l.HW, l.ClientID, l.BOOTP = c.HW, c.ClientID, c.BOOTP
	l.ClientClass = c.ClientClass
	keep(&l.HostName, c.HostName)
	keep(&l.DomainName, c.DomainName)
	keep(&l.VendorClass, c.VendorClass)
	keep(&l.RelayInfo, c.RelayInfo)
	keep(&l.LimitationID, c.LimitationID)
	if c.Giaddr != 0 {
		l.Giaddr = c.Giaddr
	}
}

func keep(old *string, now string) {
	if now != "" {
		*old = now
	}
}

// own notes a change that the partner has not heard of.
func (l *Lease) own() {
	l.Flags &^= FailoverUpdated
	l.Failover.FromPartner = false
}

// heldBack notes the beginning of a grace period. The partner is not told: to
// it the lease goes on until the grace ends.
func (l *Lease) heldBack() {
	if l.Role == Alone {
		l.own()
	}
}

// end ends what the lease was: at once if the partner need not be asked, and
// else as soon as it agrees. Until then Expiration is what it was: if the
// partner is down, others wait for it.
func (l *Lease) end(now int64, how Ended) {
	if l.Role == Alone || !l.Failover.Told {
		l.setFree(now)
		return
	}
	l.State, l.StateStart = PendingAvailable, now
	l.Start = 0
	l.BOOTP = false
	l.Cause = ""
	l.own()
	l.Failover.Ended = how
}

// setFree makes it free, for the server that the flag Backup says. Its last client
// stays written in it and finds it again until somebody else takes it.
func (l *Lease) setFree(now int64) {
	l.withdraw(now)
	l.Flags &^= FailoverUpdated
	l.Failover = Failover{}
}

// withdraw takes an offer back: the lease is free as it was before. Nothing
// that the partner or the disk knows has changed.
func (l *Lease) withdraw(now int64) {
	l.State, l.StateStart = freeState(l.Role, l.Flags), now
	l.Start, l.Expiration = 0, 0
	l.BOOTP = false
	l.Cause = ""
}

// forget forgets the client.
func (l *Lease) forget() {
	*l = Lease{
		Key: l.Key, State: l.State, Flags: l.Flags,
		StateStart: l.StateStart, Expiration: l.Expiration,
		Cause: l.Cause, Failover: l.Failover, Role: l.Role, Commit: l.Commit,
	}
}

// derived are the flags that the configuration decides, not the lease's life:
// Table.Configure, Reserve and Unreserve set them on all leases they concern. A
// lease that somebody else holds when its address is reserved stays that
// client's until it ends.
const derived = Reserved | NotInRanges

// kept are the flags that only the record knows.
func (l *Lease) kept() Flags { return l.Flags &^ derived }

// blank says that the record says nothing: the address might as well never
// have been used.
func (l *Lease) blank() bool {
	b := Lease{Key: l.Key, State: l.State, Flags: l.Flags & derived, Role: l.Role}
	return l.Free() && *l == b
}

// after is now plus a duration in whole seconds, rounded up, short of Forever.
func after(now int64, d time.Duration) int64 {
	if d <= 0 {
		return now
	}
	return now + int64((d+time.Second-1)/time.Second)
}
