package admin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"leasehold/internal/failover"
	"leasehold/pkg/objects"
)

// forceFlag is the word that lets a partner be declared down although it may
// have been in operation.
const forceFlag = "-force"

// partners lists what the running server has of relationships.
func (s *Service) partners() []failover.Related {
	if s.failover == nil {
		return nil
	}
	return s.failover.Related()
}

// getRelatedServers sends one object for each partner; nrcmd lays them out.
func getRelatedServers(c *call) *objects.Error {
	for _, word := range c.args {
		name, _, _ := strings.Cut(strings.ToLower(word), "=")
		if name != "column-separator" && name != "full-format" {
			return objects.Errorf(objects.UnknownKeyword, "getRelatedServers does not know %q%s", word, maybe(name, []string{"column-separator=", "full-format"}))
		}
	}
	for _, r := range c.service.partners() {
		c.answer.Objects = append(c.answer.Objects, message(nil, relatedObject(r, failoverObject(r))))
	}
	return nil
}

// failoverObject names this server's part in a relationship, as in
// main-for-dhcpb.example.com.
func failoverObject(r failover.Related) string {
	partner := partnerName(r)
	if r.Detail == nil || blank(r.Detail.Role) || partner == "" {
		return r.Pair
	}
	return strings.ToLower(r.Detail.Role + "-for-" + partner)
}

// partnerName is what a partner is called: its name, else its address, else
// nothing.
func partnerName(r failover.Related) string {
	for _, n := range []string{r.Name, r.Address} {
		if !blank(n) {
			return n
		}
	}
	return ""
}

// blank tells whether a cell of the report holds nothing.
func blank(cell string) bool { return cell == "" || cell == "--" }

// ofPair returns the running relationship of a failover pair.
func (c *call) ofPair() (failover.Related, *objects.Error) {
	on := false
	err := c.object(func(_ *table, o *objects.Object) *objects.Error {
		on = objects.FailoverPairOn.Of(o)
		return nil
	})
	if err != nil {
		return failover.Related{}, c.namePairs(err)
	}
	for _, r := range c.service.partners() {
		if strings.EqualFold(r.Pair, c.name) {
			return r, nil
		}
	}
	why := "a reload makes the stored configuration the running one"
	if !on {
		why = "its attribute failover is false"
	}
	return failover.Related{}, objects.Errorf(objects.NotFound, "the running server has no relationship %q: %s", c.name, why)
}

// namePairs ends the error about a pair that is not there: with those that are,
// where none has a name like it.
func (c *call) namePairs(e *objects.Error) *objects.Error {
	if e.Code != objects.NotFound || strings.Contains(e.Msg, "did you mean") {
		return e
	}
	var names []string
	for _, r := range c.service.partners() {
		if !slices.Contains(names, r.Pair) {
			names = append(names, r.Pair)
		}
	}
	if len(names) == 0 {
		return e
	}
	return &objects.Error{Code: e.Code, Msg: e.Msg + "; the pairs of the running server are " + listed(names), Detail: e.Detail}
}

func getStatus(c *call) *objects.Error {
	r, err := c.ofPair()
	if err != nil {
		return err
	}
	c.answer.Objects = append(c.answer.Objects, message(nil, relatedObject(r, r.Pair)))
	return nil
}

func rebalancePool(c *call) *objects.Error {
	r, err := c.ofPair()
	if err == nil {
		err = c.service.failover.Rebalance(r.Pair)
	}
	c.audit(err)
	return err
}

// setPartnerDown declares a partner down: that of a failover pair, or in all
// relationships with the one that is named.
func setPartnerDown(c *call) *objects.Error {
	var of []failover.Related
	var err *objects.Error
	dates := c.args
	if c.class == objects.FailoverPair {
		var r failover.Related
		r, err = c.ofPair()
		of = []failover.Related{r}
	} else {
		of, err = c.service.partnersNamed(c.args[0])
		dates = dates[1:]
	}
	if err != nil {
		return err
	}
	since, force, err := c.service.downSince(dates)
	if err != nil {
		return err
	}
	err = c.declareDown(of, since, force)
	c.auditPartnerDown(of, since, force, err)
	return err
}

// declareDown does it in all relationships or in none: where a partner answers
// in one, it is not down in the others.
func (c *call) declareDown(of []failover.Related, since int64, force bool) *objects.Error {
	for _, r := range of {
		if r.Communications == "OK" {
			return objects.Errorf(objects.GenericError, "failover %q: %s answers, so it is not down; stop its DHCP service first", r.Pair, partnerName(r))
		}
	}
	var status *objects.Error
	for _, r := range of {
		lines, err := c.service.failover.PartnerDown(r.Pair, r.Name, since, force)
		if err != nil && err.Code.Failed() {
			// A refusal carries no lines: what was done before is its detail.
			e := *err
			e.Detail = append(slices.Clone(c.answer.Lines), e.Detail...)
			return &e
		}
		c.answer.Lines = append(c.answer.Lines, lines...)
		if err != nil {
			status = err
		}
	}
	return status
}

// partnersNamed finds the relationships with a partner, by its name or its
// address. A dot at the end of the name does not matter.
func (s *Service) partnersNamed(name string) ([]failover.Related, *objects.Error) {
	bare := func(n string) string { return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(n), ".")) }
	var of []failover.Related
	var names []string
	want := bare(name)
	for _, r := range s.partners() {
		if !blank(want) && (bare(r.Name) == want || r.Address == want) {
			of = append(of, r)
		}
		for _, n := range []string{r.Name, r.Address} {
			if !blank(n) && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	if len(of) > 0 {
		return of, nil
	}
	e := objects.Errorf(objects.NotFound, "there is no failover partner %q", name)
	near := objects.Nearest(name, names)
	for _, n := range names {
		if near == "" && want != "" && strings.HasPrefix(bare(n), want+".") {
			near = n
		}
	}
	switch {
	case near != "":
		e.Msg += ", did you mean " + near + "?"
	case len(names) > 0:
		e.Msg += "; partners are " + listed(names)
	default:
		e.Msg += ": the running server is in no failover relationship"
	}
	return nil, e
}

// downSince reads [<date>] [-force]; no date is 0, which stands for now.
func (s *Service) downSince(args []string) (since int64, force bool, err *objects.Error) {
	var words []string
	for _, w := range args {
		if strings.EqualFold(w, forceFlag) {
			force = true
		} else {
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return 0, force, nil
	}
	text, now := strings.Join(words, " "), s.clock.Now()
	since, e := objects.ParsePast(text, now)
	switch {
	case e != nil:
		return 0, false, objects.Errorf(objects.Invalid, "setPartnerDown: %q %v", text, e)
	case since <= 0 || since == objects.Forever:
		return 0, false, objects.Errorf(objects.Invalid, "setPartnerDown: %q is no time at which a partner went down", text)
	case since > now.Unix():
		return 0, false, objects.Errorf(objects.Invalid, "setPartnerDown: the date lies in the future; say when the partner was last in operation")
	}
	return since, force, nil
}

// auditPartnerDown logs what an operator has taken upon himself.
func (c *call) auditPartnerDown(of []failover.Related, since int64, force bool, e *objects.Error) {
	what := c.class.Name + " setPartnerDown"
	if c.class == objects.FailoverPair {
		what = c.class.Name + " " + c.name + " setPartnerDown"
	}
	for _, r := range of {
		what += fmt.Sprintf(" %s (%s)", partnerName(r), r.Pair)
	}
	if since != 0 {
		what += " since " + time.Unix(since, 0).Format(time.ANSIC)
	}
	if force {
		what += " " + forceFlag
	}
	c.service.log.Log(msgControl, c.session.who(), c.session.source, what, outcome(e))
}

// relatedObject makes the object that travels of a relationship.
func relatedObject(r failover.Related, name string) *objects.Object {
	o := objects.New(objects.RelatedServer, name)
	text := func(a *objects.Attr, value string) {
		if value != "" {
			o.Attrs[a.Name] = value
		}
	}
	cell := func(a *objects.Attr, value string) {
		if value == "" {
			value = "--"
		}
		o.Attrs[a.Name] = value
	}
	cell(objects.RelatedType.Attr, r.Type)
	cell(objects.RelatedName.Attr, r.Name)
	cell(objects.RelatedAddress.Attr, r.Address)
	o.Attrs[objects.RelatedRequests.Name] = strconv.Itoa(r.Requests)
	cell(objects.RelatedCommunications.Attr, r.Communications)
	cell(objects.RelatedState.Attr, r.State)
	cell(objects.RelatedPartnerRole.Attr, r.PartnerRole)
	cell(objects.RelatedPartnerState.Attr, r.PartnerState)
	text(objects.RelatedPair.Attr, r.Pair)
	if r.Detail != nil {
		relatedDetail(o, text, r.Detail)
	}
	return o
}

func relatedDetail(o *objects.Object, text func(*objects.Attr, string), d *failover.Detail) {
	date := func(a *objects.Attr, at int64) {
		if at > 0 {
			o.Attrs[a.Name] = strconv.FormatInt(at, 10)
		}
	}
	number := func(a *objects.Attr, n uint64) { o.Attrs[a.Name] = strconv.FormatUint(n, 10) }
	seconds := func(n int64) string { return objects.FormatTime(time.Duration(n) * time.Second) }
	if !blank(d.Role) {
		text(objects.RelatedRole.Attr, d.Role)
	}
	text(objects.RelatedMainServer.Attr, d.MainServer)
	text(objects.RelatedBackupServer.Attr, d.BackupServer)
	text(objects.RelatedFingerprint.Attr, d.Fingerprint)
	text(objects.RelatedScopes.Attr, strings.Join(d.Scopes, ","))
	text(objects.RelatedProblems.Attr, strings.Join(d.Problems, "; "))
	text(objects.RelatedDrift.Attr, strings.Join(d.Drift, "; "))
	date(objects.RelatedCurrentTime.Attr, d.CurrentTime)
	if blank(d.Role) {
		return // wrongly configured: nothing is at work
	}
	snap, updates := &d.Status.Snapshot, &d.Status.Updates
	security := "none"
	if d.TLS {
		security = "tls"
	}
	text(objects.RelatedLinkSecurity.Attr, security)
	text(objects.RelatedEncrypted.Attr, strconv.FormatBool(d.Encrypted))
	text(objects.RelatedMCLT.Attr, seconds(d.MCLT))
	text(objects.RelatedBackupPct.Attr, strconv.Itoa(d.BackupPct)+"%")
	text(objects.RelatedLoadBalancing.Attr, strconv.FormatBool(d.LoadBalancing))
	text(objects.RelatedUseSafePeriod.Attr, strconv.FormatBool(d.SafePeriod > 0))
	if d.SafePeriod > 0 {
		text(objects.RelatedSafePeriod.Attr, seconds(d.SafePeriod))
	}
	text(objects.RelatedPools.Attr, poolsText(d.Pools))
	date(objects.RelatedStateStart.Attr, snap.Since)
	date(objects.RelatedPartnerStart.Attr, snap.PartnerSince)
	date(objects.RelatedLastContact.Attr, snap.Contact)
	date(objects.RelatedInterrupted.Attr, snap.Interrupted)
	date(objects.RelatedPartnerDown.Attr, snap.Down)
	text(objects.RelatedWaiting.Attr, d.Status.Waiting)
	date(objects.RelatedWaitingUntil.Attr, d.Status.Until)
	text(objects.RelatedVendor.Attr, d.Partner)
	text(objects.RelatedOffset.Attr, strconv.FormatInt(d.Status.Offset, 10))
	number(objects.RelatedQueued.Attr, uint64(max(d.Status.Queued, 0)))
	number(objects.RelatedSent.Attr, updates.UpdatesSent)
	number(objects.RelatedReceived.Attr, updates.UpdatesReceived)
	number(objects.RelatedRefusedHere.Attr, updates.RefusalsSent)
	number(objects.RelatedRefusedThere.Attr, updates.RefusalsReceived)
	number(objects.RelatedPoolRequests.Attr, updates.PoolRequests)
	number(objects.RelatedStateChanges.Attr, updates.StateChanges)
	if len(d.Refusals) > 0 {
		text(objects.RelatedRefusals.Attr, d.Refusals[0])
	}
}

// poolsText lists how the scopes' available addresses are shared.
func poolsText(pools []failover.PoolStatus) string {
	var items []string
	for _, p := range pools {
		items = append(items, fmt.Sprintf("%s own=%d other=%d pending=%d backup-pct=%d%%", p.Scope, p.Own, p.Other, p.Pending, p.Percent))
	}
	return strings.Join(items, ", ")
}
