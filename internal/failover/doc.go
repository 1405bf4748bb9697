// Package failover is the server's side of its failover relationships: it
// compiles them from the configuration, gives each a core endpoint, a link to
// the partner and the leases of its scopes, carries out what the core decides,
// and tells operators how the relationships are.
//
//	compile.go   relationships from the dhcp, scope and failover-pair objects
//	roles.go     which of the two servers this one is; resolve.go their names
//	security.go  what the link is encrypted with
//	around.go    names and own addresses that come later
//	manager.go   all relationships of a server: Prepare and Apply at a reload
//	record.go    what is kept of them beside the leases
//	area.go      whose addresses are meant: scopes may share a subnet
//	parting.go   leases that another partner, or none, is to know of; shared.go
//	             scopes that only one of the two has
//	held.go      scopes that a start does not take from a partner; standing.go
//	             goes on with their relationship
//	pair.go      one relationship at work: inbox.go what happens to it,
//	             carry.go what the core wants done
//	waiters.go   answers that wait for the partner (update-mode eager)
//	view.go      its leases, as the core sees them
//	status.go    what operators are shown; related.go and stats.go show it,
//	             notes.go remembers what differs between the servers
//	drift.go     what the stored configurations of the two servers have
//	             otherwise: stored.go sums them up, apart.go tells what lasts
//	messages.go  the lines of the server log; log.go and configlog.go write them
//
// The record of a relationship (its state, the partner's, the buckets) stays
// when it is configured away, and so does the mark in the configuration
// database that it was in service: the leases that it shared are still there.
// Configured again it goes on in PARTNER-DOWN, because the server has served
// alone meanwhile.
package failover
