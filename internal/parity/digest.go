package parity

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// ClassDigest is a sum over what must match of one class.
type ClassDigest struct {
	Class string
	Sum   [8]byte
}

// Digest sums up what must match of a pair, for each class, an embedded policy
// under its owner's class. On two servers the sums of a class are the same if
// Compare finds nothing of it.
//
// Where the pair has a match list, either server may have objects that the
// other has no need of; then the sums take in the pair, its scopes with all
// that these rely on, and the dhcp object, and there are none for the classes
// that no scope leads to, clients for instance. Pair "" is the whole
// configuration.
func Digest(cfg *objects.Config, pair string) []ClassDigest {
	e, _ := extents(cfg, cfg, pair)
	summed := e.all
	if e.backOffice() {
		summed = reached(e)
	}
	var sums []ClassDigest
	for _, class := range travelling() {
		if class.Owner != "" {
			continue
		}
		var os []*objects.Object
		if class.Singleton {
			os = []*objects.Object{singleton(cfg, class)}
		} else {
			os = summed(class)
		}
		if len(os) == 0 && e.backOffice() {
			continue
		}
		h := sha256.New()
		for _, o := range os {
			sum(h, portable(cfg, o))
			for _, inner := range embedded(class) {
				if o := cfg.Get(inner, o.Name); o != nil && anything(o) {
					sum(h, o)
				}
			}
		}
		sums = append(sums, ClassDigest{class.Name, [8]byte(h.Sum(nil))})
	}
	return sums
}

// Apart names the classes whose sums differ. A class that only one of the two
// has a sum of is not looked at: what the pair takes in of it, its match list
// decides, and that is in the sum of failover-pair.
func Apart(a, b []ClassDigest) []string {
	var classes []string
	for _, x := range a {
		for _, y := range b {
			if x.Class == y.Class && x.Sum != y.Sum {
				classes = append(classes, x.Class)
			}
		}
	}
	return classes
}

// sum adds the values in effect of an object.
func sum(h hash.Hash, o *objects.Object) {
	fmt.Fprintf(h, "object %q %q\n", o.Class.Name, strings.ToLower(o.Name))
	for _, name := range namesOf(o.Class, o) {
		p := inEffect(o, name)
		if !p.there {
			continue
		}
		a := o.Class.Attr(name)
		text := normal(a, p.text)
		if a != nil && a.Secret {
			text = secretSum(text)
		}
		fmt.Fprintf(h, "%q %q\n", name, text)
	}
}

// secretSum stands for a secret where sums are made.
func secretSum(text string) string {
	s := sha256.Sum256([]byte("leasehold parity secret\x00" + text))
	return string(s[:])
}

// reached lists the objects that the pair and its scopes rely on, themselves
// included.
func reached(e *extent) func(*objects.Class) []*objects.Object {
	l := newLinks(e.cfg)
	seen := map[ref]bool{}
	byClass := map[*objects.Class][]*objects.Object{}
	var visit func(o *objects.Object)
	visit = func(o *objects.Object) {
		if o == nil || seen[refOf(o)] || !e.has(o) {
			return
		}
		seen[refOf(o)] = true
		byClass[o.Class] = append(byClass[o.Class], o)
		for _, r := range l.of(o) {
			visit(e.cfg.Get(r.class, r.name))
		}
		for _, class := range embedded(o.Class) {
			visit(e.cfg.Get(class, o.Name))
		}
	}
	for _, class := range []*objects.Class{objects.FailoverPair, objects.Scope, objects.ScopePolicy, objects.Reservation} {
		for _, o := range e.all(class) {
			visit(o)
		}
	}
	return func(class *objects.Class) []*objects.Object {
		os := byClass[class]
		slices.SortFunc(os, func(a, b *objects.Object) int { return objects.CompareNames(a.Name, b.Name) })
		return os
	}
}
