package expr

import "strings"

// node is a compiled piece of an expression.
type node interface {
	eval(r *run) (Value, *Failure)
}

// run is one evaluation.
type run struct {
	env   Env
	level int  // of tracing
	quiet bool // no effects but the trace
	calls int
	vars  []Value
	stack []Value // arguments of the calls under way

	tmpl *templateRun // nil in packet expressions
}

func (r *run) trace(level int, text string) { r.env.Trace(level, text) }

// literal is a constant.
type literal struct{ v Value }

func (n *literal) eval(r *run) (Value, *Failure) {
	if r.level >= 5 {
		r.trace(5, "literal "+n.v.String())
	}
	return n.v, nil
}

// variable is a local of let or dotimes.
type variable struct {
	name string
	slot int
}

func (n *variable) eval(r *run) (Value, *Failure) {
	v := r.vars[n.slot]
	if r.level >= 5 {
		r.trace(5, "variable "+n.name+" = "+v.String())
	}
	return v, nil
}

// call evaluates its arguments from left to right, then its function.
type call struct {
	fn   *function
	args []node
}

func (n *call) eval(r *run) (Value, *Failure) {
	if f := r.enter(n.fn.name); f != nil {
		return Value{}, f
	}
	base := len(r.stack)
	for _, a := range n.args {
		v, f := a.eval(r)
		if f != nil {
			r.stack = r.stack[:base]
			return Value{}, f
		}
		if r.level >= 4 {
			r.trace(4, n.fn.name+": argument "+v.String())
		}
		r.stack = append(r.stack, v)
	}
	args := r.stack[base:]
	v, c := n.fn.eval(r, args)
	if r.level >= 3 {
		r.traceCall(n.fn.name, args, v, c)
	}
	r.stack = r.stack[:base]
	if c == "" && len(v.Text) > maxValue {
		c = tooLong
	}
	if c != "" {
		return Value{}, &Failure{n.fn.name, string(c)}
	}
	return v, nil
}

// enter counts a call.
func (r *run) enter(name string) *Failure {
	if r.calls++; r.calls > maxCalls {
		return &Failure{name, "more than 10000 calls"}
	}
	return nil
}

func (r *run) traceCall(name string, args []Value, v Value, c cause) {
	var b strings.Builder
	b.WriteString("(" + name)
	for _, a := range args {
		b.WriteString(" " + a.String())
	}
	b.WriteString(")")
	if c != "" {
		r.trace(3, b.String()+" failed: "+string(c))
		return
	}
	r.trace(3, b.String()+" = "+v.String())
}

// done traces the value of a special form.
func (r *run) done(name string, v Value) (Value, *Failure) {
	if r.level >= traceAll {
		r.trace(traceAll, name+" = "+v.String())
	}
	return v, nil
}

// andNode and orNode stop at the first argument that decides.
type andNode struct{ args []node }

func (n *andNode) eval(r *run) (v Value, f *Failure) {
	if f = r.enter("and"); f != nil {
		return Value{}, f
	}
	for _, a := range n.args {
		if v, f = a.eval(r); f != nil || v.Kind == Null {
			return Value{}, f
		}
	}
	return r.done("and", v)
}

type orNode struct{ args []node }

func (n *orNode) eval(r *run) (v Value, f *Failure) {
	if f = r.enter("or"); f != nil {
		return Value{}, f
	}
	for _, a := range n.args {
		if v, f = a.eval(r); f != nil {
			return Value{}, f
		}
		if v.Kind != Null {
			break
		}
	}
	return r.done("or", v)
}

// ifNode evaluates the chosen branch only.
type ifNode struct{ cond, then, other node }

func (n *ifNode) eval(r *run) (Value, *Failure) {
	if f := r.enter("if"); f != nil {
		return Value{}, f
	}
	v, f := n.cond.eval(r)
	if f != nil {
		return Value{}, f
	}
	switch {
	case v.Kind != Null && n.then != nil:
		v, f = n.then.eval(r)
	case v.Kind == Null && n.other != nil:
		v, f = n.other.eval(r)
	}
	if f != nil {
		return Value{}, f
	}
	return r.done("if", v)
}

// tryNode puts a fallback in the place of a failure.
type tryNode struct{ body, fallback node }

func (n *tryNode) eval(r *run) (Value, *Failure) {
	if f := r.enter("try"); f != nil {
		return Value{}, f
	}
	base := len(r.stack)
	v, f := n.body.eval(r)
	if f == nil {
		return r.done("try", v)
	}
	if r.level >= 1 {
		r.trace(1, "try goes on after "+f.Error())
	}
	r.stack = r.stack[:base]
	return n.fallback.eval(r)
}

// letNode gives locals their values, in order, then evaluates its body.
type letNode struct {
	names []variable
	inits []node // nil: null
	body  []node
}

func (n *letNode) eval(r *run) (v Value, f *Failure) {
	if f = r.enter("let"); f != nil {
		return Value{}, f
	}
	for i, name := range n.names {
		v = Value{}
		if n.inits[i] != nil {
			if v, f = n.inits[i].eval(r); f != nil {
				return Value{}, f
			}
		}
		r.vars[name.slot] = v
	}
	return r.sequence("let", n.body)
}

func (r *run) sequence(name string, body []node) (v Value, f *Failure) {
	for _, b := range body {
		if v, f = b.eval(r); f != nil {
			return Value{}, f
		}
	}
	return r.done(name, v)
}

type setqNode struct {
	to    variable
	value node
}

func (n *setqNode) eval(r *run) (Value, *Failure) {
	if f := r.enter("setq"); f != nil {
		return Value{}, f
	}
	v, f := n.value.eval(r)
	if f != nil {
		return Value{}, f
	}
	r.vars[n.to.slot] = v
	return r.done("setq "+n.to.name, v)
}

// timesNode repeats its body with the variable from 0 to count-1.
type timesNode struct {
	counter       variable
	count, result node // result may be nil
	body          []node
}

func (n *timesNode) eval(r *run) (Value, *Failure) {
	const name = "dotimes"
	if f := r.enter(name); f != nil {
		return Value{}, f
	}
	v, f := n.count.eval(r)
	if f != nil {
		return Value{}, f
	}
	count, c := v.signed()
	if c == "" && count > maxRounds {
		c = "more than 1000 rounds"
	}
	if c != "" {
		return Value{}, &Failure{name, string(c)}
	}
	for i := range max(count, 0) {
		if f := r.enter(name); f != nil {
			return Value{}, f
		}
		r.vars[n.counter.slot] = Unsigned(uint32(i))
		if _, f := r.sequence(name, n.body); f != nil {
			return Value{}, f
		}
	}
	r.vars[n.counter.slot] = Unsigned(uint32(max(count, 0)))
	if n.result == nil {
		return Value{}, nil
	}
	return n.result.eval(r)
}

// environmentNode reads or, with a value, writes the environment dictionary.
type environmentNode struct{ name, value node }

func (n *environmentNode) eval(r *run) (Value, *Failure) {
	const name = "environmentdictionary"
	if f := r.enter(name); f != nil {
		return Value{}, f
	}
	v, f := n.name.eval(r)
	if f != nil {
		return Value{}, f
	}
	key, c := v.str()
	if c != "" {
		return Value{}, &Failure{name, string(c)}
	}
	if n.value == nil {
		if text, ok := r.env.Environment(key); ok {
			return r.done(name, Str(text))
		}
		return r.done(name, Value{})
	}
	if v, f = n.value.eval(r); f != nil {
		return Value{}, f
	}
	text, c := v.str()
	if c != "" {
		return Value{}, &Failure{name, string(c)}
	}
	if !r.quiet {
		r.env.PutEnvironment(key, text)
	}
	return r.done(name, v)
}
