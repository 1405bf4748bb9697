package e2e

import (
	"fmt"
	"testing"
	"time"

	"leasehold/test/clients"
)

// crowd is a population of clients on a site's LAN.
type crowd struct {
	*clients.Population
	t *testing.T
	n int
}

// crowd puts clients on the first LAN, in a namespace of their own.
func (s *site) crowd(name string, cfg clients.Config) *crowd {
	s.t.Helper()
	return s.crowdOn(lanName, name, cfg)
}

// crowdOn puts clients on a LAN.
func (s *site) crowdOn(lan, name string, cfg clients.Config) *crowd {
	s.t.Helper()
	s.plug(lan, name+"/eth0")
	cfg.Namespace, cfg.Interface = s.ns(name), "eth0"
	if cfg.Spread == 0 {
		cfg.Spread = time.Second
	}
	p, err := clients.Start(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(p.Stop)
	return &crowd{p, s.t, cfg.Count}
}

// bound waits until all clients have a lease.
func (c *crowd) bound() {
	c.t.Helper()
	c.await("every client has a lease", func(r clients.Report) bool { return r.Bound == r.Clients })
}

// renew has every client that holds a lease renew it now, and waits until all
// have.
func (c *crowd) renew() { c.t.Helper(); c.extend(c.Renew) }

// rebind has every client that holds a lease ask any server for more time, as at
// T2, and waits until all have it.
func (c *crowd) rebind() { c.t.Helper(); c.extend(c.Rebind) }

func (c *crowd) extend(ask func(int)) {
	c.t.Helper()
	before := c.Report()
	ask(-1)
	c.await(fmt.Sprintf("%d leases are extended", before.Bound), func(r clients.Report) bool { return r.Extended >= before.Extended+before.Bound })
}

func (c *crowd) await(what string, so func(clients.Report) bool) {
	c.t.Helper()
	if !within(patience, 50*time.Millisecond, func() bool { return so(c.Report()) }) {
		c.t.Fatalf("it never came about: %s; the clients' account: %+v", what, c.Report())
	}
}

// unharmed fails the test if a client noticed anything.
func (c *crowd) unharmed() {
	c.t.Helper()
	for _, line := range c.Report().Noticed() {
		c.t.Error(line)
	}
}
