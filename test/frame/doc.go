// Package frame reads and writes the few kinds of Ethernet frames that DHCP
// clients and those who watch them need: UDP over IPv4, and ARP.
package frame
