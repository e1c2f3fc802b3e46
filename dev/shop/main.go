// Command shop is the demo shop: `shop history` writes its past into a Prometheus data directory, and
// `shop serve` continues it live. `shop pager` receives the notifications of its alerts.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/burnline/grafana-slo-app/dev/shop/history"
	"github.com/burnline/grafana-slo-app/dev/shop/model"
	"github.com/burnline/grafana-slo-app/dev/shop/pager"
	"github.com/burnline/grafana-slo-app/dev/shop/server"
	"github.com/burnline/grafana-slo-app/dev/shop/state"
	"github.com/burnline/grafana-slo-app/dev/shop/truth"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("say what to do: `shop history --help`, `shop serve --help` or `shop pager --help`")
	}
	switch args[0] {
	case "history":
		return writeHistory(ctx, args[1:])
	case "serve":
		return serve(ctx, args[1:])
	case "pager":
		return page(ctx, args[1:])
	}
	return fmt.Errorf("unknown command %q: there are history, serve and pager", args[0])
}

func writeHistory(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("shop history", flag.ContinueOnError)
	out := flags.String("out", "", "Prometheus data directory to write blocks into (Prometheus must not be running)")
	days := flags.Int("days", 31, "length of a new history")
	end := flags.Int64("end", 0, "end of the history in Unix seconds (default now)")
	ahead := flags.Duration("ahead", 0, "write this much more than the end, so that nothing is lost until live scraping begins")
	seed := flags.Uint64("seed", 1, "seed of a new world")
	stateFile := flags.String("state", "", "file that keeps the world between runs (default none: a new world each time)")
	truthDir := flags.String("truth", "", "directory for the truth per minute and objective (default none)")
	target := flags.String("target", "shop", "instance label of the up series")
	allowRunning := flags.Bool("allow-running", false, "succeed without writing when Prometheus is running")
	progress := flags.Bool("progress", false, "print lines of the form `progress 0.25`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *out == "" {
		return errors.New("--out is missing: name a Prometheus data directory")
	}
	until := *end
	if until == 0 {
		until = time.Now().Unix()
	}
	until -= until % model.TickSeconds
	config, err := worldConfig(*stateFile, *seed, until-until%60, *days)
	if err != nil {
		return err
	}
	until += int64(ahead.Seconds())
	until -= until % model.TickSeconds
	world, err := model.New(config)
	if err != nil {
		return err
	}
	fill := history.Config{Dir: *out, World: world, Until: until, Target: *target}
	if *progress {
		fill.Progress = func(share float64) { fmt.Printf("progress %.3f\n", share) }
	}
	begun := time.Now()
	result, err := history.Fill(ctx, fill)
	if *allowRunning && errors.Is(err, history.ErrInUse) {
		fmt.Println("history: Prometheus is running, nothing to write")
		return nil
	}
	if err != nil {
		return err
	}
	if *truthDir != "" {
		if err := writeTruth(*truthDir, world, until); err != nil {
			return err
		}
	}
	if *stateFile != "" {
		if err := state.Save(*stateFile, state.State{World: config, Filled: world.Now()}); err != nil {
			return err
		}
	}
	fmt.Printf("history: %d blocks, %d samples, to %s, in %s\n", result.Blocks, result.Samples,
		time.Unix(world.Now(), 0).UTC().Format(time.RFC3339), time.Since(begun).Round(time.Millisecond))
	return nil
}

// worldConfig is the kept world, or a new one that ends its first history at end.
func worldConfig(file string, seed uint64, end int64, days int) (model.Config, error) {
	if file != "" {
		kept, ok, err := state.Load(file)
		if err != nil || ok {
			return kept.World, err
		}
	}
	return model.Config{Seed: seed, Anchor: end, Origin: end - int64(days)*24*3600}, nil
}

func writeTruth(dir string, world *model.World, until int64) error {
	writer, err := truth.Open(dir)
	if err != nil {
		return err
	}
	if err := writer.Update(world); err != nil {
		return err
	}
	return truth.WriteIncidents(dir, world.Config(), until)
}

func serve(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("shop serve", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:9464", "address to serve on")
	stateFile := flags.String("state", "", "file that `shop history` kept the world in")
	truthDir := flags.String("truth", "", "directory for the truth per minute and objective (default none)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	shop, err := server.New(server.Config{State: *stateFile, Truth: *truthDir})
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- shop.Run(ctx) }()
	return answer(ctx, "shop", listener, shop.Handler(), failed)
}

func page(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("shop pager", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:9465", "address to receive notifications on, at /notify")
	if err := flags.Parse(args); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return answer(ctx, "pager", listener, pager.New(os.Stdout), nil)
}

// answer serves until the context ends, or something that runs beside it does.
func answer(ctx context.Context, name string, listener net.Listener, handler http.Handler, beside <-chan error) (err error) {
	web := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	fmt.Printf("%s: serving on http://%s\n", name, listener.Addr())
	select {
	case err = <-failed:
	case err = <-beside:
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	_ = web.Shutdown(closing)
	return err
}
