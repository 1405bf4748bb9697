package engine

import (
	"strings"

	"leasehold/internal/lease"
	"leasehold/internal/packet"
	"leasehold/pkg/objects"
)

// object shows a lease as an object of the runtime class lease.
func (s *Server) object(l lease.Lease) *objects.Object {
	p := s.plan.Load()
	vpnName := ""
	if v := p.vpns.byID[l.VPN]; v != nil {
		vpnName = v.name
	}
	o := objects.New(objects.Lease, objects.JoinVPN(vpnName, l.Addr.String()))
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
	return o
}

// showPlace shows what the configuration makes of the lease.
func (s *Server) showPlace(o *objects.Object, l *lease.Lease, set func(*objects.Attr, string)) {
	place, ok := s.table.Place(l.Key)
	flags := l.Flags
	if ok {
		set(objects.LeaseScopeName.Attr, place.Name)
		if place.Reserved {
			flags |= lease.Reserved
			set(objects.LeaseReservationKey.Attr, whoText(place.ReservedFor))
		}
	}
	set(objects.LeaseFlags.Attr, flagWords(flags))
	if l.State != lease.Leased || l.Expiration == lease.Forever {
		return
	}
	if sc := s.plan.Load().byID[place.Scope]; ok && sc != nil {
		c := s.plan.Load().chain(nil, s.plan.Load().classes[lower(l.ClientClass)], sc)
		if t1, _ := c.renewals(c.leaseTime); t1 > 0 {
			set(objects.LeaseRenewal.Attr, dateText(l.Expiration-(c.leaseTime-t1)))
		}
	}
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
