package shell

import (
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// elsewhere are the words of the product's command language that this server
// has no use for, by the reason why: commands, and what export and import
// take. Their answer is 322, not that of a mistyped word.
var elsewhere = []struct{ why, words string }{
	{"DNS is not served", "acl dns dns-interface ha-dns-pair remote-dns update-policy zone zone-dist zone-template"},
	{"the server does not update DNS", "dns-update-map"},
	{"TFTP is not served", "tftp"},
	{"DHCPv6 is not served", "dhcp-link dhcp-link-policy dhcp-prefix dhcp-prefix-policy lease6 link link-policy " +
		"link-template link-template-policy prefix prefix-policy prefix-template prefix-template-policy reservation6"},
	{"there are no address blocks", "address-block address-block-policy dhcp-address-block dhcp-address-block-policy dhcp-subnet subnet"},
	{"the server sends no SNMP traps", "snmp snmp-interface"},
	{"write addr-trap and trap-recipient", "trap"},
	{"the server sends no mail; its metrics have the number of free addresses", "lease-notification"},
	{"there is no regional cluster", "ccm owner region router router-interface router-type"},
	{"roles are attributes of admin", "group role"},
	{"no license is needed", "license"},
	{"write option and option-set dhcp-custom", "custom-option"},
	{"write option-set and option", "vendor-option"},
	{"option listtypes lists the types", "option-datatype"},
	{"write vpn", "namespace"},
}

// elsewhereFiles are the same for what export and import take.
var elsewhereFiles = []struct{ why, words string }{
	{"report shows how many addresses are in use, lease list which", "addresses"},
	{"DNS is not served", "hostfile named.boot named.conf zone zonenames"},
	{"the server does not update DNS", "keys"},
}

// notHere is the answer to a command that is known but not supported; nil for
// all other words.
func notHere(word string) *objects.Error { return lookElsewhere(elsewhere, "", word) }

// noSuchFile is the same for the kinds of files that export and import know.
func noSuchFile(command, word string) *objects.Error {
	return lookElsewhere(elsewhereFiles, command+" ", word)
}

func lookElsewhere(among []struct{ why, words string }, before, word string) *objects.Error {
	word = strings.ToLower(word)
	for _, e := range among {
		if slices.Contains(strings.Fields(e.words), word) {
			return objects.Errorf(objects.NotSupported, "%s%s: %s", before, word, e.why)
		}
	}
	return nil
}
