package link

import (
	"fmt"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// The clocks of two servers in seconds: dhcpd refuses what is further apart
// than the first, operators hear of what is further apart than the second.
const (
	maxOffsetISC = 60
	warnOffset   = 5
)

// maxMCLT is the largest that is taken from a primary: with more, a lease could
// not be taken back within the life of a server.
const maxMCLT = uint32(366 * 24 * time.Hour / time.Second)

// circumstances are what counts besides the message itself.
type circumstances struct {
	offset int64 // the partner's clock less ours
	secure bool  // the connection has TLS
	digest bool  // the message has a message-digest
}

// judgeConnect answers a CONNECT in the order of draft-12 section 7.8.2; cfg is
// nil where the relationship is not one with this partner. An answer without
// Reason accepts; TLSWanted in it asks for TLS first.
func judgeConnect(cfg *Config, c wire.CONNECT, at circumstances) wire.CONNECTACK {
	ack := wire.CONNECTACK{Relationship: c.Relationship, Version: wire.ProtocolVersion, TLS: wire.TLSAbsent}
	if ack.Relationship == "" {
		ack.Relationship = "none" // a refusal without a name hides its reason from dhcpd
	}
	if !at.secure && c.TLS != wire.TLSAbsent {
		ack.TLS = wire.TLSNone
	}
	refuse := func(reason wire.Reason, format string, args ...any) wire.CONNECTACK {
		ack.Reason, ack.Text = reason, fmt.Sprintf(format, args...)
		return ack
	}
	if c.Version != wire.ProtocolVersion {
		return refuse(wire.ReasonVersion, "protocol version %d is not %d", c.Version, wire.ProtocolVersion)
	}
	if cfg != nil && !at.secure {
		reply, reason := cfg.tlsReply(c.TLS)
		if c.TLS != wire.TLSAbsent {
			ack.TLS = reply
		}
		if reason != 0 {
			return refuse(reason, "%s", tlsText(reason, c.VendorClass))
		}
	}
	if at.digest {
		return refuse(wire.ReasonNoDigest, "message-digest is not supported")
	}
	if reason, text := judgePlace(cfg, c); reason != 0 {
		return refuse(reason, "%s", text)
	}
	if text := tooFar(at.offset, c.VendorClass); text != "" {
		return refuse(wire.ReasonTimeMismatch, "%s", text)
	}
	switch {
	case c.MCLT == 0:
		return refuse(wire.ReasonInvalidMCLT, "the MCLT is missing or 0")
	case c.MCLT > maxMCLT:
		return refuse(wire.ReasonInvalidMCLT, "an MCLT of %d seconds is more than a year", c.MCLT)
	case c.HBA == nil:
		return refuse(wire.ReasonBuckets, "the hash-bucket-assignment is missing")
	}
	if err := c.Check(); err != nil {
		return refuse(err.Reason, "%s", err.Error())
	}
	ack.MaxUnacked, ack.ReceiveTimer = cfg.MaxUnacked, cfg.receiveTimer(c.MCLT)
	ack.VendorClass, ack.Vendor = cfg.Vendor, cfg.Options
	return ack
}

// judgePlace finds a CONNECT that this relationship cannot take: its name, and
// who has which role.
func judgePlace(cfg *Config, c wire.CONNECT) (wire.Reason, string) {
	switch {
	case c.Relationship == "":
		return wire.ReasonInvalidPartner, "the relationship-name is missing"
	case cfg == nil || cfg.Name != c.Relationship:
		return wire.ReasonInvalidPartner, fmt.Sprintf("there is no relationship %q with this partner here", c.Relationship)
	case cfg.Role == lease.Primary:
		return wire.ReasonInvalidPartner, fmt.Sprintf("both servers are configured as main of %q", c.Relationship)
	}
	return 0, ""
}

// tlsReply is the table of section 7.8.2.
func (c *Config) tlsReply(request wire.TLS) (wire.TLS, wire.Reason) {
	switch request {
	case wire.TLSNone, wire.TLSAbsent:
		if c.TLSRequired {
			return wire.TLSWanted, wire.ReasonTLSRequired
		}
		return wire.TLSNone, 0
	case wire.TLSWanted, wire.TLSRequired:
		if c.TLS != nil {
			return wire.TLSWanted, 0
		}
		if request == wire.TLSWanted {
			return wire.TLSNone, 0
		}
		return wire.TLSNone, wire.ReasonTLSUnconfigured
	}
	return wire.TLSNone, wire.ReasonNoTLS
}

// tlsRequest is what the primary asks for.
func (c *Config) tlsRequest(secure bool) wire.TLS {
	switch {
	case secure:
		return wire.TLSAbsent
	case c.TLSRequired:
		return wire.TLSRequired
	case c.TLS != nil:
		return wire.TLSWanted
	}
	return wire.TLSNone
}

func tlsText(reason wire.Reason, vendor string) string {
	switch {
	case isISC(vendor):
		return "TLS is required for this relationship, and dhcpd has none"
	case reason == wire.ReasonTLSRequired, reason == wire.ReasonTLSUnconfigured:
		return "one of the servers requires TLS, and the other is not configured for it" // read on both sides
	}
	return "the TLS-request is unknown"
}

func isISC(vendor string) bool { return wire.ProfileOf(vendor) == wire.ISC }

// tooFar is why clocks so far apart do not do for this partner, "" if they do.
// Other partners correct times by the difference.
func tooFar(offset int64, vendor string) string {
	if isISC(vendor) && abs(offset) > maxOffsetISC {
		return fmt.Sprintf("the clocks are %d seconds apart, and dhcpd takes at most %d", abs(offset), maxOffsetISC)
	}
	return ""
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

// clockText is what operators are told of clocks that differ, "" for nothing.
func clockText(offset int64) string {
	switch {
	case offset > warnOffset:
		return fmt.Sprintf("the partner's clock is %d seconds ahead of this server's", offset)
	case offset < -warnOffset:
		return fmt.Sprintf("the partner's clock is %d seconds behind this server's", -offset)
	}
	return ""
}

// step is what the primary does about a CONNECTACK.
type step uint8

const (
	stepUse     step = iota // the connection is made
	stepSecure              // TLS, then CONNECT again
	stepRefused             // the partner refuses
	stepRefuse              // this server refuses: DISCONNECT
	stepAgain               // connect again with the hash buckets the other way round
)

// ruling is a step and why.
type ruling struct {
	step   step
	reason wire.Reason
	text   string
}

// judgeAck rules on the CONNECTACK to a CONNECT (draft-12 section 7.9.2). sent
// is the profile in which the CONNECT gave the hash buckets.
func judgeAck(cfg *Config, sent *wire.Profile, ack wire.CONNECTACK, at circumstances) ruling {
	refuse := func(reason wire.Reason, format string, args ...any) ruling {
		return ruling{stepRefuse, reason, fmt.Sprintf(format, args...)}
	}
	if ack.Reason != 0 {
		return ruling{stepRefused, ack.Reason, ack.Text}
	}
	if !at.secure {
		asked := cfg.tlsRequest(false)
		switch {
		case ack.TLS == wire.TLSWanted && asked == wire.TLSNone:
			return refuse(wire.ReasonTLSUnconfigured, "the partner begins TLS, which was not asked for")
		case ack.TLS == wire.TLSWanted:
			return ruling{step: stepSecure}
		case asked == wire.TLSRequired:
			return refuse(wire.ReasonTLSRequired, "%s", tlsText(wire.ReasonTLSRequired, ack.VendorClass))
		}
	}
	if ack.Version != wire.ProtocolVersion {
		return refuse(wire.ReasonVersion, "protocol version %d is not %d", ack.Version, wire.ProtocolVersion)
	}
	if ack.Relationship != cfg.Name {
		return refuse(wire.ReasonInvalidPartner, "the CONNECTACK is for relationship %q, not %q", ack.Relationship, cfg.Name)
	}
	if text := tooFar(at.offset, ack.VendorClass); text != "" {
		return refuse(wire.ReasonTimeMismatch, "%s", text)
	}
	// dhcpd may leave out what the draft requires here; it has sane defaults.
	if err := ack.Check(); err != nil && !isISC(ack.VendorClass) {
		return refuse(err.Reason, "%s", err.Error())
	}
	if wire.ProfileOf(ack.VendorClass).SetIsPrimary != sent.SetIsPrimary {
		return ruling{stepAgain, wire.ReasonUnknown, "the hash buckets are to be given the other way round"}
	}
	return ruling{step: stepUse}
}

// proposal is the CONNECT of a primary to a partner that reads hash buckets as
// the profile says.
func (c *Config) proposal(profile *wire.Profile, secure bool) wire.CONNECT {
	hba := c.HBA(profile)
	return wire.CONNECT{
		Relationship:   c.Name,
		MaxUnacked:     c.MaxUnacked,
		ReceiveTimer:   c.receiveTimer(c.MCLT),
		VendorClass:    c.Vendor,
		Version:        wire.ProtocolVersion,
		TLS:            c.tlsRequest(secure),
		MCLT:           c.MCLT,
		HBA:            &hba,
		DelayedService: c.DelayedService,
		Vendor:         c.Options,
	}
}

// writing is the profile to encode a CONNECT in: one that knows TLS where TLS
// is asked for, whoever is thought to be there.
func writing(profile *wire.Profile, tls wire.TLS) *wire.Profile {
	if tls != wire.TLSNone && tls != wire.TLSAbsent && !profile.Secrets {
		return wire.Draft
	}
	return profile
}

// refusal is the CONNECTACK that turns a duplicate or a late CONNECT down.
func refusal(ack wire.CONNECTACK, reason wire.Reason, text string) wire.CONNECTACK {
	return wire.CONNECTACK{Relationship: ack.Relationship, Version: ack.Version, TLS: ack.TLS, Reason: reason, Text: text}
}
