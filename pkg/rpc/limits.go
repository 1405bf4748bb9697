package rpc

import (
	"net"
	"sync"
	"time"
)

// Limits bound what callers can make the server hold. The zero value of a
// field takes the default.
type Limits struct {
	MessageBytes int           // one message of a logged-in session; 16 MiB
	LoginBytes   int           // one message before login; 64 KiB
	HeaderBytes  int           // 64 KiB
	Connections  int           // of each listener; 256
	PerSource    int           // of one TCP address; 64
	Streams      int           // calls at a time on one HTTP/2 connection; 32
	HeaderWait   time.Duration // for a TLS handshake or a request's headers; 10 s
	BodyWait     time.Duration // for the next piece of a request or answer to move; 60 s
	IdleWait     time.Duration // a kept-alive connection without a request; 5 min
}

func (l Limits) withDefaults() Limits {
	number := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	span := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	number(&l.MessageBytes, 16<<20)
	number(&l.LoginBytes, 64<<10)
	number(&l.HeaderBytes, 64<<10)
	number(&l.Connections, 256)
	number(&l.PerSource, 64)
	number(&l.Streams, 32)
	span(&l.HeaderWait, 10*time.Second)
	span(&l.BodyWait, time.Minute)
	span(&l.IdleWait, 5*time.Minute)
	return l
}

// listener accepts connections up to a total and a share per source; one too
// many is closed at once, so that those who hold connections open cannot make
// others wait. Each listener counts for itself: a flood on the TCP port does
// not shut the unix socket.
type listener struct {
	net.Listener
	total, perSource int

	mu    sync.Mutex
	open  int
	share map[string]int
}

func newListener(l net.Listener, total, perSource int) *listener {
	return &listener{Listener: l, total: total, perSource: perSource, share: map[string]int{}}
}

// conn is an accepted connection and who is at its other end.
type conn struct {
	net.Conn
	peer  Peer
	once  sync.Once
	leave func()
}

func (c *conn) Close() error {
	c.once.Do(c.leave)
	return c.Conn.Close()
}

// Accept returns the next connection that the limits let in.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer, err := peerOf(c)
		if err != nil || !l.enter(peer.Source) {
			_ = c.Close() // nobody we owe an answer
			continue
		}
		return &conn{Conn: c, peer: peer, leave: func() { l.leave(peer.Source) }}, nil
	}
}

func (l *listener) enter(source string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= l.total || l.share[source] >= l.perSource {
		return false
	}
	l.open++
	l.share[source]++
	return true
}

func (l *listener) leave(source string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.share[source]--; l.share[source] == 0 {
		delete(l.share, source)
	}
}
