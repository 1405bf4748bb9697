package shell

import (
	"fmt"
	"os"
	"path/filepath"
)

// StateFolder is where a user's history and known servers are kept.
func StateFolder() string {
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "leasehold")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		// No home: a folder that only this user can have made.
		return filepath.Join(os.TempDir(), fmt.Sprintf("leasehold-%d", os.Getuid()))
	}
	return filepath.Join(home, ".local", "state", "leasehold")
}

// KnownServers is the file of the certificates that the user has trusted at
// first use.
func KnownServers() string { return filepath.Join(StateFolder(), "known_servers") }
