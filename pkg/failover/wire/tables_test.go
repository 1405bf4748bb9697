package wire

import (
	"slices"
	"strings"
	"testing"
)

// The tables are indexed by number, complete, and name each thing once.
func TestTables(t *testing.T) {
	if len(typeTable) != 12 || len(codeTable) != 29 || len(reasonTable) != 22 || len(stateTable) != 12 {
		t.Errorf("%d types, %d options, %d reasons, %d states", len(typeTable), len(codeTable), len(reasonTable), len(stateTable))
	}
	names := map[string]bool{}
	once := func(name string) {
		if name == "" || names[name] {
			t.Errorf("name %q is empty or stands twice", name)
		}
		names[name] = true
	}
	for i, row := range typeTable {
		once(row.Name)
		if int(row.Type) != i+1 || row.Type.String() != row.Name {
			t.Errorf("row %d is %s with number %d", i, row.Name, row.Type)
		}
		if row.Reply != 0 && !row.Reply.Known() {
			t.Errorf("%s: reply %d", row.Name, row.Reply)
		}
		for _, c := range slices.Concat(row.Required, row.Optional) {
			if c.row() == nil || !row.Type.Takes(c) {
				t.Errorf("%s: option %d", row.Name, c)
			}
		}
		if (row.Required == nil) != (row.Missing == 0) {
			t.Errorf("%s: required options %v and severity %d", row.Name, row.Required, row.Missing)
		}
	}
	used := map[Code]bool{MessageDigest: true}
	for _, row := range typeTable {
		for _, c := range slices.Concat(row.Required, row.Optional) {
			used[c] = true
		}
	}
	for i, row := range codeTable {
		once(row.Name)
		if int(row.Code) != i+1 || row.Code.String() != row.Name || row.Min > row.Max || !used[row.Code] {
			t.Errorf("row %d is %s with number %d, length %s, used: %v", i, row.Name, row.Code, row.lengths(), used[row.Code])
		}
	}
	for s := StatusFree; s <= StatusBackup; s++ {
		once(s.String())
		if got, ok := ParseBindingStatus(strings.ToLower(s.String())); !ok || got != s {
			t.Errorf("%s parses as %v, %v", s, got, ok)
		}
	}
	for _, row := range stateTable {
		once(row.Name)
		if got, ok := ParseServerState(row.State.String()); !ok || got != row.State {
			t.Errorf("%s parses as %v, %v", row.Name, got, ok)
		}
		if row.State.Sendable() != (row.State != StateStartup) {
			t.Errorf("%s: sendable %v", row.Name, row.State.Sendable())
		}
	}
	for _, row := range reasonTable {
		once(row.Text)
	}
	for _, text := range []string{
		Type(13).String(), Code(30).String(), Reason(99).String(), ServerState(12).String(), BindingStatus(8).String(), IPFlags(0x8003).String(),
	} {
		if !strings.ContainsAny(text, "0123456789") {
			t.Errorf("an unknown number reads %q", text)
		}
	}
	if _, ok := ParseBindingStatus(""); ok {
		t.Error("an empty name is a status")
	}
	if _, ok := ParseServerState("0"); ok {
		t.Error("a number is a state")
	}
}

// The pairs of draft-12 section 6.1.
func TestReplies(t *testing.T) {
	want := map[Type]Type{
		TypePOOLREQ: TypePOOLRESP, TypeBNDUPD: TypeBNDACK, TypeCONNECT: TypeCONNECTACK,
		TypeUPDREQ: TypeUPDDONE, TypeUPDREQALL: TypeUPDDONE,
	}
	for n := range 256 {
		if got := Type(n).Reply(); got != want[Type(n)] {
			t.Errorf("reply to %s is %s", Type(n), got)
		}
	}
}

// Every message of the examples has only options that its row knows, and all
// that the row requires.
func TestExamplesFollowTheTables(t *testing.T) {
	for _, p := range []*Profile{Draft, Own, ISC} {
		for _, m := range examples(p) {
			f, err := p.Encode(m)
			if err != nil {
				t.Fatal(err)
			}
			var r Raw
			if err := r.Parse(f); err != nil {
				t.Fatal(err)
			}
			for _, o := range r.Options {
				if !r.Type.Takes(o.Code) {
					t.Errorf("%s has %s", &r, o.Code)
				}
			}
			refused, _ := m.Body.(CONNECTACK)
			for i, c := range r.Type.row().Required {
				if _, ok := r.Get(c); !ok && (refused.Reason == 0 || i < 2) {
					t.Errorf("%s lacks %s", &r, c)
				}
			}
		}
	}
}

func TestTimes(t *testing.T) {
	for _, c := range []struct {
		unix int64
		want Time
		back int64
	}{
		{0, 0, 0},
		{-5, 0, 0},
		{1795308018, 1795308018, 1795308018},
		{1<<32 - 2, 1<<32 - 2, 1<<32 - 2},
		{1<<32 - 1, Infinite, 1<<63 - 1},
		{1<<63 - 1, Infinite, 1<<63 - 1},
	} {
		if got := TimeOf(c.unix); got != c.want || got.Unix() != c.back {
			t.Errorf("TimeOf(%d) = %d, back %d; want %d, %d", c.unix, got, got.Unix(), c.want, c.back)
		}
	}
}
