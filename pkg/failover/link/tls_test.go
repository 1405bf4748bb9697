package link

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// authority signs the certificates of a test.
type authority struct {
	tb   testing.TB
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pool *x509.CertPool
}

func newAuthority(tb testing.TB) *authority {
	a := &authority{tb: tb, pool: x509.NewCertPool()}
	a.key, a.cert = a.sign(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil, nil)
	a.pool.AddCert(a.cert)
	return a
}

func (a *authority) sign(c *x509.Certificate, parent *x509.Certificate, by *ecdsa.PrivateKey) (*ecdsa.PrivateKey, *x509.Certificate) {
	a.tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.tb.Fatal(err)
	}
	if parent == nil {
		parent, by = c, key
	}
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), by)
	if err != nil {
		a.tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.tb.Fatal(err)
	}
	return key, cert
}

// of is the configuration of the server with an address.
func (a *authority) of(host byte) *tls.Config {
	key, cert := a.sign(&x509.Certificate{IPAddresses: []net.IP{at(host, 0).Addr().AsSlice()}}, a.cert, a.key)
	return &tls.Config{
		RootCAs:      a.pool,
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}},
	}
}

func TestTLS(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	nobody := func(byte) *tls.Config { return &tls.Config{RootCAs: ca.pool} }
	const off, offered, required = 0, 1, 2
	for _, tt := range []struct {
		name           string
		main, backup   int
		certs          func(byte) *tls.Config // the main server's, if not the authority's
		secure         bool
		main8, backup8 wire.Reason // why each is not connected
		told           NoticeKind  // to the backup; NoticeRefusing if it is not said
		text           string      // the backup's
	}{
		{name: "both offer", main: offered, backup: offered, secure: true},
		{name: "both require", main: required, backup: required, secure: true},
		{name: "one requires", main: offered, backup: required, secure: true},
		{name: "backup has none", main: offered, backup: off},
		{name: "main has none", main: off, backup: offered},
		{name: "backup has none, main requires", main: required, backup: off, main8: wire.ReasonTLSUnconfigured, backup8: wire.ReasonTLSUnconfigured},
		{name: "main has none, backup requires", main: off, backup: required, main8: wire.ReasonTLSRequired, backup8: wire.ReasonTLSRequired},
		{name: "certificate of nobody", main: required, backup: required, certs: other.of, main8: wire.ReasonUnknown, backup8: wire.ReasonUnknown, told: NoticeRefused, text: "the partner refuses TLS with this server, perhaps for its certificate: tls: bad certificate"},
		{name: "no certificate", main: required, backup: required, certs: nobody, main8: wire.ReasonUnknown, backup8: wire.ReasonUnknown, text: "TLS: tls: client didn't provide a certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			port := free(t)
			m, b := config("pair", lease.Primary, 2, 3, port), config("pair", lease.Secondary, 3, 2, port)
			if tt.certs == nil {
				tt.certs = ca.of
			}
			if tt.main != off {
				m.TLS, m.TLSRequired = tt.certs(2), tt.main == required
			}
			if tt.backup != off {
				b.TLS, b.TLSRequired = ca.of(3), tt.backup == required
			}
			p, main := add(t, newHub(t, clock.Real{}), m)
			q, backup := add(t, newHub(t, clock.Real{}), b)
			if tt.backup8 != 0 {
				if tt.told == 0 {
					tt.told = NoticeRefusing
				}
				n := backup.notice(tt.told)
				if n.Reason != tt.backup8 || tt.text != "" && n.Text != tt.text {
					t.Errorf("backup tells %+v", n)
				}
				eventually(t, "main knows", func() bool { return len(p.Status().Refusals) > 0 })
				if r := p.Status().Refusals[0]; r.Reason != tt.main8 && !strings.Contains(r.Text, "tls: ") {
					t.Errorf("main shows %+v", r)
				}
				main.calm()
				backup.calm()
				return
			}
			u, v := await[Up](main), await[Up](backup)
			if u.Secure != tt.secure || v.Secure != tt.secure || p.Status().Secure != tt.secure || q.Status().Secure != tt.secure {
				t.Errorf("secure: %v, %v", u.Secure, v.Secure)
			}
			for i := range uint32(100) {
				u.Conn.Send(i, wire.UPDREQ{})
				v.Conn.Send(i, wire.UPDREQALL{})
				await[wire.UPDREQ](backup)
				await[wire.UPDREQALL](main)
			}
			u.Conn.Hangup(wire.ReasonUnknown, "so")
			if d := await[Down](backup); d != (Down{wire.ReasonUnknown, "so", true}) {
				t.Errorf("backup heard %+v", d)
			}
			await[Down](main)
			await[Up](main)
		})
	}
}

// TestNothingIsSaidInTheClear reads what goes over the line.
func TestNothingIsSaidInTheClear(t *testing.T) {
	ca := newAuthority(t)
	port, other := free(t), free(t)
	m, b := config("pair", lease.Primary, 2, 3, port), config("pair", lease.Secondary, 3, 2, port)
	m.TLS, m.TLSRequired, b.TLS, b.TLSRequired = ca.of(2), true, ca.of(3), true
	m.Local = at(2, other) // nobody reaches it
	ln := listenAt(t, at(4, port))
	m.Partner = at(4, port) // the tap, which goes on to the backup
	b.Local, b.Partner = at(3, port), at(5, other)
	m.TLS.ServerName = "127.0.0.3"
	add(t, newHub(t, clock.Real{}), m)
	_, backup := add(t, newHub(t, clock.Real{}), b)

	in := accept(t, ln)
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(at(5, 0))}
	out, err := d.Dial("tcp", at(3, port).String())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var heard bytes.Buffer
	var back bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		tap(in.nc, out, &back)
	}()
	go tap(out, in.nc, &heard)
	u := await[Up](backup)
	if !u.Secure {
		t.Error("not secure")
	}
	u.Conn.Hangup(wire.ReasonUnknown, "the secret word")
	await[Down](backup)
	<-done
	if bytes.Contains(back.Bytes(), []byte("secret word")) || back.Len() < 200 {
		t.Errorf("over the line went %q", back.Bytes())
	}
}

// tap copies from one connection to another until it ends.
func tap(to, from net.Conn, heard *bytes.Buffer) {
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		heard.Write(buf[:n])
		to.Write(buf[:n])
		if err != nil {
			closeWrite(to)
			return
		}
	}
}

// TestNothingBeforeTLS: what was sent in the clear together with the CONNECT
// must not count as part of the secure connection.
func TestNothingBeforeTLS(t *testing.T) {
	ca := newAuthority(t)
	port := free(t)
	cfg := config("pair", lease.Secondary, 2, 3, port)
	cfg.TLS = ca.of(2)
	_, r := add(t, newHub(t, clock.Real{}), cfg)
	connect := goodConnect("pair")
	connect.TLS = wire.TLSWanted
	s := dialFrom(t, 3, at(2, port))
	first, err := wire.Draft.Encode(wire.Message{XID: 1, Body: connect})
	if err != nil {
		t.Fatal(err)
	}
	connect.TLS = wire.TLSAbsent
	second, err := wire.Draft.Encode(wire.Message{XID: 1, Body: connect})
	if err != nil {
		t.Fatal(err)
	}
	s.nc.Write(append(first, second...))
	hear[wire.CONNECTACK](s)
	s.end()
	r.notice(NoticeRefusing)
	r.calm()
}

func TestTLSRequiredAndDhcpd(t *testing.T) {
	ca := newAuthority(t)
	port := free(t)
	ln := listenAt(t, at(3, port))
	cfg := config("pair", lease.Primary, 2, 3, port)
	cfg.TLS, cfg.TLSRequired, cfg.PartnerVendor = ca.of(2), true, "isc-4.4.3-P1"
	p, r := add(t, newHub(t, clock.Real{}), cfg)
	s := accept(t, ln)
	connect, xid := hear[wire.CONNECT](s)
	if connect.TLS != wire.TLSRequired {
		t.Errorf("TLS-request is %d", connect.TLS)
	}
	ack := goodAck("pair")
	ack.VendorClass = "isc-4.4.3-P1"
	s.send(xid, ack) // as dhcpd does, whatever was asked
	if d, _ := hear[wire.DISCONNECT](s); d.Reason != wire.ReasonTLSRequired {
		t.Errorf("got %+v", d)
	}
	r.notice(NoticeRefusing)
	if got := p.Status().LastError; got != "TLS is required for this relationship, and dhcpd has none" {
		t.Errorf("shown as %q", got)
	}
	r.calm()
}
