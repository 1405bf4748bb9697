package admin

import (
	"errors"

	"leasehold/internal/expr"
	"leasehold/pkg/objects"
)

// meaning goes on where the object tables end: it checks a canonical text with
// what package objects does not know, expressions and options, and hashes
// passwords. The result is what is stored.
func meaning(t *table, a *objects.Attr, text string) (string, *objects.Error) {
	switch {
	case a == objects.AdminPassword.Attr:
		return hashPassword(text), nil
	case text == "":
		return text, nil
	case a.Kind == objects.NameRef:
		// In the spelling of the object itself.
		if class := objects.ClassNamed(a.Ref); class != nil {
			if o := t.cfg.Get(class, text); o != nil {
				return o.Name, nil
			}
		}
		return text, nil
	case a.Kind == objects.Expr:
		return expression(a, text)
	case a.Kind == objects.OptionIDs:
		codes, err := t.catalog().ParseIDs(text)
		if err != nil {
			return "", objects.Errorf(err.Code, "%s %s: %s", a.Class.Name, a.Name, err.Msg)
		}
		return t.catalog().FormatIDs(codes), nil
	}
	return text, nil
}

// expression checks an expression's text. Scope templates have a language of
// their own, without packets.
func expression(a *objects.Attr, text string) (string, *objects.Error) {
	if a.Class == objects.ScopeTemplate {
		canonical, err := expr.CheckTemplate(text)
		return canonical, syntax(a, err)
	}
	p, err := expr.Parse(text)
	if err != nil {
		return "", syntax(a, err)
	}
	return p.String(), nil
}

func syntax(a *objects.Attr, err error) *objects.Error {
	if err == nil {
		return nil
	}
	e := objects.Errorf(objects.Invalid, "%s %s", a.Class.Name, a.Name)
	if at, ok := errors.AsType[*expr.SyntaxError](err); ok {
		e.Detail = []string{at.Error()}
	} else {
		e.Detail = []string{objects.AsError(err).Msg}
	}
	return e
}
