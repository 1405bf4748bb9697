package engine

import (
	"net/netip"

	"leasehold/internal/expr"
	"leasehold/internal/packet"
)

// exprEnv shows an exchange to the expressions of the configuration.
type exprEnv struct{ ex *exchange }

var (
	_ expr.Env        = exprEnv{}
	_ expr.RawOptions = exprEnv{}
)

func (ex *exchange) env() expr.Env { return exprEnv{ex} }

// Field returns a field of the packet, or what the server derives from it
// (expressions.md section 5.5).
func (e exprEnv) Field(name string) (expr.Value, error) {
	ex, m := e.ex, &e.ex.msg
	switch name {
	case "op":
		return expr.Unsigned(uint32(m.Op)), nil
	case "htype":
		return expr.Unsigned(uint32(m.HType)), nil
	case "hlen":
		return expr.Unsigned(uint32(m.HLen)), nil
	case "hops":
		return expr.Unsigned(uint32(m.Hops)), nil
	case "secs":
		return expr.Unsigned(uint32(m.Secs)), nil
	case "flags":
		return expr.Unsigned(uint32(m.Flags)), nil
	case "xid":
		return expr.Unsigned(m.XID), nil
	case "msg-type", "dhcp-message-type":
		return expr.Unsigned(uint32(m.Type)), nil
	case "ciaddr":
		return addrValue(m.CIAddr), nil
	case "yiaddr":
		return addrValue(m.YIAddr), nil
	case "siaddr":
		return addrValue(m.SIAddr), nil
	case "giaddr":
		return addrValue(m.GIAddr), nil
	case "chaddr":
		return blobOrNull(m.HW()), nil
	case "sname":
		return stringOrNull(string(m.SName)), nil
	case "file":
		return stringOrNull(string(m.File)), nil
	case "macaddress-string":
		return expr.Str(macText(ex.hw)), nil
	case "macaddress-blob":
		return expr.Bytes(append([]byte{ex.hw.Type, ex.hw.Len}, ex.hw.Bytes()...)), nil
	case "client-id":
		if ex.who.ClientID != "" {
			return expr.Bytes([]byte(ex.who.ClientID)), nil
		}
		return expr.Bytes([]byte(hardwareID(ex.hw))), nil
	case "client-id-created":
		if ex.who.ClientID == "" {
			return expr.Unsigned(1), nil
		}
		return expr.Value{}, nil
	case "relay-agent-circuit-id":
		return relayValue(m, packet.RelayCircuitID), nil
	case "relay-agent-remote-id":
		return relayValue(m, packet.RelayRemoteID), nil
	case "selection-criteria":
		return stringOrNull(ex.criteriaText()), nil
	case "client-class-name":
		if ex.class != nil {
			return expr.Str(ex.class.name), nil
		}
		return expr.Value{}, nil
	}
	return expr.Value{}, &expr.Failure{Function: "request", Cause: "unknown packet field '" + name + "'"}
}

func addrValue(a netip.Addr) expr.Value {
	b := a.As4()
	return expr.Bytes(b[:])
}

func blobOrNull(b []byte) expr.Value {
	if len(b) == 0 {
		return expr.Value{}
	}
	return expr.Bytes(b)
}

func stringOrNull(s string) expr.Value {
	if s == "" {
		return expr.Value{}
	}
	return expr.Str(s)
}

func relayValue(m *packet.Message, sub uint8) expr.Value {
	v, ok := m.RelaySub(sub)
	if !ok {
		return expr.Value{}
	}
	return expr.Bytes(v)
}

// Dump is the packet in readable form.
func (e exprEnv) Dump() string { return packet.Dump(e.ex.in.Data) }

// Response is nil: expressions are evaluated before there is an answer.
func (e exprEnv) Response() expr.Packet { return nil }

// Environment reads the request's dictionary: what an expression put there,
// what the client says, what its class says.
func (e exprEnv) Environment(name string) (string, bool) {
	if v, ok := e.ex.vars[name]; ok {
		return v, true
	}
	if c := e.ex.client; c != nil {
		if v, ok := findPair(c.environment, name); ok {
			return v, true
		}
	}
	if c := e.ex.class; c != nil {
		return findPair(c.environment, name)
	}
	return "", false
}

func findPair(pairs [][2]string, name string) (string, bool) {
	for _, p := range pairs {
		if p[0] == name {
			return p[1], true
		}
	}
	return "", false
}

// PutEnvironment writes to the request's dictionary.
func (e exprEnv) PutEnvironment(name, value string) {
	if e.ex.vars == nil {
		e.ex.vars = map[string]string{}
	}
	e.ex.vars[name] = value
}

// Log writes to the server's log.
func (e exprEnv) Log(severity, text string) { e.ex.server.logf(msgExprLog, severity, text) }

// Trace writes a line of tracing to the server's log.
func (e exprEnv) Trace(level int, text string) { e.ex.server.logf(msgTrace, level, text) }

// TraceLevel is expression-trace-level.
func (e exprEnv) TraceLevel() int { return e.ex.plan.settings.traceLevel }

// Option answers an option path from the packet's bytes.
func (e exprEnv) Option(path *expr.OptionPath) (expr.Value, error) {
	return expr.ReadOption(e.ex.plan.catalog, path, e)
}

// OptionBytes returns an option as it stands in the packet.
func (e exprEnv) OptionBytes(code int) ([]byte, bool) {
	if code < 0 || code > 255 {
		return nil, false
	}
	return e.ex.msg.Lookup(uint8(code))
}

// criteriaText lists the client's selection criteria by name.
func (ex *exchange) criteriaText() string {
	text := ""
	for _, id := range ex.criteria {
		if text != "" {
			text += ","
		}
		text += ex.plan.tagNames[id]
	}
	return text
}
