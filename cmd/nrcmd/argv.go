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
	first := len(os.Args) - len(o.command)
	for i, word := range o.command {
		o.command[i] = strings.Clone(word)
		blank(os.Args[first+i])
	}
}

func blank(s string) {
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	for i := range b {
		b[i] = '*'
	}
}
