package netio

import (
	"fmt"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// socket is an open socket in Go's poller: reads and writes park their
// goroutine, Close wakes them.
type socket struct {
	name    string // for messages: "port 67 on eth0"
	file    *os.File
	conn    syscall.RawConn
	ifindex int // the device it is bound to, 0 if none
	dropped atomic.Uint64
	closed  atomic.Bool
}

func (s *socket) close() {
	s.closed.Store(true)
	s.file.Close()
}

// gone says whether an error of the socket's means that it was closed; the
// poller's own error for that cannot be named here.
func (s *socket) gone() bool { return s.closed.Load() }

// newSocket opens a socket and has set prepare and bind it.
func newSocket(name string, domain, typ, proto int, set func(fd int) error) (*socket, error) {
	fd, err := unix.Socket(domain, typ|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, proto)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, explain(os.NewSyscallError("socket", err)))
	}
	if err := set(fd); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("open %s: %w", name, explain(err))
	}
	s := &socket{name: name, file: os.NewFile(uintptr(fd), name)}
	if s.conn, err = s.file.SyscallConn(); err != nil {
		s.file.Close()
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return s, nil
}

// udpOptions are what the forms of UDP socket differ in.
type udpOptions struct {
	device  string     // bind to this interface
	address netip.Addr // bind to this address
	port    uint16
	share   bool // let other sockets that share be bound to the same address and port
	yield   bool // bind beside sockets that share, but let nobody bind beside this one
	deaf    bool // only sends
	buffer  int  // receive buffer wanted
}

// openUDP opens a UDP socket and returns the receive buffer that it got.
func openUDP(name string, o udpOptions) (*socket, int, error) {
	got := 0
	s, err := newSocket(name, unix.AF_INET, unix.SOCK_DGRAM, 0, func(fd int) (err error) {
		for _, opt := range []struct{ level, name int }{
			{unix.IPPROTO_IP, unix.IP_PKTINFO},
			{unix.SOL_SOCKET, unix.SO_RXQ_OVFL},
			{unix.SOL_SOCKET, unix.SO_TIMESTAMPNS},
			{unix.SOL_SOCKET, unix.SO_BROADCAST},
		} {
			if err := unix.SetsockoptInt(fd, opt.level, opt.name, 1); err != nil {
				return err
			}
		}
		if o.device != "" {
			if err := unix.BindToDevice(fd, o.device); err != nil {
				return err
			}
		}
		if o.deaf {
			if err := dropAll(fd); err != nil {
				return err
			}
		} else if got, err = setReceiveBuffer(fd, o.buffer); err != nil {
			return err
		}
		return bindUDP(fd, o)
	})
	return s, got, err
}

// bindUDP binds the socket. The kernel lets two sockets have one port while both
// have SO_REUSEADDR. It is taken off again unless sharing is meant: left on, it
// would let another server take the port too, and each would hear half.
func bindUDP(fd int, o udpOptions) error {
	if o.share || o.yield {
		if err := setReuse(fd, true); err != nil {
			return err
		}
	}
	to := &unix.SockaddrInet4{Port: int(o.port)}
	if o.address.Is4() {
		to.Addr = o.address.As4()
	}
	if err := unix.Bind(fd, to); err != nil {
		return err
	}
	if o.yield {
		return setReuse(fd, false)
	}
	return nil
}

func setReuse(fd int, on bool) error {
	v := 0
	if on {
		v = 1
	}
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, v)
}

// setReceiveBuffer asks for size octets: beyond the system's limit if
// privileged, else up to it. The kernel doubles what it is asked for to pay for
// its bookkeeping; the result is what it says it has.
func setReceiveBuffer(fd, size int) (int, error) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) != nil {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, size); err != nil {
			return 0, err
		}
	}
	return unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
}

// dropAll attaches a filter that lets nothing in.
func dropAll(fd int) error {
	drop := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(drop)), Filter: &drop[0]})
}

// openRaw opens the AF_PACKET socket that frames leave by. It is bound to no
// protocol and therefore hears nothing.
func openRaw() (*socket, error) {
	return newSocket("raw socket", unix.AF_PACKET, unix.SOCK_RAW, 0, func(int) error { return nil })
}
