package parity

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"leasehold/pkg/objects"
)

// guide is Table 27-1 as it is printed: the cells for update, complete, exact.
var guide = []struct {
	data, group string
	cells       [3]string
}{
	{"DHCP Server", "Client-Class Properties", [3]string{"replace", "replace", "replace"}},
	{"DHCP Server", "Client Hostname Properties", [3]string{"replace", "replace", "replace"}},
	{"DHCP Server", "DNS Update Properties", [3]string{"replace", "replace", "replace"}},
	{"DHCP Server", "Failover Tuning Properties", [3]string{"replace", "replace", "replace"}},
	{"DHCP Server", "All other properties", [3]string{"no change", "replace", "replace"}},
	{"LDAP Remote Server", "", [3]string{"ensure", "replace", "exact"}},
	{"Policy", "Option List Properties", [3]string{"ensure", "replace", "exact"}},
	{"Policy", "Packet Boot File Properties", [3]string{"ensure", "replace", "exact"}},
	{"Policy", "All other properties", [3]string{"replace", "replace", "exact"}},
	{"Client", "", [3]string{"replace", "replace", "exact"}},
	{"Client-Class", "", [3]string{"replace", "replace", "exact"}},
	{"Scopes (related to failover pair)", "", [3]string{"exact", "exact", "exact"}},
	{"DNS Update Configuration", "", [3]string{"replace", "replace", "exact"}},
	{"Trap Configuration", "", [3]string{"ensure", "replace", "exact"}},
	{"VPN", "", [3]string{"replace", "replace", "exact"}},
	{"Key", "", [3]string{"replace", "replace", "exact"}},
	{"Extensions", "", [3]string{"ensure", "replace", "exact"}},
	{"Extension Point", "", [3]string{"replace", "replace", "replace"}},
	{"Option Information", "Custom options list", [3]string{"ensure", "replace", "exact"}},
	{"Option Information", "Vendor options list", [3]string{"ensure", "replace", "exact"}},
}

func TestTableIsTheGuides(t *testing.T) {
	rows := slices.DeleteFunc(slices.Clone(Table), func(r Row) bool { return r.Data == "" })
	if len(rows) != len(guide) {
		t.Fatalf("%d rows, the guide has %d", len(rows), len(guide))
	}
	for i, r := range rows {
		g := guide[i]
		got := [3]string{r.By[Update].String(), r.By[Complete].String(), r.By[Exact].String()}
		if r.Data != g.data || r.Group != g.group || got != g.cells {
			t.Errorf("row %d is %s/%s %v, the guide's %s/%s %v", i, r.Data, r.Group, got, g.data, g.group, g.cells)
		}
	}
	if want := []string{"failover-bulking", "failover-poll-interval", "failover-poll-timeout", "recover"}; !slices.Equal(PairTuning, want) {
		t.Errorf("Table 27-2 has %v, not %v", want, PairTuning)
	}
}

// TestEveryStoredClassHasAPlace fails when a class is added to the object model
// and nobody has said whether it travels.
func TestEveryStoredClassHasAPlace(t *testing.T) {
	for _, c := range stored() {
		local := c.LocalOnly
		switch rows := rowsOf(c); {
		case len(rows) == 0 && !local:
			t.Errorf("class %s has no row in Table and is not LocalOnly", c.Name)
		case len(rows) > 0 && local:
			t.Errorf("class %s has a row in Table and is LocalOnly", c.Name)
		case len(rows) > 1 && !split(c) && c.Owner != "policy":
			t.Errorf("class %s has %d rows but is not split by attributes", c.Name, len(rows))
		}
	}
	for _, r := range Table {
		for _, name := range r.Classes {
			class := objects.ClassNamed(name)
			if class == nil {
				t.Errorf("row %s: there is no class %s", r.Data, name)
				continue
			}
			for _, a := range r.Attrs {
				if class.Attr(a) == nil && !slices.Contains(PairTuning, a) {
					t.Errorf("row %s %s: %s has no attribute %s", r.Data, r.Group, name, a)
				}
			}
		}
	}
}

// TestEveryAttributeIsInOneGroup looks at the classes that are split.
func TestEveryAttributeIsInOneGroup(t *testing.T) {
	for _, c := range stored() {
		for _, a := range c.Attrs {
			in := 0
			for _, r := range rowsOf(c) {
				if slices.Contains(r.Attrs, a.Name) {
					in++
				}
			}
			if in > 1 {
				t.Errorf("%s %s is in %d groups", c.Name, a.Name, in)
			}
			if row := RowOf(c, a.Name); (row != nil) != carried(c, a.Name) {
				t.Errorf("%s %s: row %v, but carried is %t", c.Name, a.Name, row, carried(c, a.Name))
			}
			if a.LocalOnly && carried(c, a.Name) {
				t.Errorf("%s %s is local and travels", c.Name, a.Name)
			}
		}
	}
}

// TestCells checks each cell of the table by what it does: with the guide's
// example of four functions on three names, once for every class whose objects
// are the names and once for every attribute of the groups of a class that is
// split.
func TestCells(t *testing.T) {
	cells := 0
	for _, g := range guide {
		for mode, want := range g.cells {
			for i := range Table {
				row := &Table[i]
				if row.Data != g.data || row.Group != g.group {
					continue
				}
				for _, name := range row.Classes {
					class := objects.ClassNamed(name)
					if class == nil {
						continue
					}
					cells++
					t.Run(fmt.Sprintf("%s/%s/%s/%s", g.data, g.group, name, Mode(mode)), func(t *testing.T) {
						if split(class) {
							cellOfAttributes(t, class, row, Mode(mode), want)
						} else {
							cellOfObjects(t, class, row, Mode(mode), want)
						}
					})
				}
			}
		}
	}
	if cells < 3*len(guide) {
		t.Errorf("%d cells were tried, the table has %d", cells, 3*len(guide))
	}
}

// cellOfObjects has the objects of a class for names. Each value is a text of
// some attribute that may be any.
func cellOfObjects(t *testing.T, class *objects.Class, row *Row, mode Mode, function string) {
	attr, vs := freeAttr(class)
	if class == objects.ExtensionPoint {
		attr, vs = objects.PointExtension.Name, []string{"e1", "e2", "e3"}
	}
	if attr == "" {
		t.Fatalf("%s has no attribute to tell objects apart by", class.Name)
	}
	name := func(i int) string { return nameFor(class, i) }
	object := func(i int, text string) *objects.Object {
		o := obj(class, name(i), baseAttrs(class, i)...)
		o.Attrs[attr] = text
		return o
	}
	around := surroundings(class)
	source := with(config(pairOfAll()), append(around, object(1, vs[0]), object(2, vs[2]))...)
	target := with(config(pairOfAll()), append(around, object(2, vs[1]), object(3, vs[0]))...)
	got := after(target, plan(t, source, target, pairName, mode))
	wants := map[string][3]string{
		"no change": {"", vs[1], vs[0]},
		"ensure":    {vs[0], vs[1], vs[0]},
		"replace":   {vs[0], vs[2], vs[0]},
		"exact":     {vs[0], vs[2], ""},
	}[function]
	if row.Unique != "" {
		wants[2] = vs[0] // S-063: exact keeps those that the backup alone has
	}
	for i, want := range wants {
		text := ""
		if o := got.Get(class, name(i+1)); o != nil {
			text = o.Attrs[attr]
		}
		if text != want {
			t.Errorf("%s: Name%d (%s %s) is %q, want %q", function, i+1, class.Name, name(i+1), text, want)
		}
	}
}

// cellOfAttributes has the attributes of one object for names: each attribute
// of the group is tried as Name1, Name2 and Name3.
func cellOfAttributes(t *testing.T, class *objects.Class, row *Row, mode Mode, function string) {
	name := map[*objects.Class]string{objects.Policy: "cable", objects.FailoverPair: pairName}[class]
	base := map[*objects.Class][]string{objects.FailoverPair: {"main-server=10.0.0.1", "backup-server=10.0.0.2"}}[class]
	tried := 0
	for _, attr := range attrsOf(class, row) {
		if slices.ContainsFunc(base, func(b string) bool { return strings.HasPrefix(b, attr+"=") }) {
			continue
		}
		a := class.Attr(attr)
		vs := []string{"10.1.1.1", "10.1.1.2"}
		if a != nil {
			vs = values(a)
		}
		if len(vs) == 0 {
			t.Errorf("no value for %s %s", class.Name, attr)
			continue
		}
		// A flag that is not off by default has one other value only.
		other := ""
		if len(vs) > 1 {
			other = vs[1]
		} else if a.Default != "" {
			other = a.Default
		} else {
			other = vs[0]
		}
		counts := a != nil && a.Default != "" && class != objects.Policy // main has it by its default
		tried++
		for _, tc := range []struct {
			what         string
			main, backup string // "" is unset
			want         map[string]string
		}{
			{"Name1, only main", vs[0], "", map[string]string{"no change": "", "ensure": vs[0], "replace": vs[0], "exact": vs[0]}},
			{"Name2, both", vs[0], other, map[string]string{"no change": other, "ensure": other, "replace": vs[0], "exact": vs[0]}},
			{"Name3, only backup", "", vs[0], map[string]string{"no change": vs[0], "ensure": vs[0], "replace": vs[0], "exact": ""}},
		} {
			want := tc.want[function]
			if tc.main == "" && counts && function == "replace" {
				// What holds by default is a property, too.
				if want = ""; a.Required {
					want = a.Default
				}
			}
			if tc.main == "" && function == "exact" && a != nil && a.Required {
				want = a.Default
			}
			source, target := config(pairOfAll()), config(pairOfAll())
			put := func(cfg *objects.Config, text string) {
				o := obj(class, name, base...)
				if text != "" {
					o.Attrs[attr] = text
				}
				cfg.Put(o)
			}
			put(source, tc.main)
			put(target, tc.backup)
			got := after(target, plan(t, source, target, pairName, mode)).Get(class, name).Attrs[attr]
			if got != want {
				t.Errorf("%s %s, %s: main %q, backup %q: %s gives %q, want %q", class.Name, attr, tc.what, tc.main, tc.backup, function, got, want)
			}
		}
	}
	if tried == 0 {
		t.Errorf("no attribute of %s %s was tried", class.Name, row.Group)
	}
}

// attrsOf lists the attributes of a class that are in the row, an option value
// among them where it has those.
func attrsOf(class *objects.Class, row *Row) []string {
	var names []string
	for _, a := range class.Attrs {
		if RowOf(class, a.Name) == row {
			names = append(names, a.Name)
		}
	}
	if row.Dynamic && class.Dynamic("option.6") {
		names = append(names, "option.6", "vendor-option.43.acme")
	}
	return names
}

// freeAttr finds an attribute with three values that nothing depends on.
func freeAttr(class *objects.Class) (string, []string) {
	for _, a := range class.Attrs {
		if !carried(class, a.Name) || a.Required || a.Immutable || a.Kind == objects.NameRef || a.Kind == objects.List || a.Kind == objects.Subnet || a.Secret {
			continue
		}
		if vs := values(a); len(vs) == 3 {
			return a.Name, vs
		}
	}
	return "", nil
}

func nameFor(class *objects.Class, i int) string {
	switch class {
	case objects.Option:
		return fmt.Sprintf("dhcp-custom/%d", 200+i)
	case objects.Reservation:
		return fmt.Sprintf("10.1.1.%d", i)
	case objects.Client:
		return fmt.Sprintf("1,6,00:00:00:00:00:%02d", i)
	case objects.ExtensionPoint:
		return fmt.Sprintf("init-entry/%d", i+1)
	}
	return fmt.Sprintf("Name%d", i)
}

// baseAttrs are what the object needs to be one.
func baseAttrs(class *objects.Class, i int) []string {
	switch class {
	case objects.Scope:
		return []string{fmt.Sprintf("subnet=10.1.%d.0/24", i+1)}
	case objects.Vpn:
		return []string{fmt.Sprintf("id=%d", i)}
	case objects.Option:
		return []string{fmt.Sprintf("name=opt%d", i), "type=AT_STRING"}
	case objects.Reservation:
		return []string{"lookup-key=1,6,00:00:00:00:00:01"}
	case objects.ExtensionPoint:
		return []string{"extension=e1"}
	case objects.Extension:
		return []string{"lang=Tcl", "file=e.tcl", "entry=f"}
	case objects.LDAP:
		return []string{"hostname=ldap.example.com"}
	case objects.Key:
		return []string{"secret=c2VjcmV0"}
	}
	return nil
}

// surroundings are objects that those of the class need on both servers.
func surroundings(class *objects.Class) []*objects.Object {
	switch class {
	case objects.Reservation:
		return []*objects.Object{obj(objects.Scope, "around", "subnet=10.1.1.0/24")}
	case objects.ExtensionPoint:
		var es []*objects.Object
		for _, name := range []string{"e1", "e2", "e3"} {
			es = append(es, obj(objects.Extension, name, baseAttrs(objects.Extension, 1)...))
		}
		return es
	}
	return nil
}
