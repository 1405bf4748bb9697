package shell

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMaskSecrets(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"scope list", "scope list"},
		{"admin list", "admin list"},
		{"admin carol show", "admin carol show"},
		{"admin carol enterPassword", "admin carol enterPassword"},
		{"admin carol create s3cret", "admin carol create ********"},
		{"admin carol create s3cret roles=full-admin", "admin carol create ******** roles=full-admin"},
		{"admin carol create roles=full-admin", "admin carol create roles=full-admin"},
		{"admin carol set password=s3cret", "admin carol set password=********"},
		{`admin carol set password="s3 cret" email=x`, "admin carol set password=******** email=x"},
		{"admin carol set password s3cret", "admin carol set password********"},
		{"admin carol set password = s3cret", "admin carol set password********"},
		{"admin carol set pasword=s3cret", "admin carol set pasword=********"},
		{"adm carol set pass=s3cret", "adm carol set pass=********"},
		{"ADMIN carol SET PASSWORD=s3cret", "ADMIN carol SET PASSWORD=********"},
		{`admin carol create "s3cret`, "admin carol create ********"},
		{"cluster backup create 10.0.0.1 password=s3cret", "cluster backup create 10.0.0.1 password=********"},
		{"clster c9 create 1.2.3.4 password=s3cret", "clster c9 create 1.2.3.4 password=********"},
		{"clster c9 set password s3cret", "clster c9 set password********"},
		{"admni carol create s3cret", "admni carol create ********"},
		{"nonsense x set password=s3cret", "nonsense x set password=********"},
		{"nonsense x create y", "nonsense x create y"},
		{"policy p setOption domain-name password=x", "policy p setOption domain-name password=x"},
	} {
		if got := maskSecrets(tc.in); got != tc.want {
			t.Errorf("%s\n got %s\nwant %s", tc.in, got, tc.want)
		}
	}
}

func TestHistoryAcrossSessions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "leasehold", "nrcmd_history")
	h, err := OpenHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []string{"scope list", "scope list", "", "  ", "admin carol create s3cret", "admin carol set password=s3cret", "dhcp reload"} {
		h.Add(l)
	}
	again, err := OpenHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"scope list", "dhcp reload"}, again.lines); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the history has mode %v", info.Mode())
	}
}

func TestHistoryIsShortened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h")
	if err := os.WriteFile(path, []byte(strings.Repeat("old\nolder\n", maxHistory)), 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := OpenHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n != maxHistory || len(h.lines) != maxHistory {
		t.Errorf("%d lines in the file, %d in memory; want %d", n, len(h.lines), maxHistory)
	}
}

func TestHistoryWithoutAFileWorks(t *testing.T) {
	h, err := OpenHistory("/proc/no/such/place")
	if err == nil {
		t.Error("no error for a folder that cannot be made")
	}
	h.Add("scope list")
	if len(h.lines) != 1 {
		t.Errorf("kept %q", h.lines)
	}
}

func FuzzMaskSecrets(f *testing.F) {
	for _, s := range []string{"admin carol create s3cret", `admin carol set "password=a b"`, `admin "c d" set password = x`, "cluster b create 10.0.0.1 password=", `admin c set password="`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		masked := maskSecrets(line)
		if again := maskSecrets(masked); again != masked {
			t.Fatalf("%q is masked as %q, that as %q", line, masked, again)
		}
	})
}
