// Package objects is the object model of Leasehold: which classes exist, which
// attributes they have, what a value of each attribute may be and how it is
// written. One line per attribute, in one file per class, is the only place
// where such a fact stands; storage, RPC, the shell, help, clone, compare and
// the command reference read it.
//
// A value has one external form, its canonical text. [Attr.Parse] makes it
// from what an operator types; objects hold, the store keeps and the RPC
// carries nothing else. Typed reads go through the declared attribute:
//
//	objects.PolicyGracePeriod.Of(policy) // a time.Duration, the default if unset
//
// Start at class.go (what a class and an attribute are), then any class file,
// for instance scope.go.
//
// The package imports only the standard library and keeps no state but its
// tables.
package objects
