package expr

import "net/netip"

// TemplateVars is what a template expression may read.
type TemplateVars struct {
	Subnet netip.Prefix
	// Template and This return the text of an explicitly set attribute of the
	// template (template.<attr>) and of the scope (this.<attr>).
	Template func(attr string) (string, bool)
	This     func(attr string) (string, bool)
}

// Range is a range of addresses made by create-range.
type Range struct{ First, Last netip.Addr }

// OptionValue is an option made by create-option: a name or number, and a value
// as setOption takes it.
type OptionValue struct{ Option, Value string }

// Made is the result of a template expression: a value, or the ranges or
// options that it creates.
type Made struct {
	Value   Value
	Ranges  []Range
	Options []OptionValue
}

// CheckTemplate parses a template expression and returns its canonical text.
// The error is a *SyntaxError.
func CheckTemplate(text string) (canonical string, err error) { return text, nil }

// EvalTemplate evaluates a template expression. The error is an
// *objects.Error: 316, or 341 for a range outside the subnet.
func EvalTemplate(text string, vars TemplateVars) (Made, error) { return Made{}, nil }
