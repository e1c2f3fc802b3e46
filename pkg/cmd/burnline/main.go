// Command burnline is Burnline on the command line: backtests, alert rules and incidents of the app in a Grafana.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/burnline/grafana-slo-app/pkg/cmd/burnline/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, cli.Config{Args: os.Args[1:], In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv})
	stop()
	os.Exit(code)
}
