package expr

import "strings"

func notOf(_ *run, a []Value) (Value, cause) {
	if a[0].Kind == Null {
		return truth, ""
	}
	return Value{}, ""
}

func nullOf(*run, []Value) (Value, cause)      { return Value{}, "" }
func lastOf(_ *run, a []Value) (Value, cause)  { return a[len(a)-1], "" }
func firstOf(_ *run, a []Value) (Value, cause) { return a[0], "" }

func commentOf(_ *run, a []Value) (Value, cause) {
	if len(a) == 1 {
		return Value{}, ""
	}
	return a[len(a)-1], ""
}

func errorOf(_ *run, a []Value) (Value, cause) {
	if len(a) == 0 {
		return Value{}, "error called"
	}
	return Value{}, cause("error called: " + short(a[0].Key()))
}

func logOf(r *run, a []Value) (Value, cause) {
	severity, v := "info", a[len(a)-1]
	if len(a) == 2 {
		s, c := a[0].str()
		if c != "" {
			return Value{}, c
		}
		severity = strings.ToLower(s)
	}
	switch severity {
	case "debug", "activity", "info", "warning", "error":
	default:
		return Value{}, cause("severity '" + short(severity) + "' is none of debug, activity, info, warning and error")
	}
	if !r.quiet {
		text := "null"
		if v.Kind != Null {
			text = v.Key()
		}
		r.env.Log(severity, text)
	}
	return v, ""
}

// found returns the value if ok, else null.
func found(v Value, ok bool) (Value, cause) {
	if !ok {
		return Value{}, ""
	}
	return v, ""
}

// same compares two values of any kinds.
func same(a, b Value, fold bool) bool {
	b, ok := alike(a, b)
	if !ok {
		return false
	}
	if a.isInt() {
		return a.Num == b.Num
	}
	return a.Text == b.Text || fold && foldEqual(a.Text, b.Text)
}

func foldEqual(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func equality(a []Value, fold bool) (Value, cause) {
	if a[0].Kind == Null && a[1].Kind == Null {
		return truth, ""
	}
	return found(a[0], a[0].Kind != Null && same(a[0], a[1], fold))
}

func equalOf(_ *run, a []Value) (Value, cause)  { return equality(a, false) }
func equaliOf(_ *run, a []Value) (Value, cause) { return equality(a, true) }

// texts returns the bytes of two values for a search of b in a; integers are
// searched as they are written. It is false if one is null or b is not alike.
func texts(a, b Value) (string, string, bool) {
	if a.isInt() {
		a = Str(a.Key())
	}
	if a.Kind != String && a.Kind != Blob {
		return "", "", false
	}
	b, ok := alike(a, b)
	return a.Text, b.Text, ok
}

func startsWith(_ *run, a []Value) (Value, cause) {
	s, prefix, ok := texts(a[0], a[1])
	return found(a[0], ok && strings.HasPrefix(s, prefix))
}

func endsWith(_ *run, a []Value) (Value, cause) {
	s, suffix, ok := texts(a[0], a[1])
	return found(a[0], ok && strings.HasSuffix(s, suffix))
}

// offsetOf returns where part is in v: the second is converted to the kind of
// the first, which is the part.
func offsetOf(part, v Value, fromEnd bool) int {
	p, s, ok := texts(part, v)
	switch {
	case !ok:
		return -1
	case fromEnd:
		return strings.LastIndex(s, p)
	}
	return strings.Index(s, p)
}

func searchOf(_ *run, a []Value) (Value, cause) {
	i := offsetOf(a[0], a[1], len(a) == 3 && a[2].Kind != Null)
	return found(Unsigned(uint32(max(i, 0))), i >= 0)
}

func containsPart(_ *run, a []Value) (Value, cause) {
	return found(a[0], offsetOf(a[1], a[0], false) >= 0)
}

func isStringOf(_ *run, a []Value) (Value, cause) {
	v := a[0]
	if v.Kind == Blob {
		for i := range len(v.Text) {
			if v.Text[i] < ' ' || v.Text[i] > '~' {
				return Value{}, ""
			}
		}
	}
	return found(v, v.Kind == String || v.Kind == Blob)
}

func isSubnet(_ *run, a []Value) (Value, cause) {
	if a[0].Kind == Null {
		return Value{}, ""
	}
	addr, c := a[0].address()
	if c != "" {
		return Value{}, c
	}
	net, c := a[1].address()
	if c != "" {
		return Value{}, c
	}
	bits, c := bitCount(a[2], 32)
	if c != "" {
		return Value{}, c
	}
	m := ones(bits, 4)
	for i := range len(m) {
		if (addr[i]^net[i])&m[i] != 0 {
			return Value{}, ""
		}
	}
	return a[0], ""
}

func datatypeOf(_ *run, a []Value) (Value, cause) {
	switch a[0].Kind {
	case Int:
		return Str("sint"), ""
	case Uint:
		return Str("uint"), ""
	}
	return Str(a[0].Kind.String()), ""
}
