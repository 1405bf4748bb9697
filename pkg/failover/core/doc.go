// Package core is the failover endpoint of draft-ietf-dhc-failover-12: the
// state machine of one server in one relationship. It decides and has no
// effects: no clock, no goroutine, no I/O, no random choice. The same inputs
// give the same outputs.
//
//	m := core.New(cfg, snapshot, view, now)
//	m.Step(now, input)
//	for _, out := range m.Take() { ... }   // carry out, in order
//	at, ok := m.Deadline()                 // Step(now, Timeout{}) then
//
// The rules about one lease are in package binding, the connection in package
// link, the leases in internal/lease: the core sees them through a [View] and
// changes one in three steps, so that a lease never has two writers: it asks
// to [Hold] an address, is told [Held], and either [Write]s (and is told
// [Written] when that is on disk) or lets it [Go].
//
// Start with the table in transitions.go, then the files that the comment of
// [Machine] lists, then the stories in testdata.
package core
