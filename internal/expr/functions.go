package expr

import "strings"

// Function describes a function to operators.
type Function struct {
	Usage   string   // (substring <value> <offset> [<length>])
	Aliases []string // further names
	Help    string
}

// function is one line of the function table.
type function struct {
	name     string
	min, max int // arguments; max < 0 is any number
	Function
	where dialect
	eval  func(r *run, a []Value) (Value, cause)
	// special compiles a function that does not simply evaluate its arguments.
	special func(c *compiler, f form, args []form) (node, *SyntaxError)
}

type special = func(c *compiler, f form, args []form) (node, *SyntaxError)
type plain = func(r *run, a []Value) (Value, cause)

// row makes a line of the table; syntax one of a special form, fn one of a
// function that evaluates its arguments.
func row(name, usage, help string, lo, hi int, where dialect) *function {
	return &function{name: name, min: lo, max: hi, where: where, Function: Function{Usage: "(" + strings.TrimSpace(name+" "+usage) + ")", Help: help}}
}

func syntax(name, usage, help string, lo, hi int, where dialect, s special, aliases ...string) *function {
	f := row(name, usage, help, lo, hi, where)
	f.special, f.Aliases = s, aliases
	return f
}

func fn(name, usage, help string, lo, hi int, eval plain, aliases ...string) *function {
	f := row(name, usage, help, lo, hi, everywhere)
	f.eval, f.Aliases = eval, aliases
	return f
}

// only limits a function to one dialect.
func (f *function) only(where dialect) *function { f.where = where; return f }

// functionTable is filled in by init: the compilers of the special forms read
// it.
var functionTable []*function

func init() {
	functionTable = []*function{
		syntax("and", "<value>...", "The last value if none is null, else null; stops at the first null", 1, -1, everywhere, compileAnd),
		syntax("or", "<value>...", "The first value that is not null; the rest is not evaluated", 1, -1, everywhere, compileOr, "pick-first-value"),
		fn("not", "<value>", "Null if the value is not null, else *T*", 1, 1, notOf),
		syntax("if", "<condition> [<then> [<else>]]", "Then if the condition is not null, otherwise else", 1, 3, everywhere, compileIf),
		fn("null", "<value>...", "Null, after evaluating the values", 0, -1, nullOf),
		fn("progn", "<value>...", "The last value", 1, -1, lastOf),
		fn("prog1", "<value>...", "The first value", 1, -1, firstOf),
		fn("comment", "<text> <value>...", "The last value, null if there is none; the text is ignored", 1, -1, commentOf),
		syntax("let", "(<variable> | (<variable> <value>)...) <body>...", "The last value of the body, in which the variables are known", 2, -1, everywhere, compileLet),
		syntax("setq", "<variable> <value>", "Gives a variable of let a new value", 2, 2, everywhere, compileSetq),
		syntax("dotimes", "(<variable> <count> [<result>]) <body>...", "Evaluates the body with the variable from 0 to count-1", 1, -1, everywhere, compileTimes),
		syntax("try", "<value> <fallback>", "The value, or the fallback if evaluating the value fails", 2, 2, everywhere, compileTry),
		fn("error", "[<text>]", "Fails", 0, 1, errorOf),
		fn("log", "[<severity>] <value>", "Writes the value to the server log and returns it", 1, 2, logOf).only(inPackets),

		fn("equal", "<a> <b>", "a if both are equal, *T* if both are null, else null", 2, 2, equalOf),
		fn("equali", "<a> <b>", "As equal, letters compared without case", 2, 2, equaliOf),
		fn("starts-with", "<value> <prefix>", "The value if it begins with the prefix, else null", 2, 2, startsWith),
		fn("ends-with", "<value> <suffix>", "The value if it ends with the suffix, else null", 2, 2, endsWith),
		fn("contains", "<value> <part>", "The value if the part is in it, else null", 2, 2, containsPart),
		fn("search", "<part> <value> [<from-end>]", "Offset of the part in the value, null if it is not there", 2, 3, searchOf),
		fn("is-string", "<value>", "The value if it is a string or printable bytes, else null", 1, 1, isStringOf),
		fn("is-subnet", "<address> <net> <bits>", "The address if it is in the subnet, else null", 3, 3, isSubnet),
		fn("datatype", "<value>", "The kind of the value: string, blob, sint, uint or null", 1, 1, datatypeOf),

		fn("concat", "<value>...", "The values joined: a blob if all are blobs, else a string", 1, -1, concatOf),
		fn("substring", "<value> <offset> [<length>]", "A part of a string or blob", 2, 3, substringOf),
		fn("length", "<value>", "Number of bytes", 1, 1, lengthOf),
		fn("to-lower", "<string>", "The string in lower case", 1, 1, toLower, "lcase"),
		fn("to-upper", "<string>", "The string in upper case", 1, 1, toUpper, "ucase"),
		fn("translate", "<string> <from> [<to>]", "The string with characters replaced one for one; those without partner go", 2, 3, translateOf),
		fn("strip", "<string> [<characters>]", "The string without blanks, or the characters, at both ends", 1, 2, stripOf),
		fn("as-string", "<value>", "The bytes of the value as a string", 1, 1, asString),
		fn("as-blob", "<value>", "The bytes of the value as a blob", 1, 1, asBlob),
		fn("as-sint", "<value>", "Up to four bytes as a signed integer", 1, 1, asSint),
		fn("to-string", "<value>", "The value written as a string", 1, 1, toString),
		fn("to-blob", "<value>", "The value, or what a string writes in hexadecimal, as a blob", 1, 1, toBlob),
		fn("to-int", "<value>", "The value, or what a string writes, as an unsigned integer", 1, 1, toInt),
		fn("to-sint", "<value>", "The value, or what a string writes, as a signed integer", 1, 1, toSint),
		fn("to-ip", "<value>", "An IPv4 address as a blob of 4 bytes", 1, 1, toIP),
		fn("ip-string", "<blob>", "4 bytes as a.b.c.d", 1, 1, ipString),
		fn("ip6-string", "<blob>", "16 bytes as an IPv6 address", 1, 1, ip6String),
		fn("byte", "<number>", "A blob of one byte", 1, 1, byteOf),
		fn("validate-host-name", "<string>", "The string made a host name", 1, 1, validateHostName),
		fn("synthesize-host-name", "[<method> [<stem>]]", "The host name made of the stem and the address", 0, 2, synthesize).only(inPackets),

		fn("+", "<number>...", "Sum; null is skipped", 1, -1, sumOf).only(inPackets),
		fn("-", "<number> <number>...", "The first number less the others", 2, -1, differenceOf).only(inPackets),
		fn("*", "<number>...", "Product; null is skipped", 1, -1, productOf).only(inPackets),
		fn("/", "<a> <b>", "Quotient, without remainder", 2, 2, quotientOf).only(inPackets),
		fn("%", "<a> <b>", "Remainder", 2, 2, remainderOf).only(inPackets),
		fn("bit-and", "<a> <b>", "Bits that are in both", 2, 2, bits(func(a, b uint32) uint32 { return a & b })),
		fn("bit-or", "<a> <b>", "Bits that are in one or both", 2, 2, bits(func(a, b uint32) uint32 { return a | b })),
		fn("bit-xor", "<a> <b>", "Bits that are in one only", 2, 2, bits(func(a, b uint32) uint32 { return a ^ b })),
		fn("bit-nand", "<a> <b>", "Bits that are not in both", 2, 2, bits(func(a, b uint32) uint32 { return ^(a & b) })),
		fn("bit-nor", "<a> <b>", "Bits that are in neither", 2, 2, bits(func(a, b uint32) uint32 { return ^(a | b) })),
		fn("bit-eqv", "<a> <b>", "Bits that are the same in both", 2, 2, bits(func(a, b uint32) uint32 { return ^(a ^ b) })),
		fn("bit-not", "<a>", "The other bits", 1, 1, bitNot),
		fn("ash", "<value> <n>", "The value shifted left by n bits, right if n is negative", 2, 2, shiftOf),
		fn("mask-int", "<bits>", "Integer whose leading bits are ones", 1, 1, maskInt),
		fn("mask-blob", "<bits> [<length>]", "Blob of length (4) bytes whose leading bits are ones", 1, 2, maskBlob),
		fn("mask", "<value> <bits>", "The leading bits of 4 bytes or an integer, the others 0", 2, 2, maskOf),

		syntax("request", "[get | get-blob] <field> | option <name | id>...", "A field or option of the request", 1, -1, inPackets, compileRequest),
		syntax("response", "[get | get-blob] <field> | option <name | id>...", "A field or option of the reply", 1, -1, inPackets, compileRequest),
		syntax("environmentdictionary", "[get] <name> | put <name> <value>", "Reads or writes an entry of the request's environment", 1, 3, inPackets, compileEnvironment),

		fn("+", "<number> <number>", "Sum", 2, 2, unsignedSum).only(inTemplates),
		fn("-", "<number> <number>", "Difference", 2, 2, unsignedDifference).only(inTemplates),
		fn("*", "<number> <number>", "Product", 2, 2, unsignedProduct).only(inTemplates),
		fn("/", "<number> <number>", "Quotient, without remainder", 2, 2, unsignedQuotient).only(inTemplates),
		fn("%", "<number> <number>", "Remainder", 2, 2, unsignedRemainder).only(inTemplates),
		fn(createRangeName, "<first> <last>", "A range of addresses, by host numbers of the subnet", 2, 2, createRange).only(inTemplates),
		fn("create-ip", "<net> <number>", "The address of that number in a subnet", 2, 2, createIP).only(inTemplates),
		fn("create-option", "<name | id> <value>", "An option of the scope's embedded policy", 2, 2, createOption).only(inTemplates),
		fn("list", "<range>... | <option>...", "Several ranges or several options", 1, -1, listOf).only(inTemplates),
		fn("create-prefix-addr", "<prefix> <interface-id>", "DHCPv6 only", 2, 2, onlyV6).only(inTemplates),
		fn("create-prefix-range", "<size> <number>", "DHCPv6 only", 2, 2, onlyV6).only(inTemplates),
		fn("create-v6-option", "<name | id> <value>", "DHCPv6 only", 2, -1, onlyV6).only(inTemplates),
	}
	for _, f := range functionTable {
		for _, name := range append([]string{f.name}, f.Aliases...) {
			functionIndex[name] = append(functionIndex[name], f)
		}
	}
}

// createRangeName is the one function whose failure has a code of its own.
const createRangeName = "create-range"

var functionIndex = map[string][]*function{}

// functionNamed finds a function of a dialect.
func functionNamed(name string, where dialect) *function {
	for _, f := range functionIndex[name] {
		if f.where&where != 0 {
			return f
		}
	}
	return nil
}

// FunctionNames returns the names of the functions of packet expressions.
func FunctionNames() []string { return namesIn(inPackets) }

func namesIn(where dialect) []string {
	var names []string
	for _, f := range functionTable {
		if f.where&where != 0 {
			names = append(names, f.name)
		}
	}
	return names
}

// Functions describes the functions of packet expressions and those of
// template expressions.
func Functions() (packets, templates []Function) {
	for _, f := range functionTable {
		if f.where&inPackets != 0 {
			packets = append(packets, f.Function)
		}
		if f.where&inTemplates != 0 {
			templates = append(templates, f.Function)
		}
	}
	return packets, templates
}
