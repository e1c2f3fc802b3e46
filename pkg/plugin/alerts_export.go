package plugin

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/export"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// exportGrafana is the format of Grafana's provisioning; the others are export.Dialect.
const exportGrafana = "grafana"

var exportFormats = []string{exportGrafana, string(export.DialectPrometheus), string(export.DialectMimir), string(export.DialectLoki)}

// exportRules gives the rules as a file for another place than this Grafana's API.
func (p *Plugin) exportRules(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	format := query.Get("format")
	if format == "" {
		format = exportGrafana
	}
	if !slices.Contains(exportFormats, format) {
		fail(w, badQuery("format %q is unknown; it must be one of %s.", format, quoted(exportFormats, "or")))
		return
	}
	want, err := p.wants(r.Context())
	if err != nil && (want.Settings.Mode == "" || format == exportGrafana) {
		fail(w, grafanaError(err))
		return
	}
	if id := query.Get("slo"); id != "" {
		if want.Plans = slices.DeleteFunc(want.Plans, func(plan alert.Plan) bool { return plan.Definition.ID != id }); len(want.Plans) == 0 {
			fail(w, notFound("there is no SLO %q.", id))
			return
		}
		want.Groups = slices.DeleteFunc(want.Groups, func(g rule.Group) bool { return len(g.Rules) == 0 || g.Rules[0].Labels[alert.LabelSLO] != id })
	}
	var body []byte
	if format == exportGrafana {
		body, err = export.Provisioning(want.Groups, 1)
	} else {
		body, err = want.ruler(export.RulerConfig{Dialect: export.Dialect(format), SlothNames: query.Get("sloth") == "true", Labels: want.Settings.Labels, AppURL: want.AppURL})
	}
	if err != nil {
		fail(w, badQuery("%s", sentence(err.Error())))
		return
	}
	w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "burnline-"+format+".yaml"))
	_, _ = w.Write(body)
}

// ruler writes all services into one answer: one document, and for Mimir, where a file is a namespace, one document each.
func (w wanted) ruler(cfg export.RulerConfig) ([]byte, error) {
	files, problems, err := export.Ruler(w.Plans, cfg)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, problem := range problems {
		fmt.Fprintf(&out, "# %s: %s\n", problem.Severity, strings.Join(strings.FieldsFunc(exportProblem(problem), unicode.IsControl), " "))
	}
	if cfg.Dialect == export.DialectMimir {
		for i, file := range files {
			if i > 0 {
				out.WriteString("---\n")
			}
			out.Write(file.Body)
		}
		return out.Bytes(), nil
	}
	var all struct {
		Groups []yaml.Node `yaml:"groups"`
	}
	for _, file := range files {
		var one struct {
			Groups []yaml.Node `yaml:"groups"`
		}
		if err := yaml.Unmarshal(file.Body, &one); err != nil {
			return nil, fmt.Errorf("%s: %w", file.Path, err)
		}
		all.Groups = append(all.Groups, one.Groups...)
	}
	out.WriteString("# Written by Burnline; changes are overwritten.\n")
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(all); err != nil {
		return nil, err
	}
	return out.Bytes(), encoder.Close()
}

func exportProblem(p slo.Problem) string {
	if p.File != "" {
		return problemText(p)
	}
	return strings.TrimSpace(sentence(p.Message) + " " + sentence(p.Remedy))
}
