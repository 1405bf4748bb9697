package objects

import (
	"fmt"
	"net/netip"
	"strings"
)

// Reservation keeps an address for one client.
var Reservation = class("reservation", "An address that is kept for one client")

// What a reservation says.
var (
	ReservationAddr          = Reservation.address("ipaddr", "", Basic, "The reserved address", derived(reservedAddr))
	ReservationLookupKey     = Reservation.text("lookup-key", "", Basic, "The client: its MAC address, or its client identifier as bytes or as text", required)
	ReservationLookupKeyType = Reservation.enum("lookup-key-type", "mac", Basic, "mac=1 blob=2 string=3", "What lookup-key is", required)
	ReservationIncludeTags   = Reservation.list("include-tags", "", Basic, "Selection tags of the reservation, in addition to its scope's")
	ReservationDeviceName    = Reservation.text("device-name", "", Basic, "Name of the device")
	ReservationDescription   = Reservation.text("description", "", Basic, "A remark")
	ReservationOwner         = Reservation.text("owner", "", Basic, "Who answers for it")
	ReservationScope         = Reservation.ref("scope", "", Basic, "scope", "Scope that has the address", readOnly)
)

// The words of lookup-key-type.
const (
	KeyMAC    = 1
	KeyBlob   = 2
	KeyString = 3
)

func init() {
	Reservation.Create = []string{"lookup-key", "[lookup-key-type]"}
	Reservation.CreateUsage = "(<macaddr> | <lookup-key>) [-mac | -blob | -string]"
	Reservation.Positional = reservationArguments
	Reservation.Both = true
	Reservation.Key = reservationKey
	Reservation.Settle = settleReservation
	Reservation.Check = checkReservation
}

// reservationKey makes the canonical name, [vpn/]ipaddr; the VPN global is
// left out.
func reservationKey(name string) (string, error) {
	vpn, addr := SplitVPN(name)
	ip, err := ParseIPv4(addr)
	if err != nil {
		return "", err
	}
	return JoinVPN(vpn, ip.String()), nil
}

// SplitVPN takes vpn/addr apart; no VPN and the VPN global are both "".
func SplitVPN(name string) (vpn, addr string) {
	i := strings.LastIndexByte(name, '/')
	if i < 0 {
		return "", name
	}
	if vpn = name[:i]; strings.EqualFold(vpn, GlobalVPN) {
		vpn = ""
	}
	return vpn, name[i+1:]
}

// JoinVPN is the reverse of SplitVPN.
func JoinVPN(vpn, addr string) string {
	if vpn == "" || strings.EqualFold(vpn, GlobalVPN) {
		return addr
	}
	return vpn + "/" + addr
}

func reservedAddr(o *Object) string {
	_, addr := SplitVPN(o.Name)
	return addr
}

// ReservationAddress returns the address of a reservation and the name of its
// VPN ("" is none).
func ReservationAddress(o *Object) (vpn string, addr netip.Addr) {
	vpn, text := SplitVPN(o.Name)
	return vpn, asAddr(text)
}

// LookupKey makes the canonical lookup-key and the word for its type. flag is
// -mac, -blob or -string; "" guesses: six octets or type,length,octets are a
// MAC address, other bytes with colons a blob, anything else a string.
func LookupKey(text, flag string) (key, kind string, err *Error) {
	text = strings.TrimSpace(text)
	if flag == "" {
		flag = guessKey(text)
	}
	var e error
	switch strings.ToLower(flag) {
	case "-mac":
		key, e = ParseMAC(text)
		kind = "mac"
	case "-blob":
		var b []byte
		b, e = ParseBlob(text)
		key, kind = FormatBlob(b), "blob"
	case "-string":
		key, kind = text, "string"
		if e = plain(text); text == "" {
			e = fmt.Errorf("is empty")
		}
	default:
		return "", "", Errorf(UnknownKeyword, "%q is none of -mac, -blob, -string", shorten(flag))
	}
	if e != nil {
		return "", "", Errorf(Invalid, "lookup-key: %q %v", shorten(text), e)
	}
	return key, kind, nil
}

// settleReservation reads the lookup-key as its type says.
func settleReservation(o *Object) *Error {
	text := ReservationLookupKey.Of(o)
	if text == "" {
		return nil
	}
	kind := o.Text(ReservationLookupKeyType.Attr)
	key, _, err := LookupKey(text, "-"+kind)
	if err != nil {
		return Errorf(err.Code, "reservation %s (lookup-key-type is %s)", err.Msg, kind)
	}
	o.Attrs[ReservationLookupKey.Name] = key
	return nil
}

func guessKey(text string) string {
	if strings.Contains(text, ",") {
		return "-mac"
	}
	b, ok := parseOctets(text)
	switch {
	case ok && len(b) == 6:
		return "-mac"
	case ok && strings.Contains(text, ":"):
		return "-blob"
	}
	return "-string"
}

func reservationArguments(args []string) ([]Assignment, *Error) {
	switch {
	case len(args) == 0:
		return nil, Errorf(TooFewArguments, "reservation create needs a MAC address or a lookup key")
	case len(args) > 2:
		return nil, Errorf(TooManyArguments, "reservation create does not know what %q is", shorten(args[2]))
	}
	flag := ""
	if len(args) == 2 {
		flag = args[1]
	}
	key, kind, err := LookupKey(args[0], flag)
	if err != nil {
		return nil, err
	}
	return []Assignment{{"lookup-key", key}, {"lookup-key-type", kind}}, nil
}
