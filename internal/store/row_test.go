package store

import (
	"bytes"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"leasehold/internal/lease"
)

func TestPackedLeaseComesBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var p packer
	var packed []byte
	var want []lease.Lease
	for i := range 2000 {
		l := randomLease(r)
		l.Commit = uint64(i)
		want = append(want, l)
		packed = p.pack(packed, &l)
	}
	for i, w := range want {
		row, tail, err := unpack(packed)
		if err != nil {
			t.Fatalf("row %d %+v: %v", i, w, err)
		}
		packed = tail
		got, err := row.lease(uint64(i))
		if err != nil {
			t.Fatalf("row %d %+v: %v", i, w, err)
		}
		if got != w {
			t.Fatalf("row %d:\ngot  %+v\nwant %+v", i, got, w)
		}
	}
	if len(packed) != 0 {
		t.Errorf("%d octets left over", len(packed))
	}
}

func TestUnknownFieldIsAnError(t *testing.T) {
	row := packedRow{key: lease.Key{Addr: 10<<24 | 9}, state: lease.Leased, rest: []byte{lastTag + 1, 1, 'x'}}
	if _, err := row.lease(1); err == nil || !strings.Contains(err.Error(), "10.0.0.9: unknown field 17") {
		t.Errorf("got %v, want an error that names lease and field", err)
	}
	row = packedRow{key: lease.Key{Addr: 10<<24 | 9}, state: 9}
	if _, err := row.lease(1); err == nil || !strings.Contains(err.Error(), "10.0.0.9: unknown state 9") {
		t.Errorf("got %v, want an error that names lease and state", err)
	}
}

func TestDamagedColumnsAreAnError(t *testing.T) {
	good := func() []driver.Value {
		return []driver.Value{int64(0), int64(10 << 24), int64(3), int64(0), nil, []byte{1}, int64(-5), int64(1), nil}
	}
	if _, commit, err := columns(good()); err != nil || commit != 1 {
		t.Fatalf("a good row: commit %d, %v", commit, err)
	}
	for column, bad := range map[int]driver.Value{
		0: int64(1 << 40), 1: nil, 2: int64(256), 3: "three", 6: []byte{1}, 7: int64(-1),
	} {
		row := good()
		row[column] = bad
		if _, _, err := columns(row); !errors.Is(kindOf(err), ErrCorrupt) {
			t.Errorf("column %d is %v: got %v, want a corrupt file", column, bad, err)
		}
	}
}

// FuzzUnpack feeds any octets as a journal row: no panic, and what is accepted
// means the same when it is packed and read again.
func FuzzUnpack(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	var p packer
	for range 20 {
		var b []byte
		for range 1 + r.IntN(3) {
			l := randomLease(r)
			b = p.pack(b, &l)
		}
		f.Add(append([]byte{journalRows}, b...))
		f.Add(append([]byte{journalRows}, b[:len(b)-1]...))
		acks := packAck(nil, &lease.Ack{Key: lease.Key{Addr: lease.Addr(r.Uint32())}, AckPE: 1_800_000_000, Commit: 7})
		f.Add(append(append([]byte{journalAcks, byte(len(acks))}, acks...), b...))
		f.Add(append([]byte{journalAcks, byte(len(acks) + 1)}, acks...))
	}
	f.Add([]byte{journalFiller, 0, 0})
	f.Fuzz(func(t *testing.T, chunk []byte) {
		var o overlay
		if err := o.add(1, 7, chunk); err != nil {
			return
		}
		o.sort()
		for refs := o.refs; len(refs) > 0; {
			e, rest, err := o.take(refs)
			refs = rest
			if err != nil {
				continue
			}
			if e.ack != nil {
				if a, tail, err := unpackAck(packAck(nil, e.ack)); err != nil || len(tail) > 0 || a != *e.ack {
					t.Fatalf("%+v came back as %+v with %d octets left, %v", *e.ack, a, len(tail), err)
				}
				continue
			}
			commit := e.commit
			l, err := e.row.lease(commit)
			if err != nil {
				continue
			}
			var p packer
			packed := p.pack(nil, &l)
			again, tail, err := unpack(packed)
			if err != nil || len(tail) != 0 {
				t.Fatalf("%+v packs to %x, which reads as %v with %d octets left", l, packed, err, len(tail))
			}
			if m, err := again.lease(commit); err != nil || m != l {
				t.Fatalf("%+v came back as %+v, %v", l, m, err)
			}
			if twice := p.pack(nil, &l); !bytes.Equal(twice, packed) {
				t.Fatalf("%+v packs to %x and to %x", l, packed, twice)
			}
		}
	})
}
