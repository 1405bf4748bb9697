package admin

import (
	"testing"

	"leasehold/pkg/objects"
)

// Every method of the tables is done here, by nrcmd, or says why it is not
// built; and nothing is done here that no table knows.
func TestMethodTableIsComplete(t *testing.T) {
	byShell := map[*objects.Class]bool{objects.Session: true}
	for _, class := range objects.Classes() {
		for _, m := range class.Methods {
			done := methodTable[class][m.Name] != nil
			if !done && m.Unsupported == "" && !byShell[class] {
				t.Errorf("%s %s is in the table of its class but does nothing", class.Name, m.Name)
			}
		}
	}
	for class, methods := range methodTable {
		if class == objects.Server || class == objects.Dhcp {
			continue // the two share one map
		}
		for name := range methods {
			if m := class.Method(name); m == nil || m.Name != name {
				t.Errorf("%s %s is in no table", class.Name, name)
			}
		}
	}
}
