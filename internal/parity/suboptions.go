package parity

import (
	"strconv"
	"strings"

	"leasehold/pkg/objects"
)

// used lists the definitions of a set that a vendor option's value is written
// with. Where the value does not tell, as bytes do not, it is all of them.
func (l *links) used(set, text string) []ref {
	ids, ok := subOptions(text, "")
	if !ok {
		return l.inSet[set]
	}
	var all []ref
	for _, id := range ids {
		all = append(all, ref{objects.Option, set + "/" + id})
	}
	return all
}

// subOptions lists the numbers of the sub-options in a canonical text,
// (1 x)(name 2 (1 y)) being 1, 2 and 2.1. Parentheses of other meanings count
// too: a number without a definition does no harm.
func subOptions(text, prefix string) (ids []string, ok bool) {
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		end := objects.Closing(text)
		if end < 0 {
			return nil, false
		}
		inner, ok := subOption(strings.TrimSpace(text[1:end]), prefix)
		if !ok {
			return nil, false
		}
		ids = append(ids, inner...)
		text = text[end+1:]
	}
	return ids, true
}

// subOption reads what is between two parentheses: [name] number value, groups
// of these, or an enterprise's.
func subOption(body, prefix string) (ids []string, ok bool) {
	if strings.HasPrefix(body, "(") {
		return subOptions(body, prefix)
	}
	word, rest := cutWord(body)
	_, err := strconv.ParseUint(word, 10, 16)
	if err != nil {
		enterprise := strings.EqualFold(word, "enterprise-id")
		if word, rest = cutWord(rest); enterprise {
			if !strings.HasPrefix(rest, "(") {
				return nil, true // a class: it has no sub-options
			}
			return subOptions(rest, prefix)
		}
		if _, err = strconv.ParseUint(word, 10, 16); err != nil {
			return nil, false
		}
	}
	ids = []string{prefix + word}
	if nested, ok := subOptions(rest, prefix+word+"."); ok {
		ids = append(ids, nested...)
	}
	return ids, true
}

// cutWord takes the first word off; a parenthesis ends it, too.
func cutWord(text string) (word, rest string) {
	i := strings.IndexAny(text, " \t(")
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimSpace(text[i:])
}
