package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/host/server"
)

const (
	appID    = "echo-app"
	sourceID = "echo-datasource"
)

// executable builds a program once for all tests and gives its path.
var executable = struct {
	sync.Mutex
	built map[string]string
}{built: map[string]string{}}

func build(t *testing.T, pkg string) string {
	t.Helper()
	executable.Lock()
	defer executable.Unlock()
	if path, ok := executable.built[pkg]; ok {
		return path
	}
	dir, err := os.MkdirTemp("", "host-test-")
	require.NoError(t, err)
	path := filepath.Join(dir, "plugin")
	output, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, pkg).CombinedOutput()
	require.NoError(t, err, string(output))
	executable.built[pkg] = path
	return path
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, path := range executable.built {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// tree writes files below dir, by slash-separated name.
func tree(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
}

var echoFiles = map[string]string{
	"plugin.json": `{"type":"app","id":"echo-app","name":"Echo","backend":true,"executable":"gpx_echo","info":{"version":"1.2.3","logos":{"small":"img/logo.svg"}},
		"includes":[{"type":"page","name":"Start","path":"/a/%PLUGIN_ID%","role":"Viewer","addToNav":true,"defaultNav":true},
			{"type":"page","name":"Secret","path":"/a/%PLUGIN_ID%/secret","role":"Admin","addToNav":true},
			{"type":"dashboard","name":"Board","path":"dashboards/board.json"}],
		"roles":[{"role":{"name":"reader","permissions":[{"action":"echo-app.things:read"}]},"grants":["Viewer"]}],
		"iam":{"permissions":[{"action":"datasources:read","scope":"datasources:*"},{"action":"datasources:query","scope":"datasources:uid:prom*"}]}}`,
	"module.js":              `define([], () => ({}))`,
	"img/logo.svg":           `<svg xmlns="http://www.w3.org/2000/svg"/>`,
	"dashboards/board.json":  `{"uid":"board","title":"The Board","tags":["slo"],"panels":[]}`,
	"datasource/plugin.json": `{"type":"datasource","id":"echo-datasource","name":"Echo source","backend":true,"executable":"../gpx_echo","metrics":true,"info":{}}`,
	"datasource/module.js":   `define([], () => ({}))`,
	"panels/x/plugin.json":   `{"type":"panel","id":"echo-panel","name":"Echo panel","info":{}}`,
}

var echoProvisioning = map[string]string{
	"datasources/all.yaml": `apiVersion: 1
datasources:
  - {name: Prom, uid: prom-1, type: prometheus, url: $PROM_URL, isDefault: true, basicAuth: true, basicAuthUser: reader, secureJsonData: {basicAuthPassword: "${PASSWORD}"}}
  - {name: Echo, uid: echo-1, type: echo-datasource, jsonData: {colour: blue}, secureJsonData: {key: "${PASSWORD}"}}
  - {name: Ill, uid: echo-2, type: echo-datasource, editable: true, jsonData: {unhealthy: true}}
`,
	"plugins/app.yaml": `apiVersion: 1
apps:
  - {type: echo-app, org_id: 1, jsonData: {limit: 5}, secureJsonData: {token: "cost $$5"}}
`,
}

// link puts the echo plugin's executable where plugin.json says that it is.
func link(t *testing.T, dist string) {
	t.Helper()
	name := fmt.Sprintf("gpx_echo_%s_%s", runtime.GOOS, runtime.GOARCH)
	require.NoError(t, os.Symlink(build(t, "./testdata/echo"), filepath.Join(dist, name)))
}

// start runs a host with the echo plugin; change may edit the configuration before.
func start(t *testing.T, change func(*server.Config)) *server.Server {
	t.Helper()
	dist, provisioning := t.TempDir(), t.TempDir()
	tree(t, dist, echoFiles)
	tree(t, provisioning, echoProvisioning)
	link(t, dist)
	env := map[string]string{"PASSWORD": "s3cret", "PROM_URL": "http://127.0.0.1:1"}
	cfg := server.Config{
		Dist: dist, Provisioning: []string{provisioning}, Data: t.TempDir(), Listen: "127.0.0.1:0", KeepAlive: 50 * time.Millisecond,
		PluginSettings: map[string]string{"settle": "1s"}, Logger: hclog.NewNullLogger(),
		LookupEnv: func(name string) (string, bool) { value, ok := env[name]; return value, ok },
	}
	if change != nil {
		change(&cfg)
	}
	host, err := server.New(cfg)
	require.NoError(t, err)
	require.NoError(t, host.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, host.Stop()) })
	return host
}

// call is one request to the host.
type call struct {
	method, path string
	body         any
	headers      map[string]string
	login        string
	token        string
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var value map[string]any
	require.NoError(t, json.Unmarshal(a.body, &value), string(a.body))
	return value
}

func (a answer) list(t *testing.T) []any {
	t.Helper()
	var value []any
	require.NoError(t, json.Unmarshal(a.body, &value), string(a.body))
	return value
}

// do sends the request and checks both sides against Grafana's API description where that covers it.
func do(t *testing.T, host *server.Server, c call) answer {
	t.Helper()
	var body []byte
	switch given := c.body.(type) {
	case nil:
	case string:
		body = []byte(given)
	default:
		encoded, err := json.Marshal(given)
		require.NoError(t, err)
		body = encoded
	}
	method := c.method
	if method == "" {
		method = http.MethodGet
	}
	request, err := http.NewRequestWithContext(t.Context(), method, host.URL()+c.path, bytes.NewReader(body))
	require.NoError(t, err)
	if c.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range c.headers {
		request.Header.Set(name, value)
	}
	if c.login != "" {
		request.SetBasicAuth(c.login, c.login)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	checkContract(t, request, body, response, content)
	return answer{status: response.StatusCode, header: response.Header, body: content}
}

// environment turns NAME=value lines, as a plugin reports them, into a map.
func environment(t *testing.T, lines any) map[string]string {
	t.Helper()
	env := map[string]string{}
	for _, line := range lines.([]any) {
		name, value, _ := strings.Cut(line.(string), "=")
		env[name] = value
	}
	return env
}
