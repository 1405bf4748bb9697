package shell

import (
	"strings"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// Option definitions are named <set>/<id>, but the command has the set behind
// the verb (option 150 show dhcp-custom) or before it (option 150 dhcp-custom
// show). runOption brings both into the form of all other classes.
func runOption(c *call) *objects.Error {
	vs := c.verbsOf(c.class)
	if len(c.words) > 1 {
		if v := c.listingVerb(vs); v != nil {
			c.at = 2
			if v.method != nil {
				return c.runVerb(v)
			}
			return c.optionListing(v)
		}
		if err := c.nameForgotten(vs); err != nil {
			return err
		}
	}
	const usage = "option <name | id> <verb> <option-set> ..., or option list <option-set>"
	if len(c.words) < 3 {
		return c.tooFew(usage)
	}
	id, at2 := c.words[1].Text, c.words[2]
	set := at2.Text
	v := lookVerb(vs, at2.Text, false)
	c.at = 3
	switch {
	case v != nil && len(c.words) == 3:
		return c.tooFew(strings.TrimSpace("option <name | id> " + v.name + " <option-set> " + v.usage))
	case v != nil:
		set, c.at = c.words[3].Text, 4
	case len(c.words) == 3: // option 150 dhcp-custom
		v = lookVerb(vs, "show", false)
	default:
		var err *objects.Error
		if v, err = c.findVerb(vs, c.words[3].Text); err != nil {
			return err
		}
		c.at = 4
	}
	name, err := c.optionName(set, id, v.name == "create")
	if err != nil {
		return err
	}
	c.name = name
	return c.runVerb(v)
}

// optionName makes the name of a definition. One that is called by its name is
// looked for in the set.
func (c *call) optionName(set, id string, creating bool) (string, *objects.Error) {
	if creating || strings.Trim(id, "0123456789.") == "" {
		return set + "/" + id, nil
	}
	name, names := "", []string(nil)
	err := c.stream(&adminv1.ListRequest{Class: c.class.Name, Owner: set}, func(o *adminv1.Object) {
		for _, a := range o.Attributes {
			if a.Name != objects.OptionName.Name {
				continue
			}
			names = append(names, a.Text)
			if strings.EqualFold(a.Text, id) {
				name = o.Name
			}
		}
	})
	if err != nil {
		return "", err
	}
	if name == "" {
		return "", objects.Errorf(objects.NotFound, "option-set %q has no option %q%s", set, shorten(id, 60), nearest(id, names))
	}
	return name, nil
}

// optionListing does option list <set>, listnames <set> and listbrief <set>.
func (c *call) optionListing(v *classVerb) *objects.Error {
	c.verb = v.name
	if err := c.need(1, 1, "option "+v.name+" <option-set>"); err != nil {
		return err
	}
	req := &adminv1.ListRequest{Class: c.class.Name, Owner: c.arg(0), NamesOnly: false}
	return c.stream(req, func(p *adminv1.Object) {
		c.remember(p)
		o := fromProto(p)
		switch v.name {
		case "list":
			c.object(o)
		case "listbrief":
			c.brief(o)
		default:
			c.println(o.Attrs[objects.OptionName.Name])
		}
	})
}
