package rpc

import (
	"net"
	"strings"
	"testing"
)

func FuzzHostPort(f *testing.F) {
	for _, s := range []string{"host", "host:1234", "[::1]:1", "[::1]", "::1", "a:b:c", ":", "", "unix:", "h:99999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, target string) {
		address, err := hostPort(target)
		if err != nil {
			return
		}
		host, port, err := net.SplitHostPort(address)
		if err != nil || host == "" {
			t.Errorf("hostPort(%q) = %q, which splits into %q, %q, %v", target, address, host, port, err)
		}
	})
}

func FuzzLookUpKnown(f *testing.F) {
	f.Add("a:1 sha256:00\n# remark\nb:1 sha256:11\na:1 sha256:22", "a:1")
	f.Add("\x00\n \n", "")
	f.Fuzz(func(t *testing.T, text, address string) {
		fingerprint, ok := lookUpKnown(text, address)
		if ok && (fingerprint == "" || !strings.Contains(text, fingerprint)) {
			t.Errorf("lookUpKnown(%q, %q) = %q", text, address, fingerprint)
		}
	})
}
