package failover

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"leasehold/internal/engine"
	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/objects"
)

// relationship is what the configuration says of this server and one partner
// in one role.
type relationship struct {
	name   string // of the failover-pair, or made of the servers' names
	object *objects.Object
	wide   bool // has every scope
	main   endpoint
	backup endpoint

	role    lease.Role // lease.Alone: it cannot be told
	wire    string     // its name in the protocol, "" while a server's address is not known
	eager   bool
	tls     bool // the link is encrypted, or there is none
	core    core.Config
	poll    time.Duration
	pct     int // for scopes that do not say
	bootp   int // the same for dynamic BOOTP, 0 is as pct
	scopes  []share
	terms   terms    // what the partner must have alike
	problem []string // what is wrong with it
	held    *holdUp  // all its scopes are; nil mostly
	emptied bool     // scopes of it are held elsewhere
	left    []area   // that it had once, and the partner may serve still
	place   string   // what its role was told from (around.go)
}

// endpoint is one of the two servers.
type endpoint struct {
	name string // as configured, without a dot at the end; "" is this server
	addr netip.Addr
	port uint16
	// fingerprint is that of the server's certificate, "" if it is not set.
	fingerprint string
}

// share is a scope of a relationship.
type share struct {
	name     string
	subnet   netip.Prefix
	percent  int // of the free addresses, for the backup
	bootp    bool
	first    bool // allocate-first-available
	boundary netip.Addr
	held     string // why it is silent although the relationship is not; "" mostly
	areas    []area
}

// ours and partner are this server's end and the other.
func (r *relationship) ours() endpoint {
	if r.role == lease.Secondary {
		return r.backup
	}
	return r.main
}

func (r *relationship) partner() endpoint {
	if r.role == lease.Secondary {
		return r.main
	}
	return r.backup
}

// recoverOf is the failover-pair that says recover itself; "" where the dhcp
// object does.
func (r *relationship) recoverOf() string {
	if r.object != nil {
		if _, own := objects.FailoverPairRecover.Lookup(r.object); own {
			return r.object.Name
		}
	}
	return ""
}

// same tells whether the other is the same relationship with the same partner
// in the same role: then its endpoint goes on.
func (r *relationship) same(o *relationship) bool {
	return r.name == o.name && r.role == o.role && r.wire == o.wire && r.main.addr == o.main.addr && r.backup.addr == o.backup.addr &&
		r.main.port == o.main.port && r.backup.port == o.backup.port
}

// says is all that is logged of it.
func (r *relationship) says() string {
	return fmt.Sprint(r.name, r.main, r.backup, r.role, r.eager, r.tls, r.wide, r.core.MCLT, r.core.SafePeriod, r.core.Balanced, r.core.Bulking,
		r.core.PollTimeout, r.poll, r.pct, r.bootp, r.scopes)
}

func (r *relationship) wrong(format string, args ...any) {
	r.problem = append(r.problem, fmt.Sprintf(format, args...))
}

// compiler makes the relationships of one configuration.
type compiler struct {
	cfg      *objects.Config
	dhcp     *objects.Object
	port     uint16
	found    map[string]*relationship // by what tells them apart
	ordered  []*relationship
	of       map[string]*relationship // by scope, lower case
	alone    []string                 // scopes that are in none
	vpns     map[string]*relationship // by scope, those that are in none for their VPN and else would be
	warnings []*objects.Error
}

// compile reads the failover-pair objects with their match lists, and the
// attributes of dhcp and scope. Which server is this one is told by settle.
func compile(cfg *objects.Config, port uint16) *compiler {
	c := &compiler{cfg: cfg, dhcp: cfg.Dhcp(), port: port, found: map[string]*relationship{}, of: map[string]*relationship{}, vpns: map[string]*relationship{}}
	for _, o := range cfg.All(objects.FailoverPair) {
		if objects.FailoverPairOn.Of(o) {
			c.pair(o)
		}
	}
	for _, o := range cfg.All(objects.Scope) {
		c.place(o)
	}
	longest := engine.LongestLease(cfg)
	for _, r := range c.ordered {
		r.core.Longest = longest
		r.terms.balanced = r.core.Balanced
		r.terms.settle()
	}
	slices.SortFunc(c.ordered, func(a, b *relationship) int { return cmp.Compare(a.name, b.name) })
	return c
}

// pair makes the relationship of a failover-pair.
func (c *compiler) pair(o *objects.Object) {
	main, backup := c.cfg.PairServers(o)
	port := func(h objects.Handle[int]) uint16 {
		if n := h.Of(o); n > 0 {
			return uint16(n)
		}
		return c.port
	}
	r := &relationship{
		name: o.Name, object: o, wide: len(objects.FailoverPairMatches.Of(o)) == 0,
		main:   endpoint{name: trim(main), port: port(objects.FailoverPairMainPort), fingerprint: objects.FailoverPairMainPrint.Of(o)},
		backup: endpoint{name: trim(backup), port: port(objects.FailoverPairBackupPort), fingerprint: objects.FailoverPairBackupPrint.Of(o)},
		wire:   o.Name,
		tls:    objects.FailoverPairLinkSecurity.Of(o) == objects.LinkTLS,
		eager:  objects.FailoverPairUpdateMode.Of(o) == objects.UpdateEager,
		pct:    objects.FailoverPairBackupPct.Of(o),
		bootp:  objects.FailoverPairBootpPct.Of(o),
	}
	r.core = core.Config{
		MCLT:     seconds(objects.FailoverPairMCLT.Of(o)),
		Balanced: objects.FailoverPairLoadBalancing.Of(o),
	}
	if objects.FailoverPairUseSafePeriod.Of(o) {
		r.core.SafePeriod = seconds(objects.FailoverPairSafePeriod.Of(o))
	}
	c.add("pair "+strings.ToLower(o.Name), r)
}

// place puts a scope into its relationship: scope-disabled into none, the
// failover-pair that matches it goes before attributes of dhcp and scope.
func (c *compiler) place(o *objects.Object) {
	how := objects.ScopeFailover.Of(o)
	if how == objects.FailoverScopeDisabled {
		c.alone = append(c.alone, o.Name)
		return
	}
	if objects.ScopeVPN.Of(o) != 0 {
		c.leaveOut(o)
		return
	}
	r := (*relationship)(nil)
	if pair := c.cfg.PairOf(o); pair != nil {
		r = c.found["pair "+strings.ToLower(pair.Name)]
		if how == objects.FailoverScopeEnabled {
			c.warnings = append(c.warnings, objects.Errorf(objects.OkWithWarnings,
				"%s failover: %s has the scope by its match list; the scope's own failover servers do not act", o.Ref(), pair.Ref()))
		}
	} else if how == objects.FailoverScopeEnabled || objects.DhcpFailover.Of(c.dhcp) {
		r = c.servers(either(o, objects.ScopeFailoverMain, objects.DhcpFailoverMain.Of(c.dhcp)),
			either(o, objects.ScopeFailoverBackup, objects.DhcpFailoverBackup.Of(c.dhcp)))
	}
	if r == nil {
		c.alone = append(c.alone, o.Name)
		return
	}
	s := c.share(o, r)
	r.scopes = append(r.scopes, s)
	r.terms.add(o, &s)
	c.of[strings.ToLower(o.Name)] = r
}

// leaveOut keeps a scope in a VPN out of the relationship that has every scope:
// the protocol knows no VPNs.
func (c *compiler) leaveOut(o *objects.Object) {
	c.alone = append(c.alone, o.Name)
	name := strings.ToLower(o.Name)
	if pair := c.cfg.PairOf(o); pair != nil {
		c.vpns[name] = c.found["pair "+strings.ToLower(pair.Name)]
	} else if objects.DhcpFailover.Of(c.dhcp) {
		c.vpns[name] = c.servers(objects.DhcpFailoverMain.Of(c.dhcp), objects.DhcpFailoverBackup.Of(c.dhcp))
	}
}

// tellLeftOut names the scopes that were left out. The partner has the same
// configuration as a rule, so that only one of the two serves them.
func (c *compiler) tellLeftOut() {
	for _, o := range c.cfg.All(objects.Scope) {
		r := c.vpns[strings.ToLower(o.Name)]
		if r == nil {
			continue
		}
		serves := "this server serves it alone, its partner does not"
		if r.role != lease.Primary {
			serves = "this server does not serve it, only the main server does"
		}
		vpn := "with the number " + strconv.Itoa(objects.ScopeVPN.Of(o))
		if v := c.cfg.VPNByID(objects.ScopeVPN.Of(o)); v != nil {
			vpn = strconv.Quote(v.Name)
		}
		// First, because the last problem says why a relationship has no role.
		r.problem = slices.Insert(r.problem, 0, fmt.Sprintf(
			"scope %q is in the vpn %s, which failover cannot share: %s (with failover=scope-disabled each server serves it by itself)", o.Name, vpn, serves))
	}
}

// servers is the relationship of two servers named by attributes of dhcp and
// scope.
func (c *compiler) servers(main, backup string) *relationship {
	main, backup = trim(main), trim(backup)
	key := "servers " + strings.ToLower(main) + " " + strings.ToLower(backup)
	if r := c.found[key]; r != nil {
		return r
	}
	wide := objects.DhcpFailover.Of(c.dhcp) &&
		strings.EqualFold(main, trim(objects.DhcpFailoverMain.Of(c.dhcp))) && strings.EqualFold(backup, trim(objects.DhcpFailoverBackup.Of(c.dhcp)))
	r := &relationship{
		name: strings.ToLower(main + "-" + backup), wide: wide,
		main: endpoint{name: main, port: c.port}, backup: endpoint{name: backup, port: c.port},
		pct: objects.DhcpFailoverBackupPct.Of(c.dhcp), bootp: objects.DhcpFailoverBootpPct.Of(c.dhcp),
	}
	r.core = core.Config{MCLT: seconds(objects.DhcpFailoverMCLT.Of(c.dhcp))}
	if objects.DhcpFailoverUseSafePeriod.Of(c.dhcp) {
		r.core.SafePeriod = seconds(objects.DhcpFailoverSafePeriod.Of(c.dhcp))
	}
	c.add(key, r)
	return r
}

// add completes what pairs and attributes have in common.
func (c *compiler) add(key string, r *relationship) {
	interval, timeout := objects.LinkTimes(r.object, c.dhcp)
	r.poll = interval
	r.core.Name = r.name
	r.core.PollTimeout = timeout
	r.core.Bulking = objects.Bulking(r.object, c.dhcp)
	r.core.Recover = objects.RecoverSince(r.object, c.dhcp)
	r.habits()
	c.found[key] = r
	c.ordered = append(c.ordered, r)
}

// habits are what nobody configures.
func (r *relationship) habits() {
	r.core.MaxUnacked = maxUnacked
	r.core.Split = evenSplit
	r.core.DelayedService = delayedService
	if r.core.Balanced {
		r.core.DelayedService = balancedDelayedService
	}
}

// For how many seconds a client asks in vain before the partner's server
// answers in its place: its relay may reach only one of the two. Where one of
// them serves all, the other leaves it more time.
const (
	delayedService         = 10
	balancedDelayedService = 3
)

const (
	// maxUnacked is how many BNDUPDs a partner may have under way; the draft
	// wants more than 10 and less than 100.
	maxUnacked = 90
	// evenSplit is half of the hash buckets: load balancing shares evenly.
	evenSplit = 128
	// balancedPercent goes with load balancing, whatever is configured.
	balancedPercent = 50
)

func (c *compiler) share(o *objects.Object, r *relationship) share {
	s := share{
		name: o.Name, subnet: objects.ScopeSubnet.Of(o), areas: c.areasOf(o),
		bootp: objects.ScopeBOOTP.Of(o) && objects.ScopeDynamicBOOTP.Of(o),
		first: objects.ScopeFirstAvailable.Of(o) || objects.DhcpPriorityAllocation.Of(c.dhcp),
	}
	s.percent = r.percent(o, s.bootp)
	if a := objects.ScopeAllocationBoundary.Of(o); s.first && a.Is4() && !a.IsUnspecified() {
		s.boundary = a
	}
	return s
}

// percent is the backup's share of a scope: load balancing goes before the
// scope, the scope before the pair; a share for dynamic BOOTP before the usual.
func (r *relationship) percent(o *objects.Object, bootp bool) int {
	if r.core.Balanced {
		return balancedPercent
	}
	if bootp {
		if n := objects.ScopeFailoverBootpPct.Of(o); n > 0 {
			return n
		}
		if _, own := ownPercent(o); !own && r.bootp > 0 {
			return r.bootp
		}
	}
	if n, own := ownPercent(o); own {
		return n
	}
	return r.pct
}

// ownPercent is what the scope itself says, in either release's attribute.
func ownPercent(o *objects.Object) (int, bool) {
	if n, ok := objects.ScopeBackupPct.Lookup(o); ok {
		return n, true
	}
	return objects.ScopeFailoverBackupPct.Lookup(o)
}

// either is the scope's own word, else the server's.
func either(o *objects.Object, h objects.Handle[string], server string) string {
	if v, ok := h.Lookup(o); ok && v != "" {
		return v
	}
	return server
}

func trim(name string) string { return strings.TrimSuffix(name, ".") }

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
