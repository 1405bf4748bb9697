//go:build linux

package netns

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// Do calls f on a thread that is in the namespace. Goroutines that f starts are
// not.
func Do(name string, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		done <- enter(name, f)
	}()
	return <-done
}

func enter(name string, f func() error) error {
	ns, err := os.Open(filepath.Join("/run/netns", name))
	if err != nil {
		return fmt.Errorf("network namespace %s: %w", name, err)
	}
	defer ns.Close()
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter network namespace %s: %w", name, err)
	}
	return f()
}

// Packets opens a raw socket on an interface. A read gives one frame that
// came in, whoever it is for; a write sends one.
func Packets(name, ifc string) (*os.File, error) {
	var file *os.File
	err := Do(name, func() error {
		iface, err := net.InterfaceByName(ifc)
		if err != nil {
			return err
		}
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return err
		}
		if err := receiveAll(fd, iface.Index); err != nil {
			unix.Close(fd)
			return err
		}
		file = os.NewFile(uintptr(fd), name+"/"+ifc)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("packet socket on %s/%s: %w", name, ifc, err)
	}
	return file, nil
}

func receiveAll(fd, index int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 16<<20); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
		return err
	}
	member := unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_PROMISC}
	if err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &member); err != nil {
		return err
	}
	all := binary.NativeEndian.Uint16([]byte{unix.ETH_P_ALL >> 8, unix.ETH_P_ALL & 0xff})
	return unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: index})
}

// Tap makes an interface whose other end is the file: what the namespace sends
// through it is read here, a frame at a time, and what is written here comes
// in there. It goes when the file is closed.
func Tap(name, ifc string) (*os.File, error) {
	var file *os.File
	err := Do(name, func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err != nil {
			return fmt.Errorf("/dev/net/tun: %w", err)
		}
		req, err := unix.NewIfreq(ifc)
		if err != nil {
			unix.Close(fd)
			return err
		}
		req.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
			unix.Close(fd)
			return err
		}
		file = os.NewFile(uintptr(fd), name+"/"+ifc)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("make %s in %s: %w", ifc, name, err)
	}
	return file, nil
}
