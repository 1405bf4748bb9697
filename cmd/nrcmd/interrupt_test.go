package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInterruptOfASingleCommand: Ctrl-C while the server is slow to answer ends
// the command, and says so.
func TestInterruptOfASingleCommand(t *testing.T) {
	s := newServer(t)
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, "client 1,6,02:00:00:00:%02x:%02x create host-name=h%016x\n", i>>8, i&255, rand.Uint64()) // nothing to compress
	}
	batch := filepath.Join(t.TempDir(), "clients")
	s.Must(os.WriteFile(batch, []byte(b.String()), 0o600))
	if status := exitCode(t, nrcmd(t, "-C", s.Cluster(), "-N", "admin", "-P", s.Password(), "-b", batch, "--atomic")); status != 0 {
		t.Fatalf("loading the clients: exit status %d", status)
	}
	address, stuck := stickyProxy(t, s.Address, 32<<10)
	cmd := nrcmd(t, "-C", address, "-N", "admin", "-P", s.Password(), "client", "list")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	s.Must(cmd.Start())
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }() // its exit status is looked at
	select {
	case <-stuck:
		s.Must(cmd.Process.Signal(os.Interrupt))
	case <-ended:
		t.Fatalf("it was not held up:\n%.300s", out.String())
	}
	<-ended
	// What has come by then is shown, if anything, and the words are a line of their own.
	if got := "\n" + out.String(); cmd.ProcessState.ExitCode() != 1 || !strings.HasSuffix(got, "\n320 Generic error - interrupted\n") {
		t.Errorf("exit status %v, and\n%s", cmd.ProcessState, got[max(0, len(got)-300):])
	}
}

// stickyProxy hands one connection on, until the server has sent so many bytes.
func stickyProxy(t *testing.T, to string, most int64) (address string, stuck chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // no more connections
	stuck = make(chan struct{})
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				_ = client.Close() // the test fails by itself
				return
			}
			go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
			go func() {
				if n, _ := io.CopyN(client, server, most); n == most {
					close(stuck)
				}
			}()
		}
	}()
	return l.Addr().String(), stuck
}
