package alerting

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"text/template"

	"github.com/hashicorp/go-hclog"
)

// templateLabels are labels as a template sees them.
type templateLabels map[string]string

func (l templateLabels) String() string { return labelKey(l) }

// templateValue is $values.<refId> in a template.
type templateValue struct {
	Labels templateLabels
	Value  float64
}

// String writes the value with two significant digits, or as a whole number when it is large.
func (v templateValue) String() string {
	size := math.Abs(v.Value)
	if size == 0 {
		return "0"
	}
	digits := 2 - (int(math.Floor(math.Log10(size))) + 1)
	return strconv.FormatFloat(v.Value, 'f', max(digits, 0), 64)
}

// templateData is what a template of a rule is given; $labels, $values and $value name its fields.
type templateData struct {
	Labels templateLabels
	Values map[string]templateValue
	Value  string
}

func newTemplateData(labels map[string]string, r result) templateData {
	data := templateData{Labels: labels, Values: map[string]templateValue{}, Value: valueString(r.captures)}
	for refID, c := range r.captures {
		number := math.NaN()
		if c.number != nil {
			number = *c.number
		}
		data.Values[refID] = templateValue{Labels: c.labels, Value: number}
	}
	return data
}

const templateVariables = "{{- $labels := .Labels -}}{{- $values := .Values -}}{{- $value := .Value -}}"

// expand fills in the templates of annotations or labels. One that fails keeps its text, as in Grafana, and is logged.
func expand(logger hclog.Logger, title string, texts map[string]string, data templateData, external *url.URL) map[string]string {
	expanded := make(map[string]string, len(texts))
	for name, text := range texts {
		filled, err := fill("__alert_"+title, text, data, external)
		if err != nil {
			logger.Error("a template of an alert rule failed", "rule", title, "name", name, "error", err)
			filled = text
		}
		expanded[name] = filled
	}
	return expanded
}

func fill(name, text string, data templateData, external *url.URL) (string, error) {
	parsed, err := template.New(name).Funcs(templateFunctions(external)).Option("missingkey=invalid").Parse(templateVariables + text)
	if err != nil {
		return "", err
	}
	var filled strings.Builder
	if err := parsed.Execute(&filled, data); err != nil {
		return "", err
	}
	return strings.ReplaceAll(filled.String(), "<no value>", "[no value]"), nil
}
