// Package hub joins network namespaces by an Ethernet hub in user space that
// loses and delays frames as it is told, in each direction by itself. It needs
// nothing of the kernel but TAP interfaces.
package hub
