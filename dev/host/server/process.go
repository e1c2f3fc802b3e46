package server

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/grafana/dskit/services"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
)

// permittedHostEnv are the variables of its own environment that Grafana hands to every plugin process.
var permittedHostEnv = []string{
	"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy",
	"TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "PLUGIN_UNIX_SOCKET_DIR",
}

// process runs one backend plugin's executable and starts it again when it ends, as Grafana does: a look each
// second, a new start when the process is gone, and the same a second later when the start fails.
type process struct {
	services.Service

	plugin *Plugin
	env    []string
	log    hclog.Logger

	mu     sync.RWMutex
	client *goplugin.Client
	conn   connection
	starts int
	failed error
}

// connection holds the services of a running plugin that the host calls.
type connection struct {
	diagnostics grpcplugin.DiagnosticsClient
	resource    grpcplugin.ResourceClient
	data        grpcplugin.DataClient
}

func newProcess(plugin *Plugin, env []string, cfg Config) *process {
	p := &process{plugin: plugin, env: env, log: cfg.Logger.Named("plugin." + plugin.ID)}
	keepAlive := func(context.Context) error {
		p.startIfGone()
		return nil
	}
	stop := func(error) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.client != nil {
			p.client.Kill()
			p.client = nil
		}
		return nil
	}
	p.Service = services.NewTimerService(cfg.KeepAlive, keepAlive, keepAlive, stop).WithName("plugin " + plugin.ID)
	return p
}

func (p *process) startIfGone() {
	p.mu.RLock()
	running := p.client != nil && !p.client.Exited()
	p.mu.RUnlock()
	if running {
		return
	}
	client, conn, err := p.launch()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.starts++
	p.failed = err
	if err != nil {
		p.client, p.conn = nil, connection{}
		p.log.Error("plugin process did not start", "executable", p.plugin.executable(), "error", err)
		return
	}
	p.client, p.conn = client, conn
	p.log.Info("plugin process runs", "start", p.starts, "executable", p.plugin.executable())
}

func (p *process) launch() (*goplugin.Client, connection, error) {
	executable := p.plugin.executable()
	if info, err := os.Stat(executable); err != nil || info.IsDir() {
		return nil, connection{}, fmt.Errorf("%s is not there: build the plugin's backend for this machine", executable)
	}
	command := exec.Command(executable)
	command.Dir = p.plugin.Dir
	command.Env = p.env
	client := goplugin.NewClient(&goplugin.ClientConfig{
		Cmd: command,
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion:  grpcplugin.ProtocolVersion,
			MagicCookieKey:   grpcplugin.MagicCookieKey,
			MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]goplugin.PluginSet{grpcplugin.ProtocolVersion: {
			"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{},
			"resource":    &grpcplugin.ResourceGRPCPlugin{},
			"data":        &grpcplugin.DataGRPCPlugin{},
		}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		// A plugin sees the variables that are meant for it, not those of whoever started the host.
		SkipHostEnv: true,
		Logger:      p.log,
	})
	conn, err := connect(client)
	if err != nil {
		client.Kill()
		return nil, connection{}, err
	}
	return client, conn, nil
}

func connect(client *goplugin.Client) (connection, error) {
	protocol, err := client.Client()
	if err != nil {
		return connection{}, fmt.Errorf("handshake: %w", err)
	}
	var conn connection
	if conn.diagnostics, err = dispense[grpcplugin.DiagnosticsClient](protocol, "diagnostics"); err != nil {
		return connection{}, err
	}
	if conn.resource, err = dispense[grpcplugin.ResourceClient](protocol, "resource"); err != nil {
		return connection{}, err
	}
	if conn.data, err = dispense[grpcplugin.DataClient](protocol, "data"); err != nil {
		return connection{}, err
	}
	return conn, nil
}

func dispense[T any](protocol goplugin.ClientProtocol, name string) (T, error) {
	var none T
	raw, err := protocol.Dispense(name)
	if err != nil {
		return none, fmt.Errorf("plugin service %q: %w", name, err)
	}
	client, ok := raw.(T)
	if !ok {
		return none, fmt.Errorf("plugin service %q is a %T", name, raw)
	}
	return client, nil
}

// connected gives the services of the running process, or Grafana's answer for a plugin that does not run now.
func (p *process) connected() (connection, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.client == nil || p.client.Exited() {
		return connection{}, &apiError{Status: 500, Message: "Plugin unavailable", MessageID: "plugin.unavailable", cause: p.failed}
	}
	return p.conn, nil
}

// pid is the running process's id, 0 when there is none.
func (p *process) pid() int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.client == nil || p.client.Exited() {
		return 0
	}
	if config := p.client.ReattachConfig(); config != nil {
		return config.Pid
	}
	return 0
}

// pluginEnv is the environment of a plugin's process.
func (s *Server) pluginEnv(plugin *Plugin) []string {
	env := []string{"GF_VERSION=" + s.cfg.Version, "GF_EDITION=Open Source"}
	if secret, ok := s.secrets[plugin.ID]; ok {
		env = append(env, "GF_APP_URL="+s.URL()+"/", "GF_PLUGIN_APP_CLIENT_ID=extsvc-"+plugin.ID, "GF_PLUGIN_APP_CLIENT_SECRET="+secret)
	}
	for _, name := range permittedHostEnv {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	// Grafana's image sets its paths as variables and forwards them to the plugins that
	// [plugins] forward_host_env_vars names; the preview is such a Grafana.
	env = append(env, "GF_PATHS_DATA="+s.cfg.Data)
	if len(s.cfg.Provisioning) > 0 {
		env = append(env, "GF_PATHS_PROVISIONING="+s.cfg.Provisioning[0])
	}
	for key, value := range s.cfg.PluginSettings {
		env = append(env, "GF_PLUGIN_"+strings.ToUpper(strings.ReplaceAll(key, "-", "_"))+"="+value)
	}
	return env
}
