package failover

import (
	"strings"
	"testing"

	"leasehold/internal/packet"
)

// With backup-pct=100% all free addresses are the backup's. It serves new
// clients in the main's place, and the main says that it cannot.
func TestAllForTheBackup(t *testing.T) {
	s, main, backup := pairUp(t, strings.Replace(twoServers, "mclt=60s", "mclt=60s backup-pct=100%", 1))
	backup.balanced(100)
	for mac := range byte(3) {
		offer := s.ask(packet.Discover, mac, nil, main, backup)
		if id, _ := offer.ServerID(); id.String() != s.addr(3) {
			t.Errorf("client %d is served by %s", mac, id)
		}
		s.dora(mac, main, backup)
	}
	const want = "backup-pct is 100% for lab: this server, the main, keeps no free addresses"
	if w := main.reload(); len(w) != 1 || !strings.Contains(w[0].Msg, want) {
		t.Errorf("the reload says %v", w)
	}
	if !main.problem(want) || len(backup.related().Detail.Problems) > 0 {
		t.Errorf("main %v, backup %v", main.related().Detail.Problems, backup.related().Detail.Problems)
	}
	main.set("failover-pair blue backup-pct=90%")
	if w := main.reload(); len(w) > 0 {
		t.Errorf("the reload says %v", w)
	}
	backup.balanced(90 - 3)
}
