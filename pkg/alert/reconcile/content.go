package reconcile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-openapi/strfmt"
	"github.com/grafana/grafana-openapi-client-go/models"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
)

// form numbers the way of hashing below. Whoever changes what content holds must raise it and keep the former way, to
// judge by it the revisions that were written by it: else every rule in the world looks edited after an upgrade.
const form = "1"

// content is what a rule says, by readable path, and nothing else: no ids, no times, none of the fields that Grafana
// adds to a query on its own or when somebody opens and saves a rule unchanged. Empty values are left out, so that
// absent, null and empty are one.
type content map[string]string

// The paths of the parts of a rule that not every Grafana knows.
const (
	pathKeepFiringFor = "keep firing for"
	pathNotification  = "notification."
	pathNoData        = "no data state"
	pathError         = "error state"
)

// contentOf reads a rule as Grafana gives it, or as it is sent there.
func contentOf(m *models.ProvisionedAlertRule) content {
	c := content{}
	c.set("title", deref(m.Title))
	c.set("folder", deref(m.FolderUID))
	c.set("group", deref(m.RuleGroup))
	c.set("condition", deref(m.Condition))
	c.set(pathNoData, deref(m.NoDataState))
	c.set(pathError, deref(m.ExecErrState))
	if m.For != nil {
		c.set("for", durationText(time.Duration(*m.For)))
	}
	c.set(pathKeepFiringFor, durationText(time.Duration(m.KeepFiringFor)))
	if m.IsPaused {
		c.set("paused", "true")
	}
	if m.MissingSeriesEvalsToResolve != 0 {
		c.set("missing series evaluations to resolve", strconv.FormatInt(m.MissingSeriesEvalsToResolve, 10))
	}
	if m.Record != nil {
		c.set("recorded as", deref(m.Record.Metric))
	}
	for name, value := range m.Labels {
		c.set("labels."+name, value)
	}
	for name, value := range m.Annotations {
		if name != AnnotationRevision && name != AnnotationAdopted {
			c.set("annotations."+name, value)
		}
	}
	for _, query := range m.Data {
		if query != nil {
			c.addQuery(query)
		}
	}
	c.addNotification(m.NotificationSettings)
	return c
}

func (c content) set(path, value string) {
	if value != "" {
		c[path] = value
	}
}

func (c content) addNotification(n *models.AlertRuleNotificationSettings) {
	if n == nil || deref(n.Receiver) == "" {
		return
	}
	list := func(values []string) string {
		return strings.Join(slices.Sorted(slices.Values(values)), ", ")
	}
	c.set(pathNotification+"contact point", deref(n.Receiver))
	c.set(pathNotification+"group by", list(n.GroupBy))
	c.set(pathNotification+"group wait", sameDuration(n.GroupWait))
	c.set(pathNotification+"group interval", sameDuration(n.GroupInterval))
	c.set(pathNotification+"repeat interval", sameDuration(n.RepeatInterval))
	c.set(pathNotification+"mute timings", list(n.MuteTimeIntervals))
	c.set(pathNotification+"active timings", list(n.ActiveTimeIntervals))
}

func (c content) addQuery(q *models.AlertQuery) {
	at := "query " + q.RefID
	c.set(at+".data source", q.DatasourceUID)
	model := plain(q.Model)
	if q.DatasourceUID == rule.ExpressionUID || q.DatasourceUID == "-100" {
		c.addTree(at, expressionOf(model))
		return
	}
	if q.RelativeTimeRange != nil {
		c.set(at+".range", rangeText(int64(q.RelativeTimeRange.From), int64(q.RelativeTimeRange.To)))
	}
	if _, ok := model["queryType"]; !ok && q.QueryType != "" {
		model["queryType"] = q.QueryType
	}
	for name, ordinary := range editorFields {
		if value, ok := model[name]; ok && (ordinary == nil || value == ordinary) {
			delete(model, name)
		}
	}
	c.addTree(at, model)
}

// editorFields are the fields that Grafana or an editor adds to a query. With nil they say nothing about what is
// queried; the others say nothing while they have the ordinary value that is given here.
var editorFields = map[string]any{
	"refId": nil, "datasource": nil, "datasourceUid": nil, "intervalMs": nil, "maxDataPoints": nil, "key": nil, "editorMode": nil, "legendFormat": nil,
	"useBackend": nil, "disableTextWrap": nil, "fullMetaSearch": nil, "includeNullMetadata": nil, "hide": nil, "requestId": nil, "utcOffsetSec": nil,
	"interval": "", "format": "time_series", "queryType": "timeSeriesQuery",
}

// expressionOf keeps of an expression what Grafana's server-side expressions read. Editors leave remains of the other
// kinds in it, such as a condition in a math node.
func expressionOf(model map[string]any) map[string]any {
	kept := map[string]any{}
	keep := func(names ...string) {
		for _, name := range names {
			kept[name] = model[name]
		}
	}
	keep("type")
	switch model["type"] {
	case "math":
		keep("expression")
	case "reduce":
		keep("expression", "reducer")
		if settings, ok := model["settings"].(map[string]any); ok && settings["mode"] != "" {
			kept["settings"] = settings
		}
	case "resample":
		keep("expression", "window", "downsampler", "upsampler")
	case "threshold":
		keep("expression")
		kept["conditions"] = thresholdsOf(model["conditions"])
	default:
		kept = maps.Clone(model)
		for name := range editorFields {
			delete(kept, name)
		}
	}
	return kept
}

// thresholdsOf keeps the evaluators. The editor fills a second parameter in even where only one is read.
func thresholdsOf(conditions any) any {
	list, _ := conditions.([]any)
	kept := []any{}
	for _, condition := range list {
		fields, _ := condition.(map[string]any)
		evaluator, _ := fields["evaluator"].(map[string]any)
		params, _ := evaluator["params"].([]any)
		if kind := evaluator["type"]; (kind == "gt" || kind == "lt") && len(params) > 1 {
			params = params[:1]
		}
		kept = append(kept, map[string]any{"type": evaluator["type"], "params": params, "unload": fields["unloadEvaluator"]})
	}
	return kept
}

// addTree writes JSON by path, without empty objects, empty lists, empty texts, null and false. A zero stays.
func (c content) addTree(at string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			c.addTree(at+"."+name, inner)
		}
	case []any:
		for i, inner := range v {
			c.addTree(at+"."+strconv.Itoa(i), inner)
		}
	case string:
		c.set(at, v)
	case bool:
		if v {
			c.set(at, "true")
		}
	case float64:
		c.set(at, strconv.FormatFloat(v, 'g', -1, 64))
	}
}

// plain is a query's model as plain JSON values, never nil: what the client decoded, or raw JSON.
func plain(model any) map[string]any {
	fields := map[string]any{}
	text, err := json.Marshal(model)
	if err == nil {
		_ = json.Unmarshal(text, &fields)
	}
	if fields == nil {
		fields = map[string]any{}
	}
	return fields
}

// hash is the content in one word.
func (c content) hash() string {
	sum := sha256.New()
	for _, path := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(sum, "%q=%q\n", path, c[path])
	}
	return form + "-" + hex.EncodeToString(sum.Sum(nil))[:24]
}

// fields are the differences between what Grafana has and what is wanted.
func fields(have, want content) []Field {
	found := []Field{}
	for path, value := range have {
		if want[path] != value {
			found = append(found, Field{Path: path, Have: value, Want: want[path]})
		}
	}
	for path, value := range want {
		if _, ok := have[path]; !ok {
			found = append(found, Field{Path: path, Want: value})
		}
	}
	slices.SortFunc(found, func(a, b Field) int { return strings.Compare(a.Path, b.Path) })
	return found
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// durationText is "" for none.
func durationText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return alert.DurationText(d)
}

// sameDuration writes equal durations alike: "300s", "5m" and "5m0s".
func sameDuration(text string) string {
	d, err := strfmt.ParseDuration(text)
	if err != nil {
		return text
	}
	return durationText(d)
}

func rangeText(from, to int64) string {
	text := func(seconds int64) string {
		if seconds == 0 {
			return "now"
		}
		return alert.DurationText(time.Duration(seconds)*time.Second) + " ago"
	}
	return text(from) + " to " + text(to)
}
