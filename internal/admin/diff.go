package admin

import (
	"fmt"
	"time"

	"connectrpc.com/connect"

	"leasehold/internal/parity"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// diffPair lists what must be the same on both servers and differs.
func diffPair(c *call) *objects.Error {
	b, err := c.together()
	if err != nil {
		return err
	}
	defer b.close()
	if err := b.read(); err != nil {
		return err
	}
	return b.diff()
}

func (b *both) diff() *objects.Error {
	all := b.differences()
	logs := b.authors()
	strays := b.strays()
	for _, line := range strays {
		b.call.line(line)
	}
	for _, d := range all {
		b.call.line(d.String())
		for _, m := range []*member{b.main(), b.backup()} {
			who, err := logs.of(m, &d)
			if err != nil {
				return err
			}
			b.call.line(fmt.Sprintf("    %s: %s", m.word(), who))
		}
	}
	if len(all)+len(strays) == 0 {
		b.call.line(fmt.Sprintf("Nothing differs: all that must match is stored alike on this server and on %s.", b.partner.called()))
		return nil
	}
	b.call.line(fmt.Sprintf("%s between the %s, %s, and the %s, %s", counted(len(all)+len(strays), "difference"),
		b.main().word(), b.main().called(), b.backup().word(), b.backup().called()))
	return nil
}

func (b *both) differences() []parity.Difference {
	return parity.Compare(b.main().cfg, b.backup().cfg, parity.Options{Pair: b.pair.Name})
}

// logged names an object on one of the servers.
type logged struct {
	on          *member
	class, name string
}

// authors tells who brought something about, from the change logs of both
// servers.
type authors struct {
	both  *both
	known map[logged][]*adminv1.Change
}

func (b *both) authors() *authors {
	return &authors{both: b, known: map[logged][]*adminv1.Change{}}
}

// searched is how many changes of an object are looked through.
const searched = 1000

// of tells who last changed what differs, on one server.
func (a *authors) of(m *member, d *parity.Difference) (string, *objects.Error) {
	key := logged{m, d.Class, d.Name}
	log, there := a.known[key]
	if !there {
		answer, err := m.Changes(a.both.call.ctx, connect.NewRequest(&adminv1.ChangesRequest{Class: d.Class, Name: d.Name, Limit: searched}))
		if err != nil {
			return "", m.explain("reading its change log", err)
		}
		log = answer.Msg.Changes
		a.known[key] = log
	}
	for _, ch := range log { // newest first
		if d.Attr == "" && (ch.Action == "create" || ch.Action == "delete") || d.Attr != "" && ch.Attribute == d.Attr {
			return by(ch), nil
		}
	}
	o := m.cfg.Get(objects.ClassNamed(d.Class), d.Name)
	switch {
	case o == nil:
		return "never there, as far as the change log goes back", nil
	case o.ChangedBy != "":
		return fmt.Sprintf("not in the change log; the object was last changed by %s on %s", o.ChangedBy, time.Unix(o.ChangedAt, 0).Format(time.ANSIC)), nil
	}
	return "never changed", nil
}

// by says who made a change, when, and as part of what.
func by(ch *adminv1.Change) string {
	did := map[string]string{"create": "created", "delete": "deleted", "unset": "unset"}[ch.Action]
	if did == "" {
		did = "set"
	}
	text := fmt.Sprintf("%s by %s on %s", did, ch.Who, time.Unix(ch.At, 0).Format(time.ANSIC))
	if ch.Reason != "" {
		text += ", part of " + ch.Reason
	}
	return text
}
