package shell

import (
	"context"
	"errors"
	"fmt"
	"io"

	"leasehold/pkg/objects"
)

// prompt is what nrcmd prints before a command; in a batch a newline follows.
const prompt = "nrcmd> "

// Editor reads lines from an operator. It is the only thing known here of the
// library that does it.
type Editor interface {
	// ReadLine returns the next line; errInterrupted where it was given up
	// with Ctrl-C, io.EOF at the end.
	ReadLine() (string, error)
	SetPrompt(string)
	Close() error
}

// errInterrupted is what ReadLine returns when the line was given up.
var errInterrupted = errors.New("interrupted")

// Interactive runs what the operator types, until exit, quit or the end of the
// input. interrupts delivers a value for each Ctrl-C while a command runs.
func (s *Shell) Interactive(ctx context.Context, ed Editor, interrupts <-chan struct{}) (Exit, error) {
	s.interactive = true
	if p, ok := ed.(Prompter); ok {
		// The editor has read ahead: a question in the middle of a command
		// must go through it.
		s.cfg.Prompt = p
	}
	s.pager, _ = ed.(Pager)
	more := "" // the line so far, where it ended in a backslash
	for !s.exit {
		ed.SetPrompt(prompt)
		if more != "" {
			ed.SetPrompt("     > ")
		}
		s.out.flush()
		text, err := ed.ReadLine()
		switch {
		case errors.Is(err, errInterrupted):
			more = ""
			continue
		case errors.Is(err, io.EOF):
			return s.result(), nil
		case err != nil:
			return ExitUsage, err
		}
		if continued(text) && !comment(text) {
			more += text[:len(text)-1]
			continue
		}
		line := more + text
		more = ""
		s.out.typed(prompt + maskSecrets(line))
		s.runInterruptible(ctx, line, interrupts)
		if s.out.err != nil {
			return ExitUsage, fmt.Errorf("write: %w", s.out.err)
		}
	}
	return s.result(), nil
}

// runInterruptible runs a line; an interrupt stops it, and with it the call to
// the server.
func (s *Shell) runInterruptible(ctx context.Context, line string, interrupts <-chan struct{}) objects.Code {
	select {
	case <-interrupts: // of a command that has ended
	default:
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		select {
		case <-interrupts:
			cancel()
		case <-done:
		}
	}()
	defer func() {
		close(done)
		cancel()
	}()
	return s.Run(ctx, line)
}

// Piped runs lines from an input that is no terminal, without -b: as typed
// ones, but with no editor, and without abbreviations, since a program wrote
// them.
func (s *Shell) Piped(ctx context.Context, in io.Reader) (Exit, error) {
	r := newLineReader(in)
	for !s.exit && !s.halted {
		s.out.printf("%s", prompt)
		s.out.flush()
		line, number, bad, err := r.read()
		if errors.Is(err, io.EOF) {
			s.out.line("")
			break
		}
		if err != nil {
			return ExitUsage, fmt.Errorf("standard input: line %d: %w", number, err)
		}
		if bad != nil {
			s.out.status(bad)
			s.failed = true
			continue
		}
		s.out.typed(maskSecrets(line))
		s.Run(ctx, line)
	}
	s.out.flush()
	return s.result(), s.out.err
}
