// Package clients is a population of DHCP clients on one interface, each a
// whole automaton of RFC 2131: it selects, renews at T1 by unicast to its
// server, rebinds at T2 by broadcast, restarts, releases, and answers ARP for
// its address. It keeps an account of what a user of each would have noticed:
// a lease that ran out, an address that changed, a refusal.
package clients
