// Package isc knows the files and the log of ISC's dhcpd 4.4: it writes a
// configuration with a failover peer, and reads the lease file and what the
// log says of failover.
package isc
