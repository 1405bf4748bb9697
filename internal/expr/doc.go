// Package expr is the expression language that configurations use to look at a
// packet: a small Lisp that cannot run away, and whose only effects are lines
// in the log and entries in the request's environment.
//
// [Parse] checks a text and compiles it to a tree; [Program.Eval] evaluates it
// against a packet and is safe for concurrent use. What an expression sees of
// the packet, the environment and the log comes through [Env]; [ReadOption]
// answers an option path from raw option bytes.
//
// The functions are one table, in functions.go: name, number of arguments,
// usage and code. A second dialect, for scope templates, shares syntax and
// most functions: template.go.
//
// Nothing here panics or runs unbounded, whatever the text and the packet: the
// nesting, the number of calls, the rounds of a loop and the size of a value
// have limits (limits.go).
//
// Start at functions.go, then parse.go and eval.go.
package expr
