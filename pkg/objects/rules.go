package objects

import (
	"fmt"
	"strconv"
	"strings"
)

// Named rules of rows, beyond type and range.

// oneOf limits the items of a list to words.
func oneOf(ws ...string) func(string) error {
	return func(list string) error {
		if list == "" {
			return nil
		}
	items:
		for item := range strings.SplitSeq(list, ",") {
			for _, w := range ws {
				if item == w {
					continue items
				}
			}
			return fmt.Errorf("%q is none of %s", shorten(item), strings.Join(ws, ", "))
		}
		return nil
	}
}

// rfc2685 takes the VPN identifier 0a0b0c:01020304.
func rfc2685(text string) error {
	org, index, _ := strings.Cut(text, ":")
	_, err1 := strconv.ParseUint(org, 16, 24)
	_, err2 := strconv.ParseUint(index, 16, 32)
	if err1 != nil || err2 != nil || len(org) > 6 || len(index) > 8 {
		return fmt.Errorf("must be an organization of up to 6 hex digits and an index of up to 8, such as a1b2c3:1")
	}
	return nil
}

// vpnKey keeps names of VPNs free of what parts them from addresses.
func vpnKey(name string) (string, error) {
	if strings.ContainsAny(name, "/ ") {
		return "", fmt.Errorf("the name of a VPN has no blank and no slash")
	}
	return name, nil
}
