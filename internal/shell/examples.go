package shell

import "slices"

// examples are shown by help, by command.
var examples = map[string][]string{
	"dhcp": {
		"nrcmd> dhcp enable failover",
		"nrcmd> dhcp set failover-main-server=dhcpA.example.com",
		"nrcmd> dhcp set failover-backup-server=dhcpB.example.com",
		"nrcmd> dhcp getRelatedServers",
		"nrcmd> dhcp set log-settings=default,incoming-packets,missing-options",
		"nrcmd> dhcp enable client-class",
		"nrcmd> dhcp reload",
	},
	"server": {
		"nrcmd> server dhcp reload",
		"nrcmd> server dhcp getHealth",
		"nrcmd> server dhcp setPartnerDown dhcp2.example.com. -3d",
		"nrcmd> server dhcp setPartnerDown dhcp2.example.com. Oct 31 00:00:00 2001",
	},
	"scope": {
		"nrcmd> scope office create 192.168.50.0 255.255.255.0 policy=default",
		"nrcmd> scope office addRange 192.168.50.101 192.168.50.200",
		"nrcmd> scope office addReservation 192.168.50.10 1,6,00:d0:ba:d3:bd:3b",
		"nrcmd> scope office listLeases",
		"nrcmd> dhcp reload",
	},
	"policy": {
		"nrcmd> policy phones create clone=default",
		"nrcmd> policy phones setLeaseTime 1w",
		"nrcmd> policy phones setOption routers 10.1.0.1,10.1.0.2",
		"nrcmd> policy phones setVendorOption 43 acme (1 tftp://10.9.0.1/cfg)",
	},
	"scope-policy": {"nrcmd> scope-policy office setOption routers 192.168.50.1"},
	"client": {
		"nrcmd> client 1,6,00:d0:ba:d3:bd:3b create client-class-name=gold",
		"nrcmd> client default create action=exclude",
	},
	"client-class": {"nrcmd> client-class gold create selection-criteria=fast policy-name=gold"},
	"lease": {
		"nrcmd> lease 192.168.50.101",
		"nrcmd> lease 192.168.50.101 force-available",
		"nrcmd> lease 192.168.50.101 deactivate -both",
		"nrcmd> lease list -macaddr 1,6,00:d0:ba:d3:bd:3b",
	},
	"reservation": {"nrcmd> reservation 192.168.50.10 create 1,6,00:d0:ba:d3:bd:3b device-name=printer"},
	"option": {
		"nrcmd> option 150 create dhcp-custom tftp-server-address AT_IPADDR repeat=1+",
		"nrcmd> option tftp-server-address show dhcp-custom",
		"nrcmd> option list dhcp-custom",
	},
	"option-set": {"nrcmd> option-set acme create 8-bit vendor-option-string=acme-phone"},
	"cluster": {
		"nrcmd> cluster Boston-cluster create 192.168.60.1 admin=admin password=changeme",
		"nrcmd> cluster Boston-cluster check",
	},
	"key":             {"nrcmd> key names.example.com create c2VjcmV0 algorithm=hmac-sha256"},
	"dhcp-dns-update": {"nrcmd> dhcp-dns-update names create forward-zone-name=example.com server-addr=10.0.0.53", "nrcmd> policy default set forward-dnsupdate=names"},
	"ldap":            {"nrcmd> ldap directory create ldap.example.com", "nrcmd> ldap directory setEntry query-dictionary cn=client-class-name"},
	"extension":       {"nrcmd> extension tagger create Dex tagger.so tagger", "nrcmd> dhcp attachExtension post-packet-decode tagger 2", "nrcmd> dhcp listExtensions"},
	"addr-trap":       {"nrcmd> addr-trap office create low-threshold=10%", "nrcmd> scope office set free-address-config=office"},
	"trap-recipient":  {"nrcmd> trap-recipient nms create ip-addr=10.0.0.9"},
	"failover-pair": {
		"nrcmd> failover-pair example-fo-pair create 192.168.50.1 192.168.60.1 mclt=30m",
		"nrcmd> failover-pair example-fo-pair addMatch 192.168.70.0/24",
		"nrcmd> failover-pair example-fo-pair enable load-balancing",
		"nrcmd> dhcp reload",
		"nrcmd> failover-pair example-fo-pair getStatus",
		"nrcmd> failover-pair example-fo-pair sync exact -report",
		"nrcmd> failover-pair example-fo-pair sync exact",
		"nrcmd> failover-pair example-fo-pair reload",
		"nrcmd> failover-pair example-fo-pair confirm",
	},
	"vpn":   {"nrcmd> vpn red create 77", "nrcmd> session set current-vpn=red"},
	"admin": {"nrcmd> admin carol create roles=edit-scope,edit-reservation", "nrcmd> admin carol enterPassword"},
	"session": {
		"nrcmd> session set default-format=script",
		"nrcmd> session set visibility=3",
		"nrcmd> session changes scope office limit=10",
		"nrcmd> session difference",
	},
	"report": {"nrcmd> report", "nrcmd> report column-separator=| file=/tmp/report.txt"},
	"export": {"nrcmd> export leases -client leases.txt", "nrcmd> export leases -server red -", "nrcmd> export leases -isc dhcpd.leases"},
	"import": {
		"nrcmd> dhcp enable import-mode", "nrcmd> dhcp reload", "nrcmd> import leases leases.txt",
		"nrcmd> import leases -isc /var/lib/dhcp/dhcpd.leases",
		"nrcmd> dhcp disable import-mode", "nrcmd> dhcp reload",
	},
}

// seeAlso are the commands that help names beside a command's own page, where
// the tables of the classes do not tell.
var seeAlso = map[string]string{
	"addr-trap":           "scope trap-recipient",
	"admin":               "session",
	"client":              "reservation",
	"cluster":             "session",
	"dhcp":                "dhcp-interface failover-pair policy report scope server",
	"dhcp-dns-update":     "key policy",
	"dhcp-interface":      "dhcp",
	"exit":                "quit",
	"export":              "import lease report",
	"extension":           "dhcp extension-point",
	"extension-point":     "dhcp extension",
	"failover-pair":       "dhcp scope",
	"force-lock":          "save session",
	"help":                "session",
	"import":              "dhcp export",
	"key":                 "dhcp-dns-update",
	"ldap":                "client dhcp",
	"lease":               "export report reservation",
	"option":              "option-set policy",
	"option-set":          "option policy",
	"policy":              "client-class-policy client-policy option option-set scope-policy scope-template-policy",
	"quit":                "exit",
	"report":              "lease scope",
	"reservation":         "client lease",
	"save":                "dhcp force-lock",
	"scope":               "report scope-selection-tag scope-template",
	"scope-selection-tag": "client-class scope",
	"scope-template":      "scope",
	"server":              "dhcp",
	"session":             "admin force-lock",
	"trap-recipient":      "addr-trap",
	"vpn":                 "scope",
}

func sorted(words []string) []string {
	w := slices.Clone(words)
	slices.Sort(w)
	return w
}
