package admin

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"leasehold/internal/engine"
	"leasehold/internal/probe"
	"leasehold/pkg/objects"
)

// Prober is the test client; *probe.Net is the real one.
type Prober interface {
	Lease(ctx context.Context, subnet, server netip.Addr) (netip.Addr, error)
}

// dropPartner is the counter of what is left to the partner.
var dropPartner = engine.DropFailoverPartner.String()

// probePair has the test client lease an address of the pair from this server.
func probePair(c *call) *objects.Error {
	r, err := c.ofPair()
	if err != nil {
		return err
	}
	if c.service.probe == nil {
		return objects.Errorf(objects.NotSupported, "this server has no test client")
	}
	cfg := c.service.runtime.Config()
	best, free := netip.Prefix{}, -1
	for _, p := range r.Detail.Pools {
		if o := cfg.Get(objects.Scope, p.Scope); o != nil && p.Own > free {
			best, free = objects.ScopeSubnet.Of(o), p.Own
		}
	}
	switch {
	case free < 0:
		return objects.Errorf(objects.NoMatchFound, "failover-pair %q has no scope in service", r.Pair)
	case free == 0 && r.Detail.Role == roleMain:
		return objects.Errorf(objects.NoMatchFound, "failover-pair %q: no scope has an address of this server's to spare", r.Pair)
	}
	before := c.service.drops()
	got, e := c.service.probe.Lease(c.ctx, best.Addr(), netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	switch {
	case errors.Is(e, probe.ErrSilent):
		err = objects.Errorf(objects.NoLeaseFound, "no address for the test client in %s: %v%s", best, e, rose(before, c.service.drops()))
	case e != nil:
		err = objects.Errorf(objects.NoLeaseFound, "no address for the test client in %s: %v", best, e)
	default:
		c.line(fmt.Sprintf("%s was leased to the test client and given back", got))
	}
	c.audit(err)
	return err
}

// drops are the counters of unanswered packets.
func (s *Service) drops() map[string]int {
	n := map[string]int{}
	for _, o := range s.runtime.Stats([]string{"server"}, false) {
		for name, text := range o.Attrs {
			if strings.HasPrefix(name, "drop-") {
				n[name], _ = strconv.Atoi(text)
			}
		}
	}
	return n
}

// rose says which counters have risen meanwhile.
func rose(before, after map[string]int) string {
	var names []string
	for name, n := range after {
		if n > before[name] {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return " (" + strings.Join(names, ", ") + ")"
}
