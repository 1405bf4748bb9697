package e2e

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3" // to spoil a database
)

// refusesToStart starts a server that must end with a status of its own, and
// whose words must name what is wrong.
func (s *server) refusesToStart(words ...string) {
	s.t.Helper()
	if s.tryStart() {
		s.t.Fatalf("the server started although it must not (%v)", words)
	}
	if code := s.proc.wait(); code == 0 {
		s.t.Error("the server ended with status 0")
	}
	if out := s.proc.out.text(); !containsAll(out, words) {
		s.t.Errorf("the server does not say %q:\n%s", words, out)
	}
}

func TestPortTaken(t *testing.T) {
	l, _ := officeLab(t)
	second := &server{t: t, lab: l, ns: "srv", data: filepath.Join(l.dir, "second"), args: []string{"-rpc", "off"}}
	second.refusesToStart("67", "in use")
	rpc := &server{t: t, lab: l, ns: "srv", data: filepath.Join(l.dir, "third"), args: []string{"-dhcp-port", "6767"}}
	rpc.refusesToStart("127.0.0.1:1234", "in use")
}

func TestDataFolderInUse(t *testing.T) {
	l, s := officeLab(t)
	second := &server{t: t, lab: l, ns: "srv", data: s.data, args: []string{"-rpc", "off", "-dhcp-port", "6767"}}
	second.refusesToStart(s.data, fmt.Sprint(s.pid()))
	if got := s.one("dhcp getHealth"); !strings.Contains(got, "health = 10") {
		t.Errorf("the first server was hurt: %s", got)
	}
}

func TestUnprivilegedPort(t *testing.T) {
	l := newLab(t)
	l.cable("srv", "eth0", "192.168.50.1/24", "cli", "eth0", "")
	data := filepath.Join(l.dir, "nobody")
	if err := os.Mkdir(data, 0o777); err != nil {
		t.Fatal(err)
	}
	sh(t, "chown", "nobody", data)
	sh(t, "chmod", "755", bin)
	p := start(t, l.ns("srv"), nil, "setpriv", "--reuid=nobody", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", filepath.Join(bin, "dhcpd"), "-data", data)
	if code := p.wait(); code == 0 {
		t.Error("nobody may open port 67?")
	}
	if out := p.out.text(); !containsAll(out, []string{"67", "permission"}) {
		t.Errorf("the refusal does not name the port and the reason:\n%s", out)
	}
}

// TestSpoiledDatabases checks that the server names a file that it cannot
// trust, and leaves it as it is.
func TestSpoiledDatabases(t *testing.T) {
	for _, file := range []string{"config.db", "leases.db"} {
		t.Run(file, func(t *testing.T) {
			_, s := officeLab(t)
			s.stop()
			path := filepath.Join(s.data, file)
			good, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			put := func(b []byte) {
				if err := os.WriteFile(path, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			garbage := append([]byte("this is no database"), good[19:]...)
			put(garbage)
			s.refusesToStart(path)
			if now, err := os.ReadFile(path); err != nil || string(now) != string(garbage) {
				t.Errorf("the server changed a file that it refused (%v)", err)
			}

			put(good)
			db, err := sql.Open("sqlite3", path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec("PRAGMA user_version = 4711"); err != nil {
				t.Fatal(err)
			}
			db.Close()
			s.refusesToStart(path, "newer version")

			put(good)
			for _, side := range []string{"-wal", "-shm"} {
				os.Remove(path + side)
			}
			s.start()
			if got := s.one("scope office listRanges"); !strings.Contains(got, "192.168.50.100") {
				t.Errorf("the good file came back without its scope: %s", got)
			}
		})
	}
}

func TestBadFlags(t *testing.T) {
	for _, c := range [][]string{
		{"-address", "300.1.1.1"}, {"-dhcp-port", "70000"}, {"-log", "loud"}, {"-nonsense"}, {"extra"}, {"-interface", "nosuch0"},
	} {
		l := newLab(t)
		p := start(t, l.ns("srv"), nil, append([]string{filepath.Join(bin, "dhcpd"), "-data", filepath.Join(l.dir, "d")}, c...)...)
		if code := p.wait(); code == 0 {
			t.Errorf("%v: status 0", c)
		}
		if out := p.out.text(); !strings.Contains(out, strings.TrimPrefix(c[len(c)-1], "-")) {
			t.Errorf("%v: the message does not name the word:\n%s", c, out)
		}
	}
}
