package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"gopkg.in/natefinch/lumberjack.v2"

	"leasehold/internal/admin"
	"leasehold/internal/clock"
	"leasehold/internal/engine"
	"leasehold/internal/eventlog"
	"leasehold/internal/failover"
	"leasehold/internal/lease"
	"leasehold/internal/metrics"
	"leasehold/internal/netio"
	"leasehold/internal/packet"
	"leasehold/internal/probe"
	"leasehold/internal/store"
	"leasehold/internal/version"
	"leasehold/pkg/failover/flight"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
)

// drainTime bounds how long a stop waits for packets that are being answered.
const drainTime = 10 * time.Second

// service is the server's parts in the order in which they are opened.
type service struct {
	config
	logger *slog.Logger
	events *eventlog.Log
	table  *lease.Table
	stored *store.ConfigDB
	conn   *netio.Conn
	probe  *probe.Net // the sockets, with the test client on them
	pairs  *failover.Manager
	engine *engine.Server
	admin  *admin.Service
	rpc    *rpc.Server
	ports  *lowPorts  // nil while the server stays who it is
	failed chan error // a listener broke

	closers []func() error // run last to first
}

func (s *service) onClose(f func() error) { s.closers = append(s.closers, f) }

func (s *service) close() error {
	var errs []error
	for _, f := range slices.Backward(s.closers) {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

// open takes the data folder, opens the databases, the sockets and the admin
// service, and gives root up if it was told to.
func (s *service) open() error {
	s.failed = make(chan error, 4)
	owner, err := lookupAccount(s.user)
	if err != nil {
		return err
	}
	if s.user != "" {
		if s.ports, err = newLowPorts(); err != nil {
			return err
		}
	}
	if err := s.openData(); err != nil {
		return err
	}
	ctx := context.Background()
	s.stored, err = store.OpenConfig(filepath.Join(s.data, "config.db"))
	if err != nil {
		return err
	}
	s.onClose(s.stored.Close)
	cfg, err := s.stored.Load(ctx)
	if err != nil {
		return err
	}
	leases, err := store.OpenLeases(filepath.Join(s.data, "leases.db"))
	if err != nil {
		return err
	}
	s.onClose(leases.Close)
	s.table = lease.New()
	if err := leases.Load(ctx, func(l lease.Lease) error { s.table.Load(l); return nil }); err != nil {
		return err
	}
	if err := s.openFailover(leases); err != nil {
		return err
	}
	if err := s.openNet(cfg, leases); err != nil {
		return err
	}
	if err := s.openAdmin(ctx); err != nil {
		return err
	}
	if err := owner.become(s.data); err != nil || s.ports == nil {
		return err
	}
	return s.ports.afterRoot()
}

// openData makes the data folder and holds it for this process alone.
func (s *service) openData() error {
	if err := os.MkdirAll(filepath.Join(s.data, "logs"), 0o750); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	lock, err := store.LockData(s.data)
	if err != nil {
		return err
	}
	s.onClose(lock.Unlock)
	file := &lumberjack.Logger{Filename: filepath.Join(s.data, "logs", "name_dhcp_1_log"), MaxSize: 10, MaxBackups: 9}
	s.onClose(file.Close)
	s.events = eventlog.New(clock.Real{}, s.logger, file)
	return nil
}

// openFailover makes the manager of the relationships with partners. Its
// sockets are opened when a configuration has one. The certificate is there from
// the first start on, so that its fingerprint can be told to the partner.
func (s *service) openFailover(leases *store.LeaseDB) (err error) {
	var own *tls.Certificate
	if c, err := rpc.Certificate(s.data, clock.Real{}.Now()); err == nil {
		own = &c
	} else {
		s.logger.Warn("failover links cannot be encrypted", "error", err)
	}
	recorder, err := s.recorder()
	if err != nil {
		return err
	}
	s.pairs, err = failover.New(failover.Deps{
		Record: recorder,
		Clock:  clock.Real{}, Table: s.table, Records: leases, Marks: s.stored, Log: s.events,
		Certificate: own, Local: ownAddresses{s.address}, Resolver: net.DefaultResolver, Port: s.failoverPort,
		Again: s.again, Recovered: s.recovered, Listen: s.listen(),
	})
	if err == nil {
		s.onClose(s.pairs.Close)
	}
	return err
}

// recorder is the flight recorder of -record; nil without it. Lines go straight
// to the file: they are there when what they tell has its effect.
func (s *service) recorder() (*flight.Recorder, error) {
	if s.record == "" {
		return nil, nil //nolint:nilnil // none is wanted
	}
	// Clients' names are in it.
	f, err := os.OpenFile(s.record, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("-record: %w", err)
	}
	s.onClose(f.Close)
	return flight.New(f, version.Version, func(err error) { s.logger.Error("the flight recorder stops", "error", err) }), nil
}

// listen is the way to failover ports; nil is the usual one.
func (s *service) listen() func(netip.AddrPort) (net.Listener, error) {
	if s.ports == nil {
		return nil
	}
	return s.ports.listen
}

// again takes the running configuration into service once more, to find out
// what has changed outside of it. What that would be a risk for is not taken.
func (s *service) again() {
	cfg := s.engine.Config()
	if cfg == nil {
		return
	}
	for _, e := range s.engine.Reload(cfg, false).Errors {
		s.logger.Error("configuration refused", "reason", e.Error())
	}
}

// recovered sets failover-recover back, which has been dealt with.
func (s *service) recovered(pair string, since int64) {
	if err := s.admin.Recovered(context.Background(), pair, since); err != nil {
		s.logger.Error("failover-recover is dealt with but stays configured", "error", err)
	}
}

// openNet opens the sockets and makes the engine on them.
func (s *service) openNet(cfg *objects.Config, leases lease.Store) error {
	where, err := s.listenOn(cfg)
	if err != nil {
		return err
	}
	var warnings []string
	s.conn, warnings, err = netio.Listen(where)
	if err != nil {
		return err
	}
	s.warn(warnings)
	s.probe = probe.New(s.conn, clock.Real{})
	deps := engine.Deps{
		Clock: clock.Real{}, Table: s.table, Store: leases, Net: s.probe, Log: s.events,
		Ports:    packet.Ports{Server: s.dhcpPort, Client: s.dhcpPort + 1},
		Failover: s.pairs,
	}
	pinger, err := netio.NewPinger(clock.Real{})
	if err != nil {
		s.logger.Warn("addresses cannot be pinged before they are offered", "error", err)
	} else {
		s.onClose(func() error { pinger.Close(); return nil })
		deps.Pinger = pinger
	}
	s.engine = engine.New(deps)
	s.onClose(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		err := s.engine.Stop(ctx)
		s.conn.Close()
		return errors.Join(err, s.engine.Close())
	})
	return nil
}

// listenOn says where packets come from: -address, -interface, or what the
// configuration says (discover-interfaces, dhcp-interface).
func (s *service) listenOn(cfg *objects.Config) (netio.Config, error) {
	where := netio.Config{Port: s.dhcpPort, Address: s.address, Interfaces: s.interfaces}
	if s.address.IsValid() || len(s.interfaces) > 0 {
		return where, nil
	}
	named, ignored, err := configuredInterfaces(cfg)
	if err != nil {
		return where, err
	}
	if !objects.DhcpDiscoverInterfaces.Of(cfg.Get(objects.Dhcp, "")) {
		if len(named) == 0 {
			return where, errors.New("dhcp discover-interfaces is disabled and no dhcp-interface is configured: nothing to listen on; give -interface NAME")
		}
		where.Interfaces = named
		return where, nil
	}
	where.Discover = true
	if len(ignored) > 0 {
		where.Discover = false
		where.Interfaces, err = allBut(ignored)
	}
	return where, err
}

// configuredInterfaces reads the dhcp-interface objects: those to serve, which
// must be there and have the address that is given, and those to leave alone.
func configuredInterfaces(cfg *objects.Config) (named, ignored []string, err error) {
	present, err := netio.Interfaces()
	if err != nil {
		return nil, nil, err
	}
	for _, o := range cfg.All(objects.DhcpInterface) {
		if objects.InterfaceIgnore.Of(o) {
			ignored = append(ignored, o.Name)
			continue
		}
		i := slices.IndexFunc(present, func(i netio.Interface) bool { return i.Name == o.Name })
		if i < 0 {
			return nil, nil, fmt.Errorf("%s: this machine has no such interface", o.Ref())
		}
		want, err := netip.ParsePrefix(objects.InterfaceAddress.Of(o))
		if err == nil && !want.Addr().IsUnspecified() && !present[i].Has(want.Addr()) {
			return nil, nil, fmt.Errorf("%s: the interface does not have the address %s", o.Ref(), want.Addr())
		}
		named = append(named, o.Name)
	}
	return named, ignored, nil
}

// allBut names the interfaces that are up and have an address, without those.
func allBut(ignored []string) ([]string, error) {
	present, err := netio.Interfaces()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, i := range present {
		if i.Up && i.Primary().IsValid() && !slices.Contains(ignored, i.Name) {
			names = append(names, i.Name)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("every interface that is up is a dhcp-interface with ignore=true: nothing to listen on")
	}
	return names, nil
}

func (s *service) openAdmin(ctx context.Context) error {
	var err error
	s.admin, err = admin.New(ctx, admin.Deps{Store: s.stored, Runtime: s.engine, Failover: s.pairs, Drift: s.pairs, Probe: s.probe, Clock: clock.Real{}, Log: s.events, Data: s.data})
	if err != nil {
		return err
	}
	address := s.config.rpc
	if address == "off" {
		address = ""
	}
	s.rpc, err = rpc.Listen(rpc.Config{Data: s.data, Address: address, Admin: s.admin, Guard: s.admin, Clock: clock.Real{}, Logger: s.logger})
	if err != nil {
		return err
	}
	s.onClose(s.rpc.Close)
	return nil
}

// serve loads the configuration and answers packets and administrators. An
// invalid configuration does not end the server: an administrator must be able
// to mend it.
func (s *service) serve() error {
	if s.reload() {
		s.admin.Resume(context.Background())
		if err := s.engine.Start(); err != nil {
			return err
		}
	}
	delivering, end := context.WithCancel(context.Background())
	delivered := make(chan struct{})
	s.onClose(func() error { end(); <-delivered; return nil })
	go func() { defer close(delivered); s.admin.Deliver(delivering) }()
	go func() {
		if err := s.rpc.Serve(); err != nil {
			s.failed <- fmt.Errorf("admin service: %w", err)
		}
	}()
	if s.metrics == "" {
		return nil
	}
	l, err := net.Listen("tcp", s.metrics)
	if err != nil {
		return fmt.Errorf("listen for metrics on %s: %w", s.metrics, err)
	}
	web := &http.Server{Handler: metrics.Handler(s.engine, s.pairs), ReadHeaderTimeout: 10 * time.Second}
	s.onClose(web.Close)
	go func() {
		if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("metrics: %w", err)
		}
	}()
	return nil
}

// reload takes the stored configuration into service and tells whether it was
// valid.
func (s *service) reload() bool {
	report := s.admin.Reload(context.Background(), false)
	for _, w := range report.Warnings {
		s.logger.Warn("configuration", "warning", w.Error())
	}
	for _, e := range report.Errors {
		s.logger.Error("configuration refused", "reason", e.Error())
	}
	return len(report.Errors) == 0
}

func (s *service) rescan() {
	change, err := s.conn.Rescan(s.interfaces)
	if err != nil {
		s.logger.Error("look at the interfaces", "error", err)
		return
	}
	for _, i := range change.Added {
		s.logger.Info("interface served from now on", "interface", i.Name)
	}
	for _, i := range change.Removed {
		s.logger.Warn("interface is gone", "interface", i.Name)
	}
	for _, err := range change.Failed {
		s.logger.Error("interface cannot be served", "error", err)
	}
	s.warn(change.Warnings)
}

func (s *service) warn(warnings []string) {
	for _, w := range warnings {
		s.logger.Warn(w)
	}
}
