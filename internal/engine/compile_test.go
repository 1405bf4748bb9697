package engine

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"leasehold/internal/clock"
	"leasehold/pkg/objects"
)

// Every fault of a configuration is told with its object and attribute.
func TestCompileNamesWhatIsWrong(t *testing.T) {
	type object []string
	for _, c := range []struct {
		name string
		with []object
		want []string
	}{
		{"nothing", nil, nil},
		{
			"option value that its type does not allow", []object{{"policy", "p", "raw:option.3=nonsense"}},
			[]string{`policy "p" option.3`},
		},
		{
			"vendor set that is not there", []object{{"policy", "p", "raw:vendor-option.43.acme=(1 1.1.1.1)"}},
			[]string{`policy "p" vendor-option.43.acme`},
		},
		{
			"expression with an option that is not there", []object{{"client-class", "c", `limitation-id=(request option "rooters")`}},
			[]string{`client-class "c" limitation-id`, "did you mean"},
		},
		{
			"names that lead nowhere", []object{
				{"client", "1,6,02:00:00:00:00:01", "client-class-name=gone", "policy-name=gone", "override-vpn=gone"},
				{"client-class", "c", "unauthenticated-client-class-name=gone", "over-limit-client-class-name=gone"},
			},
			[]string{"client-class-name", "policy-name", "override-vpn", "unauthenticated-client-class-name", "over-limit-client-class-name"},
		},
		{
			"scope in a vpn that is not there", []object{{"scope", "s", "subnet=10.1.0.0/24", "vpn-id=9"}},
			[]string{`scope "s" vpn-id`},
		},
		{
			"two scopes of one subnet with different primaries", []object{
				{"scope", "p1", "subnet=10.1.0.0/24"},
				{"scope", "p2", "subnet=10.2.0.0/24"},
				{"scope", "s1", "subnet=10.3.0.0/24", "primary-subnet=10.1.0.0/24"},
				{"scope", "s2", "subnet=10.3.0.0/24", "primary-subnet=10.2.0.0/24"},
			},
			[]string{`scope "s2" primary-subnet`},
		},
		{
			"primaries in a circle", []object{
				{"scope", "s1", "subnet=10.1.0.0/24", "primary-subnet=10.2.0.0/24"},
				{"scope", "s2", "subnet=10.2.0.0/24", "primary-subnet=10.1.0.0/24"},
			},
			[]string{`scope "s1" primary-subnet`, `scope "s2" primary-subnet`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := officeWorld(t)
			for _, o := range c.with {
				if err := w.putRaw(o[0], o[1], o[2:]); err != nil {
					t.Fatal(err)
				}
			}
			r := w.server.Reload(w.cfg, false)
			text := ""
			for _, e := range r.Errors {
				text += e.Error() + "\n"
			}
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			if (len(r.Errors) > 0) != (len(c.want) > 0) {
				t.Errorf("errors:\n%s", text)
			}
		})
	}
}

// putRaw is put, with attributes that are stored as they are where they begin
// with raw:.
func (w *world) putRaw(class, name string, attrs []string) error {
	var plain []string
	raw := map[string]string{}
	for _, a := range attrs {
		if rest, ok := strings.CutPrefix(a, "raw:"); ok {
			k, v, _ := strings.Cut(rest, "=")
			raw[k] = v
		} else {
			plain = append(plain, a)
		}
	}
	if err := w.put(class, name, plain...); err != nil {
		return err
	}
	o := w.cfg.Get(objects.ClassNamed(class), name).Clone()
	maps.Copy(o.Attrs, raw)
	w.cfg.Put(o)
	return nil
}

// A reservation that no scope can hold is told, and does no harm.
func TestReservationOutsideEveryScope(t *testing.T) {
	w := officeWorld(t)
	if err := w.put("reservation", "172.16.0.9", "lookup-key=1,6,02:00:00:00:00:01"); err != nil {
		t.Fatal(err)
	}
	r := w.server.Reload(w.cfg, false)
	text := fmt.Sprint(r.Warnings, r.Errors)
	if !strings.Contains(text, "172.16.0.9") {
		t.Errorf("not a word of it: %s", text)
	}
}

// Clients with policies of their own share the cache of chains up to a bound;
// beyond it chains are made for one packet.
func TestChainsAreBounded(t *testing.T) {
	w := officeWorld(t)
	p := w.server.plan.Load()
	p.chains.size = maxChains
	cl := &client{properties: properties{named: p.policies["default"]}}
	a, b := p.chain(cl, nil, p.ordered[0]), p.chain(cl, nil, p.ordered[0])
	if a == b || a.leaseTime != 1000 || b.leaseTime != 1000 {
		t.Errorf("%p %p, %d", a, b, a.leaseTime)
	}
	p.chains.size = 0
	if a, b := p.chain(cl, nil, p.ordered[0]), p.chain(cl, nil, p.ordered[0]); a != b {
		t.Error("the chain was made twice")
	}
}

// A reload of 10,000 scopes must not keep an operator waiting.
func TestCompileTenThousandScopes(t *testing.T) {
	w := officeWorld(t)
	for i := range 10_000 {
		net := fmt.Sprintf("11.%d.%d", i/256, i%256)
		if err := w.put("scope", fmt.Sprintf("s%d", i), "subnet="+net+".0/24", "ranges="+net+".10-"+net+".250"); err != nil {
			t.Fatal(err)
		}
	}
	var c clock.Real
	began := c.Now()
	w.reload(t)
	if took := c.Now().Sub(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	} else {
		t.Logf("it took %v", took)
	}
}
