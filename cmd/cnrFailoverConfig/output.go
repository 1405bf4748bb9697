package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// write writes lines to a file, all of them or, if anything goes wrong, none:
// what was there before stays. "" and - are standard output, and what is no
// ordinary file is written to as it is.
func write(path string, lines []string) error {
	if path == "" || path == "-" {
		return put(os.Stdout, lines)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("-o %s: it is a folder", path)
	case err == nil && !info.Mode().IsRegular():
		return direct(path, lines)
	}
	// Beside the file, so that the last step is one rename; a link stays one.
	target, broken := filepath.EvalSymlinks(path)
	if broken == nil {
		path = target
	} else if link, lstat := os.Lstat(path); lstat == nil && link.Mode()&os.ModeSymlink != 0 {
		return fmt.Errorf("-o %s: it is a link that leads nowhere: %w", path, broken)
	}
	f, err := os.OpenFile(fmt.Sprintf("%s.%d.tmp", path, os.Getpid()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return fmt.Errorf("-o: %w", err)
	}
	if info != nil {
		err = like(f, info)
	}
	if err == nil {
		err = put(f, lines)
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("-o %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// like gives the new file the mode of the one whose place it takes and, as far
// as this user may, its owner.
func like(f *os.File, old os.FileInfo) error {
	if of, ok := old.Sys().(*syscall.Stat_t); ok {
		if err := f.Chown(int(of.Uid), int(of.Gid)); err != nil && !errors.Is(err, os.ErrPermission) {
			return err
		}
	}
	return f.Chmod(old.Mode().Perm())
}

func direct(path string, lines []string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("-o: %w", err)
	}
	return errors.Join(put(f, lines), f.Close())
}

func put(to io.Writer, lines []string) error {
	w := bufio.NewWriter(to)
	for _, l := range lines {
		_, _ = w.WriteString(l) // Flush tells of the first error
		_ = w.WriteByte('\n')
	}
	return w.Flush()
}
