package link

import (
	"io"
	"net"
	"testing"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// FuzzConnection feeds a server whatever a partner may send, before CONNECT or
// after, in pieces of any size: it ends, and each Up with its Down.
func FuzzConnection(f *testing.F) {
	port := free(f)
	h := NewHub(clock.NewManual(time.Unix(1e9, 0)), nil)
	defer h.Close("")
	handler := &counting{}
	p, err := h.Add(patient(lease.Secondary, port), handler)
	if err != nil {
		f.Fatal(err)
	}
	var connect []byte
	for _, body := range []wire.Body{
		goodConnect("pair"), goodConnect("other"), goodAck("pair"), wire.CONTACT{}, wire.UPDREQ{},
		wire.STATE{State: wire.StateNormal}, wire.DISCONNECT{Reason: 1, Text: "x"},
	} {
		frame, err := wire.Draft.Encode(wire.Message{Time: 1e9, XID: 1, Body: body})
		if err != nil {
			f.Fatal(err)
		}
		if connect == nil {
			connect = frame
		}
		f.Add(frame, uint8(7), false)
		f.Add(frame, uint8(200), true)
		f.Add(append(frame, frame...), uint8(3), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, piece uint8, connected bool) {
		if len(data) > 8192 {
			return
		}
		ours, theirs := net.Pipe()
		go io.Copy(io.Discard, theirs)
		o := newOpening(p.listener, ours, false)
		o.remote = at(3, 1)
		done := make(chan struct{})
		go func() {
			defer close(done)
			if c := o.open(time.Minute); c != nil {
				c.run()
			}
		}()
		if connected {
			theirs.Write(connect)
		}
		for n := int(piece) + 1; len(data) > 0; data = data[min(n, len(data)):] {
			if _, err := theirs.Write(data[:min(n, len(data))]); err != nil {
				break
			}
		}
		theirs.Close()
		<-done
		if handler.ups != handler.downs {
			t.Errorf("%d connections came up, %d went down", handler.ups, handler.downs)
		}
		if connected && !p.Status().Since.Equal(time.Unix(1e9, 0)) {
			t.Error("it never connected")
		}
	})
}

// counting is for one connection at a time.
type counting struct{ ups, downs int }

func (c *counting) Up(Up)                { c.ups++ }
func (c *counting) Message(wire.Message) {}
func (c *counting) Down(Down)            { c.downs++ }
func (c *counting) Notice(Notice)        {}
