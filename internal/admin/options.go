package admin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"leasehold/internal/option"
	"leasehold/pkg/objects"
)

// The methods of policies, all five kinds: the values of options.

const leaseTime = "dhcp-lease-time"

// value is what setOption was given: the rest of the line, without the quotes
// around it.
func value(args []string) string {
	text := strings.TrimSpace(strings.Join(args, " "))
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		return text[1 : len(text)-1]
	}
	return text
}

// putOption stores an option's value in a policy.
func (w *writing) putOption(o *objects.Object, name, text string) *objects.Error {
	def, err := w.table.catalog().Lookup(name)
	if err != nil {
		return err
	}
	canonical, err := def.ParseAt(text, w.service.clock.Now())
	if err != nil {
		return err
	}
	o.Attrs[objects.OptionPrefix+strconv.Itoa(def.Code)] = canonical
	return nil
}

func setOption(c *call) *objects.Error {
	return c.change(func(w *writing, o *objects.Object) *objects.Error {
		return w.putOption(o, c.args[0], value(c.args[1:]))
	})
}

func setLeaseTime(c *call) *objects.Error {
	return c.change(func(w *writing, o *objects.Object) *objects.Error {
		return w.putOption(o, leaseTime, value(c.args))
	})
}

func getOption(c *call) *objects.Error    { return c.showOption(c.args[0]) }
func getLeaseTime(c *call) *objects.Error { return c.showOption(leaseTime) }

func (c *call) showOption(name string) *objects.Error {
	return c.object(func(t *table, o *objects.Object) *objects.Error {
		def, err := t.catalog().Lookup(name)
		if err != nil {
			return err
		}
		text, ok := o.Attrs[objects.OptionPrefix+strconv.Itoa(def.Code)]
		if !ok {
			return notSet(o, def.Code, def.Name)
		}
		c.line(text)
		return nil
	})
}

func unsetOption(c *call) *objects.Error {
	return c.change(func(w *writing, o *objects.Object) *objects.Error {
		def, err := w.table.catalog().Lookup(c.args[0])
		if err != nil {
			return err
		}
		return unsetDynamic(o, objects.OptionPrefix+strconv.Itoa(def.Code), def.Code, def.Name)
	})
}

func unsetDynamic(o *objects.Object, attr string, code int, name string) *objects.Error {
	if _, ok := o.Attrs[attr]; !ok {
		return notSet(o, code, name)
	}
	delete(o.Attrs, attr)
	return nil
}

func notSet(o *objects.Object, code int, name string) *objects.Error {
	return objects.Errorf(objects.NotFound, "%s does not set option (%d)%s", o.Ref(), code, name)
}

func listOptions(c *call) *objects.Error {
	return c.object(func(t *table, o *objects.Object) *objects.Error {
		var codes []int
		for name := range o.Attrs {
			if id, ok := strings.CutPrefix(name, objects.OptionPrefix); ok {
				if code, err := strconv.Atoi(id); err == nil {
					codes = append(codes, code)
				}
			}
		}
		slices.Sort(codes)
		for _, code := range codes {
			id := strconv.Itoa(code)
			c.line("(" + id + ")" + t.catalog().ByCode(code).Name + ": " + o.Attrs[objects.OptionPrefix+id])
		}
		return nil
	})
}

// vendorOption finds the option that carries vendor values and the set that
// they are of, and the attribute that holds them.
func vendorOption(t *table, name, setName string) (def *option.Def, set *option.Set, attr string, err *objects.Error) {
	set, ok := t.catalog().Vendor(setName)
	if !ok {
		var names []string
		for _, s := range t.catalog().Sets() {
			if s.Carriers() != nil {
				names = append(names, s.Name)
			}
		}
		return nil, nil, "", withSets(t, objects.Errorf(objects.NotFound, "there is no vendor option-set %q%s", setName, maybe(setName, names)))
	}
	def, err = t.catalog().Lookup(name)
	if err == nil && slices.Contains([]int{43, 124, 125}, def.Code) {
		// That the set goes into another one of them is said by the set.
		return def, set, objects.VendorOptionPrefix + strconv.Itoa(def.Code) + "." + set.Name, nil
	}
	err = objects.Errorf(objects.Invalid, "the vendor option is 43, 124 or 125, not %q", name)
	if of, lookErr := set.Lookup(name); lookErr == nil {
		err.Msg += fmt.Sprintf(": %s is an option of option-set %q, which is written %d %s (%d <value>)", of, set.Name, set.Carriers()[len(set.Carriers())-1], set.Name, of.Code)
	}
	return nil, nil, "", withSets(t, err)
}

// withSets adds to a refusal which vendor option carries which sets.
func withSets(t *table, err *objects.Error) *objects.Error {
	for _, s := range t.catalog().Sets() {
		var codes []string
		for _, code := range s.Carriers() {
			codes = append(codes, strconv.Itoa(code))
		}
		if len(codes) > 0 && len(err.Detail) < 20 {
			err.Detail = append(err.Detail, "option-set "+s.Name+" goes into "+strings.Join(codes, " and "))
		}
	}
	return err
}

func setVendorOption(c *call) *objects.Error {
	return c.change(func(w *writing, o *objects.Object) *objects.Error {
		// The set's name may have come with the value, as the rest of a line.
		setName, text := c.args[1], value(c.args[2:])
		def, set, attr, err := vendorOption(w.table, c.args[0], setName)
		if err != nil {
			return err
		}
		canonical, err := set.Parse(def.Code, text)
		if err != nil {
			return err
		}
		o.Attrs[attr] = canonical
		return nil
	})
}

func getVendorOption(c *call) *objects.Error {
	return c.object(func(t *table, o *objects.Object) *objects.Error {
		def, _, attr, err := vendorOption(t, c.args[0], c.args[1])
		if err != nil {
			return err
		}
		text, ok := o.Attrs[attr]
		if !ok {
			return notSet(o, def.Code, def.Name+" of option-set "+c.args[1])
		}
		c.line(text)
		return nil
	})
}

func unsetVendorOption(c *call) *objects.Error {
	return c.change(func(w *writing, o *objects.Object) *objects.Error {
		def, _, attr, err := vendorOption(w.table, c.args[0], c.args[1])
		if err != nil {
			return err
		}
		return unsetDynamic(o, attr, def.Code, def.Name+" of option-set "+c.args[1])
	})
}

func listVendorOptions(c *call) *objects.Error {
	return c.object(func(t *table, o *objects.Object) *objects.Error {
		for _, name := range o.Names() {
			rest, ok := strings.CutPrefix(name, objects.VendorOptionPrefix)
			if !ok {
				continue
			}
			id, set, _ := strings.Cut(rest, ".")
			code, err := strconv.Atoi(id)
			if err != nil {
				continue
			}
			c.line(set + ".(" + id + ")" + t.catalog().ByCode(code).Name + ": " + o.Attrs[name])
		}
		return nil
	})
}

func listTypes(c *call) *objects.Error {
	for _, t := range option.Types() {
		if t.Custom {
			c.line(t.Name + ": " + t.Help)
		}
	}
	return nil
}
