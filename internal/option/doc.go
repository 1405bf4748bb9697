// Package option knows the DHCPv4 options: which exist, what their values are,
// how an operator writes a value and which bytes go on the wire.
//
// The built-in options are one table (table.go, sub-options in suboptions.go).
// A [Catalog] is that table plus what a configuration adds: definitions of the
// set dhcp-custom and vendor sets. A [Def] turns text into canonical text,
// canonical text into bytes and bytes into text; it is the only code that does.
//
// The canonical text of a value is what objects hold: parsed again it gives
// itself, and equal values have equal texts.
//
// The package decides nothing about which option goes into which reply, and
// has no clock, file or socket.
//
// Start at table.go, then def.go.
package option
