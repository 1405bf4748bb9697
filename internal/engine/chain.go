package engine

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"time"

	"leasehold/internal/lease"
	"leasehold/internal/option"
	"leasehold/internal/packet"
	"leasehold/pkg/objects"
)

// chain is what a reply is made from: the policies that apply to one client
// in one scope, merged in search order (most specific first, each attribute
// and each option from the first policy that has it).
type chain struct {
	leaseTime       int64 // seconds, or lease.Forever
	renewal         int64 // T1 and T2 of the policy, 0 for the usual share
	rebinding       int64
	serverLeaseTime int64 // what the server keeps, with split-lease-times; else 0
	override        bool  // the client may ask for less

	offerTimeout       int64
	gracePeriod        int64
	releaseGracePeriod int64
	unavailableTimeout int64

	inhibitAllRenews      bool
	inhibitRenewsAtReboot bool
	giaddrAsServerID      bool
	reserveByClientID     bool
	limitationCount       int

	siaddr      netip.Addr
	file, sname string

	replyOptions      []uint8
	bootpReplyOptions []uint8
	at                [256]uint8 // code -> index in values + 1
	values            [][]byte
	vendor            []vendorValue
}

// option returns the value of an option on the wire; ok is false if no policy
// of the chain has it.
func (c *chain) option(code uint8) (value []byte, ok bool) {
	if i := c.at[code]; i != 0 {
		return c.values[i-1], true
	}
	return nil, false
}

// first returns the attribute of the first policy that sets it, else its
// default.
func first[T any](layers []*policy, h objects.Handle[T]) T {
	for _, p := range layers {
		if v, ok := h.Lookup(p.obj); ok {
			return v
		}
	}
	return h.Of(unset)
}

// unset is an object that gives every attribute's default.
var unset = objects.New(objects.Policy, "")

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// newChain merges layers, most specific first.
func newChain(layers []*policy, catalog *option.Catalog) *chain {
	c := &chain{
		override:              first(layers, objects.PolicyAllowLeaseTimeOverride),
		offerTimeout:          seconds(first(layers, objects.PolicyOfferTimeout)),
		gracePeriod:           seconds(first(layers, objects.PolicyGracePeriod)),
		releaseGracePeriod:    seconds(first(layers, objects.PolicyReleaseGracePeriod)),
		unavailableTimeout:    seconds(first(layers, objects.PolicyUnavailableTimeout)),
		inhibitAllRenews:      first(layers, objects.PolicyInhibitAllRenews),
		inhibitRenewsAtReboot: first(layers, objects.PolicyInhibitRenewsAtReboot),
		giaddrAsServerID:      first(layers, objects.PolicyGiaddrAsServerID),
		reserveByClientID:     first(layers, objects.PolicyUseClientIDForReservations),
		limitationCount:       first(layers, objects.PolicyLimitationCount),
		siaddr:                first(layers, objects.PolicyPacketSiaddr),
		file:                  first(layers, objects.PolicyPacketFileName),
		sname:                 first(layers, objects.PolicyPacketServerName),
	}
	c.replyOptions = optionCodes(first(layers, objects.PolicyReplyOptions), catalog)
	c.bootpReplyOptions = optionCodes(first(layers, objects.PolicyBootpReplyOptions), catalog)
	for _, p := range layers {
		for _, o := range p.options {
			if c.at[o.code] == 0 {
				c.values = append(c.values, o.value)
				c.at[o.code] = uint8(len(c.values))
			}
		}
		c.vendor = append(c.vendor, p.vendor...)
	}
	c.times(layers)
	return c
}

// times settles lease time, T1 and T2.
func (c *chain) times(layers []*policy) {
	c.leaseTime = c.time(packet.LeaseTime)
	if c.leaseTime == 0 {
		c.leaseTime = defaultLeaseTime
	}
	if first(layers, objects.PolicyPermanentLeases) {
		c.leaseTime = lease.Forever
	}
	c.renewal, c.rebinding = c.time(packet.RenewalTime), c.time(packet.RebindingTime)
	if first(layers, objects.PolicySplitLeaseTimes) {
		c.serverLeaseTime = seconds(first(layers, objects.PolicyServerLeaseTime))
	}
}

// defaultLeaseTime applies where not even system_default_policy has one.
const defaultLeaseTime = 7 * 24 * 3600

// time reads an option that is a time; the largest number is forever.
func (c *chain) time(code uint8) int64 {
	v, _ := c.option(code)
	t, _ := wireTime(v)
	return t
}

// wireTime reads a time as it stands on the wire.
func wireTime(v []byte) (int64, bool) {
	if len(v) != 4 {
		return 0, false
	}
	if n := binary.BigEndian.Uint32(v); n != infinite {
		return int64(n), true
	}
	return lease.Forever, true
}

// infinite is a lease without end in options 51, 58 and 59.
const infinite = 1<<32 - 1

// optionCodes reads a list of option names; names that are not known were
// refused when the list was set.
func optionCodes(names []string, catalog *option.Catalog) []uint8 {
	var codes []uint8
	for _, n := range names {
		if d, err := catalog.Lookup(n); err == nil && d.Code > 0 && d.Code < 255 {
			codes = append(codes, uint8(d.Code))
		}
	}
	return codes
}

// chainKey names the policies of a chain besides the system's.
type chainKey struct {
	client *client
	class  *class
	scope  *scope
}

// chainCache keeps the chains that packets used. Clients with policies of
// their own can be as many as clients, so it is bounded; past the bound a
// chain is made for its packet.
type chainCache struct {
	m    sync.Map // chainKey -> *chain
	mu   sync.Mutex
	size int
}

const maxChains = 1 << 17

// chain returns the policies of a client (nil if it has none of its own) of a
// class (may be nil) in a scope (may be nil).
func (p *Plan) chain(cl *client, cc *class, sc *scope) *chain {
	if cl != nil && cl.embedded == nil && cl.named == nil {
		cl = nil
	}
	if cc != nil && cc.embedded == nil && cc.named == nil {
		cc = nil
	}
	if cl == nil && cc == nil && sc != nil {
		return sc.chain
	}
	key := chainKey{cl, cc, sc}
	if c, ok := p.chains.m.Load(key); ok {
		return c.(*chain)
	}
	c := newChain(p.layers(cl, cc, sc), p.catalog)
	p.chains.mu.Lock()
	defer p.chains.mu.Unlock()
	if p.chains.size < maxChains {
		p.chains.size++
		p.chains.m.Store(key, c)
	}
	return c
}

// layers lists the policies in search order (nrcmd policy search order:
// client, client-class, scope, system default; each embedded before named).
func (p *Plan) layers(cl *client, cc *class, sc *scope) []*policy {
	var ls []*policy
	add := func(embedded, named *policy) {
		if embedded != nil {
			ls = append(ls, embedded)
		}
		if named != nil {
			ls = append(ls, named)
		}
	}
	if cl != nil {
		add(cl.embedded, cl.named)
	}
	if cc != nil {
		add(cc.embedded, cc.named)
	}
	if sc != nil {
		add(sc.embedded, sc.named)
	} else {
		add(nil, p.policies[objects.DefaultPolicy])
	}
	add(nil, p.policies[objects.SystemDefaultPolicy])
	return ls
}
