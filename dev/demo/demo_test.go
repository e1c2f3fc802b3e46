package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func TestAPrometheusOnPathIsTakenWhenItIsNewEnough(t *testing.T) {
	for version, enough := range map[string]bool{
		"prometheus, version 3.16.0 (branch: HEAD)":  true,
		"prometheus, version 3.8.1 (branch: HEAD)":   true,
		"prometheus, version 4.0.0-rc.0 (branch: x)": true,
		"prometheus, version 3.7.9 (branch: HEAD)":   false,
		"prometheus, version 2.53.0+ds1 (branch: x)": false,
		"something else": false,
	} {
		require.Equal(t, enough, newEnough(version), version)
	}
}

func TestAMissingPrometheusIsSaidWithItsRemedy(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	bin := t.TempDir()
	_, _, err := findPrometheus(bin)
	require.ErrorContains(t, err, "run `go tool mage prometheus`")
	built := executable(bin, "prometheus")
	require.NoError(t, os.WriteFile(built, nil, 0o755))
	found, _, err := findPrometheus(bin)
	require.NoError(t, err)
	require.Equal(t, built, found)
}

func TestATakenPortIsSaidWithAWayOut(t *testing.T) {
	listener, err := net.Listen("tcp", anyPort)
	require.NoError(t, err)
	defer listener.Close()
	address := listener.Addr().(*net.TCPAddr)
	_, err = reserve(address.String(), "", "listen")
	require.ErrorContains(t, err, "port "+strconv.Itoa(address.Port)+" is taken by ")
	require.ErrorContains(t, err, "choose another port with --listen 127.0.0.1:"+strconv.Itoa(address.Port+1))
	if _, err := os.Stat("/proc/net/tcp"); err == nil {
		require.Contains(t, listenerOf(address.Port), "(process "+strconv.Itoa(os.Getpid())+")")
	}

	other, err := reserve("", address.String(), "shop-listen")
	require.NoError(t, err, "a preferred port that is taken is replaced by a free one")
	require.NotEqual(t, address.String(), other)

	_, err = reserve("3000", "", "listen")
	require.ErrorContains(t, err, "--listen 3000 is not an address such as 127.0.0.1:3000")
}

func TestAHistoryWithoutItsStateIsRefusedAndFreshForgetsIt(t *testing.T) {
	data := t.TempDir()
	block := filepath.Join(data, "prometheus", "01J", "meta.json")
	require.NoError(t, os.MkdirAll(filepath.Dir(block), 0o755))
	require.NoError(t, os.WriteFile(block, []byte("{}"), 0o644))
	d := &demo{options: options{data: data}}
	require.ErrorContains(t, d.prepareData(), "begin anew with --fresh")
	d.fresh = true
	require.NoError(t, d.prepareData())
	require.NoFileExists(t, block)
}

func TestProgressIsPlainLinesWithoutATerminal(t *testing.T) {
	var out bytes.Buffer
	step := (&console{out: &out}).begin("work")
	for share := range 101 {
		step.update(float64(share)/100, "")
	}
	step.end(nil, "done")
	require.Regexp(t, `^… work\n  work: 0 % \n  work: 25 % \n  work: 50 % \n  work: 75 % \n✓ work \(\S+, done\)\n$`, out.String())
}

func TestBothPrometheusConfigurationsAgree(t *testing.T) {
	text, err := os.ReadFile("../../provisioning/prometheus/prometheus.yml")
	require.NoError(t, err)
	var compose, demo map[string]any
	require.NoError(t, yaml.Unmarshal(text, &compose))
	require.NoError(t, yaml.Unmarshal(prometheusConfig("shop:9464"), &demo))
	require.Equal(t, compose, demo)
}
