// Package rpc carries the admin service (proto/leasehold/admin/v1/admin.proto)
// between a server and its administrators: the server's listeners with their
// limits, the client's Dial, and the translation of refusals.
//
// Server side, [Listen] opens the unix socket DATA/rpc.sock, whose callers the
// kernel names (peer credentials), and optionally a TCP port with TLS 1.3 and
// a certificate of the server's own. A call reaches the service only after a
// [Guard] has accepted its token; until then nothing but its headers is read,
// except a short Login message. Whatever else arrives on the port is bounded
// in size and time and answered or dropped without effect.
//
// Client side, [Dial] connects to unix:PATH, localhost or host[:port]. A TCP
// server's certificate is pinned, checked against a file of authorities, or
// trusted on first use and refused when it changes.
//
// The package knows nothing about objects but their errors; what the calls do
// is internal/admin's, what they look like is internal/shell's.
package rpc
