package iscconf

import (
	"cmp"
	"maps"
	"slices"
)

// optionKey is an option of a space.
type optionKey struct {
	space string
	code  int
}

func (d *optionDef) key() optionKey { return optionKey{d.space, d.code} }

// values are the options and parameters that hold somewhere, after what is
// inside has gone before what is outside.
type values struct {
	options    map[optionKey]setting
	parameters map[string]parameter
}

func newValues() values {
	return values{map[optionKey]setting{}, map[string]parameter{}}
}

// add lays what a declaration says over what there is.
func (v values) add(d *declaration) {
	maps.Copy(v.parameters, d.parameters)
	for _, s := range d.options {
		k := s.def.key()
		old, there := v.options[k]
		switch {
		case s.weak && there:
			continue
		case s.append && there:
			s.value = append(slices.Clip(old.value), s.value...)
		case s.prepend && there:
			s.value = append(slices.Clip(s.value), old.value...)
		}
		v.options[k] = s
	}
}

// over lays further values over these and returns both.
func (v values) over(w values) values {
	sum := values{maps.Clone(v.options), maps.Clone(v.parameters)}
	maps.Copy(sum.options, w.options)
	maps.Copy(sum.parameters, w.parameters)
	return sum
}

func (v values) empty() bool { return len(v.options) == 0 && len(v.parameters) == 0 }

// merged is what a path of declarations says, the outermost first. Options that
// are appended to need all of it: own is what those from one on add.
func merged(path []*declaration) values {
	v := newValues()
	for _, d := range path {
		v.add(d)
	}
	return v
}

// below is what declarations within global say, with what they append to.
func below(path []*declaration) values {
	full, own := merged(path), newValues()
	for _, d := range path {
		if d.kind == global {
			continue
		}
		maps.Copy(own.parameters, d.parameters)
		for _, s := range d.options {
			own.options[s.def.key()] = full.options[s.def.key()]
		}
	}
	return own
}

// inOrder lists options by code, those of dhcp first.
func (v values) inOrder() []setting {
	return slices.SortedFunc(maps.Values(v.options), func(a, b setting) int {
		return cmp.Or(cmp.Compare(rank(a.def.space), rank(b.def.space)), cmp.Compare(a.def.space, b.def.space), cmp.Compare(a.def.code, b.def.code))
	})
}

func rank(space string) int {
	if space == "dhcp" {
		return 0
	}
	return 1
}

// number is a parameter's number, or what holds without it.
func (v values) number(name string, otherwise int64) int64 {
	if p, ok := v.parameters[name]; ok {
		return p.num
	}
	return otherwise
}

func (v values) flag(name string, otherwise bool) bool {
	if p, ok := v.parameters[name]; ok {
		return p.on
	}
	return otherwise
}

// sets tells whether one of the parameters is there.
func (v values) sets(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { _, ok := v.parameters[n]; return ok })
}
