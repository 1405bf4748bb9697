package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Pending is a command that is still to be done on a failover partner.
type Pending struct {
	Seq     uint64 // in the order of the commands; Commit gives it
	ID      string // known to the partner: it does nothing twice
	Pair    string // failover pair that it goes to the partner for
	Cluster string // by which the partner is reached
	At      time.Time
	Who     string
	Command []byte // nil if it cannot be read, and then Failed says why
	Here    bool   // it is still to be done on this server, too
	Failed  string // why the partner refused it; "" if it did not
}

// followedFor is how long it is known that a partner's command was done. A
// partner that asks again later would have to have missed the answer and been
// away all that time.
const followedFor = 180 * 24 * time.Hour

func pendingPlace(id string) []byte { return []byte("pending\x00" + id) }

// pend writes the commands that a Tx leaves to be done on partners, and that it
// was one of a partner's itself.
func (w *writer) pend(in Tx) error {
	for _, p := range in.Pending {
		sealed, err := w.sealer.sealAt(pendingPlace(p.ID), string(p.Command))
		if err != nil {
			return err
		}
		r, err := w.tx.ExecContext(w.ctx, "INSERT INTO pending (id, pair, cluster, at, who, command, here) VALUES (?, ?, ?, ?, ?, ?, ?)",
			p.ID, p.Pair, p.Cluster, p.At.Unix(), p.Who, sealed, p.Here)
		if err != nil {
			return err
		}
		seq, err := r.LastInsertId()
		if err != nil {
			return err
		}
		p.Seq = uint64(seq)
	}
	if in.Followed == "" {
		return nil
	}
	if err := w.exec("DELETE FROM followed WHERE at < ?", in.At.Add(-followedFor).Unix()); err != nil {
		return err
	}
	return w.exec("REPLACE INTO followed (id, at) VALUES (?, ?)", in.Followed, in.At.Unix())
}

// Pending lists the commands that are still to be done on partners, the oldest
// first.
func (c *ConfigDB) Pending(ctx context.Context) ([]*Pending, error) {
	rows, err := c.db.QueryContext(ctx, "SELECT seq, id, pair, cluster, at, who, command, here, failed FROM pending ORDER BY seq")
	if err != nil {
		return nil, fileError("read pending commands", c.path, err)
	}
	var all []*Pending
	err = eachRow(rows, func() error {
		p := &Pending{}
		var at int64
		var sealed string
		if err := rows.Scan(&p.Seq, &p.ID, &p.Pair, &p.Cluster, &at, &p.Who, &sealed, &p.Here, &p.Failed); err != nil {
			return err
		}
		p.At = time.Unix(at, 0)
		text, err := c.sealer.openAt(pendingPlace(p.ID), sealed)
		if err != nil {
			p.Failed = "the command cannot be read: " + err.Error()
		} else {
			p.Command = []byte(text)
		}
		all = append(all, p)
		return nil
	})
	return all, fileError("read pending commands", c.path, err)
}

// PendingHere keeps that the command was done on this server.
func (c *ConfigDB) PendingHere(ctx context.Context, seq uint64) error {
	return c.changePending(ctx, "UPDATE pending SET here = 0 WHERE seq = ?", seq)
}

// PendingFailed keeps why the partner refused the command.
func (c *ConfigDB) PendingFailed(ctx context.Context, seq uint64, why string) error {
	return c.changePending(ctx, "UPDATE pending SET failed = ? WHERE seq = ?", why, seq)
}

// PendingGone takes the command off the list.
func (c *ConfigDB) PendingGone(ctx context.Context, seq uint64) error {
	return c.changePending(ctx, "DELETE FROM pending WHERE seq = ?", seq)
}

func (c *ConfigDB) changePending(ctx context.Context, query string, args ...any) error {
	_, err := c.db.ExecContext(context.WithoutCancel(ctx), query, args...)
	return fileError("write pending commands", c.path, err)
}

// Followed tells whether a command of a partner was done here.
func (c *ConfigDB) Followed(ctx context.Context, id string) (bool, error) {
	var at int64
	err := c.db.QueryRowContext(ctx, "SELECT at FROM followed WHERE id = ?", id).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, fileError("read followed commands", c.path, err)
}
