package objects

// DNSUpdate says how names of clients get into DNS.
var DNSUpdate = class("dhcp-dns-update", "How the names and addresses of clients get into DNS")

// Which records are updated, where and by which rules.
var (
	DNSUpdateName           = DNSUpdate.named("Name of the configuration")
	DNSUpdateDescription    = DNSUpdate.text("description", "", Basic, "A remark")
	DNSUpdateDynamicDNS     = DNSUpdate.enum("dynamic-dns", "update-all", Basic, dynamicDNSWords, "Which DNS records are updated")
	DNSUpdateForwardZone    = DNSUpdate.dname("forward-zone-name", "", Basic, "Zone of the names")
	DNSUpdateReverseZone    = DNSUpdate.dname("reverse-zone-name", "", Basic, "Zone of the reverse names")
	DNSUpdateServerAddr     = DNSUpdate.address("server-addr", "", Basic, "DNS server that is sent the updates")
	DNSUpdateServerKey      = DNSUpdate.ref("server-key", "", Basic, "key", "Key that signs the updates to that server")
	DNSUpdateBackupAddr     = DNSUpdate.address("backup-server-addr", "", Basic, "DNS server that is sent the updates where the first does not answer")
	DNSUpdateBackupKey      = DNSUpdate.ref("backup-server-key", "", Basic, "key", "Key that signs the updates to the backup server")
	DNSUpdateHostBytes      = DNSUpdate.integer("dns-host-bytes", "", Basic, "How many bytes of the address are in the host part of its reverse name", between(1, 4))
	DNSUpdateForce          = DNSUpdate.boolean("force-dns-updates", "false", Basic, "Update DNS at every renewal although nothing changed")
	DNSUpdateForBootp       = DNSUpdate.feature("update-dns-for-bootp", "", Basic, "Update DNS for BOOTP clients too")
	DNSUpdatePrereqs        = DNSUpdate.boolean("use-dns-update-prereqs", "true", Basic, "Update a name only if it belongs to the client or to nobody")
	DNSUpdateMaxTTL         = DNSUpdate.duration("max-dns-ttl", "", Expert, "Longest time to live of a record, which is a third of the lease time otherwise")
	DNSUpdateMinTTL         = DNSUpdate.duration("min-dns-ttl", "", Expert, "Shortest time to live of a record")
	DNSUpdateHostName       = DNSUpdate.expr("host-name-generator", "", Basic, "Expression that makes the client's name")
	DNSUpdateSynthesize     = DNSUpdate.boolean("synthesize-name", "false", Basic, "Make up a name for clients that have none")
	DNSUpdateSyntheticStem  = DNSUpdate.text("synthetic-name-stem", "dhcp", Basic, "What a made-up name begins with", between(1, 63))
	DNSUpdateV6HostName     = DNSUpdate.expr("v6-host-name-generator", "", Basic, "Expression that makes a DHCPv6 client's name", inert(noV6))
	DNSUpdateV6SyntheticGen = DNSUpdate.enum("v6-synthetic-name-generator", "hashed-duid", Basic, "duid=1 hashed-duid=2 cablelabs-device-id=3 cablelabs-cm-mac-addr=4", "What the made-up name of a DHCPv6 client is made of", inert(noV6))
)

// Key is a shared secret for signed DNS updates.
var Key = class("key", "A secret that is shared with a DNS server and signs updates (TSIG)")

// What a key is.
var (
	KeyName         = Key.named("Name of the key, the same on both sides")
	KeySecret       = Key.text("secret", "", Basic, "The secret in base64", secret, required, between(1, 1024), checked(base64Rule))
	KeyAlgorithm    = Key.enum("algorithm", "hmac-md5", Basic, "hmac-md5=1 hmac-sha1=2 hmac-sha224=3 hmac-sha256=4 hmac-sha384=5 hmac-sha512=6", "How the secret signs")
	KeyType         = Key.enum("type", "TSIG", Basic, "TSIG=1", "Kind of key")
	KeySecurityType = Key.text("security-type", "", Expert, "Between whom the key is used")
)

func init() {
	Key.Create = []string{"secret"}
	DNSUpdate.Check = checkDNSUpdate
	doesNotAct(noDNS, DNSUpdate, Key)
}

func checkDNSUpdate(o *Object, _ *Config) []*Error {
	var errs []*Error
	low, hasLow := DNSUpdateMinTTL.Lookup(o)
	high, hasHigh := DNSUpdateMaxTTL.Lookup(o)
	if hasLow && hasHigh && low > high {
		errs = append(errs, Errorf(Invalid, "%s min-dns-ttl: %s is longer than max-dns-ttl, %s", o.Ref(), FormatTime(low), FormatTime(high)))
	}
	return errs
}
