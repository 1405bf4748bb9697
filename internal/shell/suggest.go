package shell

import (
	"context"
	"strings"
	"time"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// How long completion and suggestions wait for names from the server, and how
// many they take: neither may make a prompt feel slow.
const (
	nameWait = 300 * time.Millisecond
	maxNames = 500
)

// names fetches names of objects that begin so; none if the server is slow or
// gone.
func (s *Shell) names(ctx context.Context, class *objects.Class, prefix, owner string) []string {
	if s.client == nil || class == objects.Lease {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, nameWait)
	defer cancel()
	l, err := s.client.List(ctx, connect.NewRequest(&adminv1.ListRequest{
		Class: class.Name, Prefix: prefix, Owner: owner, NamesOnly: true, Limit: maxNames,
	}))
	if err != nil {
		return nil
	}
	defer func() { _ = l.Close() }() // names that did not come are not offered
	var names []string
	for l.Receive() {
		for _, o := range l.Msg().Objects {
			names = append(names, o.Name)
		}
	}
	return names
}

// suggest adds the nearest right name to an answer that an object was not
// found: another object's, or the verb that stands in the place of the name.
func (c *call) suggest(class *objects.Class, name string, e *objects.Error) *objects.Error {
	if e == nil || e.Code != objects.NotFound || class.Singleton || strings.Contains(e.Msg, "did you mean") {
		return e
	}
	var words []string
	if class.Key == nil { // an address near a wrong one is no suggestion
		words = c.names(c.ctx, class, "", "")
	}
	if contains(words, name) {
		return e // it is there: something else was not found
	}
	if len(c.words) == 2 {
		words = append(words, verbNames(c.verbsOf(class), true)...)
	}
	if near := objects.Nearest(name, words); near != "" && !strings.EqualFold(near, name) {
		return &objects.Error{Code: e.Code, Msg: e.Msg + ", did you mean " + near + "?", Detail: e.Detail}
	}
	return e
}
