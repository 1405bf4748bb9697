package admin

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"leasehold/internal/option"
	"leasehold/pkg/objects"
)

// ref names an object; the name is in lower case.
type ref struct {
	class *objects.Class
	name  string
}

func refOf(o *objects.Object) ref { return ref{o.Class, strings.ToLower(o.Name)} }

// table is a configuration and the index of who needs what in it, so that a
// change of one object finds the others that it touches without reading all.
// It is changed by one writer at a time.
//
// The table of a transaction has the stored one as its parent: its
// configuration is a copy, its index holds only what the transaction touched.
type table struct {
	cfg     *objects.Config
	users   map[string]map[ref]struct{}
	parent  *table
	touched map[ref]struct{} // with a parent only

	known *option.Catalog // nil until it is asked for
}

func newTable(cfg *objects.Config) *table {
	t := &table{cfg: cfg, users: map[string]map[ref]struct{}{}}
	for _, class := range objects.Classes() {
		for _, o := range cfg.All(class) {
			t.enter(o)
		}
	}
	return t
}

// branch returns a table to try changes in.
func (t *table) branch() *table {
	return &table{cfg: t.cfg.Clone(), users: map[string]map[ref]struct{}{}, parent: t, touched: map[ref]struct{}{}}
}

// put replaces an object (before, nil if there was none) by another (after,
// nil to remove it).
func (t *table) put(before, after *objects.Object) {
	class := pick(before, after).Class
	if before != nil {
		t.leave(before)
	}
	if after != nil {
		t.cfg.Put(after)
		t.enter(after)
	} else {
		t.cfg.Delete(class, before.Name)
	}
	if t.touched != nil {
		t.touched[refOf(pick(before, after))] = struct{}{}
	}
	if class == objects.Option || class == objects.OptionSet {
		t.known = nil
	}
}

func pick(before, after *objects.Object) *objects.Object {
	if after != nil {
		return after
	}
	return before
}

func (t *table) enter(o *objects.Object) {
	for _, need := range needs(o) {
		m := t.users[need]
		if m == nil {
			m = map[ref]struct{}{}
			t.users[need] = m
		}
		m[refOf(o)] = struct{}{}
	}
}

func (t *table) leave(o *objects.Object) {
	for _, need := range needs(o) {
		if m := t.users[need]; m != nil {
			delete(m, refOf(o))
			if len(m) == 0 {
				delete(t.users, need)
			}
		}
	}
}

// usersOf returns the objects that need it, in no order.
func (t *table) usersOf(need string) []*objects.Object {
	var os []*objects.Object
	if t.parent != nil {
		for r := range t.parent.users[need] {
			if _, mine := t.touched[r]; mine {
				continue
			}
			if o := t.cfg.Get(r.class, r.name); o != nil {
				os = append(os, o)
			}
		}
	}
	for r := range t.users[need] {
		if o := t.cfg.Get(r.class, r.name); o != nil {
			os = append(os, o)
		}
	}
	return os
}

// catalog returns the options that the configuration knows. Definitions that
// cannot be are reported where they are written.
func (t *table) catalog() *option.Catalog {
	if t.known == nil {
		t.known, _ = option.NewCatalog(t.cfg)
	}
	return t.known
}

// needs lists what an object relies on, as words of an index: the objects that
// it names, the subnet that it is a secondary of, the addresses around a
// reservation, the definitions of its option values.
func needs(o *objects.Object) []string {
	var all []string
	for _, a := range o.Class.Attrs {
		if text := o.Text(a); a.Kind == objects.NameRef && !a.ReadOnly && text != "" {
			all = append(all, objectNeed(a.Ref, text))
		}
	}
	switch o.Class {
	case objects.Scope:
		vpn := objects.ScopeVPN.Of(o)
		if vpn != 0 {
			all = append(all, vpnNeed(vpn))
		}
		if p, ok := objects.ScopePrimary.Lookup(o); ok {
			all = append(all, subnetNeed(vpn, p))
		}
	case objects.Reservation:
		vpn, addr := objects.ReservationAddress(o)
		if vpn != "" {
			all = append(all, objectNeed(objects.Vpn.Name, vpn))
		}
		all = append(all, blockNeed(vpn, addr))
	case objects.FailoverPair:
		// What a pair does not say, the server's settings say.
		all = append(all, objectNeed(objects.Dhcp.Name, ""))
	case objects.Option:
		set, id := objects.SplitOption(o.Name)
		all = append(all, objectNeed(objects.OptionSet.Name, set))
		if i := strings.LastIndexByte(id, '.'); i >= 0 {
			all = append(all, objectNeed(objects.Option.Name, set+"/"+id[:i]))
		}
	}
	return append(all, optionNeeds(o)...)
}

// optionNeeds lists the definitions and sets that a policy's values are of.
func optionNeeds(o *objects.Object) []string {
	if !isPolicy(o.Class) {
		return nil
	}
	var all []string
	for name := range o.Attrs {
		if code, ok := strings.CutPrefix(name, objects.OptionPrefix); ok {
			all = append(all, optionNeed(code))
		} else if rest, ok := strings.CutPrefix(name, objects.VendorOptionPrefix); ok {
			if _, set, ok := strings.Cut(rest, "."); ok {
				all = append(all, objectNeed(objects.OptionSet.Name, set))
			}
		}
	}
	for _, list := range []objects.Handle[[]string]{objects.PolicyReplyOptions, objects.PolicyBootpReplyOptions} {
		for _, word := range list.Of(o) {
			all = append(all, "option-name:"+strings.ToLower(word))
		}
	}
	return all
}

func isPolicy(c *objects.Class) bool {
	return slices.Contains(objects.PolicyClasses, c)
}

func objectNeed(class, name string) string { return class + ":" + strings.ToLower(name) }
func optionNeed(code string) string        { return "option-code:" + code }
func vpnNeed(number int) string            { return "vpn-number:" + strconv.Itoa(number) }

func subnetNeed(vpn int, p netip.Prefix) string {
	return "subnet:" + strconv.Itoa(vpn) + "/" + p.String()
}

// blockNeed is the same for all addresses of a /24.
func blockNeed(vpn string, addr netip.Addr) string {
	b := addr.As4()
	return "block:" + strings.ToLower(vpn) + "/" + netip.AddrFrom4([4]byte{b[0], b[1], b[2], 0}).String()
}

// reservationsIn returns the reservations whose address lies in the subnet.
func (t *table) reservationsIn(number int, subnet netip.Prefix) []*objects.Object {
	vpn := ""
	if number != 0 {
		o := t.cfg.VPNByID(number)
		if o == nil {
			return nil
		}
		vpn = o.Name
	}
	var found []*objects.Object
	take := func(os []*objects.Object) {
		for _, o := range os {
			if o.Class != objects.Reservation {
				continue
			}
			if _, addr := objects.ReservationAddress(o); subnet.Contains(addr) {
				found = append(found, o)
			}
		}
	}
	if blocks := 1 << max(0, 24-subnet.Bits()); blocks > t.cfg.Len(objects.Reservation) {
		for _, o := range t.cfg.All(objects.Reservation) {
			if name, _ := objects.ReservationAddress(o); strings.EqualFold(name, vpn) {
				take([]*objects.Object{o})
			}
		}
		return found
	}
	b := subnet.Addr().As4()
	first := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8
	for i := range uint32(1) << max(0, 24-subnet.Bits()) {
		n := first + i<<8
		addr := netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), 0})
		take(t.usersOf(blockNeed(vpn, addr)))
	}
	return found
}
