// Package archtest holds the picture of docs/architecture.md against the code:
// an import may only point down.
package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers lists every package of the module from the bottom up. A package may
// import only packages of lower layers.
var layers = [][]string{
	{"pkg/objects", "pkg/failover/wire", "internal/lease", "internal/clock", "internal/window", "internal/version", "pkg/rpc/adminv1", "test/dhcpload/mmsg", "test/netns", "test/frame", "test/isc"},
	{"internal/option", "internal/packet", "internal/eventlog", "internal/leasefile", "pkg/rpc/adminv1/adminv1connect", "pkg/failover/binding", "pkg/failover/link"},
	{"internal/expr", "internal/iscconf", "internal/parity", "internal/store", "internal/netio", "pkg/rpc", "pkg/failover/core"},
	{"internal/engine", "internal/partner", "internal/probe", "internal/shell", "pkg/failover/flight", "pkg/failover/sim", "test/hub", "test/clients", "test/holders"},
	{"pkg/failover/sim/mutants", "internal/failover"},
	{"internal/admin", "internal/metrics"},
	{"cmd/dhcpd", "cmd/nrcmd", "cmd/cnrFailoverConfig", "cmd/failover-replay", "scripts/docgen", "test/dhcpload", "test/dhcpload/cmd/dhcpecho", "test/dhcpclient", "test/e2e", "internal/archtest", "test/hub/join", "test/server", "pkg/failover/sim/run", "pkg/failover/sim/mutants/run", "pkg/failover/sim/mutants/probe"},
}

// pure packages decide; they have no socket, file, database, log or clock.
var pure = []string{"pkg/objects", "pkg/failover/wire", "pkg/failover/binding", "pkg/failover/core", "pkg/failover/sim", "pkg/failover/flight", "internal/lease", "internal/window", "internal/option", "internal/expr", "internal/iscconf", "internal/parity"}

var effects = []string{"net", "os", "database/sql", "log/slog", "log", "net/http", "syscall"}

func TestImportsPointDown(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		seen++
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		check(t, rel, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 20 {
		t.Fatalf("looked at %d files only: the walk is broken", seen)
	}
}

func check(t *testing.T, rel, path string) {
	t.Helper()
	pkg := filepath.ToSlash(filepath.Dir(rel))
	mine := layer(pkg)
	if mine < 0 {
		t.Errorf("%s: package %s stands in no layer: add it to the list above and to docs/architecture.md", rel, pkg)
		return
	}
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	for _, spec := range f.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Error(err)
			continue
		}
		if inner, ok := strings.CutPrefix(imp, "leasehold/"); ok {
			if l := layer(inner); l < 0 || l >= mine {
				t.Errorf("%s imports %s: arrows point down only", rel, inner)
			}
		}
		if slices.Contains(pure, pkg) && slices.Contains(effects, imp) {
			t.Errorf("%s imports %s: a pure package has no effects", rel, imp)
		}
	}
}

func layer(pkg string) int {
	for i, l := range layers {
		if slices.Contains(l, pkg) {
			return i
		}
	}
	return -1
}
