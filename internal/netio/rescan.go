package netio

import (
	"fmt"
	"maps"
	"slices"
)

// Change is what Rescan found.
type Change struct {
	Added    []Interface // served from now on
	Removed  []Interface // no longer
	Failed   []error     // should be served and cannot
	Warnings []string
}

func (c *Change) noteBuffer(got, want int) {
	if got < want {
		c.Warnings = []string{fmt.Sprintf(
			"the receive buffer has %d octets and not %d: raise net.core.rmem_max or start as root", got, want)}
	}
}

// Rescan looks at the machine's interfaces again: it starts to serve those that
// it should and does not, lets go of those that are gone, and learns changed
// addresses. The names replace Config.Interfaces; none means all, or those that
// Listen was given. What is served and stays so is not touched. For a Conn on an
// address only the addresses are learnt.
func (c *Conn) Rescan(names []string) (Change, error) {
	all, err := Interfaces()
	if err != nil {
		return Change{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var change Change
	if c.closed {
		return change, nil
	}
	if len(names) > 0 {
		c.cfg.Interfaces = slices.Clone(names)
	}
	old := c.now.Load()
	next := newTable()
	next.route = old.route
	if c.onAddress() {
		next.device, next.listen = old.device, old.listen
		for _, i := range all {
			next.ifaces[i.Index] = i
		}
		c.now.Store(next)
		return change, nil
	}
	for _, i := range c.wanted(all, &change) {
		s := old.device[i.Index]
		if s == nil { // a socket follows its device through a change of name
			if s, err = c.openDevice(i, old.route != nil, &change); err != nil {
				change.Failed = append(change.Failed, err)
				continue
			}
			change.Added = append(change.Added, i)
		}
		next.device[i.Index], next.ifaces[i.Index] = s, i
		next.listen = append(next.listen, s)
	}
	if next.route == nil && len(next.listen) > 0 {
		c.openRoute(next, &change)
	}
	c.swap(old, next, &change)
	return change, nil
}

// wanted picks the interfaces to serve.
func (c *Conn) wanted(all []Interface, change *Change) []Interface {
	var list []Interface
	if len(c.cfg.Interfaces) == 0 {
		for _, i := range all {
			if i.Up && len(i.Addrs) > 0 {
				list = append(list, i)
			}
		}
		return list
	}
	for _, name := range c.cfg.Interfaces {
		at := slices.IndexFunc(all, func(i Interface) bool { return i.Name == name })
		if at < 0 {
			change.Failed = append(change.Failed,
				fmt.Errorf("open port %d on %s: %w; there are %s", c.cfg.Port, name, ErrNoInterface, join(all)))
			continue
		}
		list = append(list, all[at])
	}
	return list
}

// openDevice opens an interface's socket. The first ones want the port for
// themselves; later ones find the socket for unicast replies there already.
func (c *Conn) openDevice(i Interface, yield bool, change *Change) (*socket, error) {
	name := fmt.Sprintf("port %d on %s", c.cfg.Port, i.Name)
	s, got, err := openUDP(name, udpOptions{device: i.Name, port: c.cfg.Port, yield: yield, buffer: c.cfg.ReceiveBuffer})
	if err != nil {
		return nil, err
	}
	s.ifindex = i.Index
	change.noteBuffer(got, c.cfg.ReceiveBuffer)
	return s, nil
}

// openRoute opens the socket for unicast replies. Its port is that of the device
// sockets, which have to tolerate it while it binds.
func (c *Conn) openRoute(t *table, change *Change) {
	tolerate := func(on bool) {
		for _, s := range t.listen {
			// One that fails was closed, and is in nobody's way.
			_ = s.conn.Control(func(fd uintptr) { _ = setReuse(int(fd), on) })
		}
	}
	tolerate(true)
	defer tolerate(false)
	name := fmt.Sprintf("port %d for unicast replies", c.cfg.Port)
	s, _, err := openUDP(name, udpOptions{port: c.cfg.Port, share: true, deaf: true})
	if err != nil {
		change.Warnings = append(change.Warnings, fmt.Sprintf("%v; they leave by the interface of their request", err))
		return
	}
	t.route = s
}

// swap makes next current, starts the readers of its new sockets and closes the
// sockets that it leaves out.
func (c *Conn) swap(old, next *table, change *Change) {
	c.now.Store(next)
	for _, s := range next.listen {
		if !slices.Contains(old.listen, s) {
			c.startReader(s)
		}
	}
	for _, s := range old.listen {
		if slices.Contains(next.listen, s) {
			continue
		}
		s.close()
		c.dropped.Add(s.dropped.Load())
	}
	for _, index := range slices.Sorted(maps.Keys(old.device)) {
		if next.device[index] != old.device[index] {
			change.Removed = append(change.Removed, old.ifaces[index])
		}
	}
}
