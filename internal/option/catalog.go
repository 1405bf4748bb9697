package option

import "leasehold/pkg/objects"

// Names of the option sets that are always there.
const (
	SetConfig    = "dhcp-config"           // everything in force; view only
	SetCustom    = "dhcp-custom"           // the custom definitions
	SetCableLabs = "dhcp-cablelabs-config" // built-in vendor set
)

// Catalog holds the options that a configuration knows. It never changes, so
// any number of goroutines may use it.
type Catalog struct {
	codes [256]*Def
}

// Set is an option set: the definitions in force, the custom ones, or those of
// a vendor.
type Set struct {
	Name         string
	VendorString string // prefix of option 60; values go out in option 43
	EnterpriseID uint32 // values go out in options 124 and 125
	Desc         string
	Builtin      bool
	Defs         []*Def // by code
}

// Builtin returns the catalogue without custom definitions.
func Builtin() *Catalog { return nil }

// NewCatalog returns the built-in options plus the option sets and definitions
// of a configuration. The error joins one *objects.Error for each definition
// that cannot be; the catalogue then lacks these and is good otherwise.
func NewCatalog(cfg *objects.Config) (*Catalog, error) { return nil, nil }

// Lookup finds an option by name, alias or number. An unknown name is a 308
// that names the nearest; a number without definition is an AT_BLOB named
// option-<n>.
func (c *Catalog) Lookup(nameOrCode string) (*Def, *objects.Error) { return nil, nil }

// ByCode returns the definition of a code from 0 to 255; a code without one
// gets an AT_BLOB named option-<n>.
func (c *Catalog) ByCode(code int) *Def { return nil }

// Names returns the names of all defined options by code.
func (c *Catalog) Names() []string { return nil }

// Sets returns all option sets by name, the always present ones included.
func (c *Catalog) Sets() []*Set { return nil }

// Set returns the option set of that name.
func (c *Catalog) Set(name string) (*Set, bool) { return nil, false }

// Vendor returns the vendor set of that name.
func (c *Catalog) Vendor(set string) (*Set, bool) { return nil, false }

// CheckValues returns a 316 or 308 for each option value (attributes option.N
// and vendor-option.N.set) of a policy-like object that its definition does
// not allow.
func (c *Catalog) CheckValues(o *objects.Object) []*objects.Error { return nil }

// ParseIDs reads an optionid4 list: names or numbers, comma separated.
func (c *Catalog) ParseIDs(text string) ([]int, *objects.Error) { return nil, nil }

// FormatIDs writes an optionid4 list: names, comma separated.
func (c *Catalog) FormatIDs(codes []int) string { return "" }

// Lookup finds a definition of the set by name or number; 308 names the nearest.
func (s *Set) Lookup(nameOrCode string) (*Def, *objects.Error) { return nil, nil }

// ByCode returns the set's definition of a code, or nil.
func (s *Set) ByCode(code int) *Def { return nil }

// Parse makes canonical text of the set's value of a vendor option: 43 for
// sets with a vendor string, 124 and 125 for sets with an enterprise number.
func (s *Set) Parse(code int, text string) (string, *objects.Error) { return "", nil }

// Encode returns the bytes of a canonical text that Parse made.
func (s *Set) Encode(code int, canonical string) ([]byte, error) { return nil, nil }

// Decode returns the canonical text of bytes of a vendor option.
func (s *Set) Decode(code int, wire []byte) string { return "" }
