package failover

import (
	"leasehold/pkg/failover/core"
	"leasehold/pkg/objects"
)

// Related is one row of getRelatedServers: a partner in one relationship.
type Related struct {
	Pair           string // name of the relationship
	Type           string // what the partner is in it: MAIN or BACKUP
	Name           string // the partner's name as configured, "--" if it has none
	Address        string
	Requests       int    // updates that the partner has not acknowledged
	Communications string // OK, INTERRUPTED, NONE (never any)
	State          string // this server's
	PartnerRole    string // MAIN or BACKUP
	PartnerState   string // "--" before the first contact
	// Detail is for full-format and getStatus.
	Detail *Detail
}

// Detail is all that is known of a relationship.
type Detail struct {
	Role          string // MAIN or BACKUP: this server's
	MainServer    string
	BackupServer  string
	MCLT          int64
	BackupPct     int
	LoadBalancing bool
	SafePeriod    int64 // seconds, 0 is off
	Scopes        []string
	Pools         []PoolStatus
	Status        core.Status
	Partner       string   // vendor class
	Fingerprint   string   // of this server's certificate, "" if it has none
	TLS           bool     // the link is to be encrypted
	Encrypted     bool     // the link that is up is
	Refusals      []string // why the connection is refused, last reason first
	Problems      []string // what is wrong with the configuration
	Drift         []string // what the stored configurations of the two servers have otherwise, where it can be named
	CurrentTime   int64
}

// PoolStatus is how a scope's free addresses are shared.
type PoolStatus struct {
	Scope      string
	Own, Other int // free addresses of this server and of its partner
	Pending    int
	Percent    int // share of the backup as configured
}

// Operator is what an administrator may ask of the relationships.
type Operator interface {
	// Related lists the partners; those of relationships that are configured
	// wrongly come with their Problems.
	Related() []Related
	// Member tells what this server is in a failover pair of the
	// configuration, also where that is not in service.
	Member(cfg *objects.Config, pair *objects.Object) Member
	// PartnerDown says that a partner (name or address, "" with a pair named)
	// is down since a Unix time, 0 being now. It is refused while the partner
	// answers, and, without force, for a time before the last contact. lines
	// say what was done and what risk it has.
	PartnerDown(pair, partner string, since int64, force bool) (lines []string, err *objects.Error)
	// Rebalance shares the free addresses of a pair out anew.
	Rebalance(pair string) *objects.Error
	// Debug has more of failover logged, until the server ends: 1 is states and
	// connections whatever log-settings leave out, 2 the messages by type, 3
	// lease updates, too, 4 the messages in full; 0 is what log-settings say.
	Debug(level int)
}
