package lease

import "encoding/binary"

// failoverBits are the short fields of a Failover, and which of its times are
// not 0 and stand in the blob.
type failoverBits uint8

const (
	bitTold failoverBits = 1 << iota
	bitFromPartner
	bitSentPE
	bitAckPE
	bitRcvdPE
	endedShift = iota // Ended stands above
)

func bitsOf(f *Failover) failoverBits {
	b := failoverBits(f.Ended) << endedShift
	for _, x := range [...]struct {
		is  bool
		bit failoverBits
	}{{f.Told, bitTold}, {f.FromPartner, bitFromPartner}, {f.SentPE != 0, bitSentPE}, {f.AckPE != 0, bitAckPE}, {f.RcvdPE != 0, bitRcvdPE}} {
		if x.is {
			b |= x.bit
		}
	}
	return b
}

func (b failoverBits) times() bool { return b&(bitSentPE|bitAckPE|bitRcvdPE) != 0 }

func (b failoverBits) ended() Ended { return Ended(b >> endedShift) }

// appendTimes packs the times as what they are later than the expiration,
// which takes few octets.
func appendTimes(b []byte, expiration int64, f *Failover) []byte {
	for _, pe := range [...]int64{f.SentPE, f.AckPE, f.RcvdPE} {
		if pe != 0 {
			b = binary.AppendVarint(b, pe-expiration)
		}
	}
	return b
}

// sizeOfTimes is how many octets the times at the start of b take.
func sizeOfTimes(b []byte, has failoverBits) int {
	n := 0
	for _, bit := range [...]failoverBits{bitSentPE, bitAckPE, bitRcvdPE} {
		if has&bit != 0 {
			for b[n] >= 0x80 {
				n++
			}
			n++
		}
	}
	return n
}

func (rs *rows) readFailover(r *row) Failover {
	f := Failover{
		Told: r.failover&bitTold != 0, FromPartner: r.failover&bitFromPartner != 0,
		Ended: r.failover.ended(),
	}
	if !r.failover.times() {
		return f
	}
	b := rs.block(r.blob)
	id, host, relay := rs.split(r.blob)
	b = b[header(b)+id+host+relay:]
	for _, x := range [...]struct {
		pe  *int64
		bit failoverBits
	}{{&f.SentPE, bitSentPE}, {&f.AckPE, bitAckPE}, {&f.RcvdPE, bitRcvdPE}} {
		if r.failover&x.bit != 0 {
			v, n := binary.Varint(b)
			*x.pe = v + r.expiration
			b = b[n:]
		}
	}
	return f
}

// acknowledge changes AckPE, of what stands in the blob that alone.
func (rs *rows) acknowledge(r *row, pe int64) {
	f := rs.readFailover(r)
	if f.AckPE == pe {
		return
	}
	f.AckPE = pe
	var old []byte
	texts := 3 // the lengths of none
	b := append(rs.scratch[:0], 0, 0, 0)
	if r.blob != 0 {
		id, host, relay := rs.split(r.blob)
		old = rs.block(r.blob)
		texts = header(old) + id + host + relay
		old = old[:texts+sizeOfTimes(old[texts:], r.failover)]
		b = append(b[:0], old[:texts]...)
	}
	b = appendTimes(b, r.expiration, &f)
	rs.scratch = b
	r.failover = bitsOf(&f)
	switch {
	case len(old) == len(b) && r.blob&bigBlock == 0:
		copy(old[texts:], b[texts:])
	default:
		rs.texts.drop(r.blob, len(old))
		r.blob = rs.texts.put(b)
	}
}

// unacked says that the partner is to be told of the record as it stands.
func (r *row) unacked() bool {
	return r.role != Alone && r.flags&FailoverUpdated == 0 && (r.state != Offered || r.commit != 0)
}

// lastEnd is the latest time until which a client or the partner may take the
// lease to run.
func (rs *rows) lastEnd(r *row) int64 {
	f := rs.readFailover(r)
	return max(r.expiration, f.SentPE, f.AckPE, f.RcvdPE)
}
