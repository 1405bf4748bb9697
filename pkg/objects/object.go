package objects

import (
	"maps"
	"slices"
	"strings"
	"sync/atomic"
)

// Object is one configured thing: a class, a name and the canonical texts of
// the attributes that were set. Objects in a Config are never changed in
// place: Clone, change the copy, Put it.
type Object struct {
	Class *Class
	Name  string // as its creator spelled it; "" for singletons
	Attrs map[string]string

	// Who wrote it last, when (Unix seconds) and which write of the store
	// that was; kept by the store.
	Version   uint64
	ChangedBy string
	ChangedAt int64
}

// New returns an empty object.
func New(c *Class, name string) *Object {
	return &Object{Class: c, Name: name, Attrs: map[string]string{}}
}

// Clone returns a copy that shares nothing.
func (o *Object) Clone() *Object {
	n := *o
	n.Attrs = maps.Clone(o.Attrs)
	return &n
}

// Text returns the canonical text of an attribute: the one that was set, else
// the default; derived attributes are computed.
func (o *Object) Text(a *Attr) string {
	if a.Derive != nil {
		return a.Derive(o)
	}
	if v, ok := o.Attrs[a.Name]; ok {
		return v
	}
	return a.Default
}

// Names returns the names of the attributes that were set, sorted.
func (o *Object) Names() []string {
	return slices.Sorted(maps.Keys(o.Attrs))
}

// Ref names the object in messages: scope "office", or dhcp for a singleton.
func (o *Object) Ref() string { return Ref(o.Class, o.Name) }

// Ref names an object in messages.
func Ref(c *Class, name string) string {
	if c.Singleton {
		return c.Name
	}
	return c.Name + ` "` + name + `"`
}

// Config is a set of objects. Any number may read and clone it at once, but
// nobody while it is being changed.
type Config struct {
	byClass  map[*Class]map[string]*Object
	bySubnet atomic.Pointer[subnets] // nil until it is first needed
}

// NewConfig returns an empty configuration.
func NewConfig() *Config { return &Config{byClass: map[*Class]map[string]*Object{}} }

// Get returns the object of that class and name, or nil. Case does not matter.
func (c *Config) Get(class *Class, name string) *Object {
	return c.byClass[class][strings.ToLower(name)]
}

// Put adds the object or replaces the one of the same class and name.
func (c *Config) Put(o *Object) {
	m := c.byClass[o.Class]
	if m == nil {
		m = map[string]*Object{}
		c.byClass[o.Class] = m
	}
	key := strings.ToLower(o.Name)
	if o.Class == Scope {
		c.reindex(m[key], o)
	}
	m[key] = o
}

// Delete removes an object; it does nothing where there is none.
func (c *Config) Delete(class *Class, name string) {
	key := strings.ToLower(name)
	if old := c.byClass[class][key]; old != nil && class == Scope {
		c.reindex(old, nil)
	}
	delete(c.byClass[class], key)
}

// Len returns the number of objects of a class.
func (c *Config) Len(class *Class) int { return len(c.byClass[class]) }

// All returns the objects of a class sorted by name, addresses in numeric order.
func (c *Config) All(class *Class) []*Object {
	type keyed struct {
		key nameKey
		o   *Object
	}
	ks := make([]keyed, 0, len(c.byClass[class]))
	for _, o := range c.byClass[class] {
		ks = append(ks, keyed{nameKeyOf(o.Name), o})
	}
	slices.SortFunc(ks, func(a, b keyed) int { return a.key.compare(b.key) })
	os := make([]*Object, len(ks))
	for i, k := range ks {
		os[i] = k.o
	}
	return os
}

// Clone returns a copy that shares the (immutable) objects.
func (c *Config) Clone() *Config {
	n := NewConfig()
	for k, m := range c.byClass {
		n.byClass[k] = maps.Clone(m)
	}
	if ix := c.bySubnet.Load(); ix != nil {
		ix.shared.Store(true)
		n.bySubnet.Store(ix)
	}
	return n
}
