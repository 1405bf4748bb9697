package shell

import (
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// command is one row of the table of commands: what a line may begin with.
type command struct {
	name     string
	usage    []string // synopsis without the command's name; nil: made of the class's verbs
	help     string
	about    []string       // the lines of a longer description; nil: help says it all
	class    *objects.Class // nil for commands that are about no class
	visible  int
	run      func(*call) *objects.Error
	complete func(*completion) // nil: made of the class's verbs
}

// own are the commands that no class stands behind.
func own() []*command {
	return []*command{
		{name: "exit", usage: []string{""}, help: "Leave nrcmd", run: runExit},
		{name: "quit", usage: []string{""}, help: "Leave nrcmd, as exit does", run: runExit},
		{name: "save", usage: []string{""}, help: "Accepted: every change is stored when its command answers", run: runNothing},
		{name: "force-lock", usage: []string{""}, help: "Make this session's changes whatever others have changed",
			about: []string{
				"There is no lock that keeps others out. Without force-lock a change to an object that another",
				"administrator has changed since this session has seen it is refused with 408, until it is shown",
				"again. After force-lock every change of this session is made unconditionally, to its end; the",
				"last one to write wins. With -b --atomic the changes of others are looked for once more when the",
				"batch is committed, and force-lock does not change that.",
			}, run: runForceLock},
		{name: "help", usage: []string{"", "<command>", "<command> <verb | attribute>"}, help: "Explain commands, verbs and attributes", run: runHelp, complete: completeHelp},
		{name: "report", usage: []string{"[column-separator=<string>] [file=<file>] [vpn=<vpn>] [dhcp-only] [dhcpv4]"}, help: "Show how many addresses of each scope are in use", run: runReport, complete: completeReport},
		{name: "export", usage: []string{strings.TrimPrefix(exportUsage, "export ")}, help: "Write the server's leases to a file, or here for -",
			about: []string{
				"-client writes the current leases, -server the expired ones too, in the form that import leases",
				"reads; -time-numeric writes times as seconds since 1970. -isc writes a dhcpd.leases of ISC dhcpd",
				"and -kea a memfile of Kea: the leases, and whom the free addresses belonged to. Kea's subnet ids",
				"are the subnets in the order of their addresses, from 1. Without <vpn>, the session's current-vpn",
				"counts; all is every VPN, in the forms of -client and -server.",
			}, run: runExport, complete: completeExport},
		{name: "import", usage: []string{strings.TrimPrefix(importUsage, "import "), "dhcpd-conf <file> [-o <batch>]"}, help: "Give the leases of a file to a server in import-mode; make a batch of the configuration of an ISC dhcpd",
			about: []string{
				"import leases gives the leases of a file to a server in import-mode. -isc reads a dhcpd.leases of",
				"ISC dhcpd, -kea a memfile of Kea with what its lease file cleanup has left beside it; of each",
				"address the last entry counts, and the leases go to the session's current-vpn. If any line of the",
				"file is bad, nothing is imported. Leases that the server cannot take (in no scope, leased to",
				"another client, older than what is known) are refused one by one, with their line.",
				"import dhcpd-conf reads a dhcpd.conf and the files that it includes, and prints the commands that",
				"make the same of a server without configuration, or writes them to a file with -o. The server is",
				"not changed: load the file with nrcmd -b. Each construct that cannot be carried is listed with its",
				"file, its line and what it means for clients, at the end of the batch and of the output. Findings",
				"are no failure: the status is an error only if the configuration cannot be read.",
			}, run: runImportOf, complete: completeImport},
	}
}

// withoutCommand are the classes that are no command: what they hold is shown
// by others.
var withoutCommand = map[string]bool{"statistics": true, "related-server": true}

// commandTable makes the table, sorted by name: the classes' and our own.
func commandTable() []*command {
	cs := own()
	for _, class := range objects.Classes() {
		if withoutCommand[class.Name] {
			continue
		}
		c := &command{name: class.Name, help: class.Help, class: class, visible: class.Visibility, run: runClass}
		switch class {
		case objects.Server:
			c.run, c.complete = runServer, completeServer
		case objects.Option:
			c.run, c.complete = runOption, completeOption
		}
		cs = append(cs, c)
	}
	slices.SortFunc(cs, func(a, b *command) int { return strings.Compare(a.name, b.name) })
	return cs
}

// IsCommand tells whether a line may begin with that word, be it with a command
// that is only known and not supported.
func IsCommand(word string) bool {
	known := func(c *command) bool { return same(c.name, word) }
	return slices.ContainsFunc(commandTable(), known) || notHere(word) != nil
}

// findCommand finds the command that a word names.
func (s *Shell) findCommand(word string) (*command, *objects.Error) {
	var names []string
	for _, c := range s.commands {
		if !s.session.visible(c.visible) {
			continue
		}
		if same(c.name, word) {
			return c, nil
		}
		names = append(names, c.name)
	}
	if err := notHere(word); err != nil {
		return nil, err
	}
	if s.interactive {
		full, ok, err := abbreviated(word, names, objects.UnknownCommand)
		if err != nil {
			return nil, err
		}
		if ok {
			return s.findCommand(full)
		}
	}
	return nil, objects.Errorf(objects.UnknownCommand, "%q%s", shorten(word, 60), nearest(word, names))
}

// dispatch finds out what the line means and does it.
func (s *Shell) dispatch(c *call) *objects.Error {
	cmd, err := s.findCommand(c.words[0].Text)
	if err != nil {
		return err
	}
	c.command, c.class, c.at = cmd, cmd.class, 1
	if cmd.class == nil && cmd.run != nil && len(cmd.usage) == 1 && cmd.usage[0] == "" {
		if err := c.need(0, 0, cmd.name); err != nil {
			return err
		}
	}
	return cmd.run(c)
}

func runExit(c *call) *objects.Error {
	c.exit = true
	return nil
}

// runForceLock takes the lock unconditionally, as scripts expect that send it
// first: what stands for the lock here, that nobody else has changed an object
// since it was seen, is not asked of this session any more.
func runForceLock(c *call) *objects.Error {
	c.forced = true
	return nil
}

func runNothing(*call) *objects.Error { return nil }

// same compares keywords: case does not matter, nor do hyphens (forceAvailable
// is force-available).
func same(a, b string) bool {
	return strings.EqualFold(a, b) || strings.EqualFold(strings.ReplaceAll(a, "-", ""), strings.ReplaceAll(b, "-", ""))
}

// abbreviated finds the one word that begins so. Two or more are an error,
// with the code of an unknown word of its kind.
func abbreviated(word string, among []string, code objects.Code) (full string, ok bool, err *objects.Error) {
	var all []string
	for _, w := range among {
		if word != "" && len(word) <= len(w) && strings.EqualFold(w[:len(word)], word) {
			all = append(all, w)
		}
	}
	switch len(all) {
	case 0:
		return "", false, nil
	case 1:
		return all[0], true, nil
	}
	if len(all) > 8 {
		all = append(all[:8], "...")
	}
	return "", false, objects.Errorf(code, "%q may be %s", word, strings.Join(all, ", "))
}
