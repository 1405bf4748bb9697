package main

import (
	"net"
	"os"
)

// notify tells systemd (or whoever set NOTIFY_SOCKET) about the server's state,
// as sd_notify(3) does. Without a socket there is nobody to tell.
func notify(state string) {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	if path[0] == '@' { // abstract socket
		path = "\x00" + path[1:]
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return // the manager is gone; serving goes on
	}
	defer conn.Close()
	_, _ = conn.Write([]byte(state)) // as above
}
