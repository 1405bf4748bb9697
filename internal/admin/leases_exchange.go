package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"connectrpc.com/connect"

	"leasehold/internal/engine"
	"leasehold/internal/lease"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// Bounds of what an import reports one by one.
const (
	maxRefused = 100
	maxRemarks = 20
)

// ImportLeases hands the leases of a lease file to the running server, which
// must be in import-mode. Nothing is done before all of them have come: a
// sender that goes away in the middle has changed nothing.
func (s *Service) ImportLeases(ctx context.Context, stream *connect.ClientStream[adminv1.ImportLeasesRequest]) (*connect.Response[adminv1.ImportLeasesResponse], error) {
	who := sessionFrom(ctx)
	err := s.mayEdit(who, objects.Lease)
	if err == nil {
		err = s.importing()
	}
	if err != nil {
		return nil, rpc.Refusal(err)
	}
	held, e := newSpool()
	if e != nil {
		return nil, rpc.Refusal(objects.AsError(e))
	}
	defer held.Close()
	complete := false
	for stream.Receive() {
		if e := held.add(stream.Msg()); e != nil {
			return nil, rpc.Refusal(objects.AsError(e))
		}
		complete = complete || stream.Msg().Complete
	}
	if err := stream.Err(); err != nil {
		return nil, fmt.Errorf("receive leases: %w", err)
	}
	if !complete {
		return nil, rpc.Refusal(objects.Errorf(objects.ImportFailure, "the leases did not come to their end; nothing was imported"))
	}
	in := &intake{service: s, answer: &adminv1.ImportLeasesResponse{}, remarks: map[string]int{}}
	if e := held.each(in.take); e != nil {
		err = objects.AsError(e)
	}
	answer := in.done()
	s.log.Log(msgControl, who.who(), who.source, "import leases", fmt.Sprintf("%d imported, %d refused", answer.Imported, answer.RefusedCount))
	if err != nil {
		answer.Status = rpc.Status(objects.Errorf(objects.ImportFailure, "%s; %d leases had been imported", err.Msg, answer.Imported))
	}
	return connect.NewResponse(answer), nil
}

// importing refuses unless the running configuration is in import-mode.
func (s *Service) importing() *objects.Error {
	if running := s.runtime.Config(); running != nil && objects.DhcpImportMode.Of(running.Dhcp()) {
		return nil
	}
	return objects.Errorf(objects.ImportFailure, "the server is not in import-mode: 'dhcp enable import-mode', then 'dhcp reload'")
}

// intake counts what became of leases.
type intake struct {
	service *Service
	answer  *adminv1.ImportLeasesResponse
	remarks map[string]int // how many leases each is about
}

// take imports the leases of one message.
func (n *intake) take(m *adminv1.ImportLeasesRequest) error {
	batch := make([]engine.ImportedLease, 0, len(m.Leases))
	at := make([]*adminv1.ImportedLease, 0, len(m.Leases))
	for _, l := range m.Leases {
		in, err := importedLease(l)
		if err != nil {
			n.result(l, err)
			continue
		}
		batch, at = append(batch, in), append(at, l)
	}
	for i, e := range n.service.runtime.ImportLeases(batch) {
		n.result(at[i], e)
	}
	return nil
}

func (n *intake) result(l *adminv1.ImportedLease, e *objects.Error) {
	if e == nil || !e.Code.Failed() {
		n.answer.Imported++
		if e != nil && (n.remarks[e.Msg] > 0 || len(n.remarks) < maxRemarks) {
			n.remarks[e.Msg]++
		}
		return
	}
	n.answer.RefusedCount++
	if len(n.answer.Refused) < maxRefused {
		n.answer.Refused = append(n.answer.Refused, fmt.Sprintf("line %d: %s: %s", l.Line, l.Address, e.Msg))
	}
}

func (n *intake) done() *adminv1.ImportLeasesResponse {
	for text, count := range n.remarks {
		n.answer.Remarks = append(n.answer.Remarks, fmt.Sprintf("%d imported: %s", count, text))
	}
	slices.Sort(n.answer.Remarks)
	n.answer.Status = rpc.Status(nil)
	if refused := n.answer.RefusedCount; refused > 0 {
		code := objects.OkWithWarnings
		if n.answer.Imported == 0 {
			code = objects.ImportFailure
		}
		n.answer.Status = &adminv1.Status{Code: int32(code), Message: fmt.Sprintf("imported %d, refused %d", n.answer.Imported, refused)}
	}
	return n.answer
}

func importedLease(l *adminv1.ImportedLease) (engine.ImportedLease, *objects.Error) {
	addr, err := objects.ParseIPv4(l.Address)
	if err != nil {
		return engine.ImportedLease{}, objects.Errorf(objects.Invalid, "the address %v", err)
	}
	in := engine.ImportedLease{
		VPN: l.Vpn, Address: addr, ClientID: l.ClientId, Status: engine.BindingStatus(l.BindingStatus),
		Start: l.Start, StateStart: l.StateStart, Expiration: endless(l.Expiration), LastTransaction: l.LastTransaction,
		HostName: l.HostName, DomainName: l.DomainName, VendorClass: string(l.VendorClass), RelayInfo: string(l.RelayInfo), BOOTP: l.Bootp,
		SentPE: endless(l.SentPotential), AckPE: endless(l.AcknowledgedPotential), RcvdPE: endless(l.ReceivedPotential),
	}
	if l.Htype > 255 || len(l.Hardware) > len(in.HW.Addr) {
		return in, objects.Errorf(objects.Invalid, "a hardware address has a type up to 255 and up to 16 octets")
	}
	if l.BindingStatus > 255 {
		return in, objects.Errorf(objects.Invalid, "there is no binding status %d", l.BindingStatus)
	}
	if max(len(l.ClientId), len(l.VendorClass), len(l.RelayInfo)) > 255 {
		return in, objects.Errorf(objects.Invalid, "a client-id, vendor class or relay information has up to 255 octets")
	}
	in.HW = lease.HardwareFrom(uint8(l.Htype), l.Hardware)
	return in, nil
}

// endless is a time as the lease table has it: -1 in messages is forever.
func endless(t int64) int64 {
	if t < 0 {
		return lease.Forever
	}
	return t
}

func ended(t int64) int64 {
	if t == lease.Forever {
		return -1
	}
	return t
}

// ExportLeases sends leases of the running server in the form of a lease file,
// page by page.
func (s *Service) ExportLeases(ctx context.Context, r *connect.Request[adminv1.ListLeasesRequest], stream *connect.ServerStream[adminv1.ExportLeasesResponse]) error {
	f, refusal := leaseFilter(r.Msg)
	if refusal != nil {
		return rpc.Refusal(refusal)
	}
	batch := &adminv1.ExportLeasesResponse{}
	flush := func() error {
		if len(batch.Leases) == 0 {
			return nil
		}
		err := stream.Send(batch)
		batch = &adminv1.ExportLeasesResponse{}
		return err
	}
	err := s.runtime.ExportLeases(ctx, f, func(l engine.ImportedLease) error {
		batch.Leases = append(batch.Leases, exportedLease(&l))
		if len(batch.Leases) < page {
			return nil
		}
		return flush()
	})
	if err != nil {
		return rpc.Refusal(objects.AsError(err))
	}
	return flush()
}

func exportedLease(l *engine.ImportedLease) *adminv1.ImportedLease {
	return &adminv1.ImportedLease{
		Htype: uint32(l.HW.Type), Hardware: l.HW.Addr[:l.HW.Len], Address: l.Address.String(), Vpn: l.VPN, ClientId: l.ClientID,
		BindingStatus: uint32(l.Status), Start: l.Start, StateStart: l.StateStart, Expiration: ended(l.Expiration), LastTransaction: l.LastTransaction,
		HostName: strings.ToValidUTF8(l.HostName, "?"), DomainName: strings.ToValidUTF8(l.DomainName, "?"),
		VendorClass: []byte(l.VendorClass), RelayInfo: []byte(l.RelayInfo), Bootp: l.BOOTP,
		SentPotential: ended(l.SentPE), AcknowledgedPotential: ended(l.AckPE), ReceivedPotential: ended(l.RcvdPE),
	}
}
