package main

import (
	"fmt"
	"strings"

	"leasehold/pkg/objects"
)

const usage = `usage: cnrFailoverConfig -clone   -mc cluster -mu user -mp password -o file
       cnrFailoverConfig -compare -mc cluster -mu user -mp password
                                  -bc cluster -bu user -bp password
                                  [-verbose] [-pair name] -o file

  -clone          write the main server's configuration as a batch file, for
                  nrcmd -b < file on the backup server
  -compare        compare the configurations of the two servers; either may be
                  another one than this machine's
  -mc, -bc        cluster of the main and of the backup server: a cluster object
                  of the local server, a host[:port], or unix:PATH; default
                  localhost, the socket of the default data folder
  -mu, -bu        administrator
  -mp, -bp        the administrator's password; asked for if it is missing
  -verbose        print what is equal, too
  -pair name      compare only what is of that failover pair
  -o file         where to write; default, and for -, standard output
  -cacert file    certificate of the servers, or of who signed them; without it
                  a server is trusted on first use
  -h              this text
  -v              version

CNR_NAME and CNR_PASSWORD (or AIC_...) stand for missing users and passwords.

Every attribute that is not the same on both servers is a line with the word
difference, and no other line has it.

exit status: 0 cloned, or no difference; 1 differences; 2 trouble
`

// login is how a server is reached.
type login struct{ cluster, user, password string }

// options is what the command line asks for.
type options struct {
	clone, compare bool
	main, backup   login
	verbose        bool
	pair           string
	output         string
	caCert         string
	help, version  bool
	secrets        []int // indexes of arguments that hold a password
}

var flagNames = []string{"-clone", "-compare", "-mc", "-mu", "-mp", "-bc", "-bu", "-bp", "-verbose", "-pair", "-o", "-cacert", "-h", "-v"}

// parse reads the command line. Two hyphens are as good as one.
func parse(args []string) (*options, error) {
	o := &options{}
	given := map[string]bool{}
	for i := 0; i < len(args); i++ {
		word := args[i]
		if strings.HasPrefix(word, "--") {
			word = word[1:]
		}
		if given[word] {
			return nil, fmt.Errorf("%s is given twice", word)
		}
		given[word] = true
		if value := o.valueOf(word); value != nil {
			if i++; i == len(args) {
				return nil, fmt.Errorf("%s needs a value", word)
			}
			*value = strings.Clone(args[i])
			if word == "-mp" || word == "-bp" {
				o.secrets = append(o.secrets, i)
			}
			continue
		}
		if on := o.switchOf(word); on != nil {
			*on = true
			continue
		}
		return nil, unknown(args[i], word)
	}
	return o, o.check(given)
}

func unknown(typed, word string) error {
	if !strings.HasPrefix(word, "-") {
		return fmt.Errorf("it is not clear what %q is for; cnrFailoverConfig -h lists the options", typed)
	}
	if near := objects.Nearest(word, flagNames); near != "" {
		return fmt.Errorf("unknown option %q, did you mean %s?", typed, near)
	}
	return fmt.Errorf("unknown option %q; cnrFailoverConfig -h lists them", typed)
}

func (o *options) valueOf(word string) *string {
	switch word {
	case "-mc":
		return &o.main.cluster
	case "-mu":
		return &o.main.user
	case "-mp":
		return &o.main.password
	case "-bc":
		return &o.backup.cluster
	case "-bu":
		return &o.backup.user
	case "-bp":
		return &o.backup.password
	case "-pair":
		return &o.pair
	case "-o":
		return &o.output
	case "-cacert":
		return &o.caCert
	}
	return nil
}

func (o *options) switchOf(word string) *bool {
	switch word {
	case "-clone":
		return &o.clone
	case "-compare":
		return &o.compare
	case "-verbose":
		return &o.verbose
	case "-h", "-help":
		return &o.help
	case "-v", "-version":
		return &o.version
	}
	return nil
}

func (o *options) check(given map[string]bool) error {
	if o.help || o.version {
		return nil
	}
	if o.clone == o.compare {
		return fmt.Errorf("write either -clone or -compare; cnrFailoverConfig -h explains them")
	}
	for _, name := range []string{"-bc", "-bu", "-bp", "-verbose", "-pair"} {
		if o.clone && given[name] {
			return fmt.Errorf("%s goes with -compare; a clone is of the main server alone", name)
		}
	}
	if o.main.cluster == "" {
		o.main.cluster = "localhost"
	}
	if o.backup.cluster == "" {
		o.backup.cluster = "localhost"
	}
	if o.compare && strings.EqualFold(o.main.cluster, o.backup.cluster) {
		return fmt.Errorf("-mc and -bc both name %s; a server is not compared with itself", o.main.cluster)
	}
	return nil
}

// fill takes users and passwords that are missing from the environment; of the
// two sets of names the newer wins.
func (o *options) fill(getenv func(string) string) {
	for _, l := range []*login{&o.main, &o.backup} {
		for _, prefix := range []string{"CNR_", "AIC_"} {
			if l.user == "" {
				l.user = getenv(prefix + "NAME")
			}
			if l.password == "" {
				l.password = getenv(prefix + "PASSWORD")
			}
		}
	}
}
