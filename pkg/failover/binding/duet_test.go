package binding

import (
	"fmt"
	"strings"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"

	"pgregory.net/rapid"
)

// A duet is the two servers of a relationship with one address, the messages
// between them and two or three clients: all that the rules of one lease must
// hold together, and no more. Every step is drawn at random; after each the
// invariants of docs/failover-verification.md that concern one lease must hold.
type duet struct {
	t       *rapid.T
	now     int64
	mclt    int64
	wish    int64
	grace   time.Duration
	servers [2]*server
	held    map[int]hold // by client: what it was told last
	linked  bool
	log     []string
}

type hold struct{ until int64 }

type server struct {
	Authority
	d     *duet
	name  string
	disk  lease.Lease
	down  bool
	since int64    // when it went down
	wait  bool     // in RECOVER: all of the partner's word has not come yet
	inbox []letter // from the partner, in order
	late  []letter // acknowledgements that are held back
	sent  map[uint32]wire.Binding
	xid   uint32
	quiet wire.Binding // refused: not sent again as it is
}

type letter struct {
	xid    uint32
	update wire.Binding // or an answer
	answer bool
	reason wire.Reason
	done   bool // UPDDONE
}

var duetKey = lease.Key{Addr: 10<<24 | 77}

func newDuet(t *rapid.T) *duet {
	d := &duet{t: t, now: 1000, held: map[int]hold{}, linked: true,
		mclt: rapid.SampledFrom([]int64{5, 20}).Draw(t, "mclt"), wish: rapid.SampledFrom([]int64{3, 20, 60}).Draw(t, "wish"),
		grace: time.Duration(rapid.SampledFrom([]int{0, 3}).Draw(t, "grace")) * time.Second}
	for i, role := range []lease.Role{lease.Primary, lease.Secondary} {
		d.servers[i] = &server{d: d, name: role.String()[:1],
			Authority: Authority{Role: role, State: wire.StateNormal, MCLT: d.mclt, Connected: true, Partner: wire.Own, PartnerState: wire.StateNormal},
			disk:      lease.Lease{Key: duetKey, Role: role, State: lease.Available}, sent: map[uint32]wire.Binding{}}
	}
	d.servers[1].disk.State = lease.OtherAvailable
	return d
}

func (d *duet) say(format string, args ...any) {
	d.log = append(d.log, fmt.Sprintf("%d ", d.now)+fmt.Sprintf(format, args...))
}

func (d *duet) fail(format string, args ...any) {
	d.t.Fatalf("%s\n%s", fmt.Sprintf(format, args...), strings.Join(d.log, "\n"))
}

func (s *server) partner() *server { return s.d.servers[2-s.Role] }

func show(l *lease.Lease) string {
	f := l.Failover
	return fmt.Sprintf("state %d ended %d flags %08b client %v exp %d start %d stos %d cltt %d sent %d ack %d rcvd %d told %v theirs %v",
		l.State, f.Ended, l.Flags, l.HW.Addr[5], l.Expiration, l.Start, l.StateStart, l.LastTransaction, f.SentPE, f.AckPE, f.RcvdPE, f.Told, f.FromPartner)
}

func client(k int) lease.Client {
	return lease.Client{HW: lease.HardwareFrom(1, []byte{2, 0, 0, 0, 0, byte(k)})}
}

// write is a change on the disk, held against the invariants of times.
func (s *server) write(l lease.Lease, why string) {
	was := s.disk
	if l == was {
		s.d.say("%s: %s: as it was", s.name, why)
		return
	}
	s.d.say("%s: %s: %s", s.name, why, show(&l))
	f, g := l.Failover, was.Failover
	if status(&l) == wire.StatusActive && status(&was) == wire.StatusActive && l.Client() == was.Client() &&
		(f.SentPE < g.SentPE || f.AckPE < g.AckPE || f.RcvdPE < g.RcvdPE) {
		s.d.fail("%s: S11: a promise to the same client went back", s.name)
	}
	l.Commit++
	s.disk = l
}

// knows is the latest time until which the server has on disk that the client
// may hold the lease.
func (s *server) knows() int64 {
	f := s.disk.Failover
	return max(s.disk.Expiration, f.SentPE, f.AckPE, f.RcvdPE)
}

func (s *server) serves() bool { return !s.down && service[s.State].all }

// grant is a client's REQUEST at the server.
func (s *server) grant(k int) {
	d := s.d
	l := s.disk
	c := client(k)
	if l.Client() == c.Key() {
		if !s.MayResume(&l, d.now, false) {
			return
		}
	} else if !s.MayGive(&l, d.now, false) {
		return
	}
	if l.Free() {
		l = lease.Offer(l, c, d.now, time.Minute)
	}
	for other, h := range d.held {
		if other != k && h.until > d.now {
			d.fail("S1: %s gives to %d what %d holds until %d: %s", s.name, k, other, h.until, show(&s.disk))
		}
	}
	expiration, potential := s.Grant(&l, d.now, d.wish)
	if limit := max(d.now, l.Failover.AckPE, l.Failover.RcvdPE) + d.mclt; expiration > limit {
		d.fail("S2: %s gives until %d, later than %d", s.name, expiration, limit)
	}
	l = s.Given(lease.Acknowledge(l, c, d.now, expiration), potential)
	s.write(l, fmt.Sprintf("ACK %d", k))
	d.held[k] = hold{until: expiration}
	for other := range d.held {
		if other != k {
			delete(d.held, other)
		}
	}
}

// own changes, each by the lease's own function.
func (s *server) change(why string, l lease.Lease) {
	if l != s.disk {
		s.write(s.Changed(l), why)
	}
}

func (s *server) tick() {
	if s.down {
		return
	}
	for range 2 {
		s.change("expires", lease.Expire(s.disk, s.d.now, s.d.grace))
	}
	if at, ok := s.Reusable(&s.disk); ok && s.d.now >= at {
		s.write(s.Reclaimed(s.disk, s.d.now), "reclaims")
	}
	if p := s.partner(); s.State == wire.StateRecover && s.Connected && !s.wait && s.d.now > s.since+s.d.mclt {
		// Who leaves PARTNER-DOWN first gives up its privileges, and then
		// has the partner know all that it did with them.
		p.State = wire.StateCommunicationsInterrupted
		if p.disk.Flags&lease.FailoverUpdated != 0 || unused(&p.disk) {
			s.d.say("%s: NORMAL", s.name)
			s.State, p.State = wire.StateNormal, wire.StateNormal
		}
	}
}

// send sends what the partner has to be told, once.
func (s *server) send() {
	if s.down || !s.Connected || s.disk.Flags&lease.FailoverUpdated != 0 || unused(&s.disk) {
		return
	}
	s.write(s.Announced(s.disk), "announces")
	s.post()
}

// post sends the lease as it stands, unless that is under way.
func (s *server) post() {
	u := s.Update(&s.disk)
	if u == s.quiet {
		return
	}
	for _, x := range s.sent {
		if x == u {
			return
		}
	}
	s.xid++
	s.sent[s.xid] = u
	s.d.say("%s: sends %d %v stos %d cltt %d exp %d pe %d", s.name, s.xid, u.Status, u.StateStart, u.LastTransaction, u.Expiration, u.PotentialExpiration)
	s.partner().inbox = append(s.partner().inbox, letter{xid: s.xid, update: u})
}

// receive handles the first letter of the inbox.
func (s *server) receive() {
	if s.down || len(s.inbox) == 0 {
		return
	}
	m := s.inbox[0]
	s.inbox = s.inbox[1:]
	d := s.d
	if m.done {
		s.wait = false
		return
	}
	if m.answer {
		u, ok := s.sent[m.xid]
		if !ok {
			d.fail("%s: answer to unknown %d", s.name, m.xid)
		}
		delete(s.sent, m.xid)
		if m.reason != 0 {
			l := s.Refused(s.disk, &u, m.reason, d.now)
			if l == s.disk && s.Update(&l) == u {
				s.quiet = u
			}
			s.write(l, fmt.Sprintf("%d refused (%d)", m.xid, m.reason))
			return
		}
		s.write(s.Acked(s.disk, &u, d.now), fmt.Sprintf("%d acknowledged", m.xid))
		return
	}
	before := s.disk
	l, reason, text := s.Accept(before, &m.update, d.now)
	if reason == 0 {
		if before.Flags&lease.FailoverUpdated != 0 && l.Flags&lease.FailoverUpdated == 0 {
			d.fail("%s: %v is accepted and echoed", s.name, m.update.Status)
		}
		if again, _, _ := s.Accept(l, &m.update, d.now); !alike(&again, &l) {
			d.fail("%s: %v twice: %s, then %s", s.name, m.update.Status, show(&l), show(&again))
		}
	}
	s.write(l, fmt.Sprintf("takes %d %v: %d %s", m.xid, m.update.Status, reason, text))
	s.late = append(s.late, letter{xid: m.xid, answer: true, reason: reason})
}

// answer lets the acknowledgements go.
func (s *server) answer() {
	if !s.down {
		s.partner().inbox = append(s.partner().inbox, s.late...)
		s.late = nil
	}
}

// cut is the loss of the connection with all that is under way.
func (d *duet) cut() {
	if !d.linked {
		return
	}
	d.say("cut")
	d.linked = false
	for _, s := range d.servers {
		s.inbox, s.late, s.Connected = nil, nil, false
		clear(s.sent)
		s.quiet = wire.Binding{}
		if s.State == wire.StateNormal {
			s.State = wire.StateCommunicationsInterrupted
		}
	}
}

func (d *duet) join() {
	p, q := d.servers[0], d.servers[1]
	if d.linked || p.down || q.down {
		return
	}
	d.say("join")
	d.linked = true
	for _, s := range d.servers {
		s.Connected = true
		if s.State == wire.StateRecover {
			other := s.partner()
			if !unused(&other.disk) {
				other.write(other.Announced(other.disk), "announces")
				other.post()
			}
			s.inbox = append(s.inbox, letter{done: true})
			s.wait = true
		}
	}
	if p.State == wire.StateCommunicationsInterrupted && q.State == wire.StateCommunicationsInterrupted {
		p.State, q.State = wire.StateNormal, wire.StateNormal
	}
}

// crash ends a server; its partner may take over.
func (s *server) crash() {
	if s.down || s.partner().down || s.partner().State == wire.StateRecover {
		return
	}
	s.d.cut()
	s.d.say("%s: crash", s.name)
	s.down = true
	if s.State != wire.StateRecover {
		s.since = s.d.now
	}
}

func (s *server) takeOver() {
	if p := s.partner(); p.down && !s.down && s.State == wire.StateCommunicationsInterrupted {
		s.d.say("%s: PARTNER-DOWN since %d", s.name, p.since)
		s.State, s.Down = wire.StatePartnerDown, p.since
	}
}

func (s *server) restart() {
	if !s.down {
		return
	}
	s.d.say("%s: restart", s.name)
	s.down = false
	if s.partner().State == wire.StatePartnerDown {
		s.State, s.wait = wire.StateRecover, true
	}
}

// check holds the two records against each other.
func (d *duet) check() {
	p, s := &d.servers[0].disk, &d.servers[1].disk
	if d.servers[0].serves() && d.servers[1].serves() && d.servers[0].MayGive(p, d.now, false) && d.servers[1].MayGive(s, d.now, false) {
		d.fail("S4: both own it: %s, %s", show(p), show(s))
	}
	for _, x := range d.servers {
		if f := x.disk.Failover; status(&x.disk) == wire.StatusActive {
			if y := x.partner(); max(f.AckPE, f.RcvdPE) > y.knows() && y.disk.Client() == x.disk.Client() && status(&y.disk) == wire.StatusActive {
				d.fail("S3: %s counts on %d, %s knows %d", x.name, max(f.AckPE, f.RcvdPE), y.name, y.knows())
			}
		}
	}
}

// alike tells whether two records are the same, as far as they should be.
func alike(a, b *lease.Lease) bool {
	if status(a) != status(b) {
		return false
	}
	if status(a) == wire.StatusActive {
		return a.Client() == b.Client() && end(a) == end(b) && a.LastTransaction == b.LastTransaction
	}
	return true
}
