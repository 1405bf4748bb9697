package admin

import (
	"context"
	"fmt"
	"slices"

	"leasehold/internal/failover"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// Watcher holds the stored configuration against the partners'. Wrote waits for
// nothing.
type Watcher interface {
	Watch(c failover.Configuration)
	Wrote()
}

var _ failover.Configuration = (*Service)(nil)

// Stored is a copy of the stored configuration, and the number of its last
// write. Nobody changes it.
func (s *Service) Stored() (*objects.Config, uint64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.stored.cfg.Clone(), s.version
}

// maxNamed is how many differences are named where nobody asked for them.
const maxNamed = 20

// Differences names what differs between the two servers of a pair in some
// classes, as failover-pair diff does. Both configurations are read for it.
func (s *Service) Differences(ctx context.Context, pair string, classes []string) ([]string, *objects.Error) {
	self := &session{user: "server", host: s.cluster, source: "drift", trusted: true}
	c := &call{
		ctx: ctx, service: s, session: self, request: request{session: self},
		class: objects.FailoverPair, name: pair, answer: &adminv1.InvokeResponse{},
	}
	b, err := c.together()
	if err != nil {
		return nil, err
	}
	defer b.close()
	if err := b.read(); err != nil {
		return nil, err
	}
	return b.named(classes)
}

// named has a line for each difference in some classes, up to maxNamed.
func (b *both) named(classes []string) (lines []string, err *objects.Error) {
	logs, more := b.authors(), 0
	if slices.Contains(classes, objects.FailoverPair.Name) || slices.Contains(classes, objects.Scope.Name) {
		strays := b.strays()
		more = max(0, len(strays)-maxNamed)
		lines = strays[:len(strays)-more]
	}
	for _, d := range b.differences() {
		class := objects.ClassNamed(d.Class)
		if !slices.Contains(classes, class.Name) && !slices.Contains(classes, class.Owner) {
			continue
		}
		if len(lines) == maxNamed {
			more++
			continue
		}
		var who [2]string
		for i, m := range []*member{b.main(), b.backup()} {
			if who[i], err = logs.of(m, &d); err != nil {
				return nil, err
			}
		}
		lines = append(lines, fmt.Sprintf("%s (main: %s, backup: %s)", d, who[0], who[1]))
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("%s more: failover-pair %s diff", counted(more, "difference"), objects.QuoteWord(b.pair.Name)))
	}
	return lines, nil
}
