package objects

import "maps"

// systemDefaults are the options of the policy that is asked last.
var systemDefaults = map[string]string{
	"option.19": "false",                                           // ip-forwarding
	"option.20": "false",                                           // non-local-source-routing
	"option.22": "576",                                             // max-dgram-reassembly
	"option.23": "64",                                              // default-ip-ttl
	"option.24": "6000",                                            // path-mtu-aging-timeout
	"option.25": "68,296,508,1006,1492,2002,4352,8166,17914,32000", // path-mtu-plateau-tables
	"option.26": "576",                                             // interface-mtu
	"option.27": "false",                                           // all-subnets-local
	"option.28": "255.255.255.255",                                 // broadcast-address
	"option.29": "false",                                           // perform-mask-discovery
	"option.30": "false",                                           // mask-supplier
	"option.31": "true",                                            // router-discovery
	"option.32": "224.0.0.2",                                       // router-solicitation-address
	"option.34": "false",                                           // trailer-encapsulation
	"option.35": "60",                                              // arp-cache-timeout
	"option.36": "false",                                           // ieee802.3-encapsulation
	"option.37": "64",                                              // default-tcp-ttl
	"option.38": "0",                                               // tcp-keepalive-interval
	"option.39": "false",                                           // tcp-keepalive-garbage
	"option.51": "604800",                                          // dhcp-lease-time
}

// Builtins returns what a new configuration contains. The two policies come
// back with these values if they are deleted.
func Builtins() []*Object {
	standard := New(Policy, DefaultPolicy)
	standard.Attrs["option.51"] = "604800"
	system := New(Policy, SystemDefaultPolicy)
	maps.Copy(system.Attrs, systemDefaults)
	return []*Object{New(Dhcp, ""), New(Server, ""), standard, system}
}
