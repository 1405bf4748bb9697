package rpc

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"connectrpc.com/connect"

	"leasehold/internal/clock"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1/adminv1connect"
)

// gate stands before the service's handler: it asks the guard while only the
// headers have been read, and makes every later read and write of the call
// move within BodyWait.
type gate struct {
	next   http.Handler
	guard  Guard
	limits Limits
	clock  clock.Clock
	writer *connect.ErrorWriter
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	pace := &pace{control: http.NewResponseController(w), clock: g.clock, wait: g.limits.BodyWait}
	w = &pacedWriter{ResponseWriter: w, pace: pace}
	limit := int64(g.limits.LoginBytes)
	if r.URL.Path != adminv1connect.AdminLoginProcedure {
		ctx, err := g.guard.Authorize(r.Context(), r.URL.Path, bearer(r))
		if err != nil {
			g.refuse(w, r, err)
			return
		}
		r = r.WithContext(ctx)
		limit = 0
	}
	r.Body = &pacedReader{ReadCloser: r.Body, pace: pace}
	if limit > 0 {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
	}
	g.next.ServeHTTP(w, r)
}

func (g *gate) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if e, ok := errors.AsType[*objects.Error](err); ok {
		err = Refusal(e)
	}
	w.Header().Set("Connection", "close") // the unread body is not worth reading
	if !g.writer.IsSupported(r) {
		http.Error(w, "this is the admin service of a DHCP server", http.StatusUnauthorized)
		return
	}
	// The caller may have gone; there is nobody else to tell.
	_ = g.writer.Write(w, r, err)
}

func bearer(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return token
}

// pace moves a connection's deadlines ahead of each piece of work.
type pace struct {
	control *http.ResponseController
	clock   clock.Clock
	wait    time.Duration
}

// The connection may not know deadlines (a test's recorder); then there is
// nothing to hold up either.
func (p *pace) read()  { _ = p.control.SetReadDeadline(p.clock.Now().Add(p.wait)) }
func (p *pace) write() { _ = p.control.SetWriteDeadline(p.clock.Now().Add(p.wait)) }

type pacedReader struct {
	io.ReadCloser
	pace *pace
}

func (r *pacedReader) Read(b []byte) (int, error) {
	r.pace.read()
	n, err := r.ReadCloser.Read(b)
	if err != nil {
		// The server goes on reading behind the body, to notice a caller that
		// leaves; that may take as long as the answer does.
		_ = r.pace.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

type pacedWriter struct {
	http.ResponseWriter
	pace *pace
}

func (w *pacedWriter) Write(b []byte) (int, error) {
	w.pace.write()
	return w.ResponseWriter.Write(b)
}

func (w *pacedWriter) WriteHeader(status int) {
	w.pace.write()
	w.ResponseWriter.WriteHeader(status)
}

// Flush sends what is buffered; streams need it after each message.
func (w *pacedWriter) Flush() {
	w.pace.write()
	_ = w.pace.control.Flush() // a broken connection shows at the next Write
}

// Unwrap lets http.ResponseController reach the connection.
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
