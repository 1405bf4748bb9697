// Package sim runs pairs of failover servers in one goroutine: the real core,
// the real binding rules and the real lease table, with a virtual clock, disks
// that lose what they had not written yet, connections that break, clients
// that come, renew, move and vanish, and operators who are sometimes wrong.
// Everything that happens is drawn from a seed, so that what went wrong once
// goes wrong again; checkers look at every step.
//
//	story.go      schedules as text, the form in which a failure is kept
//	schedule.go   what a schedule consists of
//	generate.go   schedules drawn from a seed
//	minimise.go   a failing schedule made small
//	run.go        one run: seed or schedule in, verdict out
//	world.go      time, events, trace
//	node.go       a server: process, clock, memory, disk
//	disk.go       what becomes durable when
//	endpoint.go   a core machine at work, as internal/failover carries it out
//	view.go       the leases as the core sees them
//	serve.go      DISCOVER, renew.go the rest: the server's decisions
//	client.go     DHCP clients with the timers of RFC 2131
//	link.go       connections between servers
//	dhcpd.go      a partner that behaves like ISC dhcpd 4.4, in dhcpd_*.go
//	broke.go      the rules that it breaks
//	operate.go    what a schedule may do, trigger.go when
//	risk.go       whether somebody has taken a risk, so that anything goes
//	healing.go    the end of all faults, and what must become of it
//	s1.go ... l6.go  one checker each, named as in docs/failover.md
package sim
