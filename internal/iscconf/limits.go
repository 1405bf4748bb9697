package iscconf

// What one configuration may cost.
const (
	maxBytes      = 64 << 20 // of all files
	maxFiles      = 1000     // includes, each time that one is read
	maxInclude    = 10       // includes within includes
	maxDepth      = 64       // nested braces, or nested parentheses of an expression
	maxStatements = 1 << 20
	maxTokens     = 1 << 16 // of one statement
	maxOption     = 4096    // bytes of an option's value
)
