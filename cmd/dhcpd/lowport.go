package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime"

	"golang.org/x/sys/unix"
)

// lowPorts opens sockets on ports below 1024 for a server that has given root
// up: which ports failover needs is configured later. One thread of the process
// keeps the capability for that, and nothing else.
type lowPorts struct {
	asked   chan netip.AddrPort
	opened  chan opened
	dropped chan struct{} // root is given up
	ready   chan error
}

type opened struct {
	listener net.Listener
	err      error
}

// newLowPorts starts the thread. root is given up after that.
func newLowPorts() (*lowPorts, error) {
	p := &lowPorts{asked: make(chan netip.AddrPort), opened: make(chan opened), dropped: make(chan struct{}), ready: make(chan error)}
	go p.run()
	return p, <-p.ready
}

// run never gives the thread back: it ends with the process.
func (p *lowPorts) run() {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_KEEPCAPS, 1, 0, 0, 0); err != nil {
		p.ready <- fmt.Errorf("keep the right to low ports: %w", err)
		return
	}
	p.ready <- nil
	<-p.dropped
	p.ready <- keepOnly(unix.CAP_NET_BIND_SERVICE)
	var lc net.ListenConfig
	for at := range p.asked {
		l, err := lc.Listen(context.Background(), "tcp", at.String())
		p.opened <- opened{l, err}
	}
}

// keepOnly leaves the calling thread one capability.
func keepOnly(capability uint) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	data[0].Permitted = 1 << capability
	data[0].Effective = data[0].Permitted
	if err := unix.Capset(&header, &data[0]); err != nil {
		return fmt.Errorf("keep the right to low ports: %w", err)
	}
	return nil
}

// afterRoot lets the thread go on once root is given up.
func (p *lowPorts) afterRoot() error {
	close(p.dropped)
	return <-p.ready
}

// listen opens a socket. The calls to the kernel are made on the thread.
func (p *lowPorts) listen(at netip.AddrPort) (net.Listener, error) {
	p.asked <- at
	o := <-p.opened
	return o.listener, o.err
}
