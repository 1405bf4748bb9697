package objects

import (
	"fmt"
	"strings"
	"time"
)

// SetAttr parses the text and stores it under the attribute's name. 308 for an
// attribute that the class does not have, 385 for one that is never set (or no
// longer: an immutable one of an object that the store has seen), else what
// Parse refuses. The dynamic attributes (option values) have methods of their
// own and are not set here.
func (c *Class) SetAttr(o *Object, name, text string, now time.Time) *Error {
	a, err := c.settable(name)
	if err != nil {
		return err
	}
	canonical, err := a.Parse(text, now)
	if err != nil {
		return err
	}
	if a.Immutable && o.Version != 0 && canonical != o.Text(a) {
		return Errorf(ReadOnlyAttribute, "%s is fixed when the %s is created", a.label(), c.Name)
	}
	o.Attrs[a.Name] = canonical
	return nil
}

// UnsetAttr removes the attribute's value; one that was not set stays so. 386
// for a required attribute.
func (c *Class) UnsetAttr(o *Object, name string) *Error {
	a, err := c.settable(name)
	if err != nil {
		return err
	}
	if a.Required {
		return Errorf(RequiredAttribute, "%s", a.label())
	}
	if _, set := o.Attrs[a.Name]; set && a.Immutable && o.Version != 0 {
		return Errorf(ReadOnlyAttribute, "%s is fixed when the %s is created", a.label(), c.Name)
	}
	delete(o.Attrs, a.Name)
	return nil
}

// Find returns the attribute of that name or alias, or 308 with the nearest
// right name.
func (c *Class) Find(name string) (*Attr, *Error) {
	if a := c.Attr(name); a != nil {
		return a, nil
	}
	names := make([]string, 0, len(c.Attrs))
	for _, a := range c.Attrs {
		names = append(names, a.Name)
	}
	return nil, &Error{Code: UnknownParameter, Msg: unknown(c.Name, "attribute", name, Nearest(name, names))}
}

// FindMethod returns the method of that name, or 307 with the nearest right
// name, or 322 if it is known but not built.
func (c *Class) FindMethod(name string) (*Method, *Error) {
	m := c.Method(name)
	if m == nil {
		names := make([]string, 0, len(c.Methods))
		for _, m := range c.Methods {
			names = append(names, m.Name)
		}
		return nil, &Error{Code: UnknownKeyword, Msg: unknown(c.Name, "command", name, Nearest(name, names))}
	}
	if m.Unsupported != "" {
		return nil, Errorf(NotSupported, "%s %s: %s", c.Name, m.Name, m.Unsupported)
	}
	return m, nil
}

func unknown(class, what, name, near string) string {
	msg := fmt.Sprintf("%s has no %s %q", class, what, shorten(name))
	if near != "" {
		msg += ", did you mean " + near + "?"
	}
	return msg
}

func (c *Class) settable(name string) (*Attr, *Error) {
	a, err := c.Find(name)
	if err != nil {
		return nil, err
	}
	if a.Kind == Obj {
		return nil, Errorf(ReadOnlyAttribute, "%s is changed with the command %s", a.label(), a.Ref)
	}
	if a.ReadOnly {
		return nil, Errorf(ReadOnlyAttribute, "%s", a.label())
	}
	return a, nil
}

// CreateArguments prints what create takes by position, for help:
// <subnet>, or [<password>] for what may be left out.
func (c *Class) CreateArguments() string {
	if c.CreateUsage != "" {
		return c.CreateUsage
	}
	var words []string
	for _, name := range c.Create {
		if inner, ok := strings.CutPrefix(name, "["); ok {
			words = append(words, "[<"+strings.TrimSuffix(inner, "]")+">]")
		} else {
			words = append(words, "<"+name+">")
		}
	}
	return strings.Join(words, " ")
}

// Arguments makes the attributes that the arguments by position of a create
// command stand for.
func (c *Class) Arguments(args []string) ([]Assignment, *Error) {
	if c.Positional != nil {
		return c.Positional(args)
	}
	var as []Assignment
	for i, name := range c.Create {
		optional := name[0] == '['
		if optional {
			name = name[1 : len(name)-1]
		}
		if i >= len(args) {
			if optional {
				break
			}
			return nil, Errorf(TooFewArguments, "%s create needs %s", c.Name, name)
		}
		as = append(as, Assignment{name, args[i]})
	}
	if len(args) > len(as) {
		return nil, Errorf(TooManyArguments, "%s create does not know what %q is", c.Name, shorten(args[len(as)]))
	}
	return as, nil
}
