package iscconf

import "slices"

// Where parameters act. A parameter that stands anywhere else is a finding, so
// that none is lost in silence.

// everywhere: of policies.
var everywhere = []string{
	"default-lease-time", "max-lease-time", "min-lease-time", "next-server", "filename", "server-name", "abandon-lease-time",
	"vendor-option-space", "site-option-space",
}

// onlyGlobal are settings of the whole server.
var onlyGlobal = []string{
	"one-lease-per-client", "ignore-client-uids", "always-broadcast", "dhcp-cache-threshold", "duplicates", "leasequery", "client-updates",
	"ping-timeout", "ping-timeout-ms", "ddns-updates", "ddns-update-style",
}

// ofNetworks are those of scopes, which every client there has alike.
var ofNetworks = []string{"boot-unknown-clients", "allow-bootp", "declines", "ping-check", "authoritative"}

// audit finds the parameters that stand where they have no counterpart.
func (c *converter) audit() {
	c.walk(func(d *declaration) {
		names := make([]string, 0, len(d.parameters))
		for name := range d.parameters {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			if p := d.parameters[name]; !c.acts(d, p) {
				c.find(p.pos, p.whole, misplaced(d, name))
			}
		}
	})
}

// acts tells whether a parameter has an effect where it stands.
func (c *converter) acts(d *declaration, p parameter) bool {
	net := d.kind == sharedNetwork || d.kind == subnet || d.kind == pool
	switch {
	case slices.Contains(everywhere, p.name):
		return true
	case slices.Contains(onlyGlobal, p.name):
		g, there := c.root.parameters[p.name]
		return d.kind == global || there && g.on == p.on && g.num == p.num && g.text == p.text || off(p)
	case slices.Contains(ofNetworks, p.name):
		return d.kind == global || net || d.kind == group && c.holding[d]
	case p.name == "use-host-decl-names":
		return d.kind == global || d.kind == group || !p.on
	case p.name == "booting":
		return d.kind == host || d.kind == class || d.kind == subclass || d.kind == branch || d.kind == group && !c.holding[d] || p.on
	case p.name == "interface":
		return true
	}
	return false
}

// off are parameters that say what holds anyway.
func off(p parameter) bool {
	switch p.name {
	case "one-lease-per-client", "ignore-client-uids", "always-broadcast":
		return !p.on
	case "ddns-updates":
		return !p.on
	case "ddns-update-style":
		return p.text == "none"
	case "duplicates", "leasequery", "client-updates":
		return p.on
	}
	return false
}

func misplaced(d *declaration, name string) string {
	switch {
	case name == "use-host-decl-names":
		return "only hosts that are declared within are told their names; put the statement outside of networks and classes for all to be"
	case name == "booting":
		return "clients of the network are served; scope attribute deactivated shuts all of them out"
	case slices.Contains(ofNetworks, name):
		return "it is a setting of a network here, not of a " + string(d.kind) + ": it has no effect"
	}
	return "it is a setting of the whole server here, which is left as the global statements say"
}
