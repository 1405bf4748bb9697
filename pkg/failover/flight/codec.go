package flight

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"unicode/utf8"

	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// Client identifiers and options are octets, and JSON knows only text: in a
// line, each octet of a string is the character of the same number.

func widen(s string) string {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < utf8.RuneSelf
	}
	if ascii {
		return s
	}
	wide := make([]rune, len(s))
	for i := range len(s) {
		wide[i] = rune(s[i])
	}
	return string(wide)
}

func narrow(s string) string {
	octets := make([]byte, 0, len(s))
	for _, r := range s {
		octets = append(octets, byte(r))
	}
	return string(octets)
}

var textual = reflect.TypeFor[encoding.TextMarshaler]()

// withStrings is a copy of v with every string changed.
func withStrings(v reflect.Value, change func(string) string) reflect.Value {
	t := v.Type()
	switch v.Kind() {
	case reflect.String:
		to := reflect.New(t).Elem()
		to.SetString(change(v.String()))
		return to
	case reflect.Struct:
		if t.Implements(textual) {
			return v
		}
		to := reflect.New(t).Elem()
		to.Set(v)
		for i := range t.NumField() {
			if t.Field(i).IsExported() {
				to.Field(i).Set(withStrings(v.Field(i), change))
			}
		}
		return to
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		to := reflect.MakeSlice(t, v.Len(), v.Len())
		for i := range v.Len() {
			to.Index(i).Set(withStrings(v.Index(i), change))
		}
		return to
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		to := reflect.New(t.Elem())
		to.Elem().Set(withStrings(v.Elem(), change))
		return to
	}
	return v
}

func encode(v any) (json.RawMessage, error) {
	return json.Marshal(withStrings(reflect.ValueOf(v), widen).Interface())
}

// decode reads a value of v's type into *v.
func decode(raw json.RawMessage, v any) error {
	if err := json.Unmarshal(raw, v); err != nil {
		return err
	}
	to := reflect.ValueOf(v).Elem()
	to.Set(withStrings(to, narrow))
	return nil
}

// The inputs and messages by the names of their types.
var (
	inputs = typesOf[core.Input](
		core.Up{}, core.Down{}, core.Denied{}, core.Message{}, core.Changed{}, core.Held{}, core.Written{}, core.Settled{}, core.Timeout{},
		core.PartnerDown{}, core.Pause{}, core.Shutdown{}, core.Rebalance{}, core.Reconfigured{}, core.PoolsChanged{},
	)
	bodies = typesOf[wire.Body](
		wire.POOLREQ{}, wire.POOLRESP{}, wire.BNDUPD{}, wire.BNDACK{}, wire.CONNECT{}, wire.CONNECTACK{}, wire.UPDREQALL{}, wire.UPDREQ{},
		wire.UPDDONE{}, wire.STATE{}, wire.CONTACT{}, wire.DISCONNECT{}, wire.Ignored{},
	)
)

func typesOf[T any](all ...T) map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, v := range all {
		t := reflect.TypeOf(v)
		types[t.Name()] = t
	}
	return types
}

// message and written stand for the inputs that hold what has no type of its own.
type (
	message struct {
		Time     wire.Time
		XID      uint32
		Digest   string `json:",omitempty"`
		Received core.Now
		Type     string
		Body     json.RawMessage
	}
	written struct {
		IDs []uint64
		Err string `json:",omitempty"`
	}
)

func encodeInput(in core.Input) (name string, raw json.RawMessage, err error) {
	name = reflect.TypeOf(in).Name()
	switch in := in.(type) {
	case core.Message:
		body, err := encode(in.Body)
		if err != nil {
			return name, nil, err
		}
		raw, err = encode(message{in.Time, in.XID, in.Digest, in.Received, reflect.TypeOf(in.Body).Name(), body})
		return name, raw, err
	case core.Written:
		w := written{IDs: in.IDs}
		if in.Err != nil {
			w.Err = in.Err.Error()
		}
		raw, err = encode(w)
		return name, raw, err
	}
	raw, err = encode(in)
	return name, raw, err
}

func decodeInput(name string, raw json.RawMessage) (core.Input, error) {
	switch name {
	case "Message":
		var m message
		if err := decode(raw, &m); err != nil {
			return nil, err
		}
		t, ok := bodies[m.Type]
		if !ok {
			return nil, fmt.Errorf("there is no message %q", m.Type)
		}
		body := reflect.New(t)
		if err := decode(m.Body, body.Interface()); err != nil {
			return nil, err
		}
		return core.Message{
			Message:  wire.Message{Time: m.Time, XID: m.XID, Digest: m.Digest, Body: body.Elem().Interface().(wire.Body)},
			Received: m.Received,
		}, nil
	case "Written":
		var w written
		if err := decode(raw, &w); err != nil {
			return nil, err
		}
		in := core.Written{IDs: w.IDs}
		if w.Err != "" {
			in.Err = errors.New(w.Err)
		}
		return in, nil
	}
	t, ok := inputs[name]
	if !ok {
		return nil, fmt.Errorf("there is no input %q", name)
	}
	v := reflect.New(t)
	if err := decode(raw, v.Interface()); err != nil {
		return nil, err
	}
	return v.Elem().Interface().(core.Input), nil
}
