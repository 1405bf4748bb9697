package main

import (
	"bytes"
	"os"
	"testing"
)

// The page in docs is what the tables say now.
func TestPageIsCurrent(t *testing.T) {
	have, err := os.ReadFile("../../" + page)
	if err != nil {
		t.Fatal(err)
	}
	want := reference()
	if bytes.Equal(have, want) {
		return
	}
	haveLines, wantLines := bytes.Split(have, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range wantLines {
		if i >= len(haveLines) || !bytes.Equal(haveLines[i], wantLines[i]) {
			t.Fatalf("%s is stale from line %d, run make docs; that line is to be\n%s", page, i+1, wantLines[i])
		}
	}
	t.Fatalf("%s is stale: it goes on behind its end, run make docs", page)
}
