// Package probe is a test client inside the server: it has the running server
// lease it an address and gives that back at once, over no network. It stands
// between the engine and its sockets: what the test client says goes into the
// engine as if it had been received, and the answers to it, known by its
// hardware address, are taken out before they are sent. So no client and no
// relay agent ever hears of it.
//
// Start at client.go; net.go is the way in and out.
package probe
