package iscconf

// The options that dhcpd knows without a definition, with the letters that its
// table of options has for their values: I an address, L l S s B b numbers of 4,
// 2 and 1 bytes, with or without sign, f a truth value, t text, X bytes or text,
// d a domain name, D a list of them, Z nothing, E options of another space; A
// repeats all, a the letter before, and what follows o may be missing.
var dhcpOptions = []struct {
	code   int
	name   string
	format string
}{
	{1, "subnet-mask", "I"}, {2, "time-offset", "l"}, {3, "routers", "IA"}, {4, "time-servers", "IA"}, {5, "ien116-name-servers", "IA"},
	{6, "domain-name-servers", "IA"}, {7, "log-servers", "IA"}, {8, "cookie-servers", "IA"}, {9, "lpr-servers", "IA"},
	{10, "impress-servers", "IA"}, {11, "resource-location-servers", "IA"}, {12, "host-name", "t"}, {13, "boot-size", "S"},
	{14, "merit-dump", "t"}, {15, "domain-name", "t"}, {16, "swap-server", "I"}, {17, "root-path", "t"}, {18, "extensions-path", "t"},
	{19, "ip-forwarding", "f"}, {20, "non-local-source-routing", "f"}, {21, "policy-filter", "IIA"}, {22, "max-dgram-reassembly", "S"},
	{23, "default-ip-ttl", "B"}, {24, "path-mtu-aging-timeout", "L"}, {25, "path-mtu-plateau-table", "SA"}, {26, "interface-mtu", "S"},
	{27, "all-subnets-local", "f"}, {28, "broadcast-address", "I"}, {29, "perform-mask-discovery", "f"}, {30, "mask-supplier", "f"},
	{31, "router-discovery", "f"}, {32, "router-solicitation-address", "I"}, {33, "static-routes", "IIA"}, {34, "trailer-encapsulation", "f"},
	{35, "arp-cache-timeout", "L"}, {36, "ieee802-3-encapsulation", "f"}, {37, "default-tcp-ttl", "B"}, {38, "tcp-keepalive-interval", "L"},
	{39, "tcp-keepalive-garbage", "f"}, {40, "nis-domain", "t"}, {41, "nis-servers", "IA"}, {42, "ntp-servers", "IA"},
	{43, "vendor-encapsulated-options", "X"}, {44, "netbios-name-servers", "IA"}, {45, "netbios-dd-server", "IA"}, {46, "netbios-node-type", "B"},
	{47, "netbios-scope", "t"}, {48, "font-servers", "IA"}, {49, "x-display-manager", "IA"}, {50, "dhcp-requested-address", "I"},
	{51, "dhcp-lease-time", "L"}, {52, "dhcp-option-overload", "B"}, {53, "dhcp-message-type", "B"}, {54, "dhcp-server-identifier", "I"},
	{55, "dhcp-parameter-request-list", "BA"}, {56, "dhcp-message", "t"}, {57, "dhcp-max-message-size", "S"}, {58, "dhcp-renewal-time", "L"},
	{59, "dhcp-rebinding-time", "L"}, {60, "vendor-class-identifier", "X"}, {61, "dhcp-client-identifier", "X"}, {62, "nwip-domain", "t"},
	{63, "nwip-suboptions", "X"}, {64, "nisplus-domain", "t"}, {65, "nisplus-servers", "IA"}, {66, "tftp-server-name", "t"}, {67, "bootfile-name", "t"},
	{68, "mobile-ip-home-agent", "IA"}, {69, "smtp-server", "IA"}, {70, "pop-server", "IA"}, {71, "nntp-server", "IA"}, {72, "www-server", "IA"},
	{73, "finger-server", "IA"}, {74, "irc-server", "IA"}, {75, "streettalk-server", "IA"}, {76, "streettalk-directory-assistance-server", "IA"},
	{77, "user-class", "t"}, {78, "slp-directory-agent", "fIa"}, {79, "slp-service-scope", "fto"}, {81, "fqdn", "X"},
	{82, "relay-agent-information", "X"}, {85, "nds-servers", "IA"}, {86, "nds-tree-name", "t"}, {87, "nds-context", "t"},
	{88, "bcms-controller-names", "D"}, {89, "bcms-controller-address", "IA"}, {91, "client-last-transaction-time", "L"}, {92, "associated-ip", "IA"},
	{93, "pxe-system-type", "S"}, {94, "pxe-interface-id", "BBB"}, {97, "pxe-client-id", "BX"}, {98, "uap-servers", "t"},
	{99, "geoconf-civic", "X"}, {100, "pcode", "t"}, {101, "tcode", "t"}, {108, "v6-only-preferred", "L"}, {112, "netinfo-server-address", "IA"},
	{113, "netinfo-server-tag", "t"}, {114, "default-url", "t"}, {116, "auto-config", "B"}, {117, "name-service-search", "SA"},
	{118, "subnet-selection", "I"}, {119, "domain-search", "D"}, {124, "vivco", "X"}, {125, "vivso", "X"}, {136, "pana-agent", "IA"},
	{137, "v4-lost", "d"}, {138, "capwap-ac-v4", "IA"}, {141, "sip-ua-cs-domains", "D"}, {146, "rdnss-selection", "BIID"},
	{159, "v4-portparams", "BBS"}, {160, "v4-captive-portal", "t"}, {212, "option-6rd", "BB6IA"}, {213, "v4-access-domain", "d"},
}

// agentOptions are the sub-options of option 82.
var agentOptions = map[string]int{
	"circuit-id": 1, "remote-id": 2, "agent-id": 3, "docsis-device-class": 4, "link-selection": 5, "relay-port": 19,
}

// otherSpaces are further spaces that dhcpd has; nothing of theirs is set or
// read often enough to be carried, and what is used of them is a finding.
var otherSpaces = []string{"nwip", "fqdn", "server", "dhcp6", "isc", "vivco", "vivso"}

// notCarried are those whose options a configuration may set; what they mean is
// for findings.
var notCarried = map[string]string{
	"nwip":  "options of NetWare/IP (option 63) are not sent",
	"fqdn":  "dhcpd answers option 81 as it says; here the answer to option 81 follows from the client's question alone",
	"dhcp6": "DHCPv6 is not served",
	"isc":   "it is about the text of dhcpd's messages", "vivco": "options of 124 are set by an option set", "vivso": "options of 125 are set by an option set",
}
