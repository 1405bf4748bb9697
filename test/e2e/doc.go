// Package e2e tests the built programs with real DHCP clients and relays in
// network namespaces that each test makes and removes. It needs root and the
// Debian packages that scripts/deps.sh installs; nothing of it is ever skipped.
//
// lab_test.go makes namespaces and cables, server_test.go runs dhcpd and nrcmd,
// clients_test.go runs udhcpc, dhclient, dhcpcd and dhcrelay, capture_test.go keeps what
// passed on a wire and lets tshark judge it. Every wait is for an event with a
// bound; see await_test.go.
package e2e
