package binding

import (
	"math"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// rule is what has to be looked at before an update is accepted. Where the
// draft leaves two servers that sent their updates at the same time with
// different records, or one with a client's lease ended by a word that was
// spoken in ignorance of it, the rule says more than the draft.
type rule uint8

const (
	accept rule = iota
	// ifNotConflict is (5): the client is the same, or the contest is won.
	ifNotConflict
	// ifLater is time(1).
	ifLater
	// ifLaterRelease is time(1), and nobody releases another client's lease.
	ifLaterRelease
	// ifLaterOrRuns is time(1), but a lease that still runs is accepted in
	// any case: its server would refuse that it expired by time(2), and
	// nothing would settle the matter while the client renews.
	ifLaterOrRuns
	// ifOver is time(2), and ifKnown.
	ifOver
	// ifKnown refuses the end of a lease that the partner had not heard all
	// of: it may be on its way there, be accepted and renewed. The draft
	// accepts any reset: also one that comes again after its acknowledgement
	// was lost, and the address was given to another client.
	ifKnown
	// ifLaterAbandoned refuses an abandoned address whose client was here
	// since.
	ifLaterAbandoned
	// ifLaterThanAbandoned is (4), but for that client's lease and its end.
	ifLaterThanAbandoned
	// ifLaterState is for a reset and an abandoned address: where they cross,
	// one of them must win on both sides.
	ifLaterState
	// never is (4).
	never
)

// acceptance is figure 7.1.3-1 of draft-12: what a server whose lease has the
// status of the row does with an update that has the status of the column. That
// a released lease expired, which the draft holds to time(1), is accepted: until
// the partner agrees to our own word, no end of it that it tells has any effect.
// So is any lease after a reset, which is held to time(3): one that is over ends
// once more.
var acceptance = [math.MaxUint8 + 1]struct {
	active, expired, released, free, backup, reset, abandoned rule
}{
	wire.StatusActive:    {ifNotConflict, ifOver, ifLaterRelease, ifOver, ifOver, ifKnown, ifLaterAbandoned},
	wire.StatusExpired:   {ifLaterOrRuns, accept, accept, accept, accept, accept, ifLaterAbandoned},
	wire.StatusReleased:  {ifLater, accept, accept, accept, accept, accept, ifLaterAbandoned},
	wire.StatusFree:      {accept, accept, accept, accept, accept, accept, accept},
	wire.StatusBackup:    {accept, accept, accept, accept, accept, accept, accept},
	wire.StatusReset:     {accept, accept, accept, accept, accept, accept, ifLaterState},
	wire.StatusAbandoned: {ifLaterThanAbandoned, ifLaterThanAbandoned, ifLaterThanAbandoned, never, never, ifLaterState, accept},
}

// ruleFor looks up the figure.
func ruleFor(mine, received wire.BindingStatus) rule {
	row := acceptance[mine]
	switch received {
	case wire.StatusActive:
		return row.active
	case wire.StatusExpired:
		return row.expired
	case wire.StatusReleased:
		return row.released
	case wire.StatusFree:
		return row.free
	case wire.StatusBackup:
		return row.backup
	case wire.StatusReset:
		return row.reset
	}
	return row.abandoned
}

// Accept holds a binding update of the partner, with its times corrected,
// against our lease at now (draft-12 section 7.1.3): the lease as it must be
// written before it is acknowledged, or the reason for which it is refused and
// a text. It never gives the partner anything to be told: what is accepted is
// known to it, unless this server's own word still is to be sent.
//
// With a refusal, the lease comes back as one that the partner has to be told
// of where its update shows that it does not know it. To write that is good
// but not urgent: the next UPDREQ or reconnection then mends the difference.
func (a *Authority) Accept(l lease.Lease, b *wire.Binding, now int64) (lease.Lease, wire.Reason, string) {
	if err := b.Check(); err != nil {
		return l, err.Reason, err.Option.String() + " " + err.Problem
	}
	reserved := l.Flags&lease.Reserved != 0
	if b.Status == wire.StatusBackup && b.Flags&wire.FlagReserved != 0 && !reserved {
		return l, wire.ReasonNotReserved, "not reserved on this server"
	}
	l.Role = a.Role
	if a.forgot(&l, b, now) {
		return a.perhaps(l, b, now), wire.ReasonOutdated, "the lease may have been extended by a server that lost it"
	}
	if reason, text := a.judge(&l, b, now); reason != 0 {
		if !isFree(&l) {
			l.Flags &^= lease.FailoverUpdated
		}
		return l, reason, text
	}
	switch b.Status {
	case wire.StatusActive:
		l = a.takeActive(l, b, now)
	case wire.StatusAbandoned:
		l = a.takeAbandoned(l, b, now)
	default:
		l = a.takeFree(l, b, now)
	}
	return l, 0, ""
}

// givenAway tells whether the free address is on its way to the secondary. Once
// it has given an address away, a primary keeps to that until it has the answer:
// the secondary may give it to a client at any moment.
func (a *Authority) givenAway(l *lease.Lease) bool {
	return a.Role == lease.Primary && l.Free() && l.Flags&(lease.Backup|lease.FailoverUpdated|lease.Reserved) == lease.Backup
}

// judge looks up what is to be done with the update; reason 0 accepts.
func (a *Authority) judge(l *lease.Lease, b *wire.Binding, now int64) (wire.Reason, string) {
	if b.Status == wire.StatusFree && a.givenAway(l) {
		return wire.ReasonLessCritical, "the address is on its way to you"
	}
	if b.Status == wire.StatusBackup && a.Role == lease.Secondary && l.State == lease.PendingAvailable {
		// The primary gave it before it heard of the lease, which makes it
		// the primary's again, or before its answer to that came.
		return wire.ReasonLessCritical, "you have yet to agree that the lease ended"
	}
	same, isKnown := a.sameClient(l, b), l.Flags&lease.FailoverUpdated != 0
	runs := b.Status == wire.StatusActive && b.Expiration.Unix() > now
	notEarlier := b.LastTransaction != 0 && b.LastTransaction.Unix() >= l.LastTransaction
	ok, why := true, "the client was here since"
	switch ruleFor(status(l), b.Status) {
	case ifNotConflict:
		if !same {
			return a.contest(l, b, now)
		}
	case ifLater:
		ok = notEarlier || perhapsLater(l, b) || a.forgetful(l, b, same)
	case ifLaterRelease:
		// Of a lease that it has heard of, the partner knows which was first.
		ok = same && later(l, b.LastTransaction) && (isKnown || b.LastTransaction.Unix() > l.LastTransaction+unsure)
	case ifLaterOrRuns:
		ok = runs || b.LastTransaction.Unix() > l.LastTransaction || a.forgetful(l, b, same)
	case ifOver:
		if a.State == wire.StateRecover && !a.Whole && (b.Status == wire.StatusFree || b.Status == wire.StatusBackup) &&
			max(b.LastTransaction, b.StateStart).Unix() > l.LastTransaction {
			break // ours is from a backup; since then both agreed that it ended
		}
		if end(l) > now {
			return wire.ReasonOutdated, "the lease still runs here"
		}
		if until, doubtful := a.doubt(l); doubtful && until > now {
			return wire.ReasonOutdated, "the lease may have been extended by a server that lost it"
		}
		ok, why = isKnown, "you had not heard all of the lease"
	case ifKnown:
		ok, why = isKnown, "you had not heard all of the lease"
	case ifLaterAbandoned:
		over := l.State == lease.PendingAvailable && b.StateStart.Unix() == l.LastTransaction
		ok = b.StateStart == 0 || later(l, b.StateStart) || over
	case ifLaterState:
		ok = b.StateStart == 0 || a.prevails(l, b.StateStart, l.StateStart)
		why = "what befell the address here was later"
	case ifLaterThanAbandoned:
		if a.State == wire.StateRecover && a.Forgotten != 0 && l.StateStart >= a.Forgotten && runs {
			break // it is out of use by what a backup knew; since then it was given
		}
		// Within the same second only what promises more than we know of.
		f := &l.Failover
		t, more := b.LastTransaction.Unix(), promise(b) > max(f.SentPE, f.AckPE, f.RcvdPE)
		if t < l.StateStart || t == l.StateStart && !more || t == 0 {
			return wire.ReasonLessCritical, "the address is abandoned here"
		}
	case never:
		return wire.ReasonLessCritical, "the address is abandoned here"
	}
	if !ok {
		return wire.ReasonOutdated, why
	}
	return 0, ""
}

// contest decides between two clients that each have the address for one of the
// servers. The draft has the primary keep its client, the secondary give way.
// That is for leases that run: one that is over ends none (it came late from a
// server that was down, and the other has given the address to somebody else
// since). Of two that are over neither server takes the other's: they end.
func (a *Authority) contest(l *lease.Lease, b *wire.Binding, now int64) (wire.Reason, string) {
	over, theirsOver := end(l) <= now, b.Expiration.Unix() <= now
	refusal := wire.ReasonOutdated
	if a.Role == lease.Primary {
		refusal = wire.ReasonFatalConflict
	}
	switch {
	case a.State == wire.StateRecover && later(l, b.LastTransaction):
		// What we have may be from a backup; the partner served since.
	case theirsOver:
		return refusal, "another client has the address, and yours is over"
	case !over && a.Role == lease.Primary:
		return refusal, "another client has the address"
	}
	return 0, ""
}

// unsure is how many seconds two servers' clocks may be apart that are taken to
// go alike: what happened within them at both may have happened in either order.
const unsure = 7

// perhapsLater tells whether the client may have got the lease of the update
// after it released ours. To free it too late does no harm.
func perhapsLater(l *lease.Lease, b *wire.Binding) bool {
	return b.Status == wire.StatusActive && b.LastTransaction != 0 && b.LastTransaction.Unix()+unsure >= l.LastTransaction
}

// later tells whether something happened after our client's last transaction.
// Within one second a lease goes before its end: to free it too late does no
// harm. But what the partner itself told us was before what it tells now, and by
// our clock its times come out a little different each time.
func later(l *lease.Lease, theirs wire.Time) bool {
	t := theirs.Unix()
	return t > l.LastTransaction || t != 0 && t+unsure >= l.LastTransaction && theirWord(l)
}

// theirWord tells whether the lease is as the partner told it, with nothing of
// ours that may be on its way there.
func theirWord(l *lease.Lease) bool {
	return l.Failover.FromPartner && l.Flags&lease.FailoverUpdated != 0
}

// prevails tells whether, of two words that neither server knew of when it
// spoke, the partner's is to stand: the later, and of the same second that of
// the primary. No time is not later than any.
func (a *Authority) prevails(l *lease.Lease, theirs wire.Time, ours int64) bool {
	t := theirs.Unix()
	return t > ours || t == ours && t != 0 && (a.Role == lease.Secondary || theirWord(l))
}

// forgetful tells whether the update is a dhcpd's, of a lease that it learned
// from us and keeps without a client-last-transaction-time: there is no saying
// how old it is. The lease then ends once more.
func (a *Authority) forgetful(l *lease.Lease, b *wire.Binding, same bool) bool {
	return same && b.Status == wire.StatusActive && a.profile() == wire.ISC &&
		b.LastTransaction == 0 && b.PotentialExpiration == 0
}

// sameClient tells whether the update is about the client of our lease.
func (a *Authority) sameClient(l *lease.Lease, b *wire.Binding) bool {
	who := lease.KeyOf(b.ClientID, lease.HW(b.HW))
	return !who.IsZero() && who == l.Client()
}
