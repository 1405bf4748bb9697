package rpc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"leasehold/pkg/objects"
)

// The files of the server's TLS identity in its data folder.
const (
	KeyFile         = "rpc.key"
	CertificateFile = "rpc.crt"
)

// Fingerprint returns the SHA-256 fingerprint of a certificate in DER form, as
// both sides print it.
func Fingerprint(der []byte) string { return objects.Fingerprint(der) }

// Certificate returns the server's identity kept in dir, and makes one where
// there is none. A certificate without its key is an error: a new pair would look to
// every client like an attack.
func Certificate(dir string, now time.Time) (tls.Certificate, error) {
	keyPath, certPath := filepath.Join(dir, KeyFile), filepath.Join(dir, CertificateFile)
	_, keyErr := os.Stat(keyPath)
	_, certErr := os.Stat(certPath)
	switch {
	case errors.Is(keyErr, fs.ErrNotExist) && errors.Is(certErr, fs.ErrNotExist):
		if err := createKey(keyPath); err != nil {
			return tls.Certificate{}, err
		}
		fallthrough
	case keyErr == nil && errors.Is(certErr, fs.ErrNotExist):
		if err := createCertificate(keyPath, certPath, now); err != nil {
			return tls.Certificate{}, err
		}
	case errors.Is(keyErr, fs.ErrNotExist):
		return tls.Certificate{}, fmt.Errorf("load TLS identity: %s is there but %s is not: restore the key, or remove the certificate to have a new pair", certPath, keyPath)
	}
	pair, err := tls.LoadX509KeyPair(certPath, keyPath)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("load TLS identity %s, %s: %w", certPath, keyPath, err)
	}
	return pair, nil
}

func createKey(path string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make TLS key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("make TLS key: %w", err)
	}
	return writePEM(path, "PRIVATE KEY", der)
}

// createCertificate signs the key's own certificate. It lasts longer than a
// machine does, because clients pin it: there is nobody to renew it with.
func createCertificate(keyPath, certPath string, now time.Time) error {
	key, err := readKey(keyPath)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return fmt.Errorf("make TLS certificate: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{"Leasehold"}, CommonName: host},
		NotBefore:    now.Add(-24 * time.Hour),
		NotAfter:     now.AddDate(25, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{host, "localhost"},
		IPAddresses:  localAddresses(),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return fmt.Errorf("make TLS certificate: %w", err)
	}
	return writePEM(certPath, "CERTIFICATE", der)
}

func readKey(path string) (*ecdsa.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read TLS key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("read TLS key: %s holds no PEM block", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read TLS key %s: %w", path, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read TLS key %s: not an ECDSA key", path)
	}
	return key, nil
}

func localAddresses() []net.IP {
	ips := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return ips
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() {
			ips = append(ips, n.IP)
		}
	}
	return ips
}

// writePEM writes a file whole or not at all, readable by its owner only.
func writePEM(path, kind string, der []byte) error {
	return writeFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func writeFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already if all went well
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
