package wire

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// captured is a message of a real dhcpd pair; testdata/extract.sh made the
// files of it.
type captured struct {
	where string // file:line
	from  string // primary, secondary
	name  string // its type
	frame []byte
}

func captures(tb testing.TB) []captured {
	tb.Helper()
	files, err := filepath.Glob("testdata/captures/*.hex")
	if err != nil || len(files) != 8 {
		tb.Fatalf("captures: %v, %v", files, err)
	}
	var all []captured
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(b))
		for n := 1; lines.Scan(); n++ {
			octets, comment, _ := strings.Cut(lines.Text(), " # ")
			words := strings.Fields(comment)
			if strings.HasPrefix(octets, "#") {
				continue
			}
			frame, err := hex.DecodeString(octets)
			if err != nil || len(words) != 3 {
				tb.Fatalf("%s:%d: %q: %v", file, n, lines.Text(), err)
			}
			where := filepath.Base(file) + ":" + itoa(n)
			all = append(all, captured{where, words[1], words[2], frame})
		}
	}
	return all
}

// Everything that dhcpd says reads without an error, and the profile for dhcpd
// says it again octet for octet: from the list of options and from the typed
// message.
func TestCapturesRoundTrip(t *testing.T) {
	var (
		d     Decoder
		r     Raw
		count = map[string]int{}
	)
	for _, c := range captures(t) {
		count[c.name]++
		if err := r.Parse(c.frame); err != nil {
			t.Errorf("%s: %v", c.where, err)
			continue
		}
		if got, err := r.Append(nil); err != nil || !bytes.Equal(got, c.frame) {
			t.Errorf("%s: options again: %v\n got %x\nwant %x", c.where, err, got, c.frame)
		}
		m, err := d.Decode(c.frame)
		if err != nil {
			t.Errorf("%s: %v", c.where, err)
			continue
		}
		if got := m.Body.Type().String(); got != c.name {
			t.Errorf("%s: type %s, want %s", c.where, got, c.name)
		}
		if got, err := ISC.Encode(m); err != nil || !bytes.Equal(got, c.frame) {
			t.Errorf("%s: message again: %v\n got %s\nwant %s", c.where, err, Dump(got), Dump(c.frame))
		}
		if m.String() != r.String() && c.name != "BNDUPD" { // the dump of a message leaves out times of 0
			t.Errorf("%s: dumps differ\n%s\n%s", c.where, m, &r)
		}
		if body, ok := m.Body.(CONNECT); ok && ProfileOf(body.VendorClass) != ISC {
			t.Errorf("%s: vendor class %q is not taken for dhcpd", c.where, body.VendorClass)
		}
	}
	want := map[string]int{
		"BNDUPD": 528, "BNDACK": 527, "STATE": 98, "CONTACT": 58, "UPDREQALL": 37, "UPDDONE": 21,
		"CONNECT": 14, "CONNECTACK": 13, "UPDREQ": 2,
	}
	for name, n := range want {
		if count[name] != n {
			t.Errorf("%d %s in the captures, want %d", count[name], name, n)
		}
	}
}

// The stream of each side, cut at every size, gives the same messages.
func TestCapturesAsStreams(t *testing.T) {
	streams := map[string][]captured{}
	for _, c := range captures(t) {
		file, _, _ := strings.Cut(c.where, ":")
		streams[file+c.from] = append(streams[file+c.from], c)
	}
	for name, want := range streams {
		var all []byte
		for _, c := range want {
			all = append(all, c.frame...)
		}
		for _, size := range []int{1, 2, 3, 7, 11, 12, 13, 100, 1460, len(all)} {
			var (
				s Splitter
				n int
			)
			for rest := all; len(rest) > 0; {
				piece := rest[:min(size, len(rest))]
				rest = rest[len(piece):]
				if err := s.Feed(piece, func(frame []byte) error {
					if n < len(want) && !bytes.Equal(frame, want[n].frame) {
						t.Errorf("%s in pieces of %d: message %d is %x", name, size, n, frame)
					}
					n++
					return nil
				}); err != nil {
					t.Fatalf("%s in pieces of %d: %v", name, size, err)
				}
			}
			if n != len(want) || s.Partial() != 0 {
				t.Errorf("%s in pieces of %d: %d messages of %d, %d octets left", name, size, n, len(want), s.Partial())
			}
		}
	}
}
