package server

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"
)

const (
	defaultListen    = "127.0.0.1:3000"
	defaultVersion   = "13.2.2"
	defaultKeepAlive = time.Second
	// defaultProxyTimeout is Grafana's [dataproxy] timeout.
	defaultProxyTimeout = 30 * time.Second
)

// Config says what the host serves. The zero value of an optional field stands for Grafana's default.
type Config struct {
	// Dist is the folder of the built plugin, with plugin.json in it. Required.
	Dist string
	// Web is the folder of the built page that stands in for Grafana's own; without it only the API is served.
	Web string
	// Provisioning lists folders in the layout of Grafana's provisioning folder; later ones add to earlier ones.
	Provisioning []string
	// Data is the host's own data folder, Grafana's [paths] data. Required.
	Data string
	// Listen is the address to serve on, port 0 for any free one. Default 127.0.0.1:3000.
	Listen string
	// AnonymousRole is what a visitor without credentials may do: Admin (the default), Editor, Viewer, or None
	// to turn anonymous access off.
	AnonymousRole Role
	// PluginSettings become GF_PLUGIN_<KEY> in the plugins' environment, as the ini sections [plugin.<id>] do.
	PluginSettings map[string]string
	// Version is the Grafana version that plugins are told. Default 13.2.2.
	Version string
	// Logger receives the host's and the plugins' log lines. Default: standard error.
	Logger hclog.Logger
	// KeepAlive is how often the host looks whether a plugin process still runs. Default 1 s, as in Grafana.
	KeepAlive time.Duration
	// ProxyTimeout bounds a request through the data source proxy. Default 30 s, as in Grafana.
	ProxyTimeout time.Duration
	// LookupEnv resolves variables in provisioning files. Default: the environment.
	LookupEnv func(string) (string, bool)
}

func (c *Config) defaults() error {
	if c.Dist == "" {
		return errors.New("no dist folder given: name the folder that holds the built plugin.json")
	}
	if c.Data == "" {
		return errors.New("no data folder given: name a folder that the host may write to")
	}
	c.Provisioning = slices.Clone(c.Provisioning)
	for _, dir := range []*string{&c.Dist, &c.Data, &c.Web} {
		if *dir == "" {
			continue
		}
		absolute, err := filepath.Abs(*dir)
		if err != nil {
			return fmt.Errorf("folder %q: %w", *dir, err)
		}
		*dir = absolute
	}
	for i, dir := range c.Provisioning {
		absolute, err := filepath.Abs(dir)
		if err != nil {
			return fmt.Errorf("folder %q: %w", dir, err)
		}
		c.Provisioning[i] = absolute
	}
	if _, err := os.Stat(filepath.Join(c.Dist, manifestName)); err != nil {
		return fmt.Errorf("%s holds no %s: build the plugin first (%w)", c.Dist, manifestName, err)
	}
	if c.Listen == "" {
		c.Listen = defaultListen
	}
	if c.AnonymousRole == "" {
		c.AnonymousRole = RoleAdmin
	}
	if !c.AnonymousRole.valid() {
		return fmt.Errorf("anonymous role %q is unknown: use Admin, Editor, Viewer or None", c.AnonymousRole)
	}
	if c.Version == "" {
		c.Version = defaultVersion
	}
	if c.Logger == nil {
		c.Logger = hclog.New(&hclog.LoggerOptions{Name: "host", Output: os.Stderr, Level: hclog.Info})
	}
	if c.KeepAlive <= 0 {
		c.KeepAlive = defaultKeepAlive
	}
	if c.ProxyTimeout <= 0 {
		c.ProxyTimeout = defaultProxyTimeout
	}
	if c.LookupEnv == nil {
		c.LookupEnv = os.LookupEnv
	}
	return nil
}
