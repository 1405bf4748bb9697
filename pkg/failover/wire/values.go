package wire

import (
	"math"
	"strconv"
	"strings"
)

// ProtocolVersion is the only version there is.
const ProtocolVersion = 1

// BindingStatus is the state of a binding on the wire (draft-12 section 12.3).
type BindingStatus uint8

// Binding statuses; 0 stands for a missing option.
const (
	StatusFree      BindingStatus = 1
	StatusActive    BindingStatus = 2
	StatusExpired   BindingStatus = 3
	StatusReleased  BindingStatus = 4
	StatusAbandoned BindingStatus = 5
	StatusReset     BindingStatus = 6
	StatusBackup    BindingStatus = 7
)

var statusNames = []string{1: "FREE", "ACTIVE", "EXPIRED", "RELEASED", "ABANDONED", "RESET", "BACKUP"}

// Known tells whether the draft defines s.
func (s BindingStatus) Known() bool { return s >= StatusFree && s <= StatusBackup }

// HasClient tells whether an update with s must name its client (draft-12 table 7.1-1).
func (s BindingStatus) HasClient() bool {
	return s == StatusActive || s == StatusExpired || s == StatusReleased
}

// String is the draft's name, or the number.
func (s BindingStatus) String() string {
	if s.Known() {
		return statusNames[s]
	}
	return strconv.Itoa(int(s))
}

// ParseBindingStatus is the reverse of String for the statuses of the draft.
func ParseBindingStatus(name string) (BindingStatus, bool) {
	for i, n := range statusNames {
		if n != "" && strings.EqualFold(n, name) {
			return BindingStatus(i), true
		}
	}
	return 0, false
}

// ServerState is the state of a failover endpoint (draft-12 section 12.24).
type ServerState uint8

// Server states. STARTUP is never sent: the STARTUP flag shows it.
// RECOVER-WAIT has no number in the draft; 254 is what dhcpd sends, and any
// number that it does not know stops it for good.
const (
	StateStartup                   ServerState = 1
	StateNormal                    ServerState = 2
	StateCommunicationsInterrupted ServerState = 3
	StatePartnerDown               ServerState = 4
	StatePotentialConflict         ServerState = 5
	StateRecover                   ServerState = 6
	StatePaused                    ServerState = 7
	StateShutdown                  ServerState = 8
	StateRecoverDone               ServerState = 9
	StateResolutionInterrupted     ServerState = 10
	StateConflictDone              ServerState = 11
	StateRecoverWait               ServerState = 254
)

var stateTable = []struct {
	State ServerState
	Name  string
}{
	{StateStartup, "STARTUP"},
	{StateNormal, "NORMAL"},
	{StateCommunicationsInterrupted, "COMMUNICATIONS-INTERRUPTED"},
	{StatePartnerDown, "PARTNER-DOWN"},
	{StatePotentialConflict, "POTENTIAL-CONFLICT"},
	{StateRecover, "RECOVER"},
	{StatePaused, "PAUSED"},
	{StateShutdown, "SHUTDOWN"},
	{StateRecoverDone, "RECOVER-DONE"},
	{StateResolutionInterrupted, "RESOLUTION-INTERRUPTED"},
	{StateConflictDone, "CONFLICT-DONE"},
	{StateRecoverWait, "RECOVER-WAIT"},
}

// Sendable tells whether s may stand in a STATE message.
func (s ServerState) Sendable() bool {
	return s >= StateNormal && s <= StateConflictDone || s == StateRecoverWait
}

// String is the draft's name, or the number.
func (s ServerState) String() string {
	for _, r := range stateTable {
		if r.State == s {
			return r.Name
		}
	}
	return strconv.Itoa(int(s))
}

// ParseServerState is the reverse of String for the states of the draft.
func ParseServerState(name string) (ServerState, bool) {
	for _, r := range stateTable {
		if strings.EqualFold(r.Name, name) {
			return r.State, true
		}
	}
	return 0, false
}

// ServerFlags go with the state of an endpoint; unknown bits are ignored.
type ServerFlags uint8

// FlagStartup marks a server in STARTUP; the state is that it had before.
const FlagStartup ServerFlags = 0x01

// String names the flags.
func (f ServerFlags) String() string { return flagNames(uint(f), "STARTUP") }

// IPFlags go with an address; unknown bits are ignored.
type IPFlags uint16

// IP-flags, numbered from the least significant bit.
const (
	FlagReserved IPFlags = 0x0001 // reserved on the sender
	FlagBOOTP    IPFlags = 0x0002 // given to a BOOTP client
)

// String names the flags.
func (f IPFlags) String() string { return flagNames(uint(f), "RESERVED", "BOOTP") }

// DDNSFlags tell what became of an address's DNS update.
type DDNSFlags uint16

// DDNS flags (draft-12 section 12.9).
const (
	DDNSForwardDone DDNSFlags = 0x0001 // C: the A record was written
	DDNSForwardOurs DDNSFlags = 0x0002 // A: a server controls the A record
	DDNSReverseDone DDNSFlags = 0x0004 // D: the PTR record was written
	DDNSReverseOurs DDNSFlags = 0x0008 // P: a server controls the PTR record
)

// String names the flags.
func (f DDNSFlags) String() string { return flagNames(uint(f), "C", "A", "D", "P") }

func flagNames(bits uint, names ...string) string {
	var set []string
	for i, n := range names {
		if bits&(1<<i) != 0 {
			set = append(set, n)
		}
	}
	if rest := bits >> len(names) << len(names); rest != 0 {
		set = append(set, "0x"+strconv.FormatUint(uint64(rest), 16))
	}
	if set == nil {
		return "NONE"
	}
	return strings.Join(set, ",")
}

// TLS is the value of TLS-request or TLS-reply.
type TLS uint16

// TLS values. A message on a connection that has TLS carries none.
const (
	TLSNone     TLS = 0
	TLSWanted   TLS = 1 // in a reply: TLS it is
	TLSRequired TLS = 2
	TLSAbsent   TLS = 0x100
)

// Reason says why something was refused (draft-12 section 12.21).
type Reason uint8

// Reject reasons; 0 stands for acceptance.
const (
	ReasonIllegalAddress     Reason = 1
	ReasonFatalConflict      Reason = 2
	ReasonMissingInformation Reason = 3
	ReasonTimeMismatch       Reason = 4
	ReasonInvalidMCLT        Reason = 5
	ReasonConnection         Reason = 6
	ReasonDuplicate          Reason = 7
	ReasonInvalidPartner     Reason = 8
	ReasonNoTLS              Reason = 9
	ReasonTLSUnconfigured    Reason = 10
	ReasonTLSRequired        Reason = 11
	ReasonNoDigest           Reason = 12
	ReasonDigestUnconfigured Reason = 13
	ReasonVersion            Reason = 14
	ReasonOutdated           Reason = 15
	ReasonLessCritical       Reason = 16
	ReasonNoTraffic          Reason = 17
	ReasonBuckets            Reason = 18 // section 7.8.2 prints 19: an erratum
	ReasonNotReserved        Reason = 19
	ReasonDigestFailed       Reason = 20
	ReasonDigestMissing      Reason = 21
	ReasonUnknown            Reason = 254
)

var reasonTable = []struct {
	Reason Reason
	Text   string
}{
	{ReasonIllegalAddress, "address is in no pool of this relationship"},
	{ReasonFatalConflict, "address is in use by another client"},
	{ReasonMissingInformation, "binding information is missing"},
	{ReasonTimeMismatch, "clocks differ too much"},
	{ReasonInvalidMCLT, "invalid MCLT"},
	{ReasonConnection, "connection rejected for an unknown reason"},
	{ReasonDuplicate, "duplicate connection"},
	{ReasonInvalidPartner, "invalid failover partner"},
	{ReasonNoTLS, "TLS is not supported"},
	{ReasonTLSUnconfigured, "TLS is supported but not configured"},
	{ReasonTLSRequired, "TLS is required but the partner does not support it"},
	{ReasonNoDigest, "message digest is not supported"},
	{ReasonDigestUnconfigured, "message digest is not configured"},
	{ReasonVersion, "protocol version mismatch"},
	{ReasonOutdated, "outdated binding information"},
	{ReasonLessCritical, "less critical binding information"},
	{ReasonNoTraffic, "no traffic within sufficient time"},
	{ReasonBuckets, "hash bucket assignment conflict"},
	{ReasonNotReserved, "address is not reserved on this server"},
	{ReasonDigestFailed, "message digest does not match"},
	{ReasonDigestMissing, "message digest is missing"},
	{ReasonUnknown, "unknown error"},
}

// String says it in words.
func (r Reason) String() string {
	for _, row := range reasonTable {
		if row.Reason == r {
			return row.Text
		}
	}
	return "reason " + strconv.Itoa(int(r))
}

// Time is an absolute time of the wire: seconds since 1970, unsigned, 0 is
// none, Infinite is for ever.
type Time uint32

// Infinite is the end of a BOOTP binding.
const Infinite Time = math.MaxUint32

// TimeOf makes a Time of Unix seconds. Nothing before 1970 is a time, and what
// lies past 2106 is Infinite.
func TimeOf(unix int64) Time {
	return Time(min(max(unix, 0), int64(Infinite)))
}

// Unix is the time in Unix seconds; Infinite is the largest int64.
func (t Time) Unix() int64 {
	if t == Infinite {
		return math.MaxInt64
	}
	return int64(t)
}
