package parity

import (
	"slices"
	"strings"
	"testing"
	"time"

	"leasehold/pkg/objects"
)

// obj makes an object of attr=text words.
func obj(class *objects.Class, name string, attrs ...string) *objects.Object {
	o := objects.New(class, name)
	for _, a := range attrs {
		n, text, _ := strings.Cut(a, "=")
		o.Attrs[n] = text
	}
	return o
}

func config(os ...*objects.Object) *objects.Config {
	cfg := objects.NewConfig()
	for _, o := range objects.Builtins() {
		cfg.Put(o)
	}
	for _, o := range os {
		cfg.Put(o)
	}
	return cfg
}

// with returns a copy of the configuration in which objects are replaced.
func with(cfg *objects.Config, os ...*objects.Object) *objects.Config {
	n := cfg.Clone()
	for _, o := range os {
		n.Put(o)
	}
	return n
}

// after is the configuration that steps leave.
func after(cfg *objects.Config, s *Steps) *objects.Config {
	n := cfg.Clone()
	for _, o := range s.Puts {
		n.Put(o)
	}
	for _, o := range s.Deletes {
		n.Delete(o.Class, o.Name)
	}
	return n
}

func plan(t testing.TB, source, target *objects.Config, pair string, mode Mode) *Steps {
	t.Helper()
	s, err := Plan(source, target, pair, mode)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// candidates are texts of which every type takes some.
var candidates = []string{
	"true", "false", "enabled", "7m", "8m", "9m", "10m", "3", "2", "1", "70", "80", "90", "11%", "12%", "13%",
	"10.9.0.1", "10.9.0.2", "10.9.0.3", "10.9.1.0/24", "10.9.2.0/24", "10.9.3.0/24", "2001:db8::1", "2001:db8::2", "2001:db8::3",
	"1,6,00:00:00:00:00:01", "1,6,00:00:00:00:00:02", "1,6,00:00:00:00:00:03", "01:02", "01:03", "01:04",
	"1700000000", "1700000001", "1700000002", `(concat "a" "b")`, `(concat "a" "c")`, `(concat "a" "d")`,
	"10.9.1.5-10.9.1.9", "10.9.1.5-10.9.1.8", "10.9.1.5-10.9.1.7", "a1=v1", "a1=v2", "a1=v3", "a1b2c3:1", "a1b2c3:2", "a1b2c3:3",
	"domain-name", "routers", "host-name", "vpn-id", "subnet-alloc", "cisco-vpn-id", "one", "two", "three", "four", "2n", "0+", "1+",
	"sha256:" + strings.Repeat("1", 64), "sha256:" + strings.Repeat("2", 64), "sha256:" + strings.Repeat("3", 64),
	"AT_STRING", "AT_INT", "AT_BOOL", "400", "500", "4000", "00:01:02:03:04:05:06", "hmac-md5", "edit-scope", "300s", "450ms", "35",
}

// values returns up to three canonical texts for an attribute, none of which
// is its default.
func values(a *objects.Attr) []string {
	var vs []string
	tries := slices.Clone(candidates)
	for _, w := range a.Words {
		tries = append(tries, w.Name)
	}
	for _, text := range tries {
		v, err := a.Parse(text, time.Unix(1800000000, 0))
		if err == nil && v != "" && v != a.Default && !slices.Contains(vs, v) && len(vs) < 3 {
			vs = append(vs, v)
		}
	}
	return vs
}

// stored lists the classes whose objects are kept in the database.
func stored() []*objects.Class {
	return slices.DeleteFunc(slices.Clone(objects.Classes()), func(c *objects.Class) bool { return c.Runtime })
}

const pairName = "p1"

// pairOfAll is a pair without a match list.
func pairOfAll(attrs ...string) *objects.Object {
	return obj(objects.FailoverPair, pairName, append([]string{"main-server=10.0.0.1", "backup-server=10.0.0.2"}, attrs...)...)
}
