package shell

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/chzyer/readline"
)

// Terminal is the line editor on a terminal. It wraps chzyer/readline, which
// is not maintained: what is known to go wrong in it is kept away from it
// here.
//
//   - Its history panics where it is empty (Ctrl-R, then Ctrl-C) and stores the
//     wrong line after a search; so it gets a history of our own making before
//     each line.
//   - Its menu of completions divides by zero on narrow terminals; so it only
//     ever sees completions that add something, and the others are listed above
//     the prompt.
//   - A terminal without a size has one of 80 columns.
//   - It takes a new width in the middle of whatever it is drawing; so it is
//     told before the next key.
//   - On its way back over the start of a screen line it steps left and then up.
//     Terminals on which the step left goes up by itself, such as tmux, are then
//     one line too high, and what stood above the prompt is lost; so that step
//     is taken out.
//   - Its Close waits for a read that may never end; so its input is closed
//     before.
type Terminal struct {
	rl       *readline.Instance
	stdin    *readline.CancelableStdin
	resized  chan os.Signal
	resize   func() // takes the new width
	history  *History
	complete func(head string) *Completion
	more     string // what was typed on the lines that this one goes on from
	// More is asking, and the answer is no: the editor reads keys in a goroutine
	// of its own.
	paging, enough atomic.Bool
}

// NewTerminal starts the editor on standard input and output.
func NewTerminal(history *History, complete func(head string) *Completion) (*Terminal, error) {
	t := &Terminal{history: history, complete: complete, resized: make(chan os.Signal, 1)}
	t.stdin = readline.NewCancelableStdin(keys{os.Stdin, t})
	rl, err := readline.NewEx(&readline.Config{
		Prompt:                 prompt,
		HistoryLimit:           maxHistory + 1,
		DisableAutoSaveHistory: true,
		HistorySearchFold:      true,
		AutoComplete:           t,
		EOFPrompt:              "exit",
		Stdin:                  t.stdin,
		Stdout:                 steps{os.Stdout},
		FuncGetWidth:           width,
		FuncOnWidthChanged:     func(resize func()) { t.resize = resize },
		FuncFilterInputRune:    t.filter,
	})
	if err != nil {
		return nil, fmt.Errorf("start the line editor: %w", err)
	}
	t.rl = rl
	signal.Notify(t.resized, syscall.SIGWINCH)
	return t, nil
}

// ignored is a key that the editor does nothing for. To say of a key that it is
// not to be processed makes the editor read one more behind the end of the line.
const ignored = readline.CharBell

// keys makes Ctrl-D of a zero byte: that is what the system makes of a Ctrl-D
// typed while a command ran, when the terminal goes back to single keys. It
// also hears the answer to More.
type keys struct {
	io.Reader
	t *Terminal
}

func (k keys) Read(p []byte) (int, error) {
	n, err := k.Reader.Read(p)
	for i := range p[:n] {
		if p[i] == 0 {
			p[i] = readline.CharDelete
		}
	}
	if k.t.paging.Load() {
		k.t.answer(p[:n])
	}
	return n, err
}

// steps takes the step to the left out of the way up, see Terminal.
type steps struct{ io.Writer }

func (s steps) Write(p []byte) (int, error) {
	_, err := s.Writer.Write(bytes.ReplaceAll(p, []byte("\b\033[A"), []byte("\033[A")))
	return len(p), err
}

func width() int {
	if w := readline.GetScreenWidth(); w > 0 {
		return w
	}
	return 80
}

// filter sees each key first. It makes Ctrl-C in a search what Ctrl-G is: it
// ends the search.
func (t *Terminal) filter(r rune) (rune, bool) {
	select {
	case <-t.resized:
		t.resize()
	default:
	}
	if t.paging.Load() && r != readline.CharEnter && r != 0 {
		return ignored, true
	}
	if r == readline.CharInterrupt && t.rl.Operation.IsSearchMode() {
		t.rl.Terminal.KickRead()
		return readline.CharBell, true
	}
	return r, true
}

// ReadLine implements Editor.
func (t *Terminal) ReadLine() (string, error) {
	t.rl.ResetHistory()
	// Never empty, see Terminal. Saving fails only where there is a file.
	if len(t.history.lines) == 0 {
		_ = t.rl.SaveHistory("")
	}
	for _, l := range t.history.lines {
		_ = t.rl.SaveHistory(l)
	}
	line, err := t.rl.Readline()
	whole := t.more + line
	t.more = ""
	if errors.Is(err, readline.ErrInterrupt) {
		return "", errInterrupted
	}
	if err != nil {
		return "", err
	}
	if continued(line) && !comment(line) {
		t.more = whole[:len(whole)-1]
		return line, nil
	}
	// Whole, so that a password on its second line is seen for what it is.
	t.history.Add(whole)
	return line, nil
}

// SetPrompt implements Editor.
func (t *Terminal) SetPrompt(p string) { t.rl.SetPrompt(p) }

// Close implements Editor; it gives the terminal back as it was.
func (t *Terminal) Close() error {
	signal.Stop(t.resized)
	return errors.Join(t.stdin.Close(), t.rl.Close())
}

// Restore gives the terminal back as it was, from any goroutine, when the
// program is about to be ended by a signal.
func (t *Terminal) Restore() {
	// Nothing can be done about a terminal that is gone.
	_ = t.rl.Terminal.ExitRawMode()
}

// Do implements readline.AutoCompleter: the suffixes of what could stand at
// the cursor, and how much of it is there already. Where nothing can be added
// for sure, the choice is listed instead.
func (t *Terminal) Do(line []rune, pos int) ([][]rune, int) {
	c := t.complete(string(line[:pos]))
	if len(c.Found) == 1 {
		return [][]rune{[]rune(c.Suffix(0, true))}, len([]rune(c.Typed))
	}
	suffixes := make([][]rune, len(c.Found))
	shared := ""
	for i := range c.Found {
		s := c.Suffix(i, false)
		suffixes[i] = []rune(s)
		if i == 0 {
			shared = s
		}
		shared = sharedPrefix(shared, s)
	}
	if shared != "" {
		return suffixes, len([]rune(c.Typed))
	}
	switch {
	// A terminal that cannot be written to is noticed by ReadLine.
	case len(c.Found) > 1:
		_, _ = io.WriteString(t.rl.Stdout(), columns(c.Found, width()))
	case len(c.Hint) > 0:
		_, _ = io.WriteString(t.rl.Stdout(), strings.Join(c.Hint, "\n")+"\n")
	}
	return nil, 0
}

func sharedPrefix(a, b string) string {
	ra, rb := []rune(a), []rune(b)
	n := 0
	for n < len(ra) && n < len(rb) && ra[n] == rb[n] {
		n++
	}
	return string(ra[:n])
}

// maxShown is how many completions are listed.
const maxShown = 200

// columns lays words out in columns, down first, as ls does.
func columns(words []string, width int) string {
	more := len(words) - maxShown
	if more > 0 {
		words = words[:maxShown]
	}
	wide := 0
	for _, w := range words {
		wide = max(wide, len([]rune(w)))
	}
	across := max(1, width/(wide+2))
	down := (len(words) + across - 1) / across
	var b strings.Builder
	for row := range down {
		var line strings.Builder
		for i := row; i < len(words); i += down {
			fmt.Fprintf(&line, "%-*s", wide+2, words[i])
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	if more > 0 {
		fmt.Fprintf(&b, "and %d more\n", more)
	}
	return b.String()
}

// Ask implements Prompter.
func (t *Terminal) Ask(p string) (string, error) {
	t.rl.SetPrompt(p)
	return t.rl.Readline()
}

// AskSecret implements Prompter: nothing of what is typed is shown.
func (t *Terminal) AskSecret(p string) (string, error) {
	cfg := t.rl.GenPasswordConfig()
	cfg.Prompt = p
	cfg.EnableMask = false
	cfg.Painter = blind{}
	cfg.DisableAutoSaveHistory = true
	cfg.FuncGetWidth = width
	cfg.FuncFilterInputRune = func(r rune) (rune, bool) {
		switch r {
		case readline.CharBckSearch, readline.CharFwdSearch, readline.CharTab, readline.CharPrev, readline.CharNext:
			return ignored, true
		}
		return r, true
	}
	b, err := t.rl.ReadPasswordWithConfig(cfg)
	if errors.Is(err, readline.ErrInterrupt) {
		return "", errInterrupted
	}
	return string(b), err
}

// blind paints nothing but the end of the line.
type blind struct{}

func (blind) Paint(line []rune, _ int) []rune {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		return line[n-1:]
	}
	return nil
}
