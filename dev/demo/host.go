package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/hashicorp/go-hclog"

	"github.com/burnline/grafana-slo-app/dev/host/server"
)

// hostCommand makes this program the preview host. It is a process of its own, so that it can end the
// plugin's processes even when the demo is killed.
const hostCommand = "host"

func runHost(args []string) error {
	flags := flag.NewFlagSet(hostCommand, flag.ContinueOnError)
	config := server.Config{PluginSettings: map[string]string{}}
	flags.StringVar(&config.Dist, "dist", "", "folder of the built plugin")
	flags.StringVar(&config.Web, "web", "", "folder of the built page")
	flags.StringVar(&config.Data, "data", "", "folder of the host's state")
	flags.StringVar(&config.Listen, "listen", "", "address to serve on")
	provisioning := flags.String("provisioning", "", "folder in the layout of Grafana's provisioning")
	flags.Func("plugin-setting", "key=value for the plugins", func(text string) error {
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return errors.New("use key=value")
		}
		config.PluginSettings[key] = value
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	config.Provisioning = []string{*provisioning}
	config.Logger = hclog.New(&hclog.LoggerOptions{Name: "host", Output: os.Stderr, Level: hclog.Info})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	host, err := server.New(config)
	if err != nil {
		return err
	}
	if err := host.Start(ctx); err != nil {
		return errors.Join(err, host.Stop())
	}
	fmt.Println(host.URL())
	<-ctx.Done()
	return host.Stop()
}
