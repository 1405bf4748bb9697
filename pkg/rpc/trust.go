package rpc

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"leasehold/pkg/objects"
)

func isNotExist(err error) bool   { return errors.Is(err, fs.ErrNotExist) }
func isPermission(err error) bool { return errors.Is(err, fs.ErrPermission) }

// serverCheck decides whether the server at an address is the one it was.
type serverCheck struct {
	address     string
	pinned      string              // "": see below
	authorities []*x509.Certificate // nil: trust on first use
	known       string
	newServer   func(address, fingerprint string) error
}

func newServerCheck(address string, o DialOptions) (*serverCheck, error) {
	check := &serverCheck{address: address, known: o.Known, newServer: o.NewServer}
	if o.Fingerprint != "" {
		if _, err := objects.ParseFingerprint(o.Fingerprint); err != nil {
			return nil, objects.Errorf(objects.Invalid, "%s: the pinned fingerprint %q %v", address, o.Fingerprint, err)
		}
		check.pinned = o.Fingerprint
		return check, nil
	}
	if o.CACert != "" {
		authorities, err := readCertificates(o.CACert)
		check.authorities = authorities
		return check, err
	}
	if o.Known == "" && o.NewServer == nil {
		return nil, objects.Errorf(objects.ConnectionFailure, "%s: neither a file of authorities nor one of known servers is given to check its certificate with", address)
	}
	return check, nil
}

func readCertificates(path string) ([]*x509.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, objects.Errorf(objects.OpenFailed, "%v", err)
	}
	var certs []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, objects.Errorf(objects.ReadError, "%s: %v", path, err)
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 {
		return nil, objects.Errorf(objects.ReadError, "%s holds no certificate", path)
	}
	return certs, nil
}

// dial connects, shakes hands and checks; the fingerprint is the server's.
func (s *serverCheck) dial(ctx context.Context) (net.Conn, string, error) {
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.address)
	if err != nil {
		return nil, "", unreachable(s.address, err)
	}
	host, _, _ := net.SplitHostPort(s.address)
	conn := tls.Client(raw, &tls.Config{
		MinVersion: tls.VersionTLS13,
		ServerName: host,
		// The check is ours, below, before anything is sent.
		InsecureSkipVerify: true,
	})
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, "", objects.Errorf(objects.ConnectionFailure, "%s: no admin service answers there: %v", s.address, err)
	}
	leaf := conn.ConnectionState().PeerCertificates[0]
	fingerprint := Fingerprint(leaf.Raw)
	if s.pinned != "" {
		err = s.checkPinned(fingerprint)
	} else if s.authorities != nil {
		err = s.checkAuthority(leaf, conn.ConnectionState().PeerCertificates[1:], host)
	} else {
		err = s.checkKnown(fingerprint)
	}
	if err != nil {
		_ = conn.Close()
		return nil, "", err
	}
	return conn, fingerprint, nil
}

// OtherCertificate is the cause of a refusal by DialOptions.Fingerprint.
type OtherCertificate struct {
	Address, Pinned, Shown string
}

func (e *OtherCertificate) Error() string {
	return e.Unwrap().Error()
}

// Unwrap returns the refusal with its status code.
func (e *OtherCertificate) Unwrap() error {
	return &objects.Error{
		Code:   objects.ConnectionFailure,
		Msg:    fmt.Sprintf("%s: the server shows another certificate than the pinned one", e.Address),
		Detail: []string{"pinned:    " + e.Pinned, "shown now: " + e.Shown},
	}
}

// checkPinned accepts the one certificate.
func (s *serverCheck) checkPinned(fingerprint string) error {
	want, err := objects.ParseFingerprint(s.pinned)
	if err != nil {
		return err
	}
	if got, err := objects.ParseFingerprint(fingerprint); err != nil || got != want {
		return &OtherCertificate{Address: s.address, Pinned: s.pinned, Shown: fingerprint}
	}
	return nil
}

// checkAuthority accepts a certificate that the file itself holds whatever
// name it was made out to, and otherwise what an authority of the file signed
// for this host.
func (s *serverCheck) checkAuthority(leaf *x509.Certificate, between []*x509.Certificate, host string) error {
	roots := x509.NewCertPool()
	for _, a := range s.authorities {
		if bytes.Equal(a.Raw, leaf.Raw) {
			return nil
		}
		roots.AddCert(a)
	}
	pool := x509.NewCertPool()
	for _, c := range between {
		pool.AddCert(c)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: pool}); err != nil {
		return objects.Errorf(objects.ConnectionFailure, "%s: certificate %s refused: %v", s.address, Fingerprint(leaf.Raw), err)
	}
	return nil
}

// checkKnown compares with the file of known servers, under its lock: of two
// clients that meet a server at the same moment both see the same first use.
func (s *serverCheck) checkKnown(fingerprint string) error {
	if s.known == "" {
		return s.newServer(s.address, fingerprint)
	}
	if err := os.MkdirAll(filepath.Dir(s.known), 0o700); err != nil {
		return objects.Errorf(objects.OpenFailed, "%v", err)
	}
	f, err := os.OpenFile(s.known, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return objects.Errorf(objects.OpenFailed, "%v", err)
	}
	defer func() { _ = f.Close() }() // what was appended is checked below
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		return objects.Errorf(objects.OpenFailed, "lock %s: %v", s.known, err)
	}
	text, err := os.ReadFile(s.known)
	if err != nil {
		return objects.Errorf(objects.ReadError, "%v", err)
	}
	known, ok := lookUpKnown(string(text), s.address)
	if ok && known == fingerprint {
		return nil
	}
	if ok {
		return &objects.Error{
			Code: objects.ConnectionFailure,
			Msg:  fmt.Sprintf("%s: the server's certificate has changed", s.address),
			Detail: []string{
				"known since the first use: " + known,
				"shown now:                 " + fingerprint,
				"Another machine may be answering in its place. If the server was set up anew, remove its line from " + s.known,
			},
		}
	}
	if s.newServer != nil {
		if err := s.newServer(s.address, fingerprint); err != nil {
			return objects.Errorf(objects.ConnectionFailure, "%s: certificate %s not accepted: %v", s.address, fingerprint, err)
		}
	}
	if _, err := fmt.Fprintf(f, "%s %s\n", s.address, fingerprint); err != nil {
		return objects.Errorf(objects.GenericError, "write %s: %v", s.known, err)
	}
	return nil
}

func lookUpKnown(text, address string) (fingerprint string, ok bool) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 2 && strings.EqualFold(fields[0], address) {
			fingerprint, ok = fields[1], true
		}
	}
	return fingerprint, ok
}
