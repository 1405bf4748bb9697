package shell

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"leasehold/pkg/rpc"
)

// TestStories runs the transcripts of testdata/stories against a server of
// their own. The directives are
//
//	login [user=..] [password=..] [ask=(..)] [read-only]   banner or refusal, over TCP
//	type [who=..]      lines at the prompt of a session that goes on
//	complete           what Tab offers at the end of each line, for admin
//	single [visibility=..]   each line is nrcmd's whole command line
//	batch [stop] [atomic] [dry-run]   lines of a batch file
//	pipe               lines piped in without -b
//	file name=..       makes a file in the folder that the shell runs in
//	cat name=..        shows one
//	ls                 shows which there are
//	partner pair=..    a failover partner of the running server, see partner
//	advance 1h
//	restart, stop      the server
func TestStories(t *testing.T) {
	home, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	datadriven.Walk(t, filepath.Join(home, "testdata", "stories"), func(t *testing.T, path string) {
		t.Chdir(t.TempDir())
		st := &story{server: newServer(t), shells: map[string]*teller{}}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			return strings.ReplaceAll(st.run(t, d), st.Data, "DATA")
		})
		for _, sh := range st.shells {
			sh.Close()
		}
	})
}

type story struct {
	*server
	shells map[string]*teller
}

// teller is a session of a story and what it printed.
type teller struct {
	*Shell
	out *bytes.Buffer
}

func (st *story) run(t *testing.T, d *datadriven.TestData) string {
	st.T = t
	ctx := context.Background()
	lines := strings.Split(d.Input, "\n")
	var out bytes.Buffer
	switch d.Cmd {
	case "login":
		return st.login(d, &out)
	case "type":
		who := "admin"
		if d.HasArg("who") {
			d.ScanArgs(t, "who", &who)
		}
		return st.typed(who, lines)
	case "complete":
		return st.completed(lines)
	case "single":
		for _, l := range lines {
			sh := st.operator(&out)
			fmt.Fprintf(&out, "$ nrcmd %s\n", l)
			exit := sh.Single(ctx, l)
			sh.Close()
			fmt.Fprintf(&out, "exit status %d\n", exit)
		}
		return out.String()
	case "batch", "pipe":
		sh := st.operator(&out)
		defer sh.Close()
		sh.Banner()
		var exit Exit
		var err error
		in := strings.NewReader(d.Input + "\n")
		if d.Cmd == "batch" {
			exit, err = sh.Batch(ctx, in, Batch{Stop: d.HasArg("stop"), Atomic: d.HasArg("atomic"), DryRun: d.HasArg("dry-run")})
		} else {
			exit, err = sh.Piped(ctx, in)
		}
		st.Must(err)
		fmt.Fprintf(&out, "exit status %d\n", exit)
		return out.String()
	case "file":
		var name string
		d.ScanArgs(t, "name", &name)
		st.Must(os.WriteFile(name, []byte(d.Input+"\n"), 0o644))
		return ""
	case "cat":
		var name string
		d.ScanArgs(t, "name", &name)
		b, err := os.ReadFile(name)
		st.Must(err)
		return string(b)
	case "ls":
		entries, err := os.ReadDir(".")
		st.Must(err)
		for _, e := range entries {
			fmt.Fprintln(&out, e.Name())
		}
		return out.String()
	case "partner":
		st.partner(d)
		return ""
	case "advance":
		by, err := time.ParseDuration(d.CmdArgs[0].Key)
		st.Must(err)
		st.clock.Advance(by)
		return ""
	case "stop":
		st.Stop()
		return ""
	case "restart":
		st.Stop()
		st.Start()
		return ""
	}
	t.Fatalf("%s: unknown directive %s", d.Pos, d.Cmd)
	return ""
}

// login shows what nrcmd shows until its first prompt.
func (st *story) login(d *datadriven.TestData, out *bytes.Buffer) string {
	user, password := "", ""
	if d.HasArg("user") {
		d.ScanArgs(st.T.(*testing.T), "user", &user)
	}
	if d.HasArg("password") {
		d.ScanArgs(st.T.(*testing.T), "password", &password)
	}
	var prompts []string
	for _, a := range d.CmdArgs {
		if a.Key == "ask" {
			prompts = a.Vals
		}
	}
	for i, p := range prompts {
		if p == "initial" {
			prompts[i] = st.Password()
		}
	}
	sh := st.shell(out, user, password, prompts...)
	sh.cfg.ReadOnly = d.HasArg("read-only")
	sh.cfg.Dial = func(ctx context.Context) (*rpc.Client, error) {
		return rpc.Dial(ctx, st.RPC.Address().String(), rpc.DialOptions{Known: filepath.Join(st.Data, "known_servers")})
	}
	defer sh.Close()
	if err := sh.Login(context.Background()); err != nil {
		fmt.Fprintf(out, "exit status %d\n", sh.Refuse(err))
		return out.String()
	}
	sh.Banner()
	if d.Input != "" {
		_, err := sh.Interactive(context.Background(), &typist{out: out, lines: strings.Split(d.Input, "\n")}, nil)
		st.Must(err)
	}
	return out.String()
}

// typed types lines into the session of that name, which is made when it is
// first heard of.
func (st *story) typed(who string, lines []string) string {
	sh := st.teller(who)
	sh.out.Reset()
	_, err := sh.Interactive(context.Background(), &typist{out: sh.out, lines: lines}, nil)
	st.Must(err)
	return sh.out.String()
}

func (st *story) teller(who string) *teller {
	sh := st.shells[who]
	if sh == nil {
		sh = &teller{out: &bytes.Buffer{}}
		sh.Shell = st.operator(sh.out)
		st.shells[who] = sh
	}
	return sh
}

// completed shows what the Tab key offers at the end of lines; they end in
// <Tab>, so that a blank before it can be seen.
func (st *story) completed(lines []string) string {
	var out strings.Builder
	for _, l := range lines {
		head, ok := strings.CutSuffix(l, "<Tab>")
		if !ok {
			st.T.Fatalf("%s: must end in <Tab>", l)
		}
		c := st.teller("admin").Complete(context.Background(), head)
		fmt.Fprintln(&out, l)
		for _, f := range append(c.Found, c.Hint...) {
			fmt.Fprintln(&out, "    "+f)
		}
	}
	return out.String()
}
