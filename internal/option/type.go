package option

import "strings"

// Type is the data type of an option's values. The zero Type is Blob.
type Type uint8

// The data types. Their names, words and sizes are in typeTable.
const (
	Blob Type = iota
	Bool
	Date
	DNSName
	RDNSName
	Int
	SInt
	Short
	SShort
	Int8
	SInt8
	IntI
	SIntI
	ShortI
	SShortI
	IPAddr
	IP6Addr
	MACAddr
	NString
	String
	Time
	STime
	TypeCnt
	VendorClass
	VendorOpts
	VendorNoLen
	ZeroSize
	Message
	Overload
	RangeByte
	RangeShort
	NoLen
)

// TypeInfo describes a data type to operators.
type TypeInfo struct {
	Type    Type
	Name    string   // AT_IPADDR
	Aliases []string // further spellings that an operator may use
	Custom  bool     // may be used in custom definitions
	Help    string
}

// Form is how the expression language sees a value of a type.
type Form uint8

// The forms.
const (
	FormBytes Form = iota
	FormText
	FormUnsigned
	FormSigned
)

// typeRow is one line of typeTable: size is the number of bytes of one value
// on the wire, 0 where it varies; rule says what a value must be.
type typeRow struct {
	TypeInfo
	size int
	form Form
	rule string
}

var typeTable = []typeRow{
	{TypeInfo{Blob, "AT_BLOB", []string{"binary", "blob"}, true, "bytes"}, 0, FormBytes, "bytes in hexadecimal such as 01:0a:ff or 0x010aff"},
	{TypeInfo{Bool, "AT_BOOL", []string{"boolean", "bool"}, true, "truth value, 1 byte"}, 1, FormUnsigned, "true or false"},
	{TypeInfo{Date, "AT_DATE", []string{"date"}, true, "date, 4 bytes of Unix seconds"}, 4, FormUnsigned, "a date such as Oct 31 00:00:00 2026, -3d, +2h or Unix seconds"},
	{TypeInfo{DNSName, "AT_DNSNAME", []string{"DNS name", "dname"}, true, "domain name in labels, never compressed"}, 0, FormText, "a domain name of labels up to 63 and in all up to 255 bytes"},
	{TypeInfo{RDNSName, "AT_RDNSNAME", []string{"relative DNS name"}, true, "domain name, ended only where it ends in a dot"}, 0, FormText, "a domain name of labels up to 63 and in all up to 255 bytes"},
	{TypeInfo{Int, "AT_INT", []string{"unsigned 32-bit", "int"}, true, "unsigned number, 4 bytes"}, 4, FormUnsigned, "a number from 0 to 4294967295"},
	{TypeInfo{SInt, "AT_SINT", []string{"signed 32-bit"}, true, "signed number, 4 bytes"}, 4, FormSigned, "a number from -2147483648 to 2147483647"},
	{TypeInfo{Short, "AT_SHORT", []string{"unsigned 16-bit"}, true, "unsigned number, 2 bytes"}, 2, FormUnsigned, "a number from 0 to 65535"},
	{TypeInfo{SShort, "AT_SSHORT", []string{"signed 16-bit"}, true, "signed number, 2 bytes"}, 2, FormSigned, "a number from -32768 to 32767"},
	{TypeInfo{Int8, "AT_INT8", []string{"unsigned 8-bit"}, true, "unsigned number, 1 byte"}, 1, FormUnsigned, "a number from 0 to 255"},
	{TypeInfo{SInt8, "AT_SINT8", []string{"signed 8-bit"}, true, "signed number, 1 byte"}, 1, FormSigned, "a number from -128 to 127"},
	{TypeInfo{IntI, "AT_INTI", []string{"unsigned 32-bit Intel"}, true, "unsigned number, 4 bytes, lowest first"}, 4, FormUnsigned, "a number from 0 to 4294967295"},
	{TypeInfo{SIntI, "AT_SINTI", []string{"signed 32-bit Intel"}, true, "signed number, 4 bytes, lowest first"}, 4, FormSigned, "a number from -2147483648 to 2147483647"},
	{TypeInfo{ShortI, "AT_SHRTI", []string{"unsigned 16-bit Intel"}, true, "unsigned number, 2 bytes, lowest first"}, 2, FormUnsigned, "a number from 0 to 65535"},
	{TypeInfo{SShortI, "AT_SSHRTI", []string{"signed 16-bit Intel"}, true, "signed number, 2 bytes, lowest first"}, 2, FormSigned, "a number from -32768 to 32767"},
	{TypeInfo{IPAddr, "AT_IPADDR", []string{"IP address", "ipaddr"}, true, "IPv4 address"}, 4, FormBytes, "an IPv4 address such as 10.1.0.1"},
	{TypeInfo{IP6Addr, "AT_IP6ADDR", []string{"IPv6 address", "ip6addr"}, true, "IPv6 address"}, 16, FormBytes, "an IPv6 address such as 2001:db8::1"},
	{TypeInfo{MACAddr, "AT_MACADDR", []string{"MAC address", "macaddr"}, true, "hardware address with its type and length"}, 0, FormBytes, "a MAC address such as 1,6,00:d0:ba:d3:bd:3b or 00:d0:ba:d3:bd:3b"},
	{TypeInfo{NString, "AT_NSTRING", []string{"string", "nstr"}, true, "printable ASCII text"}, 0, FormText, "printable ASCII text of at least one character"},
	{TypeInfo{String, "AT_STRING", []string{"unrestricted string"}, true, "ASCII text"}, 0, FormText, "ASCII text of at least one character"},
	{TypeInfo{Time, "AT_TIME", []string{"unsigned time", "time"}, true, "seconds, 4 bytes"}, 4, FormUnsigned, "a time up to 4294967295 seconds such as 604800 or 1w2d3h4m5s"},
	{TypeInfo{STime, "AT_STIME", []string{"signed time", "stime"}, true, "signed seconds, 4 bytes"}, 4, FormSigned, "a time from -2147483648 to 2147483647 seconds such as -3600 or -1h"},
	{TypeInfo{TypeCnt, "AT_TYPECNT", []string{"counted-type", "type-cnt"}, true, "values, each behind its length; sub-options: the length's type, the value's type"}, 0, FormBytes, "values separated by commas"},
	{TypeInfo{VendorClass, "AT_VENDOR_CLASS", []string{"vendor-class"}, true, "enterprise number, length and opaque data"}, 0, FormBytes, "(enterprise-id <n> <value>)"},
	{TypeInfo{VendorOpts, "AT_VENDOR_OPTS", []string{"vendor-opts"}, true, "enterprise number, length and sub-options"}, 0, FormBytes, "(enterprise-id <n>((<code> <value>)...))"},
	{TypeInfo{VendorNoLen, "AT_VENDOR_NOLEN", []string{"vendor-nolen"}, true, "enterprise number and sub-options, no length between"}, 0, FormBytes, "(enterprise-id <n>((<code> <value>)...))"},
	{TypeInfo{ZeroSize, "AT_ZEROSIZE", []string{"zero-size"}, true, "no data"}, 0, FormBytes, "no value, which is written \"\""},
	{TypeInfo{Message, "AT_MESSAGE", []string{"dhcpmsg"}, false, "DHCP message type"}, 1, FormUnsigned, "a DHCP message type from 1 to 18"},
	{TypeInfo{Overload, "AT_OVERLOAD", []string{"overld"}, false, "which header fields carry options"}, 1, FormUnsigned, "1, 2 or 3"},
	{TypeInfo{RangeByte, "AT_RANGEBYTE", []string{"rangebyte"}, false, "number in a range, 1 byte"}, 1, FormUnsigned, "a number from 0 to 255"},
	{TypeInfo{RangeShort, "AT_RANGESHORT", []string{"rangeshort"}, false, "number in a range, 2 bytes"}, 2, FormUnsigned, "a number from 0 to 65535"},
	{TypeInfo{NoLen, "AT_NOLEN", []string{"no length"}, false, "the code alone, without length"}, 0, FormBytes, "no value"},
}

func (t Type) row() *typeRow { return &typeTable[t] }

// little tells whether a number's lowest byte comes first ("Intel").
func (t Type) little() bool { return t == IntI || t == SIntI || t == ShortI || t == SShortI }

// String returns the type's name, AT_IPADDR.
func (t Type) String() string { return t.row().Name }

// Types returns every type, in the order of the reference.
func Types() []TypeInfo {
	infos := make([]TypeInfo, len(typeTable))
	for i := range typeTable {
		infos[i] = typeTable[i].TypeInfo
	}
	return infos
}

// TypeNamed finds a type by name, by one of the words of the web interface or
// by its short name. Case does not matter.
func TypeNamed(word string) (Type, bool) {
	word = strings.Join(strings.Fields(strings.Trim(word, `"`)), " ")
	for i := range typeTable {
		if strings.EqualFold(typeTable[i].Name, word) {
			return typeTable[i].Type, true
		}
	}
	for i := range typeTable {
		for _, a := range typeTable[i].Aliases {
			if strings.EqualFold(a, word) {
				return typeTable[i].Type, true
			}
		}
	}
	return 0, false
}
