package admin

import (
	"net"
	"sync/atomic"
	"testing"
)

// cutter passes connections on until it cuts them, or a number of octets went by.
type cutter struct {
	l     net.Listener
	conns chan net.Conn
	left  atomic.Int64
}

// plenty is more octets than any test passes on.
const plenty = 1 << 30

func newCutter(t testing.TB, at, to string, octets int64) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", at+":0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{l: l, conns: make(chan net.Conn, 100)}
	c.left.Store(octets)
	t.Cleanup(c.cut)
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				_ = in.Close()
				continue
			}
			c.conns <- in
			c.conns <- out
			go c.pass(in, out)
			go c.pass(out, in)
		}
	}()
	return c
}

func (c *cutter) pass(to, from net.Conn) {
	buffer := make([]byte, 512)
	for {
		n, err := from.Read(buffer)
		if left := c.left.Add(-int64(n)); left < 0 {
			c.cut()
			return
		}
		if err == nil {
			_, err = to.Write(buffer[:n])
		}
		if err != nil {
			_ = to.Close()
			_ = from.Close()
			return
		}
	}
}

func (c *cutter) address() string { return c.l.Addr().String() }

func (c *cutter) port() string {
	_, port, _ := net.SplitHostPort(c.address())
	return port
}

// cut breaks all connections and takes no new ones.
func (c *cutter) cut() {
	_ = c.l.Close()
	for {
		select {
		case conn := <-c.conns:
			_ = conn.Close()
		default:
			return
		}
	}
}
