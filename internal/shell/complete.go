package shell

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// Completion is what could stand at the cursor.
type Completion struct {
	// Typed is the part of the line before the cursor that is being completed:
	// the last word, or what stands behind its = or its last comma.
	Typed string
	// Found are the whole texts that Typed may become, sorted.
	Found []string
	// Open: the word is in quotes that are still to be closed.
	Open bool
	// Hint says what is typed here where nothing can be offered.
	Hint []string
	// end is what a finished word is followed by, by text; a blank otherwise.
	end map[string]string
}

// Suffix returns what is to be inserted for the nth text; where it is the only
// one, with what ends the word.
func (c *Completion) Suffix(n int, only bool) string {
	text := c.Found[n]
	rest := text[len(c.Typed):]
	if c.Open {
		rest = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(rest)
	} else {
		rest = strings.NewReplacer(`\`, `\\`, `"`, `\"`, " ", `\ `).Replace(rest)
	}
	if !only {
		return rest
	}
	end, ok := c.end[text]
	if !ok {
		end = " "
	}
	if c.Open && end == " " {
		end = `" `
	}
	return rest + end
}

// completion collects what could stand at the cursor.
type completion struct {
	*Shell
	ctx   context.Context
	words []string // the words before the one at the cursor
	word  string   // the one at the cursor, as far as it goes

	typed string // the part of word that is completed
	found []string
	end   map[string]string
	hint  []string
}

// Complete finds what could stand at the end of a line that is being typed.
// Names are fetched from the server, but it is not waited for long.
func (s *Shell) Complete(ctx context.Context, head string) *Completion {
	sc := scanner{line: head}
	ws := sc.words()
	c := &completion{Shell: s, ctx: ctx, end: map[string]string{}}
	for _, w := range ws {
		c.words = append(c.words, w.Text)
	}
	if n := len(ws); n > 0 && ws[n-1].End == len(head) {
		c.word, c.words = c.words[n-1], c.words[:n-1]
	}
	c.typed = c.word
	if !comment(head) {
		c.run()
	}
	slices.SortFunc(c.found, func(a, b string) int { return cmp.Or(objects.CompareNames(a, b), strings.Compare(a, b)) })
	return &Completion{Typed: c.typed, Found: slices.Compact(c.found), Open: sc.open >= 0, Hint: c.hint, end: c.end}
}

// offer adds the texts that begin as typed.
func (c *completion) offer(texts ...string) {
	for _, t := range texts {
		if len(t) >= len(c.typed) && strings.EqualFold(t[:len(c.typed)], c.typed) {
			c.found = append(c.found, t)
		}
	}
}

// offerEnd adds texts that something other than a blank follows.
func (c *completion) offerEnd(end string, texts ...string) {
	for _, t := range texts {
		c.end[t] = end
	}
	c.offer(texts...)
}

// offerCommands offers the commands that the session's visibility shows.
func (c *completion) offerCommands() {
	for _, cmd := range c.commands {
		if c.session.visible(cmd.visible) {
			c.offer(cmd.name)
		}
	}
}

func (c *completion) run() {
	if len(c.words) == 0 {
		c.offerCommands()
		return
	}
	cmd, err := c.findCommand(c.words[0])
	switch {
	case err != nil:
	case cmd.complete != nil:
		cmd.complete(c)
	case cmd.class != nil:
		c.classWords(cmd.class, c.words[1:])
	}
}

// classWords completes what stands behind the name of a class.
func (c *completion) classWords(class *objects.Class, words []string) {
	vs := c.verbsOf(class)
	switch {
	case class.Singleton && len(words) == 0:
		c.offer(verbNames(vs, false)...)
	case class.Singleton:
		c.verbWords(class, c.verbNamed(vs, words[0]), words[1:])
	case len(words) == 0:
		c.offer(verbNames(vs, true)...)
		if class == objects.Lease || class == objects.Reservation {
			c.addresses(class)
			return
		}
		c.offer(c.objectNames(class, c.typed)...)
	case len(words) == 1:
		if v := lookVerb(vs, words[0], true); v != nil {
			c.listingWords(class, v)
			return
		}
		c.offer(verbNames(vs, false)...)
	default:
		if v := lookVerb(vs, words[0], true); v != nil && lookVerb(vs, words[1], false) == nil {
			c.listingWords(class, v)
			return
		}
		v := c.verbNamed(vs, words[1])
		if v != nil && v.name == "removeReservation" && len(words) == 2 {
			c.offer(c.reservedIn(words[0])...)
			return
		}
		if v != nil && v.name == "removeMatch" && len(words) == 2 {
			c.offer(c.matchesOf(words[0])...)
			return
		}
		c.verbWords(class, v, words[2:])
	}
}

// verbNamed finds the verb of a word, shortened or not.
func (c *completion) verbNamed(vs []classVerb, word string) *classVerb {
	if v := lookVerb(vs, word, false); v != nil {
		return v
	}
	full, ok, _ := abbreviated(word, verbNames(vs, false), objects.UnknownKeyword)
	if !ok {
		return nil
	}
	return lookVerb(vs, full, false)
}

func (c *completion) listingWords(class *objects.Class, v *classVerb) {
	switch {
	case class == objects.Option && v.method == nil:
		c.offer(c.optionSets()...)
	case class == objects.Lease:
		c.offer(literals(leaseListUsage)...)
	}
}

// objectNames are the names of a class's objects; the objects that own an
// embedded policy stand for it.
func (c *completion) objectNames(class *objects.Class, prefix string) []string {
	if class.Owner != "" {
		class = objects.ClassNamed(class.Owner)
	}
	return c.names(c.ctx, class, prefix, "")
}

// verbWords completes the arguments of a verb.
func (c *completion) verbWords(class *objects.Class, v *classVerb, args []string) {
	if v == nil {
		return
	}
	c.bothWords(v, args)
	switch {
	case v.method != nil:
		c.methodWords(class, v, args)
	case v.name == "create":
		c.createWords(class, args)
	case v.name == "set":
		c.assignWords(class, args, settableNow)
	case v.name == "get" && len(args) == 0:
		c.attrNames(class, "", func(*objects.Attr) bool { return true })
	case v.name == "unset":
		c.attrNames(class, "", func(a *objects.Attr) bool { return settableNow(a) && !a.Required })
	case (v.name == "enable" || v.name == "disable") && len(args) == 0:
		c.attrNames(class, "", func(a *objects.Attr) bool {
			return settableNow(a) && (a.Kind == objects.Bool || a.Kind == objects.Feature)
		})
	case v.name == "delete" && forcible(class) && len(args) == 0:
		c.offer("force")
	}
}

func settableNow(a *objects.Attr) bool {
	return !a.ReadOnly && !a.Immutable && a.Derive == nil && a.Kind != objects.Obj
}

// attrNames offers attributes; end follows each, a blank if it is "".
func (c *completion) attrNames(class *objects.Class, end string, which func(*objects.Attr) bool) {
	for _, a := range class.Attrs {
		if !c.session.visible(a.Visibility) || !which(a) {
			continue
		}
		if end == "" {
			c.offer(a.Name)
		} else {
			c.offerEnd(end, a.Name+end)
		}
	}
}

// createWords completes values by position, then attributes.
func (c *completion) createWords(class *objects.Class, args []string) {
	if class == objects.Reservation && len(args) == 1 {
		c.literals(createForms[class.Name])
	} else if !strings.Contains(c.word, "=") && len(args) < len(class.Create) {
		if a := class.Attr(strings.Trim(class.Create[len(args)], "[]")); a != nil {
			c.values(a)
		}
	}
	if class == objects.FailoverPair && c.pairWords(args) {
		return
	}
	c.assignWords(class, args, func(a *objects.Attr) bool { return settableNow(a) || a.Immutable })
	if class == objects.Policy {
		c.offerEnd("", "clone=")
	}
	if class == objects.Scope {
		c.offerEnd("", "template=")
	}
	if name, value, ok := strings.Cut(c.word, "="); ok && class.Attr(name) == nil {
		c.typed = value
		switch {
		case class == objects.Policy && name == "clone":
			c.offer(c.names(c.ctx, objects.Policy, value, "")...)
		case class == objects.Scope && name == "template":
			c.offer(c.names(c.ctx, objects.ScopeTemplate, value, "")...)
		}
	}
}

// assignWords completes attr=value, and the value of <attr> <value>.
func (c *completion) assignWords(class *objects.Class, args []string, which func(*objects.Attr) bool) {
	if name, value, ok := strings.Cut(c.word, "="); ok {
		if a := class.Attr(name); a != nil && c.session.visible(a.Visibility) {
			c.typed = value
			c.values(a)
		}
		return
	}
	if len(args) == 1 && !strings.Contains(args[0], "=") {
		if a := class.Attr(args[0]); a != nil {
			c.values(a)
			return
		}
	}
	for _, a := range class.Attrs {
		if c.session.visible(a.Visibility) && which(a) {
			c.offerEnd("", a.Name+"=")
		}
	}
}

// values offers the values of an attribute, as far as its type knows them.
func (c *completion) values(a *objects.Attr) {
	switch a.Kind {
	case objects.Bool:
		c.offer("true", "false")
	case objects.Feature:
		c.offer("enabled", "disabled")
	case objects.Enum:
		c.offer(wordNames(a)...)
	case objects.Flags:
		c.listItem()
		c.offerEnd("", wordNames(a)...)
	case objects.OptionIDs:
		c.listItem()
		c.offerEnd("", c.optionNames()...)
	case objects.NameRef:
		if class := objects.ClassNamed(a.Ref); class != nil {
			c.offer(c.names(c.ctx, class, c.typed, "")...)
		}
	case objects.Expr:
		if strings.HasPrefix(c.typed, "@") {
			c.typed = c.typed[1:]
			c.files()
		}
	}
}

// listItem narrows what is completed to the last item of a comma list.
func (c *completion) listItem() {
	c.typed = c.typed[strings.LastIndexByte(c.typed, ',')+1:]
}

func dictionaries(class *objects.Class) []string {
	var names []string
	for _, a := range class.Attrs {
		if a.IsDictionary() {
			names = append(names, a.Name)
		}
	}
	return names
}

func wordNames(a *objects.Attr) []string {
	var names []string
	for _, w := range a.Words {
		names = append(names, w.Name)
	}
	return names
}

// methodWords completes the arguments of a method: options for those of
// policies, otherwise the words that stand in the usage.
func (c *completion) methodWords(class *objects.Class, v *classVerb, args []string) {
	if v.unsupported != "" {
		return
	}
	switch {
	case slices.Contains(class.Prefixes, objects.OptionPrefix) && strings.HasSuffix(v.name, "VendorOption"):
		c.vendorOptionWords(v, args)
	case slices.Contains(class.Prefixes, objects.OptionPrefix) && strings.HasSuffix(v.name, "Option"):
		c.optionWords(v, args)
	case v.name == "attachExtension" && len(args) == 1:
		c.offer(c.names(c.ctx, objects.Extension, c.typed, "")...)
	case (v.name == "attachExtension" || v.name == "detachExtension") && len(args) == 0:
		c.offer(objects.ExtensionPoints...)
	case strings.HasSuffix(v.name, "Entry") && len(args) == 0:
		c.offer(dictionaries(class)...)
	case v.name == "log" && class == objects.Session:
		c.files()
	case v.name == "setPartnerDown" && class == objects.Dhcp && len(args) == 0:
		c.offer(c.partnerNames()...)
	default:
		c.literals(v.usage)
	}
}

// literals offers the words of a usage text that stand for themselves.
func (c *completion) literals(usage string) {
	for _, w := range literals(usage) {
		if strings.HasSuffix(w, "=") {
			c.offerEnd("", w)
		} else {
			c.offer(w)
		}
	}
}

// literals takes the words out of a usage text: what is in <> is a place for
// something, everything else is typed as it stands.
func literals(usage string) []string {
	var words []string
	depth := 0
	word := ""
	flush := func() {
		if strings.Trim(word, "-=.") != "" {
			words = append(words, word)
		}
		word = ""
	}
	for _, r := range usage {
		switch {
		case r == '<':
			flush()
			depth++
		case r == '>':
			depth--
		case depth > 0:
		case r == ' ' || strings.ContainsRune("[](){}|,", r):
			flush()
		default:
			word += string(r)
		}
	}
	flush()
	return words
}
