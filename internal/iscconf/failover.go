package iscconf

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// paired is the peer of a network's pools; "" if they have none. Networks are
// in one pair as a whole.
func (c *converter) paired(n *network) string {
	for _, s := range n.subnets {
		for _, p := range s.pools {
			if p.peer != "" {
				return p.peer
			}
		}
	}
	return ""
}

// pairs writes a failover-pair for each peer. The lines are the same for both
// servers as far as both files say the same: who is main follows from the role
// and the addresses, and which of the two a server is, from its own address.
func (c *converter) pairs() {
	if len(c.peers) == 0 {
		return
	}
	c.heading("Failover. Which of the two a server is follows from its own address.")
	for _, p := range c.peers {
		var nets []netip.Prefix
		for _, n := range c.networks {
			if c.paired(n) == p.name {
				nets = append(nets, n.subnets[0].prefix)
			}
		}
		if len(nets) == 0 {
			why := "no pool names it"
			if c.foreign[p.name] {
				why = "every pool that names it is left out"
			}
			c.find(p.pos, "failover peer "+quote(p.name), why+"; the pair is left out, too")
			continue
		}
		c.pair(p, nets)
	}
}

// dropForeign leaves the pools out that have another peer than the first of
// their network: here a network is in one pair, and the ranges are that other
// pair's. Were they given out by the network's pair, or by a server alone, the
// other partner would give the same addresses.
func (c *converter) dropForeign() {
	c.foreign = map[string]bool{}
	names := map[string]string{"": ""}
	for _, p := range c.peers {
		if lower := strings.ToLower(p.name); names[lower] == "" {
			names[lower] = p.name
		}
	}
	for _, n := range c.networks {
		first := ""
		for _, s := range n.subnets {
			s.pools = slices.DeleteFunc(s.pools, func(p *declaration) bool {
				same := names[strings.ToLower(p.peer)]
				if first == "" && same == p.peer {
					first = p.peer
				}
				switch {
				case same != p.peer:
					c.dropPool(p, fmt.Sprintf("there is a failover peer %s, and names that differ in case only are one here", quote(same)))
				case p.peer != "" && p.peer != first:
					c.dropPool(p, fmt.Sprintf("another pool of the network has the peer %s, and a network has one pair here", quote(first)))
				default:
					return false
				}
				return true
			})
		}
	}
}

func (c *converter) dropPool(p *declaration, why string) {
	c.foreign[p.peer] = true
	var ranges []string
	for _, r := range joined(p.ranges) {
		ranges = append(ranges, r.first.String()+" - "+r.last.String())
	}
	c.find(p.peerPos, "pool of failover peer "+quote(p.peer), fmt.Sprintf(
		"%s. The pool is left out, so that nothing is given that the partner of %s gives, too: no client gets an address of %s, and one that has such an address is refused (DHCPNAK) when it restarts or rebinds, and gets one of another pool",
		why, quote(p.peer), strings.Join(ranges, ", ")))
}

func (c *converter) pair(p *peer, nets []netip.Prefix) {
	c.counts.Pairs++
	main, backup, mainPort, backupPort := p.address, p.partner, p.port, p.partnerPort
	if !p.primary {
		main, backup, mainPort, backupPort = p.partner, p.address, p.partnerPort, p.port
	}
	name := quote(p.name)
	slices.SortFunc(nets, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
	// A pair without a match list has every scope, those of other pairs too.
	c.linef("failover-pair %s create %s %s addMatch %s", name, main, backup, nets[0])
	c.linef("failover-pair %s set main-port=%d", name, mainPort)
	c.linef("failover-pair %s set backup-port=%d", name, backupPort)
	for _, n := range nets[1:] {
		c.linef("failover-pair %s addMatch %s", name, n)
	}
	c.lead(p, name)
	c.split(p, name)
	if p.maxResponse > 0 {
		poll := max(2, p.maxResponse)
		c.linef("failover-pair %s set failover-poll-interval=%d", name, max(1, min(poll/3, 3600)))
		c.linef("failover-pair %s set failover-poll-timeout=%d", name, min(poll, 86400))
	}
	if p.autoDown > 0 {
		c.linef("failover-pair %s enable use-safe-period", name)
		c.linef("failover-pair %s set safe-period=%d", name, p.autoDown)
	}
	for _, word := range []string{"max-unacked-updates", "max-lease-misbalance", "max-lease-ownership", "min-balance", "max-balance", "load balance max seconds", "max-transmit-idle"} {
		if at, ok := p.seen[word]; ok {
			c.note(at, word, map[string]string{
				"max-unacked-updates":      "the server keeps to what its partner takes by itself",
				"load balance max seconds": "a client whose server does not answer is served by the other once its field secs is 3 or more",
			}[word]+strings.TrimPrefix(balanceNote[word], ""))
		}
	}
}

// balanceNote is about the share of free addresses.
var balanceNote = map[string]string{
	"max-lease-misbalance": evens, "max-lease-ownership": evens, "min-balance": evens, "max-balance": evens,
	"max-transmit-idle": "the link is kept alive at failover-poll-interval",
}

const evens = "the servers share the free addresses out as backup-pct says, or evenly with load-balancing"

// lead writes mclt. A file of the secondary has none.
func (c *converter) lead(p *peer, name string) {
	if p.mclt < 0 {
		if p.primary {
			c.find(p.pos, "failover peer "+quote(p.name), "a primary needs mclt; the pair has the default of 60m")
		} else {
			c.note(p.pos, "failover peer "+quote(p.name), "a secondary has no mclt and no split: it goes by what the primary tells it, and so does the pair here. Towards a server of the same kind both must say the same: take the batch made of the primary's file for both")
		}
		return
	}
	mclt := min(max(p.mclt, 10), 7*86400)
	if mclt != p.mclt {
		c.note(p.seen["mclt"], fmt.Sprintf("mclt %d", p.mclt), fmt.Sprintf("it is from 10 seconds to a week; the pair has %d", mclt))
	}
	c.linef("failover-pair %s set mclt=%d", name, mclt)
}

// split writes how the clients are shared out: evenly, or all to one.
func (c *converter) split(p *peer, name string) {
	at := p.seen["split"]
	switch {
	case p.hba:
		c.linef("failover-pair %s enable load-balancing", name)
		c.note(p.seen["hba"], "hba", "the clients are shared out evenly, not by these buckets; every client is served by one of the two")
	case p.split < 0 && !p.primary:
		c.linef("failover-pair %s enable load-balancing", name)
	case p.split < 0:
		c.linef("failover-pair %s enable load-balancing", name)
		c.note(p.pos, "failover peer "+quote(p.name), "a primary needs split or hba; the clients are shared out evenly")
	case p.split >= 255:
		c.linef("failover-pair %s disable load-balancing", name)
		c.linef("failover-pair %s set backup-pct=50%%", name)
	case p.split == 0:
		c.linef("failover-pair %s disable load-balancing", name)
		c.linef("failover-pair %s set backup-pct=50%%", name)
		c.note(at, "split 0", "the secondary answers all clients in dhcpd; here the main server does")
	default:
		c.linef("failover-pair %s enable load-balancing", name)
		if p.split != 128 {
			c.note(at, fmt.Sprintf("split %d", p.split), "the clients are shared out evenly between the servers, not by that fraction; every client is served by one of the two")
		}
	}
}
