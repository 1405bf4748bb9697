// Package binding has the rules of draft-ietf-dhc-failover-12 for one lease:
// who may give an address, for how long, what the partner is told of it, and
// what becomes of it when the partner tells something else.
//
// Every rule is one pure function of a lease and an [Authority], which is the
// state of the relationship as one comparable value; the time is an argument.
// The server states change in package core, leases live in internal/lease.
//
//	authority.go  who is answered, who may give what (section 12.1 of the
//	              table in docs/failover.md)
//	status.go     a lease's binding-status, and whose a free address is
//	grant.go      the MCLT rule: how long, and what to promise the partner
//	update.go     a lease as the binding update that tells the partner of it
//	accept.go     whether a binding update of the partner is accepted
//	taken.go      what becomes of our lease then
//	acked.go      our binding update acknowledged or refused
//	transfer.go   free addresses that change hands
//	doubt.go      leases that a server may have extended before it lost its disk
//	reuse.go      when a survivor may give away what its partner may have given
//	balance.go    how many free addresses should change hands
//	buckets.go    load balancing by the client's hash
package binding
