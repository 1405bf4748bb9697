package objects

import (
	"slices"
	"strings"
)

// Visibility levels: an attribute or command exists for a session whose
// visibility number is at most its own. A session starts at Basic.
const (
	Basic  = 5
	Expert = 3
	Hidden = 1
)

// Kind is the type of an attribute (nrcmd attribute types).
type Kind int

// The kinds. The canonical text of each is documented at its parser in
// value.go.
const (
	String    Kind = iota
	Int            // decimal; min and max of the row apply
	Bool           // true | false
	Feature        // a bool shown as enabled | disabled
	Date           // Unix seconds; 0 is unset, "forever" is its own word
	Time           // seconds, shown in units: 1w2d3h4m5s
	Millis         // milliseconds, a plain number
	Percent        // 10%
	IPAddr         // dotted quad
	IP6Addr        // RFC 5952 text
	Subnet         // 10.1.0.0/16
	MAC            // 1,6,00:d0:ba:d3:bd:3b
	Blob           // 01:0a:ff
	Flags          // comma list of words
	Enum           // one word
	NameRef        // name of another object
	DName          // domain name or address
	Expr           // expression text on one line
	OptionIDs      // comma list of option names
	List           // comma list of strings
	Ranges         // comma list of first-last, sorted, not overlapping
	Obj            // embedded object: shown, never set
)

// Word is one allowed word of an Enum or Flags attribute and its number (an
// enum's value, a flag's bit index).
type Word struct {
	Name   string
	Number int
}

// Attr is one row of a class's table.
type Attr struct {
	Class      *Class
	Name       string
	Aliases    []string // older names, understood wherever a name is typed
	Kind       Kind
	Default    string // canonical text; "" is no default
	Visibility int
	Help       string
	Required   bool   // can be changed, never unset
	ReadOnly   bool   // never set by an operator
	Immutable  bool   // set at create only
	LocalOnly  bool   // must differ between partners: clone, compare and sync leave it out
	OrZero     bool   // IPAddr: 0 is typed for 0.0.0.0, which is none
	Secret     bool   // never printed, never in a clone
	Hashed     bool   // Secret of which only a hash is stored
	Inert      string // why it does not act yet; "" if it acts
	Min, Max   int64  // bounds of Int, Time (seconds), Millis, Percent, of a String's length; both 0 is none
	Words      []Word // Enum, Flags
	Ref        string // NameRef, Obj: class name
	Check      func(canonical string) error
	// Derive computes a shown value that is not stored (addr and mask of a
	// scope's subnet); such an attribute is read-only.
	Derive func(*Object) string
}

// Method is a command of a class beyond the regular verbs, such as scope
// addRange. The shell's parser, help and completion and the server's dispatch
// read it.
type Method struct {
	Name       string
	Aliases    []string
	Usage      string // arguments, as help prints them: <start> <end>
	Min, Max   int    // number of arguments; Max < 0: any number, the rest of the line
	Visibility int
	ReadOnly   bool // allowed to a read-only administrator
	Help       string
	// Dated says that the words behind the first Min arguments are a date,
	// which means the time zone of who types it: the server is sent Unix
	// seconds. Flags are words that may stand anywhere among the arguments;
	// they are sent behind all others.
	Dated bool
	Flags []string
	// Both says that the method takes -both: see Class.Both.
	Both bool
	// Unsupported is why the method is understood but not built: it is
	// answered with 322 Feature not supported. "" if it is built.
	Unsupported string
}

// Arguments prints the method's arguments, for help.
func (m *Method) Arguments() string {
	if m.Both {
		return strings.TrimSpace(m.Usage + " [" + BothFlag + "]")
	}
	return m.Usage
}

// Assignment is one attribute and the text for it, as typed.
type Assignment struct{ Name, Text string }

// Class is a kind of object and the table of its attributes.
type Class struct {
	Name       string
	Help       string
	Visibility int
	Singleton  bool // no name: dhcp, session, server
	// Runtime classes live in the running server (lease) or in the session;
	// they are not configuration and are never stored.
	Runtime bool
	// LocalOnly classes say what a server is and whom it knows, not what it
	// serves: clone, compare and sync leave them out.
	LocalOnly bool
	// Inert is why the objects of the class do not act yet; "" if they do.
	Inert string
	// Owner is the class that an embedded policy's owner belongs to; the
	// embedded object carries the owner's name.
	Owner string
	// Prefixes lists the dynamic attributes of the class: "option.",
	// "vendor-option.". Their text is the canonical option value.
	Prefixes []string
	// Create names the attributes taken by position at create, in order; one
	// in brackets may be left out, and so may all behind it.
	Create []string
	// CreateUsage says how those arguments are typed, where that is not
	// simply one after the other.
	CreateUsage string
	// Inline names the methods that may stand on the line of a create, each
	// with its one argument; Positional reads them behind its own arguments.
	Inline []string
	// Both says that the verbs that change such an object take BothFlag.
	Both bool
	// Brief names attributes that listbrief shows beside those of Create and
	// the required ones.
	Brief []string
	// Reserved lists names that no operator may create.
	Reserved []string
	// Key makes the canonical name from what was typed; nil takes any name
	// that CheckName allows.
	Key     func(name string) (string, error)
	Methods []Method
	// Positional makes the attributes that the arguments by position of
	// create stand for; nil pairs them with Create in order.
	Positional func(args []string) ([]Assignment, *Error)
	// Settle brings attributes that belong together into canonical form, once
	// a command has set what it sets.
	Settle func(o *Object) *Error
	// Check holds the rules between attributes of one object and to other
	// objects of the configuration. Every error names the attribute.
	Check func(o *Object, cfg *Config) []*Error

	Attrs  []*Attr // in order of declaration
	byName map[string]*Attr
}

// BothFlag behind a command has it done on this server and on its failover
// partner.
const BothFlag = "-both"

// classes holds every class in order of declaration.
var classes []*Class

// Classes returns all classes in order of declaration.
func Classes() []*Class { return classes }

// ClassNamed returns the class of that name (case does not matter), or nil.
func ClassNamed(name string) *Class {
	for _, c := range classes {
		if strings.EqualFold(c.Name, name) {
			return c
		}
	}
	return nil
}

// Attr returns the attribute of that name (case does not matter), or nil.
func (c *Class) Attr(name string) *Attr { return c.byName[strings.ToLower(name)] }

// Dynamic tells whether name is a dynamic attribute of the class, such as
// option.51 of a policy.
func (c *Class) Dynamic(name string) bool {
	for _, p := range c.Prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// Method returns the method of that name (case does not matter), or nil.
func (c *Class) Method(name string) *Method {
	for i := range c.Methods {
		m := &c.Methods[i]
		same := func(n string) bool { return strings.EqualFold(n, name) }
		if same(m.Name) || slices.ContainsFunc(m.Aliases, same) {
			return m
		}
	}
	return nil
}
