package iscconf

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// made finds what a line of a batch creates, apart from how the converter does.
var made = regexp.MustCompile(`^([a-z-]+) ("(?:[^"\\]|\\.)*"|\S+) create(?: (\S+))?`)

// twice lists the names that a batch makes objects of twice, whatever their case.
func twice(lines []string) []string {
	seen := map[string]bool{}
	var again []string
	for _, l := range lines {
		m := made.FindStringSubmatch(l)
		if m == nil {
			continue
		}
		key := m[1] + " " + m[2]
		if m[1] == "option" {
			key += " " + m[3]
		}
		if key = strings.ToLower(key); seen[key] {
			again = append(again, key)
		}
		seen[key] = true
	}
	return again
}

// TestNamesAreUnique: whatever the names of a configuration have in common, no
// batch makes two objects of one name, and clients are told apart as before.
func TestNamesAreUnique(t *testing.T) {
	const net = "subnet 10.1.0.0 netmask 255.255.255.0 { range 10.1.0.10 10.1.0.20; }\n"
	long := strings.Repeat("long-name-", 9)
	for _, c := range []struct {
		about, text string
		want        []string // of the batch, in any order
	}{
		{"two branches on one line", net + `if option vendor-class-identifier = "a" { option domain-name "x"; } elsif exists user-class { filename "b"; } else { option domain-name "z"; }`,
			[]string{"client-class if-2 create", "client-class if-2-2 create", "client-class else-2 create", `\"if-2\")`, `\"if-2-2\")`}},
		{"two ifs on one line", net + `if exists user-class { filename "b"; } if exists host-name { filename "c"; }`,
			[]string{"client-class clients+if-2 create", "client-class clients+if-2-2 create", "client-class clients+if-2+if-2-2 create"}},
		{"a class with the name of a branch", net + `if exists user-class { filename "b"; }` + "\n" + `class "IF-2" { match if exists host-name; option domain-name "x"; }`,
			[]string{"client-class clients+IF-2 create", "client-class clients+if-2-2 create"}},
		{"classes that differ in case", net + `class "Phones" { match if exists host-name; option domain-name "x"; }` + "\n" + `class "phones" { match if exists user-class; option domain-name "y"; }`,
			[]string{"client-class clients+Phones create", "client-class clients+phones-2 create", `d.conf:3: class phones: its name here is phones-2`}},
		{"classes that pools name", `subnet 10.1.0.0 netmask 255.255.255.0 { pool { allow members of "Phones"; range 10.1.0.10 10.1.0.20; } pool { allow members of "phones"; range 10.1.0.30 10.1.0.40; } }
class "Phones" { match if exists host-name; } class "phones" { match if exists user-class; }`,
			[]string{"scope-selection-tag Phones create", "scope-selection-tag phones-2 create", "scope 10.1.0.0-24-1 set selection-tag-list=Phones,Phones+phones-2", "scope 10.1.0.0-24-2 set selection-tag-list=phones-2,Phones+phones-2"}},
		{"classes that become one word", net + `class "a b" { match if exists host-name; option domain-name "x"; } class "a?b" { match if exists user-class; option domain-name "y"; }`,
			[]string{"client-class clients+a-b create", "client-class clients+a-b-2 create", `class a?b: its name here is a-b-2`}},
		{"a class with the name of those without one", net + `class "Clients" { match if exists host-name; option domain-name "x"; }` + "\n" + `subnet 10.2.0.0 netmask 255.255.255.0 { pool { deny members of "Clients"; range 10.2.0.9; } }`,
			[]string{"client-class clients create", "client-class Clients-2 create"}},
		{"a class nobody", "class \"nobody\" { match if exists host-name; }\nsubnet 10.1.0.0 netmask 255.255.255.0 { pool { deny all clients; range 10.1.0.10; } pool { allow members of \"nobody\"; range 10.1.0.20; } }",
			[]string{"scope-selection-tag nobody-2 create", "scope 10.1.0.0-24-1 set selection-tag-list=nobody", "scope 10.1.0.0-24-2 set selection-tag-list=nobody-2"}},
		{"subclasses that differ in case", net + `class "c" { match option host-name; } subclass "c" "A" { filename "x"; } subclass "c" "a" { filename "y"; }`,
			[]string{"client-class c-A create", "client-class c-a-2 create"}},
		{"hosts that differ in case", net + `host Alpha { option dhcp-client-identifier "1"; filename "x"; } host alpha { option dhcp-client-identifier "2"; filename "y"; }`,
			[]string{"client host/alpha create", "client host/alpha-2 create"}},
		{"options that differ in a dot", "option space v;\noption a.b code 230 = text;\n" + net, nil},
		{"options with the name of one that is known", "option Routers-x code 230 = text; option routers_x code 231 = text;\n" + net, []string{"option 230 create dhcp-custom routers-x"}},
		{"a class that is a vendor's", net + `option space dhcp-custom; option dhcp-custom.a code 1 = text; option dhcp-custom.b code 1 = text; class "v" { match if option vendor-class-identifier = "v"; vendor-option-space dhcp-custom; option dhcp-custom.a "x"; }`,
			[]string{"option-set dhcp-custom-2 create 8-bit vendor-option-string=v", "option 1 create dhcp-custom-2 a", "option 1 of the space is defined as a already"}},
		{"very long names", net + func() string {
			var b strings.Builder
			for i := range 6 {
				b.WriteString("class \"" + long + string(rune('a'+i)) + "\" { match if exists option-" + string(rune('2'+i)) + "; filename \"x\"; }\n")
			}
			return strings.ReplaceAll(b.String(), "exists option-", "exists unknown-23")
		}(), []string{"client-class clients+long-name-lon+long-name-lon-2+long-name-lon-3+long-name-lon-4+long-name-lon-5+long-name-lon-6 create"}},
	} {
		r, err := Import("d.conf", inMemory(map[string]string{"d.conf": c.text}))
		if err != nil {
			if c.want != nil {
				t.Errorf("%s: %v", c.about, err)
			}
			continue
		}
		text := strings.Join(r.Lines, "\n") + "\n"
		if again := twice(r.Lines); len(again) > 0 {
			t.Errorf("%s: made twice: %v", c.about, again)
		}
		for _, w := range c.want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no %s in\n%s", c.about, w, text[strings.Index(text, "override"):])
			}
		}
		for _, l := range r.Lines {
			if m := made.FindStringSubmatch(l); m != nil && len(m[2]) > 255 {
				t.Errorf("%s: a name of %d characters", c.about, len(m[2]))
			}
		}
	}
}

// TestBranchesAtOneLineOfTwoFiles: a line number alone tells no branches apart.
func TestBranchesAtOneLineOfTwoFiles(t *testing.T) {
	r, err := Import("d.conf", inMemory(map[string]string{
		"d.conf": "include \"e.conf\";\nif exists user-class { filename \"b\"; }\nsubnet 10.1.0.0 netmask 255.255.255.0 { range 10.1.0.10; }",
		"e.conf": "\nif exists host-name { filename \"c\"; }\n",
	}))
	if err != nil || len(twice(r.Lines)) > 0 || !slices.Contains(r.Lines, "client-class clients+if-2+if-2-2 create") {
		t.Errorf("%v, %v\n%s", err, twice(r.Lines), strings.Join(r.Lines, "\n"))
	}
}

// TestALineThatMakesWhatIsThere: what the names forget is left out and told.
func TestALineThatMakesWhatIsThere(t *testing.T) {
	var subclasses strings.Builder
	for i := range manySubclasses + 1 {
		subclasses.WriteString("subclass \"c\" 1:2:0:0:0:0:" + string("0123456789abcdef"[i/16]) + string("0123456789abcdef"[i%16]) + ";\n")
	}
	r := importText(t, "class \"c\" { match hardware; filename \"x\"; }\n"+subclasses.String()+"subclass \"c\" 1:2:0:0:0:0:01;\nsubnet 10.1.0.0 netmask 255.255.255.0 { range 10.1.0.10; }")
	if again := twice(r.Lines); len(again) > 0 {
		t.Errorf("made twice: %v", again)
	}
}

func TestNoGoldenBatchMakesAnObjectTwice(t *testing.T) {
	files, _ := filepath.Glob("testdata/*/*.batch")
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if again := twice(strings.Split(string(text), "\n")); len(again) > 0 {
			t.Errorf("%s: made twice: %v", f, again)
		}
	}
}
