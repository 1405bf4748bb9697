package objects

import (
	"fmt"
	"strings"
)

// Admin is an administrator.
var Admin = class("admin", "An administrator who may log in")

// What an administrator is.
var (
	AdminName     = Admin.named("Name to log in with")
	AdminPassword = Admin.text("password", "", Basic, "Password; only a hash of it is stored", hashed, localOnly, between(1, 128))
	AdminRoles    = Admin.list("roles", RoleFull, Basic, "What the administrator may do: full-admin for everything, read-only, or edit-<class> for changes to one class and to the embedded policies of its objects; edit-scope is for reservations and the commands of leases too, edit-option-set for options, edit-dhcp for start, stop and reload, edit-lease for leases alone", checked(roleRule))
	AdminFullName = Admin.text("full-name", "", Basic, "Name of the person")
	AdminEmail    = Admin.text("email", "", Basic, "Mail address of the person")
)

// The roles beside edit-<class>.
const (
	RoleFull     = "full-admin"
	RoleReadOnly = "read-only"
	RoleEdit     = "edit-"
)

func init() {
	Admin.LocalOnly = true
	Admin.Create = []string{"[password]"}
	Admin.Key = adminKey
	Admin.Methods = []Method{
		{Name: "enterPassword", Help: "Ask for a new password twice, without echo, and set it"},
	}
}

func adminKey(name string) (string, error) {
	if strings.ContainsAny(name, " @:/") {
		return "", fmt.Errorf("the name of an administrator has no blank and none of @ : /")
	}
	return name, nil
}

func roleRule(list string) error {
	for role := range strings.SplitSeq(list, ",") {
		edit, ok := strings.CutPrefix(role, RoleEdit)
		class := ClassNamed(edit)
		if role == RoleFull || role == RoleReadOnly || ok && class != nil && class != Admin {
			continue
		}
		if ok && class == Admin {
			return fmt.Errorf("%q is no role: who changes administrators could take any role, so that needs %s", role, RoleFull)
		}
		return fmt.Errorf("%q is no role; roles are %s, %s and %s<class>", shorten(role), RoleFull, RoleReadOnly, RoleEdit)
	}
	return nil
}
