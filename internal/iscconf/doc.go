// Package iscconf reads the configuration of an ISC dhcpd, dhcpd.conf(5), and
// writes what it says as commands of nrcmd.
//
// [Parse] makes a tree of statements of a file and those that it includes; each
// knows its file, line and column (lex.go, tree.go). What the statements mean is
// read into declarations: networks, pools, hosts, classes and their parameters
// (declare.go and the files beside it). [Convert] makes lines of a batch of them,
// and a finding for each construct that a server of ours cannot carry, or
// carries in another way: nothing is dropped in silence.
//
// How the two servers go together:
//
//   - A subnet is a scope, each of its pools that differs from the others a scope
//     of the same subnet. The subnets of a shared-network are secondaries of its
//     first.
//   - Global parameters stand in the policy default, those of shared networks,
//     subnets and pools in the embedded policies of scopes, those of classes and
//     hosts in the policies of client-classes and clients. That is dhcpd's order
//     of precedence: host, class, pool, subnet, shared-network, global.
//   - A client of ours has one client-class, one of dhcpd any number of classes.
//     So each combination of classes and if branches that a packet can be in is a
//     client-class, and client-class-lookup-id computes its name (facet.go).
//   - Permit lists of pools become selection tags, one for each kind of client
//     that some pool tells from others (permit.go).
//
// The package decides only: it opens no files. What it reads is hostile until
// it is read, so sizes and depths are bounded (limits.go).
//
// Start at convert.go.
package iscconf
