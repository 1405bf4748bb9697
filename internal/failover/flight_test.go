package failover

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"leasehold/internal/packet"
	"leasehold/pkg/failover/flight"
)

// statesSaid are the states as the server log tells them.
func (n *node) statesSaid() (all []string) {
	line := regexp.MustCompile(`: state (\S+), was`)
	n.log.mu.Lock()
	defer n.log.mu.Unlock()
	for _, l := range n.log.lines {
		if m := line.FindStringSubmatch(l); m != nil {
			all = append(all, m[1])
		}
	}
	return all
}

// A pair's conversation is recorded and run again: leases given, renewed and
// released, the main gone and back, by clients whose identifiers are no text.
// The cores go through the same states and decide the same, to the octet.
func TestRecordAndReplay(t *testing.T) {
	s := newSite(t)
	main, backup := s.node(2, twoServers), s.node(3, twoServers)
	main.tape, backup.tape = new(bytes.Buffer), new(bytes.Buffer)
	main.start()
	backup.start()
	main.normal()
	backup.normal()
	backup.balanced(10)
	for mac := range byte(20) {
		s.dora(mac, main, backup)
	}
	odd := func(r *packet.Reply) { r.Add(packet.ClientIdentifier, []byte{0xff, 0x00, 0x80, 0xc3, 0x28}) }
	offer := s.ask(packet.Discover, 99, odd, main)
	id, _ := offer.ServerID()
	s.ask(packet.Request, 99, func(r *packet.Reply) {
		odd(r)
		r.AddAddr(packet.RequestedAddress, offer.YIAddr)
		r.AddAddr(packet.ServerIdentifier, id)
	}, main)
	address, _ := s.dora(30, main, backup)
	s.send(packet.Release, 30, func(r *packet.Reply) { r.CIAddr = mustAddr(address) }, main)
	main.until("the release", func() bool { return main.lease(address)["state"] == "available" })
	backup.until("the leases", func() bool { return backup.related().Requests == 0 && backup.lease(s.addr(110))["state"] == "leased" })
	told := map[*node][]string{}
	main.stop()
	told[main] = main.statesSaid()
	backup.alone()
	s.dora(40, backup)
	main.start()
	main.normal()
	backup.normal()
	main.until("the lease given meanwhile", func() bool { return main.related().Detail.Status.Updates.UpdatesReceived > 0 })
	for _, n := range []*node{main, backup} {
		n.stop()
		want := append(told[n], n.statesSaid()...)
		var got []string
		was, steps := "", 0
		err := flight.Play(bytes.NewReader(n.tape.Bytes()), func(step flight.Step) {
			steps++
			if step.Otherwise != "" {
				t.Errorf("server %d, line %d, %s: %s", n.host, step.Line, step.Input, step.Otherwise)
			}
			for _, did := range step.Did {
				if strings.HasPrefix(did, "state ") {
					_, to, _ := strings.Cut(did, "-> ")
					to, _, _ = strings.Cut(to, ":")
					got = append(got, to)
				}
			}
			was = step.State
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) || was == "" {
			t.Errorf("server %d went through %v, the recording through %v", n.host, want, got)
		}
		t.Logf("server %d: %d steps in %d octets, states %v", n.host, steps, n.tape.Len(), got)
	}
}
