package failover

import (
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// roaming is a machine that may be without its addresses.
type roaming struct {
	*hosts
	away atomic.Bool
}

func (r *roaming) Own(a netip.Addr) bool { return !r.away.Load() && r.hosts.Own(a) }

func (r *roaming) Towards(a netip.Addr) netip.Addr {
	if r.away.Load() {
		return netip.Addr{}
	}
	return r.hosts.Towards(a)
}

// again has the manager reload as the server does.
func (n *node) again() {
	n.manager.pause = 10 * time.Millisecond
	n.manager.Again = func() { n.engine.Reload(n.engine.Config(), false) }
}

// A server that starts, or reloads, before its address is there serves as soon as
// it is.
func TestAddressComesLater(t *testing.T) {
	for _, config := range []string{twoServers, strings.ReplaceAll(attributes, "failover-main-server=$2 ", "")} {
		s := newSite(t)
		n := s.node(2, config)
		n.start()
		own := &roaming{hosts: n.manager.Local.(*hosts)}
		n.manager.Local = own
		n.again()
		own.away.Store(true)
		n.reload()
		if got := n.related().State; got != "--" {
			t.Fatalf("without its address the server is in %s", got)
		}
		own.away.Store(false)
		n.until("a role", func() bool { return n.related().State != "--" })
		n.stop()
	}
}

// A name that leads to another server for a while is looked up until it leads back:
// the configuration is refused meanwhile.
func TestNameLeadsAstray(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	main.stop()
	main.set("failover-pair blue backup-server=b.example.com")
	main.start()
	main.log.await(t, "cannot be resolved")
	main.again()
	main.reload()
	s.names.set("b.example.com", s.addr(4))
	main.log.await(t, "Configuration refused for 1 reasons")
	s.names.set("b.example.com", s.addr(3))
	main.normal()
	backup.normal()
}
