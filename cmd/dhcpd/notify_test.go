package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// manager listens as systemd does and returns what it is told next.
func manager(t *testing.T, name string) (told func() string) {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return func() string {
		t.Helper()
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:n])
	}
}

func TestNotify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	abstract := fmt.Sprintf("leasehold-notify-%d", os.Getpid())
	for _, c := range []struct{ name, env, listen string }{
		{"socket in the file system", path, path},
		{"abstract socket", "@" + abstract, "\x00" + abstract},
	} {
		t.Run(c.name, func(t *testing.T) {
			told := manager(t, c.listen)
			t.Setenv("NOTIFY_SOCKET", c.env)
			for _, state := range []string{"READY=1", "STOPPING=1"} {
				notify(state)
				if got := told(); got != state {
					t.Errorf("told %q, want %q", got, state)
				}
			}
		})
	}
}

// Without a manager, or with one that has gone, the server goes on.
func TestNotifyNobody(t *testing.T) {
	for _, env := range []string{"", filepath.Join(t.TempDir(), "gone"), "@"} {
		t.Setenv("NOTIFY_SOCKET", env)
		notify("READY=1")
	}
}
