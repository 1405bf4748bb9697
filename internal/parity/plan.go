package parity

import (
	"maps"
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// Kept is something that the mode would have removed or overwritten and that
// stays on the target all the same. Attr is "" for a whole object.
type Kept struct {
	Class, Name, Attr string
	Reason            string
}

func (k Kept) String() string {
	what := k.Class
	if k.Name != "" {
		what += " " + quote(k.Name)
	}
	if k.Attr != "" {
		what += " " + k.Attr
	}
	return what + ": kept, " + k.Reason
}

// Steps is what a sync does to the target. Deletes and Puts are in an order in
// which each could be done alone: what relies on others goes before them and
// comes behind them; first all Puts, then all Deletes. A put object carries
// the version of the target's object that it replaces, 0 if it is new, and the
// attributes that are local to the target as they are there.
type Steps struct {
	Puts, Deletes []*objects.Object
	Changes       []Change
	Kept          []Kept
	// Refused is why the sync must not be done, a line for each scope that
	// stands in its way. The rest says what would have been done.
	Refused []string
}

// Empty tells whether there is nothing to do.
func (s *Steps) Empty() bool { return len(s.Puts) == 0 && len(s.Deletes) == 0 }

// Plan says what a sync of a failover pair does to the target. The pair is the
// source's; source and target are not changed. With pair "" the whole
// configuration is meant, not the part of a pair.
func Plan(source, target *objects.Config, pair string, mode Mode) (*Steps, *objects.Error) {
	p := &planner{source: source, target: target, mode: mode, puts: map[ref]*objects.Object{}, deletes: map[ref]*objects.Object{}}
	if err := p.settle(pair); err != nil {
		return nil, err
	}
	for _, class := range travelling() {
		if class.Owner == "" {
			p.class(class)
		}
	}
	p.hold()
	p.oversee()
	return p.steps(), nil
}

type planner struct {
	source, target *objects.Config
	mode           Mode
	from, to       *extent

	puts, deletes map[ref]*objects.Object
	kept          []Kept
	refused       []string
}

// settle finds out which part of both configurations is meant. A scope of the
// target is the pair's only if the target's own pair, as the sync leaves it,
// has it too.
func (p *planner) settle(name string) *objects.Error {
	if name == "" {
		p.from, p.to = wholeOf(p.source), wholeOf(p.target)
		return nil
	}
	pair := p.source.Get(objects.FailoverPair, name)
	if pair == nil {
		return objects.Errorf(objects.NotFound, "%s", objects.Ref(objects.FailoverPair, name))
	}
	p.from = pairOf(p.source, pair.Name, pair)
	own := p.target.Get(objects.FailoverPair, name)
	if own != nil {
		own = p.merged(portable(p.source, pair), own)
	}
	p.to = pairOf(p.target, pair.Name, pair, own)
	return nil
}

// class plans for the objects of one class, their embedded policies included.
func (p *planner) class(class *objects.Class) {
	f := p.function(class)
	if class.Singleton {
		p.overwrite(singleton(p.source, class), singleton(p.target, class))
		return
	}
	for _, src := range p.from.all(class) {
		src = portable(p.source, src)
		dst := p.target.Get(class, src.Name)
		switch {
		case p.others(src, dst):
		case dst == nil && (f.adds() || split(class)):
			p.add(src)
		case dst != nil && (split(class) || f.overwrites()):
			p.overwrite(src, dst)
		}
	}
	if p.mode != Exact && class != objects.Scope && class != objects.Reservation {
		return
	}
	for _, dst := range p.to.all(class) {
		if p.source.Get(class, dst.Name) != nil && p.from.has(p.source.Get(class, dst.Name)) {
			continue
		}
		p.unique(dst, f)
	}
}

// others tells whether a scope, or a reservation in it, is another pair's on
// the target, and notes it.
func (p *planner) others(src, dst *objects.Object) bool {
	if p.to.name == "" {
		return false
	}
	switch {
	case src.Class == objects.Reservation:
		scope := p.source.ScopeOfReservation(src)
		return scope != nil && p.others(scope, p.target.Get(objects.Scope, scope.Name))
	case src.Class != objects.Scope || dst == nil:
		return false
	}
	other := p.to.elsewhere(dst)
	if other == nil {
		return false
	}
	if k := (Kept{dst.Class.Name, dst.Name, "", other.Ref() + " of the target has it"}); !slices.Contains(p.kept, k) {
		p.kept = append(p.kept, k)
	}
	return true
}

func singleton(cfg *objects.Config, class *objects.Class) *objects.Object {
	if o := cfg.Get(class, ""); o != nil {
		return o
	}
	return objects.New(class, "")
}

// function returns what the class's row does with whole objects.
func (p *planner) function(class *objects.Class) Function {
	rows := rowsOf(class)
	if class == objects.Policy {
		return rows[len(rows)-1].By[p.mode] // whether policies come and go is one of the other properties
	}
	return rows[0].By[p.mode]
}

// add gives the target an object that it does not have.
func (p *planner) add(src *objects.Object) {
	p.put(fresh(src))
	for _, class := range embedded(src.Class) {
		if inner := p.source.Get(class, src.Name); inner != nil {
			p.put(fresh(inner))
		}
	}
}

// fresh is what of an object travels.
func fresh(src *objects.Object) *objects.Object {
	o := objects.New(src.Class, src.Name)
	for name, text := range src.Attrs {
		if carried(src.Class, name) {
			o.Attrs[name] = text
		}
	}
	return o
}

func (p *planner) put(o *objects.Object) { p.puts[refOf(o)] = o }

// overwrite makes an object of the target, and its embedded policy, what the
// source's are, as far as the table says.
func (p *planner) overwrite(src, dst *objects.Object) {
	if n := p.merged(src, dst); !maps.Equal(n.Attrs, dst.Attrs) {
		p.put(n)
	}
	p.keepAttrs(src, dst)
	for _, class := range embedded(src.Class) {
		theirs, own := p.source.Get(class, src.Name), p.target.Get(class, dst.Name)
		switch {
		case theirs == nil && own != nil && len(own.Attrs) > 0:
			p.deletes[refOf(own)] = own
		case theirs != nil && own == nil && len(theirs.Attrs) > 0:
			n := fresh(theirs)
			n.Name = dst.Name
			p.put(n)
		case theirs != nil && own != nil:
			if n := p.merged(theirs, own); !maps.Equal(n.Attrs, own.Attrs) {
				p.put(n)
			}
		}
	}
}

// merged returns what dst becomes.
func (p *planner) merged(src, dst *objects.Object) *objects.Object {
	n := dst.Clone()
	for _, name := range namesOf(src.Class, src, dst) {
		if !p.membership(name, src, n) {
			apply(p.functionOf(src.Class, name), name, src, n)
		}
	}
	return n
}

// functionOf returns what happens to an attribute of an object that both have
// and that is not left alone as a whole.
func (p *planner) functionOf(class *objects.Class, name string) Function {
	if !split(class) {
		return Mirror
	}
	return RowOf(class, name).By[p.mode]
}

// apply gives dst the attribute of src as the function says.
func apply(f Function, name string, src, dst *objects.Object) {
	theirs, own := inEffect(src, name), inEffect(dst, name)
	if same(src.Class, name, theirs, own) {
		return
	}
	_, here := dst.Attrs[name]
	text, set := src.Attrs[name]
	switch {
	case f == NoChange, f == Ensure && (here || !set), !theirs.there && !f.removes():
		return
	case set:
		dst.Attrs[name] = text
		return
	}
	delete(dst.Attrs, name)
	if a := src.Class.Attr(name); a != nil && a.Required {
		dst.Attrs[name] = a.Default
	}
}

// keepAttrs notes the attributes of a split object that only the target has
// and that exact leaves alone.
func (p *planner) keepAttrs(src, dst *objects.Object) {
	if on := objects.FailoverPairOn; src.Class == objects.FailoverPair && on.Of(dst) && !on.Of(src) {
		p.keep(dst, on.Name, "a sync takes no pair out of use: the target would serve its scopes alone")
	}
	if p.mode != Exact || !split(src.Class) {
		return
	}
	for _, name := range namesOf(src.Class, src, dst) {
		f := p.functionOf(src.Class, name)
		if !f.removes() && !inEffect(src, name).there && inEffect(dst, name).there {
			p.keep(dst, name, "the source does not have it, and exact keeps what the target's "+dst.Class.Name+" alone has")
		}
	}
}

// unique decides about an object that only the target has.
func (p *planner) unique(dst *objects.Object, f Function) {
	row := rowsOf(dst.Class)[0]
	switch {
	case dst.Class == objects.FailoverPair:
		p.keep(dst, "", "exact keeps failover pairs that only the target has")
	case row.Unique != "":
		p.keep(dst, "", row.Unique)
	case !f.removes():
	case dst.Class == objects.Policy && (strings.EqualFold(dst.Name, objects.DefaultPolicy) || strings.EqualFold(dst.Name, objects.SystemDefaultPolicy)):
		p.keep(dst, "", "it is there always")
	default:
		p.deletes[refOf(dst)] = dst
		for _, class := range embedded(dst.Class) {
			if inner := p.target.Get(class, dst.Name); inner != nil {
				p.deletes[refOf(inner)] = inner
			}
		}
	}
}

func (p *planner) keep(o *objects.Object, attr, reason string) {
	p.kept = append(p.kept, Kept{o.Class.Name, o.Name, attr, reason})
}

// result is the target as the steps leave it.
func (p *planner) result() *objects.Config {
	cfg := p.target.Clone()
	for _, o := range p.deletes {
		cfg.Delete(o.Class, o.Name)
	}
	for _, o := range p.puts {
		cfg.Put(o)
	}
	return cfg
}

// hold takes back the removal of what something that stays relies on.
func (p *planner) hold() {
	for again := true; again && len(p.deletes) > 0; {
		again = false
		cfg := p.result()
		before, after := newLinks(p.target), newLinks(cfg)
		for _, class := range objects.Classes() {
			for _, o := range cfg.All(class) {
				for _, r := range before.of(o) {
					held := p.deletes[r]
					if held == nil || cfg.Get(r.class, r.name) != nil || found(o, r.class) && after.leads(o, r.class) {
						continue
					}
					again = true
					delete(p.deletes, r)
					p.keep(held, "", o.Ref()+" relies on it")
					p.holdInner(held)
				}
			}
		}
	}
}

// found tells whether o finds an object of the class by its addresses or
// number, so that another one may take its place.
func found(o *objects.Object, class *objects.Class) bool {
	return class == objects.Scope || class == objects.Vpn && o.Class == objects.Scope
}

// holdInner keeps the embedded policies of an object that stays.
func (p *planner) holdInner(o *objects.Object) {
	for _, class := range embedded(o.Class) {
		delete(p.deletes, ref{class, strings.ToLower(o.Name)})
	}
}

// steps puts what was planned into order and lists the changes, which are read
// off the target before and after.
func (p *planner) steps() *Steps {
	after := p.result()
	s := &Steps{Kept: p.kept, Refused: p.refused}
	s.Puts = inOrder(after, slices.Collect(maps.Values(p.puts)))
	s.Deletes = inOrder(p.target, slices.Collect(maps.Values(p.deletes)))
	slices.Reverse(s.Deletes)
	slices.SortFunc(s.Kept, func(a, b Kept) int {
		if d := strings.Compare(a.Class, b.Class); d != 0 {
			return d
		}
		if d := objects.CompareNames(a.Name, b.Name); d != 0 {
			return d
		}
		return strings.Compare(a.Attr, b.Attr)
	})
	for _, o := range s.Puts {
		s.Changes = append(s.Changes, changesOf(p.target.Get(o.Class, o.Name), o)...)
	}
	for _, o := range s.Deletes {
		s.Changes = append(s.Changes, changesOf(o, nil)...)
	}
	return s
}
