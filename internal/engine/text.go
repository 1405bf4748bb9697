package engine

import (
	"strconv"
	"strings"

	"leasehold/internal/lease"
	"leasehold/pkg/objects"
)

// parseMAC reads the canonical form 1,6,00:d0:ba:d3:bd:3b, and nothing else: a
// client may have a name such as cafe.
func parseMAC(text string) (lease.HW, bool) {
	hwType, octets := objects.SplitMAC(text)
	if hwType < 0 || hwType > 255 || len(octets) < 1 || len(octets) > 16 || objects.FormatMAC(hwType, octets) != text {
		return lease.HW{}, false
	}
	return lease.HardwareFrom(uint8(hwType), octets), true
}

// macText writes a hardware address as 1,6,00:d0:ba:d3:bd:3b.
func macText(hw lease.HW) string { return objects.FormatMAC(int(hw.Type), hw.Bytes()) }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func lower(s string) string { return strings.ToLower(s) }
