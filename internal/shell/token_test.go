package shell

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func texts(ws []Word) []string {
	var ts []string
	for _, w := range ws {
		ts = append(ts, w.Text)
	}
	return ts
}

func TestSplit(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{" \t ", nil},
		{"scope list", []string{"scope", "list"}},
		{"  scope\tlist ", []string{"scope", "list"}},
		{"# scope list", nil},
		{"  # scope list", nil},
		{"scope # list", []string{"scope", "#", "list"}},
		{`scope "second floor" show`, []string{"scope", "second floor", "show"}},
		{`scope second\ floor show`, []string{"scope", "second floor", "show"}},
		{`a="b c"d e`, []string{"a=b cd", "e"}},
		{`dhcp set client-class-lookup-id="\"gold\""`, []string{"dhcp", "set", `client-class-lookup-id="gold"`}},
		{`x "a\\" b`, []string{"x", `a\`, "b"}},
		{`x C:\temp\new`, []string{"x", `C:\temp\new`}},
		{`x "a\b"`, []string{"x", `a\b`}},
		{`x ""`, []string{"x", ""}},
		{`\# x`, []string{"#", "x"}},
		{`x \`, []string{"x", `\`}},
		{"set description=Büro", []string{"set", "description=Büro"}},
	} {
		got, err := Split(tc.in)
		if err != nil {
			t.Errorf("Split(%q): %v", tc.in, err)
		} else if d := cmp.Diff(tc.want, texts(got)); d != "" {
			t.Errorf("Split(%q) (-want +got):\n%s", tc.in, d)
		}
	}
}

func TestSplitRefusals(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{`scope "second floor show`, "316 Invalid - invalid command line: the quote opened at column 7 is never closed"},
		{"scope \x00 show", "316 Invalid - invalid command line: control character 0x00 at column 7"},
		{"scope \xff show", "316 Invalid - invalid command line: no valid UTF-8 text at column 7"},
		{strings.Repeat("x", MaxLine+1), "316 Invalid - invalid command line: 1048577 bytes, a line has at most 1048576"},
	} {
		_, err := Split(tc.in)
		if err == nil || err.Status() != tc.want {
			t.Errorf("Split(%.40q): got %v, want %s", tc.in, err, tc.want)
		}
	}
}

func TestRest(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{`10.1.0.1, 10.1.0.2  `, "10.1.0.1, 10.1.0.2"},
		{`"a b"`, "a b"},
		{`"a \"b\""`, `a "b"`},
		{`"a" "b"`, `"a" "b"`},
		{`"a",'b'`, `"a",'b'`},
		{`(1 10.1.1.10)(2 "x y")`, `(1 10.1.1.10)(2 "x y")`},
		{`"(1 tftp://10.9.0.1/cfg)"`, "(1 tftp://10.9.0.1/cfg)"},
		{`""`, ""},
		{`"\\"`, `\`},
	} {
		if got := rest(tc.in, 0); got != tc.want {
			t.Errorf("rest(%q) = %q, want %q", tc.in, got, tc.want)
		}
	}
}

func TestJoinArgs(t *testing.T) {
	for _, tc := range []struct {
		in   []string
		want []string
	}{
		{[]string{"dhcp reload"}, []string{"dhcp", "reload"}},
		{[]string{"dhcp", "reload"}, []string{"dhcp", "reload"}},
		{[]string{"scope", "second floor", "show"}, []string{"scope", "second floor", "show"}},
		{[]string{"scope", "x", "set", "description=a b"}, []string{"scope", "x", "set", "description=a b"}},
		{[]string{"dhcp", "set", `client-class-lookup-id="\"gold\""`}, []string{"dhcp", "set", `client-class-lookup-id="gold"`}},
		{[]string{"x", `a"b`}, []string{"x", `a"b`}},
		{[]string{"x", ""}, []string{"x", ""}},
		{[]string{"x", "#5"}, []string{"x", "#5"}},
	} {
		got, err := Split(JoinArgs(tc.in))
		if err != nil {
			t.Errorf("%q: %v", tc.in, err)
		} else if d := cmp.Diff(tc.want, texts(got)); d != "" {
			t.Errorf("%q (-want +got):\n%s", tc.in, d)
		}
	}
}

func TestQuoteRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.StringOf(rapid.RuneFrom([]rune(`ab"\# =	é`)))).Draw(t, "words")
		var quoted []string
		for _, w := range want {
			quoted = append(quoted, Quote(w))
		}
		got, err := Split(strings.Join(quoted, " "))
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(len(want), want) != fmt.Sprint(len(got), texts(got)) {
			t.Fatalf("got %q, want %q", texts(got), want)
		}
	})
}

func TestLineReader(t *testing.T) {
	in := "\ufeffone\r\ntwo \\\n  more\\\n!\n# no \\\nthree\\\\\n\n" + strings.Repeat("y", MaxLine+10) + "\nlast\\"
	type line struct {
		N    int
		Text string
	}
	var got []line
	r := newLineReader(strings.NewReader(in))
	for {
		text, n, bad, err := r.read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if bad != nil {
			text = bad.Status()
		}
		got = append(got, line{n, text})
	}
	want := []line{
		{1, "one"}, {2, "two   more!"}, {5, `# no \`}, {6, `three\\`}, {7, ""},
		{8, "316 Invalid - invalid command line: longer than 1048576 bytes"}, {9, `last\`},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestEndlessLineIsNotKept(t *testing.T) {
	r := newLineReader(io.MultiReader(io.LimitReader(zeros{}, 64<<20), strings.NewReader("\nsave\n")))
	if _, _, bad, err := r.read(); bad == nil || err != nil {
		t.Fatalf("got %v, %v; want a refusal", bad, err)
	}
	if text, n, bad, err := r.read(); text != "save" || n != 2 || bad != nil || err != nil {
		t.Errorf("after it: %q, line %d, %v, %v", text, n, bad, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func FuzzSplit(f *testing.F) {
	for _, s := range []string{
		"scope list", `scope "second floor" show`, `dhcp set client-class-lookup-id="\"gold\""`,
		`policy p setVendorOption 43 acme "(1 tftp://10.9.0.1/cfg)"`, `# comment`, `a\ b "c\\" d=`, `"`, `\`, "x\ty",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		ws, err := Split(line)
		if err != nil {
			return
		}
		at := 0
		var quoted []string
		for _, w := range ws {
			if w.Start < at || w.End <= w.Start || w.End > len(line) {
				t.Fatalf("%q: word %+v is out of place", line, w)
			}
			at = w.End
			quoted = append(quoted, Quote(w.Text))
			rest(line, w.Start)
		}
		again, err := Split(strings.Join(quoted, " "))
		if err != nil || fmt.Sprintf("%q", texts(again)) != fmt.Sprintf("%q", texts(ws)) {
			t.Fatalf("%q: words %q come back as %q (%v)", line, texts(ws), texts(again), err)
		}
	})
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("one\ntwo\\\nthree\n"))
	f.Add([]byte("\\\n\\"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := newLineReader(strings.NewReader(string(data)))
		last := 0
		for {
			text, n, _, err := r.read()
			if err != nil {
				return
			}
			if n <= last || strings.Contains(text, "\n") {
				t.Fatalf("%q: line %d after %d: %q", data, n, last, text)
			}
			last = n
		}
	})
}
