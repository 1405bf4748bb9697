package link

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// Config is one relationship as the link needs it. What is zero takes the
// default that its line names.
type Config struct {
	Name string     // relationship-name, octet for octet the partner's
	Role lease.Role // Primary or Secondary

	Local   netip.AddrPort // listened on; its address is also dialled from
	Partner netip.AddrPort

	PollInterval time.Duration // longest time without sending, 10 s
	PollTimeout  time.Duration // silence after which the partner is lost, 60 s; see Silence

	MCLT           uint32 // seconds; the primary sends it
	MaxUnacked     uint32 // BNDUPDs that we take unacknowledged, 50
	DelayedService uint8  // seconds; the primary sends it
	Vendor         string // our vendor class
	Options        wire.VendorOptions

	// PartnerVendor is the partner's vendor class as it was last seen, "" for
	// never: its kind decides how the first CONNECT gives the hash buckets.
	PartnerVendor string
	// HBA gives the hash-bucket-assignment as such a partner reads it. It is
	// called for every CONNECT; only a primary needs it.
	HBA func(*wire.Profile) wire.HBA

	// TLS, where it is not nil, is offered to the partner: version 1.3 with
	// certificates on both sides, as the configuration has them. With
	// TLSRequired there is no connection without.
	TLS         *tls.Config
	TLSRequired bool

	ConnectTimeout time.Duration // until CONNECT and CONNECTACK are through, 15 s
	Retry          time.Duration // between attempts, 5 s
	RefusedRetry   time.Duration // at most, after refusals, 60 s
}

// Defaults of a Config.
const (
	defaultPollInterval   = 10 * time.Second
	defaultPollTimeout    = 60 * time.Second
	defaultMaxUnacked     = 50
	defaultConnectTimeout = 15 * time.Second
	defaultRetry          = 5 * time.Second
	defaultRefusedRetry   = 60 * time.Second
)

// complete puts the defaults in and refuses what cannot work.
func (c *Config) complete() error {
	orDefault(&c.PollInterval, defaultPollInterval)
	orDefault(&c.PollTimeout, defaultPollTimeout)
	orDefault(&c.MaxUnacked, defaultMaxUnacked)
	orDefault(&c.ConnectTimeout, defaultConnectTimeout)
	orDefault(&c.Retry, defaultRetry)
	orDefault(&c.RefusedRetry, max(defaultRefusedRetry, c.Retry))
	c.Local = netip.AddrPortFrom(c.Local.Addr().Unmap(), c.Local.Port())
	c.Partner = netip.AddrPortFrom(c.Partner.Addr().Unmap(), c.Partner.Port())
	switch {
	case c.Name == "" || len(c.Name) > 255 || strings.ContainsRune(c.Name, 0):
		return fmt.Errorf("relationship %q: its name must have 1 to 255 octets and no NUL", c.Name)
	case c.Role != lease.Primary && c.Role != lease.Secondary:
		return fmt.Errorf("relationship %q: this server is neither primary nor secondary in it", c.Name)
	case !c.Local.IsValid() || c.Local.Port() == 0 || c.Local.Addr().IsUnspecified():
		return fmt.Errorf("relationship %q: %v is no local address and port", c.Name, c.Local)
	case !c.Partner.IsValid() || c.Partner.Port() == 0 || c.Partner.Addr().IsUnspecified():
		return fmt.Errorf("relationship %q: %v is no address and port of a partner", c.Name, c.Partner)
	case c.Local == c.Partner:
		return fmt.Errorf("relationship %q: partner and this server are both %v", c.Name, c.Local)
	case c.PollTimeout < time.Second:
		return fmt.Errorf("relationship %q: a poll timeout of %v is under a second", c.Name, c.PollTimeout)
	case c.Vendor == "":
		return fmt.Errorf("relationship %q: the vendor class is missing", c.Name)
	case c.TLSRequired && c.TLS == nil:
		return fmt.Errorf("relationship %q: TLS is required and has no certificate", c.Name)
	case c.Role == lease.Primary && (c.MCLT == 0 || c.HBA == nil):
		return fmt.Errorf("relationship %q: %w", c.Name, errNoTerms)
	}
	return nil
}

var errNoTerms = errors.New("the primary needs an MCLT and a hash-bucket-assignment")

func orDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// receiveTimer is the receive-timer option, with the MCLT of the primary.
func (c *Config) receiveTimer(mclt uint32) uint32 {
	return uint32((Silence(c.PollTimeout, int64(mclt)) + time.Second - 1) / time.Second)
}

// Silence is after how long without a word the partner counts as lost: the poll
// timeout, but no more than half of the MCLT (in seconds, 0 is unknown). A partner
// that was told that this server is down takes its free addresses when the MCLT
// has passed: by then it must not give them any more.
func Silence(timeout time.Duration, mclt int64) time.Duration {
	if mclt <= 0 {
		return timeout
	}
	return min(timeout, max(time.Duration(mclt)*time.Second/2, time.Second))
}
