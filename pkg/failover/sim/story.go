package sim

import (
	"cmp"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// A story is a schedule as text, one line for each thing:
//
//	seed 17
//	network latency=50ms loss=5
//	server A skew=30s drift=100 disk=20ms
//	server B dhcpd
//	pair P main=A backup=B clients=4 pool=16 mclt=60 lease=120
//	until 20m
//	at 90s crash A
//	on A sends BNDUPD #2 after 30s do crash A
//
// What a line leaves out is as in defaultPair. The actions are those of
// operate.go.

func defaultPair() Pair {
	return Pair{
		Clients: 4, Pool: 12, MCLT: 60, Lease: 120, Grace: 5, Unavailable: 600, Percent: 50,
		Bulking: true, MaxUnacked: 10, Poll: 30 * time.Second,
	}
}

const (
	defaultDisk    = 10 * time.Millisecond
	defaultLatency = 20 * time.Millisecond
)

// Parse reads a story.
func Parse(text string) (*Schedule, error) {
	s := &Schedule{Latency: defaultLatency, Until: 10 * time.Minute}
	for i, line := range strings.Split(text, "\n") {
		if j := strings.Index(line, "//"); j >= 0 {
			line = line[:j]
		}
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if err := s.line(f); err != nil {
			return nil, fmt.Errorf("line %d, %q: %w", i+1, line, err)
		}
	}
	return s, s.check()
}

func (s *Schedule) line(f []string) error {
	if len(f) < 2 {
		return fmt.Errorf("%s says nothing", f[0])
	}
	var err error
	switch f[0] {
	case "seed":
		s.Seed, err = strconv.ParseUint(f[1], 10, 64)
	case "until":
		s.Until, err = time.ParseDuration(f[1])
	case "network":
		err = setAll(s, f[1:])
	case "server":
		v := Server{Name: f[1], Disk: defaultDisk}
		err = setAll(&v, f[2:])
		s.Servers = append(s.Servers, v)
	case "pair":
		v := defaultPair()
		v.Name = f[1]
		err = setAll(&v, f[2:])
		s.Pairs = append(s.Pairs, v)
	case "at", "on":
		var st Step
		st, err = parseStep(f)
		s.Steps = append(s.Steps, st)
	default:
		err = fmt.Errorf("%q is not known", f[0])
	}
	return err
}

func parseStep(f []string) (Step, error) {
	var s Step
	var err error
	if f[0] == "at" {
		if len(f) < 3 {
			return s, fmt.Errorf("at <time> <action> is needed")
		}
		if s.At, err = time.ParseDuration(f[1]); err != nil {
			return s, err
		}
		f = f[2:]
	} else {
		if len(f) < 3 {
			return s, fmt.Errorf("on <server> <verb> ... do <action> is needed")
		}
		s.On = &Trigger{Server: f[1], Verb: f[2], Nth: 1}
		f = f[3:]
		for len(f) > 0 && f[0] != "do" {
			switch {
			case f[0][0] == '#':
				s.On.Nth, err = strconv.Atoi(f[0][1:])
			case f[0] == "after" && len(f) > 1:
				s.At, err = time.ParseDuration(f[1])
				f = f[1:]
			default:
				s.On.What = f[0]
			}
			if err != nil {
				return s, err
			}
			f = f[1:]
		}
		if len(f) < 2 {
			return s, fmt.Errorf("do <action> is missing")
		}
		f = f[1:]
	}
	s.Verb, s.Args = f[0], f[1:]
	return s, nil
}

// setAll sets fields by their lower-case names: "mclt=60", or "bootp" for a bool.
func setAll(to any, args []string) error {
	v := reflect.ValueOf(to).Elem()
	for _, a := range args {
		name, text, _ := strings.Cut(a, "=")
		field := v.FieldByNameFunc(func(n string) bool { return strings.EqualFold(n, name) })
		if !field.IsValid() {
			return fmt.Errorf("%q is not known", name)
		}
		if err := set(field, text); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func set(field reflect.Value, text string) error {
	switch field.Interface().(type) {
	case time.Duration:
		d, err := time.ParseDuration(text)
		field.SetInt(int64(d))
		return err
	case bool:
		field.SetBool(text != "no")
		return nil
	case string:
		field.SetString(text)
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return err
	}
	if field.CanUint() {
		field.SetUint(uint64(n))
	} else {
		field.SetInt(n)
	}
	return nil
}

func (s *Schedule) check() error {
	for _, p := range s.Pairs {
		main, backup := s.server(p.Main), s.server(p.Backup)
		if main < 0 || backup < 0 || main == backup {
			return fmt.Errorf("pair %s: main=%s and backup=%s must be two servers", p.Name, p.Main, p.Backup)
		}
		if p.Pool < 1 || p.Pool > maxPool || p.MCLT < 1 || p.Lease < 1 {
			return fmt.Errorf("pair %s: pool is 1 to %d, mclt and lease at least 1", p.Name, maxPool)
		}
	}
	for i := range s.Steps {
		if err := s.Steps[i].check(s); err != nil {
			return fmt.Errorf("%q: %w", s.Steps[i].String(), err)
		}
	}
	if len(s.Pairs) == 0 {
		return fmt.Errorf("there is no pair")
	}
	return nil
}

func (s *Schedule) server(name string) int {
	for i := range s.Servers {
		if s.Servers[i].Name == name {
			return i
		}
	}
	return -1
}

// String is the schedule as a story.
func (s *Schedule) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d\n", s.Seed)
	fmt.Fprintf(&b, "network%s\n", differences(reflect.ValueOf(*s), reflect.ValueOf(Schedule{Latency: -1, Loss: -1}), "Latency", "Loss"))
	for i := range s.Servers {
		fmt.Fprintf(&b, "server %s%s\n", s.Servers[i].Name, differences(reflect.ValueOf(s.Servers[i]), reflect.ValueOf(Server{Disk: defaultDisk})))
	}
	for i := range s.Pairs {
		fmt.Fprintf(&b, "pair %s%s\n", s.Pairs[i].Name, differences(reflect.ValueOf(s.Pairs[i]), reflect.ValueOf(defaultPair())))
	}
	fmt.Fprintf(&b, "until %v\n", s.Until)
	for i := range s.Steps {
		fmt.Fprintln(&b, s.Steps[i].String())
	}
	return b.String()
}

// differences is " name=value" for the fields that are not as by default.
func differences(v, d reflect.Value, only ...string) string {
	var b strings.Builder
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if name == "Name" || len(only) > 0 && name != only[0] && name != only[1] {
			continue
		}
		if v.Field(i).Equal(d.Field(i)) {
			continue
		}
		switch x := v.Field(i).Interface().(type) {
		case bool:
			fmt.Fprintf(&b, " %s", strings.ToLower(name))
			if !x {
				b.WriteString("=no")
			}
		default:
			fmt.Fprintf(&b, " %s=%v", strings.ToLower(name), x)
		}
	}
	return b.String()
}

// String is the step as a line of a story.
func (s *Step) String() string {
	what := strings.Join(append([]string{s.Verb}, s.Args...), " ")
	if s.On == nil {
		return fmt.Sprintf("at %v %s", s.At, what)
	}
	line := "on " + s.On.Server + " " + s.On.Verb
	if s.On.What != "" {
		line += " " + s.On.What
	}
	if n := cmp.Or(s.On.Nth, 1); n > 1 {
		line += " #" + strconv.Itoa(n)
	}
	if s.At > 0 {
		line += " after " + s.At.String()
	}
	return line + " do " + what
}

// Stories are the schedules in a file of stories: what stands between a line
// that begins with "sim" and one of dashes.
func Stories(file string) []string {
	var all []string
	var b *strings.Builder
	for line := range strings.SplitSeq(file, "\n") {
		switch {
		case b == nil && (line == "sim" || strings.HasPrefix(line, "sim ")):
			b = new(strings.Builder)
		case b != nil && strings.HasPrefix(line, "----"):
			all = append(all, b.String())
			b = nil
		case b != nil:
			b.WriteString(line + "\n")
		}
	}
	return all
}
