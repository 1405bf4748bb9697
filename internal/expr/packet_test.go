package expr

import (
	"encoding/hex"
	"fmt"
	"strings"

	"leasehold/internal/option"
)

// packet is a request to evaluate expressions against.
type packet struct {
	fields  map[string]Value
	options map[int][]byte
	catalog *option.Catalog
	reply   *packet
	environ map[string]string
	logged  []string
	traced  []string
	level   int
}

func (p *packet) Field(name string) (Value, error) {
	v, ok := p.fields[name]
	if !ok {
		return Value{}, nil
	}
	return v, nil
}

func (p *packet) OptionBytes(code int) ([]byte, bool) { b, ok := p.options[code]; return b, ok }

func (p *packet) Option(path *OptionPath) (Value, error) { return ReadOption(p.catalog, path, p) }

func (p *packet) Dump() string { return "dump of the packet" }

func (p *packet) Response() Packet {
	if p.reply == nil {
		return nil
	}
	return p.reply
}

func (p *packet) Environment(name string) (string, bool) { v, ok := p.environ[name]; return v, ok }
func (p *packet) PutEnvironment(name, value string)      { p.environ[name] = value }
func (p *packet) Log(severity, text string)              { p.logged = append(p.logged, severity+": "+text) }
func (p *packet) TraceLevel() int                        { return p.level }
func (p *packet) Trace(level int, text string) {
	p.traced = append(p.traced, fmt.Sprintf("%d %s", level, text))
}

func unhex(text string) []byte {
	b, err := hex.DecodeString(strings.NewReplacer(" ", "", ":", "").Replace(text))
	if err != nil {
		panic(err)
	}
	return b
}

// docsis is the request of a cable modem behind a relay.
func docsis() *packet {
	mac := unhex("00:11:22:aa:bb:cc")
	return &packet{
		fields: map[string]Value{
			"op": Unsigned(1), "htype": Unsigned(1), "hlen": Unsigned(6), "hops": Unsigned(1), "secs": Unsigned(258),
			"flags": Unsigned(0x8000), "xid": Unsigned(0xdeadbeef), "chaddr": Bytes(mac),
			"ciaddr": Bytes(make([]byte, 4)), "yiaddr": Bytes(make([]byte, 4)), "giaddr": Bytes(unhex("0a010001")),
			"file": Str("boot.cm"), "msg-type": Unsigned(1), "macaddress-string": Str("1,6,00:11:22:aa:bb:cc"),
		},
		options: map[int][]byte{
			3:   unhex("0a010001 0a010002 0a010003"),
			12:  []byte("My-PC\x00"),
			19:  {1},
			25:  unhex("00440128"),
			43:  unhex("0103616263 020101"),
			51:  unhex("00093a80"),
			60:  []byte("docsis3.0:052401"),
			61:  unhex("01 001122aabbcc"),
			82:  unhex("0106 001122334455 0206 001122aabbcc 0602 7331 9707 01020304050607 0101ff"),
			119: unhex("0161 00 0162 0163 00"),
			125: unhex("00000009 03 050101 0000118b 06 02040a000001 00000009 03 050102"),
		},
		catalog: option.Builtin(),
		environ: map[string]string{"colour": "red"},
	}
}
