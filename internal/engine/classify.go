package engine

import (
	"slices"
	"strings"

	"leasehold/internal/expr"
	"leasehold/internal/lease"
	"leasehold/internal/packet"
	"leasehold/pkg/objects"
)

// classify finds out who the client is and what is configured for it, in the
// documented order: client-class-lookup-id, client-lookup-id of that class, the
// client entry, its class and properties, limitation-id and override-client-id
// of the resulting class (expressions.md section 1).
func (ex *exchange) classify() verdict {
	now := ex.server.clock.Now()
	ex.at(now)
	if ex.givesBack() {
		ex.now = now.Add(-ex.in.Waited).Unix()
	}
	if old := ex.plan.settings.dropOld; old > 0 && now.Sub(ex.received) > old {
		return dropped(DropOld)
	}
	if ex.kind == querying {
		return ex.answerQuery()
	}
	ex.describe()
	if ex.plan.settings.clientClass {
		if v := ex.lookupClass(); v.act != next {
			return v
		}
		if v := ex.lookupClient(); v.act != next {
			return v
		}
		ex.settle()
		if ex.is(func(p *properties) bool { return p.exclude }) {
			return dropped(DropExcluded)
		}
		if v := ex.identify(); v.act != next {
			return v
		}
	}
	if ex.plan.settings.macOnly {
		ex.who.ClientID = ""
	}
	ex.key = ex.who.Key()
	ex.nameHost()
	ex.logClient()
	return goOn
}

// describe notes what the packet itself says of the client.
func (ex *exchange) describe() {
	m := &ex.msg
	ex.who = lease.Client{
		HW:       ex.hw,
		ClientID: string(m.ClientID()),
		Giaddr:   lease.AddrFrom(m.GIAddr),
		BOOTP:    ex.kind == bootp,
	}
	ex.who.RelayInfo = string(m.RelayInfo())
	if ex.plan.settings.saveVendorClass {
		ex.who.VendorClass = string(m.VendorClassID())
	}
}

// noClass is what client-class-lookup-id says for "no class from this step".
const noClass = "<none>"

func (ex *exchange) lookupClass() verdict {
	p := ex.plan.settings.classLookup
	if p == nil {
		ex.userClass()
		return goOn
	}
	v, err := p.Eval(ex.env())
	if err != nil {
		ex.logExpression(objects.DhcpClientClassLookupID.Name, "dhcp", err.Error())
		return dropped(DropClassLookup)
	}
	name := text(v)
	if name == noClass {
		return goOn
	}
	c := ex.plan.classes[strings.ToLower(name)]
	if v.Kind == expr.Null || c == nil {
		ex.logExpression(objects.DhcpClientClassLookupID.Name, "dhcp", "result '"+name+"' is not a configured client-class")
		return dropped(DropClassLookup)
	}
	ex.class = c
	return goOn
}

// userClass takes the user class (option 77) for the client-class or for tags
// of the selection criteria, as map-user-class-id says.
func (ex *exchange) userClass() {
	how := ex.plan.settings.userClass
	if how == objects.UserClassIgnored {
		return
	}
	raw := ex.msg.Get(packet.UserClass)
	// RFC 3004 counts each item; many clients send the bare text.
	if len(raw) > 1 && int(raw[0]) == len(raw)-1 {
		raw = raw[1:]
	}
	name := strings.ToLower(string(raw))
	if name == "" {
		return
	}
	if how == objects.UserClassIsClass {
		ex.class = ex.plan.classes[name]
	} else if id, ok := ex.plan.tags[name]; ok {
		ex.tags = append(ex.tags, id)
	}
}

func (ex *exchange) lookupClient() verdict {
	if ex.plan.settings.skipClientLookup {
		return goOn
	}
	t := &ex.plan.clients
	if ex.class != nil && ex.class.clientLookup != nil {
		v, err := ex.class.clientLookup.Eval(ex.env())
		if err != nil {
			ex.logExpression(objects.ClassClientLookupID.Name, objects.Ref(objects.ClientClass, ex.class.name), err.Error())
			return dropped(DropExpression)
		}
		if v.Kind != expr.Null {
			ex.client = t.lookup(text(v))
		} else {
			ex.client = t.byHW[ex.hw]
		}
	} else {
		ex.client = t.byHW[ex.hw]
	}
	if ex.client == nil {
		ex.client = t.fallback
	}
	return goOn
}

// settle takes over the client's class, or the one of a client whose
// authentication is over.
func (ex *exchange) settle() {
	c := ex.client
	if c == nil {
		return
	}
	if c.class != nil {
		ex.class = c.class
	}
	if c.authUntil == 0 || ex.now < c.authUntil {
		return
	}
	switch {
	case c.unauth != nil:
		ex.class = c.unauth
	case ex.class != nil && ex.class.unauth != nil:
		ex.class = ex.class.unauth
	}
}

// is tells whether the client or its class has a property.
func (ex *exchange) is(has func(*properties) bool) bool {
	return ex.client != nil && has(&ex.client.properties) || ex.class != nil && has(&ex.class.properties)
}

// identify settles the client's identity, its selection criteria and the
// identity that its leases are counted under.
func (ex *exchange) identify() verdict {
	c := ex.class
	if c != nil {
		ex.who.ClientClass = c.name
		if c.overrideID != nil {
			v, err := c.overrideID.Eval(ex.env())
			if err != nil {
				ex.logExpression(objects.ClassOverrideID.Name, objects.Ref(objects.ClientClass, c.name), err.Error())
				return dropped(DropExpression)
			}
			if id := octets(v); id != "" {
				ex.who.ClientID = id
			}
		}
	}
	if ex.client != nil && ex.client.overrideID != "" {
		ex.who.ClientID = ex.client.overrideID
	}
	ex.choose()
	ex.first = ex.class
	return ex.limitation()
}

// limitation evaluates the class's limitation-id.
func (ex *exchange) limitation() verdict {
	c := ex.class
	ex.who.LimitationID = ""
	if c == nil || c.limitation == nil {
		return goOn
	}
	v, err := c.limitation.Eval(ex.env())
	if err != nil {
		ex.logExpression(objects.ClassLimitationID.Name, objects.Ref(objects.ClientClass, c.name), err.Error())
		return dropped(DropExpression)
	}
	ex.who.LimitationID = octets(v)
	return goOn
}

// choose takes the selection criteria of the client, else of its class.
func (ex *exchange) choose() {
	ex.criteria = nil
	switch {
	case ex.client != nil && ex.client.criteria != nil:
		ex.criteria = ex.client.criteria
	case ex.class != nil:
		ex.criteria = ex.class.criteria
	}
	if len(ex.tags) > 0 {
		ex.criteria = append(slices.Clip(ex.tags), ex.criteria...)
	}
}

// enterClass puts the client into another class: the over-limit one, or back
// into its own.
func (ex *exchange) enterClass(c *class) Outcome {
	ex.class = c
	ex.who.ClientClass = ""
	if c != nil {
		ex.who.ClientClass = c.name
	}
	ex.choose()
	return ex.limitation().why
}

// text is an expression's value as a lookup key: a string as it is, a blob in
// hex.
func text(v expr.Value) string {
	switch v.Kind {
	case expr.String:
		return v.Text
	case expr.Blob:
		return objects.FormatBlob(v.Text)
	case expr.Int, expr.Uint:
		return itoa(v.Num)
	}
	return ""
}

// octets is an expression's value as octets: strings and blobs byte by byte,
// numbers as four octets in network order.
func octets(v expr.Value) string {
	switch v.Kind {
	case expr.String, expr.Blob:
		return v.Text
	case expr.Int, expr.Uint:
		n := uint32(v.Num)
		return string([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
	}
	return ""
}
