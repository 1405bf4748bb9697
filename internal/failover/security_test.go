package failover

import (
	"strings"
	"testing"
	"time"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
)

// certified gives a server its certificate and returns the fingerprint.
func (n *node) certified() string {
	n.Helper()
	c, err := rpc.Certificate(n.dir, time.Now())
	n.must(err)
	n.cert = &c
	return objects.Fingerprint(c.Certificate[0])
}

// certifiedPair is two servers with certificates that are not started yet.
func certifiedPair(t *testing.T) (main, backup *node, mainPrint, backupPrint string) {
	t.Helper()
	s := newSite(t)
	main, backup = s.node(2, twoServers), s.node(3, twoServers)
	return main, backup, main.certified(), backup.certified()
}

func TestEncryptedLink(t *testing.T) {
	t.Parallel()
	main, backup, mainPrint, backupPrint := certifiedPair(t)
	for _, n := range []*node{main, backup} {
		n.set("failover-pair blue link-security=tls main-fingerprint=" + mainPrint + " backup-fingerprint=" + backupPrint)
		n.start()
	}
	encrypted := func(want bool) {
		t.Helper()
		for _, n := range []*node{main, backup} {
			n.normal()
			d := n.related().Detail
			if d.TLS != want || d.Encrypted != want || len(d.Problems) > 0 {
				t.Errorf("server %d: TLS %t, encrypted %t, problems %q", n.host, d.TLS, d.Encrypted, d.Problems)
			}
		}
	}
	encrypted(true)
	if a, b := main.related().Detail.Fingerprint, backup.related().Detail.Fingerprint; a != mainPrint || b != backupPrint {
		t.Errorf("the fingerprints are shown as %s and %s", a, b)
	}
	address, _ := main.dora(1, main, backup)
	backup.until("the lease on the backup", func() bool { return backup.lease(address)["state"] == "leased" })

	// To go over to the clear, and back, both are told; meanwhile each serves.
	for _, c := range []struct {
		word string
		want bool
	}{{"none", false}, {"tls", true}} {
		main.set("failover-pair blue link-security=" + c.word)
		main.reload()
		main.until("the end of the link", func() bool { return main.related().Communications == "INTERRUPTED" })
		backup.set("failover-pair blue link-security=" + c.word)
		backup.reload()
		encrypted(c.want)
	}
}

// Another certificate than the partner's ends the connection, on either side,
// and that is said once, by name.
func TestWrongFingerprint(t *testing.T) {
	t.Parallel()
	for _, side := range []string{"main", "backup"} {
		t.Run(side, func(t *testing.T) {
			t.Parallel()
			main, backup, mainPrint, backupPrint := certifiedPair(t)
			right := "failover-pair blue link-security=tls main-fingerprint=" + mainPrint + " backup-fingerprint=" + backupPrint
			wrong := objects.Fingerprint([]byte("another"))
			main.set(right)
			backup.set(right)
			judge, judged, word, print := main, backup, "backup-fingerprint", backupPrint
			if side == "backup" {
				judge, judged, word, print = backup, main, "main-fingerprint", mainPrint
			}
			judge.set("failover-pair blue " + word + "=" + wrong)
			main.start()
			backup.start()
			line := judge.log.await(t, "is refused: TLS: ")
			if want := "the partner's certificate has the fingerprint " + print + ", and " + word + " is " + wrong; !strings.Contains(line, want) {
				t.Errorf("%q\ndoes not say %q", line, want)
			}
			judged.log.await(t, "refuses the connection: the partner refuses TLS with this server, perhaps for its certificate")
			judge.until("a second attempt", func() bool {
				return strings.Contains(strings.Join(judge.related().Detail.Refusals, "\n"), "2 times")
			})
			if judge.log.has("is refused: TLS: ") {
				t.Error("it was logged twice")
			}
			if r := judge.related(); r.Communications != "NONE" || r.Detail.Encrypted {
				t.Errorf("the link is %s", r.Communications)
			}
			judge.set(right)
			judge.reload()
			main.normal()
			backup.normal()
		})
	}
}

// Without the partner's fingerprint there is no link, and the reload says why.
func TestMissingFingerprint(t *testing.T) {
	t.Parallel()
	main, backup, mainPrint, backupPrint := certifiedPair(t)
	main.set("failover-pair blue link-security=tls")
	main.start()
	backup.start()
	problems := strings.Join(main.related().Detail.Problems, "\n")
	for _, want := range []string{"link-security is tls and main-fingerprint is not set", "link-security is tls and backup-fingerprint is not set"} {
		if !strings.Contains(problems, want) {
			t.Errorf("%q does not say %q", problems, want)
		}
	}
	warnings := main.reload()
	if len(warnings) != 2 || !strings.Contains(warnings[0].Msg, `failover "blue": link-security is tls and main-fingerprint is not set`) {
		t.Errorf("the reload says %v", warnings)
	}
	if peer := main.manager.pairs["blue"].peer; peer != nil {
		t.Error("there is a link all the same")
	}

	// The partner is in the clear: neither takes the other.
	main.set("failover-pair blue main-fingerprint=" + backupPrint + " backup-fingerprint=" + mainPrint)
	warnings = main.reload()
	if len(warnings) != 1 || !strings.Contains(warnings[0].Msg, "main-fingerprint is "+backupPrint+", but this server's certificate has "+mainPrint) {
		t.Errorf("the reload says %v", warnings)
	}
	main.log.await(t, "one of the servers requires TLS, and the other is not configured for it")

	main.cert = nil
	main.stop()
	main.start()
	if got := main.related().Detail.Problems; len(got) != 1 || got[0] != "link-security is tls and this server has no certificate" {
		t.Errorf("without a certificate: %q", got)
	}
}
