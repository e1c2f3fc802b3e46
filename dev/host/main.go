// Command host is the preview host: it serves the built plugin as Grafana would, for people and for browser tests.
// See docs/preview-host.md.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/burnline/grafana-slo-app/dev/host/server"
)

func main() {
	if err := server.Command(os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
