package engine

import (
	"bytes"
	"strings"

	"leasehold/internal/packet"
	"leasehold/pkg/objects"
)

// nameHost settles the client's host and domain name: what the client object
// or class says, else what the client sent.
func (ex *exchange) nameHost() {
	rule, domain := "", ""
	if ex.class != nil {
		rule, domain = ex.class.hostName, ex.class.domainName
	}
	if ex.client != nil {
		if ex.client.hostName != "" {
			rule = ex.client.hostName
		}
		if ex.client.domainName != "" {
			domain = ex.client.domainName
		}
	}
	ex.who.DomainName = domain
	switch rule {
	case "", "@host-name-option":
		if ex.plan.settings.useHostName || rule != "" {
			ex.who.HostName = ex.sentHostName()
		}
	case "@no-host-name-option":
		ex.who.HostName = ""
	case "@use-macaddress":
		// x1-6-00-d0-ba-d3-bd-3b is a name whatever the address is.
		mac := strings.ReplaceAll(objects.FormatBlob(ex.hw.Bytes()), ":", "-")
		ex.who.HostName = "x" + itoa(int64(ex.hw.Type)) + "-" + itoa(int64(ex.hw.Len)) + "-" + mac
	default:
		ex.who.HostName = rule
	}
}

// sentHostName is option 12, cleaned: up to the first NUL, printable only, and
// up to the first dot with trim-host-name.
func (ex *exchange) sentHostName() string {
	raw := ex.msg.Get(packet.HostName)
	if i := bytes.IndexByte(raw, 0); i >= 0 {
		raw = raw[:i]
	}
	for _, c := range raw {
		if c <= ' ' || c > '~' {
			return ""
		}
	}
	if ex.plan.settings.trimHostName {
		if i := bytes.IndexByte(raw, '.'); i >= 0 {
			raw = raw[:i]
		}
	}
	return string(raw)
}
