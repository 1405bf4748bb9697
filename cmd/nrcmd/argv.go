package main

import (
	"os"
	"strings"
	"unsafe"

	"leasehold/internal/shell"
)

// hideArguments overwrites the passwords among the program's arguments, so
// that ps and /proc do not show them. The strings of os.Args lie in the memory
// that the system shows as the command line; the caller must have copied what
// it still needs.
func hideArguments(o *options) {
	for _, i := range o.secrets {
		blank(os.Args[i+1])
	}
	if !shell.HoldsSecret(shell.JoinArgs(o.command)) {
		return
	}
	shown := o.command // the end of os.Args
	o.command = make([]string, len(shown))
	for i, word := range shown {
		o.command[i] = strings.Clone(word)
		blank(word)
	}
}

func blank(s string) {
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	for i := range b {
		b[i] = '*'
	}
}
