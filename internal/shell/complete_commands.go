package shell

import (
	"os"
	"path/filepath"
	"strings"

	"leasehold/pkg/objects"
)

// This file completes the commands that are no plain class.

func completeServer(c *completion) {
	if len(c.words) == 1 {
		c.offer(objects.Dhcp.Name)
		return
	}
	if len(c.words) == 2 {
		c.offer(verbNames(c.verbsOf(objects.Dhcp), false)...)
		return
	}
	if v := c.verbNamed(c.verbsOf(objects.Dhcp), c.words[2]); v != nil {
		c.verbWords(objects.Dhcp, v, c.words[3:])
		if v.method == nil {
			c.verbWords(objects.Server, v, c.words[3:])
		}
	}
}

// completeOption follows both orders: verb before the set, and behind it.
func completeOption(c *completion) {
	vs := c.verbsOf(objects.Option)
	words := c.words[1:]
	switch {
	case len(words) == 0:
		c.offer(verbNames(vs, true)...)
	case lookVerb(vs, words[0], true) != nil:
		if len(words) == 1 {
			c.listingWords(objects.Option, lookVerb(vs, words[0], true))
		}
	case len(words) == 1:
		c.offer(verbNames(vs, false)...)
		c.offer(c.optionSets()...)
	default:
		v, other := c.verbNamed(vs, words[1]), lookVerb(vs, words[len(words)-1], false)
		switch {
		case v != nil && len(words) == 2:
			c.offer(c.optionSets()...)
		case v != nil:
			c.verbWords(objects.Option, v, words[3:])
		case len(words) == 2:
			c.offer(verbNames(vs, false)...)
		case other != nil || len(words) > 2:
			c.verbWords(objects.Option, c.verbNamed(vs, words[2]), words[3:])
		}
	}
}

func completeHelp(c *completion) {
	if len(c.words) == 1 {
		c.offerCommands()
		return
	}
	cmd, err := c.findCommand(c.words[1])
	if err != nil || cmd.class == nil || len(c.words) > 2 {
		return
	}
	vs := c.verbsOf(cmd.class)
	c.offer(verbNames(vs, true)...)
	c.offer(verbNames(vs, false)...)
	c.offer(visibleAttrs(&c.session, cmd.class)...)
}

func completeReport(c *completion) {
	name, value, ok := strings.Cut(c.word, "=")
	switch {
	case ok && name == "file":
		c.typed = value
		c.files()
	case ok && name == "vpn":
		c.typed = value
		c.offer(c.names(c.ctx, objects.Vpn, value, "")...)
	case !ok:
		for _, w := range reportWords {
			if strings.HasSuffix(w, "=") {
				c.offerEnd("", w)
			} else {
				c.offer(w)
			}
		}
	}
}

func completeExport(c *completion) {
	switch len(c.words) {
	case 1:
		c.offer("leases")
	case 2:
		c.offer("-client", "-server", "-isc", "-kea")
	case 3, 4, 5:
		if _, other := leaseForm(c.words[2]); len(c.words) == 3 && !other {
			c.offer("-time-ascii", "-time-numeric")
		}
		if last := c.words[len(c.words)-1]; strings.HasPrefix(last, "-") {
			c.offer(c.names(c.ctx, objects.Vpn, c.typed, "")...)
		}
		c.files()
	}
}

func completeImport(c *completion) {
	switch len(c.words) {
	case 1:
		c.offer("leases")
		c.offer("dhcpd-conf")
	case 2:
		c.files()
		if same(c.words[1], "leases") {
			c.offer("-isc", "-kea")
		}
	case 3, 4:
		if same(c.words[1], "dhcpd-conf") {
			c.afterConf()
		} else if _, other := leaseForm(c.words[2]); other && len(c.words) == 3 {
			c.files()
		}
	}
}

// afterConf offers -o and the file that it takes.
func (c *completion) afterConf() {
	if len(c.words) == 3 {
		c.offer("-o")
	} else {
		c.files()
	}
}

// files offers files of this machine.
func (c *completion) files() {
	dir, base := filepath.Split(c.typed)
	entries, err := os.ReadDir(filepath.Clean(dir + "."))
	if err != nil {
		return
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), base) || base == "" && strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if e.IsDir() {
			c.offerEnd("", dir+e.Name()+"/")
		} else {
			c.offer(dir + e.Name())
		}
	}
}
