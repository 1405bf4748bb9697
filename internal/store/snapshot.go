package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"math"
	"net/url"

	"leasehold/internal/lease"
)

// scanBatch leases are handed over at a time.
const scanBatch = 512

// Load calls fn for every lease, in key order; it stops at the first error.
func (db *LeaseDB) Load(ctx context.Context, fn func(lease.Lease) error) error {
	return fileError("load leases", db.path, db.scan(ctx, fn))
}

// Snapshot calls fn for every row of one consistent state, in key order, while
// commits go on. The log cannot start over before it ends, so a reader that
// may stall should copy what it needs.
func (db *LeaseDB) Snapshot(ctx context.Context, fn func(lease.Lease) error) error {
	return fileError("read leases", db.path, db.scan(ctx, fn))
}

// scan reads on a connection of its own; the rows are read and taken apart on
// one goroutine and given to fn on the caller's.
func (db *LeaseDB) scan(ctx context.Context, fn func(lease.Lease) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := db.startScan(); err != nil {
		return err
	}
	r := &reader{full: make(chan []lease.Lease, 2), empty: make(chan []lease.Lease, 4)}
	for range cap(r.empty) {
		r.empty <- make([]lease.Lease, 0, scanBatch)
	}
	go func() {
		defer db.scans.Done()
		defer close(r.full)
		r.err = r.readAll(ctx, db.path)
	}()
	go func() {
		select {
		case <-db.done:
			cancel(ErrClosed)
		case <-ctx.Done():
		}
	}()
	var err error
	for batch := range r.full { // to the end, so that the reader is done
		if err == nil {
			err = giveAll(batch, fn)
		}
		if err != nil {
			cancel(err)
		}
		r.empty <- batch[:0]
	}
	if err == nil {
		err = r.err
	}
	return err
}

func giveAll(batch []lease.Lease, fn func(lease.Lease) error) error {
	for i := range batch {
		if err := fn(batch[i]); err != nil {
			return err
		}
	}
	return nil
}

// startScan has Close wait for a scan's connection.
func (db *LeaseDB) startScan() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return ErrClosed
	}
	db.scans.Add(1)
	return nil
}

// reader turns the lease table with the journal over it into batches of
// leases in key order.
type reader struct {
	over        *overlay
	batch       []lease.Lease
	full, empty chan []lease.Lease
	err         error // set when full is closed
}

func (r *reader) readAll(ctx context.Context, path string) (err error) {
	c, err := dial(path, url.Values{"mode": {"ro"}, "_mutex": {"no"}, "_query_only": {"1"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.run("BEGIN"); err != nil { // one state for both tables
		return err
	}
	if r.over, err = readJournal(c, 0); err != nil {
		return err
	}
	table, err := c.prepare(`SELECT vpn, address, state, flags, hw, client_id, expiration, commit_no, rest
		FROM lease ORDER BY vpn, address`)
	if err != nil {
		return err
	}
	r.batch = <-r.empty
	dest := make([]driver.Value, 9)
	err = table.each(dest, func() error { return r.tableRow(ctx, dest) })
	if err == nil {
		err = r.end(ctx)
	}
	return errors.Join(err, table.Close())
}

// end emits what the journal has behind the table's last row.
func (r *reader) end(ctx context.Context) error {
	for len(r.over.refs) > 0 {
		if err := r.emitOver(ctx); err != nil {
			return err
		}
	}
	return r.flush(ctx)
}

// tableRow takes a row of the lease table, after the journal's rows that stand
// before it; where the journal has the same key, its row counts, or its
// acknowledgement if that is of this row.
func (r *reader) tableRow(ctx context.Context, dest []driver.Value) error {
	row, commit, err := columns(dest)
	if err != nil {
		return err
	}
	key := order(row.key)
	if err := r.overBelow(ctx, key); err != nil {
		return err
	}
	if len(r.over.refs) > 0 && r.over.refs[0].key == key {
		if !r.over.refs[0].isAck() {
			return r.emitOver(ctx)
		}
		a := r.over.ack(r.over.refs[0])
		r.over.refs = r.over.refs[1:]
		if a.Commit == commit {
			if err := row.acknowledge(&a); err != nil {
				return corrupt("lease %v: %w", a.Addr, err)
			}
		}
	}
	return r.emit(ctx, &row, commit)
}

// columns makes a row of what stands in the lease table. A damaged page may
// hold anything.
func columns(dest []driver.Value) (row packedRow, commit uint64, err error) {
	var numbers [6]int64
	limits := [...]int64{math.MaxUint32, math.MaxUint32, math.MaxUint8, math.MaxUint8, math.MaxInt64, math.MaxInt64}
	for i, column := range [...]int{0, 1, 2, 3, 7, 6} {
		n, ok := dest[column].(int64)
		if !ok || n > limits[i] || (n < 0 && column != 6) {
			return row, 0, corrupt("the lease table holds a row that is not a lease: %v", dest)
		}
		numbers[i] = n
	}
	row.key = lease.Key{VPN: uint32(numbers[0]), Addr: lease.Addr(numbers[1])}
	row.state, row.flags = lease.State(numbers[2]), lease.Flags(numbers[3])
	row.expiration = numbers[5]
	row.hw, _ = dest[4].([]byte) // NULL is empty
	row.clientID, _ = dest[5].([]byte)
	row.rest, _ = dest[8].([]byte)
	return row, uint64(numbers[4]), nil
}

// overBelow emits the journal's rows before key.
func (r *reader) overBelow(ctx context.Context, key uint64) error {
	for len(r.over.refs) > 0 && r.over.refs[0].key < key {
		if err := r.emitOver(ctx); err != nil {
			return err
		}
	}
	return nil
}

// emitOver emits the journal's first lease. An acknowledgement of one that is
// nowhere says nothing.
func (r *reader) emitOver(ctx context.Context) error {
	e, rest, err := r.over.take(r.over.refs)
	if err != nil {
		return corrupt("%w", err)
	}
	r.over.refs = rest
	if e.ack != nil {
		return nil
	}
	return r.emit(ctx, &e.row, e.commit)
}

func (r *reader) emit(ctx context.Context, row *packedRow, commit uint64) error {
	l, err := row.lease(commit)
	if err != nil {
		return corrupt("%w", err)
	}
	r.batch = append(r.batch, l)
	if len(r.batch) < cap(r.batch) {
		return nil
	}
	return r.flush(ctx)
}

// flush hands the batch over and takes an empty one.
func (r *reader) flush(ctx context.Context) error {
	select {
	case r.full <- r.batch:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case r.batch = <-r.empty:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
