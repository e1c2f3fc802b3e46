package plugin

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// sloJSON is one SLO as the app's pages get it.
type sloJSON struct {
	Definition slo.Definition      `json:"definition"`
	Removed    *int64              `json:"removed,omitempty"`
	Status     ledger.Status       `json:"status"`
	Report     reportJSON          `json:"report"`
	State      State               `json:"state"`
	Message    string              `json:"message"`
	Burn       map[string]*float64 `json:"burn"`
	Policy     []policyJSON        `json:"policy"`
	Trend      []*float64          `json:"trend"`
	// Document is the YAML text of the definition, for the detail page only.
	Document string `json:"document,omitempty"`
}

// sloListJSON is the answer of GET slos.
type sloListJSON struct {
	SLOs      []sloJSON     `json:"slos"`
	Problems  []slo.Problem `json:"problems"`
	Evaluator evaluatorJSON `json:"evaluator"`
	Now       int64         `json:"now"`
}

// evaluatorJSON says whether this process evaluates, and what keeps it from doing so or from writing.
type evaluatorJSON struct {
	Running   bool   `json:"running"`
	Message   string `json:"message"`
	Heartbeat *int64 `json:"heartbeat,omitempty"`
}

// queryJSON is the body of POST query: what Grafana's /api/ds/query takes, with times in Unix milliseconds.
type queryJSON struct {
	From          int64             `json:"from"`
	To            int64             `json:"to"`
	MaxDataPoints int64             `json:"maxDataPoints"`
	Queries       []json.RawMessage `json:"queries"`
}

// appRoutes are the resources of the app.
func (p *Plugin) appRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /slos", forReaders(p.listSLOs))
	mux.HandleFunc("GET /slos/{id...}", forReaders(p.showSLO))
	mux.HandleFunc("POST /query", forReaders(p.queryFrames))
	mux.HandleFunc("GET /problems", forReaders(p.listProblems))
	mux.HandleFunc("GET /health", forReaders(p.showHealth))
	p.alertRoutes(mux)
	mux.HandleFunc("/", unknownRoute("GET slos, GET slos/<id>, POST query, GET problems, GET health, and alerts/… (docs/alerts-api.md)"))
	return mux
}

func (p *Plugin) listSLOs(w http.ResponseWriter, r *http.Request) {
	list, err := p.sloList(r.Context(), selection{})
	if err != nil {
		fail(w, err)
		return
	}
	writeJSON(w, http.StatusOK, list)
}

func (p *Plugin) showSLO(w http.ResponseWriter, r *http.Request) {
	list, err := p.sloList(r.Context(), selection{SLOs: []string{r.PathValue("id")}})
	if err != nil {
		fail(w, err)
		return
	}
	one := list.SLOs[0]
	one.Document = document(os.DirFS(p.settings.DefinitionsDir), one.Definition.Origin)
	writeJSON(w, http.StatusOK, one)
}

func (p *Plugin) sloList(ctx context.Context, chosen selection) (sloListJSON, error) {
	reader, snapshot, err := p.answers.catalogue(ctx)
	if err != nil {
		return sloListJSON{}, err
	}
	entries, err := chosen.pick(snapshot)
	if err != nil {
		return sloListJSON{}, err
	}
	now := p.answers.now().UTC()
	views, err := p.answers.views(ctx, reader, snapshot, entries, now)
	if err != nil {
		return sloListJSON{}, err
	}
	list := sloListJSON{SLOs: make([]sloJSON, len(views)), Problems: orEmpty(snapshot.Problems), Now: now.UnixMilli()}
	for i, v := range views {
		report := v.reportJSON()
		list.SLOs[i] = sloJSON{
			Definition: v.definition(), Removed: millis(v.Entry.Removed), Status: v.Entry.Status,
			Report: report, State: v.State, Message: report.Message, Burn: report.Burn,
			Policy: v.policyJSON(), Trend: v.Trend(),
		}
	}
	list.Evaluator = p.evaluatorJSON(snapshot.Heartbeat)
	return list, nil
}

func (p *Plugin) evaluatorJSON(heartbeat time.Time) evaluatorJSON {
	running, message := p.engine.Evaluating()
	if message == "" {
		message = p.engine.Trouble()
	}
	return evaluatorJSON{Running: running, Message: message, Heartbeat: millis(heartbeat)}
}

func (p *Plugin) listProblems(w http.ResponseWriter, r *http.Request) {
	_, snapshot, err := p.answers.catalogue(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"problems": orEmpty(snapshot.Problems)})
}

// queryFrames lets the app's pages draw without a configured data source instance.
func (p *Plugin) queryFrames(w http.ResponseWriter, r *http.Request) {
	var body queryJSON
	if err := decode(w, r, &body, "{from, to, maxDataPoints, queries} with times in Unix milliseconds"); err != nil {
		fail(w, err)
		return
	}
	queries := make([]backend.DataQuery, len(body.Queries))
	for i, raw := range body.Queries {
		var head struct {
			RefID     string `json:"refId"`
			QueryType string `json:"queryType"`
		}
		if err := json.Unmarshal(raw, &head); err != nil {
			fail(w, badQuery("query %d of the body can't be read: %v.", i+1, err))
			return
		}
		if head.RefID == "" {
			head.RefID = string(rune('A' + i%26))
		}
		queries[i] = backend.DataQuery{
			RefID: head.RefID, QueryType: head.QueryType, JSON: raw, MaxDataPoints: body.MaxDataPoints,
			TimeRange: backend.TimeRange{From: time.UnixMilli(body.From), To: time.UnixMilli(body.To)},
		}
	}
	if len(queries) == 0 {
		fail(w, badQuery("the body has no queries; give at least one, such as {\"refId\":\"A\",\"queryType\":\"status\"}."))
		return
	}
	writeJSON(w, http.StatusOK, &backend.QueryDataResponse{Responses: p.answers.answer(r.Context(), queries, false)})
}

// document is the YAML text of a definition; "" when its file can't be read from here, because the text
// is an extra and the data source's process may run elsewhere.
func document(dir fs.FS, origin slo.Position) string {
	if !fs.ValidPath(origin.File) || origin.Line < 1 {
		return ""
	}
	raw, err := fs.ReadFile(dir, origin.File)
	if err != nil {
		return ""
	}
	lines := strings.Split(string(raw), "\n")
	if origin.Line > len(lines) {
		return ""
	}
	lines = lines[origin.Line-1:]
	for i, line := range lines {
		if strings.HasPrefix(line, "---") && i > 0 {
			lines = lines[:i]
			break
		}
	}
	return strings.TrimSpace(strings.TrimPrefix(strings.Join(lines, "\n"), "---")) + "\n"
}

// orEmpty makes a missing list an empty one, [] in JSON.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
