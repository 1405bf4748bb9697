package expr

// What one expression may cost. Nesting is refused when the text is parsed,
// the rest is a failure of the evaluation.
const (
	maxText   = 64 << 10 // bytes of text
	maxDepth  = 64       // nested parentheses
	maxCalls  = 10000    // function calls
	maxRounds = 1000     // of one dotimes
	maxValue  = 16 << 10 // bytes of a value
)
