package admin

import (
	"strings"
	"testing"

	"leasehold/internal/parity"
	"leasehold/pkg/objects"
)

// Each difference is told under the item that an operator looks for it under.
func TestChecklistItems(t *testing.T) {
	for what, want := range map[string]string{
		"scope policy":                         "Scopes",
		"scope ":                               "Scopes",
		"scope ranges":                         "IP addresses",
		"scope primary-subnet":                 "IP addresses",
		"scope selection-tag-list":             "Scope-selection tags",
		"client-class selection-criteria":      "Scope-selection tags",
		"scope dynamic-bootp":                  "Dynamic BOOTP",
		"scope update-dns":                     "Dynamic DNS updates",
		"dhcp use-client-fqdn":                 "Dynamic DNS updates",
		"key ":                                 "Dynamic DNS updates",
		"policy grace-period":                  "Policies",
		"policy option.3":                      "DHCP options",
		"scope-policy option.3":                "DHCP options",
		"scope-policy grace-period":            "Scopes",
		"option-set ":                          "DHCP options",
		"option type":                          "DHCP options",
		"reservation lookup-key":               "Reservations",
		"client client-class-name":             "Clients",
		"client host-name":                     "Clients",
		"client-class host-name":               "Client-classes",
		"dhcp client-class":                    "Client-classes",
		"vpn id":                               "Virtual private networks",
		"ldap ":                                "LDAP servers",
		"dhcp use-ldap-client-data":            "LDAP servers",
		"extension ":                           "DHCP extensions",
		"failover-pair match-list":             "Failover pair and match list",
		"failover-pair mclt":                   "Failover pair and match list",
		"dhcp ping-timeout":                    "Other settings",
		"dhcp get-subnet-mask-from-policy":     "Other settings",
		"scope-template ranges-expr":           "Scopes",
		"failover-pair poll-subnet-util-retry": "Failover pair and match list",
	} {
		class, attr, _ := strings.Cut(what, " ")
		d := parity.Difference{Class: class, Name: "x", Attr: attr}
		got := "nothing"
		for i := range checklist {
			if checklist[i].takes(&d) {
				got = checklist[i].title
				break
			}
		}
		if got != want {
			t.Errorf("%s stands under %s, want %s", what, got, want)
		}
	}
}

// Every class that two servers must have alike has an item.
func TestChecklistIsComplete(t *testing.T) {
	for _, class := range objects.Classes() {
		if !parity.Travels(class) {
			continue
		}
		d := parity.Difference{Class: class.Name, Name: "x"}
		taken := false
		for i := range checklist {
			taken = taken || checklist[i].takes(&d)
		}
		if !taken && class != objects.ClassNamed("scope-selection-tag") {
			t.Errorf("no item is about %s objects", class.Name)
		}
	}
}
