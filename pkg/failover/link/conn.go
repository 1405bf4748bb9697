package link

import "leasehold/pkg/failover/wire"

// Conn is one connection to a partner. What is sent on a Conn never reaches
// the partner on a later one, so that an answer stays with its question.
type Conn struct{}

// Send sends a message in the partner's profile, behind those before it. It
// does not wait. After the connection has ended it returns ErrClosed, else only
// an error of a message that cannot be sent to this partner.
func (c *Conn) Send(xid uint32, body wire.Body) error { return nil }

// Hangup ends the connection, with a DISCONNECT where reason is not 0. Down
// follows. The relationship then connects again.
func (c *Conn) Hangup(reason wire.Reason, text string) {}
