package flight

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/core"
)

// Step is one step of a core that was run again.
type Step struct {
	Line  int // of its input in the recording
	Pair  string
	Now   core.Now
	Input string // the input's name, or "New" for an endpoint that begins
	Value string // as it stands in the recording
	State string // after the step
	Did   []string
	// Otherwise says what the core does now and did not when it was recorded,
	// or the reverse; "" is nothing.
	Otherwise string
}

// Play runs a recording again and shows each step. It ends with an error where
// the lines are not those of a recording, or the core looks at other leases than
// it did, so that there is no going on.
func Play(r io.Reader, show func(Step)) error {
	p := player{show: show, cores: map[string]*playing{}}
	in := bufio.NewReader(r)
	for {
		text, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if len(text) > 0 && text[len(text)-1] == '\n' { // else it was cut off
			p.number++
			if err := p.line(text); err != nil {
				return fmt.Errorf("line %d: %w", p.number, err)
			}
		}
		if err != nil {
			return p.end()
		}
	}
}

type player struct {
	show   func(Step)
	number int
	begun  bool
	cores  map[string]*playing
}

// playing is one endpoint.
type playing struct {
	machine *core.Machine
	view    *replayed
	told    *line // what it is to be told next
	number  int   // of that line
}

func (p *player) line(text []byte) error {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return fmt.Errorf("this is no line of a recording: %w", err)
	}
	if l.Format != 0 {
		if l.Format != format {
			return fmt.Errorf("the recording has format %d, this program knows %d", l.Format, format)
		}
		p.begun = true
		p.cores = map[string]*playing{} // another run of the server
		return nil
	}
	if !p.begun {
		return errors.New("a recording begins with its format")
	}
	c := p.cores[l.Pair]
	if c == nil {
		c = &playing{}
		p.cores[l.Pair] = c
	}
	switch {
	case !l.Done && (l.Now == nil || l.New == nil && l.In == ""):
		return errors.New("it tells neither an input nor a result")
	case !l.Done:
		c.told, c.number = &l, p.number
		return nil
	case c.told == nil:
		return errors.New("a result without an input")
	}
	told := c.told
	c.told = nil
	return p.step(c, told, &l)
}

// step runs one step with what it looked at, and compares.
func (p *player) step(c *playing, told, done *line) (err error) {
	s := Step{Line: c.number, Pair: told.Pair, Now: *told.Now, Input: told.In, Value: string(told.Value)}
	defer func() {
		switch why := recover().(type) {
		case nil:
		case *strayed:
			err = fmt.Errorf("%s: %w", s.Input, why)
		default:
			s.Otherwise = fmt.Sprintf("the core breaks down: %v", why)
			if done.Panic != "" {
				s.Otherwise += ", as it did"
			}
			p.show(s)
		}
	}()
	view := &replayed{reads: done.Reads}
	if told.New != nil {
		s.Input = "New"
		c.view = view
		c.machine = core.New(told.New.Config, told.New.Snapshot, view, *told.Now)
	} else {
		if c.machine == nil {
			return fmt.Errorf("%q was not begun", told.Pair)
		}
		in, err := decodeInput(told.In, told.Value)
		if err != nil {
			return err
		}
		*c.view = *view
		c.machine.Step(*told.Now, in)
	}
	var sum uint64
	s.State = c.machine.Status().State.String()
	s.Did, sum = describe(c.machine.Take())
	switch {
	case done.Panic != "":
		s.Otherwise = "the core broke down: " + done.Panic
	case len(c.view.reads) > 0:
		s.Otherwise = fmt.Sprintf("it looked %d times more at the leases", len(c.view.reads))
	case s.State != done.State:
		s.Otherwise = "it went to " + done.State
	case !slices.Equal(s.Did, done.Did):
		s.Otherwise = fmt.Sprintf("it did %q", done.Did)
	case sum != done.Sum:
		s.Otherwise = "it did the same, with other contents"
	}
	p.show(s)
	return nil
}

// end names the endpoints whose last step has no end: the server ended in it.
func (p *player) end() error {
	for pair, c := range p.cores {
		if c.told != nil {
			return fmt.Errorf("line %d: the recording ends within a step of %q", c.number, pair)
		}
	}
	if !p.begun {
		return errors.New("it is empty")
	}
	return nil
}

// strayed says that the core does not look at what it looked at.
type strayed struct{ wants, has string }

func (s *strayed) Error() string {
	if s.has == "" {
		return fmt.Sprintf("the core looks at the leases once more than it did (%s): it does otherwise now, and what it would see is not known", s.wants)
	}
	return fmt.Sprintf("the core looks at the leases otherwise than it did (%s, it was %s): what it would see is not known", s.wants, s.has)
}

// replayed shows what a view showed.
type replayed struct{ reads []read }

func shown[T any](v *replayed, call string) (result T) {
	if len(v.reads) == 0 {
		panic(&strayed{wants: call})
	}
	r := v.reads[0]
	if r.Call != call {
		panic(&strayed{wants: call, has: r.Call})
	}
	v.reads = v.reads[1:]
	if err := decode(r.Result, &result); err != nil {
		panic(&strayed{wants: call, has: err.Error()})
	}
	return result
}

func (v *replayed) Mine(lease.Key) bool       { return shown[bool](v, "Mine") }
func (v *replayed) Get(lease.Key) lease.Lease { return shown[lease.Lease](v, "Get") }
func (v *replayed) NextPending() (int64, bool) {
	e := shown[ending](v, "NextPending")
	return e.End, e.OK
}

func (v *replayed) Unacked(_ lease.Key, _ int, buf []lease.Lease) []lease.Lease {
	return append(buf, shown[[]lease.Lease](v, "Unacked")...)
}

func (v *replayed) All(_ lease.Key, _ int, buf []lease.Lease) []lease.Lease {
	return append(buf, shown[[]lease.Lease](v, "All")...)
}

func (v *replayed) Pending(_ int64, _ int, buf []lease.Key) []lease.Key {
	return append(buf, shown[[]lease.Key](v, "Pending")...)
}

func (v *replayed) Pools(buf []binding.Pool) []binding.Pool {
	return append(buf, shown[[]binding.Pool](v, "Pools")...)
}

func (v *replayed) Spare(_ *binding.Pool, _ lease.Role, _ int, buf []lease.Key) []lease.Key {
	return append(buf, shown[[]lease.Key](v, "Spare")...)
}
