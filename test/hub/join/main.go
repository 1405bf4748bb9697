//go:build linux

// Command join joins two network namespaces by a hub: each gets an interface of
// the same name. Every line of standard input is for how many milliseconds a
// frame takes from now on; the end of it is the end of the hub.
//
//	join INTERFACE NAMESPACE NAMESPACE
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"time"

	"leasehold/test/hub"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "join:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("want an interface and two namespaces, not %q", args)
	}
	h := hub.New()
	defer h.Close()
	for _, ns := range args[1:] {
		if err := h.Add(ns, ns, args[0]); err != nil {
			return err
		}
	}
	fmt.Println("joined")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		ms, err := strconv.ParseFloat(in.Text(), 64)
		if err != nil {
			return err
		}
		h.Delay(args[1], args[2], time.Duration(ms*float64(time.Millisecond)))
		fmt.Println("delay", ms)
	}
	return in.Err()
}
