package objects

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Code is an nrcmd status code. 100–199 normal, 200–299 informational or
// warning, 300–499 error, 500–599 fatal.
type Code int

// The codes that Leasehold answers with. Number and meaning are nrcmd's.
const (
	Ok                   Code = 100
	OkWithWarnings       Code = 101
	LeaseAlreadyReserved Code = 102
	LeaseNotReserved     Code = 103
	LeaseDeleted         Code = 104
	LeaseCreated         Code = 105
	AssertionFailed      Code = 106
	VPNInUse             Code = 107
	UnexpectedError      Code = 300
	NoServerFound        Code = 301
	NotFound             Code = 302
	ReadOnlyProperty     Code = 303
	NoPolicyFound        Code = 304
	TooMany              Code = 305
	UnknownCommand       Code = 306
	UnknownKeyword       Code = 307
	UnknownParameter     Code = 308
	TooManyArguments     Code = 309
	TooFewArguments      Code = 310
	NoMatchFound         Code = 313
	DuplicateObject      Code = 314
	ImportFailure        Code = 315
	Invalid              Code = 316
	OpenFailed           Code = 317
	NoLeaseFound         Code = 319
	GenericError         Code = 320
	InvalidName          Code = 321
	NotSupported         Code = 322
	ReadError            Code = 323
	InvalidAddressList   Code = 324
	InvalidType          Code = 325
	NotInSubnet          Code = 327
	RangeOverlap         Code = 336
	InvalidRange         Code = 341
	ReadOnlyAttribute    Code = 385
	RequiredAttribute    Code = 386
	LoginFailure         Code = 401
	AlreadyLocked        Code = 408
	NotLicensed          Code = 411
	ConnectionFailure    Code = 501
)

var codeText = map[Code]string{
	Ok:                   "Ok",
	OkWithWarnings:       "OK, with warnings",
	LeaseAlreadyReserved: "Lease already reserved to this client",
	LeaseNotReserved:     "Lease not reserved",
	LeaseDeleted:         "Lease deleted along with reservation",
	LeaseCreated:         "Lease created along with reservation",
	AssertionFailed:      "Assertion failed",
	VPNInUse:             "VPNID currently in use by at least one scope",
	UnexpectedError:      "Unexpected error",
	NoServerFound:        "No server found",
	NotFound:             "Not Found",
	ReadOnlyProperty:     "Read only property",
	NoPolicyFound:        "No policy found",
	TooMany:              "Too many",
	UnknownCommand:       "Unknown command",
	UnknownKeyword:       "Unknown keyword",
	UnknownParameter:     "Unknown parameter",
	TooManyArguments:     "Too many arguments",
	TooFewArguments:      "Too few arguments",
	NoMatchFound:         "No match found",
	DuplicateObject:      "Duplicate object",
	ImportFailure:        "Import Failure",
	Invalid:              "Invalid",
	OpenFailed:           "Open failed",
	NoLeaseFound:         "No lease found",
	GenericError:         "Generic error",
	InvalidName:          "Invalid name",
	NotSupported:         "Feature not supported",
	ReadError:            "Read error",
	InvalidAddressList:   "Invalid IP address list",
	InvalidType:          "Invalid type",
	NotInSubnet:          "IP address not contained within pool subnet",
	RangeOverlap:         "Range overlaps another pool",
	InvalidRange:         "Invalid address range",
	ReadOnlyAttribute:    "Read-only attribute cannot be modified",
	RequiredAttribute:    "Required attribute cannot be deleted",
	LoginFailure:         "Login Failure",
	AlreadyLocked:        "Already locked",
	NotLicensed:          "Cluster not properly licensed",
	ConnectionFailure:    "Connection Failure",
}

// Text returns the fixed words of the code's status line.
func (c Code) Text() string {
	if t, ok := codeText[c]; ok {
		return t
	}
	return "Unexpected error"
}

// Codes returns every code that there is, in order of number.
func Codes() []Code { return slices.Sorted(maps.Keys(codeText)) }

// Failed tells whether the code means that nothing was done.
func (c Code) Failed() bool { return c >= 300 }

// Error is a refusal (or a warning) with its status code. Msg names the thing,
// the rule and, where there is one, the nearest right word; it stands on the
// status line behind the code's fixed text. Detail lines follow below it.
type Error struct {
	Code   Code
	Msg    string
	Detail []string
}

// Status returns the status line: the code, its text, and the message.
func (e *Error) Status() string {
	if e.Msg == "" {
		return fmt.Sprintf("%d %s", e.Code, e.Code.Text())
	}
	return fmt.Sprintf("%d %s - %s", e.Code, e.Code.Text(), e.Msg)
}

func (e *Error) Error() string {
	return strings.Join(append([]string{e.Status()}, e.Detail...), "\n")
}

// Errorf makes an Error with a message.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Msg: fmt.Sprintf(format, args...)}
}

// AsError returns err as an *Error: itself if it is or wraps one, otherwise a
// 300 that carries its text; nil for nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: UnexpectedError, Msg: err.Error()}
}
