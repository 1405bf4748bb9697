// Package wire is the message and option codec of the failover protocol,
// draft-ietf-dhc-failover-12 with its errata decided: what two servers' octets
// mean, and nothing about what to do with them.
//
// The tables come first: message types in types.go, options in options.go,
// the numbers inside options in values.go. Encoder, decoder, checks and the
// dump for logs read them.
//
// A stream becomes frames in a [Splitter], a frame becomes a [Message] with
// one of the typed bodies of body.go in [Decode], and a [Profile] writes it
// again in the way the partner understands: [Draft] for any implementation,
// [Own] between two of ours, [ISC] for a dhcpd. [Raw] is the same message as a
// list of options, octet for octet, unknown ones included.
//
// What is wrong with a message is an [Error] and says how far it reaches:
// the connection, the CONNECT, or one binding update of a batch.
//
// The package has no socket, no clock and no state beyond a Splitter's partial
// message. Correcting times for clock skew is not done here.
package wire
