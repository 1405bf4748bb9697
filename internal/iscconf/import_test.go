package iscconf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"leasehold/internal/expr"
)

// inMemory serves files from a map.
func inMemory(files map[string]string) Files {
	return func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	const net = "subnet 10.0.0.0 netmask 255.255.255.0 "
	for _, c := range []struct{ text, want string }{
		{"subnet 10.0.0.0 netmask 255.255.255.0 {\n range 10.0.0.1;\n", "d.conf:1:39: the brace is never closed; the file ends at line 3"},
		{"}", "d.conf:1:1: there is no open brace to close"},
		{"option domain-name \"x;\n", "d.conf:1:20: the quote is never closed"},
		{"option domain-name \"x\"", "d.conf:1:1: the statement 'option domain-name \"x\"' is not ended by ';' or '{'; the file ends at line 1"},
		{"option routers 10.0.0.1\noption domain-name \"x\";", "d.conf:2:1: option routers 10.0.0.1 option ...: unexpected 'option': is a ';' missing at the end of the line before?"},
		{net + "{ range 10.0.0.1 }", "d.conf:1:56: ';' is missing at the end of 'range 10.0.0.1', which began at line 1"},
		{"subnet 10.0.0.1 netmask 255.255.255.0 { }", "is no mask such as 255.255.255.0, or the address has bits"},
		{"subnet 10.0.0.0 netmask 255.0.255.0 { }", "'255.0.255.0' is no mask"},
		{net + "{ range 10.0.1.5; }", "range 10.0.1.5 10.0.1.5: it is not in the subnet"},
		{net + "{ }\n" + net + "{ }", "d.conf:2:8: subnet 10.0.0.0/24: it has addresses of subnet 10.0.0.0/24, which line 1 declares"},
		{net + "{ pool { failover peer \"x\"; range 10.0.0.1; } }", "there is no failover peer \"x\""},
		{net + "{ pool { allow members of \"x\"; range 10.0.0.1; } }", "there is no class \"x\""},
		{net + "{ pool { } }", "the pool has no range"},
		{"failover peer \"x\" { primary; }", "it needs primary or secondary, address and peer address"},
		{"failover peer \"x\" { primary; split 300; }", "300 is not between 0 and 256"},
		{"option nonsense 5;", "d.conf:1:8: there is no option 'nonsense'"},
		{"option routers 300.1.1.1;", "expected an address, not '300.1.1.1'"},
		{"option interface-mtu 70000;", "70000 is not between 0 and 65535"},
		{"option x.y 1;", "there is no option 'x.y'"},
		{"option x.y code 1 = text;", "there is no option space x"},
		{"option y code 1 = float;", "expected a type"},
		{"host a { hardware ethernet zz; }", "expected a hardware address"},
		{"hardware ethernet 1:2:3:4:5:6;", "it stands in a host declaration"},
		{"nonsense 5;", "'nonsense' begins no statement of dhcpd.conf"},
		{"class \"a\" { match if substring(option host-name, 1) = \"x\"; }", "substring takes 3 arguments, not 2"},
		{"class \"a\" { match if (option host-name = \"x\"; }", "expected ')', not ';'"},
		{"include \"missing\";", "d.conf:1:1: cannot read missing: file does not exist"},
		{"include \"d.conf\";", "the file includes itself: d.conf -> d.conf"},
		{"\x00", "d.conf:1:1: the character '\\x00' has no meaning in dhcpd.conf"},
		{strings.Repeat("group {", 100), "braces are nested deeper than 64"},
		{"class \"a\" { match if " + strings.Repeat("(", 100) + "1; }", "the expression is nested deeper than 64"},
		{"class \"a\" { match if " + strings.Repeat("not ", 100) + "1; }", "the expression is nested deeper than 64"},
		{"option domain-name-servers " + strings.Repeat("10.0.0.1,", 3000) + "10.0.0.1;", "the value has more than 4096 bytes"},
		{"option routers " + strings.Repeat("x ", 70000) + ";", "the statement has more than 65536 words"},
		{"default-lease-time ten;", "expected a number, not 'ten'"},
		{"if option host-name = \"x\" { subnet 10.0.0.0 netmask 255.0.0.0 { } }", "no declarations stand within if"},
		{"key k { algorithm hmac-md5; secret !!!; }", "the secret is no base64 text"},
		{"default-lease-time 300\nsubnet 10.0.0.0 netmask 255.255.255.0 { }", "d.conf:2:1: default-lease-time 300 subnet 10.0.0.0 ...: unexpected 'subnet': is a ';' missing at the end of the line before?"},
		{"next-server 10.0.0.9\nsubnet 10.0.0.0 netmask 255.255.255.0 { }", "is a ';' missing"},
		{"set x = \"y\"\nsubnet 10.0.0.0 netmask 255.255.255.0 { }", "takes no braces; is a ';' missing before?"},
		{"subnt 10.0.0.0 netmask 255.255.255.0 { range 10.0.0.5; }", "d.conf:1:1: 'subnt' begins no statement of dhcpd.conf, did you mean subnet?"},
		{"nonsense 5 { }", "d.conf:1:1: 'nonsense' begins no statement of dhcpd.conf"},
		{"option routers;", "d.conf:1:15: option routers: the option has no value"},
		{"option routers routers 10.0.0.1;", "d.conf:1:24: option routers routers 10.0.0.1: unexpected '10.0.0.1'"},
		{"option ntp-servers 10.0.0.1,\nsubnet 10.0.0.0 netmask 255.255.255.0 { }", "unexpected '10.0.0.0'"},
		{"host ü { }", "d.conf:1:6: the character 'ü' has no meaning in dhcpd.conf outside of quotes"},
		{"option fqdn.nonsense", "is not ended by ';'"},
		{"shared-network a { subnet 10.0.0.0 netmask 255.255.255.0 { } range 10.0.0.5; }", "a range stands within a subnet or a pool"},
		{"subnet 10.0.0.0 netmask 255.255.255.0 { range 10.0.0.5 10.0.0.9;\n pool { range 10.0.0.9 10.0.0.12; } }", "d.conf:2:9: range 10.0.0.9 10.0.0.12: it has addresses of the range in line 1"},
		{"host a { }\nhost a { }", "d.conf:2:1: host a: there is a host of that name in line 1"},
		{"zone a.b { primary 127.0.0.1; key nope; }", "zone a.b: there is no key nope"},
		{"failover peer \"x\" { primary; address 10.0.0.1; peer address 10.0.0.2; mclt 60; split 128; }\nsubnet 10.0.0.0 netmask 255.255.255.0 { pool { failover peer \"x\"; range dynamic-bootp 10.0.0.5 10.0.0.9; } }", "no addresses for dynamic BOOTP"},
	} {
		_, err := Import("d.conf", inMemory(map[string]string{"d.conf": c.text}))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngot  %v\nwant %s", shortenTo(c.text, 100), err, c.want)
			continue
		}
		var e *Error
		if !errors.As(err, &e) || e.Pos.Line < 1 || e.Pos.Col < 1 {
			t.Errorf("%s: no place in %v", shortenTo(c.text, 100), err)
		}
	}
}

// TestIncludedFilesAreNamed: an error in an included file has its name and
// line, and many files that include each other have an end.
func TestIncludedFilesAreNamed(t *testing.T) {
	files := map[string]string{"etc/d.conf": "include \"parts/a.inc\";\n", "etc/parts/a.inc": "\n\ninclude \"b.inc\";\n", "etc/parts/b.inc": "\nrange;\n"}
	_, err := Import("etc/d.conf", inMemory(files))
	if want := "etc/parts/b.inc:2:6:"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	loop := map[string]string{"d.conf": `include "a";`, "a": `include "b";`, "b": `include "a";`}
	if _, err := Import("d.conf", inMemory(loop)); err == nil || !strings.Contains(err.Error(), "d.conf -> a -> b -> a") {
		t.Errorf("a loop: %v", err)
	}
	bomb := map[string]string{"d.conf": strings.Repeat(`include "a";`, 40), "a": strings.Repeat(`include "b";`, 40), "b": ""}
	if _, err := Import("d.conf", inMemory(bomb)); err == nil || !strings.Contains(err.Error(), "more than 1000 files") {
		t.Errorf("a bomb: %v", err)
	}
}

// TestEveryBeginningOfAFile: a file that was cut off anywhere is refused with a
// place, or is a configuration by chance.
func TestEveryBeginningOfAFile(t *testing.T) {
	text, err := os.ReadFile("testdata/site/38-site-wlan.conf")
	if err != nil {
		t.Fatal(err)
	}
	for n := range text {
		_, err := Import("d.conf", inMemory(map[string]string{"d.conf": string(text[:n])}))
		if err != nil && !strings.HasPrefix(err.Error(), "d.conf:") {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}

// TestNothingIsLost: of each statement that stands alone in a configuration,
// either the batch says something or a finding names it.
func TestNothingIsLost(t *testing.T) {
	plain := importText(t, "subnet 10.0.0.0 netmask 255.255.255.0 { range 10.0.0.5; }\nhost h { hardware ethernet 2:0:0:0:0:1; fixed-address 10.0.0.9; }\nclass \"c\" { match if option host-name = \"x\"; }\n")
	values := map[form]string{seconds: "4321", amount: "77", truth: "on", address: "10.0.0.77", textual: `"text"`, words: "interim", nothing: ""}
	for _, row := range parameterTable {
		for _, where := range []string{"%s subnet 10.0.0.0 netmask 255.255.255.0 { range 10.0.0.5; }\nhost h { hardware ethernet 2:0:0:0:0:1; fixed-address 10.0.0.9; }\nclass \"c\" { match if option host-name = \"x\"; }\n",
			"subnet 10.0.0.0 netmask 255.255.255.0 { range 10.0.0.5; %s }\nhost h { hardware ethernet 2:0:0:0:0:1; fixed-address 10.0.0.9; }\nclass \"c\" { match if option host-name = \"x\"; }\n",
			"subnet 10.0.0.0 netmask 255.255.255.0 { range 10.0.0.5; }\nhost h { hardware ethernet 2:0:0:0:0:1; fixed-address 10.0.0.9; %s }\nclass \"c\" { match if option host-name = \"x\"; }\n",
			"subnet 10.0.0.0 netmask 255.255.255.0 { range 10.0.0.5; }\nhost h { hardware ethernet 2:0:0:0:0:1; fixed-address 10.0.0.9; }\nclass \"c\" { match if option host-name = \"x\"; %s }\n"} {
			value := values[row.form]
			if slices.Contains([]string{"ping-check", "boot-unknown-clients", "allow-bootp", "booting", "duplicates", "declines", "leasequery", "client-updates"}, row.name) {
				value = "off" // on is what holds anyway
			}
			text := fmt.Sprintf(where, strings.TrimSpace(row.name+" "+value)+";")
			r := importText(t, text)
			if strings.Join(r.Lines, "\n") == strings.Join(plain.Lines, "\n") {
				t.Errorf("nothing tells of it:\n%s", text)
			}
		}
	}
}

func importText(t *testing.T, text string) *Result {
	t.Helper()
	r, err := Import("d.conf", inMemory(map[string]string{"d.conf": text}))
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	// The number of statements is in every batch.
	for i, l := range r.Lines {
		if strings.Contains(l, " of 1 file:") {
			r.Lines[i] = "counts"
		}
	}
	return r
}

var expressions = regexp.MustCompile(`(?:client-class-lookup-id|client-lookup-id|limitation-id)=(".*")$`)

// TestExpressionsAreOurs parses all expressions of the batches.
func TestExpressionsAreOurs(t *testing.T) {
	batches, err := filepath.Glob("testdata/*/*.batch")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, b := range batches {
		text, err := os.ReadFile(b)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(text), "\n") {
			m := expressions.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			n++
			source, err := strconv.Unquote(m[1])
			if err != nil {
				t.Errorf("%s: %s: %v", b, line, err)
				continue
			}
			if _, err := expr.Parse(source); err != nil {
				t.Errorf("%s: %s: %v", b, source, err)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d expressions in %d batches", n, len(batches))
	}
}

// FuzzImport: whatever the file is, there is a batch or an error with its
// place, in bounded time.
func FuzzImport(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.conf")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Import("d.conf", inMemory(map[string]string{"d.conf": text}))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "d.conf:") {
				t.Errorf("no place: %v", err)
			}
			return
		}
		if again := twice(r.Lines); len(again) > 0 {
			t.Errorf("made twice: %q", again)
		}
		for _, l := range r.Lines {
			if strings.ContainsAny(l, "\n\r\x00") {
				t.Errorf("a line of the batch is more than one: %q", l)
			}
		}
	})
}

// TestWhatIsTold: what dhcpd takes and cannot be carried as it is does not stand
// in the way of the rest, and is told.
func TestWhatIsTold(t *testing.T) {
	const net = "subnet 10.0.0.0 netmask 255.255.255.0 { range 10.0.0.5; }\n"
	for _, c := range []struct{ text, want string }{
		{net + "option fqdn.no-client-update on;", "option fqdn.no-client-update on: dhcpd answers option 81"},
		{net + "option wpad code 252 = text;\noption wpad \"http://w/\\n\";", "option 252 create dhcp-custom wpad AT_BLOB"},
		{net + "option wpad code 252 = text;\noption wpad \"http://w/\\n\";", "setOption wpad 68:74:74:70:3a:2f:2f:77:2f:0a"},
		{net + "option nwip.nsq-broadcast on;", "NetWare/IP"},
		{net + "subnet 0.0.0.0 netmask 0.0.0.0 { }", "subnet 0.0.0.0/0: a scope has a subnet from /8 to /30"},
		{"subnet 0.0.0.0 netmask 0.0.0.0 { }\n" + net, "subnet 0.0.0.0/0: a scope has a subnet from /8 to /30"},
		{net + "subnet 240.0.0.0 netmask 255.0.0.0 { range 240.0.0.5; }", "subnet 240.0.0.0/8: no network has addresses of"},
		{net + "host a { hardware ethernet 2:0:0:0:0:1; group \"g\"; fixed-address 10.0.0.9; }", `group "g": a host is in the groups that it stands in`},
		{net + "host a { hardware ethernet 2:0:0:0:0:1; option dhcp-client-identifier \"a\"; fixed-address 10.0.0.9; }", "host a: dhcpd finds it by its hardware address, too"},
		{net + "group { deny bootp; host a { hardware ethernet 2:0:0:0:0:1; } }", "deny bootp: it is a setting of a network here, not of a group"},
		{net + "subnet 10.1.0.0 netmask 255.255.255.0 { }\nhost a { hardware ethernet 2:0:0:0:0:1; fixed-address 10.0.0.9; option routers 10.0.0.1; }", "host a: on a network that none of its fixed addresses is of"},
	} {
		r, err := Import("d.conf", inMemory(map[string]string{"d.conf": c.text}))
		if err != nil {
			t.Errorf("%s\n%v", c.text, err)
			continue
		}
		if text := strings.Join(r.Lines, "\n"); !strings.Contains(text, c.want) || !strings.Contains(text, "scope 10.0.0.0-24 addRange") {
			t.Errorf("%s\nno %q in\n%s", c.text, c.want, text)
		}
	}
}
