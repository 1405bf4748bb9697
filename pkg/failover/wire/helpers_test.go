package wire

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

func itoa(n int) string { return strconv.Itoa(n) }

var addr = netip.MustParseAddr

// unhex reads hex with spaces.
func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// frame makes a message with these options in hex.
func frame(tb testing.TB, t Type, options string) []byte {
	tb.Helper()
	payload := unhex(tb, options)
	n := MinMessage + len(payload)
	return append([]byte{byte(n >> 8), byte(n), byte(t), MinMessage, 0x65, 0, 0, 0, 0, 0, 0, 7}, payload...)
}

func ether(last byte) HW { return HW{Type: 1, Len: 6, Addr: [16]byte{0x02, 0, 0x5e, 0, 0, last}} }

// examples are messages of every type, with all that a partner of this kind
// is sent, in the form in which they read back.
func examples(p *Profile) []Message {
	const now = Time(0x6b0239f2)
	hba := p.Split(128)
	name, _ := PackName("c1.example.com")
	active := Binding{
		Address: addr("10.77.0.110"), Status: StatusActive, HW: ether(1),
		Expiration: now + 60, PotentialExpiration: now + 150, StateStart: now, LastTransaction: now,
	}
	full := active
	full.ClientID = "\x01\x02\x00\x5e\x00\x00\x01"
	full.Flags = FlagReserved
	update := BNDUPD{Bindings: []Binding{full}}
	connect := CONNECT{
		Relationship: "fo", MaxUnacked: 10, ReceiveTimer: 30, VendorClass: "leasehold-1.0", Version: ProtocolVersion,
		MCLT: 3600, HBA: &hba,
	}
	accept := CONNECTACK{Relationship: "fo", MaxUnacked: 10, ReceiveTimer: 60, VendorClass: "leasehold-1.0", Version: ProtocolVersion}
	if p.Extras {
		b := &update.Bindings[0]
		b.DDNS = DDNS{DDNSForwardDone | DDNSReverseOurs, name}
		b.RequestOptions = ClientOptions("").With(12, "c1").With(82, "\x01\x04eth0")
		b.ReplyOptions = ClientOptions("").With(58, "\x00\x00\x00\x1e")
		connect.DelayedService = 3
		connect.Vendor = VendorOptions("").With(1, "digest")
		accept.Vendor = connect.Vendor
	}
	bodies := []Body{
		POOLREQ{}, POOLRESP{17}, update, BNDUPD{Bindings: []Binding{active}},
		BNDUPD{Bindings: []Binding{{Address: addr("10.77.0.111"), Status: StatusFree}}},
		BNDUPD{Bindings: []Binding{{Address: addr("10.77.0.112"), Status: StatusAbandoned, StateStart: now - 5}}},
		BNDUPD{Bindings: []Binding{{Address: addr("10.77.0.113"), Status: StatusExpired, HW: ether(2), StateStart: now}}},
		BNDACK{[]Answer{{Address: addr("10.77.0.110")}}},
		BNDACK{[]Answer{{addr("10.77.0.110"), ReasonOutdated, "older than what is known"}}},
		connect, accept,
		CONNECTACK{Relationship: "fo", Version: ProtocolVersion, Reason: ReasonTimeMismatch, Text: "clocks differ by 70 s"},
		UPDREQALL{}, UPDREQ{}, UPDDONE{}, CONTACT{},
		STATE{StateRecover, FlagStartup, now - 2}, STATE{StateRecoverWait, 0, now},
		DISCONNECT{ReasonNoTraffic, "nothing for 60 s"},
	}
	if p.Batch {
		batch := BNDUPD{VendorClass: "leasehold-1.0", Bindings: []Binding{full, active, {Address: addr("10.77.0.115"), Status: StatusBackup}}}
		batch.Bindings[0].Address = addr("10.77.0.109")
		batch.Bindings[2].Vendor = VendorOptions("").With(7, "\x00\x01")
		bodies = append(bodies, batch, BNDACK{[]Answer{
			{Address: addr("10.77.0.115")}, {addr("10.77.0.109"), ReasonIllegalAddress, "in no scope"}, {Address: addr("10.77.0.110")},
		}})
	}
	if p.Extras {
		bodies = append(bodies, CONTACT{VendorClass: "leasehold-1.0", Vendor: VendorOptions("").With(1, "terms")})
	}
	var all []Message
	for i, b := range bodies {
		all = append(all, Message{Time: now, XID: uint32(40 + i), Body: b})
	}
	return all
}

// fit tells how many of the bindings, from the first on, go into one BNDUPD: at
// least one, and one only for a partner that takes no more.
func fit(p *Profile, vendorClass string, bindings []Binding) int {
	room := MaxMessage - MinMessage
	if vendorClass != "" && p.Extras {
		room -= 4 + len(vendorClass)
	}
	for i := range bindings {
		if room -= len(p.AppendBinding(nil, &bindings[i])); i > 0 && (room < 0 || !p.Batch) {
			return i
		}
	}
	return len(bindings)
}
