// Package lease is the lease table: the working copy in memory of every
// lease, its indexes, the order in which addresses are given, and the state
// machine of one lease.
//
// It decides and remembers; it never reads a clock, opens a file, starts a
// goroutine or draws a random choice: the time is an argument, and the same
// calls give the same addresses. Writing leases to disk is the store's work
// (interface Store), talking to clients the engine's.
//
// Start with record.go (what a lease is), then state.go (one pure function
// per event), then table.go (the table and its locks). testdata/ tells
// operators' stories. DESIGN.md has the memory layout and why it is so.
package lease
