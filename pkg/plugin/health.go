package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// maxListed is how many failing SLOs a health check names.
const maxListed = 5

// check is one thing that a health check looked at.
type check struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	// Message says what was found and, if it is not well, what to do.
	Message string `json:"message"`
}

// verdict is the outcome of a health check.
type verdict struct {
	Checks []check `json:"checks"`
	// Heartbeat is when the ledger was last written.
	Heartbeat *int64 `json:"heartbeat"`
	// Definitions counts the SLOs; Failing names some of those that can't be read.
	Definitions int           `json:"definitions"`
	Problems    problemCount  `json:"problems"`
	Failing     []failingJSON `json:"failing"`
	// summary is the text when all is well.
	summary string
}

type problemCount struct {
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
}

type failingJSON struct {
	SLO   string `json:"slo"`
	Error string `json:"error"`
}

func (v *verdict) add(name string, ok bool, format string, args ...any) {
	v.Checks = append(v.Checks, check{Name: name, OK: ok, Message: fmt.Sprintf(format, args...)})
}

func (v *verdict) ok() bool {
	return !slices.ContainsFunc(v.Checks, func(c check) bool { return !c.OK })
}

// result puts the first things that are wrong into the message, and everything into the details.
func (v *verdict) result() *backend.CheckHealthResult {
	result := &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: v.summary}
	if !v.ok() {
		var wrong []string
		for _, c := range v.Checks {
			if !c.OK {
				wrong = append(wrong, c.Message)
			}
		}
		result.Status, result.Message = backend.HealthStatusError, strings.Join(wrong, " ")
	}
	if details, err := json.Marshal(v); err == nil {
		result.JSONDetails = details
	}
	return result
}

func (p *Plugin) showHealth(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), healthTimeout)
	defer cancel()
	v := p.appHealth(ctx)
	result := v.result()
	writeJSON(w, http.StatusOK, map[string]any{"status": result.Status.String(), "message": result.Message, "details": v})
}

// dataSourceHealth looks at what the data source lives on: the ledger, and that somebody writes it.
func (p *Plugin) dataSourceHealth(ctx context.Context) *verdict {
	v := &verdict{Failing: []failingJSON{}}
	hint := fmt.Sprintf(" See the app's health for what it waits for. If the app is healthy, the two processes use different folders: give both sections [plugin.%s] and [plugin.%s] the same data_dir.", AppID, DataSourceID)
	if snapshot, ok := p.ledgerHealth(ctx, v, hint); ok {
		p.heartbeatHealth(v, snapshot, false)
		p.definitionHealth(v, snapshot)
		readingHealth(v, snapshot)
	}
	return v
}

// appHealth looks at what the evaluation needs, in the order in which it needs it.
func (p *Plugin) appHealth(ctx context.Context) *verdict {
	v := &verdict{Failing: []failingJSON{}}
	if p.engine.Access().Token == "" {
		v.add("token", false, noToken)
	} else {
		v.add("token", true, "The process has a service account token.")
	}
	running, why := p.engine.Evaluating()
	switch {
	case running && p.engine.Trouble() != "":
		v.add("evaluator", false, "%s", p.engine.Trouble())
	case running:
		v.add("evaluator", true, "This process evaluates.")
	case p.engine.Access().Token == "":
		v.add("evaluator", false, "Nothing is evaluated without a token.")
	case strings.Contains(why, ledger.ErrLocked.Error()):
		v.add("evaluator", true, "Another process evaluates: %s", why)
	default:
		v.add("evaluator", false, "%s", why)
	}
	p.folderHealth(v)
	snapshot, ok := p.ledgerHealth(ctx, v, "")
	if !ok {
		return v
	}
	p.heartbeatHealth(v, snapshot, running)
	p.definitionHealth(v, snapshot)
	p.sourceHealth(ctx, v, snapshot)
	readingHealth(v, snapshot)
	p.ruleHealth(v)
	return v
}

// ruleHealth tells how the alert rules fare. They are no reason to call the app unhealthy: the SLOs are measured.
func (p *Plugin) ruleHealth(v *verdict) {
	kept := p.engine.rulesKept()
	switch {
	case kept.Trouble != "":
		text := fmt.Sprintf("The alert rules are not as the SLOs want them, since %s: %s", clock(kept.TroubleAt), kept.Trouble)
		v.summary += " " + text
		v.add("alerts", true, "%s", text)
	case !kept.AppliedAt.IsZero():
		v.add("alerts", true, "The alert rules were as the SLOs want them at %s.", clock(kept.AppliedAt))
	}
}

// ledgerHealth reads the ledger; hint is what to do where there is none.
func (p *Plugin) ledgerHealth(ctx context.Context, v *verdict, hint string) (ledger.Snapshot, bool) {
	path := p.settings.LedgerPath()
	reader, err := p.answers.ledger(ctx)
	if err != nil {
		v.add("ledger", false, "%s", sentence(err.Error()))
		return ledger.Snapshot{}, false
	}
	snapshot, err := reader.Snapshot(ctx)
	switch {
	case err != nil:
		v.add("ledger", false, "%s", sentence(err.Error()))
		return ledger.Snapshot{}, false
	case snapshot.Missing != "":
		v.add("ledger", false, "%s%s", sentence(snapshot.Missing), hint)
		return ledger.Snapshot{}, false
	}
	v.add("ledger", true, "The ledger %s can be read.", path)
	return snapshot, true
}

// heartbeatHealth looks at the age of the last write. A process that has just begun to evaluate may not
// have written yet.
func (p *Plugin) heartbeatHealth(v *verdict, snapshot ledger.Snapshot, evaluating bool) {
	v.Heartbeat = millis(snapshot.Heartbeat)
	age := p.answers.now().Sub(snapshot.Heartbeat)
	switch {
	case !snapshot.Heartbeat.IsZero() && age <= budget.StaleAfter:
		v.add("heartbeat", true, "The ledger was written %s ago.", max(0, age).Round(time.Second))
	case evaluating && p.engine.Evaluated() <= budget.StaleAfter:
		v.add("heartbeat", true, "The evaluation has just started and writes soon.")
	case evaluating:
		v.add("heartbeat", false, "This process evaluates, but has not written for %s: see Grafana's log for the plugin's lines.", min(age, p.engine.Evaluated()).Round(time.Minute))
	default:
		v.add("heartbeat", false, "%s", evaluatorSilent(snapshot.Heartbeat).Text)
	}
}

func (p *Plugin) definitionHealth(v *verdict, snapshot ledger.Snapshot) {
	for _, entry := range snapshot.Entries {
		if entry.Removed.IsZero() {
			v.Definitions++
		}
	}
	v.Problems.Errors, v.Problems.Warnings = countProblems(snapshot.Problems)
	switch {
	case v.Definitions == 0 && v.Problems.Errors > 0:
		v.add("definitions", false, "No SLO could be loaded from %s. The first problem: %s", p.settings.DefinitionsDir, problemText(firstProblem(snapshot.Problems)))
	case v.Definitions == 0:
		v.summary = fmt.Sprintf("The ledger is ready. No SLO is defined yet: put an OpenSLO v1 file into %s.", p.settings.DefinitionsDir)
		v.add("definitions", true, "%s", v.summary)
	case v.Problems.Errors > 0:
		v.summary = fmt.Sprintf("%s. The definitions have %s; the first: %s", plural(v.Definitions, "SLO"), plural(v.Problems.Errors, "error"), problemText(firstProblem(snapshot.Problems)))
		v.add("definitions", true, "%s", v.summary)
	default:
		v.summary = fmt.Sprintf("%s, all definitions are valid.", plural(v.Definitions, "SLO"))
		v.add("definitions", true, "%s", v.summary)
	}
}

// readingHealth is an error only if no SLO can be read: one broken source is that source's matter, and
// shows at its SLOs.
func readingHealth(v *verdict, snapshot ledger.Snapshot) {
	evaluated, failing := 0, 0
	for _, entry := range snapshot.Entries {
		if !entry.Removed.IsZero() || entry.Definition.NotEvaluated != "" {
			continue
		}
		evaluated++
		if entry.Status.LastError == "" {
			continue
		}
		failing++
		if len(v.Failing) < maxListed {
			v.Failing = append(v.Failing, failingJSON{SLO: entry.Definition.ID, Error: entry.Status.LastError})
		}
	}
	switch failing {
	case 0:
		v.add("readings", true, "No reading failed.")
	case evaluated:
		v.add("readings", false, "No SLO can be read. %s: %s", v.Failing[0].SLO, sentence(v.Failing[0].Error))
	default:
		text := fmt.Sprintf("%d of %d SLOs can't be read; %s: %s", failing, evaluated, v.Failing[0].SLO, sentence(v.Failing[0].Error))
		v.summary += " " + text
		v.add("readings", true, "%s", text)
	}
}

func (p *Plugin) folderHealth(v *verdict) {
	dir := p.settings.DefinitionsDir
	info, err := os.Stat(dir)
	switch {
	case os.IsNotExist(err):
		v.add("folder", false, "The definitions folder %s does not exist. Create it, or name another as definitions_dir in [plugin.%s].", dir, AppID)
	case err != nil:
		v.add("folder", false, "The definitions folder %s can't be read: %v. Let the user that Grafana runs as read it.", dir, err)
	case !info.IsDir():
		v.add("folder", false, "The definitions folder %s is a file. Name a folder as definitions_dir in [plugin.%s].", dir, AppID)
	default:
		v.add("folder", true, "Definitions are read from %s.", dir)
	}
}

// sourceHealth asks Grafana for each data source that a definition names.
func (p *Plugin) sourceHealth(ctx context.Context, v *verdict, snapshot ledger.Snapshot) {
	if !p.engine.Access().Complete() {
		return
	}
	var refs []slo.SourceRef
	for _, entry := range snapshot.Entries {
		ref := entry.Definition.Source
		if entry.Removed.IsZero() && entry.Definition.NotEvaluated == "" && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	if len(refs) == 0 {
		if err := p.engine.ping(ctx); err != nil {
			v.add("grafana", false, "%s", sentence(err.Error()))
		} else {
			v.add("grafana", true, "Grafana answers at %s.", p.engine.Access().URL)
		}
		return
	}
	for _, ref := range refs {
		name := fmt.Sprintf("data source %s", ref.UID)
		if found, err := p.engine.lookUp(ctx, ref); err != nil {
			v.add(name, false, "%s", sentence(err.Error()))
		} else {
			v.add(name, true, "%s", found)
		}
	}
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
