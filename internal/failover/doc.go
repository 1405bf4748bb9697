// Package failover is the server's side of its failover relationships: it
// compiles them from the configuration, gives each a core endpoint, a link to
// the partner and the leases of its scopes, carries out what the core decides,
// and tells operators how the relationships are.
//
//	compile.go   relationships from the dhcp, scope and failover-pair objects
//	manager.go   all relationships of a server: Prepare and Apply at a reload
//	pair.go      one relationship at work
//	view.go      its leases, as the core sees them
//	status.go    what operators are shown
package failover
