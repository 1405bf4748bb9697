package engine

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// hexBytes reads octets written xx:xx or xxxx.
func hexBytes(text string) ([]byte, bool) {
	b, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	return b, err == nil
}

// appendHex writes octets as xx:xx in lower case.
func appendHex(dst, octets []byte) []byte {
	const digits = "0123456789abcdef"
	for i, o := range octets {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, digits[o>>4], digits[o&15])
	}
	return dst
}

// hexText is appendHex as a string.
func hexText[T string | []byte](octets T) string { return string(appendHex(nil, []byte(octets))) }

func decimal(text string) (uint8, bool) {
	n, err := strconv.ParseUint(text, 10, 8)
	return uint8(n), err == nil
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func lower(s string) string { return strings.ToLower(s) }
