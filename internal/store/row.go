package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"leasehold/internal/lease"
)

// A lease is packed as its key, the columns of the lease table that people
// look for, and the rest: fields that are mostly empty, each with a tag. The
// journal holds packed rows one behind the other; the lease table holds the
// columns apart and the rest as it is packed.
//
//	uvarint vpn, 4 octets address, state, flags,
//	uvarint length, hw (type, octets; none if unset)
//	uvarint length, client-id
//	varint expiration
//	uvarint length, rest

// The tags of the rest, in the order in which they are packed. A tag is never
// given a second meaning; an unknown one is an error, not a lost field.
const (
	tagStateStart = iota + 1
	tagStart
	tagLastTransaction
	tagGiaddr
	tagBOOTP
	tagHostName
	tagDomainName
	tagClientClass
	tagVendorClass
	tagRelayInfo
	tagLimitationID
	tagCause
	tagSentPE
	tagAckPE
	tagRcvdPE
	tagFailover // told, from the partner, and from bit 2 on how it ended
)

const lastTag = tagFailover

// The bits of tagFailover.
const (
	bitTold = 1 << iota
	bitFromPartner
	endedShift = iota
)

// packedRow is a row taken apart but not copied: the slices are parts of the
// packed text.
type packedRow struct {
	key        lease.Key
	state      lease.State
	flags      lease.Flags
	hw         []byte
	clientID   []byte
	expiration int64
	rest       []byte
}

var errRow = errors.New("malformed lease row")

// packer packs leases; it keeps its scratch space between rows.
type packer struct{ scratch []byte }

// pack appends the packed lease to b.
func (p *packer) pack(b []byte, l *lease.Lease) []byte {
	b = binary.AppendUvarint(b, uint64(l.VPN))
	b = binary.BigEndian.AppendUint32(b, uint32(l.Addr))
	b = append(b, byte(l.State), byte(l.Flags))
	if l.HW == (lease.HW{}) {
		b = append(b, 0)
	} else {
		n := min(l.HW.Len, uint8(len(l.HW.Addr)))
		b = append(b, n+1, l.HW.Type)
		b = append(b, l.HW.Addr[:n]...)
	}
	b = appendString(b, l.ClientID)
	b = binary.AppendVarint(b, l.Expiration)
	p.scratch = packRest(p.scratch[:0], l)
	b = binary.AppendUvarint(b, uint64(len(p.scratch)))
	return append(b, p.scratch...)
}

func packRest(b []byte, l *lease.Lease) []byte {
	b = appendInt(b, tagStateStart, l.StateStart)
	b = appendInt(b, tagStart, l.Start)
	b = appendInt(b, tagLastTransaction, l.LastTransaction)
	b = appendInt(b, tagGiaddr, int64(l.Giaddr))
	if l.BOOTP {
		b = appendInt(b, tagBOOTP, 1)
	}
	b = appendTagged(b, tagHostName, l.HostName)
	b = appendTagged(b, tagDomainName, l.DomainName)
	b = appendTagged(b, tagClientClass, l.ClientClass)
	b = appendTagged(b, tagVendorClass, l.VendorClass)
	b = appendTagged(b, tagRelayInfo, l.RelayInfo)
	b = appendTagged(b, tagLimitationID, l.LimitationID)
	b = appendTagged(b, tagCause, l.Cause)
	if l.Failover == (lease.Failover{}) {
		return b
	}
	b = appendInt(b, tagSentPE, l.Failover.SentPE)
	b = appendInt(b, tagAckPE, l.Failover.AckPE)
	b = appendInt(b, tagRcvdPE, l.Failover.RcvdPE)
	return appendInt(b, tagFailover, failoverBits(&l.Failover))
}

func failoverBits(f *lease.Failover) int64 {
	v := int64(f.Ended) << endedShift
	if f.Told {
		v |= bitTold
	}
	if f.FromPartner {
		v |= bitFromPartner
	}
	return v
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendInt(b []byte, tag byte, v int64) []byte {
	if v == 0 {
		return b
	}
	return binary.AppendVarint(append(b, tag), v)
}

func appendTagged(b []byte, tag byte, s string) []byte {
	if s == "" {
		return b
	}
	return appendString(append(b, tag), s)
}

// unpack takes the first packed row off b and returns what follows it.
func unpack(b []byte) (r packedRow, tail []byte, err error) {
	vpn, n := binary.Uvarint(b)
	if n <= 0 || vpn > math.MaxUint32 || len(b) < n+6 {
		return r, nil, errRow
	}
	b = b[n:]
	r.key = lease.Key{VPN: uint32(vpn), Addr: lease.Addr(binary.BigEndian.Uint32(b))}
	r.state, r.flags = lease.State(b[4]), lease.Flags(b[5])
	b = b[6:]
	var ok bool
	if r.hw, b, ok = cutBytes(b); !ok {
		return r, nil, errRow
	}
	if r.clientID, b, ok = cutBytes(b); !ok {
		return r, nil, errRow
	}
	if r.expiration, n = binary.Varint(b); n <= 0 {
		return r, nil, errRow
	}
	if r.rest, b, ok = cutBytes(b[n:]); !ok {
		return r, nil, errRow
	}
	return r, b, nil
}

// cutBytes takes a length and that many octets off b.
func cutBytes(b []byte) (part, tail []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, false
	}
	b = b[n:]
	return b[:size:size], b[size:], true
}

// lease makes the lease of the row; commit is the one that wrote it. Strings
// are copied, so the row's text may be reused.
func (r *packedRow) lease(commit uint64) (l lease.Lease, err error) {
	l.Key, l.State, l.Flags = r.key, r.state, r.flags
	l.Expiration, l.Commit = r.expiration, commit
	if r.state < lease.Available || r.state > lease.PendingAvailable {
		return l, fmt.Errorf("lease %v: unknown state %d", r.key.Addr, r.state)
	}
	if len(r.hw) > 0 {
		if len(r.hw) > len(l.HW.Addr)+1 {
			return l, fmt.Errorf("lease %v: hardware address of %d octets", r.key.Addr, len(r.hw)-1)
		}
		l.HW.Type = r.hw[0]
		l.HW.Len = uint8(copy(l.HW.Addr[:], r.hw[1:]))
	}
	l.ClientID = string(r.clientID)
	if err := unpackRest(r.rest, &l); err != nil {
		return l, fmt.Errorf("lease %v: %w", r.key.Addr, err)
	}
	return l, nil
}

// unpackRest sets the fields of a packed rest. Tags stand in rising order and
// no field is empty: each lease is packed in one way only.
func unpackRest(b []byte, l *lease.Lease) error {
	last := byte(0)
	for len(b) > 0 {
		tag := b[0]
		if tag <= last {
			return errRow
		}
		last = tag
		if tag > lastTag {
			return fmt.Errorf("unknown field %d", tag)
		}
		var ok bool
		if tag >= tagHostName && tag <= tagCause {
			var s []byte
			if s, b, ok = cutBytes(b[1:]); !ok || len(s) == 0 {
				return errRow
			}
			setText(l, tag, string(s))
			continue
		}
		v, n := binary.Varint(b[1:])
		if n <= 0 || v == 0 || !setNumber(l, tag, v) {
			return errRow
		}
		b = b[1+n:]
	}
	return nil
}

func setText(l *lease.Lease, tag byte, s string) {
	switch tag {
	case tagHostName:
		l.HostName = s
	case tagDomainName:
		l.DomainName = s
	case tagClientClass:
		l.ClientClass = s
	case tagVendorClass:
		l.VendorClass = s
	case tagRelayInfo:
		l.RelayInfo = s
	case tagLimitationID:
		l.LimitationID = s
	case tagCause:
		l.Cause = s
	}
}

func setNumber(l *lease.Lease, tag byte, v int64) bool {
	switch tag {
	case tagStateStart:
		l.StateStart = v
	case tagStart:
		l.Start = v
	case tagLastTransaction:
		l.LastTransaction = v
	case tagGiaddr:
		if v < 0 || v > math.MaxUint32 {
			return false
		}
		l.Giaddr = lease.Addr(v)
	case tagBOOTP:
		l.BOOTP = true
		return v == 1
	case tagSentPE:
		l.Failover.SentPE = v
	case tagAckPE:
		l.Failover.AckPE = v
	case tagRcvdPE:
		l.Failover.RcvdPE = v
	case tagFailover:
		l.Failover.Told = v&bitTold != 0
		l.Failover.FromPartner = v&bitFromPartner != 0
		l.Failover.Ended = lease.Ended(v >> endedShift)
		return v > 0 && v>>endedShift <= int64(lease.EndedReclaimed)
	}
	return true
}
