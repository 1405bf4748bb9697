package admin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// The seven steps of the 7.0 handbook ("Confirming Failover"). What it reads
// off two log files is read off the counters of both servers, and the client
// that tries to get a lease is the test client of package probe.

// How a step turned out.
const (
	stepOk      = "ok"
	stepFailed  = "failed"
	stepNotDone = "not done"
)

// How long, and how often, updates are looked for that are acknowledged.
const (
	settleTime = 10 * time.Second
	settleLook = 200 * time.Millisecond
)

func confirmPair(c *call) *objects.Error {
	if err := c.mayDoAll("confirm failover pairs"); err != nil {
		return err
	}
	f := &confirming{}
	b, err := c.together()
	if err != nil && (err.Code == objects.ConnectionFailure || err.Code == objects.LoginFailure) {
		f.lines = []string{step(1, "reach the partner", stepFailed, err.Msg)}
		for n, what := range []string{"NORMAL on both servers", "a client gets a lease", "log settings", "lease updates and their acknowledgements", "the backup leaves clients to the main", "NORMAL on both servers, again"} {
			f.lines = append(f.lines, step(n+2, what, stepNotDone, "the partner is not reached"))
		}
		return f.result(c, err.Detail)
	}
	if err != nil {
		return err
	}
	defer b.close()
	f.both = b
	if err := b.read(); err != nil {
		return err
	}
	if err := f.run(); err != nil {
		return err
	}
	err = f.result(c, nil)
	c.audit(err)
	return err
}

// confirming is a confirmation on its way.
type confirming struct {
	*both
	lines  []string
	leased bool
	before updates
}

func step(n int, what, result, why string) string {
	return fmt.Sprintf("%d. %s: %s - %s", n, what, result, why)
}

func (f *confirming) say(n int, what, result, format string, args ...any) {
	f.lines = append(f.lines, step(n, what, result, fmt.Sprintf(format, args...)))
}

// result is the status for the steps: the lines go with it where it is an
// error.
func (f *confirming) result(c *call, more []string) *objects.Error {
	count := func(word string) (n int) {
		for _, l := range f.lines {
			if strings.Contains(l, ": "+word+" - ") {
				n++
			}
		}
		return n
	}
	if n := count(stepFailed); n > 0 {
		return &objects.Error{Code: objects.GenericError, Msg: fmt.Sprintf("failover-pair %q is not confirmed: %s failed", c.name, counted(n, "step")), Detail: append(f.lines, more...)}
	}
	c.answer.Lines = append(c.answer.Lines, f.lines...)
	if n := count(stepNotDone); n > 0 {
		return &objects.Error{Code: objects.OkWithWarnings, Msg: fmt.Sprintf("%s not done", counted(n, "step"))}
	}
	return nil
}

func (f *confirming) run() *objects.Error {
	for _, do := range []func() *objects.Error{f.reach, f.normal(2), f.lease, f.logSettings, f.updates, f.silence, f.normal(7)} {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// relation is a server's view of the pair.
type relation struct{ Detail map[string]string }

func (r *relation) is(a *objects.Attr) string {
	if r == nil {
		return "--"
	}
	return r.Detail[a.Name]
}

func (r *relation) number(a *objects.Attr) int {
	n, _ := strconv.Atoi(r.is(a))
	return n
}

// related asks a server how it sees the pair; nil if it has none in service.
func (b *both) related(m *member) (*relation, *objects.Error) {
	answer, err := m.Invoke(b.call.ctx, connect.NewRequest(&adminv1.InvokeRequest{Class: objects.Dhcp.Name, Method: "getRelatedServers"}))
	if err != nil {
		return nil, m.explain("asking for its partners", err)
	}
	for _, o := range answer.Msg.Objects {
		r := &relation{Detail: map[string]string{}}
		for _, a := range o.Attributes {
			r.Detail[a.Name] = a.Text
		}
		if strings.EqualFold(r.is(objects.RelatedPair.Attr), b.pair.Name) {
			return r, nil
		}
	}
	return nil, nil
}

// relations are both servers' views, the main's first.
func (b *both) relations() (main, backup *relation, err *objects.Error) {
	if main, err = b.related(b.main()); err == nil {
		backup, err = b.related(b.backup())
	}
	return main, backup, err
}

// reach is step 1: the connection to the admin service is there already, what
// is left is the failover link.
func (f *confirming) reach() *objects.Error {
	main, backup, err := f.relations()
	if err != nil {
		return err
	}
	const what = "reach the partner"
	if main == nil || backup == nil {
		on := f.backup()
		if main == nil {
			on = f.main()
		}
		f.say(1, what, stepFailed, "%s answers over TCP, but the pair is not in service on the %s: failover-pair %s reload", f.partner.called(), on.word(), objects.QuoteWord(f.pair.Name))
		return nil
	}
	if m, k := main.is(objects.RelatedCommunications.Attr), backup.is(objects.RelatedCommunications.Attr); m != "OK" || k != "OK" {
		why := ""
		for _, r := range []*relation{main, backup} {
			if text := r.is(objects.RelatedRefusals.Attr); text != "" && text != "--" {
				why = ": " + text
			}
		}
		f.say(1, what, stepFailed, "%s answers over TCP, but the failover link is not up: communications are %s on the main and %s on the backup%s", f.partner.called(), m, k, why)
		return nil
	}
	f.say(1, what, stepOk, "%s answers over TCP, and the failover link is up; whether routers forward clients to both servers shows only on the clients' side", f.partner.called())
	return nil
}

// normal is step 2, and 7 again: both are in NORMAL and know it of each other.
func (f *confirming) normal(n int) func() *objects.Error {
	what := "NORMAL on both servers"
	if n == 7 {
		what += ", again"
	}
	return func() *objects.Error {
		main, backup, err := f.relations()
		if err != nil {
			return err
		}
		var states []string
		right := true
		for _, s := range []struct {
			m *member
			r *relation
		}{{f.main(), main}, {f.backup(), backup}} {
			own, other := s.r.is(objects.RelatedState.Attr), s.r.is(objects.RelatedPartnerState.Attr)
			right = right && own == "NORMAL" && other == "NORMAL"
			states = append(states, fmt.Sprintf("the %s is in %s and knows its partner in %s", s.m.word(), own, other))
		}
		result := stepOk
		if !right {
			result = stepFailed
		}
		f.say(n, what, result, "%s", strings.Join(states, ", "))
		return nil
	}
}

// lease is step 3: the main gives the test client an address.
func (f *confirming) lease() *objects.Error {
	const what = "a client gets a lease"
	var err *objects.Error
	if f.before, err = f.counters(); err != nil {
		return err
	}
	lines, err := f.probe(f.main())
	switch {
	case err == nil:
		f.leased = true
		f.say(3, what, stepOk, "by the main, %s", strings.Join(lines, " "))
	case err.Code == objects.NotFound:
		f.say(3, what, stepNotDone, "%s", err.Msg)
	case err.Code == objects.NoMatchFound || err.Code == objects.NotSupported || err.Code == objects.UnknownKeyword:
		f.say(3, what, stepNotDone, "%s; have a client of yours ask for one", err.Msg)
	default:
		f.say(3, what, stepFailed, "%s", err.Msg)
	}
	return nil
}

// probe has a server's test client ask for an address.
func (b *both) probe(m *member) ([]string, *objects.Error) {
	answer, err := m.Invoke(b.call.ctx, connect.NewRequest(&adminv1.InvokeRequest{Class: objects.FailoverPair.Name, Name: b.pair.Name, Method: "probe"}))
	if err != nil {
		return nil, m.explain("probing", err)
	}
	return answer.Msg.Lines, rpc.ErrorOf(answer.Msg.Status)
}

// logSettings is step 4.
func (f *confirming) logSettings() *objects.Error {
	const what = "log settings"
	detail := objects.DhcpLogSettings.Attr
	if slices.Contains(strings.Split(f.main().cfg.Dhcp().Text(detail), ","), "failover-detail") {
		f.say(4, what, stepOk, "the main's have failover-detail")
	} else {
		f.say(4, what, stepOk, "the main's have no failover-detail, which a look at the log would need; the counters that the next step reads need none")
	}
	return nil
}

// updates are the counters of lease updates.
type updates struct{ sent, received, waiting int }

func (f *confirming) counters() (updates, *objects.Error) {
	main, backup, err := f.relations()
	if err != nil {
		return updates{}, err
	}
	return updates{main.number(objects.RelatedSent.Attr), backup.number(objects.RelatedReceived.Attr), main.number(objects.RelatedRequests.Attr)}, nil
}

// updates is step 5: what the main tells the backup arrives and is
// acknowledged.
func (f *confirming) updates() *objects.Error {
	const what = "lease updates and their acknowledgements"
	now, err := f.counters()
	for waited := time.Duration(0); err == nil && f.leased && !f.told(now) && waited < settleTime; waited += settleLook {
		select {
		case <-f.call.service.clock.After(settleLook):
		case <-f.call.ctx.Done():
			return objects.Errorf(objects.GenericError, "interrupted")
		}
		now, err = f.counters()
	}
	if err != nil {
		return err
	}
	switch {
	case f.leased:
		result := stepFailed
		if f.told(now) {
			result = stepOk
		}
		f.say(5, what, result, "since the test lease the main sent %s (BNDUPD), the backup received %d, and %d wait for a BNDACK", counted(now.sent-f.before.sent, "update"), now.received-f.before.received, now.waiting)
	case now.sent > 0 && now.received > 0:
		f.say(5, what, stepOk, "no test lease was made; since its start the main sent %s (BNDUPD), the backup received %d, and %d wait for a BNDACK", counted(now.sent, "update"), now.received, now.waiting)
	default:
		f.say(5, what, stepNotDone, "no lease changed since the relationship is at work")
	}
	return nil
}

// told tells whether the backup was told something since the test lease, and
// has acknowledged it. Other clients are served meanwhile.
func (f *confirming) told(now updates) bool {
	return now.sent-now.waiting > f.before.sent && now.received > f.before.received
}

// silence is step 6: the backup, in NORMAL, leaves the main's clients alone.
func (f *confirming) silence() *objects.Error {
	const what = "the backup leaves clients to the main"
	lines, err := f.probe(f.backup())
	switch {
	case err == nil:
		f.say(6, what, stepFailed, "the backup served a client that is the main's: %s", strings.Join(lines, " "))
	case err.Code == objects.NoLeaseFound && strings.Contains(err.Msg, dropPartner):
		f.say(6, what, stepOk, "the test client asked it in vain, counted as %s", dropPartner)
	case err.Code == objects.NoLeaseFound:
		f.say(6, what, stepFailed, "the test client asked it in vain, but for another reason: %s", err.Msg)
	default:
		f.say(6, what, stepNotDone, "%s", err.Msg)
	}
	return nil
}
