package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"leasehold/pkg/objects"
)

// The actions of the change log.
const (
	actionCreate = "create"
	actionSet    = "set"
	actionUnset  = "unset"
	actionDelete = "delete"
)

// masked stands for a secret in the change log; an absent one stays "".
const masked = "********"

// writer carries out one Tx inside a transaction of the database.
type writer struct {
	ctx     context.Context
	tx      *sql.Tx
	sealer  *sealer
	silent  bool // nothing goes into the change log
	version uint64
	stamps  map[*objects.Object]stamp
	// written holds the objects that this Tx wrote itself: they may be
	// written again without being stale.
	written map[string]bool
	in      Tx
}

// stamp is what the store says about an object's last write.
type stamp struct {
	version uint64
	who     string
	at      int64
}

func (s stamp) put(o *objects.Object) {
	o.Version, o.ChangedBy, o.ChangedAt = s.version, s.who, s.at
}

// stored is an object's row.
type stored struct {
	id    int64
	stamp stamp
	attrs map[string]string
	// lost holds the secrets that cannot be opened; attrs has them as they
	// are stored.
	lost map[string]bool
}

// write carries out the Tx and returns its number.
func (w *writer) write(in Tx) (uint64, error) {
	w.in = in
	w.stamps, w.written = map[*objects.Object]stamp{}, map[string]bool{}
	var text string
	if err := w.tx.QueryRowContext(w.ctx, "SELECT value FROM meta WHERE key = ?", versionKey).Scan(&text); err != nil {
		return 0, err
	}
	last, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, corrupt("number of the last write: %w", err)
	}
	w.version = last + 1
	for _, o := range in.Delete {
		if err := w.remove(o); err != nil {
			return 0, err
		}
	}
	for _, o := range in.Put {
		if err := w.put(o); err != nil {
			return 0, err
		}
	}
	if err := w.pend(in); err != nil {
		return 0, err
	}
	if len(w.written) == 0 {
		return last, nil
	}
	return w.version, w.exec("UPDATE meta SET value = ? WHERE key = ?", strconv.FormatUint(w.version, 10), versionKey)
}

func (w *writer) exec(query string, args ...any) error {
	_, err := w.tx.ExecContext(w.ctx, query, args...)
	return err
}

// find returns the stored object of o's name after comparing versions; nil if
// there is none and o is to be new.
func (w *writer) find(o *objects.Object) (*stored, error) {
	var s stored
	err := w.tx.QueryRowContext(w.ctx, `SELECT id, version, changed_by, changed_at FROM object
		WHERE class = ? AND name_key = ?`, o.Class.Name, nameKey(o.Name)).
		Scan(&s.id, &s.stamp.version, &s.stamp.who, &s.stamp.at)
	own := w.written[w.key(o)]
	switch {
	case errors.Is(err, sql.ErrNoRows):
		if o.Version != 0 && !own {
			return nil, &StaleError{Class: o.Class, Name: o.Name, Read: o.Version}
		}
		return nil, nil
	case err != nil:
		return nil, err
	case s.stamp.version != o.Version && !own:
		now := objects.New(o.Class, o.Name)
		s.stamp.put(now)
		return nil, &StaleError{Class: o.Class, Name: o.Name, Read: o.Version, Stored: now}
	}
	return &s, w.read(o, &s)
}

func (w *writer) key(o *objects.Object) string { return o.Class.Name + "\x00" + nameKey(o.Name) }

// read gets the attributes of o's row.
func (w *writer) read(o *objects.Object, s *stored) error {
	rows, err := w.tx.QueryContext(w.ctx, "SELECT name, value FROM attribute WHERE object = ?", s.id)
	if err != nil {
		return err
	}
	s.attrs, s.lost = map[string]string{}, map[string]bool{}
	return eachRow(rows, func() error {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return err
		}
		s.attrs[name] = value
		if !isSealed(o.Class, name) {
			return nil
		}
		clear, err := w.sealer.open(o, name, value)
		if err != nil {
			s.lost[name] = true
			return nil
		}
		s.attrs[name] = clear
		return nil
	})
}

func (w *writer) remove(o *objects.Object) error {
	s, err := w.find(o)
	if err != nil {
		return err
	}
	if s == nil {
		return &StaleError{Class: o.Class, Name: o.Name, Read: o.Version}
	}
	w.written[w.key(o)] = true
	if err := w.exec("DELETE FROM object WHERE id = ?", s.id); err != nil { // attributes cascade
		return err
	}
	return w.logAll(o, actionDelete, s.attrs)
}

func (w *writer) put(o *objects.Object) error {
	if o.Class.Runtime {
		return fmt.Errorf("objects of class %s are not configuration", o.Class.Name)
	}
	for _, name := range o.Names() {
		if err := checkAttr(o, name); err != nil {
			return err
		}
	}
	s, err := w.find(o)
	switch {
	case err != nil:
		return err
	case s == nil:
		return w.create(o)
	}
	return w.change(o, s)
}

func (w *writer) create(o *objects.Object) error {
	st := w.mark(o)
	res, err := w.tx.ExecContext(w.ctx, `INSERT INTO object (class, name, name_key, version, changed_by, changed_at)
		VALUES (?, ?, ?, ?, ?, ?)`, o.Class.Name, o.Name, nameKey(o.Name), st.version, st.who, st.at)
	if err != nil {
		return err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return err
	}
	for _, name := range o.Names() {
		if err := w.setAttr(id, o, name); err != nil {
			return err
		}
	}
	return w.logAll(o, actionCreate, o.Attrs)
}

func (w *writer) setAttr(id int64, o *objects.Object, name string) error {
	value, err := w.sealed(o, name, o.Attrs[name])
	if err != nil {
		return err
	}
	return w.exec("REPLACE INTO attribute (object, name, value) VALUES (?, ?, ?)", id, name, value)
}

// mark notes that o is written by this Tx and returns its stamp.
func (w *writer) mark(o *objects.Object) stamp {
	st := stamp{w.version, w.in.Who, 0}
	if !w.in.At.IsZero() {
		st.at = w.in.At.Unix()
	}
	w.stamps[o] = st
	w.written[w.key(o)] = true
	return st
}

// change brings the stored object to what o is, attribute by attribute.
func (w *writer) change(o *objects.Object, s *stored) error {
	names := map[string]bool{}
	for name := range s.attrs {
		names[name] = true
	}
	for name := range o.Attrs {
		names[name] = true
	}
	changed := false
	for _, name := range slices.Sorted(maps.Keys(names)) {
		before, had := s.attrs[name]
		after, has := o.Attrs[name]
		var err error
		switch {
		case had == has && before == after, s.lost[name] && !has:
			continue
		case has:
			err = errors.Join(w.setAttr(s.id, o, name), w.log(o, name, actionSet, before, after))
		default:
			err = errors.Join(w.exec("DELETE FROM attribute WHERE object = ? AND name = ?", s.id, name),
				w.log(o, name, actionUnset, before, ""))
		}
		if err != nil {
			return err
		}
		changed = true
	}
	if !changed {
		w.stamps[o] = s.stamp
		return nil
	}
	st := w.mark(o)
	return w.exec("UPDATE object SET version = ?, changed_by = ?, changed_at = ? WHERE id = ?",
		st.version, st.who, st.at, s.id)
}

// logAll logs every attribute of an object that comes or goes.
func (w *writer) logAll(o *objects.Object, action string, attrs map[string]string) error {
	if len(attrs) == 0 {
		return w.log(o, "", action, "", "")
	}
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		before, after := "", attrs[name]
		if action == actionDelete {
			before, after = after, before
		}
		if err := w.log(o, name, action, before, after); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) log(o *objects.Object, attr, action, before, after string) error {
	if w.silent {
		return nil
	}
	if a := o.Class.Attr(attr); a != nil && a.Secret {
		before, after = mask(before), mask(after)
	}
	return w.exec(`INSERT INTO change_log
		(version, at, who, source, class, name, name_key, attribute, action, before, after, reason)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		w.version, w.in.At.Unix(), w.in.Who, w.in.Source, o.Class.Name, o.Name, nameKey(o.Name), attr, action, before, after, w.in.Reason)
}

func mask(value string) string {
	if value == "" {
		return ""
	}
	return masked
}
