// Command plugin is the binary that Grafana starts: once for the app, which evaluates SLOs and writes
// the ledger, and once for the nested data source, which reads it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/grafana/dskit/services"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/grafana/grafana-plugin-sdk-go/backend/tracing"

	"github.com/burnline/grafana-slo-app/pkg/plugin"
)

// stopPatience is how long the parts may take to stop: Grafana kills a process 2 s after it asked.
const stopPatience = 1800 * time.Millisecond

// parentCheck is how often an orphan is looked for.
const parentCheck = 2 * time.Second

func main() {
	if err := run(); err != nil {
		log.DefaultLogger.Error("the plugin can't run", "error", err)
		os.Exit(1)
	}
}

func run() error {
	settings, err := plugin.SettingsFromProcess()
	if err != nil {
		return err
	}
	backend.SetupPluginEnvironment(plugin.AppID)
	if err := backend.SetupTracer(plugin.AppID, tracing.Opts{}); err != nil {
		return fmt.Errorf("tracing can't be set up: %w", err)
	}
	engine, err := plugin.NewEngine(plugin.EngineConfig{Settings: settings})
	if err != nil {
		return err
	}
	// The work starts here and not with the first request: an SLO is evaluated whether or not anybody looks.
	if err := engine.StartAsync(context.Background()); err != nil {
		return err
	}
	stop := sync.OnceValue(func() error { return stopped(engine) })
	go stopOnSignal(stop)
	go stopOrphan(os.Getppid(), stop)
	return errors.Join(backend.Manage(plugin.AppID, plugin.New(engine).ServeOpts()), stop())
}

func stopped(engine services.Service) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	engine.StopAsync()
	if err := engine.AwaitTerminated(ctx); err != nil {
		return fmt.Errorf("the evaluation did not stop in time: %w", err)
	}
	return nil
}

// stopOnSignal stops cleanly on SIGTERM. An interrupt from the keyboard reaches Grafana as well, which
// then asks its plugins to stop.
func stopOnSignal(stop func() error) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	<-signals
	exit(stop())
}

// stopOrphan ends the process when Grafana died without asking it to stop: it would keep the ledger's
// lock from the plugin of the next Grafana.
func stopOrphan(parent int, stop func() error) {
	for range time.Tick(parentCheck) {
		if os.Getppid() != parent {
			log.DefaultLogger.Warn("Grafana is gone; stopping")
			exit(stop())
		}
	}
}

func exit(err error) {
	if err != nil {
		log.DefaultLogger.Error("stopped uncleanly", "error", err)
		os.Exit(1)
	}
	os.Exit(0)
}
