package reconcile

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
)

// TestRequestsFollowGrafanasDescription holds what goes over the wire against Grafana's published API description, both
// ways, so that the server of these tests answers as Grafana does. The description lies outside the repository:
// GRAFANA_OPENAPI names it, or it stands in a folder "shared" beside the repository. It is that of Grafana 10.1: fields
// that came later are not in it and pass.
func TestRequestsFollowGrafanasDescription(t *testing.T) {
	path := os.Getenv("GRAFANA_OPENAPI")
	if path == "" {
		path = filepath.Join("..", "..", "..", "..", "shared", "grafana-openapi3.json")
	}
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		t.Skip("without Grafana's API description: ", err)
	}
	mend(doc)
	s := newServer(t)
	covered := map[string]int{}
	checking := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		recorded := httptest.NewRecorder()
		s.ServeHTTP(recorded, r)
		if operation := describedAs(t, doc, r, body, recorded); operation != "" {
			covered[operation]++
		}
		for name, values := range recorded.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(recorded.Code)
		_, _ = w.Write(recorded.Body.Bytes())
	}))
	t.Cleanup(checking.Close)
	s.URL = checking.URL

	// The description's states are those of Grafana 10.1.
	one, other := sampleGroup("checkout", "burn"), sampleGroup("search", "burn")
	one.Rules[0].Error = rule.StateError
	other.Rules[0].NoData, other.Rules[0].Error, other.Rules[0].Route = rule.StateNoData, rule.StateAlerting, alert.Route{}
	r := s.reconciler(t)
	applied(t, r, []rule.Group{one, other})
	one.Rules[0].For = time.Hour
	applied(t, r, []rule.Group{one})
	s.edit("bl-checkout-burn", func(stored *storedRule) { stored.For = "2h" })
	require.NoError(t, r.Adopt(t.Context(), []rule.Group{one}, "bl-checkout-burn"))
	for _, operation := range []string{
		"GET /api/v1/provisioning/alert-rules", "POST /api/v1/provisioning/alert-rules", "GET /api/v1/provisioning/alert-rules/{UID}",
		"PUT /api/v1/provisioning/alert-rules/{UID}", "DELETE /api/v1/provisioning/alert-rules/{UID}", "POST /folders",
		"GET /api/v1/provisioning/contact-points", "GET /api/v1/provisioning/mute-timings",
	} {
		require.NotZero(t, covered[operation], "%s was not compared", operation)
	}
}

// mend corrects two known faults of the description: a rule's pending period is a text such as "5m" in Grafana and in its
// own later descriptions, and the list of contact point types was split at commas only.
func mend(doc *openapi3.T) {
	doc.Components.Schemas["ProvisionedAlertRule"].Value.Properties["for"] = openapi3.NewStringSchema().NewRef()
	kinds := doc.Components.Schemas["EmbeddedContactPoint"].Value.Properties["type"].Value
	for i, kind := range kinds.Enum {
		if text, ok := kind.(string); ok {
			kinds.Enum[i] = strings.TrimSpace(text)
		}
	}
}

// describedAs validates a request and its answer, and names the operation; "" for one that is not described.
func describedAs(t *testing.T, doc *openapi3.T, request *http.Request, body []byte, answer *httptest.ResponseRecorder) string {
	t.Helper()
	template, parameters := templateOf(strings.TrimPrefix(request.URL.Path, "/grafana/api"))
	item := doc.Paths.Value(template)
	if item == nil || item.GetOperation(request.Method) == nil {
		return ""
	}
	route := &routers.Route{Spec: doc, Path: template, PathItem: item, Method: request.Method, Operation: item.GetOperation(request.Method)}
	// The generated client cannot leave the read-only time "updated" out; Grafana ignores it.
	options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, ExcludeReadOnlyValidations: true}
	copied := request.Clone(context.Background())
	copied.Body = io.NopCloser(bytes.NewReader(body))
	input := &openapi3filter.RequestValidationInput{Request: copied, PathParams: parameters, Route: route, Options: options}
	if err := openapi3filter.ValidateRequest(t.Context(), input); err != nil {
		t.Errorf("request against Grafana's API description: %v", err)
	}
	if answer.Code >= http.StatusBadRequest {
		return ""
	}
	output := &openapi3filter.ResponseValidationInput{RequestValidationInput: input, Status: answer.Code, Header: answer.Header(), Options: options}
	output.SetBodyBytes(answer.Body.Bytes())
	if err := openapi3filter.ValidateResponse(t.Context(), output); err != nil {
		t.Errorf("answer against Grafana's API description: %v", err)
	}
	return request.Method + " " + template
}

// templateOf is the description's path; it counts alerting's paths from /api, the others from below it.
func templateOf(path string) (template string, parameters map[string]string) {
	if uid, ok := strings.CutPrefix(path, "/v1/provisioning/alert-rules/"); ok {
		return "/api/v1/provisioning/alert-rules/{UID}", map[string]string{"UID": uid}
	}
	if uid, ok := strings.CutPrefix(path, "/folders/"); ok {
		return "/folders/{folder_uid}", map[string]string{"folder_uid": uid}
	}
	if strings.HasPrefix(path, "/v1/") {
		return "/api" + path, nil
	}
	return path, nil
}
