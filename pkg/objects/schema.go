package objects

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// SchemaHash identifies the tables: two programs of the same hash agree on
// every class, attribute, type, range and method.
func SchemaHash() string {
	h := sha256.New()
	for _, c := range classes {
		fmt.Fprintf(h, "class %q %d %t %t %t %q %q %q\n", c.Name, c.Visibility, c.Singleton, c.Runtime, c.LocalOnly, c.Owner, c.Prefixes, c.Create)
		for _, a := range c.Attrs {
			fmt.Fprintf(h, "%q %q %d %q %d %t %t %t %t %t %d %d %v %q\n", a.Name, a.Aliases, a.Kind, a.Default, a.Visibility,
				a.Required, a.ReadOnly, a.Immutable, a.LocalOnly, a.Secret, a.Min, a.Max, a.Words, a.Ref)
		}
		for _, m := range c.Methods {
			fmt.Fprintf(h, "%q %q %d %d %d %t %t\n", m.Name, m.Usage, m.Min, m.Max, m.Visibility, m.ReadOnly, m.Unsupported != "")
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
