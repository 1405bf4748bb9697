package link

import (
	"crypto/tls"
	"errors"
	"net"

	"leasehold/pkg/failover/wire"
)

// encrypt puts TLS over the connection.
func (o *opening) encrypt(p *Peer, server bool) bool {
	if !o.in.empty() {
		o.fail("there was more before TLS began than belongs there")
		return false
	}
	var t *tls.Conn
	if server {
		t = tls.Server(o.raw, serverTLS(p.cfg.TLS))
	} else {
		t = tls.Client(o.raw, clientTLS(p.cfg.TLS, o.remote.Addr().String()))
	}
	if err := t.Handshake(); err != nil {
		if isAlert(err) {
			o.outcome = outcomeRefused
			p.refuse(NoticeRefused, wire.ReasonUnknown, alertText(err))
		} else {
			o.fail("TLS: " + lossText(err))
		}
		return false
	}
	o.mu.Lock()
	o.nc, o.secure = t, true
	o.mu.Unlock()
	o.in = newIntake(t)
	return true
}

// isAlert tells whether the partner ended TLS with an alert. It may come after
// the handshake: in version 1.3 the server looks at the client's certificate
// when the client is done.
func isAlert(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "remote error"
}

func alertText(err error) string {
	return "the partner refuses TLS with this server, perhaps for its certificate: " + lossText(err)
}

// serverTLS and clientTLS hold the owner's configuration to version 1.3 and
// certificates on both sides.
func serverTLS(cfg *tls.Config) *tls.Config {
	c := cfg.Clone()
	c.MinVersion = tls.VersionTLS13
	if c.ClientCAs == nil {
		c.ClientCAs = c.RootCAs
	}
	if c.ClientAuth < tls.RequireAnyClientCert {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return c
}

func clientTLS(cfg *tls.Config, partner string) *tls.Config {
	c := cfg.Clone()
	c.MinVersion = tls.VersionTLS13
	if c.ServerName == "" {
		c.ServerName = partner
	}
	return c
}
