package expr

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Each row: expression, and its value as Value.String shows it.
var evaluations = []struct{ text, want string }{
	// expressions.md section 8
	{`(to-string (request chaddr))`, `"00:11:22:aa:bb:cc"`},
	{`(concat (byte 1) (request chaddr))`, `01:00:11:22:aa:bb:cc`},
	{`(concat "x" (request chaddr))`, `"x00:11:22:aa:bb:cc"`},
	{`(substring 01:02:03:04 1 2)`, `02:03`},
	{`(length "hello")`, `5`},
	{`(search "l" "hello")`, `2`},
	{`(search "l" "hello" 1)`, `3`},
	{`(and "a" null "b")`, `null`},
	{`(or null "b")`, `"b"`},
	{`(equal "A" "a")`, `null`},
	{`(equali "A" "a")`, `"A"`},
	{`(try (to-int "x") 7)`, `7`},
	{`(ip-string 0a:01:02:03)`, `"10.1.2.3"`},
	{`(validate-host-name "_my pc_")`, `"my-pc"`},
	{`(translate "a.b" "." "-")`, `"a-b"`},
	{`// 1. class by vendor class id, else none
(try (if (starts-with (request option "dhcp-class-identifier") "docsis")
         "modem" "cpe")
     "<none>")`, `"modem"`},
	{`(if (equal (request option 82 2) (request chaddr)) "modem" "cpe")`, `"modem"`},
	{`(request get-blob option 82 2)`, `00:11:22:aa:bb:cc`},
	{`(substring (request get-blob option 82 1) 2 4)`, `22:33:44:55`},
	{`(or (request get-blob option 82 1) (concat (byte 1) (request chaddr)))`, `00:11:22:33:44:55`},
	{`(to-lower (or (request option "host-name") (to-string (request chaddr))))`, `"my-pc"`},
	{`(if (starts-with (request get chaddr) "01:02:03") "VoIP" "PC")`, `"PC"`},
	{`(if (starts-with (request get chaddr) "00:11:22") "VoIP" "PC")`, `"VoIP"`},
	{`"openstack-client-class"`, `"openstack-client-class"`},
	{`(concat (request option 82 151) (request chaddr))`, `01:02:03:04:05:06:07:00:11:22:aa:bb:cc`},
	{`(concat (request option 82 151) "-" (request chaddr))`, `"01:02:03:04:05:06:07-00:11:22:aa:bb:cc"`},

	// literals
	{`0x1F`, `31`}, {`017`, `15`}, {`-5`, `-5`}, {`4294967295`, `4294967295`}, {`-2147483648`, `-2147483648`},
	{`A:b:0C`, `0a:0b:0c`}, {`"a\"b\\c\n"`, `"a\"b\\c\\n"`}, {`null`, `null`}, {`NULL`, `null`},

	// control and logic
	{`(AND "a" "b")`, `"b"`}, {`(pick-first-value null 0)`, `0`}, {`(or null null)`, `null`},
	{`(not null)`, `"*T*"`}, {`(not "")`, `null`}, {`(if 0 "t" "e")`, `"t"`}, {`(if null "t")`, `null`}, {`(if 5)`, `5`},
	{`(null 1 2)`, `null`}, {`(progn 1 2 3)`, `3`}, {`(prog1 1 2 3)`, `1`}, {`(comment "x" 1 2)`, `2`}, {`(comment "x")`, `null`},
	{`(let (a (b 2)) (setq a (+ b 1)) (concat a "-" b))`, `"3-2"`},
	{`(let ((a 1)) (let ((a 2)) (setq a 5)) a)`, `1`},
	{`(let ((a 1)) (let ((b a)) (setq a 7) (+ a b)))`, `8`},
	{`(let ((s "")) (dotimes (i 4 s) (setq s (concat s i))))`, `"0123"`},
	{`(dotimes (i 3) i)`, `null`}, {`(dotimes (i 3 i) i)`, `3`}, {`(dotimes (i 0 "r"))`, `"r"`},
	{`(try null "f")`, `null`}, {`(try (error "x") "f")`, `"f"`}, {`(try (try (error) (error)) "g")`, `"g"`},

	// comparison
	{`(equal null null)`, `"*T*"`}, {`(equal null "a")`, `null`}, {`(equal 5 -5)`, `null`}, {`(equal 5 "5")`, `5`},
	{`(equal 5 "x")`, `null`}, {`(equal 61:62 "ab")`, `61:62`}, {`(equal "61:62" 61:62)`, `"61:62"`}, {`(equal 00:00:00:05 5)`, `00:00:00:05`},
	{`(equali 61:62 "AB")`, `61:62`}, {`(ends-with "abc" "bc")`, `"abc"`}, {`(ends-with "abc" "b")`, `null`},
	{`(starts-with null "a")`, `null`}, {`(starts-with "abc" null)`, `null`}, {`(starts-with 123 "12")`, `123`},
	{`(contains "hello" "ell")`, `"hello"`}, {`(contains "hello" "x")`, `null`}, {`(search "x" "hello")`, `null`}, {`(search "" "abc" 1)`, `3`},
	{`(is-string 61:62)`, `61:62`}, {`(is-string 00:62)`, `null`}, {`(is-string 5)`, `null`},
	{`(is-subnet 0a:01:02:03 "10.1.0.0" 16)`, `0a:01:02:03`}, {`(is-subnet (request giaddr) "10.2.0.0" 16)`, `null`}, {`(is-subnet "10.1.2.3" "0.0.0.0" 0)`, `"10.1.2.3"`},
	{`(concat (datatype "") (datatype 1:2) (datatype 1) (datatype -1) (datatype null))`, `"stringblobuintsintnull"`},

	// strings and blobs
	{`(concat null null)`, `null`}, {`(concat null 01:02 (byte 3))`, `01:02:03`}, {`(concat 01:02 5)`, `"01:025"`}, {`(concat -1 "x")`, `"-1x"`},
	{`(substring "hello" 1)`, `"ello"`}, {`(substring "hello" 1 99)`, `"ello"`}, {`(substring "hello" 5)`, `""`}, {`(substring "hello" 6)`, `null`},
	{`(length null)`, `0`}, {`(length 7)`, `4`}, {`(length 01:02)`, `2`},
	{`(to-upper "aZ9")`, `"AZ9"`}, {`(lcase "AZ")`, `"az"`}, {`(ucase 0a:0b)`, `"0A:0B"`},
	{`(translate "a-b_c" "-_" ".")`, `"a.bc"`}, {`(translate "abc" "b")`, `"ac"`},
	{`(strip "  a ")`, `"a"`}, {`(strip "xxaxx" "x")`, `"a"`},
	{`(as-string 61:62)`, `"ab"`}, {`(as-string 65)`, `"A"`}, {`(as-blob "ab")`, `61:62`}, {`(as-blob 1)`, `00:00:00:01`},
	{`(as-sint ff:ff:ff:ff)`, `-1`}, {`(as-sint 4294967295)`, `-1`}, {`(to-blob "61:62")`, `61:62`}, {`(to-blob 258)`, `00:00:01:02`},
	{`(to-int "0x10")`, `16`}, {`(to-int 01:02)`, `258`}, {`(to-sint "-7")`, `-7`}, {`(to-int null)`, `null`}, {`(to-string null)`, `null`},
	{`(to-ip "10.1.2.3")`, `0a:01:02:03`}, {`(to-ip 1)`, `00:00:00:01`}, {`(ip6-string (mask-blob 16 16))`, `"ffff::"`},
	{`(byte -1)`, `ff`}, {`(validate-host-name "-A b.c!d.-")`, `"A-b.cd"`},

	// arithmetic and bits
	{`(+ 1 2 null 3)`, `6`}, {`(+ null)`, `null`}, {`(- 1 2 3)`, `-4`}, {`(* 4 null 5)`, `20`}, {`(/ 7 2)`, `3`}, {`(/ -7 2)`, `-3`}, {`(% -7 2)`, `-1`},
	{`(+ "3" 04:00)`, `1027`}, {`(bit-and 12 10)`, `8`}, {`(bit-or 12 10)`, `14`}, {`(bit-xor 12 10)`, `6`}, {`(bit-not 0)`, `4294967295`}, {`(bit-not -1)`, `0`},
	{`(bit-nand -1 -1)`, `0`}, {`(bit-nor 0 0)`, `4294967295`}, {`(bit-eqv 5 5)`, `4294967295`},
	{`(bit-and 0a:01:02:03 (mask-blob 24))`, `0a:01:02:00`}, {`(bit-or 00:01 "10:00")`, `10:01`}, {`(bit-not 0f:f0)`, `f0:0f`},
	{`(ash 1 4)`, `16`}, {`(ash 16 -4)`, `1`}, {`(ash -16 -2)`, `-4`}, {`(ash 1 40)`, `0`}, {`(ash 00:ff 4)`, `0f:f0`}, {`(ash 0f:f0 -4)`, `00:ff`}, {`(ash 01:02 100)`, `00:00`},
	{`(mask-int 24)`, `4294967040`}, {`(mask-int 0)`, `0`}, {`(mask-blob 12 2)`, `ff:f0`}, {`(mask "10.1.2.3" 16)`, `0a:01:00:00`}, {`(mask 258 24)`, `256`},

	// packet fields
	{`(request op)`, `1`}, {`(request get-blob op)`, `01`}, {`(request get-blob secs)`, `01:02`}, {`(request get-blob xid)`, `de:ad:be:ef`},
	{`(request giaddr)`, `0a:01:00:01`}, {`(request get file)`, `"boot.cm"`}, {`(request get-blob file)`, `62:6f:6f:74:2e:63:6d`}, {`(request sname)`, `null`},
	{`(request DHCP-message-type)`, `1`}, {`(request macaddress-string)`, `"1,6,00:11:22:aa:bb:cc"`},
	{`(response yiaddr)`, `0a:01:00:63`}, {`(response option "host-name")`, `"given"`},
	{`(synthesize-host-name)`, `"dhcp-10-1-0-99"`}, {`(synthesize-host-name null "pc")`, `"pc-10-1-0-99"`},

	// options
	{`(request option 3)`, `0a:01:00:01`}, {`(request option "routers" index 2)`, `0a:01:00:03`}, {`(request option 3 index 3)`, `null`}, {`(request option 3 count)`, `3`},
	{`(request get-blob option 3)`, `0a:01:00:01:0a:01:00:02:0a:01:00:03`}, {`(request get-blob option 3 index 1)`, `0a:01:00:02`},
	{`(request option 3 instance-count)`, `1`}, {`(request option 4 instance-count)`, `0`}, {`(request option 4 count)`, `0`}, {`(request option 4)`, `null`}, {`(request option 3 instance 1)`, `null`},
	{`(request option "HOST-name")`, `"My-PC"`}, {`(request get-blob option 12)`, `4d:79:2d:50:43:00`}, {`(request option 19)`, `1`}, {`(request option 51)`, `604800`}, {`(request option 25 index 1)`, `296`},
	{`(request option 61)`, `01:00:11:22:aa:bb:cc`}, {`(request option 119 index 1)`, `"b.c."`}, {`(request option 119 count)`, `2`}, {`(request option 224)`, `null`},
	{`(request option 82 1 instance-count)`, `2`}, {`(request option 82 1 instance 1)`, `ff`}, {`(request option 82 1 instance 2)`, `null`}, {`(request option 82 9)`, `null`},
	{`(request option "relay-agent-info" "remote-id")`, `00:11:22:aa:bb:cc`}, {`(request option 82 "subscriber-id")`, `"s1"`}, {`(request option 83 1)`, `null`},
	{`(request option 125 enterprise-id 4491 "tftp-servers")`, `0a:00:00:01`}, {`(request option 125 enterprise-id "dhcp-cablelabs-config" 2)`, `0a:00:00:01`},
	{`(request option 125 enterprise-id 9 5)`, `01`}, {`(request option 125 enterprise-id 9 instance 1 5)`, `02`}, {`(request option 125 enterprise-id 7 5)`, `null`},
	{`(request option 125 instance-count)`, `3`}, {`(request option 125 enterprise-id 9 instance-count)`, `2`}, {`(request option 125 5)`, `01`},
	{`(request option 43 vendor "none" 1)`, `61:62:63`}, {`(let ((n 82) (m "remote-id")) (request option n m))`, `00:11:22:aa:bb:cc`},
	{`(let ((i 1)) (request option 82 1 instance i))`, `ff`}, {`(request option (+ 81 1) 2)`, `00:11:22:aa:bb:cc`},
	{`(request dump)`, `null`},

	// environment and log
	{`(environmentdictionary get "colour")`, `"red"`}, {`(environmentdictionary "shape")`, `null`},
	{`(progn (environmentdictionary put "shape" 5) (environmentdictionary "shape"))`, `"5"`},
	{`(log "warning" "w")`, `"w"`}, {`(log null)`, `null`},

	// failures
	{`(to-int "x")`, `!to-int: cannot convert string to unsigned int`},
	{`(to-int -1)`, `!to-int: cannot convert signed int to unsigned int`},
	{`(to-sint 2147483648)`, `!to-sint: cannot convert unsigned int to signed int`},
	{`(to-blob "xyz")`, `!to-blob: cannot convert string to blob`},
	{`(substring null 1)`, `!substring: cannot convert null to string`},
	{`(substring "a" -1)`, `!substring: offset and length cannot be negative`},
	{`(/ 1 0)`, `!/: division by zero`}, {`(% 1 0)`, `!%: division by zero`},
	{`(+ 2147483647 1)`, `!+: result does not fit 32 bits`}, {`(/ -2147483648 -1)`, `!/: result does not fit 32 bits`},
	{`(- 1 null)`, `!-: cannot convert null to signed int`},
	{`(error)`, `!error: error called`}, {`(error "no class")`, `!error: error called: no class`},
	{`(bit-and 01:02 01:02:03)`, `!bit-and: blobs must have the same length`},
	{`(byte 256)`, `!byte: a byte is a number from -128 to 255`},
	{`(ip-string 01:02)`, `!ip-string: an IPv4 address has 4 bytes`},
	{`(log "loud" 1)`, `!log: severity 'loud' is none of debug, activity, info, warning and error`},
	{`(request option "host-nam")`, `!request: unknown option 'host-nam', did you mean host-name?`},
	{`(request option 82 "remote")`, `!request: option relay-agent-info(82) has no sub-option 'remote'`},
	{`(request option 125 enterprise-id "acme" 1)`, `!request: unknown enterprise 'acme'`},
	{`(let ((b 01:02)) (request option b))`, `!request: option specifier must be integer or string`},
	{`(dotimes (i 1001) i)`, `!dotimes: more than 1000 rounds`},
	{`(dotimes (i 1000) (dotimes (j 1000) j))`, `!dotimes: more than 10000 calls`},
	{`(let ((s "0123456789")) (dotimes (i 100 (length s)) (setq s (concat s s))))`, `!concat: value longer than 16384 bytes`},
	{`(synthesize-host-name "duid")`, `!synthesize-host-name: method 'duid' is for DHCPv6 only`},
}

func withReply() *packet {
	p := docsis()
	p.reply = docsis()
	p.reply.fields["yiaddr"] = Bytes(unhex("0a010063"))
	p.reply.options = map[int][]byte{12: []byte("given")}
	return p
}

func TestEvaluations(t *testing.T) {
	for _, e := range evaluations {
		p, err := Parse(e.text)
		if err != nil {
			t.Errorf("%s: %v", e.text, err)
			continue
		}
		for _, bound := range []bool{false, true} {
			if bound {
				p.Bind(withReply().catalog)
			}
			v, err := p.Eval(withReply())
			got := v.String()
			if err != nil {
				got = "!" + err.Error()
			}
			if got != e.want {
				t.Errorf("%s (bound %v) = %s, want %s", e.text, bound, got, e.want)
			}
		}
		again, err := Parse(p.String())
		if err != nil || again.String() != p.String() {
			t.Errorf("%s: canonical text %q is not stable: %v", e.text, p, err)
			continue
		}
		v, _ := p.Eval(withReply())
		if w, _ := again.Eval(withReply()); w != v {
			t.Errorf("%s: canonical text %q = %s, want %s", e.text, p, w, v)
		}
	}
}

// Each row: a wrong text, and where and why it is wrong.
var wrongTexts = []struct{ text, want string }{
	{``, `offset 0: no expression`},
	{`; only a comment`, `offset 16: no expression`},
	{`(concat "a"`, `offset 0: unbalanced parentheses: this one is not closed`},
	{`(concat "a"))`, `offset 12: unbalanced parentheses: nothing is open here`},
	{`"a" "b"`, `offset 4: text after the end of the expression`},
	{`(concat "a`, `offset 8: string without closing quote`},
	{`(conct "a")`, `offset 1: unknown function 'conct', did you mean concat?`},
	{`(random 5)`, `offset 1: unknown function 'random'`},
	{`(hash "x")`, `offset 1: unknown function 'hash', did you mean ash?`},
	{`()`, `offset 0: empty parentheses: a function name is missing`},
	{`("a")`, `offset 1: a function name must follow the parenthesis`},
	{`(to-lower)`, `offset 0: to-lower: wrong number of arguments: (to-lower <string>)`},
	{`(concat (to-lower "a" "b"))`, `offset 8: to-lower: wrong number of arguments: (to-lower <string>)`},
	{`foo`, `offset 0: variable 'foo' not defined`},
	{`(let ((a 1)) A)`, `offset 13: variable 'A' not defined`},
	{`(setq a 1)`, `offset 6: setq: variable 'a' not defined`},
	{`(let a 1)`, `offset 5: let: a list of variables must stand here`},
	{`(let ((a)) 1)`, `offset 6: let: a variable with a value is (<name> <value>)`},
	{`(let (1) 1)`, `offset 6: a variable name must stand here`},
	{`(dotimes (i) 1)`, `offset 9: dotimes: (<variable> <count> [<result>]) must stand here`},
	{`08`, `offset 0: "08" is no integer of 32 bits (0x is hexadecimal, a leading 0 octal)`},
	{`4294967296`, `offset 0: "4294967296" is no integer of 32 bits (0x is hexadecimal, a leading 0 octal)`},
	{`12ab`, `offset 0: "12ab" is no integer of 32 bits (0x is hexadecimal, a leading 0 octal)`},
	{`01:023`, `offset 0: "01:023" is no blob: bytes in hexadecimal between colons such as 01:0a:ff`},
	{`a&b`, `offset 0: "a&b" is no name, number, string or blob`},
	{"\u00e9", `offset 0: character 'Ã' outside of a string`},
	{`(request chadr)`, `offset 9: unknown packet field 'chadr', did you mean chaddr?`},
	{`(request get)`, `offset 0: request: a packet field or option must be named`},
	{`(request chaddr 1)`, `offset 16: request: wrong number of arguments: nothing follows a packet field`},
	{`(request option)`, `offset 0: request: an option name or number must follow the word option`},
	{`(request option host-name)`, `offset 16: variable 'host-name' not defined; a name stands in quotes: "host-name"`},
	{`(request option 01:02)`, `offset 16: request: option specifier must be integer or string`},
	{`(request option -1)`, `offset 16: request: option specifier must be integer or string`},
	{`(request option 1 option 2)`, `offset 18: request: more than one option is for DHCPv6 only`},
	{`(request relay 1 option 2)`, `offset 9: request: relay is for DHCPv6 only`},
	{`(request option instance 1)`, `offset 16: request: an option name or number must stand before instance`},
	{`(request option 1 instance)`, `offset 18: request: a value must follow instance`},
	{`(request option 1 instance 1 instance-count)`, `offset 29: request: instance and instance-count exclude each other`},
	{`(request option 1 count 2)`, `offset 24: request: nothing follows instance-count, count and index`},
	{`(request option 1 vendor 2)`, `offset 25: request: vendor must be a string`},
	{`(environmentdictionary put "a")`, `offset 0: environmentdictionary: wrong number of arguments: (environmentdictionary [get] <name> | put <name> <value>)`},
	{`(create-ip "10.0.0.0/8" 1)`, `offset 1: unknown function 'create-ip'`},
	{strings.Repeat("(not ", 65) + "1" + strings.Repeat(")", 65), `offset 320: nested deeper than 64`},
}

func TestSyntaxErrors(t *testing.T) {
	for _, e := range wrongTexts {
		_, err := Parse(e.text)
		if err == nil || err.Error() != "expression error at "+e.want {
			t.Errorf("%s: %v, want %s", e.text, err, e.want)
		}
	}
	if _, err := Parse(strings.Repeat("(not ", 64) + "1" + strings.Repeat(")", 64)); err != nil {
		t.Errorf("64 levels: %v", err)
	}
}

// TestWorstCase: the dearest expression that the limits allow is refused or
// done well before a client would ask again.
func TestWorstCase(t *testing.T) {
	long := `"` + strings.Repeat("ab", maxValue/4) + `"`
	for _, text := range []string{
		`(let ((s ` + long + `)) (dotimes (i 1000) (translate s s s) (to-upper s) (strip s s) (search "bb" s) (validate-host-name s) (equali s (to-upper s))))`,
		`(let ((s ` + long + `)) (dotimes (i 1000) (concat s s) (as-blob s) (bit-xor (as-blob s) (as-blob s)) (ash (as-blob s) 3)))`,
	} {
		p, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = p.Eval(docsis())
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%.60s... took %s (%v)", text, took, err)
		} else {
			t.Logf("%.60s... took %s (%v)", text, took, err)
		}
	}
}

func TestLongValuesAreCut(t *testing.T) {
	long := strings.Repeat("a", 1000)
	for _, v := range []Value{Str(long), blob(long)} {
		if s := v.String(); len(s) > 3*shown+10 || !strings.Contains(s, "...") {
			t.Errorf("%s is shown in %d characters", v.Kind, len(s))
		}
	}
}

func TestCanonicalText(t *testing.T) {
	for _, e := range []struct{ text, want string }{
		{"  ( concat  \"a  b\"\n\t 0X1F // comment\n ; another\n (Request CHADDR) )", `(concat "a  b" 0X1F (Request CHADDR))`},
		{`"gold"`, `"gold"`},
		{"(// the quotient\n/ 4 2)", `(/ 4 2)`},
		{`(let (a(b 1))(concat"x"a))`, `(let (a (b 1)) (concat "x" a))`},
		{`(concat "// no ; comment")`, `(concat "// no ; comment")`},
	} {
		p, err := Parse(e.text)
		if err != nil || p.String() != e.want {
			t.Errorf("%q: %v (%v), want %s", e.text, p, err, e.want)
		}
	}
}

func TestKeys(t *testing.T) {
	for _, e := range []struct {
		v           Value
		key, octets string
	}{
		{Str("Ab"), "Ab", "Ab"}, {Bytes([]byte{1, 0xab}), "01:ab", "\x01\xab"}, {Unsigned(258), "258", "\x00\x00\x01\x02"}, {Signed(-1), "-1", "\xff\xff\xff\xff"}, {Value{}, "", ""},
	} {
		if e.v.Key() != e.key || e.v.Octets() != e.octets {
			t.Errorf("%s: key %q, octets %q", e.v, e.v.Key(), e.v.Octets())
		}
	}
}

func TestBindNamesUnknownOptions(t *testing.T) {
	p, err := Parse(`(concat (request option "host-nam") (request option 82 "remote-id") (request option "relay-agent-info" "remote"))`)
	if err != nil {
		t.Fatal(err)
	}
	errs := p.Bind(docsis().catalog)
	if len(errs) != 2 || !strings.Contains(errs[0].Error(), "did you mean host-name?") || !strings.Contains(errs[1].Error(), "'remote'") {
		t.Errorf("Bind = %v", errs)
	}
	if s := p.reads[1].path.Steps; s[0].Code != 82 || s[1].Code != 2 {
		t.Errorf("names were not resolved: %+v", s)
	}
}

func TestResponseWhereThereIsNone(t *testing.T) {
	for text, want := range map[string]string{
		`(response yiaddr)`:              "response: there is no response packet yet",
		`(synthesize-host-name)`:         "synthesize-host-name: the client has no address yet",
		`(try (response option 1) "no")`: "",
	} {
		p, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Eval(docsis()); want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestTraceLevels(t *testing.T) {
	p, err := Parse(`(try (concat "a" (to-int "x")) (to-lower "B"))`)
	if err != nil {
		t.Fatal(err)
	}
	failing, err := Parse(`(let ((a "x")) (log "seen") (environmentdictionary put "k" "v") (to-int a))`)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []struct {
		p     *Program
		level int
		want  []string
	}{
		{p, 0, nil},
		{p, 1, []string{`1 try goes on after to-int: cannot convert string to unsigned int`}},
		{p, 2, []string{`1 try goes on after to-int: cannot convert string to unsigned int`}},
		{p, 3, []string{`3 (to-int "x") failed: cannot convert string to unsigned int`, `1 try goes on after to-int: cannot convert string to unsigned int`, `3 (to-lower "B") = "b"`}},
		{failing, 0, nil},
		{failing, 1, []string{`1 failed: to-int: cannot convert string to unsigned int`}},
		{failing, 2, []string{
			`1 failed: to-int: cannot convert string to unsigned int`,
			`2 failed, once more with all tracing: to-int: cannot convert string to unsigned int`,
			`5 literal "x"`, `5 literal "seen"`, `4 log: argument "seen"`, `3 (log "seen") = "seen"`,
			`5 literal "k"`, `5 literal "v"`, `6 environmentdictionary = "v"`,
			`5 variable a = "x"`, `4 to-int: argument "x"`, `3 (to-int "x") failed: cannot convert string to unsigned int`,
			`1 failed: to-int: cannot convert string to unsigned int`,
		}},
	} {
		env := docsis()
		env.level = e.level
		_, _ = e.p.Eval(env)
		if !slices.Equal(env.traced, e.want) {
			t.Errorf("%s at level %d traces\n%s\nwant\n%s", e.p, e.level, strings.Join(env.traced, "\n"), strings.Join(e.want, "\n"))
		}
		if e.p == failing && !slices.Equal(env.logged, []string{"info: seen"}) {
			t.Errorf("level %d: logged %q: the retry must have no effect but its trace", e.level, env.logged)
		}
	}
}

func TestConfigurationTrace(t *testing.T) {
	trace := func(text string, level int) []string {
		var lines []string
		_, _ = ParseTraced(text, level, func(_ int, line string) { lines = append(lines, line) })
		return lines
	}
	if got := trace(`(not null)`, 2); got != nil {
		t.Errorf("level 2 of a good text traces %q", got)
	}
	if got := trace(`(not null)`, 5); !slices.Equal(got, []string{"function not", "not: argument null", "literal null"}) {
		t.Errorf("level 5 traces %q", got)
	}
	if got := trace(`(not x)`, 1); got != nil {
		t.Errorf("level 1 of a wrong text traces %q", got)
	}
	want := []string{"expression error at offset 5: variable 'x' not defined", "function not", "not: argument x", "variable x"}
	if got := trace(`(not x)`, 2); len(got) < 4 || !slices.Equal(got[:4], want) {
		t.Errorf("level 2 of a wrong text traces %q, want %q", got, want)
	}
}

func TestEffects(t *testing.T) {
	env := docsis()
	p, err := Parse(`(progn (log "debug" 01:02) (request dump) (environmentdictionary put "a" "b"))`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Eval(env); err != nil {
		t.Fatal(err)
	}
	if want := []string{"debug: 01:02", "info: dump of the packet"}; !slices.Equal(env.logged, want) || env.environ["a"] != "b" {
		t.Errorf("logged %q, environment %v", env.logged, env.environ)
	}
}

func TestFunctionTable(t *testing.T) {
	packets, templates := Functions()
	for _, f := range append(packets, templates...) {
		if f.Help == "" || !strings.HasPrefix(f.Usage, "(") {
			t.Errorf("%+v lacks help or usage", f)
		}
	}
	seen := map[string]dialect{}
	for _, f := range functionTable {
		for _, name := range append([]string{f.name}, f.Aliases...) {
			if seen[name]&f.where != 0 {
				t.Errorf("%s stands twice in the table", name)
			}
			seen[name] |= f.where
		}
	}
}
