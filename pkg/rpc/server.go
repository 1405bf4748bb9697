package rpc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"connectrpc.com/connect"

	"leasehold/internal/clock"
	"leasehold/pkg/rpc/adminv1/adminv1connect"
)

// closeWait is how long Close waits for calls under way.
const closeWait = 3 * time.Second

// SocketFile is the unix socket's name in the data folder.
const SocketFile = "rpc.sock"

// Guard decides who may call. It sees every call before its message is read.
type Guard interface {
	// Authorize checks the bearer token of a call ("" where it has none) and
	// returns the context that the handler gets. The peer is in ctx. An
	// *objects.Error reaches the caller as it is.
	Authorize(ctx context.Context, procedure, token string) (context.Context, error)
}

// Config is what Listen needs.
type Config struct {
	Data    string // data folder: the socket, the TLS key and certificate
	Address string // host:port for TLS; "" opens the unix socket only
	Admin   adminv1connect.AdminHandler
	Guard   Guard
	Clock   clock.Clock // the machine's: connection deadlines follow it
	Limits  Limits
	Logger  *slog.Logger // connection troubles, at debug; nil: nowhere
}

// Server serves the admin service on its listeners.
type Server struct {
	http        *http.Server
	unix, tcp   *listener // tcp is nil without an address
	fingerprint string
}

// Listen opens the socket and, if an address is given, the TLS port. Calls are
// answered once Serve runs.
func Listen(cfg Config) (*Server, error) {
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	s := &Server{http: newHTTPServer(cfg)}
	if cfg.Address != "" {
		if err := s.listenTLS(cfg); err != nil {
			return nil, err
		}
	}
	socket, err := listenUnix(filepath.Join(cfg.Data, SocketFile))
	if err != nil {
		if s.tcp != nil {
			err = errors.Join(err, s.tcp.Close())
		}
		return nil, err
	}
	s.unix = newListener(socket, cfg.Limits.Connections, cfg.Limits.Connections)
	return s, nil
}

func (s *Server) listenTLS(cfg Config) error {
	pair, err := Certificate(cfg.Data, cfg.Clock.Now())
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", cfg.Address)
	if err != nil {
		return fmt.Errorf("listen for administrators on %s: %w", cfg.Address, err)
	}
	s.tcp = newListener(l, cfg.Limits.Connections, cfg.Limits.PerSource)
	s.fingerprint = Fingerprint(pair.Certificate[0])
	s.http.TLSConfig = &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{pair},
	}
	return nil
}

// listenUnix takes over a socket file that a dead server left behind, and
// refuses where a live one answers.
func listenUnix(path string) (net.Listener, error) {
	l, err := net.Listen("unix", path)
	if errors.Is(err, syscall.EADDRINUSE) {
		c, dialErr := net.Dial("unix", path)
		if dialErr == nil {
			_ = c.Close() // it has told what we asked
			return nil, fmt.Errorf("listen for administrators on %s: another server answers there", path)
		}
		if rmErr := os.Remove(path); rmErr != nil && !errors.Is(rmErr, fs.ErrNotExist) {
			return nil, fmt.Errorf("remove left-over socket: %w", rmErr)
		}
		l, err = net.Listen("unix", path)
	}
	if err != nil {
		if len(path) > 107 {
			return nil, fmt.Errorf("listen for administrators on %s: a unix socket's path has at most 107 bytes: %w", path, err)
		}
		return nil, fmt.Errorf("listen for administrators on %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o660); err != nil {
		return nil, errors.Join(fmt.Errorf("set mode of %s: %w", path, err), l.Close())
	}
	return l, nil
}

// Address returns the TLS listener's address, nil without one.
func (s *Server) Address() net.Addr {
	if s.tcp == nil {
		return nil
	}
	return s.tcp.Addr()
}

// Fingerprint returns that of the TLS certificate, "" without a TLS listener.
func (s *Server) Fingerprint() string { return s.fingerprint }

// Serve answers calls until Shutdown; then it returns nil.
func (s *Server) Serve() error {
	var wg sync.WaitGroup
	errs := make([]error, 2)
	wg.Go(func() { errs[0] = s.http.Serve(s.unix) })
	if s.tcp != nil {
		wg.Go(func() { errs[1] = s.http.ServeTLS(s.tcp, "", "") })
	}
	wg.Wait()
	for i, err := range errs {
		if errors.Is(err, http.ErrServerClosed) {
			errs[i] = nil
		}
	}
	return errors.Join(errs...)
}

// Shutdown stops listening, lets running calls finish until ctx ends, and then
// breaks them.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	// Where Serve never ran, the HTTP server does not know its listeners.
	_ = s.unix.Close()
	if s.tcp != nil {
		_ = s.tcp.Close()
	}
	return err
}

// Close is Shutdown with a patience of a few seconds.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	return s.Shutdown(ctx)
}

func newHTTPServer(cfg Config) *http.Server {
	mux := http.NewServeMux()
	path, handler := adminv1connect.NewAdminHandler(cfg.Admin,
		connect.WithReadMaxBytes(cfg.Limits.MessageBytes),
		connect.WithCompressMinBytes(4<<10),
		connect.WithRecover(func(_ context.Context, spec connect.Spec, _ http.Header, cause any) error {
			cfg.Logger.Error("panic in an admin call", "procedure", spec.Procedure, "cause", cause, "stack", string(debug.Stack()))
			return connect.NewError(connect.CodeInternal, fmt.Errorf("the server failed in %s; its log has the details", spec.Procedure))
		}),
	)
	mux.Handle(path, &gate{next: handler, guard: cfg.Guard, limits: cfg.Limits, clock: cfg.Clock, writer: connect.NewErrorWriter()})
	return &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: cfg.Limits.HeaderWait,
		IdleTimeout:       cfg.Limits.IdleWait,
		MaxHeaderBytes:    cfg.Limits.HeaderBytes,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: cfg.Limits.Streams},
		ConnContext:       connContext,
		ErrorLog:          log.New(debugWriter{cfg.Logger}, "", 0),
	}
}

// debugWriter brings net/http's complaints about callers (bad handshakes,
// garbage) to the log without letting them fill it.
type debugWriter struct{ log *slog.Logger }

func (w debugWriter) Write(p []byte) (int, error) {
	w.log.Debug("admin connection", "trouble", string(p))
	return len(p), nil
}
