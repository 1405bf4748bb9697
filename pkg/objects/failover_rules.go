package objects

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// pairServer refuses what can be no server of any pair.
func pairServer(text string) error {
	if strings.EqualFold(text, "localhost") {
		return fmt.Errorf("means another server on each machine; name the server or its address")
	}
	ip, err := netip.ParseAddr(text)
	switch {
	case err != nil:
		return nil
	case !ip.Is4():
		return fmt.Errorf("must be a name or an IPv4 address")
	case ip == netip.AddrFrom4([4]byte{127, 0, 0, 1}):
		return fmt.Errorf("means another server on each machine; take an address that the partner reaches")
	case ip.As4()[0] == 0 || ip.As4()[0] >= 224:
		return fmt.Errorf("is no address of a server")
	}
	return nil
}

// PairServers returns the two servers of a failover pair as configured: names
// or addresses, without a dot at the end; "" where none is.
func (c *Config) PairServers(pair *Object) (main, backup string) {
	return c.pairServer(pair, FailoverPairMainServer, FailoverPairMain),
		c.pairServer(pair, FailoverPairBackupServer, FailoverPairBackup)
}

func (c *Config) pairServer(pair *Object, server, cluster Handle[string]) string {
	if name := server.Of(pair); name != "" {
		return name
	}
	if o := c.Get(Cluster, cluster.Of(pair)); o != nil {
		return o.Text(ClusterAddr.Attr)
	}
	return ""
}

// PairOf returns the failover pair that is in use and has the scope by its
// match list, or nil. One in a VPN is in no match list, but may be meant by a
// pair without any.
func (c *Config) PairOf(scope *Object) *Object {
	if !ScopeSubnet.Of(scope).IsValid() {
		return nil
	}
	for _, pair := range c.byClass[FailoverPair] {
		if FailoverPairOn.Of(pair) && PairHas(pair, scope) {
			return pair
		}
	}
	return nil
}

// PairHas tells whether the pair has the scope by its match list, in use or
// not. A secondary scope goes with the subnet of its primary.
func PairHas(pair, scope *Object) bool {
	own := Match{Subnet: MatchSubnet(scope)}
	matches := FailoverPairMatches.Of(pair)
	return len(matches) == 0 || ScopeVPN.Of(scope) == 0 && slices.ContainsFunc(matches, func(m Match) bool { return m.Covers(own) })
}

// MatchSubnet is the subnet by which match lists have a scope: its primary's,
// else its own.
func MatchSubnet(scope *Object) netip.Prefix {
	if p, ok := ScopePrimary.Lookup(scope); ok {
		return p
	}
	return ScopeSubnet.Of(scope)
}

// LinkTimes returns how often a link is kept alive and after which silence it
// is lost: what the pair says, else the server. pair may be nil.
func LinkTimes(pair, dhcp *Object) (interval, timeout time.Duration) {
	return fromPair(pair, FailoverPairPollInterval, DhcpFailoverPollInterval.Of(dhcp)),
		fromPair(pair, FailoverPairPollTimeout, DhcpFailoverPollTimeout.Of(dhcp))
}

// Bulking tells whether several updates may share a message, and RecoverSince
// since when lease data may be missing (Unix seconds, 0 is never): what the
// pair says, else the server. pair may be nil.
func Bulking(pair, dhcp *Object) bool {
	return fromPair(pair, FailoverPairBulking, DhcpFailoverBulking.Of(dhcp))
}

// RecoverSince is described at Bulking.
func RecoverSince(pair, dhcp *Object) int64 {
	return fromPair(pair, FailoverPairRecover, DhcpFailoverRecover.Of(dhcp))
}

func fromPair[T any](pair *Object, own Handle[T], otherwise T) T {
	if pair != nil {
		if v, ok := own.Lookup(pair); ok {
			return v
		}
	}
	return otherwise
}

// checkPair holds the rules that can be judged anywhere: which of the servers
// is this one, and what their names mean, is known on the machine alone.
func checkPair(o *Object, cfg *Config) []*Error {
	var errs []*Error
	bad := func(code Code, format string, args ...any) {
		errs = append(errs, Errorf(code, "%s %s", o.Ref(), fmt.Sprintf(format, args...)))
	}
	main, backup := cfg.PairServers(o)
	for _, side := range []struct {
		server, cluster Handle[string]
		name            string
	}{{FailoverPairMainServer, FailoverPairMain, main}, {FailoverPairBackupServer, FailoverPairBackup, backup}} {
		cluster := side.cluster.Of(o)
		switch {
		case side.name == "" && cluster == "":
			bad(RequiredAttribute, "%s: the pair needs it, or the cluster %s", side.server.Name, side.cluster.Name)
		case cfg.Get(Cluster, cluster) != nil:
			// Whatever main-server says: it is at this address that the
			// partner is asked for its configuration.
			address := cfg.Get(Cluster, cluster).Text(ClusterAddr.Attr)
			if err := pairServer(address); address != "" && err != nil {
				bad(Invalid, "%s: the address of %s, %s, %v", side.cluster.Name, Ref(Cluster, cluster), address, err)
			}
		}
	}
	if c := FailoverPairMain.Of(o); c != "" && strings.EqualFold(c, FailoverPairBackup.Of(o)) {
		bad(Invalid, "backup: the backup cannot be the same cluster as the main, %q", c)
	} else if main != "" && strings.EqualFold(main, backup) {
		bad(Invalid, "backup-server: the backup cannot be the same server as the main, %s", main)
	}
	if m, b := FailoverPairMainPrint.Of(o), FailoverPairBackupPrint.Of(o); m != "" && b != "" && samePrint(m, b) {
		bad(Invalid, "backup-fingerprint: it is that of the main server, too; each server has a certificate of its own")
	}
	if FailoverPairUseSafePeriod.Of(o) && FailoverPairSafePeriod.Of(o) == 0 {
		bad(Invalid, "safe-period: 0 with use-safe-period takes the partner to be down whenever the link breaks")
	}
	interval, timeout := LinkTimes(o, cfg.Dhcp())
	if timeout <= interval {
		bad(Invalid, "failover-poll-timeout: %s is not longer than failover-poll-interval, %s", FormatTime(timeout), FormatTime(interval))
	}
	for _, m := range FailoverPairMatches.Of(o) {
		if m.VPN != "" {
			bad(Invalid, "match-list: %s: %s", m, noVPN)
		}
	}
	return append(errs, pairsOverlap(o, cfg)...)
}

// noVPN is why a scope in a VPN is in no failover relationship.
const noVPN = "the failover protocol knows no VPNs, so that a scope in one cannot be kept together with a partner"

func samePrint(a, b string) bool {
	x, err := ParseFingerprint(a)
	y, other := ParseFingerprint(b)
	return err == nil && other == nil && x == y
}

// pairsOverlap refuses a pair that has scopes of another one: an address has
// one partner.
func pairsOverlap(o *Object, cfg *Config) []*Error {
	if !FailoverPairOn.Of(o) {
		return nil
	}
	var errs []*Error
	own := FailoverPairMatches.Of(o)
	for _, other := range cfg.All(FailoverPair) {
		if strings.EqualFold(other.Name, o.Name) || !FailoverPairOn.Of(other) {
			continue
		}
		theirs := FailoverPairMatches.Of(other)
		switch {
		case len(theirs) == 0:
			errs = append(errs, Errorf(DuplicateObject, "%s: %s has no match list and so has every scope; give it one with addMatch first", o.Ref(), other.Ref()))
			continue
		case len(own) == 0:
			errs = append(errs, Errorf(DuplicateObject, "%s match-list: without one the pair would have every scope, those of %s too; say which with addMatch or match-list= (before the last one goes), or disable failover of the pair", o.Ref(), other.Ref()))
			continue
		}
		for _, m := range own {
			if i := slices.IndexFunc(theirs, m.overlaps); i >= 0 {
				errs = append(errs, Errorf(RangeOverlap, "%s match-list: %s overlaps %s of %s; a scope is in one pair", o.Ref(), m, theirs[i], other.Ref()))
				break
			}
		}
	}
	return errs
}
