package netio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// pingSocket sends and receives ICMP: through a raw socket, which sees all ICMP
// that comes to the machine, or through a datagram socket, where the kernel picks
// the identifier, passes on only what is ours, and keeps errors in a queue apart.
type pingSocket struct {
	*socket
	raw bool
}

// pingBuffer holds the replies to some thousand requests that are sent at once.
const pingBuffer = 4 << 20

func openPing() (pingSocket, error) {
	s, rawErr := newSocket("raw ICMP socket", unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP, func(fd int) error {
		if _, err := setReceiveBuffer(fd, pingBuffer); err != nil {
			return err
		}
		// The filter names the types to keep out.
		const icmpFilter = 1
		keep := uint32(1<<icmpEchoReply | 1<<icmpUnreachable | 1<<icmpTimeExceeded)
		return unix.SetsockoptInt(fd, unix.SOL_RAW, icmpFilter, int(int32(^keep)))
	})
	if rawErr == nil {
		return pingSocket{s, true}, nil
	}
	s, err := newSocket("ICMP socket", unix.AF_INET, unix.SOCK_DGRAM, unix.IPPROTO_ICMP, func(fd int) error {
		if _, err := setReceiveBuffer(fd, pingBuffer); err != nil {
			return err
		}
		return unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_RECVERR, 1)
	})
	if err != nil {
		return pingSocket{}, fmt.Errorf("%w; nor %w: the sysctl net.ipv4.ping_group_range must admit the server's group", rawErr, err)
	}
	return pingSocket{s, false}, nil
}

// send sends one ICMP message without waiting.
func (s pingSocket) send(to netip.Addr, b []byte) error {
	var err error
	attempt := func(fd uintptr) {
		err = unix.Sendto(int(fd), b, unix.MSG_DONTWAIT, &unix.SockaddrInet4{Addr: to.As4()})
		if !s.raw && err != nil {
			// The kernel reports an earlier request's fate at the next send.
			err = unix.Sendto(int(fd), b, unix.MSG_DONTWAIT, &unix.SockaddrInet4{Addr: to.As4()})
		}
	}
	if cerr := s.conn.Control(attempt); cerr != nil {
		return cerr
	}
	return err
}

// receive waits for news. ok is false if what came was none.
func (s pingSocket) receive(buf []byte) (n news, ok bool, err error) {
	var errno error
	read := func(fd uintptr) bool {
		var size int
		var from unix.Sockaddr
		size, from, errno = unix.Recvfrom(int(fd), buf, unix.MSG_DONTWAIT)
		switch {
		case errno == nil:
			n, ok = s.parse(from, buf[:size])
		case !s.raw:
			var none bool
			if n, ok, none = readErrorQueue(int(fd), buf); !none {
				errno = nil
			}
		}
		return !errors.Is(errno, unix.EAGAIN) && !errors.Is(errno, unix.EINTR)
	}
	if err := s.conn.Read(read); err != nil {
		return n, false, err
	}
	if errno != nil {
		return n, false, os.NewSyscallError("recvfrom", errno)
	}
	return n, ok, nil
}

func (s pingSocket) parse(from unix.Sockaddr, b []byte) (news, bool) {
	if s.raw {
		source, inner, ok := stripIP(b, 12)
		if !ok {
			return news{}, false
		}
		return parseICMP(source, inner)
	}
	peer, ok := from.(*unix.SockaddrInet4)
	if !ok {
		return news{}, false
	}
	return parseICMP(netip.AddrFrom4(peer.Addr), b)
}

// readErrorQueue takes one error about an echo request of ours: the data is the
// request, the address is where it went. none says that the queue was empty.
func readErrorQueue(fd int, buf []byte) (n news, ok, none bool) {
	var oob [256]byte
	size, oobn, _, to, err := unix.Recvmsg(fd, buf, oob[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
	if err != nil {
		return n, false, true
	}
	peer, isInet := to.(*unix.SockaddrInet4)
	messages, err := syscall.ParseSocketControlMessage(oob[:oobn])
	if err != nil || !isInet || size < icmpHeaderLen || buf[0] != icmpEchoRequest {
		return n, false, false
	}
	n.to, n.answer = netip.AddrFrom4(peer.Addr), Unreachable
	n.id, n.seq = binary.BigEndian.Uint16(buf[4:]), binary.BigEndian.Uint16(buf[6:])
	for _, m := range messages {
		// struct sock_extended_err: errno, origin, ICMP type, code, ...
		if m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_RECVERR && len(m.Data) >= 8 &&
			m.Data[4] == unix.SO_EE_ORIGIN_ICMP && m.Data[5] == icmpTimeExceeded {
			n.answer = TTLExpired
		}
	}
	return n, true, false
}
