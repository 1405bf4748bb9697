package engine

import (
	"sync"

	"leasehold/internal/lease"
	"leasehold/internal/packet"
)

// shard is a worker and the line in front of it. All packets of one hardware
// address go to one shard, so that they are answered in order.
type shard struct {
	server *Server
	box    outbox

	mu      sync.Mutex
	wake    sync.Cond
	line    []*exchange // ring: the oldest at head
	head    int
	waiting int
	byKey   map[queueKey]int // position in line of each packet
	resumed []*exchange      // parked ones whose event came; they never count as waiting
	closed  bool
}

// queueKey tells repetitions of one packet.
type queueKey struct {
	xid uint32
	typ packet.MessageType
	hw  lease.HW
}

func newShard(s *Server) *shard {
	sh := &shard{server: s, byKey: map[queueKey]int{}}
	sh.wake.L = &sh.mu
	return sh
}

// push puts a packet in line. A packet that repeats one in the line takes its
// place; when the line is at its limit the oldest goes: its client is the one
// most likely to have given up. The loser is returned with its outcome.
func (sh *shard) push(ex *exchange, limit int) (loser *exchange, why Outcome) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if at, ok := sh.byKey[ex.queueKey]; ok {
		loser = sh.line[at]
		sh.line[at] = ex
		return loser, DropDuplicate
	}
	if sh.waiting >= limit {
		loser, why = sh.pop(), DropQueueFull
	}
	sh.grow()
	at := (sh.head + sh.waiting) % len(sh.line)
	sh.line[at] = ex
	sh.byKey[ex.queueKey] = at
	sh.waiting++
	if sh.waiting == 1 {
		sh.wake.Signal()
	}
	return loser, why
}

// pop takes the oldest out of the line. The lock is held.
func (sh *shard) pop() *exchange {
	ex := sh.line[sh.head]
	sh.line[sh.head] = nil
	delete(sh.byKey, ex.queueKey)
	sh.head = (sh.head + 1) % len(sh.line)
	sh.waiting--
	return ex
}

// grow makes room for one more. The lock is held.
func (sh *shard) grow() {
	if sh.waiting < len(sh.line) {
		return
	}
	bigger := make([]*exchange, max(64, 2*len(sh.line)))
	for i := range sh.waiting {
		ex := sh.line[(sh.head+i)%len(sh.line)]
		bigger[i] = ex
		sh.byKey[ex.queueKey] = i
	}
	sh.line, sh.head = bigger, 0
}

// resume brings back an exchange that was parked.
func (sh *shard) resume(ex *exchange) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.resumed = append(sh.resumed, ex)
	sh.wake.Signal()
}

// take fills batch with what there is to do, the resumed first; it waits until
// there is something and returns none when the shard is closed.
func (sh *shard) take(batch []*exchange) []*exchange {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for sh.waiting == 0 && len(sh.resumed) == 0 {
		if sh.closed {
			return nil
		}
		sh.wake.Wait()
	}
	batch = batch[:0]
	n := min(len(sh.resumed), cap(batch))
	batch = append(batch, sh.resumed[:n]...)
	sh.resumed = append(sh.resumed[:0], sh.resumed[n:]...)
	for len(batch) < cap(batch) && sh.waiting > 0 {
		batch = append(batch, sh.pop())
	}
	return batch
}

func (sh *shard) close() {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.closed = true
	sh.wake.Broadcast()
}

// workBatch is how many packets a worker answers with one send.
const workBatch = 64

// work answers packets until the shard is closed and empty.
func (sh *shard) work() {
	batch := make([]*exchange, 0, workBatch)
	for {
		batch = sh.take(batch)
		if len(batch) == 0 {
			return
		}
		for i, ex := range batch {
			batch[i] = nil
			ex.box = &sh.box
			ex.work(ex.stage)
		}
		sh.server.flush(&sh.box)
	}
}
