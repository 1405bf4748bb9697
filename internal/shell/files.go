package shell

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"leasehold/pkg/objects"
)

// This file writes files for export and report.

// writeFile makes a file of what fill writes. It is written beside its place
// and renamed, so that a listing that breaks off leaves what was there. What
// is there and no plain file, such as a pipe, is written to.
func writeFile(path string, fill func(io.Writer) *objects.Error) *objects.Error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return writeTo(path, fill)
	}
	place := path
	if target, err := filepath.EvalSymlinks(path); err == nil {
		place = target
	}
	f, err := os.CreateTemp(filepath.Dir(place), ".export-*")
	if err != nil {
		return openFailed(path, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // it is not there once renamed
	w := bufio.NewWriterSize(f, 64<<10)
	refusal := fill(w)
	err = errors.Join(w.Flush(), f.Chmod(0o644), f.Sync(), f.Close())
	if refusal != nil {
		return refusal
	}
	if err == nil {
		err = os.Rename(f.Name(), place)
	}
	return writeFailed(path, err)
}

func writeTo(path string, fill func(io.Writer) *objects.Error) *objects.Error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return openFailed(path, err)
	}
	w := bufio.NewWriterSize(f, 64<<10)
	refusal := fill(w)
	err = errors.Join(w.Flush(), f.Close())
	if refusal != nil {
		return refusal
	}
	return writeFailed(path, err)
}

// cause is what went wrong with a file, without the name that it was tried
// under: that may be one of ours.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// openFailed is the answer where a file cannot be opened.
func openFailed(path string, err error) *objects.Error {
	return objects.Errorf(objects.OpenFailed, "open %s: %v", path, cause(err))
}

func writeFailed(path string, err error) *objects.Error {
	if err == nil {
		return nil
	}
	return objects.Errorf(objects.GenericError, "write %s: %v", path, cause(err))
}

// wouldWrite is what a dry run does in place of writing a file: it looks
// whether there is a place for it.
func (c *call) wouldWrite(path, what string) *objects.Error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return openFailed(path, unix.EISDIR)
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return openFailed(path, err)
	}
	c.println("would write " + what + " to " + path + "; nothing was written: --dry-run")
	return nil
}
