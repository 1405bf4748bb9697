package shell

import "unsafe"

// BlankArgument overwrites an argument of the program, a word of os.Args, so
// that ps and /proc do not show it. The strings of os.Args lie in the memory
// that the system shows as the command line; the caller must have copied what
// it still needs.
func BlankArgument(arg string) {
	b := unsafe.Slice(unsafe.StringData(arg), len(arg))
	for i := range b {
		b[i] = '*'
	}
}
