package expr

// Packet is what an expression may read of a request or of the reply being
// built.
type Packet interface {
	// Field returns a packet field by its name in lower case, one of
	// FieldNames, in its natural type: numbers Unsigned, addresses 4-byte
	// blobs, sname and file strings up to the first NUL. A field without
	// content is null.
	Field(name string) (Value, error)
	// Option answers an option path; ReadOption does it from raw bytes. The
	// path must not be changed or kept.
	Option(path *OptionPath) (Value, error)
	// Dump returns the decoded packet for (request dump).
	Dump() string
}

// Env is what an expression is evaluated against.
type Env interface {
	Packet // the request
	// Response returns the reply being built, nil while there is none.
	Response() Packet
	// Environment reads the request's environment dictionary.
	Environment(name string) (string, bool)
	PutEnvironment(name, value string)
	// Log writes to the server's log. Severity is debug, activity, info,
	// warning or error.
	Log(severity, text string)
	// Trace writes a line of expression tracing; it is called only for levels
	// up to TraceLevel (expression-trace-level), and for a failed expression
	// evaluated once more with everything on, if TraceLevel is at least 2.
	Trace(level int, text string)
	TraceLevel() int
}

// Want is what an option path asks for.
type Want uint8

// What a path may ask for.
const (
	WantValue         Want = iota // the value, the first of several
	WantInstanceCount             // how often the (sub-)option is there
	WantCount                     // how many values it has
	WantIndex                     // the value at Index
)

// OptionPath is a parsed option form of request or response:
// (request option 82 1), (request get-blob option 125 enterprise-id 4491 1).
type OptionPath struct {
	Blob  bool         // get-blob: the bytes as they are
	Steps []OptionStep // the option, then sub-options
	Want  Want
	Index int // for WantIndex
}

// OptionStep is one option or sub-option of a path.
type OptionStep struct {
	Code       int    // -1 if it is given by name and the path is not bound
	Name       string // "" if it is given by number
	Vendor     string // definition set to decode with; "" is the standard one
	Enterprise string // enterprise number, or name of an option set; "" is none
	Instance   int    // nth occurrence from 0; -1 if not given
}
