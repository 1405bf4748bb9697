package shell

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// relatedColumns are the columns of getRelatedServers. Programs read them by
// their places, from the lines that begin with MAIN or BACKUP.
var relatedColumns = []struct {
	title string
	attr  *objects.Attr
}{
	{"Type", objects.RelatedType.Attr}, {"Name", objects.RelatedName.Attr}, {"Address", objects.RelatedAddress.Attr},
	{"Requests", objects.RelatedRequests.Attr}, {"Communications", objects.RelatedCommunications.Attr},
	{"State", objects.RelatedState.Attr}, {"Partner Role", objects.RelatedPartnerRole.Attr},
	{"Partner State", objects.RelatedPartnerState.Attr},
}

// runRelated shows the partners: a table with what is wrong below it, or with
// full-format a block for each.
func runRelated(c *call) *objects.Error {
	separator, full := "", false
	for _, w := range c.args() {
		name, value, given := strings.Cut(w.Text, "=")
		switch {
		case strings.EqualFold(name, "column-separator") && given:
			separator = value
		case strings.EqualFold(name, "full-format") && !given:
			full = true
		default:
			return objects.Errorf(objects.UnknownKeyword, "getRelatedServers does not know %q%s", shorten(w.Text, 60),
				nearest(name, []string{"column-separator=", "full-format"}))
		}
	}
	partners, err := c.partners(c.ctx)
	if err != nil {
		return err
	}
	if full {
		for _, o := range partners {
			c.counters(o)
		}
		return nil
	}
	var header []string
	for _, col := range relatedColumns {
		header = append(header, col.title)
	}
	var rows [][]string
	for _, o := range partners {
		var row []string
		for _, col := range relatedColumns {
			row = append(row, o.Attrs[col.attr.Name])
		}
		rows = append(rows, row)
	}
	lines, e := table(separator, header, rows)
	if e != nil {
		return objects.Errorf(objects.UnexpectedError, "lay out the table: %v", e)
	}
	for _, l := range lines {
		c.println(l)
	}
	for _, o := range partners {
		if wrong := objects.RelatedProblems.Of(o); wrong != "" {
			c.println(fmt.Sprintf("failover %q: %s", objects.RelatedPair.Of(o), wrong))
		}
	}
	return nil
}

// partners fetches the relationships of the running server.
func (s *Shell) partners(ctx context.Context) ([]*objects.Object, *objects.Error) {
	answer, err := s.client.Invoke(ctx, connect.NewRequest(&adminv1.InvokeRequest{Class: objects.Dhcp.Name, Method: "getRelatedServers"}))
	if err != nil {
		return nil, asError(err)
	}
	var os []*objects.Object
	for _, o := range answer.Msg.Objects {
		os = append(os, fromProto(o))
	}
	return os, nil
}

// runPairStatus shows what there is of a relationship, and nothing of what
// there is not.
func runPairStatus(c *call) *objects.Error {
	answer, err := c.client.Invoke(c.ctx, connect.NewRequest(&adminv1.InvokeRequest{Class: c.class.Name, Name: c.name, Method: "getStatus"}))
	if err != nil {
		return c.refused(err)
	}
	for _, o := range answer.Msg.Objects {
		c.counters(fromProto(o))
	}
	return nil
}

// datedArgs makes the arguments of a method that ends in a date: those before
// it, the date as Unix seconds, the flags. The date may be several words, and
// it is in this machine's time zone.
func (c *call) datedArgs(m *objects.Method) ([]string, *objects.Error) {
	var args, flags, date []string
	for _, w := range c.args() {
		switch {
		case contains(m.Flags, w.Text):
			flags = append(flags, strings.ToLower(w.Text))
		case len(args) < m.Min:
			args = append(args, w.Text)
		default:
			date = append(date, w.Text)
		}
	}
	if len(args) < m.Min {
		return nil, c.tooFew(c.usage(m.Usage))
	}
	if len(date) > 0 {
		text := strings.Join(date, " ")
		at, err := objects.ParsePast(text, c.cfg.Clock.Now())
		if err != nil {
			near := ""
			if strings.HasPrefix(date[len(date)-1], "-") {
				near = nearest(date[len(date)-1], m.Flags)
			}
			return nil, objects.Errorf(objects.Invalid, "%s: %q %v%s", m.Name, shorten(text, 60), err, near)
		}
		if at != objects.Forever { // which the server refuses by its name
			text = strconv.FormatInt(at, 10)
		}
		args = append(args, text)
	}
	return append(args, flags...), nil
}

// inline takes the methods that may stand on the line of a create, each with
// its argument, out of the words.
func (c *call) inline(words []Word) (rest []Word, taken []string, err *objects.Error) {
	for i := 0; i < len(words); i++ {
		name := slices.IndexFunc(c.class.Inline, func(n string) bool { return same(n, words[i].Text) })
		if name < 0 || words[i].Quoted {
			rest = append(rest, words[i])
			continue
		}
		m := c.class.Method(c.class.Inline[name])
		if i+1 == len(words) {
			return nil, nil, objects.Errorf(objects.TooFewArguments, "%s takes %s", m.Name, m.Usage)
		}
		i++
		taken = append(taken, m.Name, words[i].Text)
	}
	return rest, taken, nil
}

// pairWords completes what stands before the attributes of a new pair: the
// clusters for its two servers, then addMatch. It tells whether nothing else
// can stand there.
func (c *completion) pairWords(args []string) bool {
	n := len(args)
	switch {
	case strings.Contains(c.word, "="):
		return false
	case n > 0 && same(args[n-1], "addMatch"):
		c.hint = append(c.hint, "[<vpn>/]<ipaddr>/<mask>")
		return true
	case n < 2:
		for _, name := range c.names(c.ctx, objects.Cluster, c.typed, "") {
			if n == 0 || !strings.EqualFold(name, args[0]) {
				c.offer(name)
			}
		}
		c.hint = append(c.hint, []string{"<main server>", "<backup server>"}[n])
		return true
	}
	c.offer("addMatch")
	return false
}

// partnerNames are the names by which a partner can be declared down.
func (c *completion) partnerNames() []string {
	if c.client == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.ctx, nameWait)
	defer cancel()
	partners, _ := c.partners(ctx) // what did not come is not offered
	var names []string
	for _, o := range partners {
		name := objects.RelatedName.Of(o)
		if name == "--" {
			name = objects.RelatedAddress.Of(o)
		}
		if name != "--" {
			names = append(names, name)
		}
	}
	return names
}

// matchesOf fetches the match list of a failover pair.
func (c *completion) matchesOf(pair string) []string {
	if c.client == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.ctx, nameWait)
	defer cancel()
	answer, err := c.client.Invoke(ctx, connect.NewRequest(&adminv1.InvokeRequest{
		Class: objects.FailoverPair.Name, Name: pair, Method: "listMatches",
	}))
	if err != nil {
		return nil
	}
	return answer.Msg.Lines
}
