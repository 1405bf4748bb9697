package failover

import (
	"encoding/binary"
	"fmt"

	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// Each of two servers of ours tells the other the number of the last batch that
// its lease database has on disk, whenever it tells or acknowledges leases. The
// partner remembers it, and says at the next connection which number it has heard
// of: a database that does not go so far is an older copy of itself, however
// little older. The number costs no write of its own: the partner writes it with
// its state, which changes when it is left alone.

// age is what is kept of it with a relationship's record.
type age struct {
	// Heard is the number that the partner told last.
	Heard uint64 `json:"heard,omitempty"`
	// Proven: in the last operation the partner agreed that the database was whole.
	// Where it did not, From is the lowest number that the database was opened with
	// since: what it has got beyond that, it may have got twice.
	Proven bool   `json:"proven,omitempty"`
	From   uint64 `json:"from,omitempty"`
}

const (
	ageVersion = 1

	ageHeard = 1 // of the receiver's database
	ageOwn   = 2
)

// ageMessage tells the partner a number.
func ageMessage(which byte, number uint64) wire.CONTACT {
	b := binary.BigEndian.AppendUint64([]byte{ageVersion, which}, number)
	return contact(wire.VendorOptions("").With(optionAge, string(b)))
}

// readAge takes a number that the partner tells.
func readAge(c wire.CONTACT) (which byte, number uint64, ok bool) {
	text, ok := c.Vendor.Get(optionAge)
	if !ok || len(text) != 10 || text[0] != ageVersion {
		return 0, 0, false
	}
	return text[1], binary.BigEndian.Uint64([]byte(text[2:])), true
}

// startAge goes on from what was kept. A database that is known to be not whole
// has nothing to prove.
// What this operation of the server has written is whole.
func (p *Pair) startAge(kept *record, lost bool) {
	opened, last := p.m.Records.Batches()
	if kept.here {
		opened = last
	}
	p.age = age{Heard: kept.Age.Heard, Proven: lost, From: opened}
	if !kept.Age.Proven {
		p.age.From = min(kept.Age.From, opened)
	}
}

// tellHeard begins a connection, before the state is told: the partner must not
// serve by it if its database is an older one.
func (p *Pair) tellHeard() {
	p.toldAge = 0
	if p.profile == wire.Own {
		p.conn.Contact(ageMessage(ageHeard, p.age.Heard))
	}
}

// tellAge tells how far the database has come, with what it has.
func (p *Pair) tellAge() {
	if p.conn == nil || p.profile != wire.Own || !p.age.Proven || p.saved.State == 0 {
		return
	}
	if _, last := p.m.Records.Batches(); last != p.toldAge {
		p.toldAge = last
		p.conn.Contact(ageMessage(ageOwn, last))
	}
}

// hearAge takes what the partner tells.
func (p *Pair) hearAge(c wire.CONTACT) {
	which, number, ok := readAge(c)
	if !ok || p.profile != wire.Own || p.unsaved != nil {
		return
	}
	switch which {
	case ageOwn:
		// A lower one is that of a server that knows what it lost. It is no
		// reason to send it away once more.
		lower := number < p.age.Heard
		p.age.Heard = number
		if lower && p.saved.State != 0 {
			p.saveAge()
		}
	case ageHeard:
		if !p.age.Proven {
			p.prove(number)
		}
		p.tellAge()
	}
}

// prove holds the database against what the partner has heard of it.
func (p *Pair) prove(heard uint64) {
	if heard > p.age.From {
		p.older(heard)
		return
	}
	p.age.Proven = true // before a number is told that is higher than From
	if p.saved.State != 0 {
		p.saveAge()
	}
}

func (p *Pair) saveAge() {
	if err := p.saveAs(p.saved, p.generation); err != nil {
		p.fail(err)
	}
}

// older begins anew as a server that has lost its leases.
func (p *Pair) older(heard uint64) {
	p.m.Log.Log(msgRestored, p.name, fmt.Sprintf("it was opened with batch %d, and the partner had leases of batch %d", p.age.From, heard))
	p.mu.Lock()
	p.restored = true
	p.mu.Unlock()
	p.age.Proven = true
	cfg := p.rel.Load().core
	cfg.Lost = true
	p.anew(cfg, core.Snapshot{}, "the lease database is older than it was")
}

// anew goes on with another machine, without the connection of the one before.
func (p *Pair) anew(cfg core.Config, snap core.Snapshot, why string) {
	p.publish(*silent(p.role))
	p.letAll()
	p.await.all(false)
	if p.conn != nil {
		p.conn.Hangup(wire.ReasonUnknown, why)
	}
	p.mu.Lock()
	p.begin(cfg, snap)
	next := p.machine.Status().Snapshot
	p.mu.Unlock()
	if cfg.Lost {
		if err := p.saveAs(next, p.generation+1); err != nil {
			p.fail(err)
			return
		}
	}
	p.carry()
}

// restoredText is the line for operators while the leases are not back; "" is
// none. mu is held.
func (p *Pair) restoredText() string {
	if !p.restored {
		return ""
	}
	return "the lease database was an older copy of itself: all leases are fetched from the partner, and nobody is served until it is safe"
}
