package link

import (
	"crypto/tls"
	"strings"
	"testing"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

func terms(change func(*Config)) *Config {
	c := config("office", lease.Secondary, 2, 3, 647)
	if change != nil {
		change(&c)
	}
	if err := c.complete(); err != nil {
		panic(err)
	}
	return &c
}

func offersTLS(c *Config)   { c.TLS = &tls.Config{} }
func requiresTLS(c *Config) { c.TLS, c.TLSRequired = &tls.Config{}, true }

func TestJudgeConnect(t *testing.T) {
	const none = wire.Reason(0)
	for _, tt := range []struct {
		name    string
		cfg     func(*Config)
		unknown bool // no such relationship
		connect func(*wire.CONNECT)
		at      circumstances
		reason  wire.Reason
		tls     wire.TLS
		text    string
	}{
		{name: "accepted", reason: none, tls: wire.TLSNone},
		{name: "without TLS-request", connect: func(c *wire.CONNECT) { c.TLS = wire.TLSAbsent }, tls: wire.TLSAbsent},
		{name: "version 2", connect: func(c *wire.CONNECT) { c.Version = 2 }, reason: wire.ReasonVersion, text: "protocol version 2 is not 1"},
		{name: "no version", connect: func(c *wire.CONNECT) { c.Version = 0 }, reason: wire.ReasonVersion},
		{name: "version goes before name", unknown: true, connect: func(c *wire.CONNECT) { c.Version = 2 }, reason: wire.ReasonVersion},

		// the table of section 7.8.2
		{name: "TLS 0,0", reason: none, tls: wire.TLSNone},
		{name: "TLS 0,1", cfg: requiresTLS, reason: wire.ReasonTLSRequired, tls: wire.TLSWanted, text: "one of the servers requires TLS, and the other is not configured for it"},
		{name: "TLS 0, offered", cfg: offersTLS, reason: none, tls: wire.TLSNone},
		{name: "TLS 1,0", connect: func(c *wire.CONNECT) { c.TLS = wire.TLSWanted }, reason: none, tls: wire.TLSNone},
		{name: "TLS 1,1", cfg: offersTLS, connect: func(c *wire.CONNECT) { c.TLS = wire.TLSWanted }, reason: none, tls: wire.TLSWanted},
		{name: "TLS 2,0", connect: func(c *wire.CONNECT) { c.TLS = wire.TLSRequired }, reason: wire.ReasonTLSUnconfigured, tls: wire.TLSNone, text: "one of the servers requires TLS, and the other is not configured for it"},
		{name: "TLS 2,1", cfg: requiresTLS, connect: func(c *wire.CONNECT) { c.TLS = wire.TLSRequired }, reason: none, tls: wire.TLSWanted},
		{name: "TLS 3", cfg: offersTLS, connect: func(c *wire.CONNECT) { c.TLS = 3 }, reason: wire.ReasonNoTLS, tls: wire.TLSNone},
		{name: "no TLS-request, required", cfg: requiresTLS, connect: func(c *wire.CONNECT) { c.TLS = wire.TLSAbsent }, reason: wire.ReasonTLSRequired, tls: wire.TLSAbsent},
		{name: "dhcpd where TLS is required", cfg: requiresTLS, connect: func(c *wire.CONNECT) { c.VendorClass = "isc-4.4.3-P1" }, reason: wire.ReasonTLSRequired, tls: wire.TLSWanted, text: "TLS is required for this relationship, and dhcpd has none"},
		{name: "over TLS", cfg: requiresTLS, connect: func(c *wire.CONNECT) { c.TLS = wire.TLSAbsent }, at: circumstances{secure: true}, reason: none, tls: wire.TLSAbsent},
		{name: "TLS goes before digest", cfg: requiresTLS, at: circumstances{digest: true}, reason: wire.ReasonTLSRequired, tls: wire.TLSWanted},

		{name: "digest", at: circumstances{digest: true}, reason: wire.ReasonNoDigest},
		{name: "digest goes before name", unknown: true, at: circumstances{digest: true}, reason: wire.ReasonNoDigest},
		{name: "unknown name", unknown: true, connect: func(c *wire.CONNECT) { c.Relationship = "Office" }, reason: wire.ReasonInvalidPartner, text: `there is no relationship "Office" with this partner here`},
		{name: "no name", unknown: true, connect: func(c *wire.CONNECT) { c.Relationship = "" }, reason: wire.ReasonInvalidPartner, text: "the relationship-name is missing"},
		{name: "both primary", cfg: func(c *Config) { c.Role = lease.Primary }, reason: wire.ReasonInvalidPartner, text: `both servers are configured as main of "office"`},
		{name: "name goes before time", unknown: true, connect: func(c *wire.CONNECT) { c.VendorClass = "isc-4" }, at: circumstances{offset: 99}, reason: wire.ReasonInvalidPartner},

		{name: "dhcpd 60 s ahead", connect: func(c *wire.CONNECT) { c.VendorClass = "isc-4" }, at: circumstances{offset: 60}, reason: none},
		{name: "dhcpd 61 s ahead", connect: func(c *wire.CONNECT) { c.VendorClass = "isc-4" }, at: circumstances{offset: 61}, reason: wire.ReasonTimeMismatch, text: "the clocks are 61 seconds apart, and dhcpd takes at most 60"},
		{name: "dhcpd 61 s behind", connect: func(c *wire.CONNECT) { c.VendorClass = "isc-4" }, at: circumstances{offset: -61}, reason: wire.ReasonTimeMismatch},
		{name: "another an hour ahead", at: circumstances{offset: 3600}, reason: none},
		{name: "time goes before MCLT", connect: func(c *wire.CONNECT) { c.VendorClass, c.MCLT = "isc-4", 0 }, at: circumstances{offset: 99}, reason: wire.ReasonTimeMismatch},

		{name: "no MCLT", connect: func(c *wire.CONNECT) { c.MCLT = 0 }, reason: wire.ReasonInvalidMCLT},
		{name: "MCLT of years", connect: func(c *wire.CONNECT) { c.MCLT = maxMCLT + 1 }, reason: wire.ReasonInvalidMCLT},
		{name: "MCLT goes before buckets", connect: func(c *wire.CONNECT) { c.MCLT, c.HBA = 0, nil }, reason: wire.ReasonInvalidMCLT},
		{name: "no buckets", connect: func(c *wire.CONNECT) { c.HBA = nil }, reason: wire.ReasonBuckets},
		{name: "no window", connect: func(c *wire.CONNECT) { c.MaxUnacked = 0 }, reason: wire.ReasonConnection, text: "CONNECT: max-unacked-bndupd is missing"},
		{name: "no receive-timer", connect: func(c *wire.CONNECT) { c.ReceiveTimer = 0 }, reason: wire.ReasonConnection},
		{name: "no vendor class", connect: func(c *wire.CONNECT) { c.VendorClass = "" }, reason: wire.ReasonConnection},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := goodConnect("office")
			if tt.connect != nil {
				tt.connect(&c)
			}
			cfg := terms(tt.cfg)
			if tt.unknown {
				cfg = nil
			}
			ack := judgeConnect(cfg, c, tt.at)
			if ack.Reason != tt.reason || tt.text != "" && ack.Text != tt.text {
				t.Errorf("got reason %d (%v) %q, want %d (%v) %q", ack.Reason, ack.Reason, ack.Text, tt.reason, tt.reason, tt.text)
			}
			if tt.tls != 0 && ack.TLS != tt.tls {
				t.Errorf("got TLS-reply %d, want %d", ack.TLS, tt.tls)
			}
			if c.Relationship != "" && ack.Relationship != c.Relationship {
				t.Errorf("the answer is for %q", ack.Relationship)
			}
			for _, p := range []*wire.Profile{wire.Draft, wire.Own, wire.ISC} {
				if _, err := p.Encode(wire.Message{Body: ack}); err != nil {
					t.Errorf("the answer cannot be sent: %v", err)
				}
			}
		})
	}
}

func TestJudgeAck(t *testing.T) {
	primary := func(change func(*Config)) func(*Config) {
		return func(c *Config) {
			c.Role = lease.Primary
			if change != nil {
				change(c)
			}
		}
	}
	for _, tt := range []struct {
		name   string
		cfg    func(*Config)
		sent   *wire.Profile
		ack    func(*wire.CONNECTACK)
		at     circumstances
		step   step
		reason wire.Reason
		text   string
	}{
		{name: "accepted", step: stepUse},
		{name: "accepted by ours", ack: func(a *wire.CONNECTACK) { a.VendorClass = "leasehold-1" }, step: stepUse},
		{name: "refused", ack: func(a *wire.CONNECTACK) { *a = refusal(*a, wire.ReasonDuplicate, "twice") }, step: stepRefused, reason: wire.ReasonDuplicate, text: "twice"},
		{name: "refusal goes before all else", cfg: requiresTLS, ack: func(a *wire.CONNECTACK) { a.Reason, a.Version, a.Relationship = 6, 9, "" }, step: stepRefused, reason: 6},
		{name: "TLS agreed", cfg: offersTLS, ack: func(a *wire.CONNECTACK) { a.TLS = wire.TLSWanted }, step: stepSecure},
		{name: "TLS agreed goes before version", cfg: offersTLS, ack: func(a *wire.CONNECTACK) { a.TLS, a.Version = wire.TLSWanted, 2 }, step: stepSecure},
		{name: "TLS declined", cfg: offersTLS, step: stepUse},
		{name: "TLS not asked for", ack: func(a *wire.CONNECTACK) { a.TLS = wire.TLSWanted }, step: stepRefuse, reason: wire.ReasonTLSUnconfigured},
		{name: "TLS required and declined", cfg: requiresTLS, step: stepRefuse, reason: wire.ReasonTLSRequired, text: "one of the servers requires TLS, and the other is not configured for it"},
		{name: "TLS required and ignored", cfg: requiresTLS, ack: func(a *wire.CONNECTACK) { a.TLS = wire.TLSAbsent }, step: stepRefuse, reason: wire.ReasonTLSRequired},
		{name: "TLS required of dhcpd", cfg: requiresTLS, ack: func(a *wire.CONNECTACK) { a.VendorClass = "isc-4.4.3" }, step: stepRefuse, reason: wire.ReasonTLSRequired, text: "TLS is required for this relationship, and dhcpd has none"},
		{name: "over TLS", cfg: requiresTLS, ack: func(a *wire.CONNECTACK) { a.TLS = wire.TLSAbsent }, at: circumstances{secure: true}, step: stepUse},
		{name: "version 2", ack: func(a *wire.CONNECTACK) { a.Version = 2 }, step: stepRefuse, reason: wire.ReasonVersion},
		{name: "another name", ack: func(a *wire.CONNECTACK) { a.Relationship = "other" }, step: stepRefuse, reason: wire.ReasonInvalidPartner},
		{name: "dhcpd an hour behind", ack: func(a *wire.CONNECTACK) { a.VendorClass = "isc-4" }, sent: wire.ISC, at: circumstances{offset: -3600}, step: stepRefuse, reason: wire.ReasonTimeMismatch},
		{name: "another an hour behind", at: circumstances{offset: -3600}, step: stepUse},
		{name: "no window", ack: func(a *wire.CONNECTACK) { a.MaxUnacked = 0 }, step: stepRefuse, reason: wire.ReasonConnection},
		{name: "dhcpd without options", ack: func(a *wire.CONNECTACK) { a.VendorClass, a.MaxUnacked, a.ReceiveTimer = "isc-4", 0, 0 }, sent: wire.ISC, step: stepUse},
		{name: "dhcpd thought ours", ack: func(a *wire.CONNECTACK) { a.VendorClass = "isc-4" }, step: stepAgain, reason: wire.ReasonUnknown},
		{name: "ours thought dhcpd", sent: wire.ISC, ack: func(a *wire.CONNECTACK) { a.VendorClass = "leasehold-1" }, step: stepAgain, reason: wire.ReasonUnknown},
		{name: "dhcpd known", sent: wire.ISC, ack: func(a *wire.CONNECTACK) { a.VendorClass = "isc-4" }, step: stepUse},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ack := goodAck("office")
			if tt.ack != nil {
				tt.ack(&ack)
			}
			if tt.sent == nil {
				tt.sent = wire.Draft
			}
			got := judgeAck(terms(primary(tt.cfg)), tt.sent, ack, tt.at)
			if got.step != tt.step || got.reason != tt.reason || tt.text != "" && got.text != tt.text {
				t.Errorf("got %+v, want %d %v %q", got, tt.step, tt.reason, tt.text)
			}
		})
	}
}

func TestProposal(t *testing.T) {
	for _, tt := range []struct {
		cfg     func(*Config)
		profile *wire.Profile
		secure  bool
		tls     wire.TLS
	}{
		{nil, wire.Draft, false, wire.TLSNone},
		{nil, wire.ISC, false, wire.TLSNone},
		{offersTLS, wire.Own, false, wire.TLSWanted},
		{offersTLS, wire.ISC, false, wire.TLSWanted},
		{requiresTLS, wire.ISC, false, wire.TLSRequired},
		{requiresTLS, wire.Own, true, wire.TLSAbsent},
	} {
		cfg := terms(tt.cfg)
		c := cfg.proposal(tt.profile, tt.secure)
		if c.TLS != tt.tls {
			t.Errorf("TLS-request is %d, want %d", c.TLS, tt.tls)
		}
		if !tt.profile.PrimaryServes(*c.HBA, 0) || tt.profile.PrimaryServes(*c.HBA, 255) {
			t.Errorf("%s: buckets %x", tt.profile.Name, c.HBA)
		}
		if _, err := writing(tt.profile, c.TLS).Encode(wire.Message{Body: c}); err != nil {
			t.Errorf("%s: %v", tt.profile.Name, err)
		}
	}
}

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		want   string
		change func(*Config)
	}{
		{"1 to 255 octets", func(c *Config) { c.Name = "" }},
		{"1 to 255 octets", func(c *Config) { c.Name = strings.Repeat("x", 256) }},
		{"no NUL", func(c *Config) { c.Name = "a\x00" }},
		{"neither primary nor secondary", func(c *Config) { c.Role = lease.Alone }},
		{"no local address", func(c *Config) { c.Local = at(2, 0) }},
		{"no address and port of a partner", func(c *Config) { c.Partner = at(3, 0) }},
		{"both 127.0.0.2:647", func(c *Config) { c.Partner = c.Local }},
		{"under a second", func(c *Config) { c.PollTimeout = 5 }},
		{"vendor class", func(c *Config) { c.Vendor = "" }},
		{"no certificate", func(c *Config) { c.TLSRequired = true }},
		{"needs an MCLT", func(c *Config) { c.Role, c.MCLT = lease.Primary, 0 }},
		{"needs an MCLT", func(c *Config) { c.Role, c.HBA = lease.Primary, nil }},
	} {
		c := config("x", lease.Secondary, 2, 3, 647)
		tt.change(&c)
		if err := c.complete(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
}
