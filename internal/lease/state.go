package lease

import "time"

// Offer gives the lease to a client for the offer-timeout.
func Offer(l Lease, c Client, now int64, timeout time.Duration) Lease { return l }

// Acknowledge makes it the client's until expiration (Forever for an infinite
// lease; a BOOTP client's never ends).
func Acknowledge(l Lease, c Client, now, expiration int64) Lease { return l }

// Release takes it back from its client, who finds it again during the
// release-grace-period.
func Release(l Lease, now int64, grace time.Duration) Lease { return l }

// MarkUnavailable puts it out of use for the unavailable-timeout: declined by
// its client, answered to a ping, used by another server.
func MarkUnavailable(l Lease, now int64, timeout time.Duration, cause string) Lease { return l }

// Expire moves on a lease whose Expiration has come; a lease in any other
// condition stays as it is.
func Expire(l Lease, now int64, grace time.Duration) Lease { return l }

// ForceAvailable makes it available whatever it is, and forgets its client.
func ForceAvailable(l Lease, now int64) Lease { return l }

// Activate lets it be given again after Deactivate.
func Activate(l Lease) Lease { return l }

// Deactivate lets nobody have it; a client that holds it cannot renew.
func Deactivate(l Lease) Lease { return l }

// Deadline is the time at which Expire will change the lease.
func (l *Lease) Deadline() (int64, bool) { return 0, false }

// Live says that a client holds it (leased, not yet over) or has been offered it.
func (l *Lease) Live() bool { return l.State == Offered || l.State == Leased }
