package iscconf

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"leasehold/internal/option"
	"leasehold/pkg/objects"
)

// Result is what became of a configuration.
type Result struct {
	Lines    []string // of the batch, without line ends
	Findings []Finding
	Files    int
	Counts   Counts
}

// Counts sum a result up.
type Counts struct {
	Statements, Scopes, Reservations, Clients, ClientClasses, Pairs, Options int
}

// Import reads a configuration and converts it. The error is an *Error.
func Import(name string, files Files) (*Result, error) {
	tree, err := Parse(name, files)
	if err != nil {
		return nil, err
	}
	conf, bad := declare(tree, name)
	if bad != nil {
		return nil, bad
	}
	return convert(conf, tree.Includes+1), nil
}

// converter writes a batch.
type converter struct {
	*configuration
	lines     []string
	catalog   *option.Catalog
	translate *translator
	counts    Counts
	noted     map[string]bool

	all    []*facet
	combos []*combination
	base   string // the class of clients in no class: baseClass, or <none>
	lost   map[*declaration]bool
	// holding are the declarations that networks stand in.
	holding map[*declaration]bool
	limits  map[*declaration]string // by class, the expression of limitation-id

	tags    []string
	permits map[*declaration][]permit // of pools, with what holds around them
	known   struct{ asked, matters, byClass bool }
	tagOf   map[tagKey]string

	sent           map[int]bool // codes of options that are set somewhere
	maskFromPolicy bool
	vendorSets     map[string]string // by option space
	parent         values
	scopes         []*scope
	clientClass    bool
	foreign        map[string]bool // peers with pools that are left out
	clientNames    map[*declaration]string
	clientsTaken   nameSet
}

func convert(conf *configuration, files int) *Result {
	c := &converter{
		configuration: conf, translate: &translator{spaces: conf.spaces, classes: conf.byClass}, catalog: option.Builtin(), noted: map[string]bool{},
		lost: map[*declaration]bool{}, holding: map[*declaration]bool{}, permits: map[*declaration][]permit{}, limits: map[*declaration]string{}, sent: map[int]bool{}, vendorSets: map[string]string{}, base: "<none>",
		clientNames: map[*declaration]string{}, clientsTaken: newNameSet(),
	}
	c.findHolding()
	c.dropSubnets()
	c.dropForeign()
	c.clip()
	c.facets()
	c.labels()
	c.combos = c.combinations()
	c.settleTags()
	if len(c.tags) > 0 || len(c.all) > 1 || c.needsLookupID() {
		c.base = baseClass
	}
	c.findScopes()
	c.definitions()
	c.globals()
	c.classObjects()
	c.scopeObjects()
	c.hostObjects()
	c.pairs()
	c.names()
	c.settings()
	c.general()
	c.onlyOnce()
	return c.result(files)
}

func (c *converter) line(text string) { c.lines = append(c.lines, text) }

func (c *converter) linef(format string, args ...any) { c.line(fmt.Sprintf(format, args...)) }

func (c *converter) heading(text string) { c.lines = append(c.lines, "", "# "+text) }

// noteOnce makes a note that many places would make.
func (c *converter) noteOnce(p Pos, construct, meaning string) {
	if !c.noted[meaning] {
		c.noted[meaning] = true
		c.note(p, construct, meaning)
	}
}

// globals writes the policy that every scope has, default, and takes out of the
// one behind it what dhcpd would not send.
func (c *converter) globals() {
	c.heading("What dhcpd.conf says for all clients. dhcpd sends no option that nobody configured.")
	for _, attr := range unsent() {
		c.line("policy " + objects.SystemDefaultPolicy + " unsetOption " + attr)
	}
	v := merged([]*declaration{c.root})
	c.policy("policy "+objects.DefaultPolicy, v, v, "")
}

// unsent lists the options that a new server has values for by itself.
func unsent() []string {
	var names []string
	for _, o := range objects.Builtins() {
		if o.Class != objects.Policy || o.Name != objects.SystemDefaultPolicy {
			continue
		}
		for _, attr := range o.Names() {
			if code, ok := strings.CutPrefix(attr, objects.OptionPrefix); ok && code != "51" {
				names = append(names, code)
			}
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	return names
}

// settings writes the attributes of the dhcp object.
func (c *converter) settings() {
	c.heading("Settings of the server.")
	v := merged([]*declaration{c.root})
	if v.flag("ping-check", true) {
		wait := v.number("ping-timeout", 1) * 1000
		if v.sets("ping-timeout-ms") {
			wait = v.number("ping-timeout-ms", 0)
		}
		c.line("dhcp enable ping-clients")
		c.linef("dhcp set ping-timeout=%d", min(max(wait, 10), 10000))
	} else {
		c.line("dhcp disable ping-clients")
	}
	if v.flag("one-lease-per-client", false) {
		c.line("dhcp set one-lease-per-client=last-client-preferred")
	}
	if v.flag("ignore-client-uids", false) {
		c.line("dhcp enable mac-address-only")
	}
	if v.flag("always-broadcast", false) {
		c.line("dhcp disable hardware-unicast")
	}
	if p, ok := v.parameters["dhcp-cache-threshold"]; ok {
		if p.num == 0 {
			c.line("dhcp set defer-lease-extensions=false")
		} else if p.num != 25 {
			c.note(p.pos, p.whole, "a client that renews before half of its lease is over gets the rest of it")
		}
	}
	if c.maskFromPolicy {
		c.line("dhcp set get-subnet-mask-from-policy=true")
	}
	if lookup := c.lookup(); lookup != "" {
		c.line("dhcp set client-class-lookup-id=" + quoteAlways(lookup))
		c.clientClass = true
	} else if c.base == baseClass {
		c.line("dhcp set client-class-lookup-id=" + quoteAlways(`"`+baseClass+`"`))
		c.clientClass = true
	}
	if c.clientClass {
		c.line("dhcp enable client-class")
	}
	if len(c.bootpOptions()) > 0 {
		c.line("policy " + objects.DefaultPolicy + " set v4-bootp-reply-options=" + strings.Join(c.bootpOptions(), ","))
	}
	c.line("save")
}

func quoteAlways(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// bootpOptions: a BOOTP client asks for nothing and is sent everything.
func (c *converter) bootpOptions() []string {
	served := slices.ContainsFunc(c.hosts, func(h *declaration) bool { return len(h.fixed) > 0 })
	for _, s := range c.scopes {
		served = served || s.dynamicBootp
	}
	if !served || !merged([]*declaration{c.root}).flag("allow-bootp", true) {
		return nil
	}
	var names []string
	for code := 1; code < 255; code++ {
		if c.sent[code] && code != 1 && code != 58 && code != 59 {
			names = append(names, c.catalog.ByCode(code).Name)
		}
	}
	return names
}

// general are differences that hold for every configuration.
func (c *converter) general() {
	v := merged([]*declaration{c.root})
	for _, n := range c.networks {
		for _, s := range n.subnets {
			if !merged(s.path()).flag("authoritative", false) {
				c.noteOnce(s.pos, "not authoritative", "a client that asks for an address of another network is refused (DHCPNAK) here; a dhcpd that is not authoritative leaves it alone")
			}
		}
	}
	c.audit()
	c.interfaces()
	if p, ok := v.parameters["duplicates"]; ok && !p.on {
		c.find(p.pos, p.whole, "a client may hold a lease for each client identifier that it shows")
	}
	for _, name := range []string{"leasequery", "client-updates"} {
		if p, ok := v.parameters[name]; ok {
			c.note(p.pos, p.whole, map[string]string{"leasequery": "lease queries of relays are answered", "client-updates": dnsLost}[name])
		}
	}
	if p, ok := v.parameters["boot-unknown-clients"]; ok && p.on {
		c.note(p.pos, p.whole, "it is what holds anyway")
	}
}

// interfaces: a network is that of the interface that has an address of it.
func (c *converter) interfaces() {
	c.walk(func(d *declaration) {
		if p, ok := d.parameters["interface"]; ok {
			c.note(p.pos, p.whole, "the network is that of the interface that has an address of it")
		}
	})
}

// result puts the batch together: what it is, the commands, what is missing.
func (c *converter) result(files int) *Result {
	slices.SortStableFunc(c.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
	c.findings = slices.Compact(c.findings)
	c.counts.Statements = c.statements
	r := &Result{Findings: c.findings, Files: files, Counts: c.counts}
	r.Lines = append(r.Lines, "# Made of "+printableName(c.root.pos.File)+" by 'import dhcpd-conf', for a server without configuration.",
		"# Look at the findings at the end, load it with 'nrcmd -b < file', then 'dhcp reload'.")
	r.Lines = append(r.Lines, c.lines...)
	r.Lines = append(r.Lines, "")
	for _, l := range r.Summary() {
		r.Lines = append(r.Lines, "# "+l)
	}
	return r
}

func printableName(name string) string { return shortenTo(name, 200) }

// Summary lists the findings and counts.
func (r *Result) Summary() []string {
	var lost, notes []string
	for _, f := range r.Findings {
		text := fmt.Sprintf("%s:%d: %s: %s", printableName(f.Pos.File), f.Pos.Line, f.Construct, f.Meaning)
		if f.Note {
			notes = append(notes, text)
		} else {
			lost = append(lost, text)
		}
	}
	n := r.Counts
	lines := []string{fmt.Sprintf("%s of %s: %s, %s, %s, %s, %s, %s", plural(n.Statements, "statement"), plural(r.Files, "file"),
		plural(n.Scopes, "scope"), plural(n.Reservations, "reservation"), plural(n.Clients, "client"), plural(n.ClientClasses, "client-class"),
		plural(n.Options, "option definition"), plural(n.Pairs, "failover-pair"))}
	lines = append(lines, fmt.Sprintf("%s not carried:", plural(len(lost), "construct")))
	lines = append(lines, lost...)
	lines = append(lines, fmt.Sprintf("%s carried in another way, or of no effect on clients:", plural(len(notes), "construct")))
	return append(lines, notes...)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if strings.HasSuffix(what, "s") {
		return fmt.Sprintf("%d %ses", n, what)
	}
	return fmt.Sprintf("%d %ss", n, what)
}
