package admin

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of a password hash (argon2id): about 20 ms and 19 MiB, what OWASP
// gives as the least. A stored hash names its own cost.
const (
	hashTime    = 2
	hashMemory  = 19 << 10 // KiB
	hashThreads = 1
	hashLen     = 32
	saltLen     = 16
)

// hashPassword returns what is stored of a password.
func hashPassword(password string) string {
	salt := make([]byte, saltLen)
	rand.Read(salt) // never fails
	return formatHash(hashTime, hashMemory, hashThreads, salt,
		argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashThreads, hashLen))
}

func formatHash(time, memory uint32, threads uint8, salt, sum []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, time, threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
}

// checkPassword tells whether the hash is the password's. It takes as long
// for a hash that cannot be ("" of an administrator without a password, or of
// a name that nobody has) as for a real one.
func checkPassword(hash, password string) bool {
	time, memory, threads, salt, sum, ok := readHash(hash)
	if !ok {
		time, memory, threads, salt, sum = hashTime, hashMemory, hashThreads, make([]byte, saltLen), make([]byte, hashLen)
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(len(sum)))
	return subtle.ConstantTimeCompare(got, sum) == 1 && ok
}

func readHash(hash string) (time, memory uint32, threads uint8, salt, sum []byte, ok bool) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil {
		return
	}
	// What is stored is ours, but a damaged row must not cost gigabytes.
	if memory > 1<<20 || time > 100 || time == 0 || threads == 0 {
		return
	}
	var err error
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return
	}
	if sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(sum) < 16 {
		return
	}
	return time, memory, threads, salt, sum, true
}

// newPassword returns a random one that can be typed.
func newPassword() string {
	const letters = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	out := make([]byte, 0, 20)
	var b [1]byte
	for len(out) < cap(out) {
		rand.Read(b[:])
		if int(b[0]) < len(letters)*4 { // the rest would make some letters likelier
			out = append(out, letters[int(b[0])%len(letters)])
		}
	}
	return string(out)
}
