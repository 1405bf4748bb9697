package option

// relayAgentInfo lists the sub-options of 82.
func relayAgentInfo() []*Def {
	return []*Def{
		def(1, "circuit-id", Blob, Once, "Port that the request came in at (RFC 3046)"),
		def(2, "remote-id", Blob, Once, "Far end of the circuit (RFC 3046)"),
		def(4, "device-class", Int, Once, "DOCSIS device class (RFC 3256)"),
		def(5, "subnet-selection", IPAddr, Once, "Subnet of the client (RFC 3527)"),
		def(6, "subscriber-id", NString, Once, "Subscriber (RFC 3993)"),
		def(7, "radius-attributes", Blob, Once, "RADIUS attributes (RFC 4014)"),
		def(8, "authentication", Blob, Once, "Authentication of the relay (RFC 4030)"),
		def(9, "v-i-vendor-info", VendorOpts, OnePlus, "Vendor options by enterprise (RFC 4243)"),
		def(11, "server-id-override", IPAddr, Once, "Server identifier that the client shall see (RFC 5107)"),
		def(150, "cisco-subnet-selection", IPAddr, Once, "Subnet of the client, early code"),
		def(151, "cisco-vpn-id", Blob, Once, "VPN of the client, early code"),
		def(152, "cisco-server-id-override", IPAddr, Once, "Server identifier that the client shall see, early code"),
	}
}

// userClass is the pattern of 77: a length byte, then the class.
func userClass() []*Def {
	return []*Def{
		def(0, "length", Int8, Once, "Length of the class"),
		def(1, "class", NString, Once, "User class"),
	}
}

// sipServers: the first byte tells names from addresses (RFC 3361).
func sipServers() []*Def {
	return []*Def{
		def(0, "domain-names", DNSName, OnePlus, "Names of SIP servers"),
		def(1, "addresses", IPAddr, OnePlus, "Addresses of SIP servers"),
	}
}

// vpnIdentifier: the first byte tells a name from an RFC 2685 VPN-ID.
func vpnIdentifier() []*Def {
	return []*Def{
		def(0, "vpn-name", NString, Once, "Name of the VPN"),
		def(1, "vpn-index", Blob, Once, "VPN-ID of seven bytes (RFC 2685)").checked(vpnIndex),
	}
}

// subnetAllocation: a byte of flags, then the sub-options (RFC 6656).
func subnetAllocation() []*Def {
	return []*Def{
		def(0, "flags", Int8, Once, "Flags"),
		def(1, "subnet-request", Blob, Once, "What is asked for"),
		def(2, "subnet-information", Blob, Once, "Subnets given"),
		def(3, "subnet-name", NString, Once, "Name of the pool"),
		def(4, "suggested-lease-time", Time, Once, "Lease time that is asked for"),
	}
}

// cableClient lists the sub-options of 122 (RFC 3495, 3594, 3634).
func cableClient() []*Def {
	return []*Def{
		def(1, "primary-dhcp-server", IPAddr, Once, "DHCP server of the telephony operator"),
		def(2, "secondary-dhcp-server", IPAddr, Once, "Second DHCP server of the telephony operator"),
		def(3, "provisioning-server", Blob, Once, "Provisioning server, by name or address").as(flagged,
			def(0, "name", DNSName, Once, "Name of the server"),
			def(1, "address", IPAddr, Once, "Address of the server")),
		def(4, "as-backoff-retry", Blob, Once, "Kerberos AS request backoff and retry").as(packed, backoff()...),
		def(5, "ap-backoff-retry", Blob, Once, "Kerberos AP request backoff and retry").as(packed, backoff()...),
		def(6, "kerberos-realm", DNSName, Once, "Kerberos realm"),
		def(7, "ticket-granting-server", Bool, Once, "Whether a ticket granting ticket is got first"),
		def(8, "provisioning-timer", Int8, Once, "Minutes until provisioning must be done; 0 is no limit"),
		def(9, "security-ticket-control", Short, Once, "Which stored tickets become invalid"),
		def(10, "kdc-server", IPAddr, OnePlus, "Key distribution servers"),
	}
}

func backoff() []*Def {
	return []*Def{
		def(1, "nominal-timeout", Int, Once, "First timeout, milliseconds"),
		def(2, "maximum-timeout", Time, Once, "Longest timeout"),
		def(3, "maximum-retries", Int, Once, "Number of retries"),
	}
}

// cableLabs lists the definitions of the built-in vendor set of enterprise
// 4491.
func cableLabs() []*Def {
	return []*Def{
		def(1, "option-request", Int8, OnePlus, "Sub-options that the client asks for"),
		def(2, "tftp-servers", IPAddr, OnePlus, "TFTP servers of the modem"),
		def(3, "erouter-container", Blob, Once, "Options for the embedded router").as(tlv),
		def(4, "mib-environment", RangeByte, Once, "Which MIBs an embedded adapter uses").within(0, 255),
		def(5, "modem-capabilities", Blob, Once, "Encoded capabilities of the modem"),
	}
}
