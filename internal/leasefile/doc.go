// Package leasefile reads and writes the lease exchange file of nrcmd's
// "export leases" and "import leases": one lease a line, twelve fields, each
// ended by a bar. Fields left empty keep their bar.
//
//	 1  hardware address      00:d0:ba:d3:bd:3b
//	 2  hardware type         1
//	 3  hardware length       6
//	 4  IP address            192.168.50.101
//	 5  start of the lease    Mon Nov 18 22:11:12 2013 (GMT)
//	 6  expiration            the same, or forever
//	 7  allowable extension   the same
//	 8  last transaction      the same
//	 9  DHCP server           192.168.50.1
//	10  host name             without its domain
//	11  domain name
//	12  VPN, client id        red, x1-6-00-a0-24-2e-9c-20 or red/x1-6-...
//
// A time may also be given as seconds since 1970. Bytes of names that are no
// plain characters are written as \xHH, so any name survives the round trip.
// Empty lines and lines that begin with # are skipped.
//
// Two more forms are those of other servers: dhcpd.leases of ISC dhcpd and the
// memfile of Kea. Both are logs, where the last entry of an address counts.
//
// The package has no clock, opens no file and keeps no lease: a Scan reads a
// file twice, for what is wrong with it and which entries count, and then to
// hand those out one by one. A file of any length costs a line of memory, and of
// the logs 8 bytes for each address. Start with Read.
package leasefile
