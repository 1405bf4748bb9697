package option

// def makes one row of the tables.
func def(code int, name string, t Type, r Repeat, desc string) *Def {
	return &Def{Code: code, Name: name, Type: t, Repeat: r, Desc: desc}
}

// fixed marks a definition that cannot be changed.
func (d *Def) fixed() *Def { d.NonModifiable = true; return d }

// made marks an option that no policy sets.
func (d *Def) made() *Def { d.ServerMade = true; return d }

// within bounds a number.
func (d *Def) within(lo, hi int64) *Def { d.Min, d.Max = lo, hi; return d }

// checked adds a rule for the bytes of a value: a verb phrase for those that it
// refuses, "" for others.
func (d *Def) checked(rule func(wire []byte) string) *Def { d.rule = rule; return d }

// or adds names that are accepted on input.
func (d *Def) or(names ...string) *Def { d.Aliases = names; return d }

// as gives the value an inner structure.
func (d *Def) as(l layout, children ...*Def) *Def { d.layout, d.Children = l, children; return d }

// builtins returns the DHCPv4 options that need no definition, by code. Every
// call makes new rows: a catalogue owns its own.
func builtins() []*Def {
	return []*Def{
		def(0, "pad", NoLen, Once, "Filler between options").fixed().made(),
		def(1, "subnet-mask", IPAddr, Once, "Mask of the client's subnet; normally that of its scope"),
		def(2, "time-offset", STime, Once, "Offset of local time from UTC"),
		def(3, "routers", IPAddr, OnePlus, "Routers on the client's subnet, best first").or("router"),
		def(4, "time-servers", IPAddr, OnePlus, "Time servers (RFC 868)"),
		def(5, "name-servers", IPAddr, OnePlus, "Name servers (IEN 116)"),
		def(6, "domain-name-servers", IPAddr, OnePlus, "DNS servers, best first"),
		def(7, "log-servers", IPAddr, OnePlus, "MIT-LCS log servers"),
		def(8, "cookie-servers", IPAddr, OnePlus, "Quote of the day servers (RFC 865)"),
		def(9, "lpr-servers", IPAddr, OnePlus, "Line printer servers (RFC 1179)"),
		def(10, "impress-servers", IPAddr, OnePlus, "Imagen Impress servers"),
		def(11, "resource-location-servers", IPAddr, OnePlus, "Resource location servers (RFC 887)"),
		def(12, "host-name", NString, Once, "Name of the client"),
		def(13, "boot-size", Short, Once, "Size of the boot file in 512-byte blocks"),
		def(14, "merit-dump", NString, Once, "File for the client's core dump"),
		def(15, "domain-name", NString, Once, "Domain that the client resolves names in"),
		def(16, "swap-server", IPAddr, Once, "Swap server"),
		def(17, "root-path", NString, Once, "Path of the client's root disk"),
		def(18, "extensions-path", NString, Once, "TFTP file with further options"),
		def(19, "ip-forwarding", Bool, Once, "Whether the client forwards packets"),
		def(20, "non-local-source-routing", Bool, Once, "Whether the client forwards packets with non-local source routes"),
		def(21, "policy-filters", IPAddr, Pairs, "Address and mask pairs that source routes may lead to"),
		def(22, "max-dgram-reassembly", Short, Once, "Largest datagram that the client should reassemble").within(576, 65535),
		def(23, "default-ip-ttl", RangeByte, Once, "Time to live of outgoing datagrams").within(1, 255),
		def(24, "path-mtu-aging-timeout", Time, Once, "When to forget a discovered path MTU"),
		def(25, "path-mtu-plateau-tables", RangeShort, OnePlus, "MTU sizes to try in path MTU discovery, smallest first").within(68, 65535),
		def(26, "interface-mtu", RangeShort, Once, "MTU of the interface").within(68, 65535),
		def(27, "all-subnets-local", Bool, Once, "Whether all subnets have the MTU of the client's"),
		def(28, "broadcast-address", IPAddr, Once, "Broadcast address of the client's subnet"),
		def(29, "perform-mask-discovery", Bool, Once, "Whether the client asks for its mask by ICMP"),
		def(30, "mask-supplier", Bool, Once, "Whether the client answers mask requests by ICMP"),
		def(31, "router-discovery", Bool, Once, "Whether the client looks for routers (RFC 1256)"),
		def(32, "router-solicitation-address", IPAddr, Once, "Where router solicitations go"),
		def(33, "static-routes", IPAddr, Pairs, "Destination and router pairs; the default route is option routers").checked(staticRoutes),
		def(34, "trailer-encapsulation", Bool, Once, "Whether the client negotiates trailers (RFC 893)"),
		def(35, "arp-cache-timeout", Time, Once, "Timeout of ARP cache entries"),
		def(36, "ieee802.3-encapsulation", Bool, Once, "Whether Ethernet frames are IEEE 802.3 (RFC 1042)"),
		def(37, "default-tcp-ttl", RangeByte, Once, "Time to live of TCP segments").within(1, 255),
		def(38, "tcp-keepalive-interval", Time, Once, "Interval of TCP keepalives; 0 sends none"),
		def(39, "tcp-keepalive-garbage", Bool, Once, "Whether TCP keepalives carry a byte of garbage"),
		def(40, "nis-domain", String, Once, "NIS domain"),
		def(41, "nis-servers", IPAddr, OnePlus, "NIS servers"),
		def(42, "ntp-servers", IPAddr, OnePlus, "NTP servers"),
		def(43, "vendor-encapsulated-options", Blob, Once, "Options of the client's vendor").fixed(),
		def(44, "netbios-name-servers", IPAddr, OnePlus, "NetBIOS name servers (WINS)"),
		def(45, "netbios-dd-servers", IPAddr, OnePlus, "NetBIOS datagram distribution servers"),
		def(46, "netbios-node-type", RangeByte, Once, "NetBIOS node type: 1 B, 2 P, 4 M, 8 H").within(1, 8).checked(nodeType),
		def(47, "netbios-scope", NString, Once, "NetBIOS scope"),
		def(48, "font-servers", IPAddr, OnePlus, "X Window System font servers"),
		def(49, "x-display-managers", IPAddr, OnePlus, "X Window System display managers"),
		def(50, "dhcp-requested-address", IPAddr, Once, "Address that the client asks for").made(),
		def(51, "dhcp-lease-time", Time, Once, "Length of the lease; 4294967295 is without end").within(1, 1<<32-1).fixed().or("lease-time"),
		def(52, "dhcp-option-overload", Overload, Once, "Which header fields carry options").made(),
		def(53, "dhcp-message-type", Message, Once, "Type of the DHCP message").fixed().made(),
		def(54, "dhcp-server-identifier", IPAddr, Once, "Address of the server").made(),
		def(55, "dhcp-parameter-request-list", Int8, ZeroPlus, "Options that the client asks for").made(),
		def(56, "dhcp-message", NString, Once, "Why a request is refused").fixed(),
		def(57, "dhcp-max-message-size", Short, Once, "Largest message that the client takes").within(576, 65535).fixed().made(),
		def(58, "dhcp-renewal-time", Time, Once, "T1, when the client renews at its server").fixed(),
		def(59, "dhcp-rebinding-time", Time, Once, "T2, when the client renews at any server").fixed(),
		def(60, "dhcp-class-identifier", NString, Once, "Vendor class of the client").or("vendor-class-identifier"),
		def(61, "dhcp-client-identifier", Blob, Once, "Identifier that the client chose").or("client-identifier"),
		def(62, "netwareip-domain", NString, Once, "NetWare/IP domain"),
		def(63, "netwareip-information", Blob, Once, "NetWare/IP sub-options"),
		def(64, "nis+-domain", NString, Once, "NIS+ domain").or("nisplus-domain"),
		def(65, "nis+-servers", IPAddr, OnePlus, "NIS+ servers").or("nisplus-servers"),
		def(66, "tftp-server", NString, Once, "Name of the TFTP server").or("tftp-server-name"),
		def(67, "boot-file", NString, Once, "Name of the boot file").or("bootfile-name"),
		def(68, "mobile-ip-home-agents", IPAddr, ZeroPlus, "Mobile IP home agents"),
		def(69, "smtp-servers", IPAddr, OnePlus, "Mail (SMTP) servers"),
		def(70, "pop3-servers", IPAddr, OnePlus, "Mailbox (POP3) servers"),
		def(71, "nntp-servers", IPAddr, OnePlus, "News (NNTP) servers"),
		def(72, "www-servers", IPAddr, OnePlus, "Web servers"),
		def(73, "finger-servers", IPAddr, OnePlus, "Finger servers"),
		def(74, "irc-servers", IPAddr, OnePlus, "Chat (IRC) servers"),
		def(75, "streettalk-servers", IPAddr, OnePlus, "StreetTalk servers"),
		def(76, "streettalk-directory-assistance-servers", IPAddr, OnePlus, "StreetTalk directory assistance servers"),
		def(77, "dhcp-user-class-id", TypeCnt, OnePlus, "User classes of the client (RFC 3004)").as(plain, userClass()...),
		def(78, "slp-directory-agent", Blob, Once, "Service location directory agents (RFC 2610)"),
		def(79, "slp-service-scope", Blob, Once, "Service location scopes (RFC 2610)"),
		def(80, "rapid-commit", ZeroSize, Once, "Lease in two messages (RFC 4039)"),
		def(81, "client-fqdn", Blob, Once, "Full name of the client and who updates DNS (RFC 4702)"),
		def(82, "relay-agent-info", Blob, Once, "What the relay knows of the client (RFC 3046)").made().as(tlv, relayAgentInfo()...),
		def(83, "isns", Blob, Once, "Internet storage name service (RFC 4174)"),
		def(85, "nds-servers", IPAddr, OnePlus, "Novell directory servers"),
		def(86, "nds-tree", NString, Once, "Novell directory tree"),
		def(87, "nds-context", NString, Once, "Novell directory context"),
		def(88, "bcmcs-servers-d", DNSName, OnePlus, "Broadcast and multicast controllers, by name (RFC 4280)"),
		def(89, "bcmcs-servers-a", IPAddr, OnePlus, "Broadcast and multicast controllers, by address (RFC 4280)"),
		def(90, "authentication", Blob, Once, "Authentication of messages (RFC 3118)"),
		def(91, "client-last-transaction-time", Time, Once, "Seconds since the client was last heard (RFC 4388)"),
		def(92, "associated-ip", IPAddr, OnePlus, "All addresses of the client (RFC 4388)"),
		def(93, "pxe-client-arch", Short, OnePlus, "Architecture of a booting client (RFC 4578)"),
		def(94, "pxe-client-network-id", Blob, Once, "Network interface of a booting client (RFC 4578)"),
		def(95, "ldap-url", NString, Once, "LDAP server and search base"),
		def(97, "pxe-client-machine-id", Blob, Once, "Machine identifier of a booting client (RFC 4578)"),
		def(98, "user-auth", NString, Once, "User authentication servers (RFC 2485)"),
		def(99, "geoconf-civic", Blob, Once, "Civic address of the client (RFC 4776)"),
		def(100, "tz-posix", NString, Once, "Time zone as a POSIX rule (RFC 4833)"),
		def(101, "tz-database", NString, Once, "Time zone by its database name (RFC 4833)"),
		def(112, "netinfo-parent-server-addr", IPAddr, OnePlus, "NetInfo parent servers"),
		def(113, "netinfo-parent-server-tag", NString, Once, "NetInfo parent server tag"),
		def(114, "initial-url", NString, Once, "URL that the client opens first"),
		def(116, "auto-configure", RangeByte, Once, "Whether the client may give itself an address: 1 yes, 0 no (RFC 2563)").within(0, 1),
		def(117, "name-service-search", Short, OnePlus, "Order of name services, by option code (RFC 2937)"),
		def(118, "subnet-selection", IPAddr, Once, "Subnet that an address is wanted in (RFC 3011)"),
		def(119, "domain-search", Blob, Once, "Domains that names are searched in (RFC 3397)").as(searchList),
		def(120, "sip-servers", Blob, Once, "SIP servers, by name or by address (RFC 3361)").as(tagged, sipServers()...),
		def(121, "classless-static-route", Blob, Once, "Routes with mask lengths (RFC 3442)").or("classless-static-routes").as(routes),
		def(122, "cablelabs-client-configuration", Blob, Once, "Telephony settings of cable clients (RFC 3495)").as(tlv, cableClient()...),
		def(123, "geo-conf", Blob, Once, "Coordinates of the client (RFC 6225)"),
		def(124, "v-i-vendor-class", VendorClass, OnePlus, "Vendor classes by enterprise (RFC 3925)").fixed(),
		def(125, "v-i-vendor-info", VendorOpts, OnePlus, "Vendor options by enterprise (RFC 3925)"),
		def(128, "mcns-security-server", IPAddr, Once, "Security server of a cable modem"),
		def(161, "cisco-leased-ip", IPAddr, Once, "Leased address in a lease query"),
		def(162, "cisco-client-requested-host-name", NString, Once, "Host name that the client asked for, in a lease query"),
		def(163, "cisco-client-last-transaction-time", Int, Once, "When the client was last heard, in a lease query"),
		def(185, "vpn-id", Blob, Once, "VPN of the client (RFC 6607)").fixed().as(tagged, vpnIdentifier()...),
		def(220, "subnet-alloc", Blob, Once, "Request for a whole subnet (RFC 6656)").as(flagsTLV, subnetAllocation()...),
		def(221, "cisco-vpn-id", Blob, Once, "VPN of the client, early code").as(tagged, vpnIdentifier()...),
		def(251, "cisco-auto-configure", RangeByte, Once, "Auto-configure, early code").within(0, 255),
		def(255, "end", NoLen, Once, "End of the options").fixed().made(),
	}
}
