// Command docgen writes the pages of docs that are read off the tables in the
// code. Run it in the root of the repository: make docs.
package main

import (
	"fmt"
	"os"
	"strings"
)

// pages are what is written where.
var pages = []struct {
	path string
	text func() []byte
}{
	{"docs/command-reference.md", reference},
	{"docs/messages.md", messages},
	{"docs/failover-states.md", states},
}

func main() {
	for _, p := range pages {
		if err := os.WriteFile(p.path, p.text(), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "docgen: write the page:", err)
			os.Exit(1)
		}
	}
}

// cell keeps a text from ending a table's cell or becoming markup.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "<", `\<`, "*", `\*`).Replace(text)
}
