package expr

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

// FuzzEval: any text is refused, or evaluates within bounds to a value or a
// failure; the canonical text means the same.
func FuzzEval(f *testing.F) {
	for _, e := range evaluations {
		f.Add(e.text)
	}
	for _, e := range wrongTexts {
		f.Add(e.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		env := withReply()
		env.level = len(text) % 7
		v, err := p.Eval(env)
		if len(v.Text) > maxValue {
			t.Fatalf("%s: a value of %d bytes", p, len(v.Text))
		}
		again, err2 := Parse(p.String())
		if err2 != nil || again.String() != p.String() {
			t.Fatalf("%q: canonical text %q is not stable: %v", text, p, err2)
		}
		again.Bind(env.catalog)
		w, err2 := again.Eval(withReply())
		if w != v || (err == nil) != (err2 == nil) {
			t.Fatalf("%q = %s (%v), canonical text %q = %s (%v)", text, v, err, p, w, err2)
		}
	})
}

// FuzzTemplate: as FuzzEval, for template expressions.
func FuzzTemplate(f *testing.F) {
	for _, text := range []string{`(list (create-range 10 20) (create-range 30 40))`, `(create-option "routers" (create-ip subnet 1))`, `(- template.ping-timeout 10)`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		net := netip.MustParsePrefix("192.168.50.64/26")
		made, err := EvalTemplate(text, TemplateVars{Subnet: net, Template: func(string) (string, bool) { return "100", true }})
		for _, r := range made.Ranges {
			if err != nil || !net.Contains(r.First) || !net.Contains(r.Last) || r.Last.Less(r.First) {
				t.Fatalf("%q makes %s (%v)", text, r, err)
			}
		}
	})
}

// FuzzReadOption: whatever bytes a client sends, an option path reads within
// them.
func FuzzReadOption(f *testing.F) {
	f.Add(uint8(82), []byte{1, 2, 3, 4}, uint8(1), uint8(0), true)
	f.Add(uint8(125), []byte{0, 0, 0, 9, 3, 5, 1, 1}, uint8(5), uint8(1), false)
	f.Fuzz(func(t *testing.T, code uint8, wire []byte, sub, n uint8, raw bool) {
		env := docsis()
		env.options = map[int][]byte{int(code): wire}
		for want := WantValue; want <= WantIndex; want++ {
			for steps := 1; steps <= 3; steps++ {
				path := OptionPath{Blob: raw, Want: want, Index: int(n)}
				for i := range steps {
					s := OptionStep{Code: int(sub), Instance: int(n) - 1}
					if i == 0 {
						s.Code = int(code)
					}
					path.Steps = append(path.Steps, s)
				}
				if v, err := env.Option(&path); err != nil || len(v.Text) > len(wire)*2+2 {
					t.Fatalf("%s of %x = %s, %v", &path, wire, v, err)
				}
			}
		}
	})
}

// generated makes an expression of at most the given depth.
func generated(t *rapid.T, depth int) string {
	if depth == 0 {
		return rapid.SampledFrom([]string{`null`, `""`, `"abc"`, `"01:02"`, `"7"`, `01:02`, `ff:ff:ff:ff`, `0`, `7`, `4294967295`, `-1`, `-2147483648`, `(request chaddr)`, `(request option 82 1)`}).Draw(t, "leaf")
	}
	var plainOnes []*function
	for _, f := range functionTable {
		if f.special == nil && f.where&inPackets != 0 {
			plainOnes = append(plainOnes, f)
		}
	}
	f := rapid.SampledFrom(plainOnes).Draw(t, "function")
	most := f.max
	if most < 0 {
		most = 3
	}
	text := "(" + f.name
	for range rapid.IntRange(f.min, most).Draw(t, "arguments") {
		text += " " + generated(t, depth-1)
	}
	return text + ")"
}

// TestEveryFunctionTakesEveryKind: a function that gets any values gives a
// value or fails; try always makes it a value; evaluation is deterministic.
func TestEveryFunctionTakesEveryKind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := generated(t, rapid.IntRange(1, 3).Draw(t, "depth"))
		p, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		v, err := p.Eval(withReply())
		w, again := p.Eval(withReply())
		if v != w || (err == nil) != (again == nil) {
			t.Fatalf("%s = %s (%v), then %s (%v)", text, v, err, w, again)
		}
		if v.isInt() && (v.Num < -1<<31 || v.Num >= 1<<32) {
			t.Fatalf("%s = %d, which has more than 32 bits", text, v.Num)
		}
		tried, err2 := Parse("(try " + text + ` "fallback")`)
		if err2 != nil {
			t.Fatal(err2)
		}
		got, err2 := tried.Eval(withReply())
		if err2 != nil || err == nil && got != v || err != nil && got != Str("fallback") {
			t.Fatalf("(try %s) = %s (%v), without try %s (%v)", text, got, err2, v, err)
		}
	})
}

// TestConversionsComeBack: what to-string writes, the other to- functions read.
func TestConversionsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 2, 40).Draw(t, "bytes")
		if back, c := Str(Bytes(b).Key()).blob(); c != "" || back != string(b) {
			t.Fatalf("%x is written %s and read %x (%s)", b, Bytes(b), back, c)
		}
		n := rapid.Uint32().Draw(t, "n")
		if back, c := Str(Unsigned(n).Key()).unsigned(); c != "" || back != int64(n) {
			t.Fatalf("%d is read as %d (%s)", n, back, c)
		}
		m := rapid.Int32().Draw(t, "m")
		if back, c := blob(Signed(m).Octets()).signed(); c != "" || back != int64(m) {
			t.Fatalf("%d is read from its bytes as %d (%s)", m, back, c)
		}
	})
}

func benchmark(b *testing.B, text string) {
	p, err := Parse(text)
	if err != nil {
		b.Fatal(err)
	}
	env := docsis()
	p.Bind(env.catalog)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Eval(env); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkClassByOption(b *testing.B) {
	benchmark(b, `(if (starts-with (request option "dhcp-class-identifier") "docsis") "modem" "cpe")`)
}

func BenchmarkClassByPrefixOfMAC(b *testing.B) {
	benchmark(b, `(if (starts-with (request chaddr) "00:11:22") "VoIP" "PC")`)
}

func BenchmarkLookupKey(b *testing.B) {
	benchmark(b, `(concat (request option 82 151) (request chaddr))`)
}

func BenchmarkSubscriber(b *testing.B) {
	benchmark(b, `(try (or (request get-blob option 82 "remote-id") (concat (byte 1) (request chaddr))) "<none>")`)
}
