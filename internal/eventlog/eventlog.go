// Package eventlog writes what an operator must be able to read later: each
// message is declared once with its number, severity, category and meaning,
// and goes to the server log in Network Registrar's form
//
//	06/19/2003  9:41:19 name/dhcp/1 Info Configuration 0 04092 text
//
// and to standard error. The declared messages make docs/messages.md.
package eventlog

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"

	"leasehold/internal/clock"
)

// Severity is a message's weight.
type Severity int

// The severities, as the server log prints them.
const (
	Debug Severity = iota
	Activity
	Info
	Warning
	Error
)

var severityNames = [...]string{"Debug", "Activity", "Info", "Warning", "Error"}

func (s Severity) String() string { return severityNames[s] }

func (s Severity) level() slog.Level {
	switch s {
	case Debug, Activity:
		return slog.LevelDebug
	case Warning:
		return slog.LevelWarn
	case Error:
		return slog.LevelError
	}
	return slog.LevelInfo
}

// Message is one declared message.
type Message struct {
	ID       int
	Severity Severity
	Category string // Configuration, Protocol, Lease, Database, System, Server
	Format   string // fmt verbs
	Help     string // what it means and what to do, for docs/messages.md
}

var (
	regMu    sync.Mutex
	messages = map[int]*Message{}
)

// Declare adds a message to the table; a number used twice panics at start.
func Declare(id int, sev Severity, category, format, help string) *Message {
	regMu.Lock()
	defer regMu.Unlock()
	if old, ok := messages[id]; ok {
		panic(fmt.Sprintf("eventlog: message %05d declared twice: %q and %q", id, old.Format, format))
	}
	m := &Message{ID: id, Severity: sev, Category: category, Format: format, Help: help}
	messages[id] = m
	return m
}

// Messages returns all declared messages by number.
func Messages() []*Message {
	regMu.Lock()
	defer regMu.Unlock()
	ms := make([]*Message, 0, len(messages))
	for _, m := range messages {
		ms = append(ms, m)
	}
	slices.SortFunc(ms, func(a, b *Message) int { return a.ID - b.ID })
	return ms
}

// Log writes messages. A nil *Log drops them.
type Log struct {
	clock clock.Clock
	slog  *slog.Logger
	mu    sync.Mutex
	file  io.Writer
}

// New returns a Log that writes the server log's lines to file (nil: nowhere)
// and the same facts to logger.
func New(c clock.Clock, logger *slog.Logger, file io.Writer) *Log {
	return &Log{clock: c, slog: logger, file: file}
}

// Log writes a message. args fill its format.
func (l *Log) Log(m *Message, args ...any) {
	if l == nil {
		return
	}
	text := fmt.Sprintf(m.Format, args...)
	if l.file != nil {
		t := l.clock.Now()
		line := fmt.Sprintf("%s %2d:%s name/dhcp/1 %s %s 0 %05d %s\n",
			t.Format("01/02/2006"), t.Hour(), t.Format("04:05"), m.Severity, m.Category, m.ID, text)
		l.mu.Lock()
		_, err := io.WriteString(l.file, line)
		l.mu.Unlock()
		if err != nil {
			l.slog.Error("write server log", "error", err)
		}
	}
	l.slog.Log(context.Background(), m.Severity.level(), text, "id", fmt.Sprintf("%05d", m.ID), "category", m.Category)
}
