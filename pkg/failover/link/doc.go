// Package link is the TCP side of failover: it brings two servers together,
// keeps the connection alive and turns its octets into messages. What the
// messages mean is package core's, how they are written package wire's.
//
// A [Hub] owns the listeners of a server; each relationship is a [Peer] in it.
// A connection that carried CONNECT and CONNECTACK is a [Conn]: the [Handler]
// is told Up, then every message, then Down, in order and never two at once.
//
//	hub.go        the relationships of a server
//	listener.go   a local address, and which relationship a connection is for
//	peer.go       one relationship: who connects when, which connection stays
//	dial.go       the connections that this server opens
//	handshake.go  CONNECT and CONNECTACK judged, pure (draft-12 section 7.8.2)
//	timing.go     when to send CONTACT, give up, try again; pure
//	opening.go    a connection up to its CONNECTACK; tls.go where it takes a turn
//	conn.go       a connection in use; intake.go and outbox.go its two halves
//	refusal.go    what was refused, counted
//
// Nothing here waits on the handler to keep a connection alive, and nothing
// that a partner or a stranger sends can cost more than its own connection.
// The clock is an argument; only the last second of a closing socket is timed
// by the kernel.
package link
