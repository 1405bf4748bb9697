// Package holders watches the DHCP packets of a network and keeps who holds
// which address: the judge of "no address is given to two clients". It hears
// what the clients hear and knows nothing of the servers.
//
// A lease runs, for its client, from the moment that the client sent its
// REQUEST (RFC 2131 section 4.4.1), and ends with its time, a RELEASE, a
// DECLINE, or a NAK of the address.
package holders
