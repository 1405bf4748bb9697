// Package packet reads and writes DHCPv4 and BOOTP messages and knows the
// rules that RFC 951, 1542, 2131, 2132, 3046 and 3396 set for their form. It is
// pure: no socket, no clock, no goroutine.
//
// One design for both directions. A received datagram is indexed where it
// lies: [Message.Decode] copies the fixed fields, checks every option's bounds
// once and keeps slices into the datagram, in wire order. Only an option that
// came in several pieces (RFC 3396) is put together in memory of the message's
// own. An answer is a [Reply]: fixed fields plus a list of options in the order
// in which they leave; [Reply.Append] lays them out, and alone decides about
// overload, size and padding. Both kinds are meant to be reused: neither
// allocates once it is warm.
//
// The DHCP library (github.com/insomniacslk/dhcp, imported here and nowhere
// else) gives the names: option codes, message types, and the readable form of
// option values in a [Dump]. Its codec keeps options in a map and is used only
// by the tests, as a second opinion: it does not read overloaded fields, forgets
// the options' order, and does not keep to a client's maximum message size.
//
// Start with Message in message.go, then Reply in reply.go; where an answer
// goes is in destination.go.
package packet
