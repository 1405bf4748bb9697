package objects

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// fingerprintPrefix names the hash: what is pinned stays readable when there is
// another one day.
const fingerprintPrefix = "sha256:"

// Fingerprint is the SHA-256 fingerprint of a certificate in DER form, as it is
// shown and typed everywhere.
func Fingerprint(der []byte) string { return formatFingerprint(sha256.Sum256(der)) }

func formatFingerprint(sum [sha256.Size]byte) string {
	return fingerprintPrefix + hex.EncodeToString(sum[:])
}

// ParseFingerprint reads one; colons between the octets, as other tools print
// them, are understood, and the name of the hash may be left out.
func ParseFingerprint(text string) (sum [sha256.Size]byte, err error) {
	digits := strings.ToLower(strings.TrimSpace(text))
	digits = strings.ReplaceAll(strings.TrimPrefix(digits, fingerprintPrefix), ":", "")
	raw, err := hex.DecodeString(digits)
	if err != nil || len(raw) != len(sum) {
		return sum, fmt.Errorf("must be a SHA-256 fingerprint: %s and %d hexadecimal digits", fingerprintPrefix, 2*len(sum))
	}
	return [sha256.Size]byte(raw), nil
}

// fingerprint refuses a text that is none.
func fingerprint(text string) error {
	_, err := ParseFingerprint(text)
	return err
}
