package admin

import (
	"strconv"
	"strings"

	"leasehold/pkg/objects"
)

// maxSuggest bounds how many names are compared for a suggestion: a script
// that asks for many missing clients must not wait for kindness.
const maxSuggest = 2000

// classOf finds the class of a request.
func classOf(name string) (*objects.Class, *objects.Error) {
	if c := objects.ClassNamed(name); c != nil {
		return c, nil
	}
	var names []string
	for _, c := range objects.Classes() {
		names = append(names, c.Name)
	}
	return nil, objects.Errorf(objects.UnknownCommand, "there is no class %q%s", name, maybe(name, names))
}

// configured refuses classes whose objects are not stored.
func configured(c *objects.Class) *objects.Error {
	if c.Runtime {
		return objects.Errorf(objects.ReadOnlyProperty, "a %s is no configuration and cannot be changed so", c.Name)
	}
	return nil
}

// find returns an object that is stored, by the name as it was typed. An
// embedded policy that nobody has written to yet is found as an empty one,
// where its owner exists, and so are the singletons.
func find(t *table, class *objects.Class, name string) (*objects.Object, *objects.Error) {
	key, err := canonical(t, class, name)
	if err != nil {
		return nil, err
	}
	if o := t.cfg.Get(class, key); o != nil {
		return o, nil
	}
	if class.Singleton {
		return objects.New(class, ""), nil
	}
	if owner := objects.ClassNamed(class.Owner); owner != nil {
		o, err := find(t, owner, name)
		if err != nil {
			return nil, err
		}
		return objects.New(class, o.Name), nil
	}
	return nil, notFound(t, class, key)
}

// canonical returns the name under which an object is stored. The definition
// of an option may be named by the option's name.
func canonical(t *table, class *objects.Class, name string) (string, *objects.Error) {
	if class == objects.Option {
		return optionKey(t, name)
	}
	return class.Canonical(name)
}

func optionKey(t *table, name string) (string, *objects.Error) {
	key, err := objects.Option.Canonical(name)
	if err == nil {
		return key, nil
	}
	set, word := objects.SplitOption(name)
	if set == "" || strings.ContainsAny(word, " ,") {
		return "", err
	}
	if strings.EqualFold(set, objects.CustomSet) || strings.EqualFold(set, objects.CustomSetV6) || t.cfg.Get(objects.OptionSet, set) != nil {
		for _, o := range t.usersOf(objectNeed(objects.OptionSet.Name, set)) {
			if o.Class == objects.Option && strings.EqualFold(objects.OptionName.Of(o), word) {
				return o.Name, nil
			}
		}
	}
	if s, ok := t.catalog().Set(set); ok {
		if def, lookErr := s.Lookup(word); lookErr == nil {
			return s.Name + "/" + strconv.Itoa(def.Code), nil
		}
	}
	return "", notFound(t, objects.Option, name)
}

// notFound is the 302 for a name, with the nearest right one.
func notFound(t *table, class *objects.Class, name string) *objects.Error {
	msg := objects.Ref(class, name)
	if t.cfg.Len(class) <= maxSuggest {
		var names []string
		for _, o := range t.cfg.All(class) {
			names = append(names, o.Name)
		}
		msg += maybe(name, names)
	}
	return &objects.Error{Code: objects.NotFound, Msg: msg}
}

// maybe ends a message about a wrong word.
func maybe(word string, among []string) string {
	if near := objects.Nearest(word, among); near != "" {
		return ", did you mean " + near + "?"
	}
	return ""
}
