//go:build linux && (amd64 || arm64)

// dhcpecho is the least a DHCP server can do: it answers DISCOVER with OFFER
// and REQUEST with ACK by patching the packet where it lies. It keeps nothing.
// With -journal it appends one record per REQUEST to a file and, with -sync,
// has a group of them on disk (fdatasync) before their ACKs leave. It is a
// yardstick for what the machine and the load generator can do, not a server.
package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"runtime"
	"sync/atomic"
	"syscall"

	"leasehold/test/dhcpload/mmsg"
)

const pktSize = 1024

// find returns where option code's value starts in p, and its length.
func find(p []byte, code byte) (int, int) {
	for i := 240; i+1 < len(p); {
		c := p[i]
		if c == 255 {
			break
		}
		if c == 0 {
			i++
			continue
		}
		n := int(p[i+1])
		if i+2+n > len(p) {
			break
		}
		if c == code {
			return i + 2, n
		}
		i += 2 + n
	}
	return 0, 0
}

// answer patches a request into its reply and returns the reply's length, 0
// for a packet that gets none, and whether the reply must be stored first.
func answer(b []byte, n int, self [4]byte, base uint32) (int, bool) {
	p := b[:n]
	if n < 244 || p[0] != 1 || binary.BigEndian.Uint32(p[236:]) != 0x63825363 {
		return 0, false
	}
	at, l := find(p, 53)
	if l != 1 {
		return 0, false
	}
	store := false
	var reply byte
	switch p[at] {
	case 1:
		reply = 2
	case 3:
		reply, store = 5, true
	default:
		return 0, false
	}
	yi := base + binary.BigEndian.Uint32(p[30:34])&0x7fffff
	p[0] = 2
	binary.BigEndian.PutUint32(p[16:], yi)
	o := append(b[:240], 53, 1, reply, 54, 4, self[0], self[1], self[2], self[3],
		51, 4, 0, 1, 0x51, 0x80, 1, 4, 255, 128, 0, 0, 255)
	for len(o) < 300 {
		o = append(o, 0)
	}
	return 300, store
}

func main() {
	listen := flag.String("listen", "0.0.0.0:67", "address and port")
	self := flag.String("server-id", "10.255.255.1", "server identifier sent")
	pool := flag.String("base", "10.0.0.0", "first address handed out")
	journal := flag.String("journal", "", "append one 32 byte record per REQUEST to this file")
	sync := flag.Bool("sync", false, "fdatasync the journal before the ACKs of a group leave")
	batch := flag.Int("batch", 64, "packets per system call")
	flag.Parse()
	ap, err := netip.ParseAddrPort(*listen)
	die(err)
	fd, err := mmsg.Listen(ap, 8<<20, false)
	die(err)
	id := netip.MustParseAddr(*self).As4()
	b4 := netip.MustParseAddr(*pool).As4()
	base := binary.BigEndian.Uint32(b4[:])
	var offers, acks, groups atomic.Uint64
	go func() {
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt, syscall.SIGTERM)
		<-c
		fmt.Printf("offers %d acks %d groups %d\n", offers.Load(), acks.Load(), groups.Load())
		os.Exit(0)
	}()

	var todo, idle chan *mmsg.Batch
	var f *os.File
	if *journal != "" {
		f, err = os.OpenFile(*journal, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		die(err)
		const ring = 256
		todo, idle = make(chan *mmsg.Batch, ring), make(chan *mmsg.Batch, ring)
		for i := 0; i < ring; i++ {
			idle <- mmsg.NewBatch(*batch, pktSize)
		}
		go func() { // the committer: everything that waits is one group
			runtime.LockOSThread()
			var rec []byte
			var group []*mmsg.Batch
			for b := range todo {
				group = append(group[:0], b)
			more:
				for {
					select {
					case x := <-todo:
						group = append(group, x)
					default:
						break more
					}
				}
				rec = rec[:0]
				for _, g := range group {
					for i := 0; i < g.N; i++ {
						p := g.Buf(i)
						rec = append(rec, p[4:8]...)
						rec = append(rec, p[16:20]...)
						rec = append(rec, p[28:44]...)
						rec = append(rec, 0, 1, 0x51, 0x80, 0, 0, 0, 0)
					}
				}
				_, err := f.Write(rec)
				die(err)
				if *sync {
					die(syscall.Fdatasync(int(f.Fd())))
				}
				groups.Add(1)
				for _, g := range group {
					acks.Add(uint64(g.N))
					g.Send(fd)
					idle <- g
				}
			}
		}()
	}

	runtime.LockOSThread()
	in := mmsg.NewBatch(*batch, pktSize)
	out := mmsg.NewBatch(*batch, pktSize)
	var held *mmsg.Batch
	for {
		n, err := in.Recv(fd, 0x10000 /* MSG_WAITFORONE */)
		die(err)
		for i := 0; i < n; i++ {
			m, store := answer(in.Buf(i), len(in.Pkt(i)), id, base)
			if m == 0 {
				continue
			}
			o := out
			if store {
				if todo != nil {
					if held == nil {
						held = <-idle
					}
					o = held
				} else {
					acks.Add(1)
				}
			} else {
				offers.Add(1)
			}
			copy(o.Buf(o.N), in.Buf(i)[:m])
			o.SetLen(o.N, m)
			o.SetDst(o.N, in.Src(i))
			o.N++
		}
		if out.N > 0 {
			out.Send(fd)
		}
		if held != nil {
			todo <- held
			held = nil
		}
	}
}

func die(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "dhcpecho:", err)
		os.Exit(1)
	}
}
