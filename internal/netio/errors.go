package netio

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// What can be wrong with a socket, for callers that tell them apart. The error
// around each names the port, address or interface.
var (
	ErrPortInUse    = errors.New("the port is in use by another program")
	ErrPermission   = errors.New("permission denied")
	ErrNoInterface  = errors.New("no such interface")
	ErrNotLocal     = errors.New("the address is on no interface of this machine")
	ErrNotConnected = errors.New("nothing to listen on")
)

// explain puts the field's words in place of the kernel's.
func explain(err error) error {
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return ErrPortInUse
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return fmt.Errorf("%w: ports below 1024 need root or CAP_NET_BIND_SERVICE, raw sockets CAP_NET_RAW", ErrPermission)
	case errors.Is(err, unix.ENODEV):
		return ErrNoInterface
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return ErrNotLocal
	}
	return err
}
