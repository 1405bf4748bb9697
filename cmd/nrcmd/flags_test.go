package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"leasehold/internal/shell"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParse(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("FileA", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args string
		want options
	}{
		{"", options{}},
		{"-C localhost -N admin -P secret dhcp reload", options{cluster: "localhost", user: "admin", password: "secret", command: []string{"dhcp", "reload"}}},
		{"-b", options{batch: true}},
		{"-b FileA", options{batch: true, batchFile: "FileA"}},
		{"-b FileA --stop", options{batch: true, batchFile: "FileA", stop: true}},
		{"-b --atomic FileA", options{batch: true, batchFile: "FileA", atomic: true}},
		{"-b --atomic save", options{batch: true, atomic: true, command: []string{"save"}}},
		{"-b session", options{batch: true, command: []string{"session"}}},
		{"-b tftp", options{batch: true, command: []string{"tftp"}}},
		{"-b NoFile", options{batch: true, batchFile: "NoFile"}},
		{"-b NoFile list", options{batch: true, command: []string{"NoFile", "list"}}},
		{"-b NoFile --stop", options{batch: true, command: []string{"NoFile", "--stop"}}},
		{"-b /tmp", options{batch: true, batchFile: "/tmp"}},
		{"--dry-run -b ./FileB", options{batch: true, batchFile: "./FileB", dryRun: true}},
		{"-b scope S listLeases", options{batch: true, command: []string{"scope", "S", "listLeases"}}},
		{"-r -V 3 -cacert ca.pem -L scope list", options{readOnly: true, visibility: 3, caCert: "ca.pem", command: []string{"scope", "list"}}},
		{"-h", options{help: true}},
		{"-v", options{version: true}},
		{"-- -b", options{command: []string{"-b"}}},
	} {
		got, err := parse(strings.Fields(tc.args))
		if err != nil {
			t.Errorf("%s: %v", tc.args, err)
			continue
		}
		if d := cmp.Diff(&tc.want, got, cmp.AllowUnexported(options{}), cmpopts.IgnoreFields(options{}, "secrets")); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.args, d)
		}
	}
}

func TestParseQuotedCommand(t *testing.T) {
	got, err := parse([]string{"-b", "scope SCOPENAME listLeases"})
	if err != nil || !got.batch || len(got.command) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestBadUse(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, tc := range []struct{ args, want string }{
		{"--atmic", `unknown option "--atmic", did you mean --atomic?; nrcmd -h lists them`},
		{"-C", "-C needs a value"},
		{"-V 9", "-V needs a number from 1 to 5"},
		{"-V x", "-V needs a number from 1 to 5"},
		{"-V", "-V needs a number from 1 to 5"},
		{"-R", "-R: there is no regional cluster; -C names a server"},
		{"--stop", "--stop, --atomic and --dry-run go with -b"},
		{"-b ./x scope list", `-b ./x: a batch file and a command, "scope list", do not go together`},
		{"-b --atomic --dry-run", "--atomic and --dry-run do not go together: a dry run changes nothing in any case"},
	} {
		if _, err := parse(strings.Fields(tc.args)); err == nil || err.Error() != tc.want {
			t.Errorf("%s\n got %v\nwant %s", tc.args, err, tc.want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	env := map[string]string{
		"CNR_CLUSTER": "new", "AIC_CLUSTER": "old", "AIC_NAME": "carol", "CNR_PASSWORD": "fromenv",
	}
	o := &options{password: "given"}
	o.fill(func(k string) string { return env[k] })
	want := &options{cluster: "new", user: "carol", password: "given"}
	if d := cmp.Diff(want, o, cmp.AllowUnexported(options{})); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestStateFolder(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "/state")
	if got := shell.StateFolder(); got != "/state/leasehold" {
		t.Errorf("got %s", got)
	}
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("HOME", "/home/carol")
	if got := shell.StateFolder(); got != filepath.FromSlash("/home/carol/.local/state/leasehold") {
		t.Errorf("got %s", got)
	}
}
