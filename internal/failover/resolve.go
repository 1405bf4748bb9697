package failover

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Resolver finds the addresses of a host name; *net.Resolver is the real one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// lookupTime bounds how long a reload waits for names.
const lookupTime = 3 * time.Second

// names finds the addresses of servers. It remembers what it found: a name
// server that fails later does not take a relationship apart.
type names struct {
	resolver Resolver

	mu    sync.Mutex
	known map[string]netip.Addr // lower case
}

func newNames(r Resolver) *names { return &names{resolver: r, known: map[string]netip.Addr{}} }

// answer is what became of one name. With both an address and an error, the
// address is an older one.
type answer struct {
	addr netip.Addr
	many []netip.Addr // it has more than one
	err  error
}

// find looks all names up at once.
func (n *names) find(all []string) map[string]answer {
	answers := map[string]answer{}
	var mu sync.Mutex
	var looking sync.WaitGroup
	slices.Sort(all)
	for _, name := range slices.Compact(all) {
		if a, err := netip.ParseAddr(name); err == nil {
			answers[name] = answer{addr: a.Unmap()}
			continue
		}
		looking.Go(func() {
			a := n.lookup(name)
			mu.Lock()
			defer mu.Unlock()
			answers[name] = a
		})
	}
	looking.Wait()
	return answers
}

func (n *names) lookup(name string) answer {
	ctx, cancel := context.WithTimeout(context.Background(), lookupTime)
	defer cancel()
	as, err := n.resolver.LookupNetIP(ctx, "ip4", name)
	for i := range as {
		as[i] = as[i].Unmap()
	}
	as = slices.DeleteFunc(as, func(a netip.Addr) bool { return !a.Is4() })
	slices.SortFunc(as, netip.Addr.Compare)
	as = slices.Compact(as)
	if err == nil && len(as) == 0 {
		err = fmt.Errorf("it has no IPv4 address")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	key := strings.ToLower(name)
	switch {
	case err != nil:
		return answer{addr: n.known[key], err: err}
	case len(as) > 1:
		return answer{many: as}
	}
	n.known[key] = as[0]
	return answer{addr: as[0]}
}
