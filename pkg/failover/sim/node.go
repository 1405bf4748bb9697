package sim

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
)

// node is a server: a machine with a clock and a disk, on which a process runs
// or does not.
type node struct {
	w     *World
	index int
	name  string
	dhcpd bool
	up    bool
	dark  bool // the machine is off, too
	// leaving: an operator ends its service.
	leaving bool
	boot    int // number of the process that runs
	still   bool
	stood   time.Duration // since when it stands still
	backlog []func()      // what it does when it goes on
	rng     rng

	skew   time.Duration // of its clock, with all steps
	drift  int           // millionths
	booted time.Duration // when the process started
	halted time.Duration // when the last one ended

	disk disk
	ends []*endpoint

	// Of the process.
	table    *lease.Table
	scopes   []lease.ScopeID // by endpoint
	claims   [][]func()      // by slot: nil is free, else those who wait
	barriers []*barrier
	expiry   time.Duration // when expire runs next
	runs     int           // number of that run
	retry    time.Duration // not before this: something was busy

	// reserved is the configuration: for whom each slot is kept.
	reserved []string
}

func newNode(w *World, i int) *node {
	s := &w.sched.Servers[i]
	n := &node{
		w: w, index: i, name: s.Name, dhcpd: s.Dhcpd, skew: s.Skew, drift: s.Drift,
		rng: streamOf(w.sched.Seed, "node "+s.Name, 0),
	}
	n.disk = disk{n: n, slow: s.Disk, passing: s.Passing, rng: streamOf(w.sched.Seed, "disk "+s.Name, 0)}
	return n
}

// furnish makes room for all relationships of the node.
func (n *node) furnish() {
	n.empty()
	n.reserved = make([]string, len(n.w.pairs)*maxPool)
	if n.dhcpd {
		for _, e := range n.ends {
			e.dhcpd = newDhcpd(e)
		}
	}
}

// empty is a new disk.
func (n *node) empty() {
	n.disk.content = content{
		leases: make([]lease.Lease, len(n.w.pairs)*maxPool), snaps: make([]core.Snapshot, len(n.ends)),
		roles: make([]lease.Role, len(n.ends)), gens: make([]uint64, len(n.ends)),
		known: make([]bool, len(n.ends)), marks: make([]uint64, len(n.ends)),
	}
	if n.dhcpd {
		n.disk.content.peers = make([]dhcpdState, len(n.ends))
	}
}

// wall is the node's clock, Unix seconds.
func (n *node) wall() int64 { return n.wallAt(n.w.now) }

func (n *node) wallAt(t time.Duration) int64 {
	t += n.skew + t/1_000_000*time.Duration(n.drift)
	s := int64(t / time.Second)
	if t < 0 && t%time.Second != 0 {
		s--
	}
	return epoch + s
}

// until is the real time that passes until the node's clock shows at.
func (n *node) until(at int64) time.Duration {
	d := seconds(at-epoch) - n.skew - n.w.now - n.w.now/1_000_000*time.Duration(n.drift)
	return max(d, 0)
}

// start starts the process.
func (n *node) start() {
	if n.up {
		return
	}
	n.up, n.dark, n.leaving = true, false, false
	n.boot++
	n.booted = n.w.now
	n.w.say("%s starts", n.name)
	n.w.note('u', int64(n.index))
	if n.dhcpd {
		for _, e := range n.ends {
			e.dhcpd.begin()
			e.p.link.begin(e.side)
		}
		n.w.checks.started(n)
		return
	}
	n.table = lease.New()
	n.claims = make([][]func(), len(n.reserved))
	n.configure()
	for slot := range n.disk.content.leases {
		if l := n.disk.content.leases[slot]; l.State != 0 {
			n.table.Load(l)
		}
	}
	n.expiry, n.retry, n.runs = 0, 0, n.runs+1
	n.w.checks.started(n)
	for _, e := range n.ends {
		e.begin()
	}
	n.wakeExpiry()
}

// configure gives the lease table its scopes.
func (n *node) configure() {
	var defs []lease.Scope
	for _, e := range n.ends {
		p := e.p
		first := keyOf(p.index, 0).Addr
		def := lease.Scope{
			Name:   p.Name,
			Prefix: netip.PrefixFrom(lease.Addr(10<<24|p.index<<8).Netip(), 24),
			Ranges: []lease.Range{{First: first, Last: first + lease.Addr(p.Pool) - 1}},
			Role:   e.role, FirstAvailable: p.First,
		}
		for i := range p.Pool {
			if who := n.reserved[p.index*maxPool+i]; who != "" {
				def.Reservations = append(def.Reservations, lease.Reservation{Addr: first + lease.Addr(i), Who: who})
			}
		}
		defs = append(defs, def)
	}
	if _, err := n.table.Configure(defs); err != nil {
		n.w.fail("lease", "%s: Configure: %v", n.name, err)
	}
	n.scopes = n.scopes[:0]
	for _, e := range n.ends {
		id, _ := n.table.ScopeID(e.p.Name)
		n.scopes = append(n.scopes, id)
	}
}

// halt ends the process. Connections break: with a word to the partner when
// only the process died, without one when the machine did.
func (n *node) halt(writes, messages fate, silent bool) {
	if !n.up {
		return
	}
	n.w.say("%s stops", n.name)
	n.w.note('d', int64(n.index))
	n.disk.crash(writes)
	n.up, n.dark, n.still, n.backlog = false, silent, false, nil
	n.boot++
	n.halted = n.w.now
	for _, e := range n.ends {
		e.p.link.halt(e.side, messages, silent)
		if e.dhcpd != nil {
			e.dhcpd.halt()
		} else {
			e.reset()
		}
	}
	n.table, n.claims, n.barriers = nil, nil, nil
	n.w.checks.halted(n)
}

// of is the node's endpoint in a relationship, nil if it has no part in it.
func (n *node) of(p *pair) *endpoint {
	for _, e := range p.ends {
		if e != nil && e.n == n {
			return e
		}
	}
	return nil
}

// Claims: one writer at a time for each address, those who wait in order.

func (n *node) hold(k lease.Key, held func()) {
	slot := n.w.slotOf(k)
	if n.claims[slot] == nil {
		n.claims[slot] = claimed
		held()
		return
	}
	n.claims[slot] = append(n.claims[slot], held)
}

// claimed is the claim of an address that nobody waits for.
var claimed = make([]func(), 0)

func (n *node) tryHold(k lease.Key) bool {
	slot := n.w.slotOf(k)
	if n.claims[slot] != nil {
		return false
	}
	n.claims[slot] = claimed
	return true
}

func (n *node) release(k lease.Key) {
	slot := n.w.slotOf(k)
	n.settled(slot)
	waiting := n.claims[slot]
	if len(waiting) == 0 {
		n.claims[slot] = nil
		return
	}
	n.claims[slot] = waiting[1:]
	if len(waiting) == 1 {
		n.claims[slot] = claimed
	}
	waiting[0]()
}

// write writes the lease of a held address; the table learns of it when it is
// on disk.
func (n *node) write(l lease.Lease, done func(error)) {
	n.disk.submit(l, func() {
		l.Commit = n.disk.commit
		n.table.Update(l)
		n.wakeExpiry()
	}, done)
}

// describe writes the node's state.
func (n *node) describe(b *strings.Builder) {
	for _, e := range n.ends {
		fmt.Fprintf(b, "%s %s: ", n.name, e.p.Name)
		if f := n.disk.content.snaps[e.index].Forgot; f != 0 {
			fmt.Fprintf(b, "(forgot %d) ", f-epoch)
		}
		switch {
		case !n.up && e.dhcpd != nil:
			fmt.Fprintf(b, "down; on disk %v\n", e.stored())
		case !n.up:
			fmt.Fprintf(b, "down; on disk %v\n", n.disk.content.snaps[e.index].State)
		case e.dhcpd != nil:
			fmt.Fprintf(b, "%v, partner %v\n", e.dhcpd.shown(), e.dhcpd.disk().partner)
		default:
			s := e.m.Status()
			fmt.Fprintf(b, "%v, partner %v, connected %v, %d unacked, %d queued %s\n",
				s.State, s.Snapshot.PartnerState, s.Connected, s.Unacked, s.Queued, s.Waiting)
		}
		for i := range e.p.Pool {
			if l := n.disk.content.leases[e.p.index*maxPool+i]; l.State != 0 {
				fmt.Fprintf(b, "    %s\n", leaseText(&l))
			}
		}
	}
}

func leaseText(l *lease.Lease) string {
	rel := func(t int64) string {
		if t == 0 {
			return "-"
		}
		return fmt.Sprint(t - epoch)
	}
	f := &l.Failover
	return fmt.Sprintf("%v state %d flags %08b hw %d exp %s sent %s ack %s rcvd %s told %v ended %d cltt %s stos %s",
		l.Addr, l.State, l.Flags, l.HW.Addr[5], rel(l.Expiration), rel(f.SentPE), rel(f.AckPE), rel(f.RcvdPE), f.Told, f.Ended,
		rel(l.LastTransaction), rel(l.StateStart))
}
