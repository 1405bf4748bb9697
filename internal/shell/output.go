package shell

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"leasehold/pkg/objects"
)

// output is where a session's text goes: the program's output and, while one
// is kept, the session log. Errors of writing are kept and end the program.
type output struct {
	w   *bufio.Writer
	log *os.File
	err error
	// page stops the text when the screen is full; nil where it does not stop.
	page *page
}

func newOutput(w io.Writer) *output { return &output{w: bufio.NewWriterSize(w, 32<<10)} }

func (o *output) printf(format string, args ...any) {
	text := printable(fmt.Sprintf(format, args...))
	if o.page == nil || o.page.shows(o, text) {
		_, err := o.w.WriteString(text)
		o.keep(err)
	}
	if o.log != nil {
		_, err := o.log.WriteString(text)
		o.keep(err)
	}
}

// line prints a text that must not be taken for a format.
func (o *output) line(text string) { o.printf("%s\n", text) }

func (o *output) status(e *objects.Error) {
	if e == nil {
		e = &objects.Error{Code: objects.Ok}
	}
	o.line(e.Status())
	for _, d := range e.Detail {
		o.line(d)
	}
}

// typed puts a command line into the session log only: on the terminal the
// editor has shown it.
func (o *output) typed(line string) {
	if o.log != nil {
		_, err := fmt.Fprintf(o.log, "%s\n", printable(line))
		o.keep(err)
	}
}

func (o *output) keep(err error) {
	if err != nil && o.err == nil {
		o.err = err
	}
}

func (o *output) flush() { o.keep(o.w.Flush()) }

func (o *output) startLog(path string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	o.stopLog()
	o.log = f
	return nil
}

func (o *output) stopLog() {
	if o.log != nil {
		o.keep(o.log.Close())
		o.log = nil
	}
}
