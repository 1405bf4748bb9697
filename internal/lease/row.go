package lease

import (
	"encoding/binary"
	"hash/maphash"
)

// row is a lease as the table keeps it: 128 bytes without a Go pointer, so
// that the garbage collector never looks inside. Texts that are the client's
// own lie together in the arena under blob, shared ones are numbers of names.
type row struct {
	addr   Addr
	vpn    uint32
	scope  uint32
	giaddr Addr

	expiration      int64
	stateStart      int64
	start           int64
	lastTransaction int64
	commit          uint64

	blob        uint32 // client-id, host name, relay info, failover times
	domain      uint32
	clientClass uint32
	vendorClass uint32
	limitation  uint32 // of limits
	cause       uint32

	byClient   link
	clientHash uint32 // 0: not in the client index
	byHardware link
	place      uint32 // in the scope's queue of deadlines, or of idle addresses

	hw     [16]byte
	hwType uint8
	hwLen  uint8
	state  State
	flags  Flags
	bootp  bool
	// Of Failover: the role is derived, the times stand in the blob.
	role     Role
	failover failoverBits
}

func (r *row) key() Key { return Key{r.vpn, r.addr} }

// rows stores leases and the texts they refer to.
type rows struct {
	seed    maphash.Seed
	all     vec[row]
	unused  []uint32
	texts   arena
	names   names
	limits  *limits
	scratch []byte
}

func newRows() rows {
	seed := maphash.MakeSeed()
	r := rows{seed: seed, limits: newLimits(seed)}
	r.all.push(row{}) // number 0 is no row
	return r
}

func (rs *rows) at(i uint32) *row { return rs.all.at(i) }

func (rs *rows) count() int { return int(rs.all.n) - 1 - len(rs.unused) }

// add makes an empty row.
func (rs *rows) add(k Key) uint32 {
	r := row{addr: k.Addr, vpn: k.VPN, place: nowhere}
	if n := len(rs.unused); n > 0 {
		i := rs.unused[n-1]
		rs.unused = rs.unused[:n-1]
		*rs.at(i) = r
		return i
	}
	return rs.all.push(r)
}

// free gives the row and its texts back.
func (rs *rows) free(i uint32) {
	r := rs.at(i)
	rs.write(r, &Lease{})
	*r = row{place: nowhere}
	rs.unused = append(rs.unused, i)
}

// read is the row as a lease.
func (rs *rows) read(r *row) Lease {
	l := Lease{
		Key: r.key(), State: r.state, Flags: r.flags,
		HW:          HW{Type: r.hwType, Len: r.hwLen, Addr: r.hw},
		DomainName:  rs.names.text(r.domain),
		ClientClass: rs.names.text(r.clientClass),
		VendorClass: rs.names.text(r.vendorClass),
		Giaddr:      r.giaddr, BOOTP: r.bootp,
		StateStart: r.stateStart, Start: r.start, Expiration: r.expiration,
		LastTransaction: r.lastTransaction,
		Cause:           rs.names.text(r.cause), Commit: r.commit,
		Role: r.role,
	}
	l.LimitationID = rs.limits.text(r.limitation)
	if r.blob != 0 {
		id, host, relay := rs.split(r.blob)
		if n := id + host + relay; n > 0 {
			all := string(rs.whole(r.blob, n))
			l.ClientID, l.HostName, l.RelayInfo = all[:id], all[id:id+host], all[id+host:]
		}
	}
	if r.failover != 0 {
		l.Failover = rs.readFailover(r)
	}
	return l
}

// write makes the row say what the lease says, but for the flags that the
// configuration derives and everything that belongs to the indexes.
func (rs *rows) write(r *row, l *Lease) {
	r.giaddr = l.Giaddr
	r.expiration, r.stateStart, r.start = l.Expiration, l.StateStart, l.Start
	r.lastTransaction, r.commit = l.LastTransaction, l.Commit
	r.hw, r.hwType, r.hwLen = l.HW.Addr, l.HW.Type, min(l.HW.Len, 16)
	r.state, r.bootp = l.State, l.BOOTP
	r.flags = r.flags&derived | l.Flags&^derived
	was := r.failover
	r.failover = bitsOf(&l.Failover)
	rs.names.replace(&r.domain, l.DomainName)
	rs.names.replace(&r.clientClass, l.ClientClass)
	rs.names.replace(&r.vendorClass, l.VendorClass)
	rs.names.replace(&r.cause, l.Cause)
	rs.limits.replace(&r.limitation, l.LimitationID)
	rs.writeBlob(r, was, l)
}

// A blob is three lengths as varints, the texts, and those of the failover
// times that are not 0, as the row's bits say.

func (rs *rows) split(blob uint32) (id, host, relay int) {
	b := rs.block(blob)
	x, n := binary.Uvarint(b)
	y, m := binary.Uvarint(b[n:])
	z, _ := binary.Uvarint(b[n+m:])
	return int(x), int(y), int(z)
}

// block is the blob's bytes and perhaps more behind them.
func (rs *rows) block(blob uint32) []byte {
	if blob&bigBlock != 0 {
		return []byte(rs.texts.big[blob&^bigBlock])
	}
	return rs.texts.from(blob)
}

// whole is the texts of a blob, n bytes together.
func (rs *rows) whole(blob uint32, n int) []byte {
	b := rs.block(blob)
	h := header(b)
	return b[h : h+n]
}

func header(b []byte) int {
	n := 0
	for range 3 {
		for b[n] >= 0x80 {
			n++
		}
		n++
	}
	return n
}

// writeBlob replaces the row's blob, which was written with other bits.
func (rs *rows) writeBlob(r *row, was failoverBits, l *Lease) {
	b := rs.scratch[:0]
	if l.ClientID != "" || l.HostName != "" || l.RelayInfo != "" || r.failover.times() {
		b = binary.AppendUvarint(b, uint64(len(l.ClientID)))
		b = binary.AppendUvarint(b, uint64(len(l.HostName)))
		b = binary.AppendUvarint(b, uint64(len(l.RelayInfo)))
		b = append(b, l.ClientID...)
		b = append(b, l.HostName...)
		b = append(b, l.RelayInfo...)
		b = appendTimes(b, l.Expiration, &l.Failover)
	}
	rs.scratch = b
	if r.blob != 0 {
		id, host, relay := rs.split(r.blob)
		old := rs.block(r.blob)
		n := header(old) + id + host + relay
		old = old[:n+sizeOfTimes(old[n:], was)]
		if string(old) == string(b) {
			return
		}
		rs.texts.drop(r.blob, len(old))
	}
	r.blob = rs.texts.put(b)
}

// clientID is the client-id without making a string of it.
func (rs *rows) clientID(r *row) []byte {
	if r.blob == 0 {
		return nil
	}
	n, _, _ := rs.split(r.blob)
	return rs.whole(r.blob, n)
}

// client is who the row's lease belongs or last belonged to.
func (rs *rows) client(r *row) ClientKey {
	return KeyOf(string(rs.clientID(r)), HW{Type: r.hwType, Len: r.hwLen, Addr: r.hw})
}

// is says that the row's client is this one.
func (rs *rows) is(r *row, who *ClientKey) bool {
	id := rs.clientID(r)
	if who.ID != "" || len(id) > 0 {
		return string(id) == who.ID
	}
	return r.hwType == who.HW.Type && r.hwLen == who.HW.Len && r.hw == who.HW.Addr
}

// hash of a client; never 0, which stands for not indexed.
func (rs *rows) clientHash(vpn uint32, who *ClientKey) uint32 {
	if who.ID == "" {
		return rs.hardwareHash(vpn, who.HW.Type, who.HW.Len, &who.HW.Addr)
	}
	return fold(maphash.String(rs.seed, who.ID), vpn)
}

func (rs *rows) hardwareHash(vpn uint32, htype, hlen uint8, addr *[16]byte) uint32 {
	return fold(maphash.Bytes(rs.seed, addr[:hlen]), vpn<<8^uint32(htype))
}

func fold(h uint64, vpn uint32) uint32 {
	h ^= uint64(vpn) * 0x9e3779b97f4a7c15
	return uint32(h^h>>32) | 1<<31
}

// byClient and byHardware make the rows the entries of the two indexes.
type (
	byClient   struct{ *rows }
	byHardware struct{ *rows }
)

func (x byClient) link(i uint32) *link   { return &x.at(i).byClient }
func (x byClient) hash(i uint32) uint32  { return x.at(i).clientHash }
func (x byHardware) link(i uint32) *link { return &x.at(i).byHardware }
func (x byHardware) hash(i uint32) uint32 {
	r := x.at(i)
	return x.hardwareHash(r.vpn, r.hwType, r.hwLen, &r.hw)
}
