package iscconf

import (
	"net/netip"
)

// kind is what a declaration is of.
type kind string

const (
	global        kind = "global"
	group         kind = "group"
	sharedNetwork kind = "shared-network"
	subnet        kind = "subnet"
	pool          kind = "pool"
	class         kind = "class"
	subclass      kind = "subclass"
	host          kind = "host"
	branch        kind = "if"
)

// declaration is a scope of dhcpd's: what stands in braces together, and what
// it says.
type declaration struct {
	kind   kind
	name   string
	pos    Pos
	parent *declaration

	options    []setting
	parameters map[string]parameter
	ifs        []*conditional

	// Of subnets and pools.
	prefix  netip.Prefix
	ranges  []addressRange
	permits []permit
	peer    string
	peerPos Pos

	// Of hosts.
	hardware   []byte // type, octets
	uid        []byte
	identifier *expression // host-identifier option ...
	fixed      []netip.Addr

	// Of classes and subclasses.
	match   *expression
	matchIf *expression
	spawn   *expression
	limit   int
	data    []byte
}

// setting is an option with its value.
type setting struct {
	def     *optionDef
	value   []byte
	append  bool // append or prepend: it is put behind or before what there is
	prepend bool
	weak    bool // default: only if there is none
	pos     Pos
}

// parameter is a statement with a name and a value.
type parameter struct {
	name  string
	text  string // the value as it was written
	num   int64
	on    bool
	pos   Pos
	whole string // the statement, for findings
}

// conditional is if, elsif and else, each with what it says.
type conditional struct {
	pos      Pos
	branches []*conditionalBranch
}

type conditionalBranch struct {
	when *expression // nil is else
	body *declaration
}

type addressRange struct {
	first, last netip.Addr
	bootp       bool
	pos         Pos
}

// permit is allow or deny of a pool's list.
type permit struct {
	allow bool
	what  string // "unknown-clients", "known-clients", "all", "bootp", "class", "never"
	class string
	pos   Pos
	whole string
}

// path lists the declarations from the outermost to this one.
func (d *declaration) path() []*declaration {
	if d == nil {
		return nil
	}
	return append(d.parent.path(), d)
}

// within is the nearest declaration of a kind around this one, or itself.
func (d *declaration) within(k kind) *declaration {
	for ; d != nil; d = d.parent {
		if d.kind == k {
			return d
		}
	}
	return nil
}

// configuration is a whole file as declarations.
type configuration struct {
	root     *declaration
	spaces   *spaces
	networks []*network
	subnets  subnetIndex
	hosts    []*declaration
	groups   []*declaration
	classes  []*declaration
	byClass  map[string]*declaration
	// subclasses by the class that they are of, in order.
	subclasses map[*declaration][]*declaration
	peers      []*peer
	byPeer     map[string]*peer
	keys       []*keyDecl
	zones      []*zoneDecl
	gone       []netip.Prefix // subnets that are left out
	findings   []Finding
	statements int
}

// network is a shared-network, or a subnet by itself.
type network struct {
	decl    *declaration // nil for a subnet by itself
	subnets []*subnetDecl
}

type subnetDecl struct {
	*declaration
	net    *network
	pools  []*declaration // what stands in the subnet without a pool is one, too
	scopes []*scope       // of ours
	// kept are the fixed addresses of hosts that are in no range.
	kept []addressRange
}

// keyDecl and zoneDecl are about DNS.
type keyDecl struct {
	name, algorithm, secret string
	pos                     Pos
}

type zoneDecl struct {
	name, key string
	primary   string
	pos       Pos
}

// peer is a failover peer block.
type peer struct {
	name             string
	pos              Pos
	primary          bool
	roleSet          bool
	address, partner string
	port, partnerPort,
	split, mclt, maxResponse, autoDown,
	balanceSeconds int64
	hba  bool
	seen map[string]Pos
}

// Finding is a construct that is not carried, or not as it was.
type Finding struct {
	Pos       Pos
	Construct string
	Meaning   string
	Note      bool // it is carried, or no client sees it
}

func (c *configuration) find(p Pos, construct, meaning string) {
	c.findings = append(c.findings, Finding{p, construct, meaning, false})
}

func (c *configuration) note(p Pos, construct, meaning string) {
	c.findings = append(c.findings, Finding{p, construct, meaning, true})
}
