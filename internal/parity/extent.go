package parity

import (
	"strings"

	"leasehold/pkg/objects"
)

// extent is the part of a configuration that a failover pair is about: the
// pair itself, what is shared by all, and of the scopes those of its match
// list, with their embedded policies and reservations. Without a pair it is
// the whole configuration.
type extent struct {
	cfg *objects.Config
	// lists are pairs all of whose match lists must have a scope: the source's
	// pair, and the target's where the two may differ.
	lists []*objects.Object
	name  string // of the pair; "" is none
}

// wholeOf takes in every object that travels, pairOf those of a pair.
func wholeOf(cfg *objects.Config) *extent { return &extent{cfg: cfg} }

func pairOf(cfg *objects.Config, name string, lists ...*objects.Object) *extent {
	e := &extent{cfg: cfg, name: name}
	for _, l := range lists {
		if l != nil {
			e.lists = append(e.lists, l)
		}
	}
	return e
}

// has tells whether the object belongs to the extent.
func (e *extent) has(o *objects.Object) bool {
	switch {
	case !Travels(o.Class):
		return false
	case e.name == "":
		return true
	}
	switch o.Class {
	case objects.FailoverPair:
		return strings.EqualFold(o.Name, e.name)
	case objects.Scope:
		return e.scope(o)
	case objects.ScopePolicy:
		s := e.cfg.Get(objects.Scope, o.Name)
		return s != nil && e.scope(s)
	case objects.Reservation:
		s := e.cfg.ScopeOfReservation(o)
		return s != nil && e.scope(s)
	}
	return true
}

// scope tells whether a scope is the pair's. One that another pair of its
// server has is never: in a back office the others stay what they are. Nor is one
// that is kept out of failover by its own attribute.
func (e *extent) scope(s *objects.Object) bool {
	if objects.ScopeVPN.Of(s) != 0 || objects.ScopeFailover.Of(s) == objects.FailoverScopeDisabled || e.elsewhere(s) != nil {
		return false
	}
	for _, pair := range e.lists {
		if !objects.PairHas(pair, s) {
			return false
		}
	}
	return true
}

// elsewhere returns the other pair in use that has the scope, or nil.
func (e *extent) elsewhere(s *objects.Object) *objects.Object {
	for _, other := range e.cfg.All(objects.FailoverPair) {
		if objects.FailoverPairOn.Of(other) && !strings.EqualFold(other.Name, e.name) && objects.PairHas(other, s) {
			return other
		}
	}
	return nil
}

// all lists the objects of a class that belong to the extent.
func (e *extent) all(class *objects.Class) []*objects.Object {
	var os []*objects.Object
	for _, o := range e.cfg.All(class) {
		if e.has(o) {
			os = append(os, o)
		}
	}
	return os
}

// backOffice tells whether the extent's pair has a match list: then its server
// may have objects outside scopes that the partner does not need.
func (e *extent) backOffice() bool {
	for _, pair := range e.lists {
		if len(objects.FailoverPairMatches.Of(pair)) > 0 {
			return true
		}
	}
	return false
}

// ofScopes tells whether objects of the class belong to the pair by their
// scope.
func ofScopes(class *objects.Class) bool {
	return class == objects.Scope || class == objects.ScopePolicy || class == objects.Reservation
}
