package shell

import (
	"context"
	"strconv"
	"strings"

	"leasehold/internal/option"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// This file completes what is about options: their names, their sets, and the
// methods of policies that give them values.

// optionWords completes the arguments of setOption and its kin: an option,
// then its value, of which only the form can be told.
func (c *completion) optionWords(v *classVerb, args []string) {
	if len(args) == 0 {
		c.offer(c.optionNames()...)
		return
	}
	if v.method.Max >= 0 {
		return
	}
	def, err := option.Builtin().Lookup(args[0])
	if err == nil && option.Builtin().Defined(def.Code) {
		c.hint = []string{def.Name + ": " + valueForm(def)}
		return
	}
	for _, o := range c.definitions(objects.CustomSet) {
		_, id := objects.SplitOption(o.Name)
		if name := objects.OptionName.Of(o); strings.EqualFold(name, args[0]) || id == args[0] {
			c.hint = []string{name + ": " + o.Text(objects.OptionType.Attr) + " " + o.Text(objects.OptionRepeat.Attr)}
		}
	}
}

func valueForm(d *option.Def) string {
	return strings.TrimSpace(d.Type.String() + " " + d.Repeat.String())
}

// vendorCarriers are the options that carry the values of vendors' sets, and
// the attribute that a set has whose values they carry.
var vendorCarriers = []struct {
	code int
	by   *objects.Attr
}{
	{43, objects.OptionSetVendor.Attr},
	{124, objects.OptionSetEnterprise.Attr},
	{125, objects.OptionSetEnterprise.Attr},
}

// vendorOptionWords completes the arguments of setVendorOption and its kin: the
// option that carries the values, a vendor's set, and the form of the value
// with what the set defines.
func (c *completion) vendorOptionWords(v *classVerb, args []string) {
	if len(args) == 0 {
		for _, carrier := range vendorCarriers {
			c.offer(strconv.Itoa(carrier.code), option.Builtin().ByCode(carrier.code).Name)
		}
		return
	}
	def, err := option.Builtin().Lookup(args[0])
	if err != nil {
		return
	}
	for _, carrier := range vendorCarriers {
		switch {
		case carrier.code != def.Code:
		case len(args) == 1:
			c.offer(c.vendorSets(carrier.by)...)
		case v.method.Max < 0:
			c.hintVendorValue(def, args[1])
		}
	}
}

func (c *completion) hintVendorValue(def *option.Def, set string) {
	if def.Type == option.VendorClass {
		c.hint = []string{"<bytes or text> of the vendor class"}
		return
	}
	c.hint = []string{"(<code> <value>) ..."}
	for _, o := range c.definitions(set) {
		_, id := objects.SplitOption(o.Name)
		c.hint = append(c.hint, "    "+id+" "+objects.OptionName.Of(o)+" "+o.Text(objects.OptionType.Attr))
	}
}

// vendorSets are the option sets that have an attribute: those of vendors.
func (c *completion) vendorSets(by *objects.Attr) []string {
	var names []string
	for _, o := range c.objectsOf(&adminv1.ListRequest{Class: objects.OptionSet.Name}) {
		wide := o.Text(objects.OptionSetRange.Attr) == "16-bit"
		if o.Text(by) != "" && !wide {
			names = append(names, o.Name)
		}
	}
	return names
}

// optionNames are the built-in options and those of the configuration.
func (c *completion) optionNames() []string {
	names := option.Builtin().Names()
	for _, o := range c.definitions(objects.CustomSet) {
		names = append(names, objects.OptionName.Of(o))
	}
	return names
}

// definitions are the options of a set.
func (c *completion) definitions(set string) []*objects.Object {
	return c.objectsOf(&adminv1.ListRequest{Class: objects.Option.Name, Owner: set})
}

// objectsOf fetches objects; what was not sent in time is not there.
func (c *completion) objectsOf(req *adminv1.ListRequest) []*objects.Object {
	if c.client == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.ctx, nameWait)
	defer cancel()
	req.Limit = maxNames
	var all []*objects.Object
	call := &call{Shell: c.Shell, ctx: ctx}
	_ = call.stream(req, func(p *adminv1.Object) { all = append(all, fromProto(p)) })
	return all
}

func (c *completion) optionSets() []string {
	return append(c.names(c.ctx, objects.OptionSet, c.typed, ""), objects.CustomSet, objects.ConfigSet)
}
