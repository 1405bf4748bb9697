package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"leasehold/test/clients"
)

// A clock that is wrong cannot be had from libfaketime, which Go's runtime does
// not ask, nor from a time namespace, which leaves the time of day alone. So
// dhcpd is built once more with another file in the place of internal/clock's:
// the wall clock is off by LEASEHOLD_TEST_SKEW seconds, what measures intervals
// is right.
const skewedNow = `func (Real) Now() time.Time {
	t := time.Now()
	// The wall seconds of a time with a monotonic reading (see package time).
	(*struct{ wall, ext uint64 })(unsafe.Pointer(&t)).wall += uint64(skew) << 30
	return t
}

var skew, _ = strconv.ParseInt(os.Getenv("LEASEHOLD_TEST_SKEW"), 10, 64)
`

var skewedBuild = sync.OnceValues(func() (string, error) {
	source, err := filepath.Abs("../../internal/clock/clock.go")
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(source)
	if err != nil {
		return "", err
	}
	const now = "func (Real) Now() time.Time { return time.Now() }\n"
	changed := strings.Replace(string(text), now, skewedNow, 1)
	changed = strings.Replace(changed, "import (\n", "import (\n\t\"os\"\n\t\"strconv\"\n\t\"unsafe\"\n", 1)
	if !strings.Contains(changed, "LEASEHOLD_TEST_SKEW") {
		return "", fmt.Errorf("%s does not read the time where it did", source)
	}
	dir := filepath.Join(bin, "skewed")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	replacement := filepath.Join(dir, "clock.go")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {source: replacement}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(replacement, []byte(changed), 0o644); err != nil {
		return "", err
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o644); err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-overlay", list, "-o", filepath.Join(dir, "dhcpd"), "leasehold/cmd/dhcpd").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build dhcpd with a wrong clock: %w\n%s", err, out)
	}
	return filepath.Join(dir, "dhcpd"), nil
})

// skewed starts a server whose clock is off by so many seconds.
func (s *site) skewed(name, seconds string, args ...string) *server {
	s.t.Helper()
	program, err := skewedBuild()
	if err != nil {
		s.t.Fatal(err)
	}
	n := &server{t: s.t, lab: s.lab, ns: name, data: filepath.Join(s.dir, name+"-data"), args: args, program: program, env: []string{"LEASEHOLD_TEST_SKEW=" + seconds}}
	n.start()
	return n
}

// TestSkewedClock shows that such a server's clock is off, and that a server
// alone serves clients well by it.
func TestSkewedClock(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a")
	a := s.skewed("a", "-3600")
	a.nrcmd(append(quick.scope(), "dhcp reload")...)
	c := s.crowd("cli", clients.Config{Count: 5})
	c.bound()
	addr, _, end := c.Lease(0)
	if off := end.Sub(a.expiry(addr.String())); off < 3590*time.Second || off > 3610*time.Second {
		t.Errorf("the server's clock is %v behind, want an hour", off)
	}
	c.renew()
	c.unharmed()
}
