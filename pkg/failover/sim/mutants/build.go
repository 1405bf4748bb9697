package mutants

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// probe is the program that is built with a fault in it.
const probe = "./pkg/failover/sim/mutants/probe"

// Root is the directory of the module that the working directory is in.
func Root(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}

// Build builds the probe with a fault, or without one for the zero Mutant, in
// a directory of its own below dir. The source stays as it is: the changed
// files are laid over it.
func Build(ctx context.Context, root, dir string, m *Mutant) (exe string, err error) {
	files, err := m.Apply(root)
	if err != nil {
		return "", err
	}
	if dir, err = os.MkdirTemp(dir, "mutant-"); err != nil {
		return "", err
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for name, text := range files {
		changed := filepath.Join(dir, filepath.Base(name))
		if err := os.WriteFile(changed, []byte(text), 0o600); err != nil {
			return "", err
		}
		overlay.Replace[filepath.Join(root, name)] = changed
	}
	b, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, b, 0o600); err != nil {
		return "", err
	}
	exe = filepath.Join(dir, "probe")
	cmd := exec.CommandContext(ctx, "go", "build", "-overlay", list, "-ldflags", "-s -w", "-o", exe, probe)
	cmd.Dir = root
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("mutant %s does not build: %w\n%s", m.Name, err, said.String())
	}
	return exe, nil
}
