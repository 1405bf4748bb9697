package objects

import (
	"fmt"
	"strconv"
	"strings"
)

// OptionSet is a set of option definitions.
var OptionSet = class("option-set", "A set of option definitions: the operator's own, or a vendor's")

// What an option set says.
var (
	OptionSetName       = OptionSet.named("Name of the set")
	OptionSetRange      = OptionSet.enum("id-range", "8-bit", Basic, "8-bit=1 16-bit=2", "Size of the set's option numbers: 8-bit for DHCPv4, 16-bit for DHCPv6", required, immutable)
	OptionSetVendor     = OptionSet.text("vendor-option-string", "", Basic, "What the vendor class identifier (option 60) of the vendor's clients begins with; values go out in option 43")
	OptionSetEnterprise = OptionSet.integer("vendor-option-enterprise-id", "", Basic, "Enterprise number of the vendor; values go out in options 124 and 125", between(1, maxUint32))
	OptionSetDesc       = OptionSet.text("description", "", Basic, "A remark")
)

// The sets that are not an operator's to create: all definitions in force, and
// the operator's own beside the vendor sets.
const (
	ConfigSet   = "dhcp-config"
	CustomSet   = "dhcp-custom"
	ConfigSetV6 = "dhcp6-config"
	CustomSetV6 = "dhcp6-custom"
)

// Option is the definition of an option, named <set>/<id>, of a sub-option
// <set>/<id>.<sub>.
var Option = class("option", "The definition of an option in an option set")

// What a definition says.
var (
	OptionID       = Option.text("id", "", Basic, "Number of the option, with dots those of sub-options", derived(func(o *Object) string { _, id := SplitOption(o.Name); return id }))
	OptionName     = Option.text("name", "", Basic, "Name of the option, unique in its set", required, between(1, 64), checked(optionName))
	OptionType     = Option.text("type", "", Basic, "Type of its values, such as AT_IPADDR; 'option listtypes' lists them", required, between(1, 40))
	OptionDesc     = Option.text("desc", "", Basic, "A remark")
	OptionRepeat   = Option.text("repeat", "1", Basic, "How many values it has: a number, 0+, 1+, or 2n for pairs", checked(repeatRule))
	OptionMin      = Option.integer("min", "", Basic, "Smallest value of a type with a range", between(-1<<31, maxUint32))
	OptionMax      = Option.integer("max", "", Basic, "Largest value of a type with a range", between(-1<<31, maxUint32))
	OptionChildren = Option.list("children", "", Basic, "Definitions of its sub-options", readOnly)
)

func init() {
	OptionSet.Create = []string{"id-range"}
	OptionSet.CreateUsage = "(8-bit | 16-bit) (vendor-option-string=<string> | vendor-option-enterprise-id=<int>)"
	OptionSet.Reserved = []string{ConfigSet, CustomSet, ConfigSetV6, CustomSetV6}
	OptionSet.Check = checkOptionSet
	Option.Create = []string{"name", "type"}
	Option.CreateUsage = "<opt-set-name> <opt-name> <type>"
	Option.Key = optionKey
	Option.Check = checkOption
	Option.Methods = []Method{
		{Name: "listtypes", ReadOnly: true, Help: "List the types that a definition may have"},
	}
}

// SplitOption takes <set>/<id> apart.
func SplitOption(name string) (set, id string) {
	i := strings.LastIndexByte(name, '/')
	if i < 0 {
		return "", name
	}
	return name[:i], name[i+1:]
}

// OptionPath returns the numbers of a definition's id, outermost first.
func OptionPath(o *Object) []int {
	_, id := SplitOption(o.Name)
	return numbers(id)
}

// optionKey makes the canonical name of a definition.
func optionKey(name string) (string, error) {
	set, id := SplitOption(name)
	path := numbers(id)
	if set == "" || path == nil {
		return "", fmt.Errorf("must be <option-set>/<id>, the id a number or numbers with dots")
	}
	if len(path) > 3 {
		return "", fmt.Errorf("has sub-options deeper than three levels")
	}
	text := make([]string, len(path))
	for i, n := range path {
		if n > 65535 {
			return "", fmt.Errorf("%d is no option number", n)
		}
		text[i] = strconv.Itoa(n)
	}
	return set + "/" + strings.Join(text, "."), nil
}

// optionName keeps names apart from numbers and within one word.
func optionName(text string) error {
	for i, r := range text {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if letter || i > 0 && (r >= '0' && r <= '9' || strings.ContainsRune("-_.", r)) {
			continue
		}
		return fmt.Errorf("must begin with a letter and have only letters, digits, hyphens, underscores and dots")
	}
	return nil
}

func repeatRule(text string) error {
	switch text {
	case "0+", "1+", "2n":
		return nil
	}
	if n, err := strconv.Atoi(text); err != nil || n < 1 || n > 255 || strconv.Itoa(n) != text {
		return fmt.Errorf("must be a number from 1 to 255, 0+, 1+ or 2n")
	}
	return nil
}
