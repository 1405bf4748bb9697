package lease

import "strings"

// names gives small numbers to strings that many leases share: domain names,
// client-classes, vendor classes, causes. Number 0 is the empty string.
type names struct {
	byText map[string]uint32
	list   []name
	free   []uint32
}

type name struct {
	text string
	refs uint32
}

// add takes a reference.
func (n *names) add(s string) uint32 {
	if s == "" {
		return 0
	}
	if i, ok := n.byText[s]; ok {
		n.list[i].refs++
		return i
	}
	if n.byText == nil {
		n.byText = map[string]uint32{}
		n.list = append(n.list, name{})
	}
	s = strings.Clone(s) // it may be a part of a packet
	var i uint32
	if k := len(n.free); k > 0 {
		i = n.free[k-1]
		n.free = n.free[:k-1]
		n.list[i] = name{s, 1}
	} else {
		i = uint32(len(n.list))
		n.list = append(n.list, name{s, 1})
	}
	n.byText[s] = i
	return i
}

// drop gives a reference back.
func (n *names) drop(i uint32) {
	if i == 0 {
		return
	}
	e := &n.list[i]
	if e.refs--; e.refs == 0 {
		delete(n.byText, e.text)
		*e = name{}
		n.free = append(n.free, i)
	}
}

func (n *names) text(i uint32) string {
	if i == 0 {
		return ""
	}
	return n.list[i].text
}

// replace changes *at to the number of s.
func (n *names) replace(at *uint32, s string) {
	if n.text(*at) == s {
		return
	}
	old := *at
	*at = n.add(s)
	n.drop(old)
}
