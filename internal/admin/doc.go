// Package admin is the server side of the administrators' commands: sessions
// and roles, every verb of every class on the stored configuration, reload and
// the reports of the running server.
//
// The stored configuration is kept in memory beside the database ([store.ConfigDB]).
// A command builds a small change, a set of objects to put and to delete,
// looks at nothing but what the change touches, and commits it in one
// transaction; what it answered is on disk. Only a reload looks at everything.
// Inside a transaction the changes collect in an overlay of the session, and
// Commit applies them together if nobody else has touched the same objects.
//
// Start at admin.go (what the service holds), then write.go (the path that
// every change takes), then the file of the verb: verbs.go for the regular
// ones, methods.go for the table of all others.
//
// The package never listens, reads no packets and knows no SQL.
package admin
