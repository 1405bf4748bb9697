package expr

import (
	"slices"
	"strconv"
)

// field is a packet field that request and response read.
type field struct {
	name  string
	width int // bytes of a number, for get-blob
}

// fields lists what Packet.Field is asked for.
var fields = []field{
	{"op", 1}, {"htype", 1}, {"hlen", 1}, {"hops", 1}, {"secs", 2}, {"flags", 2}, {"xid", 4},
	{name: "chaddr"}, {name: "ciaddr"}, {name: "yiaddr"}, {name: "siaddr"}, {name: "giaddr"}, {name: "sname"}, {name: "file"},
	{name: "macaddress-string"}, {name: "macaddress-blob"}, {name: "client-id"}, {name: "client-id-created"},
	{"msg-type", 1}, {name: "relay-agent-circuit-id"}, {name: "relay-agent-remote-id"},
	{name: "selection-criteria"}, {name: "client-class-name"},
}

// fieldAliases are further spellings of fields.
var fieldAliases = map[string]string{"dhcp-message-type": "msg-type"}

// FieldNames returns the names that Packet.Field is asked for.
func FieldNames() []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

// source is the packet that a request or response form reads.
type source struct{ response bool }

func (s source) name() string {
	if s.response {
		return "response"
	}
	return "request"
}

func (s source) packet(r *run) (Packet, *Failure) {
	if !s.response {
		return r.env, nil
	}
	if p := r.env.Response(); p != nil {
		return p, nil
	}
	return nil, &Failure{s.name(), "there is no response packet yet"}
}

// fieldNode reads a packet field.
type fieldNode struct {
	source
	field field
	blob  bool
}

func (n *fieldNode) eval(r *run) (Value, *Failure) {
	p, f := n.begin(r)
	if f != nil {
		return Value{}, f
	}
	v, err := p.Field(n.field.name)
	if err != nil {
		return Value{}, &Failure{n.name(), err.Error()}
	}
	if n.blob && v.Kind != Null {
		if v.isInt() {
			v = blob(fourBytes(v.Num)[4-min(4, max(1, n.field.width)):])
		} else {
			v = blob(v.Text)
		}
	}
	return r.read(n.name()+" "+n.field.name, v)
}

func (s source) begin(r *run) (Packet, *Failure) {
	if f := r.enter(s.name()); f != nil {
		return nil, f
	}
	return s.packet(r)
}

// read traces what was read of a packet, and bounds it.
func (r *run) read(what string, v Value) (Value, *Failure) {
	if len(v.Text) > maxValue {
		return Value{}, &Failure{what, string(tooLong)}
	}
	if r.level >= 3 {
		r.trace(3, "("+what+") = "+v.String())
	}
	return v, nil
}

// dumpNode logs the decoded packet.
type dumpNode struct{ source }

func (n *dumpNode) eval(r *run) (Value, *Failure) {
	p, f := n.begin(r)
	if f == nil && !r.quiet {
		r.env.Log("info", p.Dump())
	}
	return Value{}, f
}

// part says which part of an option path a computed value is.
type part uint8

const (
	partName part = iota // code or name
	partVendor
	partEnterprise
	partInstance
	partIndex
)

// computed is a part of an option path that is not a literal.
type computed struct {
	step  int
	part  part
	value node
}

// optionNode reads an option.
type optionNode struct {
	source
	path     OptionPath
	computed []computed
}

func (n *optionNode) eval(r *run) (Value, *Failure) {
	p, f := n.begin(r)
	if f != nil {
		return Value{}, f
	}
	path := &n.path
	if len(n.computed) > 0 {
		if path, f = n.fill(r); f != nil {
			return Value{}, f
		}
	}
	v, err := p.Option(path)
	if err != nil {
		return Value{}, &Failure{n.name(), err.Error()}
	}
	if r.level >= 3 {
		return r.read(n.name()+" "+path.String(), v)
	}
	return r.read(n.name(), v)
}

// fill makes a path with the computed parts in it.
func (n *optionNode) fill(r *run) (*OptionPath, *Failure) {
	path := n.path
	path.Steps = slices.Clone(path.Steps)
	for _, c := range n.computed {
		v, f := c.value.eval(r)
		if f != nil {
			return nil, f
		}
		if why := path.put(c.step, c.part, v); why != "" {
			return nil, &Failure{n.name(), string(why)}
		}
	}
	return &path, nil
}

const (
	badSpecifier cause = "option specifier must be integer or string"
	badNumber    cause = "instance and index must be an integer from 0"
)

// put sets one part of the path. Nothing is converted.
func (p *OptionPath) put(step int, which part, v Value) cause {
	if which == partInstance || which == partIndex {
		if !v.isInt() || v.Num < 0 {
			return badNumber
		}
		if n := int(min(v.Num, 1<<20)); which == partIndex {
			p.Index = n
		} else {
			p.Steps[step].Instance = n
		}
		return ""
	}
	if v.Kind != String && !v.isInt() || v.Num < 0 {
		return badSpecifier
	}
	s := &p.Steps[step]
	switch {
	case which == partVendor && v.Kind != String:
		return "vendor must be a string"
	case which == partVendor:
		s.Vendor = v.Text
	case which == partEnterprise:
		s.Enterprise = v.Key()
	case v.Kind == String:
		s.Code, s.Name = -1, v.Text
	default:
		s.Code, s.Name = int(min(v.Num, 1<<20)), ""
	}
	return ""
}

// String writes the path as it stands in an expression.
func (p *OptionPath) String() string {
	text := "option"
	if p.Blob {
		text = "get-blob option"
	}
	for _, s := range p.Steps {
		if s.Name != "" {
			text += " " + strconv.Quote(s.Name)
		} else {
			text += " " + strconv.Itoa(s.Code)
		}
		if s.Vendor != "" {
			text += " vendor " + strconv.Quote(s.Vendor)
		}
		if s.Enterprise != "" {
			text += " enterprise-id " + strconv.Quote(s.Enterprise)
		}
		if s.Instance >= 0 {
			text += " instance " + strconv.Itoa(s.Instance)
		}
	}
	switch p.Want {
	case WantInstanceCount:
		text += " instance-count"
	case WantCount:
		text += " count"
	case WantIndex:
		text += " index " + strconv.Itoa(p.Index)
	}
	return text
}

func compileRequest(c *compiler, f form, args []form) (node, *SyntaxError) {
	src := source{response: f.list[0].word() == "response"}
	raw := false
	switch args[0].word() {
	case "get":
		args = args[1:]
	case "get-blob":
		raw, args = true, args[1:]
	}
	if len(args) == 0 {
		return nil, failAt(f.offset, "%s: a packet field or option must be named", src.name())
	}
	switch word := args[0].word(); word {
	case "option":
		return c.optionPath(src, raw, f, args[1:])
	case "relay":
		return nil, failAt(args[0].offset, "%s: relay is for DHCPv6 only", src.name())
	case "dump":
		if len(args) > 1 || raw {
			return nil, failAt(f.offset, "%s: wrong number of arguments: dump takes none", src.name())
		}
		return &dumpNode{src}, nil
	default:
		if alias, ok := fieldAliases[word]; ok {
			word = alias
		}
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == word })
		if i < 0 {
			return nil, failAt(args[0].offset, "unknown packet field '%s'%s", canonical(args[0]), didYouMean(word, FieldNames()))
		}
		if len(args) > 1 {
			return nil, failAt(args[1].offset, "%s: wrong number of arguments: nothing follows a packet field", src.name())
		}
		return &fieldNode{src, fields[i], raw}, nil
	}
}

// optionPath compiles what follows the word option.
func (c *compiler) optionPath(src source, raw bool, f form, args []form) (node, *SyntaxError) {
	p := pathCompiler{c: c, n: &optionNode{source: src, path: OptionPath{Blob: raw}}}
	for len(args) > 0 {
		used, err := p.clause(args)
		if err != nil {
			return nil, err
		}
		args = args[used:]
	}
	if len(p.n.path.Steps) == 0 {
		return nil, failAt(f.offset, "%s: an option name or number must follow the word option", src.name())
	}
	c.reads = append(c.reads, p.n)
	return p.n, nil
}

// pathCompiler collects the clauses of an option path.
type pathCompiler struct {
	c *compiler
	n *optionNode
}

// clause compiles the first clause and returns how many forms it has.
func (p *pathCompiler) clause(args []form) (int, *SyntaxError) {
	head, path := args[0], &p.n.path
	word := head.word()
	if path.Want != WantValue {
		return 0, failAt(head.offset, "%s: nothing follows instance-count, count and index", p.n.name())
	}
	last := len(path.Steps) - 1
	switch word {
	case "option":
		return 0, failAt(head.offset, "%s: more than one option is for DHCPv6 only", p.n.name())
	case "vendor", "enterprise-id", "instance", "index", "instance-count", "count":
		if last < 0 {
			return 0, failAt(head.offset, "%s: an option name or number must stand before %s", p.n.name(), word)
		}
	}
	switch word {
	case "instance-count":
		if path.Steps[last].Instance >= 0 {
			return 0, failAt(head.offset, "%s: instance and instance-count exclude each other", p.n.name())
		}
		path.Want = WantInstanceCount
		return 1, nil
	case "count":
		path.Want = WantCount
		return 1, nil
	case "index":
		path.Want = WantIndex
		return 2, p.operand(args, last, partIndex)
	case "instance":
		return 2, p.operand(args, last, partInstance)
	case "vendor":
		return 2, p.operand(args, last, partVendor)
	case "enterprise-id":
		return 2, p.operand(args, last, partEnterprise)
	}
	path.Steps = append(path.Steps, OptionStep{Code: -1, Instance: -1})
	return 1, p.value(head, last+1, partName)
}

// operand compiles what follows the word of a clause.
func (p *pathCompiler) operand(args []form, step int, which part) *SyntaxError {
	if len(args) < 2 {
		return failAt(args[0].offset, "%s: a value must follow %s", p.n.name(), args[0].text)
	}
	return p.value(args[1], step, which)
}

func (p *pathCompiler) value(f form, step int, which part) *SyntaxError {
	n, err := p.c.node(f)
	if err != nil {
		if !f.isList && isName(f.text) {
			err.Msg += "; a name stands in quotes: \"" + f.text + "\""
		}
		return err
	}
	if l, ok := n.(*literal); ok {
		if why := p.n.path.put(step, which, l.v); why != "" {
			return failAt(f.offset, "%s: %s", p.n.name(), why)
		}
		return nil
	}
	p.n.computed = append(p.n.computed, computed{step, which, n})
	return nil
}
