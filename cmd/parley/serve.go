package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"parley/cmd/parley/config"
	"parley/pipeline/stage"
	"parley/transport/realtime"
	"parley/web"
)

func (a *app) serveCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the page and the API",
		Long: "Serves the page at / and the OpenAI Realtime protocol at /v1/realtime (WebSocket) and /v1/realtime/calls\n" +
			"(WebRTC). Ctrl-C drains: nobody new is let in, the clause that is being spoken ends, and then the server\n" +
			"does. A second Ctrl-C ends it at once.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			return a.serve(c.Context(), cfg)
		},
	}
	a.source.Flags(c.Flags(), "listen", "origins", "drain", "limits.sessions", "limits.connections", "limits.queue_bytes",
		"auth.", "webrtc.", "turn.", "asr.", "reasoner.", "llm.", "tts.")
	return c
}

// serve runs the server until ctx is done, and then drains it.
func (a *app) serve(ctx context.Context, cfg config.Config) (err error) {
	log := newLogger(cfg.Log, a.err, a.environ)
	defer func() { _ = log.Sync() }() // fails on terminals
	began := time.Now()
	// The address is taken first: if it is not to be had, nobody should wait
	// for the weights to learn that. Who connects meanwhile is served as soon
	// as they are there.
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; set another address with --listen", cfg.Listen, err)
	}
	defer l.Close()
	h := a.openHouse(cfg)
	defer h.close(&err)
	s, err := h.openServer(log)
	if err != nil {
		return err
	}
	if err := s.warm(ctx); err != nil {
		if ctx.Err() != nil {
			log.Info("stopped before it was ready")
			err = nil
		}
		return errors.Join(err, s.closeDoors())
	}
	var draining atomic.Bool
	server := &http.Server{
		Handler:           routes(s, &draining),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      time.Minute, // WebSockets set their own
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          zap.NewStdLog(log.WithOptions(zap.IncreaseLevel(zap.WarnLevel))),
	}
	log.Info("ready", zap.String("url", urlOf(l.Addr())), zap.Duration("after", time.Since(began).Round(time.Millisecond)),
		zap.String("asr", "moonshine-"+cfg.ASR.Model), zap.String("reasoner", cfg.Reasoner.Kind), zap.String("voice", cfg.TTS.Voice),
		zap.Stringers("media", s.media.Addrs()))
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-gctx.Done()
		draining.Store(true)
		log.Info("draining: no new conversations; Ctrl-C again ends at once", zap.Duration("at_most", cfg.Drain))
		drain(context.WithoutCancel(ctx), s, server, log, cfg.Drain)
		return nil
	})
	err = g.Wait()
	log.Info("stopped")
	return err
}

// drain ends all conversations in good order, then the doors, then the server.
func drain(ctx context.Context, s *server, http *http.Server, log *zap.Logger, patience time.Duration) {
	clause, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.engine.Shutdown(clause); err != nil {
		log.Warn("conversations were cut short", zap.Error(err))
	}
	if err := s.closeDoors(); err != nil {
		log.Warn("close the doors", zap.Error(err))
	}
	requests, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if http.Shutdown(requests) != nil {
		_ = http.Close()
	}
}

// errDraining is what a client is told who comes too late.
var errDraining = &stage.Fault{
	Class: stage.ErrUnavailable, Code: "shutting_down", Message: "The server is shutting down; connect again in a moment.",
}

// routes says what stands where.
func routes(s *server, draining *atomic.Bool) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", web.Handler())
	open := func(door http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if draining.Load() {
				realtime.WriteError(w, http.StatusServiceUnavailable, errDraining)
				return
			}
			door.ServeHTTP(w, r)
		})
	}
	mux.Handle("/v1/realtime", open(s.sockets))
	mux.Handle("/v1/realtime/calls", open(s.media))
	mux.Handle("/v1/realtime/calls/", s.media)
	// A process that answers is healthy; one that drains wants no new clients.
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if draining.Load() {
			http.Error(w, "draining", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ready\n")
	})
	return mux
}

// urlOf gives the address as something to open in a browser.
func urlOf(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String()
	}
	if ip := net.ParseIP(host); ip.IsUnspecified() || ip.IsLoopback() && ip.To4() != nil {
		// Browsers give the microphone to pages of this name, too.
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func (a *app) healthCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "health",
		Short: "Ask the server of this configuration whether it is well",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			return health(c.Context(), cfg.Listen)
		},
	}
	a.source.Flags(c.Flags(), "listen")
	return c
}

func health(ctx context.Context, listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return usage("%q is no address", listen)
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answers %s", resp.Status)
	}
	return nil
}
