package main

import (
	"testing"

	testserver "leasehold/test/server"
)

// server is one for the real program to talk to.
type server struct{ *testserver.Server }

func newServer(t *testing.T) *server {
	t.Helper()
	return &server{testserver.New(t, testserver.Options{})}
}
