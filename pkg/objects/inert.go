package objects

// Why attributes of the reference are kept, shown and copied but do not act.
const (
	noDNS        = "the server does not update DNS"
	noLDAP       = "clients are not looked up in LDAP"
	noExtensions = "the server runs no extensions"
	noFailover6  = "failover is spoken over IPv4"
	noV6         = "DHCPv6 is not served"
	noTraps      = "the server sends no SNMP traps"
	noHistory    = "no lease history is kept"
	noSMS        = "there is no SMS to talk to"
	noSamples    = "no utilization samples are kept"
	noBuffers    = "packet buffers are taken as they are needed"
	noCache      = "all clients are in memory"
	noBlocks     = "there are no address blocks"
	noRADIUS     = "RADIUS attributes of relays are not read"
)
