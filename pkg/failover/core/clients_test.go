package core

import (
	"fmt"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
)

// What a server does with clients, as short as it can be done.

func client(n int) lease.Client {
	return lease.Client{HW: lease.HardwareFrom(1, []byte{2, 0, 0x5e, 0, 0, byte(n)})}
}

// give lets a client ask for an address: as a new one, or for its own again.
func (n *node) give(who, at int, desired time.Duration) string {
	if n.m == nil {
		return "down"
	}
	auth, now := n.m.Authority(), n.clock().Wall
	k := key(at)
	if len(n.held[k]) > 0 {
		return "busy"
	}
	l := n.table.At(k)
	c := client(who)
	own := l.Client() == c.Key() && !l.Free()
	request := binding.Selecting
	if own {
		request = binding.Renewing
	}
	if s := auth.Answers(request, 0, 0); s != binding.NotSilent {
		return "silent"
	}
	if own && !auth.MayResume(&l, now, false) || !own && !auth.MayGive(&l, now, false) {
		return fmt.Sprintf("no: %s", stateNames[l.State])
	}
	exp, pot := auth.Grant(&l, now, int64(desired.Seconds()))
	l = auth.Given(lease.Acknowledge(l, c, now, exp), pot)
	if n.stuck {
		id := uint64(who)<<32 | uint64(at) // larger than any of the core's
		n.wanted[id], n.held[k] = k, []uint64{id}
		n.writes = append(n.writes, written{id: id, lease: l, client: true})
	} else {
		n.changed(l)
	}
	return fmt.Sprintf("%d s", exp-now)
}

// giveBack is DHCPRELEASE.
func (n *node) giveBack(at int) {
	auth := n.m.Authority()
	n.changed(auth.Changed(lease.Release(n.table.At(key(at)), n.clock().Wall, 0)))
}

// decline is DHCPDECLINE.
func (n *node) decline(at int) {
	auth := n.m.Authority()
	n.changed(auth.Changed(lease.MarkUnavailable(n.table.At(key(at)), n.clock().Wall, 0, "declined")))
}

// expire ends what is over.
func (n *node) expire() {
	if n.m == nil {
		return
	}
	now := n.clock().Wall
	for _, l := range n.table.Due(now, 1000) {
		if len(n.held[l.Key]) > 0 {
			continue
		}
		auth := n.m.Authority()
		n.changed(auth.Changed(lease.Expire(l, now, 0)))
	}
}

func (n *node) changed(l lease.Lease) {
	n.table.Update(l)
	n.inputs = append(n.inputs, Changed{Keys: []lease.Key{l.Key}})
}

var stateNames = [...]string{
	lease.Available: "available", lease.Offered: "offered", lease.Leased: "leased", lease.Expired: "expired",
	lease.Unavailable: "unavailable", lease.Released: "released", lease.OtherAvailable: "other-available",
	lease.PendingAvailable: "pending-available",
}
