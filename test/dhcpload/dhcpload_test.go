//go:build linux && (amd64 || arm64)

package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"leasehold/test/dhcpload/mmsg"
)

func TestHist(t *testing.T) {
	var h hist
	for i := int64(1); i <= 100000; i++ {
		h.add(i * 1000)
	}
	for q, want := range map[float64]float64{.5: 50e6, .95: 95e6, .99: 99e6, 1: 100e6} {
		got := float64(h.quantile(q))
		if got < want*.999 || got > want*1.035 {
			t.Errorf("quantile %v: %v, want %v", q, got, want)
		}
	}
	for ns := int64(1); ns < 1<<40; ns = ns*3/2 + 1 {
		b := bucket(ns)
		if upper(b) < ns || (b > 0 && upper(b-1) >= ns) {
			t.Fatalf("%d ns in bucket %d, whose end is %d", ns, b, upper(b))
		}
	}
}

// server answers as a small DHCP server would, with faults asked for.
func server(t *testing.T, fault func(n int, reply []byte)) netip.AddrPort {
	t.Helper()
	fd, err := mmsg.Listen(netip.MustParseAddrPort("127.0.0.1:36767"), 1<<20, false)
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan bool)
	ended := make(chan bool)
	go func() {
		defer close(ended)
		in, out := mmsg.NewBatch(32, 1500), mmsg.NewBatch(32, 1500)
		n := 0
		for {
			select {
			case <-stop:
				return
			default:
			}
			mmsg.WaitRead([]int{fd}, 1e6)
			k, _ := in.Recv(fd, 0x40)
			for i := 0; i < k; i++ {
				p := out.Buf(out.N)
				copy(p, in.Pkt(i)[:240])
				kind := in.Pkt(i)[242]
				if kind == mRelease {
					continue
				}
				p[0] = 2
				yi := uint32(10<<24) + 1 + binary.BigEndian.Uint32(p[30:])
				binary.BigEndian.PutUint32(p[16:], yi)
				reply := byte(mOffer)
				if kind == mRequest {
					reply = mAck
				}
				copy(p[240:], []byte{53, 1, reply, 54, 4, 127, 0, 0, 1, 51, 4, 0, 0, 1, 0, 255})
				n++
				if fault != nil {
					fault(n, p)
				}
				out.SetLen(out.N, 300)
				out.SetDst(out.N, in.Src(i))
				out.N++
			}
			out.Send(fd)
		}
	}()
	t.Cleanup(func() { close(stop); <-ended; mmsg.Close(fd) })
	return netip.MustParseAddrPort("127.0.0.1:36767")
}

func engineTo(t *testing.T, s netip.AddrPort) *engine { return engineFrom(t, "127.0.0.2:36768", s) }

func engineFrom(t *testing.T, local string, s netip.AddrPort) *engine {
	t.Helper()
	e, err := newEngine(opts{
		local: []netip.AddrPort{netip.MustParseAddrPort(local)}, server: []netip.AddrPort{s},
		clients: 5000, timeout: 200 * time.Millisecond, tick: 100 * time.Microsecond, macBase: 0x200,
		pool: netip.MustParsePrefix("10.0.0.0/8"), opt82: true, clientID: true, hostname: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mmsg.Close(e.fds[0]) })
	return e
}

func TestModes(t *testing.T) {
	e := engineTo(t, server(t, nil))
	r := e.run(step{weights: only(opDora), inflight: 32, count: 2000, duration: 10 * time.Second, grace: time.Second})
	if r.Completed != 2000 || r.Wrong+r.Duplicates+r.Late != 0 || e.bound != 2000 {
		t.Fatalf("dora: %+v", r)
	}
	r = e.run(step{weights: only(opRenew), rate: 5000, duration: 200 * time.Millisecond, grace: time.Second})
	if r.Completed < 900 || r.Completed != r.Started || r.Wrong != 0 {
		t.Fatalf("renew: %+v", r)
	}
	r = e.run(step{weights: only(opRelease), inflight: 1, count: 500, duration: time.Second, grace: time.Second})
	if r.Released != 500 || e.bound != 1500 {
		t.Fatalf("release: %+v, bound %d", r, e.bound)
	}
	r = e.run(step{weights: weights{20, 0, 70, 10}, inflight: 16, count: 1000, duration: 5 * time.Second, grace: time.Second})
	if r.Completed != 1000 || r.Released != 100 || r.Wrong+r.Duplicates != 0 {
		t.Fatalf("mix: %+v", r)
	}
}

// Both sides get the same loads, in turn, and the table has a line for each.
func TestVersus(t *testing.T) {
	srv := server(t, nil)
	o := opts{weights: weights{opDora: 1, opRenew: 1}, count: 300, inflight: 8, rate: 3000, step: 50 * time.Millisecond, timeout: 200 * time.Millisecond}
	a := &side{name: "alone", e: engineFrom(t, "127.0.0.2:36768", srv), pids: []int{1 << 30}, rest: time.Millisecond} // no process
	b := &side{name: "main", e: engineFrom(t, "127.0.0.3:36768", srv), pids: []int{1 << 30, 1<<30 + 1}, rest: time.Millisecond}
	a.e.o.inflight, b.e.o.inflight = o.inflight, o.inflight
	var out strings.Builder
	rep := versus(a, b, 2, o.loads(), &out)
	for i, r := range rep.Runs {
		side, load, round := []string{"alone", "main"}[i%2], o.loads()[i/2%4].name, i/8+1
		if want := fmt.Sprintf("round %d, %s, %s", round, side, load); r.Name != want {
			t.Errorf("run %d is %q, want %q", i, r.Name, want)
		}
		if r.Completed == 0 || r.Wrong+r.Duplicates > 0 {
			t.Errorf("%s: %d completed, %d wrong, %d duplicates", r.Name, r.Completed, r.Wrong, r.Duplicates)
		}
	}
	for _, want := range []string{"| load |", "| ---", "| DORA, 8 at once |", "| DORA, 3000 a second |", "| renewal, 8 at once |", "| renewal, 3000 a second |"} {
		if i := strings.Index(out.String(), want); i < 0 || strings.Count(strings.SplitN(out.String()[i:], "\n", 2)[0], "|") != 15 {
			t.Errorf("no line %q of 14 columns in\n%s", want, out.String())
		}
	}
	if len(rep.Runs) != 16 {
		t.Errorf("%d runs", len(rep.Runs))
	}
}

func TestMedian(t *testing.T) {
	for want, of := range map[float64][]float64{0: nil, 3: {9, 3, 1}, 2.5: {4, 1, 2, 3}} {
		if got := median(of); got != want {
			t.Errorf("median %v of %v, want %v", got, of, want)
		}
	}
}

func TestFaultsAreSeen(t *testing.T) {
	ack := func(p []byte) bool { return p[242] == mAck }
	offer := func(p []byte) bool { return p[242] == mOffer }
	for name, f := range map[string]struct {
		fault func(n int, p []byte)
		ok    func(r *Run) bool
	}{
		"duplicate": {func(n int, p []byte) { p[19] &^= 1 }, func(r *Run) bool { return 3*r.Duplicates > r.Completed && r.Wrong == 0 }},
		"xid":       {func(n int, p []byte) { p[5] ^= 0x40 }, func(r *Run) bool { return r.Completed == 0 && r.Late == r.Received }},
		"chaddr":    {func(n int, p []byte) { p[33]++ }, func(r *Run) bool { return r.Completed == 0 && r.Wrong == r.Received }},
		"giaddr":    {func(n int, p []byte) { p[27]++ }, func(r *Run) bool { return r.Completed == 0 && r.Wrong == r.Received }},
		"other address": {func(n int, p []byte) {
			if ack(p) {
				p[18]++
			}
		}, func(r *Run) bool { return r.Completed == 0 && r.Wrong > 0 }},
		"pool": {func(n int, p []byte) { p[16] = 11 }, func(r *Run) bool { return r.Completed == 0 && r.Wrong > 0 }},
		"nak": {func(n int, p []byte) {
			if ack(p) {
				p[242] = mNak
			}
		}, func(r *Run) bool { return r.Completed == 0 && r.Naks == r.Started }},
		"loss": {func(n int, p []byte) {
			if offer(p) && n%2 == 0 {
				p[4] ^= 1 << 6
			}
		}, func(r *Run) bool { return r.LostOffers > 0 && r.Completed > 0 && r.LostOffers+r.Completed == r.Started }},
		"cut off": {func(n int, p []byte) { p[244] = 250; p[245] = 255 }, func(r *Run) bool { return r.Completed == 0 && r.Wrong == r.Received }},
	} {
		t.Run(name, func(t *testing.T) {
			e := engineTo(t, server(t, f.fault))
			r := e.run(step{weights: only(opDora), inflight: 8, count: 400, duration: 20 * time.Millisecond, grace: 300 * time.Millisecond})
			if r.Started == 0 || r.Received == 0 || !f.ok(r) {
				t.Errorf("%+v", struct{ Started, Completed, LostO, LostA, Naks, Late, Wrong, Dup, Received uint64 }{r.Started, r.Completed, r.LostOffers, r.LostAcks, r.Naks, r.Late, r.Wrong, r.Duplicates, r.Received})
			}
		})
	}
}
