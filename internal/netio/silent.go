package netio

// Silent is a network for tests, on which nothing is ever heard until End is
// closed, and what is sent goes nowhere.
type Silent struct{ End <-chan struct{} }

// Serve waits for the end.
func (s Silent) Serve(func([]*Packet)) error { <-s.End; return nil }

// Send takes everything.
func (s Silent) Send([]Datagram) int { return 0 }

// Interfaces lists none.
func (s Silent) Interfaces() []Interface { return nil }

// Interface knows none.
func (s Silent) Interface(int) (Interface, bool) { return Interface{}, false }
