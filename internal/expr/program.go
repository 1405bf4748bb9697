package expr

import "fmt"

// Program is a compiled expression. It never changes after Parse and Bind, and
// may be evaluated by any number of goroutines.
type Program struct {
	text string
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
func Parse(text string) (*Program, error) { return &Program{text: text}, nil }

// String returns the canonical text: one line without comments.
func (p *Program) String() string { return p.text }

// Eval evaluates the program. The error is a *Failure.
func (p *Program) Eval(env Env) (Value, error) { return Value{}, nil }
