// Package promtest runs a real Prometheus for tests and benchmarks: on a free loopback port, in a
// temporary directory, filled with synthetic series whose truth is known. A mock would only confirm
// what we believe of PromQL; the server knows better.
//
// The binaries are dev/bin/prometheus and dev/bin/promtool, or PROMETHEUS_BIN (promtool is looked for
// beside it), or those on PATH.
package promtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ErrNoBinary means that this machine has no Prometheus yet.
var ErrNoBinary = errors.New("no prometheus found in dev/bin, PROMETHEUS_BIN or PATH: run `go tool mage prometheus` to build it (about 5 minutes, once)")

// startTimeout bounds the wait for a new server to answer, stopTimeout the wait for its orderly end.
const (
	startTimeout = 60 * time.Second
	stopTimeout  = 20 * time.Second
)

// Config says what server to start.
type Config struct {
	// Dir holds the server's data; a temporary directory when empty. Blocks that are already in
	// Dir/data are served.
	Dir string
	// Flags are added to the server's command line.
	Flags []string
	// ScrapeConfig is the YAML list below `scrape_configs:`; nothing is scraped when empty.
	ScrapeConfig string
}

// Server is a running Prometheus.
type Server struct {
	// URL is its base address, e.g. "http://127.0.0.1:34567".
	URL string

	cfg  Config
	port int
	cmd  *exec.Cmd
	done chan struct{}
	log  string
}

// Start runs a server for the length of a test, filled with series (by remote write, so that stale
// markers and native histograms work). The test fails with a remedy when there is no binary.
func Start(tb testing.TB, cfg Config, series ...Series) *Server {
	tb.Helper()
	if cfg.Dir == "" {
		cfg.Dir = tb.TempDir()
	}
	server, err := Launch(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := server.Stop(); err != nil {
			tb.Errorf("stop prometheus: %v", err)
		}
	})
	if err := server.Write(tb.Context(), series...); err != nil {
		tb.Fatal(err)
	}
	return server
}

// Launch starts a server and waits until it is ready. The caller stops it. Errors hold the end of the
// server's log.
func Launch(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Dir == "" {
		dir, err := os.MkdirTemp("", "promtest-")
		if err != nil {
			return nil, err
		}
		cfg.Dir = dir
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	server := &Server{URL: fmt.Sprintf("http://127.0.0.1:%d", port), cfg: cfg, port: port}
	return server, server.Run(ctx)
}

// Run starts a stopped server again, on the same port and data.
func (s *Server) Run(ctx context.Context) error {
	binary, err := find("prometheus")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(s.cfg.Dir, "data"), 0o750); err != nil {
		return err
	}
	config := filepath.Join(s.cfg.Dir, "prometheus.yml")
	if err := os.WriteFile(config, []byte(s.configuration()), 0o600); err != nil {
		return err
	}
	s.log = filepath.Join(s.cfg.Dir, "prometheus.log")
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	s.cmd = exec.Command(binary, s.arguments(config)...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", binary, err)
	}
	s.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		_ = cmd.Wait()
		close(done)
	}(s.cmd, s.done)
	return s.waitReady(ctx)
}

func (s *Server) configuration() string {
	config := "global:\n  scrape_interval: 15s\nstorage:\n  tsdb:\n    out_of_order_time_window: 3650d\n"
	if s.cfg.ScrapeConfig != "" {
		config += "scrape_configs:\n" + s.cfg.ScrapeConfig
	}
	return config
}

func (s *Server) arguments(config string) []string {
	return append([]string{
		"--config.file=" + config,
		"--storage.tsdb.path=" + filepath.Join(s.cfg.Dir, "data"),
		"--storage.tsdb.retention.time=3650d",
		"--web.enable-remote-write-receiver",
		fmt.Sprintf("--web.listen-address=127.0.0.1:%d", s.port),
		"--log.level=warn",
	}, s.cfg.Flags...)
}

func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/-/ready", http.NoBody)
		if err != nil {
			return err
		}
		if answer, err := http.DefaultClient.Do(request); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-s.done:
			return fmt.Errorf("prometheus ended at once; its log: %s", s.logTail())
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("prometheus is not ready: %w; its log: %s", ctx.Err(), s.logTail()), s.Stop())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *Server) logTail() string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-2000):])
}

// Stop ends the server in an orderly way; its data stay. Stopping a stopped server does nothing.
func (s *Server) Stop() error {
	if s.cmd == nil {
		return nil
	}
	defer func() { s.cmd = nil }()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
		return nil
	case <-time.After(stopTimeout):
		_ = s.cmd.Process.Kill()
		<-s.done
		return fmt.Errorf("prometheus did not stop within %s and was killed", stopTimeout)
	}
}

// PID is the running server's process id; 0 when it is stopped.
func (s *Server) PID() int {
	if s.cmd == nil {
		return 0
	}
	return s.cmd.Process.Pid
}

// find looks for one of Prometheus's programs.
func find(program string) (string, error) {
	if named := os.Getenv("PROMETHEUS_BIN"); named != "" {
		if program != "prometheus" {
			named = filepath.Join(filepath.Dir(named), program)
		}
		if _, err := os.Stat(named); err != nil {
			return "", fmt.Errorf("PROMETHEUS_BIN: %w", err)
		}
		return named, nil
	}
	if root, err := repository(); err == nil {
		built := filepath.Join(root, "dev", "bin", program)
		if _, err := os.Stat(built); err == nil {
			return built, nil
		}
	}
	if found, err := exec.LookPath(program); err == nil {
		return found, nil
	}
	return "", ErrNoBinary
}

// repository is the root of the work tree: tests run in their package's folder.
func repository() (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if ok && filepath.IsAbs(file) {
		return filepath.Dir(filepath.Dir(filepath.Dir(file))), nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module github.com/burnline/grafana-slo-app\n") {
			return dir, nil
		}
	}
	return "", errors.New("not inside the repository")
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
