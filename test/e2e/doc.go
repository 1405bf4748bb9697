// Package e2e tests the built programs with real DHCP clients, relays and other
// servers in network namespaces that each test makes and removes. It needs root
// and the Debian packages that scripts/deps.sh installs; nothing of it is ever
// skipped.
//
// lab_test.go makes namespaces and cables, server_test.go runs dhcpd and nrcmd,
// clients_test.go runs udhcpc, dhclient, dhcpcd and dhcrelay, capture_test.go keeps what
// passed on a wire and lets tshark judge it. Every wait is for an event with a
// bound; see await_test.go.
//
// For failover, site_test.go puts several servers on one LAN whose own link can
// be cut and delayed, and watches for an address that two clients hold;
// population_test.go has many clients that renew, rebind and notice;
// failover_test.go and related_test.go ask servers for their states;
// isc_server_test.go runs ISC's dhcpd, skew_test.go a dhcpd of ours whose clock is
// wrong. The tests are in pair_test.go, scenarios_test.go (the handbooks' set-ups),
// procedures_test.go (the handbooks' procedures), partnerdown_test.go,
// faults_test.go, isc_test.go, migration_test.go and crowd_load_test.go.
//
// Two servers with one configuration are in sync_test.go (with golden files in
// testdata/sync, which -update writes), sync_backoffice_test.go (three servers),
// sync_kill_test.go and sync_confirm_test.go. Leases that come in by lease files are
// in import_mode_test.go, isc_leases_test.go and kea_leases_test.go.
package e2e
