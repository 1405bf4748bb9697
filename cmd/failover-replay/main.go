// Command failover-replay runs again what "dhcpd -record FILE" wrote: every
// input of the failover cores, at full speed and without a network, a lease or a
// clock. See docs/failover.md.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"leasehold/pkg/failover/flight"
)

// Exit statuses: 0 when the cores did what they did when it was recorded, 1 when
// they did not or the file is no recording, 2 for bad use.
func main() {
	states := flag.Bool("states", false, "show only the steps that change the state")
	pair := flag.String("pair", "", "show only the failover `pair` of this name")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "Usage: failover-replay [flags] FILE")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	f, err := os.Open(flag.Arg(0))
	if err == nil {
		err = replay(f, os.Stdout, *states, *pair)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "failover-replay:", err)
		os.Exit(1)
	}
}

var errOtherwise = errors.New("the cores do otherwise than they did")

// replay shows the steps of a recording.
func replay(in io.Reader, out io.Writer, states bool, pair string) error {
	w := bufio.NewWriter(out)
	was := map[string]string{}
	otherwise := 0
	err := flight.Play(in, func(s flight.Step) {
		if s.Otherwise != "" {
			otherwise++
		}
		changed := was[s.Pair] != s.State
		before := was[s.Pair]
		was[s.Pair] = s.State
		if pair != "" && pair != s.Pair || states && !changed && s.Otherwise == "" {
			return
		}
		fmt.Fprintf(w, "%s %d %s: %s", time.Unix(s.Now.Wall, 0).UTC().Format(time.RFC3339), s.Line, s.Pair, s.Input)
		if !states && s.Value != "" && s.Value != "{}" {
			fmt.Fprintf(w, " %s", s.Value)
		}
		fmt.Fprintln(w)
		if changed {
			fmt.Fprintf(w, "\tstate %s, was %s\n", s.State, or(before, "none"))
		}
		if !states {
			for _, what := range s.Did {
				fmt.Fprintf(w, "\t%s\n", what)
			}
		}
		if s.Otherwise != "" {
			fmt.Fprintf(w, "\tOTHERWISE: %s\n", s.Otherwise)
		}
	})
	if err == nil && otherwise > 0 {
		err = fmt.Errorf("%w in %d steps", errOtherwise, otherwise)
	}
	return errors.Join(err, w.Flush())
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
