// Package shell is nrcmd, but for its flags: it reads command lines, finds out
// what they mean, asks the server, and prints the answer.
//
// A line goes through four steps, each in files of its own:
//
//	lines.go, token.go     bytes to logical lines to words
//	command.go, verbs.go   words to a command: tables of commands and verbs;
//	                       those of the classes come from package objects
//	object.go, lease.go, ...  the command's calls to the server
//	print.go, table.go     objects to text: user format, script format, tables
//
// Three drivers feed lines in: [Shell.Single] (one command), [Shell.Batch]
// (batch.go) and [Shell.Interactive] (interactive.go, with the line editor of
// readline.go and the completion of complete.go). All three run every line
// through [Shell.Run], so a command behaves alike in each.
//
// The first line of a command's output is its status line; nothing is ever
// written to standard error. What a command language of twenty years does not
// say, and we had to choose, is listed in docs/nrcmd-compatibility.md.
//
// The package decides nothing about configurations: rules live in package
// objects and in the server. It keeps only what a session needs: who, which
// format, which edit mode, and the versions of the objects it has shown, so
// that a change based on a stale view is refused.
package shell
