package sim

import (
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// dhcpd is an endpoint that behaves like ISC dhcpd 4.4.
type dhcpd struct {
	e       *endpoint
	state   wire.ServerState
	partner wire.ServerState
}

// dhcpdState is what it keeps on disk.
type dhcpdState struct {
	state wire.ServerState
}

func newDhcpd(e *endpoint) *dhcpd                          { return &dhcpd{e: e} }
func (d *dhcpd) begin()                                    {}
func (d *dhcpd) halt()                                     {}
func (d *dhcpd) up(core.Up, *conn)                         {}
func (d *dhcpd) denied()                                   {}
func (d *dhcpd) down(core.Down)                            {}
func (d *dhcpd) message(wire.Message)                      {}
func (d *dhcpd) connect(to *wire.Profile) (c wire.CONNECT) { return c }
func (d *dhcpd) vendor() string                            { return "" }
func (d *dhcpd) receive(*query)                            {}
func (d *dhcpd) operator(core.Input)                       {}
func (d *dhcpd) shown() wire.ServerState                   { return d.state }
