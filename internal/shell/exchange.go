package shell

import (
	"net/netip"
	"strings"

	"leasehold/internal/leasefile"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/rpc/adminv1"
)

// This file turns leases of lease files into messages and back.

// leaseForms are the kinds of lease files by the words of import and export.
var leaseForms = map[string]leasefile.Form{"-isc": leasefile.ISC, "-kea": leasefile.Kea}

// leaseForm tells whether a word asks for a kind of lease file.
func leaseForm(word string) (leasefile.Form, bool) {
	form, ok := leaseForms[strings.ToLower(word)]
	return form, ok
}

func imported(r *leasefile.Record) *adminv1.ImportedLease {
	return &adminv1.ImportedLease{
		Line: uint32(r.Line), Htype: uint32(r.HType), Hardware: r.Hardware, Address: r.Address.String(),
		Start: r.Start, StateStart: r.StateStart, Expiration: r.Expiration, LastTransaction: r.LastTransaction,
		HostName: r.Host, DomainName: r.Domain, Vpn: r.VPN, ClientId: r.ClientID,
		BindingStatus: uint32(r.Status), RelayInfo: r.RelayInfo, VendorClass: r.VendorClass, Bootp: r.BOOTP,
		SentPotential: r.SentPE, AcknowledgedPotential: r.AckPE, ReceivedPotential: r.RcvdPE,
	}
}

func exported(l *adminv1.ImportedLease) *leasefile.Record {
	r := &leasefile.Record{
		HType: int(l.Htype), Hardware: l.Hardware,
		Start: l.Start, StateStart: l.StateStart, Expiration: l.Expiration, LastTransaction: l.LastTransaction,
		Host: l.HostName, Domain: l.DomainName, VPN: l.Vpn, ClientID: l.ClientId,
		Status: wire.BindingStatus(l.BindingStatus), RelayInfo: l.RelayInfo, VendorClass: l.VendorClass, BOOTP: l.Bootp,
		SentPE: l.SentPotential, AckPE: l.AcknowledgedPotential, RcvdPE: l.ReceivedPotential,
	}
	r.Address, _ = netip.ParseAddr(l.Address)
	return r
}
