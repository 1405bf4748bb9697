package objects

import (
	"fmt"
	"slices"
	"strings"
)

// LDAP is a directory server.
var LDAP = class("ldap", "An LDAP server in which clients are looked up, and leases kept")

// Where it is and how it is asked.
var (
	LDAPName               = LDAP.named("Name of the server")
	LDAPHostName           = LDAP.dname("hostname", "", Basic, "Name or address of the server", required)
	LDAPPort               = LDAP.integer("port", "389", Basic, "Port of the server", between(1, 65535))
	LDAPUserName           = LDAP.text("username", "", Basic, "Distinguished name to log in with")
	LDAPPassword           = LDAP.text("password", "", Basic, "Password of that name", secret)
	LDAPEnabled            = LDAP.feature("enabled", "enabled", Basic, "Use the server")
	LDAPPreference         = LDAP.integer("preference", "1", Basic, "Which of several servers is asked first: 1 is the best", between(1, 255))
	LDAPConnections        = LDAP.integer("connections", "1", Basic, "How many connections there are to the server", between(1, 16))
	LDAPTimeout            = LDAP.duration("timeout", "3s", Basic, "How long the server may take to create or update an entry", lasting("1s", "1h"))
	LDAPQueryTimeout       = LDAP.duration("query-timeout", "3s", Basic, "How long the server may take to answer a query", lasting("1s", "1h"))
	LDAPReactivate         = LDAP.duration("reactivate-interval", "1m", Expert, "When a server that failed is tried again", lasting("1s", "1d"))
	LDAPLimitRequests      = LDAP.feature("limit-requests", "enabled", Expert, "Limit the requests that are under way to max-requests")
	LDAPMaxRequests        = LDAP.integer("max-requests", "20", Expert, "How many requests may be under way on a connection", between(1, 10000))
	LDAPThreadWait         = LDAP.millis("threadwaittime", "100", Expert, "How long a connection waits between looks for answers")
	LDAPDescription        = LDAP.text("description", "", Basic, "A remark")
	LDAPMaxReferrals       = LDAP.integer("max-referrals", "0", Expert, "How many referrals a query follows", between(0, 100))
	LDAPReferralAttr       = LDAP.text("referral-attr", "", Expert, "Attribute of an entry that refers to another")
	LDAPReferralFilter     = LDAP.text("referral-filter", "", Expert, "Filter by which the entry that was referred to is found")
	LDAPSearchPath         = LDAP.text("search-path", "", Basic, "Entry under which clients are looked for")
	LDAPSearchScope        = LDAP.enum("search-scope", "subtree", Basic, ldapScopes, "How deep they are looked for")
	LDAPSearchFilter       = LDAP.text("search-filter", "", Basic, "Filter by which a client is found; %s stands for its name")
	LDAPDefaultValue       = LDAP.text("default-attribute-value", "unused", Expert, "What is written for an attribute without value")
	LDAPCanQuery           = LDAP.feature("can-query", "disabled", Basic, "Look clients up in this server")
	LDAPCanCreate          = LDAP.feature("can-create", "disabled", Basic, "Create entries of leases in this server")
	LDAPCanUpdate          = LDAP.feature("can-update", "disabled", Basic, "Update entries of leases in this server")
	LDAPDNAttribute        = LDAP.text("dn-attribute", "", Basic, "Lease attribute that names an entry that is created")
	LDAPDNFormat           = LDAP.text("dn-format", "", Basic, "Distinguished name of an entry that is updated; %s stands for dn-attribute")
	LDAPDNCreateFormat     = LDAP.text("dn-create-format", "", Basic, "Distinguished name of an entry that is created; %s stands for dn-attribute")
	LDAPCreateClasses      = LDAP.text("create-object-classes", "", Basic, "Object classes of an entry that is created")
	LDAPUpdateSearchPath   = LDAP.text("update-search-path", "", Basic, "Entry under which the one to update is looked for")
	LDAPUpdateSearchScope  = LDAP.enum("update-search-scope", "subtree", Basic, ldapScopes, "How deep it is looked for")
	LDAPUpdateSearchFilter = LDAP.text("update-search-filter", "", Basic, "Filter by which it is found; %s stands for update-search-attribute")
	LDAPUpdateSearchAttr   = LDAP.text("update-search-attribute", "", Basic, "Lease attribute by which it is found")
)

const ldapScopes = "subtree=1 onelevel=2 base=3"

// The dictionaries: what is what in the directory. They are written by
// setEntry and unsetEntry, an entry at a time.
var (
	LDAPQueryDictionary  = LDAP.dictionary("query-dictionary", "Client attributes by the directory's attributes that they are read from")
	LDAPCreateDictionary = LDAP.dictionary("create-dictionary", "Lease attributes by the directory's attributes that they are written to in a new entry")
	LDAPCreateStrings    = LDAP.dictionary("create-string-dictionary", "Fixed texts by the directory's attributes that they are written to in a new entry")
	LDAPUpdateDictionary = LDAP.dictionary("update-dictionary", "Lease attributes by the directory's attributes that they are written to")
	LDAPEnvDictionary    = LDAP.dictionary("env-dictionary", "Words of the environment dictionary by the directory's attributes that they are read from")
)

func init() {
	LDAP.Create = []string{"hostname"}
	LDAP.Methods = []Method{
		{Name: "setEntry", Usage: "<dictionary> <key>=<value>", Min: 2, Max: 2, Help: "Give a dictionary an entry, or an entry another value"},
		{Name: "getEntry", Usage: "<dictionary> <key>", Min: 2, Max: 2, ReadOnly: true, Help: "Show the value of a dictionary's entry"},
		{Name: "unsetEntry", Usage: "<dictionary> <key>", Min: 2, Max: 2, Help: "Take an entry out of a dictionary"},
	}
	doesNotAct(noLDAP, LDAP)
}

// dictionary declares entries key=value, in order of key.
func (c *Class) dictionary(name, help string) Handle[[]string] {
	return c.list(name, "", Basic, help, checked(dictionaryRule))
}

func dictionaryRule(list string) error {
	if list == "" {
		return nil
	}
	seen := map[string]bool{}
	for item := range strings.SplitSeq(list, ",") {
		key, value, ok := strings.Cut(item, "=")
		switch {
		case !ok || key == "" || value == "":
			return fmt.Errorf("%q is not <key>=<value>", shorten(item))
		case seen[strings.ToLower(key)]:
			return fmt.Errorf("%q has two entries", shorten(key))
		}
		seen[strings.ToLower(key)] = true
	}
	return nil
}

// Dictionary finds the dictionary of the class that the word names.
func (c *Class) Dictionary(word string) (*Attr, *Error) {
	var names []string
	for _, a := range c.Attrs {
		if a.IsDictionary() {
			names = append(names, a.Name)
		}
	}
	if a := c.Attr(word); a != nil && a.IsDictionary() {
		return a, nil
	}
	msg := fmt.Sprintf("%s has no dictionary %q", c.Name, shorten(word))
	if near := Nearest(word, names); near != "" {
		msg += ", did you mean " + near + "?"
	} else {
		msg += "; it has " + strings.Join(names, ", ")
	}
	return nil, &Error{Code: UnknownParameter, Msg: msg}
}

// IsDictionary tells whether the attribute holds entries key=value.
func (a *Attr) IsDictionary() bool { return a.Kind == List && strings.HasSuffix(a.Name, "-dictionary") }

// Entry returns the value of a dictionary's key; case does not matter.
func Entry(list, key string) (value string, ok bool) {
	for item := range strings.SplitSeq(list, ",") {
		if k, v, _ := strings.Cut(item, "="); v != "" && strings.EqualFold(k, key) {
			return v, true
		}
	}
	return "", false
}

// WithEntry returns the dictionary with the entry, which replaces one of its
// key; an empty value takes it out.
func WithEntry(list, key, value string) string {
	var items []string
	for item := range strings.SplitSeq(list, ",") {
		if k, _, _ := strings.Cut(item, "="); k != "" && !strings.EqualFold(k, key) {
			items = append(items, item)
		}
	}
	if value != "" {
		items = append(items, key+"="+value)
	}
	slices.SortFunc(items, CompareNames)
	return strings.Join(items, ",")
}
