package rpc

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// Peer is who stands at the other end of a call's connection.
type Peer struct {
	// Source is where the call came from, for the change log and for the
	// delay after bad passwords: "unix", or the IP address.
	Source string
	// Trusted is true on the unix socket for root and the server's own user:
	// they need no password.
	Trusted bool
	UID     uint32 // unix socket only
	PID     int32
}

type peerKey struct{}

// PeerFrom returns the peer of a call, which the listener has put into its
// context.
func PeerFrom(ctx context.Context) Peer {
	p, _ := ctx.Value(peerKey{}).(Peer)
	return p
}

// WithPeer returns a context whose calls come from p.
func WithPeer(ctx context.Context, p Peer) context.Context {
	return context.WithValue(ctx, peerKey{}, p)
}

func connContext(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if known, ok := c.(*conn); ok {
		return WithPeer(ctx, known.peer)
	}
	return ctx
}

// peerOf asks the kernel (unix socket) or the address (TCP).
func peerOf(c net.Conn) (Peer, error) {
	u, ok := c.(*net.UnixConn)
	if !ok {
		host, _, err := net.SplitHostPort(c.RemoteAddr().String())
		if err != nil {
			return Peer{}, fmt.Errorf("read peer address: %w", err)
		}
		return Peer{Source: host}, nil
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return Peer{}, fmt.Errorf("read peer credentials: %w", err)
	}
	var cred *unix.Ucred
	var credErr error
	if err := raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return Peer{}, fmt.Errorf("read peer credentials: %w", err)
	}
	if credErr != nil {
		return Peer{}, fmt.Errorf("read peer credentials: %w", credErr)
	}
	return Peer{
		Source:  "unix",
		Trusted: cred.Uid == 0 || cred.Uid == uint32(os.Geteuid()),
		UID:     cred.Uid,
		PID:     cred.Pid,
	}, nil
}
