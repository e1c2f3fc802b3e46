package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/grafana/dskit/services"

	"github.com/burnline/grafana-slo-app/dev/host/alerting"
)

const (
	stopTimeout       = 5 * time.Second
	readHeaderTimeout = 10 * time.Second
	secretBytes       = 20
)

// Server is a running preview host. New checks everything that can be checked without starting anything.
type Server struct {
	cfg            Config
	plugins        []*Plugin
	byID           map[string]*Plugin
	secrets        map[string]string
	processes      map[string]*process
	dashboards     []*dashboard
	store          *store
	proxyTransport *http.Transport
	http           *http.Server
	listener       net.Listener
	manager        *services.Manager
	alerts         *alerting.Scheduler
	alertClient    *http.Client
	served         chan error
	stopOnce       sync.Once
	stopped        error
	started        time.Time
}

// New reads the build, the provisioning files and the state of earlier runs. Its errors name the file to mend.
func New(cfg Config) (*Server, error) {
	if err := cfg.defaults(); err != nil {
		return nil, fmt.Errorf("preview host: %w", err)
	}
	s := &Server{
		cfg: cfg, byID: map[string]*Plugin{}, secrets: map[string]string{}, processes: map[string]*process{},
		started: time.Now().UTC(), served: make(chan error, 1), proxyTransport: http.DefaultTransport.(*http.Transport).Clone(),
	}
	// The proxy passes bodies through as they are; a transport that unpacks them would change what a client sees.
	s.proxyTransport.DisableCompression = true
	s.alertClient = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	var err error
	if s.plugins, err = findPlugins(cfg.Dist); err != nil {
		return nil, fmt.Errorf("preview host: %w", err)
	}
	for _, plugin := range s.plugins {
		s.byID[plugin.ID] = plugin
	}
	if s.store, err = openStore(cfg.Data); err != nil {
		return nil, fmt.Errorf("preview host: %w", err)
	}
	if err := errors.Join(s.registerServiceAccounts(), s.provision(), s.loadDashboards()); err != nil {
		return nil, fmt.Errorf("preview host: %w", err)
	}
	return s, nil
}

// registerServiceAccounts gives each app that asks for permissions a token, which stays the same over restarts.
func (s *Server) registerServiceAccounts() error {
	return s.store.change(func(state *state) error {
		for _, plugin := range s.plugins {
			if plugin.IAM == nil || len(plugin.IAM.Permissions) == 0 {
				continue
			}
			if state.ServiceSecrets[plugin.ID] == "" {
				random := make([]byte, secretBytes)
				if _, err := rand.Read(random); err != nil {
					return fmt.Errorf("service account token: %w", err)
				}
				state.ServiceSecrets[plugin.ID] = "glsa_" + hex.EncodeToString(random)
			}
			s.secrets[plugin.ID] = state.ServiceSecrets[plugin.ID]
		}
		return nil
	})
}

// Start listens, then launches the plugin processes: a plugin that works from its first moment finds the API there.
// It returns when every process has been tried once; one that failed is tried again while the host runs.
func (s *Server) Start(ctx context.Context) error {
	var err error
	if s.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Listen); err != nil {
		return fmt.Errorf("preview host: %w: choose another address, or stop what uses this one", err)
	}
	if s.alerts, err = s.newScheduler(); err != nil {
		return fmt.Errorf("preview host: %w", err)
	}
	s.http = &http.Server{Handler: s.routes(), ReadHeaderTimeout: readHeaderTimeout}
	go func() { s.served <- s.http.Serve(s.listener) }()

	var all []services.Service
	for _, plugin := range s.plugins {
		if plugin.Backend {
			s.processes[plugin.ID] = newProcess(plugin, s.pluginEnv(plugin), s.cfg)
			all = append(all, s.processes[plugin.ID])
		}
	}
	// Processes and evaluation live until Stop, not until the caller's start-up context ends.
	ctx = context.WithoutCancel(ctx)
	if len(all) > 0 {
		if s.manager, err = services.NewManager(all...); err != nil {
			return fmt.Errorf("preview host: %w", err)
		}
		if err := services.StartManagerAndAwaitHealthy(ctx, s.manager); err != nil {
			return fmt.Errorf("preview host: %w", err)
		}
	}
	if err := services.StartAndAwaitRunning(ctx, s.alerts); err != nil {
		return fmt.Errorf("preview host: alerting: %w", err)
	}
	return nil
}

// Stop ends the evaluation of alert rules, the plugin processes and then the server. It returns once no process is left; a second call does nothing.
func (s *Server) Stop() error {
	s.stopOnce.Do(func() { s.stopped = s.stop() })
	return s.stopped
}

func (s *Server) stop() error {
	var errs []error
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	// Evaluation ends first: a rule whose data source is being stopped must not go into history as failing.
	if s.alerts != nil {
		errs = append(errs, services.StopAndAwaitTerminated(ctx, s.alerts))
	}
	if s.manager != nil {
		errs = append(errs, services.StopManagerAndAwaitStopped(ctx, s.manager))
	}
	if s.http != nil {
		if err := s.http.Shutdown(ctx); err != nil {
			errs = append(errs, s.http.Close())
		}
		if err := <-s.served; !errors.Is(err, http.ErrServerClosed) {
			errs = append(errs, err)
		}
	}
	s.proxyTransport.CloseIdleConnections()
	s.alertClient.CloseIdleConnections()
	return errors.Join(errs...)
}

// URL is where the host serves, without a slash at the end.
func (s *Server) URL() string {
	if s.listener == nil {
		return "http://" + s.cfg.Listen
	}
	return "http://" + s.listener.Addr().String()
}

// PluginPID is the process id of a backend plugin, 0 while it has none. Tests kill it to see it come back.
func (s *Server) PluginPID(id string) int {
	if process, ok := s.processes[id]; ok {
		return process.pid()
	}
	return 0
}

// ServiceToken is the token of an app's managed service account, empty for an app without one.
func (s *Server) ServiceToken(id string) string { return s.secrets[id] }
