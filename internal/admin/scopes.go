package admin

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"leasehold/internal/engine"
	"leasehold/internal/expr"
	"leasehold/pkg/objects"
)

// The methods of scopes and scope templates.

func addRange(c *call) *objects.Error {
	return c.ranges(objects.AddRange)
}

func removeRange(c *call) *objects.Error {
	return c.ranges(objects.RemoveRange)
}

func (c *call) ranges(change func([]objects.Range, objects.Range) ([]objects.Range, error)) *objects.Error {
	return c.change(func(_ *writing, o *objects.Object) *objects.Error {
		r, err := objects.RangeOf(objects.ScopeSubnet.Of(o), c.args[0], c.args[1])
		if err != nil {
			return err
		}
		rs, e := change(objects.ScopeRanges.Of(o), r)
		if e != nil {
			err := *objects.AsError(e)
			err.Msg = o.Ref() + ": " + err.Msg
			return &err
		}
		setRanges(o, rs)
		return nil
	})
}

func setRanges(o *objects.Object, rs []objects.Range) {
	if len(rs) == 0 {
		delete(o.Attrs, objects.ScopeRanges.Name)
		return
	}
	o.Attrs[objects.ScopeRanges.Name] = objects.FormatRanges(rs)
}

func listRanges(c *call) *objects.Error {
	return c.object(func(_ *table, o *objects.Object) *objects.Error {
		for _, r := range objects.ScopeRanges.Of(o) {
			c.line(r.First.String() + " " + r.Last.String())
		}
		return nil
	})
}

// reservationName is the name of the reservation of an address of the scope.
func reservationName(t *table, scope *objects.Object, address string) (string, *objects.Error) {
	vpn := ""
	if number := objects.ScopeVPN.Of(scope); number != 0 {
		if o := t.cfg.VPNByID(number); o != nil {
			vpn = o.Name
		}
	}
	_, bare := objects.SplitVPN(address)
	addr, err := objects.ParseIPv4(bare)
	if err != nil {
		return "", objects.Errorf(objects.Invalid, "%q %v", address, err)
	}
	if subnet := objects.ScopeSubnet.Of(scope); !subnet.Contains(addr) {
		return "", objects.Errorf(objects.NotInSubnet, "%s is not in %s, the subnet of %s", addr, subnet, scope.Ref())
	}
	if at := t.cfg.ScopeAt(objects.ScopeVPN.Of(scope), addr); at != nil && at.Name != scope.Name && inRanges(at, addr) {
		return "", objects.Errorf(objects.NotInSubnet, "%s is in a range of %s, not of %s", addr, at.Ref(), scope.Ref())
	}
	return objects.JoinVPN(vpn, addr.String()), nil
}

func addReservation(c *call) *objects.Error {
	return c.ask(func(w *writing) *objects.Error {
		scope, err := find(w.table, objects.Scope, c.name)
		if err != nil {
			return err
		}
		name, err := reservationName(w.table, scope, c.args[0])
		if err != nil {
			return err
		}
		as, err := objects.Reservation.Arguments(c.args[1:])
		if err != nil {
			return err
		}
		o := objects.New(objects.Reservation, name)
		for _, a := range as {
			o.Attrs[a.Name] = a.Text
		}
		if now := w.get(objects.Reservation, name); now != nil {
			if sameClient(now, o) {
				return objects.Errorf(objects.LeaseAlreadyReserved, "%s", now.Ref())
			}
			return objects.Errorf(objects.DuplicateObject, "%s is reserved for %s", objects.Ref(objects.Lease, name), objects.ReservationLookupKey.Of(now))
		}
		w.put(o)
		return outsideRanges(scope, o, objects.LeaseCreated)
	})
}

func sameClient(a, b *objects.Object) bool {
	return objects.ReservationLookupKey.Of(a) == objects.ReservationLookupKey.Of(b) && objects.ReservationLookupKeyType.Of(a) == objects.ReservationLookupKeyType.Of(b)
}

// outsideRanges is the status for an address that is only there because it is
// reserved: the lease comes and goes with the reservation.
func outsideRanges(scope, reservation *objects.Object, code objects.Code) *objects.Error {
	if _, addr := objects.ReservationAddress(reservation); inRanges(scope, addr) {
		return nil
	}
	return &objects.Error{Code: code}
}

func inRanges(scope *objects.Object, addr netip.Addr) bool {
	return slices.ContainsFunc(objects.ScopeRanges.Of(scope), func(r objects.Range) bool { return r.Contains(addr) })
}

func removeReservation(c *call) *objects.Error {
	return c.ask(func(w *writing) *objects.Error {
		scope, err := find(w.table, objects.Scope, c.name)
		if err != nil {
			return err
		}
		o, err := c.reservationOf(w.table, scope)
		if err != nil {
			return err
		}
		w.draft.delete(o)
		return outsideRanges(scope, o, objects.LeaseDeleted)
	})
}

// reservationOf finds the reservation that the arguments name, by its address
// or by its client. An address of the scope that is not reserved answers 103.
func (c *call) reservationOf(t *table, scope *objects.Object) (*objects.Object, *objects.Error) {
	if _, err := objects.ParseIPv4(c.args[0]); err == nil && len(c.args) == 1 {
		name, err := reservationName(t, scope, c.args[0])
		if err != nil {
			return nil, err
		}
		if o := t.cfg.Get(objects.Reservation, name); o != nil {
			return o, nil
		}
		return nil, objects.Errorf(objects.LeaseNotReserved, "%s", c.args[0])
	}
	as, err := objects.Reservation.Arguments(c.args)
	if err != nil {
		return nil, err
	}
	want := objects.New(objects.Reservation, "")
	for _, a := range as {
		want.Attrs[a.Name] = a.Text
	}
	var found []*objects.Object
	for _, o := range reservationsOf(t, scope) {
		if sameClient(o, want) {
			found = append(found, o)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if len(found) > 1 {
		var addresses []string
		for _, o := range found {
			addresses = append(addresses, o.Name)
		}
		return nil, objects.Errorf(objects.TooMany, "%s has %d reservations for %s: %s; name the address", scope.Ref(), len(found), objects.ReservationLookupKey.Of(want), listed(addresses))
	}
	return nil, objects.Errorf(objects.LeaseNotReserved, "%s has no reservation for %s", scope.Ref(), objects.ReservationLookupKey.Of(want))
}

// reservationsOf lists those that belong to the scope, by address.
func reservationsOf(t *table, scope *objects.Object) []*objects.Object {
	vpn := objects.ScopeVPN.Of(scope)
	var mine []*objects.Object
	for _, o := range t.reservationsIn(vpn, objects.ScopeSubnet.Of(scope)) {
		_, addr := objects.ReservationAddress(o)
		if at := t.cfg.ScopeAt(vpn, addr); at != nil && at.Name == scope.Name {
			mine = append(mine, o)
		}
	}
	sortByName(mine)
	return mine
}

func listReservations(c *call) *objects.Error {
	return c.object(func(t *table, scope *objects.Object) *objects.Error {
		for _, o := range reservationsOf(t, scope) {
			_, addr := objects.ReservationAddress(o)
			c.line(addr.String() + ": " + o.Text(objects.ReservationLookupKeyType.Attr) + "=" + objects.ReservationLookupKey.Of(o))
		}
		return nil
	})
}

func listLeases(c *call) *objects.Error {
	if err := c.object(func(*table, *objects.Object) *objects.Error { return nil }); err != nil {
		return err
	}
	return c.leases(engine.LeaseFilter{Scope: c.name, WithAvailable: true})
}

func clearUnavailable(c *call) *objects.Error {
	_, err := c.service.runtime.ClearUnavailable(c.name)
	c.audit(err)
	return err
}

func getUtilization(c *call) *objects.Error {
	of, err := c.service.runtime.Utilization(c.name)
	if err != nil {
		return objects.AsError(err)
	}
	for _, u := range of {
		c.answer.Lines = append(c.answer.Lines, utilizationLines(u)...)
	}
	return nil
}

// changeSubnet moves a scope; everything in it must fit.
func changeSubnet(c *call) *objects.Error {
	return c.change(func(_ *writing, o *objects.Object) *objects.Error {
		p, err := objects.SubnetOf(c.args)
		if err != nil {
			return err
		}
		o.Attrs[objects.ScopeSubnet.Name] = p.String()
		return nil
	})
}

// reportStagedEdits lists the scopes in which the stored configuration differs
// from the running one.
func reportStagedEdits(c *call) *objects.Error {
	return c.look(func(*table) *objects.Error {
		last := ""
		for _, ch := range c.service.difference() {
			if ch.Class == objects.Scope.Name && ch.Name != last {
				c.line(ch.Name)
				last = ch.Name
			}
		}
		return nil
	})
}

func applyTo(c *call) *objects.Error {
	return c.ask(func(w *writing) *objects.Error {
		template, err := find(w.table, objects.ScopeTemplate, c.name)
		if err != nil {
			return err
		}
		if !strings.EqualFold(c.args[0], "all") {
			scope, err := find(w.table, objects.Scope, c.args[0])
			if err != nil {
				return err
			}
			return w.applyAndPut(template, scope)
		}
		for _, scope := range w.table.cfg.All(objects.Scope) {
			if err := w.applyAndPut(template, scope); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *writing) applyAndPut(template, scope *objects.Object) *objects.Error {
	o := scope.Clone()
	if err := w.applyTemplate(template, o); err != nil {
		return err
	}
	w.put(o)
	return nil
}

// applyTemplate gives a scope what the template says: the attributes that are
// set in it, what its expressions make, and a policy of its own.
func (w *writing) applyTemplate(template, scope *objects.Object) *objects.Error {
	for name, text := range template.Attrs {
		if a := objects.Scope.Attr(name); a != nil && a.Derive == nil && !a.ReadOnly && a.Kind != objects.Obj {
			scope.Attrs[name] = text
		}
	}
	eval := func(a *objects.Attr) (expr.Made, *objects.Error) {
		made, err := expr.EvalTemplate(template.Text(a), templateVars(template, scope))
		if err == nil {
			return made, nil
		}
		e := *objects.AsError(err)
		e.Msg = template.Ref() + " " + a.Name + ": " + e.Msg
		return made, &e
	}
	if objects.TemplateDescriptionExpr.Of(template) != "" {
		made, err := eval(objects.TemplateDescriptionExpr.Attr)
		if err != nil {
			return err
		}
		scope.Attrs[objects.ScopeDescription.Name] = made.Value.Key()
	}
	if objects.TemplateRangesExpr.Of(template) != "" {
		made, err := eval(objects.TemplateRangesExpr.Attr)
		if err != nil {
			return err
		}
		if err := addMade(scope, made.Ranges); err != nil {
			return err
		}
	}
	return w.applyPolicy(template, scope, eval)
}

func templateVars(template, scope *objects.Object) expr.TemplateVars {
	of := func(o *objects.Object) func(string) (string, bool) {
		return func(attr string) (string, bool) {
			text, ok := o.Attrs[strings.ToLower(attr)]
			return text, ok
		}
	}
	return expr.TemplateVars{Subnet: objects.ScopeSubnet.Of(scope), Template: of(template), This: of(scope)}
}

// addMade adds the ranges that an expression made; those that the scope has
// already stay.
func addMade(scope *objects.Object, made []objects.Range) *objects.Error {
	rs := objects.ScopeRanges.Of(scope)
	for _, r := range made {
		if slices.Contains(rs, r) {
			continue
		}
		more, err := objects.AddRange(rs, r)
		if err != nil {
			e := *objects.AsError(err)
			e.Msg = scope.Ref() + ": " + e.Msg
			return &e
		}
		rs = more
	}
	setRanges(scope, rs)
	return nil
}

// applyPolicy makes the scope's embedded policy: the template's own, with
// times, router and options of the template in it.
func (w *writing) applyPolicy(template, scope *objects.Object, eval func(*objects.Attr) (expr.Made, *objects.Error)) *objects.Error {
	policy := objects.New(objects.ScopePolicy, scope.Name)
	if now := w.get(objects.ScopePolicy, scope.Name); now != nil {
		policy = now.Clone()
	}
	if own := w.get(objects.ScopeTemplatePolicy, template.Name); own != nil {
		maps.Copy(policy.Attrs, own.Attrs)
	}
	for _, a := range []*objects.Attr{objects.TemplateGracePeriod.Attr, objects.TemplateOfferTimeout.Attr} {
		if text, ok := template.Attrs[a.Name]; ok {
			policy.Attrs[a.Name] = text
		}
	}
	if host, ok := objects.TemplateRouterHost.Lookup(template); ok {
		r, err := objects.RangeOf(objects.ScopeSubnet.Of(scope), strconv.Itoa(host), strconv.Itoa(host))
		if err != nil {
			err.Msg = template.Ref() + " router-host: " + err.Msg
			return err
		}
		policy.Attrs[objects.OptionPrefix+"3"] = r.First.String()
	}
	if objects.TemplateOptionsExpr.Of(template) != "" {
		made, err := eval(objects.TemplateOptionsExpr.Attr)
		if err != nil {
			return err
		}
		for _, m := range made.Options {
			if err := w.putOption(policy, m.Option, m.Value); err != nil {
				err.Msg = template.Ref() + " options-expr: " + err.Msg
				return err
			}
		}
	}
	if len(policy.Attrs) > 0 {
		w.put(policy)
	}
	return nil
}
