// Package store keeps what must survive a restart, in two SQLite files of the
// data folder: the configuration (config.db) and the leases (leases.db). It
// owns their schemas, their migrations and everything that makes a write
// durable; it decides nothing about leases or configuration.
//
// Start at config.go (objects and their change log), leases.go (the lease
// database behind lease.Store) and committer.go (group commit: no waiter hears
// of success before its row is on disk). migrate.go opens files of any known
// version, errors.go names what can go wrong. DESIGN.md tells why the lease
// path is built as it is, with the measurements.
//
// The package never starts empty over a file it cannot read, and never
// answers for a row that is not on disk.
package store
