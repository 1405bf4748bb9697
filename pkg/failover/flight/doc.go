// Package flight is the flight recorder of failover endpoints: what their cores
// were told, and what they looked at while they decided, line by line, so that a
// conversation can be run again without a partner, a lease or a clock.
//
//	recorder.go  writes: a line before each step, and one behind it
//	player.go    runs the lines again, and says where a core does otherwise now
//	line.go      what stands in a line
//	codec.go     values as JSON, with strings of any octets
//
// The core has no effects and no sources but its inputs and its view of the
// leases; with both it does again what it did.
package flight
