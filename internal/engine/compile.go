package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"leasehold/internal/expr"
	"leasehold/internal/option"
	"leasehold/pkg/objects"
)

// builder is a plan being compiled and what was found wrong.
type builder struct {
	cfg    *objects.Config
	plan   *Plan
	stats  *statistics
	trace  func(level int, text string) // of expressions being compiled; may be nil
	tags   map[string]tagID             // lower case
	errs   []*objects.Error
	warned []*objects.Error
	// warnedTimes are the warnings of checkTimes.
	warnedTimes map[string]bool
}

// compile makes the plan of a configuration. With errors there is no plan;
// they are all that is wrong, each naming object, attribute and rule.
func compile(cfg *objects.Config, stats *statistics, partners Failover, force bool, trace func(int, string)) (p *Plan, warnings, errs []*objects.Error) {
	b := &builder{cfg: cfg, stats: stats, trace: trace, tags: map[string]tagID{}, warnedTimes: map[string]bool{}}
	b.plan = &Plan{
		config: cfg, tags: b.tags, policies: map[string]*policy{}, scopes: map[string]*scope{}, classes: map[string]*class{},
	}
	b.errs = cfg.Validate()
	if partners != nil && len(b.errs) == 0 {
		b.plan.relations = partners.Prepare(cfg, force)
		more, errs := b.plan.relations.Problems()
		b.warned, b.errs = append(b.warned, more...), append(b.errs, errs...)
	}
	b.compileCatalog()
	b.compileVPNs()
	b.compilePolicies()
	b.compileClasses()
	b.compileClients()
	b.compileSettings()
	b.compileScopes()
	if len(b.errs) > 0 {
		return nil, b.warned, dedupe(b.errs)
	}
	b.nameTags()
	return b.plan, b.warned, nil
}

// dedupe keeps the first error of each object's attribute: many faults are seen
// by the object model's check and again when the attribute is compiled.
func dedupe(errs []*objects.Error) []*objects.Error {
	seen := map[string]bool{}
	return slices.DeleteFunc(errs, func(e *objects.Error) bool {
		subject, _, _ := strings.Cut(e.Msg, ": ")
		if seen[subject] {
			return true
		}
		seen[subject] = true
		return false
	})
}

func (b *builder) failf(o *objects.Object, attr, format string, args ...any) {
	b.errs = append(b.errs, objects.Errorf(objects.Invalid, "%s %s: %s", o.Ref(), attr, fmt.Sprintf(format, args...)))
}

func (b *builder) warnf(o *objects.Object, attr, format string, args ...any) {
	b.warned = append(b.warned, objects.Errorf(objects.OkWithWarnings, "%s %s: %s", o.Ref(), attr, fmt.Sprintf(format, args...)))
}

func (b *builder) compileCatalog() {
	catalog, err := option.NewCatalog(b.cfg)
	if err != nil {
		b.errs = append(b.errs, flatten(err)...)
		if catalog == nil {
			catalog = option.Builtin()
		}
	}
	b.plan.catalog = catalog
}

// flatten takes a joined error apart.
func flatten(err error) []*objects.Error {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		var l []*objects.Error
		for _, e := range j.Unwrap() {
			l = append(l, flatten(e)...)
		}
		return l
	}
	return []*objects.Error{objects.AsError(err)}
}

func (b *builder) compilePolicies() {
	for _, o := range b.cfg.All(objects.Policy) {
		b.plan.policies[strings.ToLower(o.Name)] = b.policy(o)
	}
}

func (b *builder) policy(o *objects.Object) *policy {
	p, errs := compilePolicy(o, b.plan.catalog)
	b.errs = append(b.errs, errs...)
	b.checkOwnTimes(p)
	return p
}

// embedded compiles the policy embedded in an owner; nil if there is none or
// nothing was set in it.
func (b *builder) embedded(c *objects.Class, owner string) *policy {
	o := b.cfg.Get(c, owner)
	if o == nil || len(o.Attrs) == 0 {
		return nil
	}
	return b.policy(o)
}

// policyRef finds the named policy that an attribute names; nil if it is not
// set.
func (b *builder) policyRef(o *objects.Object, h objects.Handle[string]) *policy {
	name := h.Of(o)
	if name == "" {
		return nil
	}
	p := b.plan.policies[strings.ToLower(name)]
	if p == nil {
		b.failf(o, h.Name, "there is no policy %q%s", name, suggest(name, b.names(objects.Policy)))
	}
	return p
}

// classRef finds the client-class that an attribute names; nil if it is not
// set.
func (b *builder) classRef(o *objects.Object, h objects.Handle[string]) *class {
	name := h.Of(o)
	if name == "" {
		return nil
	}
	c := b.plan.classes[strings.ToLower(name)]
	if c == nil {
		b.failf(o, h.Name, "there is no client-class %q%s", name, suggest(name, b.names(objects.ClientClass)))
	}
	return c
}

func (b *builder) names(c *objects.Class) []string {
	var names []string
	for _, o := range b.cfg.All(c) {
		names = append(names, o.Name)
	}
	return names
}

func suggest(name string, among []string) string {
	if near := objects.Nearest(name, among); near != "" {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	return ""
}

// program compiles an expression attribute; nil if it is not set.
func (b *builder) program(o *objects.Object, h objects.Handle[string]) *expr.Program {
	text := h.Of(o)
	if text == "" {
		return nil
	}
	p, err := expr.ParseTraced(text, objects.DhcpExpressionConfigTrace.Of(b.dhcp()), b.trace)
	if err != nil {
		b.failf(o, h.Name, "%v", err)
		return nil
	}
	for _, err := range p.Bind(b.plan.catalog) {
		b.failf(o, h.Name, "%v", err)
	}
	return p
}

// tag numbers a selection tag.
func (b *builder) tag(name string) tagID {
	key := strings.ToLower(strings.TrimSpace(name))
	id, ok := b.tags[key]
	if !ok {
		id = tagID(len(b.tags) + 1)
		b.tags[key] = id
	}
	return id
}

// nameTags keeps the tags' names for those who ask for them.
func (b *builder) nameTags() {
	b.plan.tagNames = make([]string, len(b.tags)+1)
	for name, id := range b.tags {
		b.plan.tagNames[id] = name
	}
}

func (b *builder) tagList(names []string) []tagID {
	var ids []tagID
	for _, n := range names {
		if n = strings.TrimSpace(n); n != "" {
			ids = append(ids, b.tag(n))
		}
	}
	return ids
}

func (b *builder) compileVPNs() {
	v := &b.plan.vpns
	v.global = &vpn{}
	v.byID = map[uint32]*vpn{0: v.global}
	v.byName = map[string]*vpn{"": v.global, "global": v.global}
	v.byWire = map[string]*vpn{}
	for _, o := range b.cfg.All(objects.Vpn) {
		n := &vpn{id: uint32(objects.VpnID.Of(o)), name: o.Name}
		if other := v.byID[n.id]; other != nil {
			b.failf(o, objects.VpnID.Name, "%d is already the id of %s", n.id, vpnRef(other))
			continue
		}
		v.byID[n.id] = n
		v.byName[strings.ToLower(o.Name)] = n
		if vrf := objects.VpnVRFName.Of(o); vrf != "" {
			v.byName[strings.ToLower(vrf)] = n
		}
		if wire := objects.VpnVpnID.Of(o); len(wire) > 0 {
			v.byWire[string(wire)] = n
		}
	}
}

func vpnRef(v *vpn) string {
	if v.id == 0 {
		return "the global VPN"
	}
	return objects.Ref(objects.Vpn, v.name)
}

// vpnRef finds the VPN that an attribute names; nil if it is not set.
func (b *builder) vpnRef(o *objects.Object, h objects.Handle[string]) *vpn {
	name := h.Of(o)
	if name == "" {
		return nil
	}
	v := b.plan.vpns.byName[strings.ToLower(name)]
	if v == nil {
		b.failf(o, h.Name, "there is no vpn %q%s", name, suggest(name, b.names(objects.Vpn)))
	}
	return v
}

var errNoPlan = errors.New("no configuration was loaded yet")
