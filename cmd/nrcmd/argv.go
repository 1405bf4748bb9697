package main

import (
	"os"
	"strings"

	"leasehold/internal/shell"
)

// hideArguments overwrites the passwords among the program's arguments, so
// that ps and /proc do not show them.
func hideArguments(o *options) {
	for _, i := range o.secrets {
		shell.BlankArgument(os.Args[i+1])
	}
	if !shell.HoldsSecret(shell.JoinArgs(o.command)) {
		return
	}
	shown := o.command // the end of os.Args
	o.command = make([]string, len(shown))
	for i, word := range shown {
		o.command[i] = strings.Clone(word)
		shell.BlankArgument(word)
	}
}
