package objects

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Validate checks every object and returns all that is wrong, in order of
// class and name. A secret that an object cannot be without may be lost with
// the key that seals it: that is told by Secretless, and keeps no server from
// serving.
func (c *Config) Validate() []*Error {
	var errs []*Error
	for _, class := range classes {
		for _, o := range c.All(class) {
			errs = append(errs, c.checkObject(o, false)...)
		}
	}
	return errs
}

// Secretless names the secrets that objects should have and have not.
func (c *Config) Secretless() []*Error {
	var errs []*Error
	for _, class := range classes {
		for _, a := range class.Attrs {
			if !a.Secret || !a.Required || a.Hashed {
				continue
			}
			for _, o := range c.All(class) {
				if o.Text(a) == "" {
					errs = append(errs, Errorf(OkWithWarnings, "%s has no %s and does not act; '%s %s set %s=<%s>' gives it", o.Ref(), a.Name, class.Name, QuoteWord(o.Name), a.Name, a.Name))
				}
			}
		}
	}
	return errs
}

// CheckObject checks one object against its class's rules and the rest of the
// configuration: required attributes are there, names of other objects lead
// somewhere, and what Class.Check says.
func (c *Config) CheckObject(o *Object) []*Error { return c.checkObject(o, true) }

func (c *Config) checkObject(o *Object, secrets bool) []*Error {
	var errs []*Error
	for _, a := range o.Class.Attrs {
		text := o.Text(a)
		if a.Required && text == "" && a.Derive == nil && (secrets || !a.Secret) {
			errs = append(errs, Errorf(RequiredAttribute, "%s has no %s", o.Ref(), a.Name))
		}
		if a.Kind != NameRef || text == "" || a.ReadOnly {
			continue
		}
		if err := c.checkRef(a, text); err != nil {
			err.Msg = o.Ref() + " " + a.Name + ": " + err.Msg
			errs = append(errs, err)
		}
	}
	if owner := o.Class.Owner; owner != "" && c.Get(ClassNamed(owner), o.Name) == nil {
		errs = append(errs, Errorf(NotFound, "%s: there is no %s of that name", o.Ref(), owner))
	}
	if o.Class.Check != nil {
		errs = append(errs, o.Class.Check(o, c)...)
	}
	return errs
}

// checkRef looks up the object that an attribute names. Classes that do not
// exist here (their attributes are inert) are not asked.
func (c *Config) checkRef(a *Attr, name string) *Error {
	class := ClassNamed(a.Ref)
	if class == nil || c.Get(class, name) != nil || class == Vpn && JoinVPN(name, "") == "" {
		return nil
	}
	return c.missing(class, name)
}

// missing is the error for a name that leads nowhere.
func (c *Config) missing(class *Class, name string) *Error {
	code := NotFound
	if class == Policy {
		code = NoPolicyFound
	}
	names := make([]string, 0, len(c.byClass[class]))
	for _, o := range c.byClass[class] {
		names = append(names, o.Name)
	}
	slices.Sort(names)
	msg := fmt.Sprintf("there is no %s %q", class.Name, shorten(name))
	if near := Nearest(name, names); near != "" {
		msg += fmt.Sprintf(", did you mean %q?", near)
	}
	return &Error{Code: code, Msg: msg}
}

func checkScope(o *Object, cfg *Config) []*Error {
	subnet := ScopeSubnet.Of(o)
	if !subnet.IsValid() {
		return nil
	}
	vpn := ScopeVPN.Of(o)
	var errs []*Error
	bad := func(code Code, format string, args ...any) {
		errs = append(errs, Errorf(code, "%s %s", o.Ref(), fmt.Sprintf(format, args...)))
	}
	if why := unusable(subnet); why != "" {
		bad(Invalid, "subnet: %s %s", subnet, why)
	}
	ranges := ScopeRanges.Of(o)
	for _, r := range ranges {
		if why := outside(subnet, r); why != "" {
			bad(InvalidRange, "ranges: %s %s", r, why)
		}
	}
	if err := overlaps(o, cfg, vpn, subnet); err != nil {
		errs = append(errs, err)
	}
	if vpn != 0 && cfg.VPNByID(vpn) == nil {
		bad(NotFound, "vpn-id: there is no vpn with the number %d", vpn)
	}
	if vpn != 0 && ScopeFailover.Of(o) == FailoverScopeEnabled {
		bad(Invalid, "failover: scope-enabled: %s", noVPN)
	}
	if b := ScopeAllocationBoundary.Of(o); b.IsValid() && !b.IsUnspecified() && !subnet.Contains(b) {
		bad(NotInSubnet, "failover-backup-allocation-boundary: %s is not in %s", b, subnet)
	}
	if primary, ok := ScopePrimary.Lookup(o); ok {
		if why := primaryWrong(o, cfg, vpn, primary); why != "" {
			bad(Invalid, "primary-subnet: %s", why)
		}
	}
	return errs
}

// unusable says why a subnet can be no scope's.
func unusable(subnet netip.Prefix) string {
	first := subnet.Addr().As4()[0]
	switch {
	case subnet.Bits() > 30:
		return "has no address for a client beside the network's own and its broadcast address; the longest mask is /30"
	case subnet.Bits() < 8:
		return "is larger than any network; the shortest mask is /8"
	case first == 0:
		return "is no network: addresses from 0.0.0.0 to 0.255.255.255 are nobody's"
	case first >= 224:
		return "is in the multicast and reserved addresses, from 224.0.0.0 up"
	}
	return ""
}

// overlaps refuses a scope in whose subnet another one lies, or the other way
// round: nothing would say which of them an address belongs to. Several may
// share one subnet; their ranges part it among them.
func overlaps(o *Object, cfg *Config, vpn int, subnet netip.Prefix) *Error {
	var wrong []string
	err := &Error{Code: RangeOverlap}
	for _, s := range cfg.ScopesTouching(vpn, subnet) {
		if strings.EqualFold(s.Name, o.Name) {
			continue
		}
		other := ScopeSubnet.Of(s)
		if other != subnet {
			wrong = append(wrong, fmt.Sprintf("%s subnet: %s overlaps %s of %s", o.Ref(), subnet, other, s.Ref()))
			continue
		}
		for _, r := range ScopeRanges.Of(s) {
			for _, own := range ScopeRanges.Of(o) {
				if own.Overlaps(r) {
					wrong = append(wrong, fmt.Sprintf("%s ranges: %s overlaps %s of %s", o.Ref(), own, r, s.Ref()))
				}
			}
		}
	}
	switch len(wrong) {
	case 0:
		return nil
	case 1:
		err.Msg = wrong[0]
	default:
		err.Msg = fmt.Sprintf("%s, and there are %d more", wrong[0], len(wrong)-1)
	}
	return err
}

// outside says why a range does not fit into a subnet: an end lies outside, or
// is the network's own or its broadcast address.
func outside(subnet netip.Prefix, r Range) string {
	if !subnet.Contains(r.First) || !subnet.Contains(r.Last) {
		return "is not in " + subnet.String()
	}
	if r.First == subnet.Addr() {
		return "begins with the network address"
	}
	if !subnet.Contains(r.Last.Next()) {
		return "ends with the broadcast address"
	}
	return ""
}

func primaryWrong(o *Object, cfg *Config, vpn int, primary netip.Prefix) string {
	if primary == ScopeSubnet.Of(o) {
		return "it is the scope's own subnet"
	}
	of := cfg.ScopesOf(vpn, primary)
	if len(of) == 0 {
		return "there is no scope with the subnet " + primary.String()
	}
	for _, p := range of {
		if _, secondary := ScopePrimary.Lookup(p); !secondary {
			return ""
		}
	}
	return of[0].Ref() + " is a secondary itself"
}

func checkReservation(o *Object, cfg *Config) []*Error {
	var errs []*Error
	vpn, addr := ReservationAddress(o)
	number, err := cfg.VPNNumber(vpn)
	if err != nil {
		err.Msg = o.Ref() + ": " + err.Msg
		return []*Error{err}
	}
	if scope := cfg.ScopeAt(number, addr); scope == nil {
		errs = append(errs, Errorf(NotInSubnet, "%s: no scope has the address", o.Ref()))
	} else if why := outside(ScopeSubnet.Of(scope), Range{addr, addr}); why != "" {
		errs = append(errs, Errorf(NotInSubnet, "%s: the address is the network's own or its broadcast address in %s", o.Ref(), scope.Ref()))
	} else if why := unowned(scope, cfg, number, addr); why != "" {
		errs = append(errs, Errorf(NotInSubnet, "%s: %s", o.Ref(), why))
	}
	key := ReservationLookupKey.Of(o)
	if canonical, _, err := LookupKey(key, "-"+o.Text(ReservationLookupKeyType.Attr)); err != nil || canonical != key {
		errs = append(errs, Errorf(Invalid, "%s lookup-key: %q is not a canonical %s", o.Ref(), shorten(key), o.Text(ReservationLookupKeyType.Attr)))
	}
	return errs
}

// unowned says why a reserved address belongs to none of several scopes of one
// subnet.
func unowned(scope *Object, cfg *Config, vpn int, addr netip.Addr) string {
	subnet := ScopeSubnet.Of(scope)
	of := cfg.ScopesOf(vpn, subnet)
	if len(of) < 2 || slices.ContainsFunc(ScopeRanges.Of(scope), func(r Range) bool { return r.Contains(addr) }) {
		return ""
	}
	return fmt.Sprintf("%s and %s share the subnet %s and no range of theirs has the address: add it to the ranges of the one that it is for", of[0].Ref(), of[1].Ref(), subnet)
}

func checkVpn(o *Object, cfg *Config) []*Error {
	var errs []*Error
	for _, other := range cfg.byClass[Vpn] {
		if other.Name == o.Name {
			continue
		}
		if VpnID.Of(other) == VpnID.Of(o) {
			errs = append(errs, Errorf(DuplicateObject, "%s id: %s has the number %d", o.Ref(), other.Ref(), VpnID.Of(o)))
		}
		if id := VpnVpnID.Of(o); id != nil && bytes.Equal(id, VpnVpnID.Of(other)) {
			errs = append(errs, Errorf(DuplicateObject, "%s vpn-id: %s has it", o.Ref(), other.Ref()))
		}
	}
	return errs
}

func checkOptionSet(o *Object, _ *Config) []*Error {
	if slices.ContainsFunc(OptionSet.Reserved, func(n string) bool { return strings.EqualFold(n, o.Name) }) {
		return nil
	}
	vendor, enterprise := OptionSetVendor.Of(o), OptionSetEnterprise.Of(o)
	switch {
	case vendor == "" && enterprise == 0:
		return []*Error{Errorf(TooFewArguments, "%s needs vendor-option-string or vendor-option-enterprise-id", o.Ref())}
	case vendor != "" && enterprise != 0:
		return []*Error{Errorf(Invalid, "%s has both vendor-option-string and vendor-option-enterprise-id; a set has one of them", o.Ref())}
	}
	return nil
}

func checkOption(o *Object, cfg *Config) []*Error {
	var errs []*Error
	bad := func(code Code, format string, args ...any) {
		errs = append(errs, Errorf(code, "%s %s", o.Ref(), fmt.Sprintf(format, args...)))
	}
	set, _ := SplitOption(o.Name)
	path := OptionPath(o)
	reserved := slices.ContainsFunc(OptionSet.Reserved, func(n string) bool { return strings.EqualFold(n, set) })
	setObject := cfg.Get(OptionSet, set)
	if setObject == nil && !reserved {
		err := cfg.missing(OptionSet, set)
		err.Msg = o.Ref() + ": " + err.Msg
		return []*Error{err}
	}
	last := 254
	if strings.EqualFold(set, CustomSetV6) || setObject != nil && OptionSetRange.Of(setObject) == 2 {
		last = 65535
	}
	if id := path[len(path)-1]; id < 1 || id > last {
		bad(Invalid, "id: %d is not from 1 to %d", id, last)
	}
	if len(path) > 1 {
		if parent := parentOption(o.Name); cfg.Get(Option, parent) == nil {
			bad(NotFound, "is a sub-option of %q, which is not defined", parent)
		}
	}
	lo, hasMin := OptionMin.Lookup(o)
	hi, hasMax := OptionMax.Lookup(o)
	if hasMin && hasMax && lo > hi {
		bad(Invalid, "min: %d is larger than max, %d", lo, hi)
	}
	for _, other := range cfg.byClass[Option] {
		if !strings.EqualFold(other.Name, o.Name) && strings.EqualFold(OptionName.Of(other), OptionName.Of(o)) && siblings(other.Name, o.Name) {
			bad(DuplicateObject, "name: %s has the name %s too", other.Ref(), OptionName.Of(other))
		}
	}
	return errs
}

// parentOption names the definition that a sub-option belongs to: set/125 of
// set/125.1. siblings tells whether two definitions belong to the same one.
func parentOption(name string) string {
	set, id := SplitOption(name)
	for i := len(id) - 1; i >= 0; i-- {
		if id[i] == '.' {
			return set + "/" + id[:i]
		}
	}
	return set
}

func siblings(a, b string) bool { return strings.EqualFold(parentOption(a), parentOption(b)) }
