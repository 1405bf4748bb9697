package failover

import (
	"strings"
	"testing"

	"leasehold/pkg/objects"
)

// What a server is in a pair is told by the servers' addresses, whether the
// pair is in use or not.
func TestMember(t *testing.T) {
	for _, c := range []struct{ name, own, attrs, role, problem string }{
		{"the main", "10.0.0.1", "main-server=10.0.0.1 backup-server=10.0.0.2", "MAIN", ""},
		{"the backup", "10.0.0.2", "main-server=10.0.0.1 backup-server=10.0.0.2", "BACKUP", ""},
		{"suspended", "10.0.0.2", "main-server=10.0.0.1 backup-server=10.0.0.2 failover=false", "BACKUP", ""},
		{"by the clusters", "10.0.0.1", "main=a backup=b", "MAIN", ""},
		{"a stranger", "10.0.0.9", "main-server=10.0.0.1 backup-server=10.0.0.2", "", "neither main"},
		{"alone", "10.0.0.1 10.0.0.2", "main-server=10.0.0.1 backup-server=10.0.0.2", "", "are both this server"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			h := newHosts()
			h.own = strings.Fields(c.own)
			m := &Manager{Deps: Deps{Local: h, Resolver: h, Port: 647}, names: newNames(h)}
			cfg := objects.NewConfig()
			for name, addr := range map[string]string{"a": "10.0.0.1", "b": "10.0.0.2"} {
				cluster := objects.New(objects.Cluster, name)
				cluster.Attrs[objects.ClusterAddr.Name] = addr
				cfg.Put(cluster)
			}
			dhcp := objects.New(objects.Dhcp, "")
			dhcp.Attrs[objects.DhcpFailover.Name] = "true"
			cfg.Put(dhcp)
			pair := objects.New(objects.FailoverPair, "office")
			for a := range strings.FieldsSeq(c.attrs) {
				name, text, _ := strings.Cut(a, "=")
				pair.Attrs[name] = text
			}
			got := m.Member(cfg, pair)
			if got.Role != c.role || c.problem == "" && got.Problem != "" || !strings.Contains(got.Problem, c.problem) {
				t.Errorf("got %+v, want %s with %q", got, c.role, c.problem)
			}
		})
	}
}
