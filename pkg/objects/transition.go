package objects

var (
	ReservationKeyText = ReservationLookupKey
	ReservationKeyType = ReservationLookupKeyType
)
