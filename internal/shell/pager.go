package shell

import (
	"io"
	"os"
	"strings"

	"github.com/chzyer/readline"
	"golang.org/x/term"
)

// Pager stops a long text when the screen is full. Only help stops: programs
// that type at a terminal read listings, and would not know what to press.
type Pager interface {
	// Size is that of the screen; without rows nothing stops.
	Size() (columns, rows int)
	// More waits for the operator and tells whether to go on.
	More() bool
}

// leastRows is the smallest screen that is worth stopping at.
const leastRows = 6

// page is a text on its way to the screen.
type page struct {
	Pager
	columns, rows int
	left          int  // rows that are still free
	over          bool // the operator has seen enough
}

// paged makes what is printed from now on stop at each screenful, until done.
func (c *call) paged() (done func()) {
	if c.pager == nil {
		return func() {}
	}
	columns, rows := c.pager.Size()
	if columns <= len(morePrompt) || rows < leastRows {
		return func() {}
	}
	c.out.page = &page{Pager: c.pager, columns: columns, rows: rows, left: rows - 1}
	return func() { c.out.page = nil }
}

// shows tells whether the text goes to the screen; it waits for the operator
// where there is no room for it.
func (p *page) shows(o *output, text string) bool {
	if p.over {
		return false
	}
	n := 0
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		n += 1 + max(len([]rune(line))-1, 0)/p.columns
	}
	if n > p.left {
		o.flush()
		p.over = !p.More()
		p.left = p.rows - 1
	}
	p.left -= n
	return !p.over
}

const morePrompt = "-- more: blank or Enter goes on, q ends --"

// Size implements Pager.
func (t *Terminal) Size() (columns, rows int) {
	columns, rows, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return 0, 0
	}
	return columns, rows
}

// More implements Pager. A single key is the answer; the question goes away
// again.
func (t *Terminal) More() bool {
	t.enough.Store(false)
	t.paging.Store(true)
	t.rl.SetPrompt(morePrompt)
	_, err := t.rl.Readline()
	t.paging.Store(false)
	// Not through the editor, which would draw the question again. A terminal
	// that cannot be written to is noticed by ReadLine.
	_, _ = io.WriteString(os.Stdout, "\033[A\033[2K\r")
	return err == nil && !t.enough.Load()
}

// answer makes Enter of the first key that answers More, before the editor
// sees it: after no other key it stops reading. What comes behind it is for the
// next prompt.
func (t *Terminal) answer(typed []byte) {
	for i, b := range typed {
		switch b {
		case 'q', 'Q', readline.CharInterrupt, readline.CharDelete:
			t.enough.Store(true)
		case ' ', readline.CharEnter, readline.CharCtrlJ:
		default:
			continue
		}
		typed[i] = readline.CharEnter
		return
	}
}
