package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func init() { childMains["lock"] = lockChild }

// lockChild holds the data folder until it is killed.
func lockChild(args []string) error {
	l, err := LockData(args[0])
	if err != nil {
		return err
	}
	fmt.Println("locked")
	_, err = io.Copy(io.Discard, os.Stdin) // the killer holds the other end
	return errors.Join(err, l.Unlock())
}

func TestDataFolderIsHeldByOne(t *testing.T) {
	dir := t.TempDir()
	c := startChild(t, "lock", dir)
	if !c.lines.Scan() {
		t.Fatal("the child did not lock")
	}
	_, err := LockData(dir)
	want := fmt.Sprintf("held by process %d", c.cmd.Process.Pid)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Join(dir, "lock")) {
		t.Errorf("got %v, want it to name the file and to say %s", err, want)
	}
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait() // it was killed
	l, err := LockData(dir)
	if err != nil {
		t.Fatalf("after the holder was killed: %v", err)
	}
	if _, err := LockData(dir); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("got %v, want it to name this process", err)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
	if l, err = LockData(dir); err != nil {
		t.Fatalf("after Unlock: %v", err)
	}
	if err := l.Unlock(); err != nil {
		t.Error(err)
	}
}

func TestLockNeedsItsFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	if _, err := LockData(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v, want an error that names the folder", err)
	}
}
