package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"leasehold/pkg/failover/sim"
	"leasehold/pkg/failover/sim/mutants"
)

// stories runs the stories of the files in the directories of dir, in order.
// It returns those that fail; one that does not end is the last.
func stories(dir string) []mutants.Verdict {
	failed := []mutants.Verdict{}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(files) == 0 {
		fmt.Fprintf(os.Stderr, "-stories %s: there is no story: %v\n", dir, err)
		os.Exit(2)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		for _, story := range sim.Stories(string(text)) {
			v := mutants.Verdict{Story: filepath.Base(file)}
			s, err := sim.Parse(story)
			if err != nil {
				fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
				os.Exit(2)
			}
			done := make(chan struct{})
			go func() {
				v.Check, v.Text = run(s)
				close(done)
			}()
			select {
			case <-done:
			case <-time.After(patience):
				return append(failed, mutants.Verdict{Story: v.Story, Check: mutants.Hung, Text: "the story does not come to its end"})
			}
			if v.Check != "" {
				failed = append(failed, v)
			}
		}
	}
	return failed
}
