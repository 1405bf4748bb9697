package engine

import (
	"strings"

	"leasehold/internal/lease"
	"leasehold/internal/packet"
	"leasehold/pkg/objects"
)

// object shows a lease as an object of the runtime class lease.
func (s *Server) object(l lease.Lease) *objects.Object {
	o := objects.New(objects.Lease, s.leaseName(l.Key))
	set := func(a *objects.Attr, text string) {
		if text != "" {
			o.Attrs[a.Name] = text
		}
	}
	set(objects.LeaseAddress.Attr, l.Addr.String())
	set(objects.LeaseState.Attr, stateWord(l.State))
	if l.VPN != 0 {
		set(objects.LeaseVPN.Attr, itoa(int64(l.VPN)))
	}
	set(objects.LeaseClientID.Attr, objects.FormatBlob(l.ClientID))
	if l.HW.Len > 0 {
		set(objects.LeaseClientMAC.Attr, macText(l.HW))
	}
	set(objects.LeaseClientHostName.Attr, l.HostName)
	set(objects.LeaseClientDomain.Attr, l.DomainName)
	set(objects.LeaseClientClass.Attr, l.ClientClass)
	set(objects.LeaseVendorClassID.Attr, objects.FormatBlob(l.VendorClass))
	set(objects.LeaseLimitationID.Attr, objects.FormatBlob(l.LimitationID))
	set(objects.LeaseUnavailableCause.Attr, l.Cause)
	set(objects.LeaseExpiration.Attr, dateText(l.Expiration))
	set(objects.LeaseStart.Attr, dateText(l.Start))
	set(objects.LeaseStartOfState.Attr, dateText(l.StateStart))
	set(objects.LeaseLastTransaction.Attr, dateText(l.LastTransaction))
	if l.Giaddr != 0 {
		set(objects.LeaseGiaddr.Attr, l.Giaddr.String())
	}
	if l.RelayInfo != "" {
		set(objects.LeaseRelayOption.Attr, objects.FormatBlob(l.RelayInfo))
		for sub, a := range map[uint8]*objects.Attr{
			packet.RelayCircuitID: objects.LeaseCircuitID.Attr, packet.RelayRemoteID: objects.LeaseRemoteID.Attr,
		} {
			if v, ok := packet.SubOption([]byte(l.RelayInfo), sub); ok {
				set(a, objects.FormatBlob(v))
			}
		}
	}
	s.showPlace(o, &l, set)
	if s.pairOf(l.Key) != nil && (l.Commit != 0 || l.State == lease.Offered) {
		set(objects.LeaseDataSource.Attr, dataSource(&l))
	}
	return o
}

// dataSource tells which server the lease's last change came from, and that it
// was read from this one.
func dataSource(l *lease.Lease) string {
	origin := l.Role
	if l.Failover.FromPartner {
		origin = l.Role.Other()
	}
	word := map[lease.Role]string{lease.Primary: "main", lease.Secondary: "backup"}
	return word[origin] + "-" + word[l.Role]
}

// showPlace shows what the configuration makes of the lease.
func (s *Server) showPlace(o *objects.Object, l *lease.Lease, set func(*objects.Attr, string)) {
	place, ok := s.table.Place(l.Key)
	flags := l.Flags
	if ok {
		set(objects.LeaseScopeName.Attr, place.Name)
		if place.Reserved {
			flags |= lease.Reserved
			set(objects.LeaseReservationKey.Attr, s.reservationKey(l.Addr, &place))
		}
	}
	set(objects.LeaseFlags.Attr, flagWords(flags))
	if l.State != lease.Leased || l.Expiration == lease.Forever {
		return
	}
	var c *chain
	if p := s.plan.Load(); ok && p.byID[place.Scope] != nil {
		c = p.chain(nil, p.classes[lower(l.ClientClass)], p.byID[place.Scope])
	}
	set(objects.LeaseRenewal.Attr, dateText(renewalTime(l, c)))
}

// renewalTime is when the client was told to renew. A lease does not say how
// long it was granted for and when: if what its policy (nil if it has none)
// gives now, counted from its start or from the last packet, ends when the
// lease does, that was it. Else it is half of what was left at the last packet,
// the usual share.
func renewalTime(l *lease.Lease, c *chain) int64 {
	if c != nil && c.leaseTime != lease.Forever {
		t1, _ := c.renewals(c.leaseTime)
		kept := max(c.leaseTime, c.serverLeaseTime)
		for _, granted := range [...]int64{l.LastTransaction, l.Start} {
			if granted+kept == l.Expiration && granted+t1 >= l.LastTransaction {
				return granted + t1
			}
		}
	}
	return l.LastTransaction + max(0, l.Expiration-l.LastTransaction)/2
}

// reservationKey writes the lookup key of the reservation that keeps an address.
func (s *Server) reservationKey(a lease.Addr, place *lease.Place) string {
	if sc := s.plan.Load().byID[place.Scope]; sc != nil {
		if _, mac := sc.macKeys.Load(a); mac {
			return whoText("m" + place.ReservedFor[1:])
		}
	}
	return whoText(place.ReservedFor)
}

// whoText writes the lookup key of a reservation as an operator knows it.
func whoText(who string) string {
	kind, rest := who[:1], who[1:]
	if kind == "m" && rest != "" {
		return macText(lease.HardwareFrom(rest[0], []byte(rest[1:])))
	}
	if printable(rest) {
		return rest
	}
	return objects.FormatBlob(rest)
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

func stateWord(st lease.State) string {
	for _, w := range objects.LeaseState.Words {
		if w.Number == int(st) {
			return w.Name
		}
	}
	return itoa(int64(st))
}

// flagWords lists flags; those that say nothing to an operator are left out
// as the reference's listings do not show them set.
func flagWords(f lease.Flags) string {
	var words []string
	for _, w := range objects.LeaseFlags.Words {
		if f&(1<<(w.Number-1)) != 0 {
			words = append(words, w.Name)
		}
	}
	return strings.Join(words, ",")
}

func dateText(t int64) string {
	switch t {
	case 0:
		return ""
	case lease.Forever:
		return "forever"
	}
	return itoa(t)
}
