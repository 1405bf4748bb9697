package link

// Peer is one relationship.
type Peer struct {
	cfg     Config
	hub     *Hub
	handler Handler
}

// Status tells how the connection is.
func (p *Peer) Status() Status { return Status{} }

// Close ends the relationship, with a DISCONNECT that carries text, and
// returns when its handler will not be called again.
func (p *Peer) Close(text string) {}
