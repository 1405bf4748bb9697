// Package mutants proves that the simulator bites: it puts one fault after the
// other into the rules of core, binding and lease, each a changed expression
// or line, and has the simulator find it.
//
//	make mutants                          all of them; writes the table
//	run -only NAME [-v]                   one
//
//	mutant.go    what a fault is; every one must apply exactly
//	state.go     faults of the state machine, exchange.go of the talk between
//	             two servers, address.go of the rules of one address,
//	             mended.go rules that were mended, history.go those that ISC's
//	             release notes tell of
//	build.go     building the simulator with a fault in it (go build -overlay)
//	hunt.go      running it, beside the simulator without the fault
//	results.go   what is known already, and the table in the documentation
//	probe        the program that is built: seeds in, the first failure out
//
// The simulated machine, its network and its clients (package sim) are never
// changed: the checkers must find a fault of the rules, not of themselves.
package mutants
