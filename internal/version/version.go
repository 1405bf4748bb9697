// Package version knows which build this is.
package version

// Version is set by the linker (see the Makefile).
var Version = "development"
