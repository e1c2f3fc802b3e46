package plugin

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/burnline/grafana-slo-app/pkg/ledger"
)

// choice is an option of a template variable or an editor's list.
type choice struct {
	Text  string `json:"text"`
	Value string `json:"value"`
}

// variableQuery asks for the values of a template variable.
type variableQuery struct {
	// Kind is services, slos, labels (their keys) or labelvalues.
	Kind string `json:"kind"`
	// Label is the key whose values are wanted.
	Label string `json:"label"`
	// Service limits SLOs, labels and their values to one service.
	Service string `json:"service"`
}

var variableKinds = []string{"services", "slos", "labels", "labelvalues"}

// dataSourceRoutes are the resources of the data source.
func (p *Plugin) dataSourceRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /variables", forReaders(p.variables))
	mux.HandleFunc("POST /variables", forReaders(p.variables))
	mux.HandleFunc("/", unknownRoute("GET or POST variables"))
	return mux
}

func (p *Plugin) variables(w http.ResponseWriter, r *http.Request) {
	params := r.URL.Query()
	q := variableQuery{Kind: params.Get("kind"), Label: params.Get("label"), Service: params.Get("service")}
	if r.Method == http.MethodPost && r.Body != nil {
		if err := decode(w, r, &q, "{kind, label, service}"); err != nil {
			fail(w, err)
			return
		}
	}
	_, snapshot, err := p.answers.catalogue(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	choices, err := q.choices(snapshot)
	if err != nil {
		fail(w, err)
		return
	}
	writeJSON(w, http.StatusOK, orEmpty(choices))
}

func (q variableQuery) choices(snapshot ledger.Snapshot) ([]choice, error) {
	var chosen selection
	if q.Service != "" && q.Kind != "services" {
		chosen.Services = []string{q.Service}
	}
	entries, err := chosen.pick(snapshot)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	switch q.Kind {
	case "services":
		for _, entry := range entries {
			names[entry.Definition.Service] = entry.Definition.ServiceDisplayName
		}
	case "slos":
		for _, entry := range entries {
			names[entry.Definition.ID] = entry.Definition.DisplayName
		}
	case "labels":
		for _, key := range keys(labelValues(entries)) {
			names[key] = key
		}
	case "labelvalues":
		labels := labelValues(entries)
		if q.Label == "" {
			return nil, badQuery("labelvalues needs a label. Known: %s.", quoted(keys(labels), "and"))
		}
		values, ok := labels[q.Label]
		if !ok {
			return nil, notFound("no SLO has a label %q. %s", q.Label, remedy(q.Label, keys(labels), "Labels come from metadata.labels."))
		}
		for _, value := range values {
			names[value] = value
		}
	default:
		return nil, badQuery("kind %q is unknown; it must be one of %s.", q.Kind, quoted(variableKinds, "or"))
	}
	return sorted(names), nil
}

// sorted makes choices of values and their texts, by text. A text that several values share is told
// apart by its value.
func sorted(names map[string]string) []choice {
	uses := map[string]int{}
	for _, text := range names {
		uses[text]++
	}
	var out []choice
	for value, text := range names {
		switch {
		case text == "":
			text = value
		case uses[text] > 1:
			text = fmt.Sprintf("%s (%s)", text, value)
		}
		out = append(out, choice{Text: text, Value: value})
	}
	slices.SortFunc(out, func(a, b choice) int {
		if c := strings.Compare(strings.ToLower(a.Text), strings.ToLower(b.Text)); c != 0 {
			return c
		}
		return strings.Compare(a.Value, b.Value)
	})
	return out
}
