package shell

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// TTY asks on the terminal that the program was started from, whatever its
// standard input and output are: the login prompts of nrcmd -b < file.
type TTY struct{ file *os.File }

// OpenTTY opens the terminal of the process; an error if it has none.
func OpenTTY() (*TTY, error) {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("open the terminal: %w", err)
	}
	return &TTY{f}, nil
}

// Close gives the terminal up.
func (t *TTY) Close() error { return t.file.Close() }

// Print shows a text that belongs to no command.
func (t *TTY) Print(text string) error {
	_, err := io.WriteString(t.file, text)
	return err
}

// Ask implements Prompter. It reads no byte beyond the line: the rest is
// the line editor's.
func (t *TTY) Ask(prompt string) (string, error) {
	if err := t.Print(prompt); err != nil {
		return "", err
	}
	var line strings.Builder
	b := make([]byte, 1)
	for line.Len() < 1024 {
		n, err := t.file.Read(b)
		if n == 1 && b[0] == '\n' || err == io.EOF && line.Len() > 0 {
			break
		}
		if err != nil {
			return "", err
		}
		line.WriteByte(b[0])
	}
	return strings.TrimSpace(line.String()), nil
}

// AskSecret implements Prompter. The echo goes off before the prompt is seen:
// what is typed, or pasted, at the first sight of it must not be shown.
func (t *TTY) AskSecret(prompt string) (string, error) {
	fd := int(t.file.Fd())
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return "", fmt.Errorf("ask for a password: %w", err)
	}
	silent := *before
	silent.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &silent); err != nil {
		return "", fmt.Errorf("ask for a password: %w", err)
	}
	restore := func() { _ = unix.IoctlSetTermios(fd, unix.TCSETS, before) } // the terminal may be gone
	defer restore()
	defer onSignal(restore)()
	if err := t.Print(prompt); err != nil {
		return "", err
	}
	b, err := term.ReadPassword(fd)
	if perr := t.Print("\n"); err == nil {
		err = perr
	}
	return string(b), err
}

// onSignal does something before a signal ends the program, until stop is
// called.
func onSignal(do func()) (stop func()) {
	signals := make(chan os.Signal, 1)
	over := make(chan struct{})
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT)
	go func() {
		select {
		case <-over:
		case s := <-signals:
			do()
			signal.Reset(s)
			// The signal again, as if nobody had caught it.
			_ = unix.Kill(os.Getpid(), s.(unix.Signal))
		}
	}()
	return func() {
		signal.Stop(signals)
		close(over)
	}
}
