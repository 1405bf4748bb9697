package packet

import "fmt"

// Fault is what is wrong with a message that cannot be read.
type Fault uint8

// The faults.
const (
	TooShort Fault = iota + 1
	BadOp
	BadHardwareLength
	BadAddress
	TruncatedOption
	BadOverload
	BadOptionLength
	BadType
)

var faultTexts = [...]string{
	TooShort:          "shorter than the fixed fields of a BOOTP message",
	BadOp:             "op is neither BOOTREQUEST nor BOOTREPLY",
	BadHardwareLength: "hardware address is longer than 16 octets",
	BadAddress:        "ciaddr or giaddr is no unicast address",
	TruncatedOption:   "option runs past the end of its field",
	BadOverload:       "option overload is not 1, 2 or 3",
	BadOptionLength:   "option has the wrong length",
	BadType:           "DHCP message type 0",
}

func (f Fault) String() string { return faultTexts[f] }

// Malformed is the error of Decode.
type Malformed struct {
	Fault Fault
	Code  uint8 // the option at fault, if one is
}

func (e *Malformed) Error() string {
	if e.Code != 0 {
		return fmt.Sprintf("malformed message: option %d: %s", e.Code, e.Fault)
	}
	return "malformed message: " + e.Fault.String()
}
