package link

import (
	"net/netip"
	"testing"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// pair brings two servers together.
func pair(t *testing.T) (m, b *Peer, main, backup *recorder, toMain, toBackup *Conn) {
	port := free(t)
	m, main = add(t, newHub(t, clock.Real{}), config("pair", lease.Primary, 2, 3, port))
	b, backup = add(t, newHub(t, clock.Real{}), config("pair", lease.Secondary, 3, 2, port))
	toBackup, toMain = await[Up](main).Conn, await[Up](backup).Conn
	return
}

func TestTwoServersConnect(t *testing.T) {
	port := free(t)
	cfg := config("office", lease.Primary, 2, 3, port)
	cfg.MaxUnacked, cfg.DelayedService, cfg.Options = 17, 4, wire.VendorOptions("").With(1, "digest")
	m, main := add(t, newHub(t, clock.Real{}), cfg)
	b, backup := add(t, newHub(t, clock.Real{}), config("office", lease.Secondary, 3, 2, port))
	u, v := await[Up](main), await[Up](backup)
	if u.Profile != wire.Own || u.MaxUnacked != 50 || u.ReceiveTimer != 30 || u.MCLT != 3600 || u.Secure {
		t.Errorf("main is told %+v", u)
	}
	if v.Profile != wire.Own || v.MaxUnacked != 17 || v.MCLT != 3600 || v.DelayedService != 4 || v.Options != cfg.Options {
		t.Errorf("backup is told %+v", v)
	}
	if v.HBA != wire.Own.Split(128) || u.HBA != v.HBA {
		t.Errorf("hash buckets are %x and %x", u.HBA, v.HBA)
	}
	state := wire.STATE{State: wire.StateNormal, Since: 5}
	if err := u.Conn.Send(2, state); err != nil {
		t.Fatal(err)
	}
	if got := await[wire.STATE](backup); got != state {
		t.Errorf("backup got %+v", got)
	}
	if err := v.Conn.Send(2, state); err != nil {
		t.Fatal(err)
	}
	await[wire.STATE](main)
	if s := m.Status(); !s.Connected || s.Vendor != wire.VendorPrefix+"test" || s.Connects != 1 || !s.Listening ||
		s.Local.Addr() != at(2, 0).Addr() || s.Remote.Addr() != at(3, 0).Addr() || s.LastReceived.IsZero() {
		t.Errorf("main shows %+v", s)
	}
	b.Close("going home")
	if d := await[Down](main); d.Reason != wire.ReasonUnknown || d.Text != "going home" || !d.ByPartner {
		t.Errorf("main heard %+v", d)
	}
	if d := await[Down](backup); d.ByPartner {
		t.Errorf("backup heard %+v", d)
	}
	if u.Conn.Send(3, state) != ErrClosed || v.Conn.Send(3, state) != ErrClosed {
		t.Error("a closed connection takes messages")
	}
	if s := m.Status(); s.Connected || s.LastError != "going home" || len(s.Refusals) > 0 {
		t.Errorf("main shows %+v", s)
	}
}

func TestMessagesKeepTheirOrderAndTheirTime(t *testing.T) {
	_, _, main, backup, toMain, toBackup := pair(t)
	const n = 3000
	go func() {
		for i := range n {
			toBackup.Send(uint32(2+i), wire.POOLRESP{Transferred: uint32(i)})
			toMain.Send(uint32(2+i), wire.POOLRESP{Transferred: uint32(i)})
		}
	}()
	for _, r := range []*recorder{main, backup} {
		for i := range n {
			m := await[wire.Message](r)
			if m.XID != uint32(2+i) || m.Body.(wire.POOLRESP).Transferred != uint32(i) {
				t.Fatalf("message %d is %v", i, m)
			}
			if d := time.Now().Unix() - m.Time.Unix(); d < 0 || d > 5 {
				t.Fatalf("message %d bears a time %d s ago", i, d)
			}
		}
	}
}

func TestHangupAndReconnect(t *testing.T) {
	m, _, main, backup, _, toBackup := pair(t)
	for i := range 3 {
		if err := toBackup.Send(2, wire.UPDREQ{}); err != nil {
			t.Error(err)
		}
		toBackup.Hangup(wire.ReasonUnknown, "again")
		if d := await[Down](main); d.ByPartner || d.Text != "again" {
			t.Errorf("main heard %+v", d)
		}
		heard(backup, wire.UPDREQ{})
		heard(backup, Down{wire.ReasonUnknown, "again", true})
		toBackup = await[Up](main).Conn
		if c := m.Status().Connects; c != uint64(i+2) {
			t.Fatalf("%d connections", c)
		}
	}
}

// heard waits for an event. The backup may take a CONNECT that the main server
// sent on a second connection and has closed since: that comes up and goes down
// again before.
func heard(r *recorder, want any) {
	r.tb.Helper()
	for {
		got := await[any](r)
		if got == want {
			return
		}
		d, down := got.(Down)
		if _, up := got.(Up); !up && !(down && d.Reason == 0 && d.ByPartner) {
			r.tb.Fatalf("%s: got %+v, want %+v", r.name, got, want)
		}
	}
}

func TestSameHostsManyRelationships(t *testing.T) {
	port := free(t)
	h2, h3 := newHub(t, clock.Real{}), newHub(t, clock.Real{})
	var recs [][2]*recorder
	for _, rel := range []struct {
		name  string
		role2 lease.Role
	}{{"alpha", lease.Primary}, {"beta", lease.Secondary}, {"gamma", lease.Primary}, {"delta", lease.Secondary}} {
		_, r2 := add(t, h2, config(rel.name, rel.role2, 2, 3, port))
		_, r3 := add(t, h3, config(rel.name, rel.role2.Other(), 3, 2, port))
		recs = append(recs, [2]*recorder{r2, r3})
	}
	for i, r := range recs {
		u, v := await[Up](r[0]), await[Up](r[1])
		u.Conn.Send(uint32(100+i), wire.POOLRESP{Transferred: uint32(i)})
		if got := await[wire.POOLRESP](r[1]); got.Transferred != uint32(i) {
			t.Errorf("relationship %d got the message of %d", i, got.Transferred)
		}
		v.Conn.Send(uint32(100+i), wire.POOLRESP{Transferred: uint32(i)})
		await[wire.POOLRESP](r[0])
	}
	if len(h2.listeners) != 1 {
		t.Errorf("%d listeners", len(h2.listeners))
	}
}

func TestManyPartners(t *testing.T) {
	port := free(t)
	hub := newHub(t, clock.Real{})
	for host := byte(10); host < 20; host++ {
		_, mine := add(t, hub, config("rel", lease.Secondary, 2, host, port))
		_, theirs := add(t, newHub(t, clock.Real{}), config("rel", lease.Primary, host, 2, port))
		await[Up](theirs).Conn.Send(2, wire.POOLRESP{Transferred: uint32(host)})
		if u := await[Up](mine); u.Conn.raw.RemoteAddr() == nil {
			t.Error("no address")
		}
		if got := await[wire.POOLRESP](mine); got.Transferred != uint32(host) {
			t.Errorf("from %d came %d", host, got.Transferred)
		}
	}
}

// TestOneDirection: either side may be the only one that can connect, with
// one relationship, or with this server primary in all of them.
func TestOneDirection(t *testing.T) {
	for _, names := range [][]string{{"a"}, {"a", "b", "c"}} {
		for _, dialler := range []lease.Role{lease.Primary, lease.Secondary} {
			t.Run(dialler.String(), func(t *testing.T) {
				port, closed := free(t), free(t)
				hubs := map[lease.Role]*Hub{lease.Primary: newHub(t, clock.Real{}), lease.Secondary: newHub(t, clock.Real{})}
				var recs []*recorder
				for _, name := range names {
					p, s := config(name, lease.Primary, 2, 3, port), config(name, lease.Secondary, 3, 2, port)
					other := &p
					if dialler == lease.Primary {
						other = &s
					}
					other.Partner = netip.AddrPortFrom(other.Partner.Addr(), closed)
					_, r := add(t, hubs[lease.Primary], p)
					_, q := add(t, hubs[lease.Secondary], s)
					recs = append(recs, r, q)
				}
				for _, r := range recs {
					await[Up](r)
				}
			})
		}
	}
}

func TestReferenceCountOfListener(t *testing.T) {
	port := free(t)
	h := newHub(t, clock.Real{})
	a, _ := add(t, h, config("a", lease.Secondary, 2, 3, port))
	b, _ := add(t, h, config("b", lease.Secondary, 2, 3, port))
	if _, err := h.Add(config("b", lease.Primary, 2, 3, port), newRecorder(t, "twice")); err == nil {
		t.Error("the same relationship twice")
	}
	a.Close("")
	dialFrom(t, 3, at(2, port)).nc.Close()
	b.Close("")
	b.Close("")
	ln := listenAt(t, at(2, port)) // is free again
	ln.Close()
	_, r := add(t, h, config("a", lease.Secondary, 2, 3, port))
	_, q := add(t, newHub(t, clock.Real{}), config("a", lease.Primary, 3, 2, port))
	await[Up](r)
	await[Up](q)
}

func TestListenerComesWhenItCan(t *testing.T) {
	port := free(t)
	clk := clock.NewManual(time.Now())
	ln := listenAt(t, at(2, port))
	h := newHub(t, clk)
	p, r := add(t, h, config("a", lease.Secondary, 2, 3, port))
	n := r.notice(NoticeListen)
	if n.Text != "cannot listen on "+at(2, port).String()+": bind: address already in use" {
		t.Errorf("notice %q", n.Text)
	}
	if p.Status().Listening {
		t.Error("shown as listening")
	}
	ln.Close()
	eventually(t, "it listens", func() bool {
		clk.Advance(defaultRetry)
		return p.Status().Listening
	})
}
