package netio

import (
	"encoding/binary"
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// batchSize is how many datagrams one system call moves at most.
const batchSize = 64

// mmsghdr is the kernel's struct mmsghdr.
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

// pktinfo is the kernel's struct in_pktinfo.
type pktinfo struct {
	ifindex int32
	specDst [4]byte
	addr    [4]byte
}

const (
	pktinfoLen  = int(unsafe.Sizeof(pktinfo{}))
	timespecLen = int(unsafe.Sizeof(unix.Timespec{}))
)

// oobLen has room for IP_PKTINFO, SO_RXQ_OVFL and SCM_TIMESTAMPNS.
var oobLen = unix.CmsgSpace(pktinfoLen) + unix.CmsgSpace(4) + unix.CmsgSpace(timespecLen)

// receiver reads batches from one socket. It is for one goroutine.
type receiver struct {
	conn  syscall.RawConn
	hdrs  [batchSize]mmsghdr
	iovs  [batchSize]unix.Iovec
	names [batchSize]unix.RawSockaddrInet4
	oob   []byte

	call  func(fd uintptr) bool // recvmmsg bound to the receiver, so that a read allocates no closure
	n     int
	errno syscall.Errno

	overflow uint32 // SO_RXQ_OVFL as last seen: datagrams that the kernel dropped in all
	// now is when a batch was read, by the clock that the kernel stamps datagrams
	// with: clock.Clock may show another time.
	now unix.Timespec
}

func newReceiver(conn syscall.RawConn) *receiver {
	r := &receiver{conn: conn, oob: make([]byte, batchSize*oobLen)}
	r.call = r.recvmmsg
	for i := range r.hdrs {
		h := &r.hdrs[i].hdr
		h.Name = (*byte)(unsafe.Pointer(&r.names[i]))
		h.Control = &r.oob[i*oobLen]
		h.Iov = &r.iovs[i]
		h.SetIovlen(1)
	}
	return r
}

// read waits for datagrams and puts them into ps, whose entries are all set. It
// returns how many.
func (r *receiver) read(ps []*Packet) (int, error) {
	ps = ps[:min(len(ps), batchSize)]
	for i, p := range ps {
		r.iovs[i].Base = &p.buf[0]
		r.iovs[i].SetLen(len(p.buf))
		h := &r.hdrs[i].hdr
		h.Namelen = unix.SizeofSockaddrInet4
		h.SetControllen(oobLen)
	}
	r.n = len(ps)
	if err := r.conn.Read(r.call); err != nil {
		return 0, err
	}
	if r.errno != 0 {
		return 0, os.NewSyscallError("recvmmsg", r.errno)
	}
	if err := unix.ClockGettime(unix.CLOCK_REALTIME, &r.now); err != nil {
		return 0, os.NewSyscallError("clock_gettime", err)
	}
	for i, p := range ps[:r.n] {
		r.fill(p, i)
	}
	return r.n, nil
}

func (r *receiver) recvmmsg(fd uintptr) bool {
	n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&r.hdrs[0])), uintptr(r.n),
		unix.MSG_DONTWAIT, 0, 0)
	if errno == unix.EAGAIN || errno == unix.EINTR {
		return false
	}
	r.n, r.errno = int(n), errno
	return true
}

func (r *receiver) fill(p *Packet, i int) {
	h := &r.hdrs[i]
	p.Data = p.buf[:h.len:h.len]
	p.Truncated = h.hdr.Flags&unix.MSG_TRUNC != 0
	name := &r.names[i]
	p.From = netip.AddrPortFrom(netip.AddrFrom4(name.Addr), ntohs(name.Port))
	p.To, p.Local, p.IfIndex = netip.IPv4Unspecified(), netip.IPv4Unspecified(), 0
	p.Waited = 0
	oob := r.oob[i*oobLen : i*oobLen+int(h.hdr.Controllen)]
	for len(oob) >= unix.SizeofCmsghdr {
		c := (*unix.Cmsghdr)(unsafe.Pointer(&oob[0]))
		if int(c.Len) < unix.SizeofCmsghdr || int(c.Len) > len(oob) {
			return
		}
		data := oob[unix.CmsgLen(0):c.Len]
		switch {
		case c.Level == unix.IPPROTO_IP && c.Type == unix.IP_PKTINFO && len(data) >= pktinfoLen:
			info := (*pktinfo)(unsafe.Pointer(&data[0]))
			p.IfIndex = int(info.ifindex)
			p.To, p.Local = netip.AddrFrom4(info.addr), netip.AddrFrom4(info.specDst)
		case c.Level == unix.SOL_SOCKET && c.Type == unix.SO_RXQ_OVFL && len(data) >= 4:
			r.overflow = binary.NativeEndian.Uint32(data)
		case c.Level == unix.SOL_SOCKET && c.Type == unix.SCM_TIMESTAMPNS && len(data) >= timespecLen:
			came := (*unix.Timespec)(unsafe.Pointer(&data[0]))
			p.Waited = max(0, time.Duration(r.now.Nano()-came.Nano()))
		}
		oob = oob[min(len(oob), unix.CmsgSpace(len(data))):]
	}
}

// ntohs reads a port as the kernel stores it.
func ntohs(port uint16) uint16 {
	b := (*[2]byte)(unsafe.Pointer(&port))
	return binary.BigEndian.Uint16(b[:])
}

func htons(port uint16) uint16 { return ntohs(port) }

// transmitter writes batches to any socket. It is for one goroutine at a time;
// Conn keeps a pool of them.
type transmitter struct {
	hdrs    [batchSize]mmsghdr
	iovs    [batchSize][2]unix.Iovec
	inet    [batchSize]unix.RawSockaddrInet4
	link    [batchSize]unix.RawSockaddrLinklayer
	headers [batchSize][frameHeaderLen]byte
	oob     []byte
	n       int // datagrams queued

	call  func(fd uintptr) bool
	from  int // the next one to send
	sent  int
	errno syscall.Errno
}

func newTransmitter() *transmitter {
	t := &transmitter{oob: make([]byte, batchSize*unix.CmsgSpace(pktinfoLen))}
	t.call = t.sendmmsg
	return t
}

// udp queues a datagram for a UDP socket: out of the interface if ifindex is
// not 0, from the source address if that is set.
func (t *transmitter) udp(d *Datagram, to netip.AddrPort, source netip.Addr, ifindex int) {
	i := t.n
	t.n++
	t.inet[i] = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: htons(to.Port()), Addr: to.Addr().As4()}
	h := &t.hdrs[i].hdr
	*h = unix.Msghdr{Name: (*byte)(unsafe.Pointer(&t.inet[i])), Namelen: unix.SizeofSockaddrInet4}
	t.payload(i, nil, d.Data)
	if ifindex == 0 && !source.Is4() {
		return
	}
	size := unix.CmsgSpace(pktinfoLen)
	oob := t.oob[i*size : (i+1)*size]
	c := (*unix.Cmsghdr)(unsafe.Pointer(&oob[0]))
	c.Level, c.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
	c.SetLen(unix.CmsgLen(pktinfoLen))
	info := (*pktinfo)(unsafe.Pointer(&oob[unix.CmsgLen(0)]))
	*info = pktinfo{ifindex: int32(ifindex)}
	if source.Is4() {
		info.specDst = source.As4()
	}
	h.Control = &oob[0]
	h.SetControllen(size)
}

// frame queues a datagram for the AF_PACKET socket, behind headers of its own.
func (t *transmitter) frame(d *Datagram, via *Interface, source netip.AddrPort) {
	i := t.n
	t.n++
	header := &t.headers[i]
	putFrameHeader(header, d.Data, [6]byte(via.HW), d.HW, source, d.To)
	t.link[i] = unix.RawSockaddrLinklayer{
		Family: unix.AF_PACKET, Protocol: htons(unix.ETH_P_IP), Ifindex: int32(via.Index), Halen: 6,
	}
	copy(t.link[i].Addr[:], d.HW[:])
	t.hdrs[i].hdr = unix.Msghdr{Name: (*byte)(unsafe.Pointer(&t.link[i])), Namelen: unix.SizeofSockaddrLinklayer}
	t.payload(i, header[:], d.Data)
}

func (t *transmitter) payload(i int, header, data []byte) {
	iov := t.iovs[i][:0]
	for _, part := range [2][]byte{header, data} {
		if len(part) > 0 {
			iov = append(iov, unix.Iovec{Base: &part[0]})
			iov[len(iov)-1].SetLen(len(part))
		}
	}
	h := &t.hdrs[i].hdr
	h.Iov = &t.iovs[i][0]
	h.SetIovlen(len(iov))
}

// flush sends what is queued. It calls failed for each datagram that the kernel
// refused; the others went out.
func (t *transmitter) flush(conn syscall.RawConn, failed func(i int, err error)) {
	for t.from = 0; t.from < t.n; {
		if err := conn.Write(t.call); err != nil { // closed
			for ; t.from < t.n; t.from++ {
				failed(t.from, err)
			}
			break
		}
		if t.errno != 0 {
			failed(t.from, os.NewSyscallError("sendmmsg", t.errno))
			t.from++
			continue
		}
		t.from += t.sent
	}
	for i := range t.n {
		t.iovs[i] = [2]unix.Iovec{} // let go of the caller's memory
	}
	t.n = 0
}

func (t *transmitter) sendmmsg(fd uintptr) bool {
	n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&t.hdrs[t.from])), uintptr(t.n-t.from),
		unix.MSG_DONTWAIT, 0, 0)
	if errno == unix.EAGAIN || errno == unix.EINTR {
		return false
	}
	t.sent, t.errno = int(n), errno
	return true
}
