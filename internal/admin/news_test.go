package admin

import (
	"strings"
	"testing"

	"leasehold/internal/engine"
	"leasehold/pkg/objects"
)

// warner is a running server that warns of each pair that it has.
type warner struct{ Runtime }

func (w *warner) Reload(cfg *objects.Config, force bool) engine.Report {
	r := w.Runtime.Reload(cfg, force)
	for _, o := range cfg.All(objects.FailoverPair) {
		r.Warnings = append(r.Warnings, objects.Errorf(objects.OkWithWarnings, "failover %q: neither server is this one", o.Name))
	}
	return r
}

// In synchronous mode a change is answered with what the running server warns of
// since then, once; what it warned of before is not said again with each change.
func TestSynchronousModeTellsWarnings(t *testing.T) {
	w := &world{t: t, data: t.TempDir(), clock: newWorld(t).clock}
	w.open(func(r Runtime) Runtime { return &warner{r} })
	c := w.root
	c.mode = "synchronous"
	w.ok(c.create("scope", "a", "10.1.0.0/24"))
	w.refused(c.create("failover-pair", "one", "192.0.2.1", "192.0.2.2"), objects.OkWithWarnings, `failover "one": neither server is this one`)
	if !strings.Contains(w.log.String(), `failover "one": neither server is this one`) {
		t.Error("the log does not tell")
	}
	err, _ := c.do("scope", "a", "addRange", "10", "20")
	w.ok(err)
	// A reload says it again.
	c.mode = "staged"
	w.refused(c.control("reload", false), objects.OkWithWarnings)
	c.mode = "synchronous"
	w.ok(c.set("scope", "a", "ping-clients=disabled"))
	w.ok(c.delete("failover-pair", "one"))
	w.ok(c.begin())
	w.ok(c.create("failover-pair", "two", "192.0.2.3", "192.0.2.4"))
	w.refused(c.commit(), objects.OkWithWarnings, `failover "two": neither server is this one`)
}
