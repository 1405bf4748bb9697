package admin

import (
	"fmt"
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// This file is the match lists of failover pairs.

// match reads the argument of addMatch and removeMatch; the VPN is spelled as
// the object of its name.
func (w *writing) match(text string) (objects.Match, *objects.Error) {
	m, err := objects.ParseMatch(text)
	if err != nil {
		return m, objects.Errorf(objects.Invalid, "failover-pair match-list: %q %v", text, err)
	}
	if o := w.get(objects.Vpn, m.VPN); m.VPN != "" && o != nil {
		m.VPN = o.Name
	}
	return m, nil
}

func sameMatch(m objects.Match) func(objects.Match) bool {
	return func(n objects.Match) bool { return strings.EqualFold(m.VPN, n.VPN) && m.Subnet == n.Subnet }
}

func addMatch(c *call) *objects.Error {
	return c.change(func(w *writing, o *objects.Object) *objects.Error {
		m, err := w.match(c.args[0])
		if err != nil {
			return err
		}
		ms := objects.FailoverPairMatches.Of(o)
		if slices.ContainsFunc(ms, sameMatch(m)) {
			return objects.Errorf(objects.DuplicateObject, "%s has the match %s already", o.Ref(), m)
		}
		return setMatches(o, append(ms, m))
	})
}

func removeMatch(c *call) *objects.Error {
	return c.change(func(w *writing, o *objects.Object) *objects.Error {
		m, err := w.match(c.args[0])
		if err != nil {
			return err
		}
		ms := objects.FailoverPairMatches.Of(o)
		i := slices.IndexFunc(ms, sameMatch(m))
		switch {
		case i < 0 && len(ms) == 0:
			return objects.Errorf(objects.NotFound, "%s has no match list; it has every scope", o.Ref())
		case i < 0:
			var have []string
			for _, n := range ms {
				have = append(have, n.String())
			}
			return objects.Errorf(objects.NotFound, "%s has no match %s; it has %s", o.Ref(), m, listed(have))
		}
		if err := setMatches(o, slices.Delete(ms, i, i+1)); err != nil {
			return err
		}
		if len(ms) == 1 {
			return objects.Errorf(objects.OkWithWarnings, "%s has no match list now and so has every scope", o.Ref())
		}
		return nil
	})
}

func setMatches(o *objects.Object, ms []objects.Match) *objects.Error {
	if len(ms) == 0 {
		delete(o.Attrs, objects.FailoverPairMatches.Name)
		return nil
	}
	o.Attrs[objects.FailoverPairMatches.Name] = objects.FormatMatches(ms)
	return o.Class.Settle(o)
}

func listMatches(c *call) *objects.Error {
	return c.object(func(_ *table, o *objects.Object) *objects.Error {
		for _, m := range objects.FailoverPairMatches.Of(o) {
			c.line(m.String())
		}
		return nil
	})
}

// asClusters takes the servers that create names by position for clusters
// where there are clusters of those names.
func (w *writing) asClusters(as []objects.Assignment) []objects.Assignment {
	for i := range as {
		for _, side := range []struct{ server, cluster string }{
			{objects.FailoverPairMainServer.Name, objects.FailoverPairMain.Name},
			{objects.FailoverPairBackupServer.Name, objects.FailoverPairBackup.Name},
		} {
			if as[i].Name == side.server && w.get(objects.Cluster, as[i].Text) != nil {
				as[i].Name = side.cluster
			}
		}
	}
	return as
}

// failoverWarnings says what of a failover setting is allowed but has a price,
// or cannot have been meant.
func failoverWarnings(t *table, before, o *objects.Object) []string {
	changed := func(attrs ...*objects.Attr) bool {
		return slices.ContainsFunc(attrs, func(a *objects.Attr) bool { return before == nil || before.Text(a) != o.Text(a) })
	}
	var all []string
	warn := func(format string, args ...any) { all = append(all, o.Ref()+" "+fmt.Sprintf(format, args...)) }
	switch o.Class {
	case objects.FailoverPair:
		if changed(objects.FailoverPairMCLT.Attr) && objects.FailoverPairMCLT.Of(o) < objects.CustomaryMCLT {
			warn(shortMCLT, "mclt", o.Text(objects.FailoverPairMCLT.Attr))
		}
		for _, server := range []objects.Handle[string]{objects.FailoverPairMainServer, objects.FailoverPairBackupServer} {
			if name := server.Of(o); changed(server.Attr) && name != "" && !strings.ContainsAny(name, ".:") {
				if near := nearCluster(t, name); near != "" {
					warn("%s: %s is taken for the name of a host; there is a cluster %q", server.Name, name, near)
				}
			}
		}
	case objects.Dhcp:
		if changed(objects.DhcpFailoverMCLT.Attr) && objects.DhcpFailoverMCLT.Of(o) < objects.CustomaryMCLT {
			warn(shortMCLT, objects.DhcpFailoverMCLT.Name, o.Text(objects.DhcpFailoverMCLT.Attr))
		}
		main, backup := objects.DhcpFailoverMain.Of(o), objects.DhcpFailoverBackup.Of(o)
		if changed(objects.DhcpFailoverMain.Attr, objects.DhcpFailoverBackup.Attr) && main != "" && strings.EqualFold(main, backup) {
			warn("failover-backup-server: the backup is the same server as the main, %s", main)
		}
	case objects.Scope:
		main, backup := objects.ScopeFailoverMain.Of(o), objects.ScopeFailoverBackup.Of(o)
		if changed(objects.ScopeFailoverMain.Attr, objects.ScopeFailoverBackup.Attr) && main != "" && strings.EqualFold(main, backup) {
			warn("failover-backup-server: the backup is the same server as the main, %s", main)
		}
		if b := objects.ScopeAllocationBoundary.Of(o); changed(objects.ScopeAllocationBoundary.Attr) && b.IsValid() && !b.IsUnspecified() && !objects.ScopeFirstAvailable.Of(o) {
			warn("failover-backup-allocation-boundary: it acts once allocate-first-available is enabled")
		}
	}
	return all
}

const shortMCLT = "%s: %s is shorter than 5m; clients get leases of no more than that while the servers do not hear each other"

func nearCluster(t *table, name string) string {
	var names []string
	for _, o := range t.cfg.All(objects.Cluster) {
		names = append(names, o.Name)
	}
	return objects.Nearest(name, names)
}
