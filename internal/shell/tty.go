package shell

import (
	"fmt"
	"io"
	"os"
	"strings"

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

// AskSecret implements Prompter.
func (t *TTY) AskSecret(prompt string) (string, error) {
	if err := t.Print(prompt); err != nil {
		return "", err
	}
	b, err := term.ReadPassword(int(t.file.Fd()))
	if perr := t.Print("\n"); err == nil {
		err = perr
	}
	return string(b), err
}
