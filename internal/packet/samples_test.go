package packet

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sample reads testdata/messages/NAME.hex: comment lines and hex digits.
func sample(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "messages", name+".hex"))
	if err != nil {
		tb.Fatal(err)
	}
	var digits strings.Builder
	for line := range strings.SplitSeq(string(data), "\n") {
		if !strings.HasPrefix(line, "#") {
			digits.WriteString(strings.TrimSpace(line))
		}
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	return b
}

// samples are all of them by name.
func samples(tb testing.TB) map[string][]byte {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "messages", "*.hex"))
	if err != nil || len(files) == 0 {
		tb.Fatalf("no samples: %v", err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".hex")
		all[name] = sample(tb, name)
	}
	return all
}

// discover is the fixed part of a DISCOVER with the magic cookie, for tests that
// add options of their own.
func discover(options ...byte) []byte {
	b := make([]byte, headerLen, 600)
	b[0], b[1], b[2] = BootRequest, 1, 6
	copy(b[28:], []byte{2, 0, 0, 0, 0, 1})
	b = append(b, 0x63, 0x82, 0x53, 0x63)
	return append(b, options...)
}

func mustParse(tb testing.TB, b []byte) *Message {
	tb.Helper()
	m, err := Parse(b)
	if err != nil {
		tb.Fatalf("Parse: %v", err)
	}
	return m
}
