package expr

import (
	"fmt"
	"math"
	"net/netip"

	"leasehold/pkg/objects"
)

// Arithmetic of templates: two unsigned integers.

func unsignedJoin(a []Value, join func(x, y int64) int64) (Value, cause) {
	x, c := a[0].unsigned()
	if c != "" {
		return Value{}, c
	}
	y, c := a[1].unsigned()
	if c != "" {
		return Value{}, c
	}
	n := join(x, y)
	if n < 0 || n > math.MaxUint32 {
		return Value{}, overflow
	}
	return Value{Kind: Uint, Num: n}, ""
}

func unsignedSum(_ *run, a []Value) (Value, cause) {
	return unsignedJoin(a, func(x, y int64) int64 { return x + y })
}

func unsignedDifference(_ *run, a []Value) (Value, cause) {
	return unsignedJoin(a, func(x, y int64) int64 { return x - y })
}

func unsignedProduct(_ *run, a []Value) (Value, cause) {
	return unsignedJoin(a, func(x, y int64) int64 {
		if y != 0 && x > math.MaxUint32/y {
			return -1
		}
		return x * y
	})
}

func unsignedQuotient(_ *run, a []Value) (Value, cause) {
	if n, c := a[1].unsigned(); c == "" && n == 0 {
		return Value{}, byZero
	}
	return unsignedJoin(a, func(x, y int64) int64 { return x / y })
}

func unsignedRemainder(_ *run, a []Value) (Value, cause) {
	if n, c := a[1].unsigned(); c == "" && n == 0 {
		return Value{}, byZero
	}
	return unsignedJoin(a, func(x, y int64) int64 { return x % y })
}

// host reads an address of the template's subnet: a host number counted from
// the network address, or the address itself.
func (t *templateRun) host(v Value) (netip.Addr, cause) {
	net := t.vars.Subnet
	if !net.IsValid() || !net.Addr().Is4() {
		return netip.Addr{}, "there is no subnet"
	}
	if v.Kind == String {
		if a, err := netip.ParseAddr(v.Text); err == nil {
			if !net.Contains(a) {
				t.rangeCode = objects.InvalidRange
				return a, cause(fmt.Sprintf("%s is outside %s", a, net))
			}
			return a, ""
		}
	}
	n, c := v.unsigned()
	if c != "" {
		return netip.Addr{}, c
	}
	if n >= size(net) {
		t.rangeCode = objects.InvalidRange
		return netip.Addr{}, cause(fmt.Sprintf("host number %d is outside %s", n, net))
	}
	return hostAddr(net, n), ""
}

func createRange(r *run, a []Value) (Value, cause) {
	t := r.tmpl
	t.rangeCode = objects.Invalid
	first, c := t.host(a[0])
	if c != "" {
		return Value{}, c
	}
	last, c := t.host(a[1])
	if c != "" {
		return Value{}, c
	}
	if last.Less(first) {
		t.rangeCode = objects.InvalidRange
		return Value{}, cause(fmt.Sprintf("the range from %s to %s runs backwards", first, last))
	}
	t.ranges = append(t.ranges, objects.Range{First: first, Last: last})
	return Value{Kind: rangeKind, Num: int64(len(t.ranges) - 1)}, ""
}

func createIP(_ *run, a []Value) (Value, cause) {
	text, c := a[0].str()
	if c != "" {
		return Value{}, c
	}
	net, err := netip.ParsePrefix(text)
	if err != nil || !net.Addr().Is4() {
		return Value{}, cause("'" + short(text) + "' is no subnet such as 10.1.0.0/24")
	}
	n, c := a[1].unsigned()
	if c != "" {
		return Value{}, c
	}
	if n >= size(net) {
		return Value{}, cause(fmt.Sprintf("address %d is outside %s", n, net))
	}
	return Str(hostAddr(net, n).String()), ""
}

func createOption(r *run, a []Value) (Value, cause) {
	if a[0].Kind != String && a[0].Kind != Uint {
		return Value{}, badSpecifier
	}
	value, c := a[1].str()
	if c != "" {
		return Value{}, c
	}
	t := r.tmpl
	t.options = append(t.options, OptionValue{a[0].Key(), value})
	return Value{Kind: optionKind, Num: int64(len(t.options) - 1)}, ""
}

func listOf(r *run, a []Value) (Value, cause) {
	for _, v := range a {
		switch {
		case v.Kind == listKind:
			return Value{}, "lists are not nested"
		case v.Kind != rangeKind && v.Kind != optionKind:
			return Value{}, "a list has ranges made by create-range or options made by create-option"
		case v.Kind != a[0].Kind:
			return Value{}, "a list has ranges or options, not both"
		}
	}
	t := r.tmpl
	t.lists = append(t.lists, append([]Value(nil), a...))
	return Value{Kind: listKind, Num: int64(len(t.lists) - 1)}, ""
}

func onlyV6(*run, []Value) (Value, cause) {
	return Value{}, "is for DHCPv6 only"
}
