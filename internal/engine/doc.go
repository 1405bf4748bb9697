// Package engine is the DHCPv4 server between the sockets and the lease
// store: it owns the compiled configuration (the plan) and the packet path.
//
// A packet passes the stages of [stageTable] in order, on one pooled
// *exchange: parse, classify, select scope, lease, commit, respond. A stage
// says next, drop or nak with one outcome of the fixed table in outcome.go;
// every packet that is received ends in exactly one of them, counted per scope
// and in total.
//
// The packet path reads the plan and nothing else of the configuration.
// Compile makes a whole plan or says every reason why it cannot; Reload swaps
// one pointer.
//
// A DHCPACK leaves only from the store's confirmation that its lease is on
// disk (commit.go). What this server may answer, give, and for how long is
// decided in authority.go alone.
//
// The package never opens a socket or a file and never reads the clock but
// through clock.Clock.
//
// Start at server.go, then stages.go, then the file of the stage in question.
package engine
