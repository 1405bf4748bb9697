package link

import (
	"slices"
	"time"

	"leasehold/pkg/failover/wire"
)

// patience is how many duplicates, or attempts without an answer, in a row are
// nothing to speak of: two servers that start pass through some.
const patience = 3

// journal counts what was refused and says what operators have not been told
// yet. It has at most one entry for a kind and a reason.
type journal struct {
	refusals []Refusal // the last one first
	told     map[told]bool
}

type told struct {
	kind   NoticeKind
	reason wire.Reason
}

// refuse enters a refusal and tells whether operators should hear of it.
func (j *journal) refuse(kind NoticeKind, reason wire.Reason, text string, now time.Time) bool {
	r := Refusal{Kind: kind, Reason: reason, First: now}
	if i := slices.IndexFunc(j.refusals, func(r Refusal) bool { return r.Kind == kind && r.Reason == reason }); i >= 0 {
		r = j.refusals[i]
		j.refusals = slices.Delete(j.refusals, i, i+1)
	}
	r.Text, r.Last = text, now
	r.Count++
	j.refusals = slices.Insert(j.refusals, 0, r)
	if reason == wire.ReasonDuplicate && r.Count%patience != 0 {
		return false
	}
	return j.tell(kind, reason)
}

// tell reports whether this is the first time since forget.
func (j *journal) tell(kind NoticeKind, reason wire.Reason) bool {
	k := told{kind, reason}
	if j.told[k] {
		return false
	}
	if j.told == nil {
		j.told = map[told]bool{}
	}
	j.told[k] = true
	return true
}

// forget makes everything worth telling again: there is a connection. What was
// refused before it is over.
func (j *journal) forget() {
	clear(j.told)
	j.refusals = nil
}
