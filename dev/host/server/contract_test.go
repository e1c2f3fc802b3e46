package server_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/stretchr/testify/require"
)

// description is Grafana's published API description. It lies outside the repository: GRAFANA_OPENAPI names it, or it
// stands in a folder "shared" beside the repository.
var description = sync.OnceValues(func() (*openapi3.T, error) {
	path := os.Getenv("GRAFANA_OPENAPI")
	if path == "" {
		path = filepath.Join("..", "..", "..", "..", "shared", "grafana-openapi3.json")
	}
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err == nil {
		correct(doc)
	}
	return doc, err
})

// correct mends where the description of Grafana 10.1 says less than Grafana does: durations of rules are texts, a
// kind of contact point has no space before it, and KeepLast came with 11.0.
func correct(doc *openapi3.T) {
	schemas := doc.Components.Schemas
	schemas["ProvisionedAlertRule"].Value.Properties["for"].Value = openapi3.NewStringSchema()
	for _, field := range []string{"noDataState", "execErrState"} {
		state := schemas["ProvisionedAlertRule"].Value.Properties[field].Value
		state.Enum = append(state.Enum, "KeepLast")
	}
	schemas["EmbeddedContactPoint"].Value.Properties["type"].Value.Enum = nil
}

// covered counts the requests that were compared, so that a test can tell whether the description was there at all.
var covered struct {
	sync.Mutex
	operations map[string]int
}

// checkContract compares a request and its answer with the description. What the description does not have passes.
func checkContract(t *testing.T, request *http.Request, body []byte, response *http.Response, content []byte) {
	t.Helper()
	doc, err := description()
	if err != nil {
		return
	}
	route, parameters := findRoute(doc, request)
	if route == nil || strings.Contains(route.Path, "datasource_proxy_route") {
		return
	}
	options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
	copied := request.Clone(context.Background())
	copied.Body = io.NopCloser(bytes.NewReader(body))
	input := &openapi3filter.RequestValidationInput{Request: copied, PathParams: parameters, Route: route, Options: options}
	if response.StatusCode < http.StatusBadRequest {
		require.NoError(t, openapi3filter.ValidateRequest(t.Context(), input), "request against Grafana's API description")
	}
	undescribed := route.Operation.Responses.Status(response.StatusCode) == nil
	// Grafana itself answers a query's own error with 400 and results, which its description does not say.
	results := route.Path == "/ds/query" && bytes.HasPrefix(content, []byte(`{"results"`))
	if response.StatusCode >= http.StatusBadRequest && (undescribed || results) {
		return
	}
	output := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: response.StatusCode, Header: response.Header, Options: options,
	}
	output.SetBodyBytes(content)
	require.NoError(t, openapi3filter.ValidateResponse(t.Context(), output), "answer against Grafana's API description: %s", content)
	covered.Lock()
	defer covered.Unlock()
	if covered.operations == nil {
		covered.operations = map[string]int{}
	}
	covered.operations[request.Method+" "+route.Path]++
}

// findRoute picks the path template with the most literal segments.
func findRoute(doc *openapi3.T, request *http.Request) (*routers.Route, map[string]string) {
	path, ok := strings.CutPrefix(request.URL.EscapedPath(), "/api/")
	if !ok {
		return nil, nil
	}
	segments := strings.Split(path, "/")
	var (
		best       *routers.Route
		parameters map[string]string
		literals   = -1
	)
	for template, item := range doc.Paths.Map() {
		operation := item.GetOperation(request.Method)
		found, count := match(strings.Split(strings.TrimPrefix(template, "/"), "/"), segments)
		if operation == nil || found == nil || count <= literals {
			continue
		}
		best, parameters, literals = &routers.Route{Spec: doc, Path: template, PathItem: item, Method: request.Method, Operation: operation}, found, count
	}
	return best, parameters
}

func match(template, segments []string) (map[string]string, int) {
	if len(template) != len(segments) {
		return nil, 0
	}
	parameters, literals := map[string]string{}, 0
	for i, part := range template {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			parameters[strings.TrimSuffix(name, "}")] = segments[i]
			continue
		}
		if part != segments[i] {
			return nil, 0
		}
		literals++
	}
	return parameters, literals
}
