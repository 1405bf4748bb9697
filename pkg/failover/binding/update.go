package binding

import (
	"net/netip"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// Options of the client's request that go with a lease (draft-12 section
// 7.1.1, those that the record keeps).
const (
	optionHostName    = 12
	optionVendorClass = 60
	optionRelayInfo   = 82
)

// vendorGiaddr is the vendor option, between two of ours, for the relay agent's
// address: no option of the client's has it.
const vendorGiaddr = 1

// Update is the binding update that tells the partner of the lease (draft-12
// section 7.1.1; the options by status are table 2.1 of docs/failover.md).
func (a *Authority) Update(l *lease.Lease) wire.Binding {
	b := wire.Binding{Address: l.Addr.Netip(), Status: status(l), StateStart: wire.TimeOf(l.StateStart)}
	if l.Flags&lease.Reserved != 0 {
		b.Flags |= wire.FlagReserved
		if b.Status == wire.StatusFree && l.Free() && a.Role == lease.Primary && a.profile() != wire.Own {
			// A free reserved address is for both to give: its status is
			// FREE here and BACKUP there (section 5.13). Two of ours know
			// that, and keep the same status.
			b.Status = wire.StatusBackup
		}
	}
	if b.Status == wire.StatusAbandoned {
		return b
	}
	b.HW, b.ClientID = wire.HW(l.HW), l.ClientID
	b.LastTransaction = wire.TimeOf(l.LastTransaction)
	switch b.Status {
	case wire.StatusActive:
		if l.BOOTP {
			b.Flags |= wire.FlagBOOTP
		}
		b.StateStart = wire.TimeOf(begun(l))
		b.Expiration = wire.TimeOf(end(l))
		if l.State == lease.Released {
			// That the client gave it back is told after the grace. The partner may say
			// this again, and must not seem to have given the client a lease since.
			b.LastTransaction = wire.TimeOf(max(begun(l), l.LastTransaction-2*unsure))
		}
		// All that either server may go by is promised anew: a partner that
		// lost its disk would else know less than we count on.
		f := &l.Failover
		b.PotentialExpiration = wire.TimeOf(max(end(l), f.SentPE, f.AckPE, f.RcvdPE))
		b.RequestOptions, b.Vendor = requestOptions(l), a.relay(l)
	case wire.StatusReleased:
		b.RequestOptions, b.Vendor = requestOptions(l), a.relay(l)
	}
	return b
}

func (a *Authority) relay(l *lease.Lease) wire.VendorOptions {
	if l.Giaddr == 0 || a.profile() != wire.Own {
		return ""
	}
	as := l.Giaddr.Netip().As4()
	return wire.VendorOptions("").With(vendorGiaddr, string(as[:]))
}

// relayOf reads it; 0 is none.
func relayOf(b *wire.Binding) lease.Addr {
	if v, ok := b.Vendor.Get(vendorGiaddr); ok && len(v) == 4 {
		return lease.AddrFrom(netip.AddrFrom4([4]byte([]byte(v))))
	}
	return 0
}

// begun is when the client's lease began.
func begun(l *lease.Lease) int64 {
	if l.Start != 0 {
		return l.Start
	}
	return l.StateStart
}

func requestOptions(l *lease.Lease) wire.ClientOptions {
	var o wire.ClientOptions
	for _, x := range [...]struct {
		code  uint8
		value string
	}{{optionHostName, l.HostName}, {optionVendorClass, l.VendorClass}, {optionRelayInfo, l.RelayInfo}} {
		if x.value != "" {
			o = o.With(x.code, x.value)
		}
	}
	return o
}

// Announced is the lease as it must be on disk before Update of it is sent;
// the same lease if it may be sent at once. The partner's hearing that an
// address is not free means that it must be asked before it is free again, and
// its hearing that a lease ended means that it stands by no promise any more.
// A primary that says again that an address is the secondary's is to be answered
// again: it could cross with the secondary's giving it back.
func (a *Authority) Announced(l lease.Lease) lease.Lease {
	if l = a.doubted(l); a.unanswerable(&l) {
		return untold(a.free(l, l.StateStart, lease.Secondary))
	}
	switch l.State {
	case lease.Leased, lease.Expired, lease.Released, lease.Unavailable:
		l.Failover.Told = true
	case lease.PendingAvailable:
		f := &l.Failover
		f.SentPE, f.AckPE, f.RcvdPE = max(f.SentPE, f.AckPE, f.RcvdPE), 0, 0
	case lease.OtherAvailable:
		if a.Role == lease.Primary {
			l.Flags &^= lease.FailoverUpdated
		}
	}
	return l
}

// unanswerable tells whether the address was asked back of a partner that does
// not serve because it may have lost what it gave: it would agree, and its
// client has the address still. Such a partner is told that it has it. A server
// that is the secondary since gives it back: the partner waits before it has it.
func (a *Authority) unanswerable(l *lease.Lease) bool {
	return l.State == lease.PendingAvailable && l.Failover.Ended == lease.EndedReclaimed &&
		a.Role == lease.Primary && (a.PartnerState == wire.StateRecover || a.PartnerState == wire.StateRecoverWait)
}

// lapsed tells whether the partner may have been told that the pending lease
// ended. Without a promise of it there is no telling.
func lapsed(l *lease.Lease) bool { return l.Failover.AckPE == 0 && l.Failover.RcvdPE == 0 }
