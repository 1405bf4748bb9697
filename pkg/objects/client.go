package objects

import (
	"fmt"
	"slices"
	"strings"
)

// Client is one client known by name.
var Client = class("client", "A client, by its MAC address or lookup key, and how it is served")

// What a client object says.
var (
	ClientName            = Client.named("MAC address or lookup key of the client; default stands for all that have no entry")
	ClientAction          = Client.flags("action", "", Basic, "exclude=1 deprecated-one-shot=2 deprecated-use-release-grace-period=3 none=32", "exclude ignores the client; on the client default it shuts out all that have no entry")
	ClientEnvironment     = Client.text("add-to-environment-dictionary", "", Expert, "Values for expressions: a1=v1,a2=v2", checked(pairs))
	ClientAuthUntil       = Client.date("authenticate-until", "", Basic, "When the client falls back to its unauthenticated client-class")
	ClientClassName       = Client.ref("client-class-name", "", Basic, "client-class", "Client-class of the client")
	ClientDefaultVPN      = Client.ref("default-vpn", "", Basic, "vpn", "VPN of the client if its packet names none")
	ClientDomainName      = Client.dname("domain-name", "", Basic, "Domain of the client's name")
	ClientEmbeddedPolicy  = Client.embeds(ClientPolicy, "Policy of this client alone, changed by client-policy")
	ClientHostName        = Client.text("host-name", "", Basic, hostNameHelp, checked(hostNameRule))
	ClientOverrideID      = Client.blob("override-client-id", "", Basic, "Client identifier that the client is taken to have")
	ClientOverrideVPN     = Client.ref("override-vpn", "", Basic, "vpn", "VPN of the client whatever its packet says")
	ClientPolicyName      = Client.ref("policy-name", "", Basic, "policy", "Policy of the client")
	ClientCriteria        = Client.list("selection-criteria", "", Basic, "Tags that a scope must have all of to serve the client")
	ClientUnauthClassName = Client.ref("unauthenticated-client-class-name", "", Basic, "client-class", "Client-class of the client once authenticate-until has passed")
	ClientUserDefined     = Client.text("user-defined", "", Basic, "A remark", between(0, 1024))
)

const hostNameHelp = "Host name of the client: a name, @host-name-option for the one it sends, @no-host-name-option for none, @use-macaddress for one made of its MAC address"

// ActionExclude is the word of action that shuts a client out.
const ActionExclude = 1

// DefaultClient is the name of the client that stands for all without entry.
const DefaultClient = "default"

func init() {
	Client.Both, ClientPolicy.Both = true, true
	Client.Key = clientKey
	Client.Check = checkClient
}

// clientKey makes the canonical name of a client: 1,6,00:d0:ba:d3:bd:3b for a
// MAC address in any of its forms (ReadMAC), else the text in lower case, for
// what client-lookup-id makes. Without type and length only six octets are a
// MAC address: 01:00:d0:ba:d3:bd:3b is a client identifier.
func clientKey(name string) (string, error) {
	if strings.Count(name, ",") == 2 {
		if mac, err := ParseMAC(name); err == nil {
			return mac, nil
		}
	}
	if b, ok := parseOctets(name); ok && len(b) == 6 {
		return FormatMAC(1, b), nil
	}
	return strings.ToLower(name), nil
}

// hostNameRule takes a host name or one of the words with @.
func hostNameRule(text string) error {
	if strings.HasPrefix(text, "@") {
		if slices.Contains([]string{"@host-name-option", "@no-host-name-option", "@use-macaddress"}, text) {
			return nil
		}
		return fmt.Errorf("must be a host name, @host-name-option, @no-host-name-option or @use-macaddress")
	}
	if text == "" {
		return nil
	}
	_, err := parseDName(text)
	return err
}

// pairs takes a1=v1,a2=v2.
func pairs(text string) error {
	if text == "" {
		return nil
	}
	for item := range strings.SplitSeq(text, ",") {
		if name, _, ok := strings.Cut(item, "="); !ok || strings.TrimSpace(name) == "" {
			return fmt.Errorf("must be pairs such as a1=v1,a2=v2; %q is none", shorten(item))
		}
	}
	return nil
}

func checkClient(o *Object, cfg *Config) []*Error {
	if !DhcpValidateClientNameAsMAC.Of(cfg.singleton(Dhcp)) || o.Name == DefaultClient {
		return nil
	}
	if mac, err := ParseMAC(o.Name); err != nil || mac != o.Name {
		return []*Error{Errorf(InvalidName, "%s: the name must be a MAC address such as 1,6,00:d0:ba:d3:bd:3b, 00:d0:ba:d3:bd:3b or 00d0bad3bd3b (dhcp validate-client-name-as-mac is on)", o.Ref())}
	}
	return nil
}
