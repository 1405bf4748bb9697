package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that the server becomes once its sockets are open; the
// zero account is the one it runs as.
type account struct {
	name     string
	uid, gid int
}

func lookupAccount(name string) (account, error) {
	if name == "" {
		return account{}, nil
	}
	if os.Geteuid() != 0 {
		return account{}, fmt.Errorf("-user %s: only root can become another user", name)
	}
	u, err := user.Lookup(name)
	if err != nil {
		return account{}, fmt.Errorf("-user %s: %w", name, err)
	}
	uid, errU := strconv.Atoi(u.Uid)
	gid, errG := strconv.Atoi(u.Gid)
	if errU != nil || errG != nil {
		return account{}, fmt.Errorf("-user %s: its numbers are %q and %q", name, u.Uid, u.Gid)
	}
	return account{name, uid, gid}, nil
}

// own gives everything in the data folder to the account.
func (a account) own(dir string) error {
	if a.name == "" {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, a.uid, a.gid)
	})
}

// become drops root for good, after the files that were made meanwhile were
// given to the account.
func (a account) become(dir string) error {
	if a.name == "" {
		return nil
	}
	if err := a.own(dir); err != nil {
		return err
	}
	if err := syscall.Setgroups([]int{a.gid}); err != nil {
		return fmt.Errorf("drop root's groups: %w", err)
	}
	if err := syscall.Setgid(a.gid); err != nil {
		return fmt.Errorf("become group %d: %w", a.gid, err)
	}
	if err := syscall.Setuid(a.uid); err != nil {
		return fmt.Errorf("become user %s: %w", a.name, err)
	}
	return nil
}
