package iscconf

import (
	"fmt"
	"strings"
)

// DNS: zones become dhcp-dns-update objects, keys are told of. A secret is not
// copied into a batch, which is for many eyes.

// dnsAlgorithms are those that both know, as they are written here.
var dnsAlgorithms = []string{"hmac-md5", "hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"}

// zoneName is a zone as it is written here.
func zoneName(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

func reverseZone(name string) bool { return strings.HasSuffix(zoneName(name), ".in-addr.arpa") }

// names writes what is about DNS.
func (c *converter) names() {
	v := merged([]*declaration{c.root})
	style, set := v.parameters["ddns-update-style"]
	updates := set && style.text != "none" && v.flag("ddns-updates", true)
	if updates {
		c.find(style.pos, style.whole, "dhcp-dns-update objects are made of the zones; "+dnsLost)
	}
	if p, ok := v.parameters["ddns-updates"]; ok && p.on && !updates {
		c.note(p.pos, p.whole, "without ddns-update-style no names are updated")
	}
	if len(c.keys) == 0 && len(c.zones) == 0 {
		return
	}
	c.heading("DNS update.")
	for _, k := range c.keys {
		algorithm := "hmac-md5"
		for _, a := range dnsAlgorithms {
			if strings.HasPrefix(strings.ToLower(k.algorithm), a) {
				algorithm = a
			}
		}
		c.linef("# key %s create <the secret in line %d of %s> algorithm=%s", wordOf(k.name), k.pos.Line, printableName(k.pos.File), algorithm)
		c.note(k.pos, "key "+k.name, "its secret is not copied: type the line of the batch that begins with '# key' with the secret")
	}
	var forward, reverse []string
	for _, z := range c.zones {
		name := zoneName(z.name)
		if !plainHostName(name) || len(name) > 253 {
			c.find(z.pos, "zone "+z.name, "it is no name of a zone")
			continue
		}
		c.zone(z, name)
		if reverseZone(z.name) {
			reverse = append(reverse, name)
		} else {
			forward = append(forward, name)
		}
	}
	if updates {
		c.useZones(v, forward, reverse)
	}
}

func (c *converter) zone(z *zoneDecl, name string) {
	c.linef("dhcp-dns-update %s create", name)
	if reverseZone(z.name) {
		c.linef("dhcp-dns-update %s set reverse-zone-name=%s", name, name)
	} else {
		c.linef("dhcp-dns-update %s set forward-zone-name=%s", name, name)
	}
	if a, ok := parseAddr(token{kind: word, text: z.primary}); ok {
		c.linef("dhcp-dns-update %s set server-addr=%s", name, a)
	}
	if z.key != "" {
		c.linef("# dhcp-dns-update %s set server-key=%s", name, wordOf(z.key))
		c.note(z.pos, "zone "+z.name, "its key is set by hand, once there is the key")
	}
}

// useZones has the policy of all scopes name the zones of the domain.
func (c *converter) useZones(v values, forward, reverse []string) {
	domain := ""
	if s, ok := v.options[optionKey{"dhcp", 15}]; ok {
		domain = zoneName(string(s.value))
	}
	best := ""
	for _, f := range forward {
		if (domain == f || strings.HasSuffix(domain, "."+f)) && len(f) > len(best) || len(forward) == 1 {
			best = f
		}
	}
	if best != "" {
		c.linef("policy default set forward-dnsupdate=%s", best)
	}
	switch {
	case len(reverse) == 1:
		c.linef("policy default set reverse-dnsupdate=%s", reverse[0])
	case len(reverse) > 1:
		c.note(c.zones[0].pos, "zone", fmt.Sprintf("there are %d reverse zones: name the one of a scope in its policy, reverse-dnsupdate", len(reverse)))
	}
}
