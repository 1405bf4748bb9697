package store

import (
	"encoding/binary"
	"math"

	"leasehold/internal/lease"
)

// An acknowledgement is packed as
//
//	uvarint vpn, 4 octets address, varint acknowledged time,
//	uvarint number of the batch that wrote the lease
//
// and changes the lease that this batch wrote, if it is still the last one. It is
// for whoever reads the journal; the lease table has the outcome only.

func packAck(b []byte, a *lease.Ack) []byte {
	b = binary.AppendUvarint(b, uint64(a.VPN))
	b = binary.BigEndian.AppendUint32(b, uint32(a.Addr))
	b = binary.AppendVarint(b, a.AckPE)
	return binary.AppendUvarint(b, a.Commit)
}

// unpackAck takes the first packed acknowledgement off b and returns what follows.
func unpackAck(b []byte) (a lease.Ack, tail []byte, err error) {
	vpn, n := binary.Uvarint(b)
	if n <= 0 || vpn > math.MaxUint32 || len(b) < n+4 {
		return a, nil, errRow
	}
	b = b[n:]
	a.Key = lease.Key{VPN: uint32(vpn), Addr: lease.Addr(binary.BigEndian.Uint32(b))}
	b = b[4:]
	if a.AckPE, n = binary.Varint(b); n <= 0 || a.AckPE == 0 {
		return a, nil, errRow
	}
	b = b[n:]
	if a.Commit, n = binary.Uvarint(b); n <= 0 {
		return a, nil, errRow
	}
	return a, b[n:], nil
}

// acknowledge changes a row as an acknowledgement of it says.
func (r *packedRow) acknowledge(a *lease.Ack) error {
	rest, err := withAckPE(r.rest, a.AckPE)
	if err != nil {
		return err
	}
	r.flags |= lease.FailoverUpdated
	r.rest = rest
	return nil
}

// withAckPE is a packed rest with another acknowledged time.
func withAckPE(rest []byte, pe int64) ([]byte, error) {
	at := 0
	for at < len(rest) && rest[at] < tagAckPE {
		n, err := fieldSize(rest[at:])
		if err != nil {
			return nil, err
		}
		at += n
	}
	b := make([]byte, 0, len(rest)+1+binary.MaxVarintLen64)
	b = appendInt(append(b, rest[:at]...), tagAckPE, pe)
	if at < len(rest) && rest[at] == tagAckPE {
		n, err := fieldSize(rest[at:])
		if err != nil {
			return nil, err
		}
		at += n
	}
	return append(b, rest[at:]...), nil
}

// fieldSize is the length of the first field of a rest, with its tag.
func fieldSize(b []byte) (int, error) {
	if tag := b[0]; tag >= tagHostName && tag <= tagCause {
		_, tail, ok := cutBytes(b[1:])
		if !ok {
			return 0, errRow
		}
		return len(b) - len(tail), nil
	}
	_, n := binary.Varint(b[1:])
	if n <= 0 {
		return 0, errRow
	}
	return 1 + n, nil
}
