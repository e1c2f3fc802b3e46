package plugin

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// State is the one word that an SLO is shown with.
type State string

// The states. Those down to StateNoData are package budget's; the others say that its numbers are not
// (yet) to be relied on.
const (
	StateOK           State = "ok"
	StateTicket       State = "ticket"
	StatePage         State = "page"
	StateExhausted    State = "exhausted"
	StateNoTraffic    State = "no traffic"
	StateNoData       State = "no data"
	StateStale        State = "stale"
	StateError        State = "error"
	StateNotEvaluated State = "not evaluated"
	StateBackfilling  State = "backfilling"
)

// reason is a sentence about an SLO's state.
type reason struct {
	Severity data.NoticeSeverity
	Text     string
}

func info(format string, args ...any) reason {
	return reason{data.NoticeSeverityInfo, fmt.Sprintf(format, args...)}
}

func warning(format string, args ...any) reason {
	return reason{data.NoticeSeverityWarning, fmt.Sprintf(format, args...)}
}

func failure(format string, args ...any) reason {
	return reason{data.NoticeSeverityError, fmt.Sprintf(format, args...)}
}

// sentences joins reasons into one text.
func sentences(reasons []reason) string {
	texts := make([]string, len(reasons))
	for i, r := range reasons {
		texts[i] = r.Text
	}
	return strings.Join(texts, " ")
}

// judge decides the state and says why. What is wrong with the measuring comes before what is wrong
// with the service, because numbers that are not fresh must not calm anybody.
func judge(v *view, heartbeat time.Time) (State, []reason) {
	def, status := v.definition(), v.Entry.Status
	notes := remarks(v)
	switch {
	case !v.Entry.Removed.IsZero():
		return StateNotEvaluated, append([]reason{info("Removed from the definitions on %s; its history is kept.", clock(v.Entry.Removed))}, notes...)
	case def.NotEvaluated != "":
		return StateNotEvaluated, append([]reason{info("Not evaluated: %s", sentence(def.NotEvaluated))}, notes...)
	}
	silent := v.now.Sub(heartbeat) > budget.StaleAfter
	if v.unread() {
		switch {
		case !v.live():
			return StateNoData, append([]reason{warning("The ledger holds nothing of the window that ends at %s: its history begins later.", clock(v.At()))}, notes...)
		case status.LastError != "":
			return StateError, append([]reason{failure("Not read yet: %s", sentence(status.LastError))}, notes...)
		case silent:
			return StateStale, append([]reason{evaluatorSilent(heartbeat)}, notes...)
		}
		return StateBackfilling, append([]reason{info("Waiting for the first reading.")}, notes...)
	}
	if v.live() && v.overdue() {
		return v.late(heartbeat, silent, notes)
	}
	if status.LastError != "" && v.live() {
		notes = append([]reason{warning("The last reading failed and is retried: %s", sentence(status.LastError))}, notes...)
	}
	return v.health(notes)
}

// unread reports whether no bucket of the window was ever read, with whatever result.
func (v *view) unread() bool { return v.Report.Buckets[budget.StateUnknown] == v.Report.All() }

// live reports whether the view is about now and not about a range in the past.
func (v *view) live() bool { return v.now.Sub(v.At()) <= budget.StaleAfter }

func (v *view) overdue() bool {
	return v.Report.LastMeasured.IsZero() || v.now.Sub(v.Report.LastMeasured) > budget.StaleAfter
}

// late explains why nothing fresh is there: nobody reads, the source fails, or it answers without data.
func (v *view) late(heartbeat time.Time, silent bool, notes []reason) (State, []reason) {
	status, last := v.Entry.Status, v.Report.LastMeasured
	since := "Nothing was measured in the whole window."
	if !last.IsZero() {
		since = fmt.Sprintf("Last measured at %s; numbers stand still since.", clock(last))
	}
	if v.Health == budget.HealthExhausted {
		notes = append([]reason{warning("%s", v.Message)}, notes...)
	}
	switch {
	case status.LastError != "":
		return StateError, append([]reason{failure("%s %s", sentence(status.LastError), since)}, notes...)
	case silent:
		return StateStale, append([]reason{evaluatorSilent(heartbeat), warning("%s", since)}, notes...)
	case last.IsZero():
		return StateNoData, append([]reason{warning("The data source %q holds no data for this indicator's queries. Run them in Explore: a metric or label name may be wrong, or nothing is scraped.", v.definition().Source.UID)}, notes...)
	}
	return StateStale, append([]reason{warning("The data source %q answers, but without data for this indicator. %s Check that the service runs and still exposes its metrics.", v.definition().Source.UID, since)}, notes...)
}

func evaluatorSilent(heartbeat time.Time) reason {
	if heartbeat.IsZero() {
		return failure("The evaluator has not written anything yet. See the app's health for what it lacks.")
	}
	return failure("The evaluator has not written since %s. See the app's health for what it lacks, and Grafana's log for the plugin's process.", clock(heartbeat))
}

// health is the state that the numbers give, with package budget's sentence for it.
func (v *view) health(notes []reason) (State, []reason) {
	state := State(v.Health)
	if v.Message != "" {
		notes = append([]reason{{severityOf(state), v.Message}}, notes...)
	}
	// While history is still being read, the budget's sums may change. Burn windows are read first.
	if v.Progress < 1 && state != StatePage && state != StateTicket {
		return StateBackfilling, append([]reason{info("History is being read: %d %% of the %s window so far. The budget counts only what has been read.", int(v.Progress*100), v.definition().Window.Text)}, notes...)
	}
	return state, notes
}

func severityOf(state State) data.NoticeSeverity {
	if state == StateOK || state == StateNoTraffic {
		return data.NoticeSeverityInfo
	}
	return data.NoticeSeverityWarning
}

// remarks are what to know beside the state.
func remarks(v *view) []reason {
	var notes []reason
	def, status := v.definition(), v.Entry.Status
	if def.Stale != "" {
		notes = append(notes, warning("The definition in %s is no longer valid and its last good version is in force: %s", def.Origin.File, sentence(def.Stale)))
	}
	if v.Known() && v.Progress >= 1 && v.Report.Coverage < leastCoverage {
		share := strconv.FormatFloat(math.Floor(v.Report.Coverage*1000)/10, 'f', -1, 64)
		text := fmt.Sprintf("Only %s %% of the %s window is known; the rest counts neither as good nor as bad.", share, def.Window.Text)
		if status.RetentionFrom.After(v.Report.From) {
			text += fmt.Sprintf(" The data source has no data before %s: its retention is shorter than the window, or what it measures is younger. The ledger keeps what it has read, so this heals with time.", clock(status.RetentionFrom))
		}
		notes = append(notes, warning("%s", text))
	}
	for _, text := range status.Warnings {
		notes = append(notes, warning("The data source warns: %s", sentence(text)))
	}
	for _, w := range status.PastWarnings {
		if !slices.Contains(status.Warnings, w.Text) {
			notes = append(notes, info("Of %s to %s the data source warned: %s", clock(w.From), clock(w.Until), sentence(w.Text)))
		}
	}
	return notes
}

// leastCoverage is the share of a window that must be known for no remark to be made.
const leastCoverage = 0.99

// sentence ends a text with a full stop.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "!") || strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}
