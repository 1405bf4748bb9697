// Package partner reaches the other servers that this one knows as cluster
// objects: it dials a cluster's admin service over TLS, holds its certificate
// against the pinned fingerprint, logs in with the stored administrator, and
// reads and changes that server's configuration as a whole.
//
// Every error names the cluster, its address, what went wrong and what can be
// done about it. Start at [Dialer.Dial]; what to do with two configurations is
// not decided here.
package partner
