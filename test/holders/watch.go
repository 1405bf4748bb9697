//go:build linux

package holders

import (
	"bytes"
	"os"
	"time"

	"leasehold/internal/packet"
	"leasehold/test/frame"
	"leasehold/test/netns"
)

// Watcher feeds a ledger from an interface.
type Watcher struct {
	*Ledger
	file *os.File
	done chan struct{}
}

// Watch listens on an interface: on a bridge, it hears all of the bridge's ports.
func Watch(namespace, ifc string, l *Ledger) (*Watcher, error) {
	file, err := netns.Packets(namespace, ifc)
	if err != nil {
		return nil, err
	}
	w := &Watcher{Ledger: l, file: file, done: make(chan struct{})}
	go w.listen()
	return w, nil
}

func (w *Watcher) listen() {
	defer close(w.done)
	buf := make([]byte, 1<<16)
	for {
		n, err := w.file.Read(buf)
		if err != nil {
			if os.IsTimeout(err) {
				continue
			}
			return
		}
		u, ok := frame.ReadUDP(buf[:n])
		if !ok || u.Dst.Port() != 67 && u.Dst.Port() != 68 {
			continue
		}
		if m, err := packet.Parse(bytes.Clone(u.Data)); err == nil {
			w.See(time.Now(), m)
		}
	}
}

// Stop ends listening.
func (w *Watcher) Stop() {
	w.file.Close()
	<-w.done
}
