package admin

import (
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// pointName makes the name of an extension point of a point and, if it is
// there, a sequence number.
func pointName(args []string, number int) (string, *objects.Error) {
	name := args[0]
	if len(args) > number {
		name += "/" + args[number]
	} else if strings.Contains(name, "/") {
		return "", objects.Errorf(objects.Invalid, "%q: the sequence number is a word of its own", name)
	}
	return objects.ExtensionPoint.Canonical(name)
}

// attachExtension has an extension run at a point.
func attachExtension(c *call) *objects.Error {
	name, err := pointName(c.args, 2)
	if err != nil {
		return err
	}
	return c.ask(func(w *writing) *objects.Error {
		extension, err := find(w.table, objects.Extension, c.args[1])
		if err != nil {
			return err
		}
		o := objects.New(objects.ExtensionPoint, name)
		if now := w.get(o.Class, name); now != nil {
			o = now.Clone()
		}
		o.Attrs[objects.PointExtension.Name] = extension.Name
		w.put(o)
		return nil
	})
}

// detachExtension ends that.
func detachExtension(c *call) *objects.Error {
	name, err := pointName(c.args, 1)
	if err != nil {
		return err
	}
	return c.ask(func(w *writing) *objects.Error {
		o := w.get(objects.ExtensionPoint, name)
		if o == nil {
			point, number, _ := strings.Cut(name, "/")
			return objects.Errorf(objects.NotFound, "no extension is attached to %s with the number %s", point, number)
		}
		w.draft.delete(o)
		return nil
	})
}

// listExtensions lists what runs where, in the order of request processing;
// numbers stand where a point has several.
func listExtensions(c *call) *objects.Error {
	return c.look(func(t *table) *objects.Error {
		at := map[string][]*objects.Object{}
		for _, o := range t.cfg.All(objects.ExtensionPoint) {
			at[objects.PointPoint.Of(o)] = append(at[objects.PointPoint.Of(o)], o)
		}
		for _, point := range objects.ExtensionPoints {
			for _, o := range at[point] {
				head := point
				if len(at[point]) > 1 {
					head += " " + objects.PointSequence.Of(o)
				}
				c.line(head + ": " + objects.PointExtension.Of(o))
			}
		}
		return nil
	})
}

// setEntry gives a dictionary of an LDAP server an entry.
func setEntry(c *call) *objects.Error {
	a, err := c.class.Dictionary(c.args[0])
	if err != nil {
		return err
	}
	key, value, ok := strings.Cut(c.args[1], "=")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	if !ok || key == "" || value == "" || strings.Contains(c.args[1], ",") {
		return objects.Errorf(objects.Invalid, "%s %s: %q must be <key>=<value>, without commas", c.class.Name, a.Name, c.args[1])
	}
	return c.change(func(w *writing, o *objects.Object) *objects.Error {
		return w.assign(o, a.Name, objects.WithEntry(o.Attrs[a.Name], key, value))
	})
}

// getEntry shows one.
func getEntry(c *call) *objects.Error {
	return c.object(func(_ *table, o *objects.Object) *objects.Error {
		a, value, err := entry(o, c.args)
		if err == nil {
			c.line(a.Name + " " + c.args[1] + "=" + value)
		}
		return err
	})
}

// unsetEntry takes one away.
func unsetEntry(c *call) *objects.Error {
	return c.change(func(w *writing, o *objects.Object) *objects.Error {
		a, _, err := entry(o, c.args)
		if err != nil {
			return err
		}
		rest := objects.WithEntry(o.Attrs[a.Name], c.args[1], "")
		if rest == "" {
			return w.class.UnsetAttr(o, a.Name)
		}
		return w.assign(o, a.Name, rest)
	})
}

// entry finds the entry that the arguments name: dictionary and key.
func entry(o *objects.Object, args []string) (*objects.Attr, string, *objects.Error) {
	a, err := o.Class.Dictionary(args[0])
	if err != nil {
		return nil, "", err
	}
	value, ok := objects.Entry(o.Attrs[a.Name], args[1])
	if ok {
		return a, value, nil
	}
	var keys []string
	for item := range strings.SplitSeq(o.Attrs[a.Name], ",") {
		key, _, _ := strings.Cut(item, "=")
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return nil, "", objects.Errorf(objects.NotFound, "%s %s has no entry %q%s", o.Ref(), a.Name, args[1], maybe(args[1], keys))
}
