package server

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/burnline/grafana-slo-app/dev/host/alerting"
)

// maxTransitions bounds the state history: older changes of state are forgotten.
const maxTransitions = 5000

// transitionNote is a change of state as Grafana's annotation backend writes it.
func transitionNote(t alerting.Transition) *annotation {
	var value string
	details := map[string]any{}
	switch {
	case strings.HasPrefix(t.To, "Error"):
		// Grafana has the error's text here; it stands in the rule's state, too, which is where to look for it.
		details["error"], value = nil, "Error"
	case strings.HasPrefix(t.To, "NoData"):
		details["noData"], value = true, "No data"
	default:
		values, texts := map[string]any{}, []string{}
		for _, ref := range slices.Sorted(maps.Keys(t.Values)) {
			number := t.Values[ref]
			text := fmt.Sprintf("%f", number)
			texts = append(texts, ref+"="+text)
			values[ref] = number
			if math.IsInf(number, 0) || math.IsNaN(number) {
				values[ref] = text
			}
		}
		details["values"], value = values, strings.Join(texts, ", ")
	}
	at := t.At.UnixMilli()
	panel, err := strconv.ParseInt(t.Rule.Annotations[annotationPanel], 10, 64)
	if err != nil {
		panel = 0
	}
	return &annotation{
		AlertID: t.Rule.ID, DashboardUID: t.Rule.Annotations[annotationDashboard], PanelID: panel, PrevState: t.From, NewState: t.To,
		Created: at, Updated: at, Time: at, TimeEnd: at, Text: fmt.Sprintf("%s {%s} - %s", t.Rule.Title, labelText(t.Labels), value), Tags: []string{}, Data: details,
	}
}

func (s *state) forgetOldTransitions() {
	extra := -maxTransitions
	for _, note := range s.Annotations {
		if note.AlertID != 0 {
			extra++
		}
	}
	s.Annotations = slices.DeleteFunc(s.Annotations, func(note *annotation) bool {
		if extra <= 0 || note.AlertID == 0 {
			return false
		}
		extra--
		return true
	})
}

// rulePage stands in for Grafana's page of a rule, which notifications link to.
var rulePage = template.Must(template.New("rule").Funcs(template.FuncMap{"isLink": isLink}).Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Rule.Name}}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1f2328; background: #fff; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #d0d7de }
a { color: #0550ae } pre { white-space: pre-wrap; background: #f6f8fa; padding: .6rem } .firing { color: #a40e26 } .pending { color: #7a4b00 }
</style></head><body><main>
<p>{{.Folder}} / {{.Group}}</p>
<h1>{{.Rule.Name}}</h1>
<p><strong class="{{.Rule.State}}">{{.Rule.State}}</strong>{{if .Rule.IsPaused}} (paused){{end}}, health {{.Rule.Health}}, {{if .Rule.LastEvaluation.IsZero}}not evaluated yet{{else}}evaluated {{.Rule.LastEvaluation.UTC.Format "2006-01-02 15:04:05 MST"}}{{end}}</p>
{{if .Rule.LastError}}<pre>{{.Rule.LastError}}</pre>{{end}}
{{define "pairs"}}{{if .}}<table>{{range $name, $value := .}}<tr><th scope="row">{{$name}}</th><td>{{if isLink $value}}<a href="{{$value}}">{{$value}}</a>{{else}}{{$value}}{{end}}</td></tr>{{end}}</table>{{else}}<p>None.</p>{{end}}{{end}}
<h2>Instances</h2>
{{range .Rule.Alerts}}<h3>{{.State}} since {{.ActiveAt.UTC.Format "2006-01-02 15:04:05 MST"}}{{if .Value}}: {{.Value}}{{end}}</h3>{{template "pairs" .Labels}}{{template "pairs" .Annotations}}{{else}}<p>None.</p>{{end}}
<h2>Labels</h2>{{template "pairs" .Rule.Labels}}
<h2>Annotations</h2>{{template "pairs" .Rule.Annotations}}
<h2>Query</h2><pre>{{.Rule.Query}}</pre>
</main></body></html>
`))

func isLink(text string) bool {
	if strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "//") {
		return true
	}
	parsed, err := url.Parse(text)
	return err == nil && parsed.Host != "" && (parsed.Scheme == "http" || parsed.Scheme == "https")
}

func (s *Server) viewRule(w http.ResponseWriter, r *http.Request) error {
	rule := s.alertRule(r.PathValue("uid"))
	if rule == nil || !identityFrom(r.Context()).mayReadRule(rule) {
		return notFound("could not find alert rule")
	}
	var page strings.Builder
	err := rulePage.Execute(&page, map[string]any{
		"Rule": promRuleOf(rule, s.ruleStates()[rule.UID]), "Folder": cmp.Or(s.folderTitles()[rule.FolderUID], rule.FolderUID), "Group": rule.RuleGroup,
	})
	if err != nil {
		return fmt.Errorf("page of rule %s: %w", rule.UID, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(page.String()))
	return nil
}
