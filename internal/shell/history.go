package shell

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// maxHistory is how many lines are kept across sessions.
const maxHistory = 1000

// History is the lines typed in this session and earlier ones, in a file that
// only its owner reads. A line that may hold a secret never gets in.
type History struct {
	path  string
	lines []string
}

// OpenHistory reads the file and makes it where there is none. Without a path,
// or where the file cannot be used, the history lives in memory; the error
// says why.
func OpenHistory(path string) (*History, error) {
	h := &History{}
	if path == "" {
		return h, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return h, fmt.Errorf("make the folder of the history: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return h, fmt.Errorf("open the history: %w", err)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, MaxLine+1)
	for in.Scan() {
		if line := strings.TrimSpace(in.Text()); line != "" && !HoldsSecret(line) {
			h.lines = append(h.lines, line)
		}
	}
	if err := in.Err(); err != nil {
		return h, fmt.Errorf("read the history %s: %w", path, err)
	}
	h.path = path
	if len(h.lines) > maxHistory {
		h.lines = append([]string(nil), h.lines[len(h.lines)-maxHistory:]...)
		return h, h.rewrite()
	}
	return h, nil
}

// rewrite keeps the file from growing without end.
func (h *History) rewrite() error {
	tmp := h.path + ".new"
	err := os.WriteFile(tmp, []byte(strings.Join(h.lines, "\n")+"\n"), 0o600)
	if err == nil {
		err = os.Rename(tmp, h.path)
	}
	if err != nil {
		return fmt.Errorf("shorten the history: %w", err)
	}
	return nil
}

// Add keeps a line. A failure to write it costs the next session a line and
// this one nothing.
func (h *History) Add(line string) {
	line = strings.TrimSpace(line)
	if line == "" || HoldsSecret(line) || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	if h.lines = append(h.lines, line); len(h.lines) > maxHistory {
		h.lines = h.lines[1:]
	}
	if h.path == "" {
		return
	}
	f, err := os.OpenFile(h.path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return
	}
	_, _ = f.WriteString(line + "\n")
	_ = f.Close()
}
