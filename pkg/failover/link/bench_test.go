package link

import (
	"net/netip"
	"testing"

	"leasehold/internal/clock"
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// answerer sends a BNDACK for each BNDUPD, asker counts them.
type answerer struct {
	*recorder
	conn *Conn
}

func (a *answerer) Up(u Up) { a.conn = u.Conn }

func (a *answerer) Message(m wire.Message) {
	upd, ok := m.Body.(wire.BNDUPD)
	if !ok {
		return
	}
	ack := wire.BNDACK{Answers: make([]wire.Answer, len(upd.Bindings))}
	for i := range upd.Bindings {
		ack.Answers[i].Address = upd.Bindings[i].Address
	}
	if err := a.conn.Send(m.XID, ack); err != nil {
		a.tb.Error(err)
	}
}

type asker struct {
	*recorder
	window chan struct{}
}

func (a asker) Message(m wire.Message) {
	if _, ok := m.Body.(wire.BNDACK); ok {
		<-a.window
	}
}

// BenchmarkUpdates is binding updates and their acknowledgements through two
// links, with the window that the servers announce.
func BenchmarkUpdates(b *testing.B) {
	for _, batch := range []int{1, 20} {
		b.Run(map[int]string{1: "single", 20: "batched"}[batch], func(b *testing.B) {
			port := free(b)
			ask := asker{newRecorder(b, "asker"), make(chan struct{}, defaultMaxUnacked)}
			answer := &answerer{recorder: newRecorder(b, "answerer")}
			if _, err := newHub(b, clock.Real{}).Add(config("bench", lease.Secondary, 3, 2, port), answer); err != nil {
				b.Fatal(err)
			}
			if _, err := newHub(b, clock.Real{}).Add(config("bench", lease.Primary, 2, 3, port), ask); err != nil {
				b.Fatal(err)
			}
			conn := await[Up](ask.recorder).Conn
			var upd wire.BNDUPD
			for i := range batch {
				upd.Bindings = append(upd.Bindings, wire.Binding{
					Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), Status: wire.StatusActive,
					HW: wire.HW{Type: 1, Len: 6}, Expiration: 2e9, PotentialExpiration: 2e9, StateStart: 1e9, LastTransaction: 1e9,
				})
			}
			b.ResetTimer()
			for i := range b.N {
				ask.window <- struct{}{}
				if err := conn.Send(uint32(i+2), upd); err != nil {
					b.Fatal(err)
				}
			}
			for range cap(ask.window) {
				ask.window <- struct{}{} // until the last one is acknowledged
			}
			b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "bindings/s")
		})
	}
}
