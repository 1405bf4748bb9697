package objects

// Second names of handles, for callers that have not followed yet.
var (
	PolicyAllowTimeOverride    = PolicyAllowLeaseTimeOverride
	PolicyUseClientIDForReserv = PolicyUseClientIDForReservations
	ReservationTags            = ReservationIncludeTags
	ReservationKeyText         = ReservationLookupKey
	ReservationKeyType         = ReservationLookupKeyType
	VpnRFC2685                 = Handle[string]{VpnVpnID.Attr, asText}
	VpnVrfName                 = VpnVRFName
)

// As above.
const (
	LookupKeyMAC    = KeyMAC
	LookupKeyBlob   = KeyBlob
	LookupKeyString = KeyString
)
