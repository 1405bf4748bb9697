package objects

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// CompareNames orders object names: addresses before all others and by number,
// those of one VPN together; set/id names of options by set, then by number;
// others by their text. Case does not matter.
func CompareNames(a, b string) int {
	return nameKeyOf(a).compare(nameKeyOf(b))
}

func (x nameKey) compare(y nameKey) int {
	if x.addr.IsValid() != y.addr.IsValid() {
		if x.addr.IsValid() {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(x.text, y.text), x.addr.Compare(y.addr), slices.Compare(x.ids, y.ids))
}

type nameKey struct {
	text string // the VPN, the option set, or the whole name; lower case
	addr netip.Addr
	ids  []int
}

func nameKeyOf(name string) nameKey {
	head, tail := "", name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		head, tail = name[:i], name[i+1:]
	}
	if tail != "" && (tail[0] >= '0' && tail[0] <= '9') {
		if ip, err := netip.ParseAddr(tail); err == nil {
			return nameKey{text: strings.ToLower(head), addr: ip}
		}
		if ids := numbers(tail); ids != nil && head != "" {
			return nameKey{text: strings.ToLower(head), ids: ids}
		}
	}
	return nameKey{text: strings.ToLower(name)}
}

// numbers reads 1.2.3.
func numbers(text string) []int {
	var ids []int
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return nil
		}
		ids = append(ids, n)
	}
	return ids
}

// maxName bounds the name of an object.
const maxName = 255

// listings are verbs that take the place of a name: an object of such a name
// could never be addressed.
var listings = []string{"list", "listnames", "listbrief", "listtypes", "report-staged-edits"}

// CheckName tells whether an object of the class may have the name; 321 if
// not. It is asked when an operator creates an object.
func CheckName(c *Class, name string) *Error {
	bad := func(why string) *Error {
		return Errorf(InvalidName, "%s %q: %s", c.Name, shorten(name), why)
	}
	switch {
	case c.Singleton:
		if name != "" {
			return bad("there is only one and it has no name")
		}
		return nil
	case name == "":
		return bad("the name is empty")
	case utf8.RuneCountInString(name) > maxName:
		return bad("the name has more than 255 characters")
	case strings.TrimSpace(name) != name:
		return bad("the name begins or ends with a blank")
	case slices.ContainsFunc(listings, func(w string) bool { return strings.EqualFold(w, name) }):
		return bad("that word is a command")
	}
	if err := plain(name); err != nil {
		return bad("the name " + err.Error())
	}
	for _, r := range c.Reserved {
		if strings.EqualFold(r, name) {
			return bad("that name is reserved")
		}
	}
	if c.Key != nil {
		if _, err := c.Key(name); err != nil {
			return bad(err.Error())
		}
	}
	return nil
}

// Canonical returns the name in the class's canonical form, or 321.
func (c *Class) Canonical(name string) (string, *Error) {
	if c.Key == nil {
		return name, nil
	}
	key, err := c.Key(name)
	if err != nil {
		return "", Errorf(InvalidName, "%s %q: %v", c.Name, shorten(name), err)
	}
	return key, nil
}
