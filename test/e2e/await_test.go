package e2e

import (
	"bufio"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait; it is long because the machines are slow, and no
// test that passes ever waits for it.
const patience = 45 * time.Second

// lines collects what a process prints and lets a test wait for a line.
type lines struct {
	mu   sync.Mutex
	all  []string
	more chan struct{} // closed and replaced at each new line
	done bool
}

func newLines() *lines { return &lines{more: make(chan struct{})} }

func (l *lines) read(r io.Reader, wg *sync.WaitGroup) {
	defer wg.Done()
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 64<<10), 16<<20)
	for sc.Scan() {
		l.add(sc.Text())
	}
}

func (l *lines) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, s)
	close(l.more)
	l.more = make(chan struct{})
}

func (l *lines) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done = true
	close(l.more)
	l.more = make(chan struct{})
}

// text returns all that was printed so far.
func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.all, "\n")
}

// process is a program that the test started.
type process struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
	out  *lines
	end  chan struct{} // closed when it was reaped
	err  error
}

// start runs a program, in namespace ns if that is not "", and ends it with the
// test at the latest.
func start(t *testing.T, ns string, env []string, argv ...string) *process {
	t.Helper()
	if ns != "" {
		argv = append([]string{"ip", "netns", "exec", ns}, argv...)
	}
	p := &process{t: t, name: argv[0], cmd: exec.Command(argv[0], argv[1:]...), out: newLines(), end: make(chan struct{})}
	p.cmd.Env = append(p.cmd.Environ(), env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %v: %v", argv, err)
	}
	var wg sync.WaitGroup
	wg.Add(2)
	go p.out.read(stdout, &wg)
	go p.out.read(stderr, &wg)
	go func() {
		wg.Wait()
		p.err = p.cmd.Wait()
		p.out.finish()
		close(p.end)
	}()
	t.Cleanup(func() {
		p.signal(syscall.SIGKILL)
		<-p.end
		if t.Failed() {
			t.Logf("output of %v:\n%s", argv, tail(p.out.text(), 60))
		}
	})
	return p
}

// tail is the last lines of an output, without those that the looking of a test
// makes.
func tail(s string, n int) string {
	ls := slices.DeleteFunc(strings.Split(s, "\n"), func(l string) bool { return strings.Contains(l, " logged in from unix ") })
	return strings.Join(ls[max(0, len(ls)-n):], "\n")
}

// signal reaches the program and what it started; one that has ended is left
// alone.
func (p *process) signal(sig syscall.Signal) {
	select {
	case <-p.end:
	default:
		_ = syscall.Kill(-p.cmd.Process.Pid, sig) // it may end just now
	}
}

// wait waits for the program's end and returns its exit status.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.end:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatalf("%s did not end; its output:\n%s", p.name, tail(p.out.text(), 60))
		return -1
	}
}

// expect waits for a line after mark that contains every one of the words and
// returns it.
func (p *process) expect(mark int, words ...string) string {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		p.out.mu.Lock()
		for _, s := range p.out.all[min(mark, len(p.out.all)):] {
			if containsAll(s, words) {
				p.out.mu.Unlock()
				return s
			}
		}
		more, done := p.out.more, p.out.done
		p.out.mu.Unlock()
		if done {
			p.t.Fatalf("%s ended without a line with %q; its output:\n%s", p.name, words, tail(p.out.text(), 60))
		}
		select {
		case <-more:
		case <-deadline:
			p.t.Fatalf("%s printed no line with %q; its output:\n%s", p.name, words, tail(p.out.text(), 60))
		}
	}
}

func containsAll(s string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(s, w) {
			return false
		}
	}
	return true
}

// within asks again and again, so often, for so long, until it is so.
func within(d, often time.Duration, so func() bool) bool {
	tick := time.NewTicker(often)
	defer tick.Stop()
	deadline := time.After(d)
	for !so() {
		select {
		case <-tick.C:
		case <-deadline:
			return false
		}
	}
	return true
}

// eventually fails the test if it does not come to be so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	if !within(patience, 50*time.Millisecond, so) {
		t.Fatalf("it never came about: %s", what)
	}
}
