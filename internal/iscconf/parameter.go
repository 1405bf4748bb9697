package iscconf

import (
	"maps"
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// form is how the value of a parameter is written.
type form uint8

const (
	seconds form = iota
	amount
	truth
	words   // anything
	address // one address or name
	textual // text in quotes
	nothing
)

// fate is what becomes of a parameter.
type fate uint8

const (
	carried fate = iota // the converter does something about it
	quiet               // it is about the machine or the log, and no client sees it
	lost                // it is not carried
)

// parameterRow says what a statement that is neither declaration nor option
// means here. meaning is for findings.
type parameterRow struct {
	name    string
	form    form
	fate    fate
	meaning string
}

// parameterTable has dhcpd's parameters.
var parameterTable = []parameterRow{
	{"default-lease-time", seconds, carried, ""},
	{"max-lease-time", seconds, carried, ""},
	{"min-lease-time", seconds, carried, ""},
	{"authoritative", nothing, carried, ""},
	{"next-server", address, carried, ""},
	{"filename", textual, carried, ""},
	{"server-name", textual, carried, ""},
	{"use-host-decl-names", truth, carried, ""},
	{"ping-check", truth, carried, ""},
	{"ping-timeout", seconds, carried, ""},
	{"ping-timeout-ms", amount, carried, ""},
	{"one-lease-per-client", truth, carried, ""},
	{"ignore-client-uids", truth, carried, ""},
	{"always-broadcast", truth, carried, ""},
	{"boot-unknown-clients", truth, carried, ""},
	{"dhcp-cache-threshold", amount, carried, ""},
	{"allow-bootp", truth, carried, ""},
	{"booting", truth, carried, ""},
	{"duplicates", truth, carried, ""},
	{"declines", truth, carried, ""},
	{"leasequery", truth, carried, ""},
	{"client-updates", truth, carried, ""},
	{"abandon-lease-time", seconds, carried, ""},
	{"dynamic-bootp", truth, lost, "BOOTP clients get addresses of ranges with the word dynamic-bootp only"},
	{"server-id-check", truth, lost, "a request that names another server as its own is left alone always"},
	{"fqdn-reply", truth, quiet, "it is about DHCPv6"},
	{"local-address6", words, quiet, "it is about DHCPv6"},
	{"dont-use-fsync", truth, lost, "a client is answered when its lease is on disk, always"},
	{"ping-cltt-secs", seconds, lost, "an address is pinged whenever it is offered to a client that does not hold it"},
	{"min-secs", amount, lost, "dhcpd leaves clients alone until they have tried for that many seconds; here they are answered at once"},
	{"get-lease-hostnames", truth, lost, "dhcpd looks up the name of the leased address and sends it as host-name; clients that ask for option 12 are told no name here"},
	{"use-lease-addr-for-default-route", truth, lost, "dhcpd tells clients their own address as router; here they are told option routers"},
	{"server-identifier", address, lost, "the server names the address at which the packet came in; policy attribute giaddr-as-server-id names the relay's"},
	{"infinite-is-reserved", truth, lost, "a lease without end is not made a reservation; it stays with its client all the same, as it never ends"},
	{"update-static-leases", truth, lost, "names of clients with a fixed address are not updated in DNS"},
	{"dynamic-bootp-lease-cutoff", words, lost, "BOOTP clients keep their addresses without end"},
	{"dynamic-bootp-lease-length", seconds, lost, "BOOTP clients keep their addresses without end"},
	{"adaptive-lease-time-threshold", amount, lost, "lease times do not become shorter while addresses are scarce"},
	{"always-reply-rfc1048", truth, lost, "a BOOTP client that sends no magic cookie is answered without options"},
	{"stash-agent-options", truth, lost, "what the relay said of a client is kept with its lease always, and sent back only in answer to packets that have it"},
	{"check-secs-byte-order", truth, lost, "the field secs is taken as the client sends it"},
	{"echo-client-id", truth, quiet, "the client identifier is sent back always (RFC 6842)"},
	{"release-on-roam", truth, lost, "a client that moves to another network keeps its old lease to its end; dhcp set one-lease-per-client=last-client-preferred releases it"},
	{"local-address", address, lost, "the server answers on every interface; dhcp-interface objects choose among them"},
	{"bind-local-address6", truth, quiet, "it is about DHCPv6"},
	{"local-port", amount, quiet, "it is given to the server at its start: dhcpd -port"},
	{"remote-port", amount, quiet, "clients are answered at the port behind the server's"},
	{"limited-broadcast-address", address, lost, "answers by broadcast go to 255.255.255.255"},
	{"do-reverse-updates", truth, lost, dnsLost},
	{"do-forward-updates", truth, lost, dnsLost},
	{"ddns-updates", truth, carried, ""},
	{"ddns-update-style", words, carried, ""},
	{"ddns-hostname", words, lost, dnsLost},
	{"ddns-domainname", words, lost, dnsLost},
	{"ddns-rev-domainname", words, lost, dnsLost},
	{"ddns-ttl", words, lost, dnsLost},
	{"ddns-use-host-decl-names", truth, lost, dnsLost},
	{"ddns-local-address4", words, lost, dnsLost},
	{"ddns-local-address6", words, lost, dnsLost},
	{"ddns-guard-id-must-match", truth, lost, dnsLost},
	{"ddns-other-guard-is-dynamic", truth, lost, dnsLost},
	{"ddns-dual-stack-mixed-mode", truth, lost, dnsLost},
	{"update-conflict-detection", truth, lost, dnsLost},
	{"update-optimization", truth, lost, dnsLost},
	{"db-time-format", words, quiet, "it is about dhcpd's lease file"},
	{"lease-file-name", textual, quiet, "leases are kept in the server's data directory; import leases takes over dhcpd's"},
	{"dhcpv6-lease-file-name", textual, quiet, "it is about DHCPv6"},
	{"pid-file-name", textual, quiet, "there is no such file"},
	{"dhcpv6-pid-file-name", textual, quiet, "it is about DHCPv6"},
	{"persist-eui-64-leases", truth, quiet, "it is about DHCPv6"},
	{"use-eui-64", truth, quiet, "it is about DHCPv6"},
	{"prefix-length-mode", words, quiet, "it is about DHCPv6"},
	{"dhcpv6-set-tee-times", truth, quiet, "it is about DHCPv6"},
	{"limit-addrs-per-ia", amount, quiet, "it is about DHCPv6"},
	{"limit-prefs-per-ia", amount, quiet, "it is about DHCPv6"},
	{"preferred-lifetime", seconds, quiet, "it is about DHCPv6"},
	{"server-duid", words, quiet, "it is about DHCPv6"},
	{"do-dhcpv6-delayed-ack", words, quiet, "it is about DHCPv6"},
	{"delayed-ack", amount, quiet, "answers wait for the disk and share its writes always"},
	{"max-ack-delay", amount, quiet, "answers wait for the disk and share its writes always"},
	{"log-facility", words, quiet, "where the log goes is said at the server's start"},
	{"log-threshold-high", amount, quiet, "thresholds of free addresses are not logged; report shows them"},
	{"log-threshold-low", amount, quiet, "thresholds of free addresses are not logged; report shows them"},
	{"omapi-port", amount, quiet, "there is no OMAPI; nrcmd and the admin service do its work"},
	{"omapi-key", words, quiet, "there is no OMAPI; nrcmd and the admin service do its work"},
	{"ldap-server", words, lost, "declarations in LDAP are not read"},
	{"ldap-port", words, lost, "declarations in LDAP are not read"},
	{"ldap-username", words, lost, "declarations in LDAP are not read"},
	{"ldap-password", words, lost, "declarations in LDAP are not read"},
	{"ldap-base-dn", words, lost, "declarations in LDAP are not read"},
	{"ldap-method", words, lost, "declarations in LDAP are not read"},
	{"interface", textual, carried, ""},
}

const dnsLost = "no names are updated in DNS yet"

func parameterNamed(name string) *parameterRow {
	i := slices.IndexFunc(parameterTable, func(p parameterRow) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return &parameterTable[i]
}

// other reads every further statement.
func (r *reader) other(c *cursor, name string) *Error {
	if name == "not" && c.accept("authoritative") {
		r.open.parameters["authoritative"] = parameter{name: "authoritative", pos: c.s.Pos, whole: c.s.text()}
		return c.done(false)
	}
	name = strings.TrimPrefix(name, "server.")
	if name == "allow-booting" {
		name = "booting"
	}
	if parameterNamed(name) != nil {
		return r.server(c, name)
	}
	if meaning, ok := effects[name]; ok {
		if c.s.Block && !slices.Contains(inBraces, name) {
			return errorAt(c.s.last, "%s: takes no braces; is a ';' missing before?", c.s.head())
		}
		r.configuration.find(c.s.Pos, c.s.text(), meaning)
		return nil
	}
	if near := objects.Nearest(name, slices.Sorted(maps.Keys(declarations))); c.s.Block && near != "" {
		return errorAt(c.s.Pos, "'%s' begins no statement of dhcpd.conf, did you mean %s?", shorten(c.s.tokens[0].text), near)
	}
	return errorAt(c.s.Pos, "'%s' begins no statement of dhcpd.conf", shorten(c.s.tokens[0].text))
}

// effects are statements that do something when a packet comes.
var effects = map[string]string{
	"on":                  "nothing is executed when a lease is given, released or ends",
	"set":                 "there are no variables; what reads it is listed by itself",
	"unset":               "there are no variables",
	"define":              "there are no functions of the configuration's own",
	"log":                 "the line is not logged; dhcp set log-settings says what is",
	"execute":             "no program is run",
	"switch":              "cases are not carried; write it as if and elsif to have it carried",
	"case":                "cases are not carried",
	"break":               "the statements behind it count here, in dhcpd they do not",
	"add":                 "a client is put into no class by a statement; write it as a match if of the class",
	"return":              "there are no functions of the configuration's own",
	"eval":                "the expression is not evaluated",
	"new":                 "the statement is not carried",
	"parse-vendor-option": "vendor options of clients are not taken apart",
	"subnet6":             "DHCPv6 is not served",
	"pool6":               "DHCPv6 is not served",
	"range6":              "DHCPv6 is not served",
	"prefix6":             "DHCPv6 is not served",
	"fixed-address6":      "DHCPv6 is not served",
	"fixed-prefix6":       "DHCPv6 is not served",
	"auto-partner-down":   "it stands in the peer's block",
	"uid":                 "it belongs into the lease file",
	"lease-id-format":     "it is about dhcpd's lease file",
}

// inBraces are those of them that have statements of their own.
var inBraces = []string{"on", "define", "switch", "subnet6", "pool6"}

// server reads a parameter by its row.
func (r *reader) server(c *cursor, name string) *Error {
	p := parameter{name: name, pos: c.s.Pos, whole: c.s.text()}
	row := parameterNamed(name)
	if row == nil {
		r.configuration.find(c.s.Pos, p.whole, "the statement is not known, nor what it means; nothing of it is carried")
		return nil
	}
	for _, t := range c.s.tokens[c.at:] {
		p.text = strings.TrimSpace(p.text + " " + t.text)
	}
	computed := c.accept("=") // server.x = ...
	if computed {
		p.text = strings.TrimSpace(strings.TrimPrefix(p.text, "="))
	}
	if computed && row.fate == carried && !c.plain() && !c.s.Block {
		r.configuration.find(p.pos, p.whole, "dhcpd computes the value for each packet; nothing of it is carried")
		return nil
	}
	if err := r.readParameter(c, &p, row.form); err != nil {
		return err
	}
	switch row.fate {
	case quiet:
		r.configuration.note(p.pos, p.whole, row.meaning)
		return nil
	case lost:
		if p.on || p.num != 0 || row.form != truth && row.form != amount {
			r.configuration.find(p.pos, p.whole, row.meaning)
		}
		return nil
	}
	r.open.parameters[name] = p
	return nil
}

// plain tells whether what follows is one value and no expression.
func (c *cursor) plain() bool { return len(c.s.tokens)-c.at <= 1 }

func (r *reader) readParameter(c *cursor, p *parameter, f form) (err *Error) {
	switch f {
	case seconds:
		if c.accept("infinite") || c.accept("-1") {
			p.num = forever
			break
		}
		p.num, err = c.number(0, forever)
	case amount:
		p.num, err = c.number(0, forever)
	case truth:
		p.on, err = c.flag()
	case address:
		p.text, err = c.name("an address")
	case textual:
		p.text, err = c.quotedText("text")
	case nothing:
		p.on = true
	case words:
		c.at = len(c.s.tokens)
	}
	if err != nil {
		return err
	}
	return c.done(false)
}
