package failover

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/link"
	"leasehold/pkg/objects"
)

// A link with security tls is encrypted by TLS 1.3, with the certificates that
// the two servers have for their administrators. There is no authority that
// signs them: each server takes the partner's by the fingerprint that is
// configured for it, and no other.

// own is the fingerprint of this server's certificate; "" if it has none.
func (m *Manager) own() string {
	if m.Certificate == nil {
		return ""
	}
	return objects.Fingerprint(m.Certificate.Certificate[0])
}

// secured says what is missing to encrypt the link.
func (r *relationship) secured() {
	if !r.tls {
		return
	}
	for _, side := range []struct {
		e    *endpoint
		word string
	}{{&r.main, objects.FailoverPairMainPrint.Name}, {&r.backup, objects.FailoverPairBackupPrint.Name}} {
		if side.e.fingerprint == "" {
			r.wrong("%s is tls and %s is not set", objects.FailoverPairLinkSecurity.Name, side.word)
		}
	}
}

// identify compares what the configuration says of this server's certificate
// with the one that it has. The partner goes by the configuration.
func (r *relationship) identify(own string) {
	if !r.tls || r.role == lease.Alone {
		return
	}
	switch e := r.ours(); {
	case own == "":
		r.wrong("%s is tls and this server has no certificate", objects.FailoverPairLinkSecurity.Name)
	case e.fingerprint != "" && e.fingerprint != own:
		r.wrong("%s is %s, but this server's certificate has %s: the partner will not take it", r.printWord(true), e.fingerprint, own)
	}
}

// printWord is the attribute with this server's fingerprint, or the partner's.
func (r *relationship) printWord(ours bool) string {
	if ours == (r.role != lease.Secondary) {
		return objects.FailoverPairMainPrint.Name
	}
	return objects.FailoverPairBackupPrint.Name
}

// linkable tells whether all that the link needs is known. Without, there is
// none: what is to be encrypted is never said in the clear.
func (p *Pair) linkable(r *relationship) bool {
	switch {
	case !p.started, !r.partner().addr.IsValid(), !r.ours().addr.IsValid(), r.wire == "":
		return false
	case r.held != nil && p.heard():
		return false
	case r.tls:
		return p.m.Certificate != nil && r.partner().fingerprint != ""
	}
	return true
}

// secure makes the link one that is encrypted or does not come about.
func (p *Pair) secure(cfg *link.Config, r *relationship) {
	if !r.tls {
		return
	}
	cfg.TLSRequired = true
	cfg.TLS = &tls.Config{
		MinVersion:             tls.VersionTLS13,
		Certificates:           []tls.Certificate{*p.m.Certificate},
		ClientAuth:             tls.RequireAnyClientCert,
		InsecureSkipVerify:     true, // the check is ours, and asks for more
		SessionTicketsDisabled: true,
		VerifyConnection:       pinned(r.partner().fingerprint, r.printWord(false)),
		Time:                   func() time.Time { return p.m.Clock.Now() },
	}
}

// pinned accepts the certificate with the fingerprint, whatever else it says;
// word is the attribute that has it.
func pinned(fingerprint, word string) func(tls.ConnectionState) error {
	want, wrong := objects.ParseFingerprint(fingerprint)
	return func(s tls.ConnectionState) error {
		if wrong != nil || len(s.PeerCertificates) == 0 {
			return errors.New("the partner shows no certificate")
		}
		shown := s.PeerCertificates[0].Raw
		sum := sha256.Sum256(shown)
		if subtle.ConstantTimeCompare(sum[:], want[:]) != 1 {
			return fmt.Errorf("the partner's certificate has the fingerprint %s, and %s is %s", objects.Fingerprint(shown), word, fingerprint)
		}
		return nil
	}
}
