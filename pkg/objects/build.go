package objects

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// This file is the vocabulary that the class files are written in: class, one
// builder per attribute type, and the words that qualify a row.

func class(name, help string) *Class {
	c := &Class{Name: name, Help: help, Visibility: Basic, byName: map[string]*Attr{}}
	classes = append(classes, c)
	return c
}

// A qualifier says more about a row than its type and default.
type qualifier func(*Attr)

func required(a *Attr)  { a.Required = true }
func readOnly(a *Attr)  { a.ReadOnly = true }
func immutable(a *Attr) { a.Immutable = true }
func localOnly(a *Attr) { a.LocalOnly = true }
func orZero(a *Attr)    { a.OrZero = true }
func secret(a *Attr)    { a.Secret = true }
func hashed(a *Attr)    { a.Secret, a.Hashed = true, true }

// between bounds a number, or the length of a text.
func between(low, high int64) qualifier {
	return func(a *Attr) { a.Min, a.Max = low, high }
}

// lasting bounds a time.
func lasting(low, high string) qualifier {
	return func(a *Attr) { a.Min, a.Max = seconds(low), seconds(high) }
}

// inert says why the attribute is kept but does not act.
func inert(reason string) qualifier { return func(a *Attr) { a.Inert = reason } }

// alias adds the attribute's older names.
func alias(names ...string) qualifier {
	return func(a *Attr) { a.Aliases = append(a.Aliases, names...) }
}

// checked adds a rule that is beyond type and range.
func checked(rule func(canonical string) error) qualifier {
	return func(a *Attr) { a.Check = rule }
}

// derived makes the attribute a view of others.
func derived(from func(*Object) string) qualifier {
	return func(a *Attr) { a.Derive, a.ReadOnly = from, true }
}

// add enters a row. A mistake in a row is a mistake in this program: it panics
// at start, so every test finds it.
func (c *Class) add(a *Attr, qs []qualifier) *Attr {
	a.Class = c
	for _, q := range qs {
		q(a)
	}
	for _, n := range append([]string{a.Name}, a.Aliases...) {
		if c.byName[n] != nil {
			panic("objects: " + c.Name + " has two attributes " + n)
		}
		c.byName[n] = a
	}
	if a.Default != "" {
		text, err := a.Parse(a.Default, time.Time{})
		if err != nil {
			panic("objects: default of " + c.Name + " " + a.Name + ": " + err.Error())
		}
		a.Default = text
	}
	c.Attrs = append(c.Attrs, a)
	return a
}

// share gives the class copies of another's rows, but for those named.
func (c *Class) share(from *Class, without ...string) {
	skip := map[string]bool{}
	for _, n := range without {
		skip[n] = true
	}
	for _, a := range from.Attrs {
		if skip[a.Name] || c.byName[a.Name] != nil {
			continue
		}
		own := *a
		c.add(&own, nil)
	}
}

func (c *Class) text(name, def string, vis int, help string, qs ...qualifier) Handle[string] {
	a := &Attr{Name: name, Kind: String, Default: def, Visibility: vis, Help: help, Max: 255}
	return Handle[string]{c.add(a, qs), asText}
}

func (c *Class) integer(name, def string, vis int, help string, qs ...qualifier) Handle[int] {
	a := &Attr{Name: name, Kind: Int, Default: def, Visibility: vis, Help: help, Max: maxUint32}
	return Handle[int]{c.add(a, qs), asInt}
}

func (c *Class) boolean(name, def string, vis int, help string, qs ...qualifier) Handle[bool] {
	a := &Attr{Name: name, Kind: Bool, Default: def, Visibility: vis, Help: help}
	return Handle[bool]{c.add(a, qs), asBool}
}

func (c *Class) feature(name, def string, vis int, help string, qs ...qualifier) Handle[bool] {
	a := &Attr{Name: name, Kind: Feature, Default: def, Visibility: vis, Help: help}
	return Handle[bool]{c.add(a, qs), asBool}
}

func (c *Class) date(name, def string, vis int, help string, qs ...qualifier) Handle[int64] {
	a := &Attr{Name: name, Kind: Date, Default: def, Visibility: vis, Help: help}
	return Handle[int64]{c.add(a, qs), asDate}
}

func (c *Class) duration(name, def string, vis int, help string, qs ...qualifier) Handle[time.Duration] {
	a := &Attr{Name: name, Kind: Time, Default: def, Visibility: vis, Help: help, Max: maxUint32}
	return Handle[time.Duration]{c.add(a, qs), asDuration}
}

func (c *Class) millis(name, def string, vis int, help string, qs ...qualifier) Handle[time.Duration] {
	a := &Attr{Name: name, Kind: Millis, Default: def, Visibility: vis, Help: help, Max: maxUint32}
	return Handle[time.Duration]{c.add(a, qs), asMillis}
}

// hours is a number of hours, for the attributes of 5.0 that count so.
func (c *Class) hours(name, def string, vis int, help string, qs ...qualifier) Handle[time.Duration] {
	a := &Attr{Name: name, Kind: Int, Default: def, Visibility: vis, Help: help, Max: 8760}
	return Handle[time.Duration]{c.add(a, qs), asHours}
}

func (c *Class) percent(name, def string, vis int, help string, qs ...qualifier) Handle[int] {
	a := &Attr{Name: name, Kind: Percent, Default: def, Visibility: vis, Help: help, Max: 100}
	return Handle[int]{c.add(a, qs), asPercent}
}

func (c *Class) address(name, def string, vis int, help string, qs ...qualifier) Handle[netip.Addr] {
	a := &Attr{Name: name, Kind: IPAddr, Default: def, Visibility: vis, Help: help}
	return Handle[netip.Addr]{c.add(a, qs), asAddr}
}

func (c *Class) ip6(name, def string, vis int, help string, qs ...qualifier) Handle[netip.Addr] {
	a := &Attr{Name: name, Kind: IP6Addr, Default: def, Visibility: vis, Help: help}
	return Handle[netip.Addr]{c.add(a, qs), asAddr}
}

func (c *Class) subnet(name, def string, vis int, help string, qs ...qualifier) Handle[netip.Prefix] {
	a := &Attr{Name: name, Kind: Subnet, Default: def, Visibility: vis, Help: help}
	return Handle[netip.Prefix]{c.add(a, qs), asPrefix}
}

func (c *Class) mac(name, def string, vis int, help string, qs ...qualifier) Handle[string] {
	a := &Attr{Name: name, Kind: MAC, Default: def, Visibility: vis, Help: help}
	return Handle[string]{c.add(a, qs), asText}
}

func (c *Class) blob(name, def string, vis int, help string, qs ...qualifier) Handle[[]byte] {
	a := &Attr{Name: name, Kind: Blob, Default: def, Visibility: vis, Help: help}
	return Handle[[]byte]{c.add(a, qs), asBytes}
}

func (c *Class) flags(name, def string, vis int, list, help string, qs ...qualifier) Handle[FlagSet] {
	a := &Attr{Name: name, Kind: Flags, Default: def, Visibility: vis, Help: help, Words: words(list)}
	return Handle[FlagSet]{c.add(a, qs), func(text string) FlagSet { return flagSet(a, text) }}
}

func (c *Class) enum(name, def string, vis int, list, help string, qs ...qualifier) Handle[int] {
	a := &Attr{Name: name, Kind: Enum, Default: def, Visibility: vis, Help: help, Words: words(list)}
	return Handle[int]{c.add(a, qs), func(text string) int { return wordNumber(a, text) }}
}

func (c *Class) ref(name, def string, vis int, class, help string, qs ...qualifier) Handle[string] {
	a := &Attr{Name: name, Kind: NameRef, Default: def, Visibility: vis, Help: help, Ref: class, Max: 255}
	return Handle[string]{c.add(a, qs), asText}
}

func (c *Class) dname(name, def string, vis int, help string, qs ...qualifier) Handle[string] {
	a := &Attr{Name: name, Kind: DName, Default: def, Visibility: vis, Help: help}
	return Handle[string]{c.add(a, qs), asText}
}

func (c *Class) expr(name, def string, vis int, help string, qs ...qualifier) Handle[string] {
	a := &Attr{Name: name, Kind: Expr, Default: def, Visibility: vis, Help: help}
	return Handle[string]{c.add(a, qs), asText}
}

func (c *Class) optionIDs(name, def string, vis int, help string, qs ...qualifier) Handle[[]string] {
	a := &Attr{Name: name, Kind: OptionIDs, Default: def, Visibility: vis, Help: help}
	return Handle[[]string]{c.add(a, qs), asList}
}

func (c *Class) list(name, def string, vis int, help string, qs ...qualifier) Handle[[]string] {
	a := &Attr{Name: name, Kind: List, Default: def, Visibility: vis, Help: help}
	return Handle[[]string]{c.add(a, qs), asList}
}

func (c *Class) ranges(name, def string, vis int, help string, qs ...qualifier) Handle[[]Range] {
	a := &Attr{Name: name, Kind: Ranges, Default: def, Visibility: vis, Help: help}
	return Handle[[]Range]{c.add(a, qs), asRanges}
}

// embeds declares the embedded policy of the class's objects, an object of
// class of the same name.
func (c *Class) embeds(of *Class, help string) *Attr {
	return c.add(&Attr{Name: "embedded-policy", Kind: Obj, Visibility: Basic, Help: help, Ref: of.Name, ReadOnly: true}, nil)
}

// named declares the attribute that shows the object's own name.
func (c *Class) named(help string) Handle[string] {
	return c.text("name", "", Basic, help, derived(func(o *Object) string { return o.Name }))
}

// words reads the words of an enum or a flag list: "a=1 b=2".
func words(list string) []Word {
	var ws []Word
	for f := range strings.FieldsSeq(list) {
		name, number, ok := strings.Cut(f, "=")
		n, err := strconv.Atoi(number)
		if !ok || err != nil {
			panic(fmt.Sprintf("objects: %q is not word=number", f))
		}
		ws = append(ws, Word{Name: name, Number: n})
	}
	return ws
}
