package admin

import (
	"context"
	"strings"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// call is a method of a class on its way.
type call struct {
	ctx     context.Context
	service *Service
	session *session
	class   *objects.Class
	method  *objects.Method
	name    string
	args    []string
	request request

	answer *adminv1.InvokeResponse
}

// A method's function does it and fills the answer. What it returns is the
// status: nil is 100.
type methodFunc func(c *call) *objects.Error

// methodTable holds, by class and the name in the class's own table, what the
// methods do. Those of session are nrcmd's own.
var methodTable = map[*objects.Class]map[string]methodFunc{
	objects.Scope: {
		"addRange":            addRange,
		"removeRange":         removeRange,
		"listRanges":          listRanges,
		"addReservation":      addReservation,
		"removeReservation":   removeReservation,
		"listReservations":    listReservations,
		"listLeases":          listLeases,
		"clearUnavailable":    clearUnavailable,
		"getUtilization":      getUtilization,
		"changeSubnet":        changeSubnet,
		"report-staged-edits": reportStagedEdits,
	},
	objects.ScopeTemplate: {"apply-to": applyTo},
	objects.FailoverPair: {
		"addMatch":       addMatch,
		"removeMatch":    removeMatch,
		"listMatches":    listMatches,
		"getStatus":      getStatus,
		"setPartnerDown": setPartnerDown,
		"rebalancePool":  rebalancePool,
		"sync":           syncPair,
		"reload":         reloadPair,
		"diff":           diffPair,
		"checklist":      checkPairList,
		"confirm":        confirmPair,
		"probe":          probePair,
		"role":           pairRole,
		"listPending":    listPending,
		"cancelPending":  cancelPending,
	},
	objects.Cluster: {"check": checkCluster},
	objects.LDAP:    {"setEntry": setEntry, "getEntry": getEntry, "unsetEntry": unsetEntry},
	objects.Option:  {"listtypes": listTypes},
	objects.Admin:   {"enterPassword": enterPassword},
	objects.Lease: {
		"activate":           leaseAction,
		"deactivate":         leaseAction,
		"force-available":    leaseAction,
		"get-scope-name":     getScopeName,
		"send-reservation":   sendReservation,
		"delete-reservation": leaseAction,
	},
	objects.Dhcp:   serverMethods,
	objects.Server: serverMethods,
}

var policyMethods = map[string]methodFunc{
	"setOption":         setOption,
	"getOption":         getOption,
	"unsetOption":       unsetOption,
	"listOptions":       listOptions,
	"setVendorOption":   setVendorOption,
	"getVendorOption":   getVendorOption,
	"unsetVendorOption": unsetVendorOption,
	"listVendorOptions": listVendorOptions,
	"setLeaseTime":      setLeaseTime,
	"getLeaseTime":      getLeaseTime,
}

var serverMethods = map[string]methodFunc{
	"start":             control,
	"stop":              control,
	"reload":            control,
	"getHealth":         getHealth,
	"getStats":          getStats,
	"resetStats":        resetStats,
	"getRelatedServers": getRelatedServers,
	"setPartnerDown":    setPartnerDown,
	"setDebug":          setDebug,
	"unsetDebug":        unsetDebug,
	"limitationList":    limitationList,
	"attachExtension":   attachExtension,
	"detachExtension":   detachExtension,
	"listExtensions":    listExtensions,
}

func init() {
	for _, c := range objects.PolicyClasses {
		methodTable[c] = policyMethods
	}
}

// Invoke runs a method of a class.
func (s *Service) Invoke(ctx context.Context, r *connect.Request[adminv1.InvokeRequest]) (*connect.Response[adminv1.InvokeResponse], error) {
	c, err := s.newCall(ctx, r.Msg)
	if err == nil {
		err = methodTable[c.class][c.method.Name](c)
	}
	if err != nil && err.Code.Failed() {
		return nil, rpc.Refusal(err)
	}
	c.answer.Status = rpc.Status(err)
	return connect.NewResponse(c.answer), nil
}

// newCall finds the method and checks what its table row says.
func (s *Service) newCall(ctx context.Context, m *adminv1.InvokeRequest) (*call, *objects.Error) {
	class, err := classOf(m.Class)
	if err != nil {
		return nil, err
	}
	method, err := class.FindMethod(m.Method)
	if err != nil {
		return nil, err
	}
	if methodTable[class][method.Name] == nil {
		return nil, objects.Errorf(objects.NotSupported, "%s %s is done by nrcmd itself", class.Name, method.Name)
	}
	if n := len(m.Arguments); n < method.Min {
		return nil, objects.Errorf(objects.TooFewArguments, "%s %s takes %s", class.Name, method.Name, method.Usage)
	} else if method.Max >= 0 && n > method.Max {
		return nil, objects.Errorf(objects.TooManyArguments, "%s %s takes %s; %q is too much", class.Name, method.Name, usage(method), m.Arguments[method.Max])
	}
	c := &call{
		ctx: ctx, service: s, session: sessionFrom(ctx), class: class, method: method, name: m.Name, args: m.Arguments,
		request: request{mode: m.EditMode, expected: m.ExpectedVersion}, answer: &adminv1.InvokeResponse{},
	}
	if !method.ReadOnly {
		if err := s.mayInvoke(c); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func usage(m *objects.Method) string {
	if m.Usage == "" {
		return "no arguments"
	}
	return m.Usage
}

// mayInvoke asks for the right to what the method changes.
func (s *Service) mayInvoke(c *call) *objects.Error {
	if c.class == objects.Admin && strings.EqualFold(c.name, c.session.user) && !c.session.readOnly {
		return nil // one's own password
	}
	class := c.class
	switch class {
	case objects.ScopeTemplate:
		class = objects.Scope // what apply-to changes
	case objects.Server:
		class = objects.Dhcp
	}
	return s.mayEdit(c.session, class)
}

func (c *call) line(text string) { c.answer.Lines = append(c.answer.Lines, text) }

// look runs a reading method under the lock, on what the session sees.
func (c *call) look(read func(*table) *objects.Error) *objects.Error {
	c.service.mu.RLock()
	defer c.service.mu.RUnlock()
	return read(c.service.view(c.session))
}

// object is look for a method about one object.
func (c *call) object(read func(*table, *objects.Object) *objects.Error) *objects.Error {
	return c.look(func(t *table) *objects.Error {
		o, err := find(t, c.class, c.name)
		if err != nil {
			return err
		}
		return read(t, o)
	})
}

// change runs a method that changes its object.
func (c *call) change(edit func(w *writing, o *objects.Object) *objects.Error) *objects.Error {
	var status *objects.Error
	o, err := c.service.do(c.ctx, c.class.Name, c.request, func(w *writing) *objects.Error {
		status = nil
		err := w.change(c.name, func(o *objects.Object) *objects.Error {
			err := edit(w, o)
			if err != nil && !err.Code.Failed() {
				status, err = err, nil
			}
			return err
		})
		if err == nil {
			err = status
		}
		return err
	})
	c.answer.Object = o
	return err
}

// ask runs a method that changes other objects than its own.
func (c *call) ask(build func(w *writing) *objects.Error) *objects.Error {
	o, err := c.service.do(c.ctx, c.class.Name, c.request, build)
	c.answer.Object = o
	return err
}
