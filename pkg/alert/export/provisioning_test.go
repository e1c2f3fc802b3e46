package export

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

var updateProvisioning = flag.Bool("update-provisioning", false, "write the golden provisioning file")

func provisionedGroups(t *testing.T) []rule.Group {
	t.Helper()
	settings := alert.DefaultSettings()
	settings.Page = alert.Route{ContactPoint: "on-call $5", GroupBy: []string{"alertname", "grafana_folder", "burnline_slo"}, GroupWait: "10s", RepeatInterval: "4h", MuteTimings: []string{"nights"}}
	hostile := thirtyDays("availability", nil).Definition
	hostile.DisplayName, hostile.Labels = `Costs $HOME: "quoted"`, map[string]string{"price": "${PATH} $$"}
	hostile.Source = slo.SourceRef{Type: "prometheus", UID: "prom"}
	groups, problems, err := rule.Build(rule.Config{Settings: settings, AppURL: "https://grafana.example.com"}, []alert.Plan{alert.PlanFor(hostile, settings)})
	require.NoError(t, err)
	for _, p := range problems {
		require.NotEqual(t, slo.SeverityError, p.Severity, p.Message)
	}
	return groups
}

func TestTheProvisioningFileIsTheGoldenOne(t *testing.T) {
	groups := provisionedGroups(t)
	got, err := Provisioning(groups, 0)
	require.NoError(t, err)
	golden := filepath.Join("testdata", "provisioning.yaml")
	if *updateProvisioning {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(golden, got, 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
	again, err := Provisioning(provisionedGroups(t), 1)
	require.NoError(t, err)
	require.Equal(t, got, again, "the same groups give the same bytes, and the first organisation is the default")
}

// read is the file as Grafana's loader sees it: text is expanded by os.Expand with "$$" for a dollar, annotations and
// models are taken as they stand.
func read(t *testing.T) provisioningFile {
	t.Helper()
	raw, err := Provisioning(provisionedGroups(t), 1)
	require.NoError(t, err)
	var file provisioningFile
	require.NoError(t, yaml.Unmarshal(raw, &file))
	return file
}

func expanded(text string) string {
	parts := strings.Split(text, "$$")
	for i, part := range parts {
		parts[i] = os.Expand(part, func(string) string { return "" })
	}
	return strings.Join(parts, "$")
}

func TestWhatGrafanaExpandsComesOutAsItWentIn(t *testing.T) {
	groups, file := provisionedGroups(t), read(t)
	require.Len(t, file.Groups, len(groups))
	for g, group := range groups {
		require.Equal(t, group.Name, expanded(file.Groups[g].Name))
		require.Equal(t, group.FolderTitle, expanded(file.Groups[g].Folder))
		interval, err := time.ParseDuration(file.Groups[g].Interval)
		require.NoError(t, err)
		require.Equal(t, group.Interval, interval)
		for r, want := range group.Rules {
			got := file.Groups[g].Rules[r]
			require.Equal(t, want.Title, expanded(got.Title))
			for name, value := range want.Labels {
				require.Equal(t, value, expanded(got.Labels[name]))
			}
			require.Equal(t, want.Annotations, got.Annotations, "annotations are not expanded: $values stays")
			require.Equal(t, want.Annotations[rule.AnnotationDashboardUID], got.DashboardUID)
			if want.Route.ContactPoint != "" {
				require.Equal(t, want.Route.ContactPoint, expanded(got.Notification.Receiver))
			}
			for q, query := range want.Data {
				require.Equal(t, query.RefID, got.Data[q].RefID)
				if expression, ok := got.Data[q].Model["expression"].(string); ok && got.Data[q].Model["type"] == "math" {
					require.Contains(t, expression, "$", "models are not expanded either")
					require.NotContains(t, expression, "$$")
				}
			}
		}
	}
}

// TestTheProvisioningFileHasGrafanasPublishedShape holds the file against AlertingFileExport of Grafana's API description, which lies
// outside the repository: GRAFANA_OPENAPI names it, or it stands in a folder "shared" beside the repository.
func TestTheProvisioningFileHasGrafanasPublishedShape(t *testing.T) {
	path := os.Getenv("GRAFANA_OPENAPI")
	if path == "" {
		path = filepath.Join("..", "..", "..", "..", "shared", "grafana-openapi3.json")
	}
	if _, err := os.Stat(path); err != nil {
		t.Skip("Grafana's API description is not here: set GRAFANA_OPENAPI to its grafana-openapi3.json")
	}
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	require.NoError(t, err)
	schemas := doc.Components.Schemas
	// The description is that of Grafana 10.1, and of Go's types rather than of the files: durations are texts, KeepLast came
	// later, any model is let through, and dashboardUid has lost a letter.
	group, one := schemas["AlertRuleGroupExport"].Value.Properties, schemas["AlertRuleExport"].Value.Properties
	group["interval"], one["for"] = openapi3.NewStringSchema().NewRef(), openapi3.NewStringSchema().NewRef()
	for _, field := range []string{"noDataState", "execErrState"} {
		one[field].Value.Enum = append(one[field].Value.Enum, "KeepLast")
	}
	schemas["AlertQueryExport"].Value.Properties["model"] = openapi3.NewObjectSchema().NewRef()
	one["dashboardUid"] = one["dasboardUid"]
	one["notification_settings"] = openapi3.NewObjectSchema().NewRef()
	for _, name := range []string{"AlertingFileExport", "AlertRuleGroupExport", "AlertRuleExport", "AlertQueryExport"} {
		schema := schemas[name].Value
		forbidden := false
		schema.AdditionalProperties = openapi3.AdditionalProperties{Has: &forbidden} // a field that Grafana does not know has no effect
	}
	raw, err := Provisioning(provisionedGroups(t), 1)
	require.NoError(t, err)
	var content any
	require.NoError(t, yaml.Unmarshal(raw, &content))
	require.NoError(t, schemas["AlertingFileExport"].Value.VisitJSON(plain(content)))
}

// plain makes YAML's numbers those of JSON.
func plain(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name := range value {
			value[name] = plain(value[name])
		}
	case []any:
		for i := range value {
			value[i] = plain(value[i])
		}
	case int:
		return float64(value)
	}
	return value
}
