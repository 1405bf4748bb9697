package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"leasehold/pkg/objects"
)

// Batch says how a batch is run.
type Batch struct {
	Name   string // of the file, for messages; "" is standard input
	Stop   bool   // at the first line that fails
	Atomic bool   // all lines in one transaction
	DryRun bool   // validate everything, change nothing
}

// failure is a line of a batch that failed.
type failure struct {
	batch  *Batch
	number int
	line   string
}

func (f failure) String() string {
	where := "line"
	if f.batch.Name != "" {
		where = f.batch.Name + " line"
	}
	return fmt.Sprintf("%s %d: %s", where, f.number, shorten(f.line, 200))
}

// Batch runs every line of a file. A newline follows the prompt, so that the
// output is, over and over, a status line, lines of results, and a line with
// the prompt. The text of a comment is printed in place of an answer. A line
// that fails is named below its answer.
//
// The error is one of reading the file.
func (s *Shell) Batch(ctx context.Context, in io.Reader, b Batch) (Exit, error) {
	mode := txNone
	switch {
	case b.DryRun:
		mode = txDryRun
	case b.Atomic:
		mode = txAtomic
	}
	if err := s.begin(ctx, mode); err != nil {
		s.out.status(err)
		s.out.flush()
		return ExitFailed, nil
	}
	failures, err := s.lines(ctx, newLineReader(in), &b)
	if err != nil && s.tx != txNone {
		(&call{Shell: s, ctx: ctx}).rollback()
		s.tx = txNone
	}
	if s.tx != txNone {
		s.end(ctx, failures)
	}
	s.out.flush()
	if err == nil {
		err = s.out.err
	}
	return s.result(), err
}

func (s *Shell) lines(ctx context.Context, in *lineReader, b *Batch) ([]failure, error) {
	var failures []failure
	for !s.exit {
		s.out.line(prompt)
		s.out.flush()
		line, number, bad, err := in.read()
		if errors.Is(err, io.EOF) {
			return failures, nil
		}
		if err != nil {
			return failures, fmt.Errorf("%s: line %d: %w", b.name(), number, err)
		}
		code := s.batchLine(ctx, line, bad)
		if code.Failed() {
			f := failure{b, number, maskSecrets(line)}
			failures = append(failures, f)
			s.out.line(f.String())
		}
		if s.lost || s.halted || code.Failed() && b.Stop {
			if code.Failed() {
				s.out.line("stopped")
			}
			break
		}
	}
	return failures, nil
}

// batchLine runs one line, or prints the text of a comment.
func (s *Shell) batchLine(ctx context.Context, line string, bad *objects.Error) objects.Code {
	if bad != nil {
		s.out.status(bad)
		s.failed = true
		return bad.Code
	}
	if comment(line) {
		if text := strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), "#")); text != "" {
			s.out.line(text)
		}
		return 0
	}
	s.out.typed(maskSecrets(line))
	return s.Run(ctx, line)
}

func (b *Batch) name() string {
	if b.Name == "" {
		return "standard input"
	}
	return b.Name
}
