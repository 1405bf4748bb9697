// Package parity holds two configurations against each other: what must be the
// same on the two servers of a failover pair, what a sync does to the one that
// follows, how a configuration is written as a batch file, and a digest by
// which two servers notice that they have drifted apart.
//
// It decides only: configurations come in as *objects.Config, lists of what
// differs or is to be done come out.
//
// Start at table.go, which is Table 27-1 and 27-2 of the user guide of release
// 7.0 as data. Every stored class has a row there or is named as local to each
// server. What follows reads it:
//
//	Plan     what sync update, complete or exact does to the target
//	Compare  which attributes differ
//	Clone    the batch file that makes an empty server the same
//	Digest   a sum for each class, the same if nothing that must match differs
//
// # What is compared
//
// Values in effect: an attribute that is not set counts as its default. The
// exceptions are those where unset means to ask elsewhere (see strict): in a
// policy, to ask the next one. Attributes marked LocalOnly, and those that are
// only shown, are left out everywhere.
package parity
