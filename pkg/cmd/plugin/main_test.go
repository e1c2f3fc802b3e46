//go:build unix

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/plugin"
)

// The test binary plays three parts: the tests, the plugin, and a Grafana that dies.
const partVariable = "BURNLINE_TEST_PART"

func TestMain(m *testing.M) {
	switch os.Getenv(partVariable) {
	case "plugin":
		main()
		os.Exit(0)
	case "dying grafana":
		command := exec.Command(os.Args[0])
		command.Env = append(os.Environ(), partVariable+"=plugin")
		output, err := command.StdoutPipe()
		if err == nil {
			err = command.Start()
		}
		if err == nil {
			_, err = bufio.NewReader(output).ReadString('\n') // the handshake: the plugin serves
		}
		if err == nil {
			_, err = bufio.NewReader(os.Stdin).ReadString('\n') // the test says when
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// environment is what Grafana gives to the app's process.
func environment(t *testing.T, part string) (variables []string, dataDir string) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "slos"), 0o750))
	dataDir = filepath.Join(dir, "data")
	return append(os.Environ(),
		partVariable+"="+part,
		grpcplugin.MagicCookieKey+"="+grpcplugin.MagicCookieValue,
		"GF_PLUGIN_DATA_DIR="+dataDir,
		"GF_PLUGIN_DEFINITIONS_DIR="+filepath.Join(dir, "slos"),
		"GF_APP_URL=http://127.0.0.1:1",
		"GF_PLUGIN_APP_CLIENT_SECRET=token",
	), dataDir
}

// requireLocked waits until somebody holds the ledger's lock, or until nobody does.
func requireLocked(t *testing.T, dataDir string, want bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		if _, err := os.Stat(filepath.Join(dataDir, ledger.LockFile)); err != nil {
			return !want
		}
		lock, err := ledger.AcquireLock(dataDir)
		if err == nil {
			err = lock.Release()
			return !want && err == nil
		}
		return want
	}, 20*time.Second, 50*time.Millisecond)
}

func TestThePluginServesAndStopsWhenGrafanaAsks(t *testing.T) {
	command := exec.Command(os.Args[0])
	variables, dataDir := environment(t, "plugin")
	command.Env = variables
	client := goplugin.NewClient(&goplugin.ClientConfig{
		Cmd: command,
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion: grpcplugin.ProtocolVersion, MagicCookieKey: grpcplugin.MagicCookieKey, MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]goplugin.PluginSet{grpcplugin.ProtocolVersion: {
			"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{}, "data": &grpcplugin.DataGRPCPlugin{},
		}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(),
	})
	t.Cleanup(client.Kill)
	protocol, err := client.Client()
	require.NoError(t, err)
	requireLocked(t, dataDir, true) // it evaluates although nothing was asked of it

	raw, err := protocol.Dispense("diagnostics")
	require.NoError(t, err)
	diagnostics := raw.(grpcplugin.DiagnosticsClient)
	require.Eventually(t, func() bool {
		health, err := diagnostics.CheckHealth(context.Background(), &pluginv2.CheckHealthRequest{PluginContext: &pluginv2.PluginContext{PluginId: plugin.AppID}})
		return err == nil && strings.Contains(health.Message, "Grafana cannot be reached")
	}, 10*time.Second, 50*time.Millisecond)
	require.Eventually(t, func() bool {
		metrics, err := diagnostics.CollectMetrics(context.Background(), &pluginv2.CollectMetricsRequest{})
		return err == nil && strings.Contains(string(metrics.Metrics.Prometheus), "burnline_ledger_write_seconds")
	}, 10*time.Second, 50*time.Millisecond)

	raw, err = protocol.Dispense("data")
	require.NoError(t, err)
	answer, err := raw.(grpcplugin.DataClient).QueryData(context.Background(), &pluginv2.QueryDataRequest{
		PluginContext: &pluginv2.PluginContext{PluginId: plugin.DataSourceID, DataSourceInstanceSettings: &pluginv2.DataSourceInstanceSettings{}},
		Queries: []*pluginv2.DataQuery{{
			RefId: "A", QueryType: "status", Json: []byte(`{}`),
			TimeRange: &pluginv2.TimeRange{FromEpochMS: time.Now().Add(-time.Hour).UnixMilli(), ToEpochMS: time.Now().UnixMilli()},
		}},
	})
	require.NoError(t, err)
	require.Empty(t, answer.Responses["A"].Error)

	client.Kill()
	require.True(t, client.Exited())
	require.True(t, command.ProcessState.Success(), "it stopped by itself and was not killed")
	requireLocked(t, dataDir, false)
}

func TestThePluginStopsOnSIGTERM(t *testing.T) {
	variables, dataDir := environment(t, "plugin")
	command := exec.Command(os.Args[0])
	command.Env = variables
	require.NoError(t, command.Start())
	requireLocked(t, dataDir, true)
	require.NoError(t, command.Process.Signal(syscall.SIGTERM))
	require.NoError(t, command.Wait())
	requireLocked(t, dataDir, false)
}

func TestAnOrphanGivesTheLockBack(t *testing.T) {
	variables, dataDir := environment(t, "dying grafana")
	command := exec.Command(os.Args[0])
	command.Env = variables
	stdin, err := command.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	requireLocked(t, dataDir, true)
	_, err = stdin.Write([]byte("die\n"))
	require.NoError(t, err)
	require.NoError(t, command.Wait())
	requireLocked(t, dataDir, false)
}

func TestAPluginThatCannotReadItsSettingsSaysSo(t *testing.T) {
	command := exec.Command(os.Args[0])
	variables, _ := environment(t, "plugin")
	command.Env = append(variables, "GF_PLUGIN_SETTLE=soon")
	output, err := command.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(output), "GF_PLUGIN_SETTLE")
}
