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
	AdminPassword = Admin.text("password", "", Basic, "Password; only a hash of it is stored", secret, localOnly, between(1, 128))
	AdminRoles    = Admin.list("roles", RoleFull, Basic, "What the administrator may do: full-admin, read-only, or edit-<class> for changes to one class", checked(roleRule))
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
		if role == RoleFull || role == RoleReadOnly || ok && ClassNamed(edit) != nil {
			continue
		}
		return fmt.Errorf("%q is no role; roles are %s, %s and %s<class>", shorten(role), RoleFull, RoleReadOnly, RoleEdit)
	}
	return nil
}
