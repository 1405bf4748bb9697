package e2e

import (
	"strings"
	"testing"
	"time"

	"leasehold/test/clients"
)

// TestWrongPairAtOnce creates a pair of two other servers in synchronous mode: the
// scopes are served no more from that moment, which the command says by itself.
func TestWrongPairAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a")
	a := s.startServer("a")
	a.batch(labTimes, scopes(1, 50), "dhcp reload\n")
	out, errs, _ := a.nrcmdRaw("session set dhcp-edit-mode=synchronous\n"+
		"failover-pair office create 10.77.0.2 10.77.0.3\nscope scope1 set ping-clients=false\n", "-b")
	told := unquoted(out + errs)
	for _, words := range []string{
		"101 OK, with warnings",
		`failover "office": neither main "10.77.0.2" (10.77.0.2) nor backup "10.77.0.3" (10.77.0.3) is this server (`,
		`failover "office": its scopes are not served until that is mended: scope1, scope2, scope3`,
	} {
		if strings.Count(told, words) != 1 {
			t.Errorf("%q is told %d times:\n%s", words, strings.Count(told, words), told)
		}
	}
	c := s.crowd("cli", clients.Config{Count: 1, Retry: 200 * time.Millisecond})
	if within(2*time.Second, 50*time.Millisecond, func() bool { return c.Report().Bound > 0 }) {
		t.Error("a scope whose pair is wrong is served as if it were alone")
	}
	a.nrcmd("session set dhcp-edit-mode=synchronous", "failover-pair office delete")
	c.bound()
}
