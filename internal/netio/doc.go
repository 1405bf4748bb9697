// Package netio is the DHCP server's contact with the network: UDP sockets read
// and written in batches, Ethernet frames for clients that have no address yet,
// the machine's interfaces, and echo requests. It knows nothing of DHCP beyond
// its ports; what is sent where is decided elsewhere.
//
// # Sockets
//
// [Listen] has two forms. With interfaces, each gets a socket bound to the
// device (SO_BINDTODEVICE) and to no address, so that broadcasts are heard and
// answered on the right link, and other DHCP servers may serve other interfaces
// of the machine. One more socket, bound to no device, sends what is unicast: an
// answer to a relay follows the routing table, not the interface that the
// request came in by. It hears nothing.
//
// With an address alone, one socket is bound to the address and a second one to
// the limited broadcast address of the interface that has it: a socket bound to
// a unicast address hears no broadcasts. This form needs no privilege on ports
// above 1023, and lets several servers live side by side on one machine.
//
// Frames leave by one AF_PACKET socket for all interfaces. Where it cannot be
// had (no CAP_NET_RAW) or an interface is not Ethernet, such answers are
// broadcast instead, as RFC 2131 section 4.1 allows; Listen says so once.
//
// All sockets are opened by Listen and NewPinger, before root is dropped. Rescan
// alone opens more, for interfaces that appeared later, and for those needs
// CAP_NET_BIND_SERVICE to be kept if the port is below 1024.
//
// # Batches
//
// Datagrams are read with recvmmsg and written with sendmmsg, called directly
// (mmsg.go) and not through golang.org/x/net/ipv4: that allocates an address for
// each datagram read and cannot address AF_PACKET sockets. Measured on a busy
// machine of two cores: 1.1 microseconds and no allocation for a datagram received,
// against 1.3 and five (BenchmarkReceive, BenchmarkReceiveNetIPv4).
//
// Each datagram comes with how long it lay in the socket's queue (Packet.Waited):
// that of a server which stands still fills up, and what is in it is old when the
// server goes on.
//
// Start with Conn in conn.go; echo requests are in pinger.go.
package netio
