package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"leasehold/pkg/objects"
)

// SecretKeyFile is the key of the sealed secrets, in the folder of the
// configuration database.
const SecretKeyFile = "secret.key"

// sealedPrefix begins a sealed value: behind it stand nonce and AES-256-GCM
// ciphertext in base64.
const sealedPrefix = "sealed:v1:"

const secretKeySize = 32

// errNoKey is why nothing can be opened where there is no key yet.
var errNoKey = errors.New("the key is missing")

// sealer seals and opens the secrets of one configuration database. A sealed
// value is bound to its place: moved to another object or attribute it cannot
// be opened.
type sealer struct {
	path string

	mu   sync.Mutex
	aead cipher.AEAD // nil until the key is needed
}

// place is what a sealed value is bound to.
func place(o *objects.Object, attr string) []byte {
	return []byte(strings.Join([]string{o.Class.Name, nameKey(o.Name), attr}, "\x00"))
}

// isSealed tells whether the attribute's values are kept sealed.
func isSealed(class *objects.Class, attr string) bool {
	a := class.Attr(attr)
	return a != nil && a.Secret && !a.Hashed
}

// seal makes the stored form of a secret, and the key where there is none.
func (s *sealer) seal(o *objects.Object, attr, value string) (string, error) {
	sealed, err := s.sealAt(place(o, attr), value)
	if err != nil {
		return "", fmt.Errorf("seal %s %s: %w", o.Ref(), attr, err)
	}
	return sealed, nil
}

// sealAt makes the stored form of a text that is bound to the place.
func (s *sealer) sealAt(place []byte, value string) (string, error) {
	aead, err := s.key(true)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce) // never fails
	sealed := aead.Seal(nonce, nonce, []byte(value), place)
	return sealedPrefix + base64.StdEncoding.EncodeToString(sealed), nil
}

// open returns the secret of a stored form.
func (s *sealer) open(o *objects.Object, attr, stored string) (string, error) {
	return s.openAt(place(o, attr), stored)
}

// openAt returns the text of a stored form that is bound to the place.
func (s *sealer) openAt(place []byte, stored string) (string, error) {
	text, ok := strings.CutPrefix(stored, sealedPrefix)
	if !ok {
		return "", errors.New("it is not sealed as this version knows it")
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", errors.New("what is stored is damaged")
	}
	aead, err := s.key(false)
	if err != nil {
		return "", err
	}
	if len(raw) < aead.NonceSize() {
		return "", errors.New("what is stored is damaged")
	}
	n := aead.NonceSize()
	value, err := aead.Open(nil, raw[:n], raw[n:], place)
	if err != nil {
		return "", fmt.Errorf("it was sealed with another key than that of %s, or is damaged", s.path)
	}
	return string(value), nil
}

// key reads the key; where there is none and make is set, it makes one.
func (s *sealer) key(make bool) (cipher.AEAD, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.aead != nil {
		return s.aead, nil
	}
	key, err := readKey(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		if !make {
			return nil, fmt.Errorf("%w: there is no %s", errNoKey, s.path)
		}
		key, err = makeKey(s.path)
	}
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	s.aead, err = cipher.NewGCM(block)
	return s.aead, err
}

func readKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != secretKeySize {
		return nil, fmt.Errorf("%s holds no key: it was damaged; put back the file that belongs to the database, or take it away to have a new one made", path)
	}
	return key, nil
}

// makeKey writes a new key, durably, before anything is sealed with it.
func makeKey(path string) ([]byte, error) {
	key := make([]byte, secretKeySize)
	rand.Read(key) // never fails
	draft := path + ".new"
	if err := os.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Rename(draft, path); err != nil {
		return nil, err
	}
	return key, syncDir(filepath.Dir(path))
}
