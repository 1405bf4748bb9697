package netio

import "golang.org/x/sys/unix"

// watcher listens to the kernel's news of links and addresses.
type watcher struct {
	socket  *socket
	changed chan struct{}
}

// watchLinks starts to listen; nil if the kernel does not let us.
func watchLinks() *watcher {
	s, err := newSocket("netlink socket", unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE, func(fd int) error {
		return unix.Bind(fd, &unix.SockaddrNetlink{
			Family: unix.AF_NETLINK, Groups: unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR,
		})
	})
	if err != nil {
		return nil
	}
	w := &watcher{socket: s, changed: make(chan struct{}, 1)}
	go w.run()
	return w
}

// run turns any number of messages into one pending signal. What they say does
// not matter: Rescan looks for itself.
func (w *watcher) run() {
	buf := make([]byte, 1<<16)
	for failed := 0; failed < patience; {
		// An overrun (ENOBUFS) is news too.
		if _, err := w.socket.file.Read(buf); w.socket.gone() {
			return
		} else if err != nil {
			failed++
		} else {
			failed = 0
		}
		select {
		case w.changed <- struct{}{}:
		default:
		}
	}
}
