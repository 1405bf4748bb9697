package wire

import "testing"

// The vectors of a dhcpd pair with split 128: who answered, and the hash.
func TestHashVectors(t *testing.T) {
	for _, c := range []struct {
		clientID string
		last     byte
		want     uint8
	}{
		{"", 1, 94}, {"", 2, 214}, {"", 3, 162}, {"", 5, 105},
		{"\x01\x02\x00\x5e\x00\x00\x01", 1, 157},
		{"\x01\x02\x00\x5e\x00\x00\x03", 3, 120},
		{"\x01\x02\x00\x5e\x00\x00\x06", 9, 180},
	} {
		if got := Bucket(c.clientID, ether(c.last)); got != c.want {
			t.Errorf("client-id %x, chaddr ..%02x: %d, want %d", c.clientID, c.last, got, c.want)
		}
	}
	if Hash("") != 0 || Hash([]byte{1}) != Hash("\x01") {
		t.Error("an empty key has a hash, or keys differ by type")
	}
}

// The table of RFC 3074 is a permutation.
func TestHashTable(t *testing.T) {
	var seen [256]bool
	for _, v := range loadTable {
		if seen[v] {
			t.Errorf("%d stands twice", v)
		}
		seen[v] = true
	}
}

// The assignment that a dhcpd primary with split 128 sent, and both readings.
func TestSplit(t *testing.T) {
	for _, c := range captures(t) {
		m, err := Decode(c.frame)
		if err != nil {
			t.Fatal(err)
		}
		if body, ok := m.Body.(CONNECT); ok && *body.HBA != ISC.Split(128) {
			t.Errorf("%s: %x, ours is %x", c.where, *body.HBA, ISC.Split(128))
		}
	}
	for _, n := range []int{0, 1, 8, 77, 128, 255, 256} {
		for _, p := range []*Profile{Draft, Own, ISC} {
			h := p.Split(n)
			for bucket := range 256 {
				if got := p.PrimaryServes(h, uint8(bucket)); got != (bucket < n) {
					t.Errorf("%s, split %d, bucket %d: primary %v", p.Name, n, bucket, got)
				}
			}
		}
		isc, draft := ISC.Split(n), Draft.Split(n)
		for i := range isc {
			if isc[i]^draft[i] != 0xff {
				t.Errorf("split %d: octet %d is %02x for dhcpd and %02x in the draft", n, i, isc[i], draft[i])
			}
		}
	}
	if h := ISC.Split(3); h[0] != 0x07 {
		t.Errorf("bits count from %02x", h[0])
	}
}
