package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"leasehold/internal/shell"
	"leasehold/pkg/objects"
)

const usage = `usage: nrcmd [options] [command ...]

  -C cluster[:port]  server to manage: a cluster object of the local server, a
                     host, or unix:PATH; default localhost, which is the socket
                     of the default data folder
  -N user            administrator
  -P password        the administrator's password; asked for if it is missing
  -b [file]          batch: run the lines of a file, or of standard input
     --stop          stop at the first line that fails
     --atomic        all lines in one transaction, or none of them
     --dry-run       validate all lines, change nothing, print what would change
  -r                 log in read-only
  -V n               visibility of the session: 5 basic, 3 expert, 1 all
  -cacert file       certificate of the server, or of who signed it; without it
                     a server is trusted on first use
  -L                 local cluster: the only kind there is
  -h                 this text
  -v                 version

CNR_CLUSTER, CNR_NAME and CNR_PASSWORD (or AIC_...) stand for missing options.
A command is run alone: its words, or one quoted word. Without a command nrcmd
reads commands; try help.

exit status: 0 all commands succeeded, 1 some failed, 2 bad use or nrcmd failed
itself, 3 no server or login refused
`

// options is what the command line asks for.
type options struct {
	cluster, user, password string
	caCert                  string
	visibility              int
	readOnly                bool
	batch                   bool
	batchFile               string // "" is standard input
	stop, atomic, dryRun    bool
	help, version           bool
	command                 []string
	secrets                 []int // indexes of arguments that hold a password
}

// flagNames are the options, for did-you-mean.
var flagNames = []string{"-C", "-N", "-P", "-b", "-r", "-R", "-L", "-K", "-V", "-h", "-v", "-cacert", "--stop", "--atomic", "--dry-run"}

// parse reads the command line. The first word that is no option, and all
// behind it, is the command.
func parse(args []string) (*options, error) {
	o := &options{}
	for i := 0; i < len(args); i++ {
		word := args[i]
		if word == "--" {
			o.command = args[i+1:]
			break
		}
		if !strings.HasPrefix(word, "-") || word == "-" {
			o.command = args[i:]
			break
		}
		if value := o.valueOf(word); value != nil {
			if i++; i == len(args) {
				return nil, fmt.Errorf("%s needs a value", word)
			}
			*value = strings.Clone(args[i])
			if word == "-P" {
				o.secrets = append(o.secrets, i)
			}
			continue
		}
		used, err := o.flag(word, args[i+1:])
		if err != nil {
			return nil, err
		}
		i += used
	}
	return o, o.check()
}

// valueOf returns where the value of an option goes, nil if it takes none.
func (o *options) valueOf(word string) *string {
	switch word {
	case "-C":
		return &o.cluster
	case "-N":
		return &o.user
	case "-P":
		return &o.password
	case "-cacert", "--cacert":
		return &o.caCert
	}
	return nil
}

// flag reads an option that takes no text; it returns how many of the following
// words belong to it.
func (o *options) flag(word string, next []string) (used int, err error) {
	switch word {
	case "-b":
		o.batch = true
		if len(next) > 0 && isBatchFile(next[0], len(next) == 1) {
			o.batchFile = next[0]
			used = 1
		}
	case "--stop", "-stop":
		o.stop = true
	case "--atomic", "-atomic":
		o.atomic = true
	case "--dry-run", "-dry-run":
		o.dryRun = true
	case "-r":
		o.readOnly = true
	case "-h", "--help":
		o.help = true
	case "-v", "--version":
		o.version = true
	case "-L":
	case "-V":
		used = 1
		if len(next) > 0 {
			o.visibility, err = strconv.Atoi(next[0])
		}
		if len(next) == 0 || err != nil || o.visibility < 1 || o.visibility > objects.Basic {
			err = fmt.Errorf("-V needs a number from 1 to %d", objects.Basic)
		}
	case "-R":
		err = fmt.Errorf("-R: there is no regional cluster; -C names a server")
	case "-K":
		err = fmt.Errorf("-K: dhcpd makes the first administrator when it starts for the first time; the password is in the file initial-admin-password of its data folder")
	default:
		near := ""
		if n := objects.Nearest(word, flagNames); n != "" {
			near = ", did you mean " + n + "?"
		}
		err = fmt.Errorf("unknown option %q%s; nrcmd -h lists them", word, near)
	}
	return used, err
}

// isBatchFile tells a file behind -b from a command: it is there, or it has
// the look of a path, or it is the only word and no command begins so: to say
// that there is no such file helps more than to call it an unknown command.
func isBatchFile(word string, only bool) bool {
	if strings.HasPrefix(word, "-") || strings.ContainsAny(word, " \t=") {
		return false
	}
	if info, err := os.Stat(word); err == nil && !info.IsDir() {
		return true
	}
	return strings.ContainsAny(word, "/.") || only && !shell.IsCommand(word)
}

func (o *options) check() error {
	if c := o.command; o.batch && o.batchFile == "" && len(c) == 1 && isBatchFile(c[0], true) {
		o.batchFile, o.command = c[0], nil // -b --atomic file
	}
	if (o.stop || o.atomic || o.dryRun) && !o.batch && !o.help {
		return fmt.Errorf("--stop, --atomic and --dry-run go with -b")
	}
	if o.batchFile != "" && len(o.command) > 0 {
		return fmt.Errorf("-b %s: a batch file and a command, %q, do not go together", o.batchFile, strings.Join(o.command, " "))
	}
	if o.atomic && o.dryRun {
		return fmt.Errorf("--atomic and --dry-run do not go together: a dry run changes nothing in any case")
	}
	return nil
}

// fill takes what is missing from the environment; of the two sets of names
// the newer wins.
func (o *options) fill(getenv func(string) string) {
	for _, v := range []struct {
		to   *string
		name string
	}{{&o.cluster, "CLUSTER"}, {&o.user, "NAME"}, {&o.password, "PASSWORD"}} {
		for _, prefix := range []string{"CNR_", "AIC_"} {
			if *v.to == "" {
				*v.to = getenv(prefix + v.name)
			}
		}
	}
}
