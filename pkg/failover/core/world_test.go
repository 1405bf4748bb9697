package core

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
)

// worldStart is the time 0 of the tests.
const worldStart = 1_000_000

// world is two servers, or one and a partner played by the test, on one clock.
type world struct {
	now   time.Duration
	nodes []*node
	wired bool // the servers can reach each other
	out   strings.Builder
	// quiet leaves messages out of what is printed, quieter everything.
	quiet, quieter bool
	// once is without a twin of each server.
	once bool
	// cutAfter messages the link is cut, once.
	cutAfter int
}

// node is one server. Its table and snapshot are its disk.
type node struct {
	w     *world
	name  string
	cfg   Config
	skew  time.Duration
	disk  Snapshot
	table *lease.Table
	scope lease.Scope
	pct   int

	m      *Machine // nil while the server is down
	twin   *Machine // takes the same steps, and must do the same
	inputs []Input
	held   map[lease.Key][]uint64 // who has an address, and who waits for it
	wanted map[uint64]lease.Key
	writes []written
	commit uint64
	stuck  bool // the disk takes its time
	outbox []wire.Message
	peer   *node
	up     bool   // the connection, as this side knows it
	vendor string // of this server
}

// written is a lease on its way to the disk, or a Settle that waits for those before.
type written struct {
	id     uint64
	lease  lease.Lease
	client bool // what a client got, not what the core wants
	settle uint64
}

func newWorld() *world { return &world{wired: true} }

func (n *node) clock() Now {
	return Now{Wall: worldStart + int64((n.w.now + n.skew).Seconds()), Mono: n.w.now + time.Hour}
}

// add makes a server with an empty disk.
func (w *world) add(name string, role lease.Role) *node {
	n := &node{
		w: w, name: name, vendor: wire.VendorPrefix + "1", pct: 10,
		cfg: Config{
			Name: "fo", Role: role, MCLT: 60, MaxUnacked: 10, Bulking: true, PollTimeout: 30 * time.Second,
		},
		scope: lease.Scope{
			Name: "net", Prefix: netip.MustParsePrefix("10.77.0.0/24"), Role: role,
			Ranges: []lease.Range{{First: addr(100), Last: addr(119)}},
		},
	}
	if len(w.nodes) > 0 {
		n.peer, w.nodes[0].peer = w.nodes[0], n
	}
	w.nodes = append(w.nodes, n)
	n.wipe()
	return n
}

func addr(last int) lease.Addr {
	return lease.AddrFrom(netip.AddrFrom4([4]byte{10, 77, 0, byte(last)}))
}

func key(last int) lease.Key { return lease.Key{Addr: addr(last)} }

// wipe is a lost disk.
func (n *node) wipe() {
	n.disk = Snapshot{}
	n.table = lease.New()
	n.configure()
}

func (n *node) configure() {
	if _, err := n.table.Configure([]lease.Scope{n.scope}); err != nil {
		panic(err)
	}
}

// start starts the server.
func (n *node) start() {
	n.held, n.wanted, n.writes, n.inputs, n.outbox = map[lease.Key][]uint64{}, map[uint64]lease.Key{}, nil, nil, nil
	n.m = New(n.cfg, n.disk, view{n}, n.clock())
	if !n.w.once {
		n.twin = New(n.cfg, n.disk, view{n}, n.clock())
	}
	n.w.connect()
}

// crash stops it with what is on disk.
func (n *node) crash() {
	n.m, n.inputs, n.outbox, n.writes = nil, nil, nil, nil
	n.up = false
	n.w.disconnect("the partner is gone")
}

// connect makes a connection where there can be one.
func (w *world) connect() {
	if len(w.nodes) < 2 || !w.wired {
		return
	}
	a, b := w.nodes[0], w.nodes[1]
	if a.m == nil || b.m == nil || a.up || b.up || w.stopping(a) || w.stopping(b) {
		return
	}
	for _, n := range w.nodes {
		hba := n.peer.cfg.HBA(wire.ProfileOf(n.vendor))
		n.up = true
		n.inputs = append(n.inputs, Up{
			Vendor: n.peer.vendor, MaxUnacked: n.peer.cfg.MaxUnacked, ReceiveTimer: 30,
			MCLT: n.peer.cfg.MCLT, HBA: &hba, Time: wire.TimeOf(n.peer.clock().Wall),
		})
	}
	w.print("-- connected")
}

func (w *world) stopping(n *node) bool { return n.m.state() == paused || n.m.state() == shutdown }

func (w *world) disconnect(why string) {
	for _, n := range w.nodes {
		n.outbox = nil
		if n.up {
			n.up = false
			n.inputs = append(n.inputs, Down{Text: why})
		}
	}
}

func (w *world) print(format string, args ...any) {
	if !w.quieter {
		fmt.Fprintf(&w.out, format+"\n", args...)
	}
}

// settle lets everything happen that happens at this time.
func (w *world) settle() {
	for limit := 0; ; limit++ {
		busy := false
		for _, n := range w.nodes {
			busy = n.turn() || busy
		}
		if !busy {
			return
		}
		if limit > 20_000_000 {
			panic("no end: " + w.out.String())
		}
	}
}

// turn gives the node its next input, and carries out what comes of it.
func (n *node) turn() bool {
	if n.m == nil {
		return false
	}
	switch at, ok := n.m.Deadline(); {
	case len(n.inputs) > 0:
		in := n.inputs[0]
		n.inputs = n.inputs[1:]
		n.step(in)
	case n.peer != nil && n.peer.m != nil && n.up && len(n.peer.outbox) > 0:
		msg := n.peer.outbox[0]
		n.peer.outbox = n.peer.outbox[1:]
		n.step(Message{Message: msg})
		if n.w.cutAfter > 0 {
			if n.w.cutAfter--; n.w.cutAfter == 0 {
				n.w.print("-- cut")
				n.w.disconnect("cut")
			}
		}
	case len(n.writes) > 0 && !n.stuck:
		wr := n.writes[0]
		n.writes = n.writes[1:]
		n.wrote(&wr)
	case ok && at <= n.clock().Mono:
		n.step(Timeout{})
	default:
		return false
	}
	return true
}

// wrote is the end of a write.
func (n *node) wrote(wr *written) {
	n.commit++
	wr.lease.Commit = n.commit
	switch {
	case wr.settle != 0:
		n.step(Settled{ID: wr.settle})
	case wr.client:
		n.changed(wr.lease)
		n.release(wr.id)
	default:
		n.table.Update(wr.lease)
		n.release(wr.id)
		n.step(Written{IDs: []uint64{wr.id}})
	}
}

func (n *node) step(in Input) {
	n.m.Step(n.clock(), in)
	outs := n.m.Take()
	if n.twin != nil {
		n.twin.Step(n.clock(), in)
		if twins := n.twin.Take(); !reflect.DeepEqual(outs, twins) {
			panic(fmt.Sprintf("%T: the same input, other outputs:\n%+v\n%+v", in, outs, twins))
		}
	}
	for _, o := range outs {
		n.do(o)
		if n.m == nil {
			return
		}
	}
}

// do carries out one output.
func (n *node) do(o Output) {
	switch o := o.(type) {
	case Save:
		n.disk = o.Snapshot
	case Send:
		msg := wire.Message{Time: wire.TimeOf(n.clock().Wall), XID: o.XID, Body: o.Body}
		n.checkSend(msg)
		if !n.w.quiet {
			n.w.print("%s: %s", n.name, n.w.show(msg))
		}
		n.outbox = append(n.outbox, msg)
	case Hold:
		n.hold(o)
	case Write:
		for i, id := range o.IDs {
			n.writes = append(n.writes, written{id: id, lease: o.Leases[i]})
		}
	case Settle:
		n.writes = append(n.writes, written{settle: o.ID})
	case Note:
		n.table.Acknowledge(o.Acks)
		for _, id := range o.IDs {
			n.release(id)
		}
		n.inputs = append(n.inputs, Written{IDs: slices.Clone(o.IDs)})
	case Go:
		for _, id := range o.IDs {
			n.release(id)
		}
	case Hangup:
		n.w.print("%s: hangs up: %s", n.name, o.Text)
		if n.peer != nil && n.peer.up { // what was sent arrives
			for _, msg := range n.outbox {
				n.peer.inputs = append(n.peer.inputs, Message{Message: msg})
			}
		}
		n.up = false // the core knows it already
		n.w.disconnect("the partner hung up")
	case Event:
		n.event(&o)
	}
}

// checkSend holds what is sent against what a partner of this kind takes: the
// encoder refuses the rest.
func (n *node) checkSend(msg wire.Message) {
	if n.m.link.profile == nil || n.w.once {
		return
	}
	if _, err := n.m.link.profile.Encode(msg); err != nil {
		panic(fmt.Sprintf("%s: %v\n%s", n.name, err, n.w.out.String()))
	}
}

// hold gives out addresses: those together that are there.
func (n *node) hold(o Hold) {
	var got []uint64
	for i, id := range o.IDs {
		k := o.Keys[i]
		n.wanted[id] = k
		n.held[k] = append(n.held[k], id)
		if len(n.held[k]) == 1 {
			got = append(got, id)
		}
	}
	if len(got) > 0 {
		n.inputs = append(n.inputs, Held{IDs: got})
	}
}

// release passes an address on.
func (n *node) release(id uint64) {
	k := n.wanted[id]
	delete(n.wanted, id)
	ids := n.held[k]
	i := slices.Index(ids, id)
	n.held[k] = slices.Delete(ids, i, i+1)
	if len(n.held[k]) == 0 {
		delete(n.held, k)
	} else if i == 0 {
		n.inputs = append(n.inputs, Held{IDs: []uint64{n.held[k][0]}})
	}
}

func (n *node) event(e *Event) {
	switch e.Kind {
	case EventState:
		n.w.print("%s: %s -> %s (%s)", n.name, e.From, e.To, e.Text)
	case EventConflict:
		n.w.print("%s: conflict at .%d: %s %s", n.name, byte(e.Key.Addr), e.Sent.Status, e.Text)
	case EventRisk:
		n.w.print("%s: RISK: %s", n.name, e.Text)
	case EventOffset:
		n.w.print("%s: the partner's clock is ahead by %d s", n.name, e.N)
	}
}

// advance lets time pass, in seconds where something happens.
func (w *world) advance(d time.Duration) {
	end := w.now + d
	w.settle()
	for w.now < end {
		next := end
		for _, n := range w.nodes {
			if n.m == nil {
				continue
			}
			if at, ok := n.m.Deadline(); ok {
				next = min(next, max(at-time.Hour, w.now))
			}
			if at, ok := n.table.NextDeadline(); ok {
				at := time.Duration(at-worldStart)*time.Second - n.skew
				if at <= w.now { // its address is held
					at = w.now + time.Second
				}
				next = min(next, at)
			}
		}
		w.now = next
		for _, n := range w.nodes {
			n.expire()
		}
		w.settle()
	}
}

// view is the table as the core sees it.
type view struct{ *node }

func (v view) Mine(k lease.Key) bool { return v.group().Has(k) }
func (v view) Get(k lease.Key) lease.Lease {
	l, _ := v.table.At(k).Beneath()
	return l
}

func (v view) group() *lease.Group {
	id, _ := v.table.ScopeID("net")
	return v.table.Group([]lease.ScopeID{id})
}

func (v view) Unacked(after lease.Key, n int, buf []lease.Lease) []lease.Lease {
	return v.group().Unacked(after, n, buf)
}

func (v view) All(after lease.Key, n int, buf []lease.Lease) []lease.Lease {
	return v.group().All(after, n, buf)
}

func (v view) Pending(end int64, n int, buf []lease.Key) []lease.Key {
	return v.group().Pending(end, n, buf)
}
func (v view) NextPending() (int64, bool) { return v.group().NextPending() }

func (v view) Pools(buf []binding.Pool) []binding.Pool {
	id, _ := v.table.ScopeID("net")
	c := v.table.Counters(id)
	p := binding.Pool{Scope: "net", Free: c.Available, Backup: c.OtherAvailable, Pending: c.PendingAvailable, Percent: v.pct}
	if v.cfg.Role == lease.Secondary {
		p.Free, p.Backup = p.Backup, p.Free
	}
	return append(buf, p)
}

func (v view) Spare(p *binding.Pool, owner lease.Role, n int, buf []lease.Key) []lease.Key {
	id, _ := v.table.ScopeID("net")
	return v.table.Spare(id, owner, n, nil, buf)
}

// show is a message as the captures' tables have it.
func (w *world) show(msg wire.Message) string {
	rel := func(t wire.Time) string {
		if t == 0 {
			return "0"
		}
		return fmt.Sprintf("%+d", int64(t)-int64(msg.Time))
	}
	switch b := msg.Body.(type) {
	case wire.STATE:
		since := rel(b.Since)
		if b.Since == neverTime {
			since = "ever"
		}
		return strings.TrimSuffix(fmt.Sprintf("STATE %s since=%s %s", b.State, since, b.Flags), " NONE")
	case wire.BNDUPD:
		var parts []string
		for i := range b.Bindings {
			parts = append(parts, showBinding(&b.Bindings[i], rel))
		}
		return fmt.Sprintf("BNDUPD %d %s", msg.XID, strings.Join(parts, " | "))
	case wire.BNDACK:
		var parts []string
		for _, a := range b.Answers {
			s := fmt.Sprintf(".%d", a.Address.As4()[3])
			if a.Reason != 0 {
				s += fmt.Sprintf(" reject %d (%s)", a.Reason, a.Text)
			}
			parts = append(parts, s)
		}
		return fmt.Sprintf("BNDACK %d %s", msg.XID, strings.Join(parts, " "))
	case wire.POOLRESP:
		return fmt.Sprintf("POOLRESP %d: %d", msg.XID, b.Transferred)
	}
	return fmt.Sprintf("%s %d", msg.Body.Type(), msg.XID)
}

func showBinding(b *wire.Binding, rel func(wire.Time) string) string {
	s := fmt.Sprintf(".%d %s", b.Address.As4()[3], b.Status)
	if b.HW.Len > 0 {
		s += fmt.Sprintf(" c%d", b.HW.Addr[5])
	}
	for _, t := range []struct {
		name string
		at   wire.Time
	}{{"exp", b.Expiration}, {"pexp", b.PotentialExpiration}, {"cltt", b.LastTransaction}} {
		if t.at != 0 {
			s += " " + t.name + "=" + rel(t.at)
		}
	}
	return s
}
