package engine

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"leasehold/internal/option"
	"leasehold/pkg/objects"
)

// policy is a compiled policy-like object: a named policy or an embedded one.
// Its other attributes are read when a chain is made.
type policy struct {
	obj     *objects.Object
	options []optionValue // sorted by code
	vendor  []vendorValue // in order of set name
}

// optionValue is an option's value as it stands on the wire.
type optionValue struct {
	code  uint8
	value []byte
}

// vendorValue is a vendor option's value for clients of one vendor.
type vendorValue struct {
	code       uint8
	set        string
	match      string // option 60 of the client begins so; "" for enterprise sets
	enterprise uint32
	value      []byte
}

// suits tells whether a client with this vendor class (option 60) is of the
// option's vendor. Options of an enterprise carry their vendor's number
// themselves and suit everybody.
func (v *vendorValue) suits(vendorClass []byte) bool {
	return v.match == "" || strings.HasPrefix(string(vendorClass), v.match)
}

// compilePolicy encodes the option values of a policy-like object.
func compilePolicy(o *objects.Object, catalog *option.Catalog) (*policy, []*objects.Error) {
	p := &policy{obj: o}
	var errs []*objects.Error
	for _, name := range o.Names() {
		text := o.Attrs[name]
		var err error
		if rest, ok := strings.CutPrefix(name, "option."); ok {
			err = p.addOption(rest, text, catalog)
		} else if rest, ok := strings.CutPrefix(name, "vendor-option."); ok {
			err = p.addVendorOption(rest, text, catalog)
		}
		if err != nil {
			errs = append(errs, objects.Errorf(objects.Invalid, "%s %s: %v", o.Ref(), name, err))
		}
	}
	slices.SortFunc(p.options, func(a, b optionValue) int { return cmp.Compare(a.code, b.code) })
	return p, errs
}

func (p *policy) addOption(number, text string, catalog *option.Catalog) error {
	code, err := optionCode(number)
	if err != nil {
		return err
	}
	value, err := catalog.ByCode(int(code)).Encode(text)
	if err != nil {
		return err
	}
	p.options = append(p.options, optionValue{code, value})
	return nil
}

func (p *policy) addVendorOption(rest, text string, catalog *option.Catalog) error {
	number, name, _ := strings.Cut(rest, ".")
	code, err := optionCode(number)
	if err != nil {
		return err
	}
	set, ok := catalog.Vendor(name)
	if !ok {
		return objects.Errorf(objects.NotFound, "option-set %q", name)
	}
	value, err := set.Encode(int(code), text)
	if err != nil {
		return err
	}
	p.vendor = append(p.vendor, vendorValue{
		code: code, set: name, match: set.VendorString, enterprise: set.EnterpriseID, value: value,
	})
	return nil
}

func optionCode(number string) (uint8, error) {
	n, err := strconv.ParseUint(number, 10, 8)
	if err != nil || n == 0 || n == 255 {
		return 0, objects.Errorf(objects.Invalid, "%q is not an option number", number)
	}
	return uint8(n), nil
}
