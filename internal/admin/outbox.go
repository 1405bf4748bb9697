package admin

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"leasehold/internal/partner"
	"leasehold/internal/store"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

const (
	// partnerPatience is how long a partner may take to answer, in each step,
	// before a command is put off.
	partnerPatience = 3 * time.Second
	// answerWithin bounds the command itself. One that the partner does behind
	// that is sent again, and the partner knows it.
	answerWithin = 2 * partnerPatience
	// putOffFor is how long a partner that did not answer is not asked by the
	// next command: a batch does not wait for it line by line.
	putOffFor = 5 * time.Second
	// retryEvery is the time between attempts to deliver what waits.
	retryEvery = 30 * time.Second
	// lookEvery is how often is looked whether the failover link came up.
	lookEvery = 2 * time.Second
)

// outbox is what failover partners are still to do, as it is on disk.
type outbox struct {
	// turn is held by who does a command on both servers or delivers one, so
	// that partners get the commands in their order.
	turn  chan struct{}
	woken chan struct{} // something was added

	mu      sync.Mutex
	entries []*store.Pending // by Seq
	tried   map[string]attempt
	conns   map[string]kept // open connections, by cluster
	up      map[string]bool // whether the failover link was up, by pair
}

// attempt is a vain one to reach a partner.
type attempt struct {
	at  time.Time
	why *objects.Error
}

// kept is a connection, and the cluster object that it was made for.
type kept struct {
	conn    *partner.Conn
	version uint64
}

func newOutbox(ctx context.Context, db *store.ConfigDB) (*outbox, error) {
	entries, err := db.Pending(ctx)
	if err != nil {
		return nil, err
	}
	return &outbox{
		turn: make(chan struct{}, 1), woken: make(chan struct{}, 1), entries: entries,
		tried: map[string]attempt{}, conns: map[string]kept{}, up: map[string]bool{},
	}, nil
}

// take waits for the turn.
func (b *outbox) take(ctx context.Context) (release func(), err *objects.Error) {
	select {
	case b.turn <- struct{}{}:
		return func() { <-b.turn }, nil
	case <-ctx.Done():
		return nil, objects.Errorf(objects.GenericError, "interrupted; nothing was changed")
	}
}

func (b *outbox) add(entries []*store.Pending) {
	b.mu.Lock()
	b.entries = append(b.entries, entries...)
	b.mu.Unlock()
	select {
	case b.woken <- struct{}{}:
	default:
	}
}

func (b *outbox) remove(entry *store.Pending) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = slices.DeleteFunc(b.entries, func(e *store.Pending) bool { return e == entry })
}

func (b *outbox) fail(entry *store.Pending, why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	entry.Failed = why
}

// list copies the entries that meet a condition.
func (b *outbox) list(which func(*store.Pending) bool) []*store.Pending {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []*store.Pending
	for _, e := range b.entries {
		if which(e) {
			all = append(all, e)
		}
	}
	return all
}

// waiting tells whether an entry is to be delivered. What a crash has cut off
// here is completed here first, by Resume.
func waiting(e *store.Pending) bool { return e.Failed == "" && !e.Here }

func (b *outbox) putOff(cluster string, why *objects.Error, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tried[strings.ToLower(cluster)] = attempt{now, why}
}

// last is the last vain attempt to reach the cluster.
func (b *outbox) last(cluster string) attempt {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tried[strings.ToLower(cluster)]
}

// unreachable is why the cluster could not be reached a moment ago.
func (b *outbox) unreachable(cluster string, now time.Time) *objects.Error {
	if a := b.last(cluster); a.why != nil && now.Sub(a.at) < putOffFor {
		return a.why
	}
	return nil
}

// reach returns a connection to a partner, the one that is open if its cluster
// has not changed. A new one is asked first whether it is the partner.
func (b *outbox) reach(ctx context.Context, s *Service, cluster *objects.Object, of *both) (*partner.Conn, *objects.Error) {
	key := strings.ToLower(cluster.Name)
	b.mu.Lock()
	open := b.conns[key]
	b.mu.Unlock()
	if open.conn != nil && open.version == cluster.Version {
		return open.conn, nil
	}
	if open.conn != nil {
		open.conn.Close()
	}
	conn, err := partner.Dialer{Host: s.cluster, Met: s.met, Timeout: partnerPatience}.Dial(ctx, cluster)
	if err == nil && of != nil {
		if err = of.recognise(ctx, conn); err != nil {
			conn.Close()
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.conns, key)
	if err == nil {
		b.conns[key] = kept{conn, cluster.Version}
		delete(b.tried, key)
	}
	return conn, err
}

// follow sends a command to a partner; again where the connection, which may
// have been open for long, was dead: what it does, it does once.
func (b *outbox) follow(ctx context.Context, conn *partner.Conn, m *adminv1.FollowRequest) (status, err *objects.Error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	status, err = conn.Follow(ctx, m)
	if err != nil && err.Code == objects.ConnectionFailure && ctx.Err() == nil {
		status, err = conn.Follow(ctx, m)
	}
	return status, err
}

// delivered is what came of sending an entry.
type delivered struct {
	status  *objects.Error // done; nil, or what the partner says of it
	later   *objects.Error // why it waits: the partner did not answer
	refused *objects.Error // why the partner does not do it
}

// send delivers one entry. It stays where the partner does not answer, and is
// marked where it refuses.
func (s *Service) send(ctx context.Context, conn *partner.Conn, entry *store.Pending, late bool) delivered {
	m := &adminv1.FollowRequest{Command: &adminv1.Command{}, Id: entry.ID, Who: entry.Who}
	if late {
		m.Given = entry.At.Unix()
	}
	var status, err *objects.Error
	if e := proto.Unmarshal(entry.Command, m.Command); e != nil {
		err = objects.AsError(e)
	} else {
		status, err = s.outbox.follow(ctx, conn, m)
	}
	switch {
	case err == nil:
		s.keep(entry, s.store.PendingGone(ctx, entry.Seq))
		s.outbox.remove(entry)
		if late {
			s.log.Log(msgDelivered, entry.Seq, textOf(entry), entry.Cluster, outcome(status))
		}
		return delivered{status: status}
	case err.Code == objects.ConnectionFailure, err.Code == objects.LoginFailure, ctx.Err() != nil:
		return delivered{later: err}
	}
	s.keep(entry, s.store.PendingFailed(ctx, entry.Seq, err.Msg))
	s.outbox.fail(entry, err.Msg)
	s.log.Log(msgRefusedThere, entry.Seq, textOf(entry), entry.Cluster, err.Msg)
	return delivered{refused: err}
}

// keep logs that the list on disk could not be brought up to date. A restart
// has the entry as it was; the partner does nothing twice.
func (s *Service) keep(entry *store.Pending, err error) {
	if err != nil {
		s.log.Log(msgPendingLost, entry.Seq, textOf(entry), err)
	}
}

// catchUp delivers what waits for the cluster, in order, and returns why it had
// to stop.
func (s *Service) catchUp(ctx context.Context, conn *partner.Conn) *objects.Error {
	for _, entry := range s.outbox.list(func(e *store.Pending) bool { return waiting(e) && strings.EqualFold(e.Cluster, conn.Cluster) }) {
		if later := s.send(ctx, conn, entry, true).later; later != nil {
			return later
		}
	}
	return nil
}

// textOf writes the command of an entry.
func textOf(entry *store.Pending) string {
	m := &adminv1.Command{}
	if err := proto.Unmarshal(entry.Command, m); err != nil || entry.Command == nil {
		return "(unreadable)"
	}
	p, err := readPairwide(m)
	if err != nil {
		return "(" + err.Msg + ")"
	}
	return p.text()
}
