package lease

// Client is what an exchange tells of the client; it is written into the
// lease that the client is given.
type Client struct {
	HW       HW
	ClientID string // option 61 or its override; "" if there is none

	HostName     string
	DomainName   string
	ClientClass  string
	VendorClass  string
	RelayInfo    string
	LimitationID string
	Giaddr       Addr
	BOOTP        bool
}

// ClientKey is who a client is: its client-id if it sent one, else its
// hardware address (RFC 2131 section 4.2). The zero value is nobody.
type ClientKey struct {
	ID string
	HW HW // zero if ID is set
}

// KeyOf builds the key from a client-id ("" if none) and a hardware address.
func KeyOf(clientID string, hw HW) ClientKey {
	if clientID != "" {
		return ClientKey{ID: clientID}
	}
	return ClientKey{HW: hw}
}

// Key is who the client is.
func (c *Client) Key() ClientKey { return KeyOf(c.ClientID, c.HW) }

// Client is who the lease belongs or last belonged to; nobody's is zero.
func (l *Lease) Client() ClientKey { return KeyOf(l.ClientID, l.HW) }

// IsZero says that the key is nobody's.
func (k ClientKey) IsZero() bool { return k.ID == "" && k.HW.Len == 0 }

// HardwareFrom makes an HW; octets after the 16th are dropped.
func HardwareFrom(htype uint8, addr []byte) HW {
	h := HW{Type: htype}
	h.Len = uint8(copy(h.Addr[:], addr))
	return h
}

// Bytes are the address's octets.
func (h *HW) Bytes() []byte { return h.Addr[:min(int(h.Len), len(h.Addr))] }
