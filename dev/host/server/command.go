package server

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
)

// Command is the preview host as a program: it serves with the given command line until it is interrupted.
// The errors are those of the flags (flag.ErrHelp among them), of New and of Start.
func Command(arguments []string) error {
	flags := flag.NewFlagSet("host", flag.ContinueOnError)
	cfg := Config{PluginSettings: map[string]string{}}
	flags.StringVar(&cfg.Dist, "dist", "dist", "`folder` of the built plugin")
	flags.StringVar(&cfg.Web, "web", "dev/out/host-web", "`folder` of the built page; empty serves the API only")
	flags.StringVar(&cfg.Data, "data", "dev/out/host", "`folder` for the host's own state")
	flags.StringVar(&cfg.Listen, "listen", "127.0.0.1:3000", "`address` to serve on")
	provisioning := flags.String("provisioning", "provisioning", "comma-separated `folders` in the layout of Grafana's provisioning")
	anonymous := flags.String("anonymous-role", string(RoleAdmin), "`role` of a visitor without credentials: Admin, Editor, Viewer or None")
	level := flags.String("log-level", "info", "`level` of the log: debug, info, warn or error")
	flags.Func("plugin-setting", "`key=value` that plugins get as GF_PLUGIN_<KEY>; may be repeated", func(text string) error {
		key, value, ok := strings.Cut(text, "=")
		if !ok || key == "" {
			return errors.New("use key=value")
		}
		cfg.PluginSettings[key] = value
		return nil
	})
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	cfg.AnonymousRole = Role(*anonymous)
	if *provisioning != "" {
		cfg.Provisioning = strings.Split(*provisioning, ",")
	}
	cfg.Logger = hclog.New(&hclog.LoggerOptions{Name: "host", Output: os.Stderr, Level: hclog.LevelFromString(*level)})

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	host, err := New(cfg)
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
