package expr

import (
	"fmt"
	"strings"
	"sync"

	"leasehold/internal/option"
)

// Program is a compiled expression. It never changes after Parse and Bind, and
// may be evaluated by any number of goroutines.
type Program struct {
	text  string
	root  node
	slots int // of local variables
	reads []*optionNode
}

// SyntaxError says where an expression text is wrong.
type SyntaxError struct {
	Offset int // bytes from the start of the text
	Msg    string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("expression error at offset %d: %s", e.Offset, e.Msg)
}

// Failure is why an evaluation failed: in which function, and the cause.
type Failure struct {
	Function string
	Cause    string
}

func (f *Failure) Error() string { return f.Function + ": " + f.Cause }

// Parse compiles a text. The error is a *SyntaxError.
func Parse(text string) (*Program, error) { return ParseTraced(text, 0, nil) }

// failureRetry is the trace level (of both settings) from which something that
// failed is done once more with everything traced.
const failureRetry = 2

// traceAll is the highest trace level.
const traceAll = 6

// ParseTraced is Parse that tells what it does, as far as level
// (expression-configuration-trace-level) says: 2 parses a wrong text once more
// with everything on, 3 functions, 4 their arguments, 5 variables and literals,
// 6 everything.
func ParseTraced(text string, level int, emit func(level int, text string)) (*Program, error) {
	c := compiler{dialect: inPackets, level: level, emit: emit}
	p, err := c.program(text)
	if err == nil {
		return p, nil
	}
	if emit != nil && level >= failureRetry {
		emit(failureRetry, err.Error())
		again := compiler{dialect: inPackets, level: traceAll, emit: emit}
		if level < traceAll {
			_, _ = again.program(text) // for its trace: the error is known
		}
	}
	return nil, err
}

// String returns the canonical text: one line without comments.
func (p *Program) String() string { return p.text }

// Bind looks the option names of the program up once and for all. Each error
// names one that the catalogue does not have; reading it will fail. Call it
// before the first Eval.
func (p *Program) Bind(c *option.Catalog) []error {
	var errs []error
	for _, n := range p.reads {
		if err := bind(c, &n.path); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

var runs = sync.Pool{New: func() any { return &run{stack: make([]Value, 0, 32)} }}

// Eval evaluates the program. The error is a *Failure.
func (p *Program) Eval(env Env) (Value, error) {
	level := env.TraceLevel()
	v, f := p.once(env, level, false)
	if f == nil {
		return v, nil
	}
	if level >= failureRetry {
		env.Trace(failureRetry, "failed, once more with all tracing: "+f.Error())
		_, _ = p.once(env, traceAll, true) // for its trace: the failure is known
	}
	return Value{}, f
}

// once evaluates the program one time. A quiet run has no effects but its
// trace.
func (p *Program) once(env Env, level int, quiet bool) (Value, *Failure) {
	r := runs.Get().(*run)
	r.env, r.level, r.quiet, r.calls = env, level, quiet, 0
	if cap(r.vars) < p.slots {
		r.vars = make([]Value, p.slots)
	}
	r.vars = r.vars[:p.slots]
	v, f := p.root.eval(r)
	if f != nil && level >= 1 {
		r.trace(1, "failed: "+f.Error())
	}
	r.release()
	return v, f
}

// release gives the run back without what it holds of the packet.
func (r *run) release() {
	const keep = 256 // values; a pool of larger ones would hold memory for nothing
	if cap(r.stack) > keep || cap(r.vars) > keep {
		return
	}
	clear(r.vars)
	clear(r.stack[:cap(r.stack)])
	r.env, r.stack = nil, r.stack[:0]
	runs.Put(r)
}

func canonical(f form) string {
	var b strings.Builder
	f.print(&b)
	return b.String()
}
