package parity

import (
	"fmt"
	"testing"

	"leasehold/pkg/objects"
)

func TestSubOptions(t *testing.T) {
	for text, want := range map[string]string{
		"(1 x)(name 2 (1 y)(other 3 z))":           "[1 2 2.1 2.3] true",
		`(1 "a(b\"c)")(7)`:                         "[1 7] true",
		"(enterprise-id 9((1 05)(boot 4 (2 ff))))": "[1 4 4.2] true",
		"(enterprise-id 9 01:02)":                  "[] true",
		"01:02":                                    "[] false",
		"(1 x":                                     "[] false",
		"(name)":                                   "[] false",
	} {
		ids, ok := subOptions(text, "")
		if got := fmt.Sprint(ids, ok); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func FuzzSubOptions(f *testing.F) {
	f.Add(`(1 x)(name 2 (1 "y)"))`)
	f.Add("(enterprise-id 9((1 05)))")
	f.Fuzz(func(t *testing.T, text string) {
		if ids, ok := subOptions(text, ""); !ok && ids != nil {
			t.Errorf("%q: %v, and not understood", text, ids)
		}
	})
}

// TestExactRemovesUnusedDefinitions: a definition is kept for the value that is
// written with it, not for others of its set.
func TestExactRemovesUnusedDefinitions(t *testing.T) {
	set := obj(objects.OptionSet, "os", "vendor-option-string=os")
	one, two := obj(objects.Option, "os/1", "name=one", "type=AT_STRING"), obj(objects.Option, "os/2", "name=two", "type=AT_STRING")
	user := obj(objects.Policy, "n2", "vendor-option.43.os=(one 1 x)")
	source, target := config(pairOfAll(), set, one, user), config(pairOfAll(), set, one, two, user)
	s := plan(t, source, target, pairName, Exact)
	if names(s.Deletes) != "option os/2" || len(s.Kept) != 0 {
		t.Errorf("deletes %s, kept %v", names(s.Deletes), s.Kept)
	}
	// What stays and relies on it keeps it.
	target.Put(obj(objects.Scope, "own", "subnet=10.9.0.0/24", "vpn-id=5"))
	target.Put(obj(objects.ScopePolicy, "own", "vendor-option.43.os=(2 x)"))
	s = plan(t, source, target, pairName, Exact)
	if len(s.Deletes) != 0 || keptOf(s, "option", "os/2", "") == "" {
		t.Errorf("deletes %s, kept %v", names(s.Deletes), s.Kept)
	}
}
