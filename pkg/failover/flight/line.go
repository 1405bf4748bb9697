package flight

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"

	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// format is that of the lines; a player refuses another.
const format = 1

// line is one line of a recording. It is one of three: the first of a run of the
// server (Format), what an endpoint is about to be told (In, or New for one that
// begins), and what it then looked at and decided (Reads, Did).
type line struct {
	Format int    `json:"format,omitempty"`
	Server string `json:"server,omitempty"`

	Pair  string          `json:"pair,omitempty"`
	Now   *core.Now       `json:"now,omitempty"`
	New   *beginning      `json:"new,omitempty"`
	In    string          `json:"in,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`

	Done  bool     `json:"done,omitempty"`
	Reads []read   `json:"reads,omitempty"`
	State string   `json:"state,omitempty"`
	Did   []string `json:"did,omitempty"`
	Sum   uint64   `json:"sum,omitempty"` // of all that it decided
	Panic string   `json:"panic,omitempty"`
}

// beginning is what an endpoint is made with.
type beginning struct {
	Config   core.Config
	Snapshot core.Snapshot
}

// read is one look at the leases.
type read struct {
	Call   string          `json:"c"`
	Result json.RawMessage `json:"r"`
}

// describe says in a few words what was decided, and sums all of it up.
func describe(outs []core.Output) (did []string, sum uint64) {
	h := fnv.New64a()
	for _, o := range outs {
		did = append(did, words(o))
		fmt.Fprintf(h, "%T", o)
		if raw, err := encode(o); err == nil {
			h.Write(raw) //nolint:errcheck // a hash takes everything
		}
	}
	return did, h.Sum64()
}

func words(o core.Output) string {
	switch o := o.(type) {
	case core.Save:
		return "save " + o.Snapshot.State.String()
	case core.Send:
		return fmt.Sprintf("send %s xid=%d", o.Body.Type(), o.XID)
	case core.Hold:
		return fmt.Sprintf("hold %d", len(o.Keys))
	case core.Write:
		return fmt.Sprintf("write %d", len(o.Leases))
	case core.Note:
		return fmt.Sprintf("note %d", len(o.Acks))
	case core.Go:
		return fmt.Sprintf("let go %d", len(o.IDs))
	case core.Settle:
		return "wait for all that was decided"
	case core.Hangup:
		return "hang up: " + o.Text
	case core.Acked:
		return fmt.Sprintf("acknowledged %d", len(o.Keys))
	case core.Refused:
		return fmt.Sprintf("refused %s (reason %d)", o.Key.Addr, o.Reason)
	case core.Event:
		return eventWords(&o)
	}
	return reflect.TypeOf(o).Name()
}

// eventNames are the events as a reader of a recording knows them.
var eventNames = map[core.EventKind]string{
	core.EventState: "state", core.EventPartnerState: "partner's state", core.EventConnected: "connected", core.EventLost: "lost",
	core.EventReceived: "updates received", core.EventConflict: "conflict", core.EventSent: "updates sent", core.EventAcked: "updates answered",
	core.EventSync: "synchronisation", core.EventBalance: "balance", core.EventOffset: "clock offset", core.EventRisk: "risk",
}

func eventWords(e *core.Event) string {
	s := eventNames[e.Kind]
	if slices.Contains([]core.EventKind{core.EventState, core.EventPartnerState}, e.Kind) {
		from := "none"
		if e.From != wire.ServerState(0) {
			from = e.From.String()
		}
		s += " " + from + " -> " + e.To.String()
	}
	if e.Key.Addr != 0 {
		s += " " + e.Key.Addr.String()
	}
	if len(e.All) > 0 {
		s += fmt.Sprintf(" %d", len(e.All))
	}
	if e.Text != "" {
		s += ": " + e.Text
	}
	return s
}
