package export

import (
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// promtool finds the program where dev/promtest builds it.
func promtool(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	for _, path := range []string{filepath.Join(filepath.Dir(os.Getenv("PROMETHEUS_BIN")), "promtool"), filepath.Join(root, "dev", "bin", "promtool")} {
		if _, err := os.Stat(path); err == nil && filepath.IsAbs(path) {
			return path
		}
	}
	path, err := exec.LookPath("promtool")
	require.NoError(t, err, "run `go tool mage prometheus` to build it (about 5 minutes, once)")
	return path
}

// history is what a service did: what was counted between each two scrapes, from time zero.
type history struct {
	// scrape is the seconds between two scrapes.
	scrape int
	// total and bad are events since the scrape before; missing are scrapes without any series.
	total, bad []float64
	missing    map[int]bool
	// resets are scrapes before which the process began anew.
	resets map[int]bool
	// lateBad: there is no series of bad events before the first one.
	lateBad bool
}

// phase adds a span of minutes with a number of events a minute and a share of bad ones.
func (h history) phase(minutes int, perMinute, share float64) history {
	if h.scrape == 0 {
		h.scrape = 30
	}
	for range minutes * 60 / h.scrape {
		events := perMinute * float64(h.scrape) / 60
		h.total, h.bad = append(h.total, events), append(h.bad, math.Round(events*share*1e6)/1e6)
	}
	return h
}

// gone adds a span of minutes in which nothing is scraped.
func (h history) gone(minutes int) history {
	h.missing = maps.Clone(h.missing)
	if h.missing == nil {
		h.missing = map[int]bool{}
	}
	for range minutes * 60 / h.scrape {
		h.missing[len(h.total)] = true
		h.total, h.bad = append(h.total, 0), append(h.bad, 0)
	}
	return h
}

// reset begins the counters anew with what comes next.
func (h history) reset() history {
	h.resets = maps.Clone(h.resets)
	if h.resets == nil {
		h.resets = map[int]bool{}
	}
	h.resets[len(h.total)] = true
	return h
}

// repeat adds the phases of a cycle several times.
func (h history) repeat(times int, cycle func(history) history) history {
	for range times {
		h = cycle(h)
	}
	return h
}

func (h history) minutes() int { return (len(h.total) - 1) * h.scrape / 60 }

// counters are the values of the two counters at each scrape, as promtool reads them.
func (h history) counters() (good, bad string) {
	var goods, bads strings.Builder
	g, b, seen := 0.0, 0.0, !h.lateBad
	for i := range h.total {
		if h.resets[i] {
			g, b = 0, 0
		}
		g, b = g+h.total[i]-h.bad[i], b+h.bad[i]
		seen = seen || b > 0
		switch {
		case h.missing[i] && !h.missing[i-1]:
			goods.WriteString("stale ")
			bads.WriteString("stale ")
			continue
		case h.missing[i]:
			goods.WriteString("_ ")
			bads.WriteString("_ ")
			continue
		}
		goods.WriteString(strconv.FormatFloat(g, 'f', -1, 64) + " ")
		if seen {
			bads.WriteString(strconv.FormatFloat(b, 'f', -1, 64) + " ")
		} else {
			bads.WriteString("_ ")
		}
	}
	return goods.String(), bads.String()
}

// buckets are the ledger's: a scrape belongs to the minute that it ends or lies in, and the first one of all
// tells nothing.
func (h history) buckets() *budget.Series {
	out := make([]budget.Bucket, h.minutes())
	for i := range out {
		out[i] = budget.Bucket{Start: int64(i) * 60, State: budget.StateNoData}
	}
	for i := range h.total {
		at := i * h.scrape
		if at == 0 || h.missing[i] || (at-1)/60 >= len(out) {
			continue
		}
		b := &out[(at-1)/60]
		b.State = budget.StateMeasured
		b.Total += h.total[i]
		b.Good += h.total[i] - h.bad[i]
	}
	return budget.NewSeries(out...)
}

// firing tells for each minute whether pkg/alert has the condition fire.
func (h history) firing(plan alert.Plan, c alert.Condition) []bool {
	series := h.buckets()
	out := make([]bool, h.minutes()+1)
	held := 0
	for m := range out {
		if !c.Holds(series, plan.Objective, time.Unix(int64(m)*60, 0)) {
			held = 0
			continue
		}
		held++
		out[m] = time.Duration(held-1)*time.Minute >= c.For
	}
	return out
}

// The shapes of promtool's unit tests.
type (
	unitFile struct {
		RuleFiles []string   `yaml:"rule_files"`
		Interval  string     `yaml:"evaluation_interval"`
		Tests     []unitTest `yaml:"tests"`
	}
	unitTest struct {
		Name     string       `yaml:"name"`
		Interval string       `yaml:"interval"`
		Series   []unitSeries `yaml:"input_series"`
		Exprs    []unitExpr   `yaml:"promql_expr_test"`
	}
	unitSeries struct {
		Series string `yaml:"series"`
		Values string `yaml:"values"`
	}
	unitExpr struct {
		Expr     string       `yaml:"expr"`
		EvalTime string       `yaml:"eval_time"`
		Samples  []unitSample `yaml:"exp_samples"`
	}
	unitSample struct {
		Labels string  `yaml:"labels"`
		Value  float64 `yaml:"value"`
	}
)

// changes are how far a minute is from the next change of state, before or after it.
func changes(firing []bool, m int) int {
	for d := range len(firing) {
		for _, before := range []int{m + d, m - d - 1} {
			if before >= 0 && before+1 < len(firing) && firing[before] != firing[before+1] {
				return d
			}
		}
	}
	return len(firing)
}

// ticks are the minutes at which promtool must find the same state. The minute before a change and that of the
// change are left out, so that an alert may come or go one evaluation earlier or later and no more. Far from changes
// every fifth minute will do.
func ticks(firing []bool, tolerance int) []int {
	var out []int
	for m := range firing {
		if d := changes(firing, m); d >= tolerance && (d < 6 || m%5 == 0) {
			out = append(out, m)
		}
	}
	return out
}

func (h history) test(name string, plan alert.Plan, tolerance int) unitTest {
	good, bad := h.counters()
	out := unitTest{
		Name: name, Interval: strconv.Itoa(h.scrape) + "s",
		Series: []unitSeries{{`requests_total{code="200"}`, good}, {`requests_total{code="500"}`, bad}},
	}
	for _, c := range plan.Conditions {
		if alertNames[c.Kind] == "" {
			continue
		}
		firing := h.firing(plan, c)
		for _, m := range ticks(firing, tolerance) {
			value := 0.0
			if firing[m] {
				value = 1
			}
			out.Exprs = append(out.Exprs, unitExpr{
				Expr:     fmt.Sprintf(`count(ALERTS{alertstate="firing",%s=%q}) or vector(0)`, LabelCondition, c.Key()),
				EvalTime: strconv.Itoa(m) + "m", Samples: []unitSample{{"{}", value}},
			})
		}
	}
	return out
}

// testPolicy has the four burn rates of the workbook over windows that are short enough to be lived through here.
func testPolicy() alert.Policy {
	row := func(severity string, rate float64, long, short time.Duration) alert.Row {
		return alert.Row{PolicyWindow: budget.PolicyWindow{Severity: severity, Fixed: rate, Long: long, Short: short}}
	}
	return alert.Policy{Name: "test", Beside: true, Absence: alert.AbsenceTraffic, Rows: []alert.Row{
		row(budget.SeverityPage, 14.4, time.Hour, 5*time.Minute),
		row(budget.SeverityPage, 6, 90*time.Minute, 10*time.Minute),
		row(budget.SeverityTicket, 3, 2*time.Hour, 15*time.Minute),
		row(budget.SeverityTicket, 1, 150*time.Minute, 30*time.Minute),
	}}
}

// checkout is the SLO of the tests: 99.9 % of requests are good over half a day.
func checkout() slo.Definition {
	return slo.Definition{
		ID: "checkout-availability", Name: "checkout-availability", DisplayName: "Checkout availability", Service: "checkout", ServiceDisplayName: "Checkout",
		Target: slo.MustFraction("0.999"), Window: slo.Window{Duration: 12 * time.Hour, Text: "12h"}, RunbookURL: "https://runbooks.example.com/checkout",
		Source: slo.SourceRef{Type: "prometheus", UID: "prom"},
		Indicator: slo.Indicator{
			Kind: slo.KindRatio, Counter: true,
			Bad: `sum(rate(requests_total{code=~"5.."}[5m]))`, Total: `sum(rate(requests_total[5m]))`,
		},
	}
}

func scenarios() map[string]history {
	const allowed = 0.001
	out := map[string]history{
		"flapping, two minutes bad and three good": history{}.phase(30, 40000, 0).repeat(24, func(h history) history { return h.phase(2, 40000, 0.05).phase(3, 40000, 0) }).phase(60, 40000, 0),
		"a minute of errors every half hour":       history{}.phase(30, 40000, 0).repeat(5, func(h history) history { return h.phase(1, 40000, 1).phase(29, 40000, 0) }),
		"a total outage of ten minutes":            history{}.phase(60, 40000, 0).phase(10, 40000, 1).phase(120, 40000, 0),
		"a process that restarts while it burns": history{}.phase(30, 40000, 0.0002).repeat(9, func(h history) history {
			return h.phase(7, 40000, 0.02).reset()
		}).phase(90, 40000, 0),
		"no traffic in the middle of a burn": history{}.phase(30, 40000, 0).phase(20, 40000, 0.03).phase(45, 0, 0).phase(20, 40000, 0.03).phase(60, 40000, 0),
		"traffic collapses to errors only":   history{}.phase(60, 40000, 0.0005).phase(60, 80, 1).phase(5, 0, 0).phase(60, 40000, 0.0005),
		"traffic collapses, errors do not":   history{}.phase(60, 40000, 0.0005).phase(90, 400, 0.05).phase(30, 40000, 0.0005),
		"all series vanish and come back":    history{}.phase(30, 40000, 0.001).gone(40).reset().phase(60, 40000, 0.02).phase(40, 40000, 0),
		"the first error of all":             history{lateBad: true}.phase(60, 40000, 0).phase(30, 40000, 0.02).phase(60, 40000, 0),
		"a scrape every quarter of a minute": history{scrape: 15}.phase(30, 40000, 0).phase(40, 40000, 0.02).phase(60, 40000, 0),
		"a scrape once a minute":             history{scrape: 60}.phase(30, 40000, 0).phase(40, 40000, 0.02).phase(60, 40000, 0),
	}
	for _, rate := range []float64{14.4, 6, 3, 1} {
		for name, part := range map[string]float64{"just below": 0.995, "exactly": 1, "just above": 1.005} {
			out[fmt.Sprintf("%s %g", name, rate)] = history{}.phase(20, 40000, 0).phase(160, 40000, rate*part*allowed).phase(45, 40000, 0)
		}
	}
	return out
}

func TestRatesJustAboveFireAndJustBelowDoNot(t *testing.T) {
	plan := alert.PlanWith(checkout(), alert.DefaultSettings(), testPolicy())
	histories := scenarios()
	for _, c := range plan.Conditions {
		if c.Kind != alert.KindBurn {
			continue
		}
		fires := func(where string) bool {
			return slices.Contains(histories[fmt.Sprintf("%s %g", where, c.Rate)].firing(plan, c), true)
		}
		require.True(t, fires("just above"), c.Title())
		require.False(t, fires("exactly"), c.Title())
		require.False(t, fires("just below"), c.Title())
	}
}

func writeRules(t *testing.T, files []File) string {
	t.Helper()
	dir := t.TempDir()
	for _, file := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, file.Path), file.Body, 0o600))
	}
	return dir
}

var rateForm = regexp.MustCompile(`^(just|exactly).* (6|3|1)$`)

func TestRulesFireAtTheMinuteThatTheArithmeticSays(t *testing.T) {
	policy := testPolicy()
	waiting := testPolicy()
	for i := range waiting.Rows {
		waiting.Rows[i].For, waiting.Rows[i].Inclusive = 3*time.Minute, true
	}
	waiting.MinimumEvents = 5000
	for name, p := range map[string]alert.Policy{"at once": policy, "after three minutes, inclusive, with a minimum of events": waiting} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := alert.PlanWith(checkout(), alert.DefaultSettings(), p)
			files, _, err := Ruler([]alert.Plan{plan}, RulerConfig{})
			require.NoError(t, err)
			require.Len(t, files, 1)
			dir := writeRules(t, files)
			tests := unitFile{RuleFiles: []string{files[0].Path}, Interval: "1m"}
			histories, compared := scenarios(), 0
			for _, name := range slices.Sorted(maps.Keys(histories)) {
				if p.MinimumEvents > 0 && rateForm.MatchString(name) {
					continue // a wait changes nothing about the other rates
				}
				tests.Tests = append(tests.Tests, histories[name].test(name, plan, tolerance()))
				compared += len(tests.Tests[len(tests.Tests)-1].Exprs)
			}
			t.Logf("%d histories, %d states compared", len(tests.Tests), compared)
			runPromtool(t, dir, tests)
		})
	}
}

func runPromtool(t *testing.T, dir string, tests any) {
	t.Helper()
	body, err := yaml.Marshal(tests)
	require.NoError(t, err)
	path := filepath.Join(dir, "tests.yaml")
	require.NoError(t, os.WriteFile(path, body, 0o600))
	output, err := exec.CommandContext(t.Context(), promtool(t), "test", "rules", path).CombinedOutput()
	require.NoError(t, err, "%s", output[:min(len(output), 20000)])
}

// TestLongWindowsAreSumsOfRecordedSums has every window but the shortest put together, as windows of weeks are.
func TestLongWindowsAreSumsOfRecordedSums(t *testing.T) {
	plan := alert.PlanWith(checkout(), alert.DefaultSettings(), testPolicy())
	files, _, err := Ruler([]alert.Plan{plan}, RulerConfig{DirectWindow: 10 * time.Minute})
	require.NoError(t, err)
	tests := unitFile{RuleFiles: []string{files[0].Path}, Interval: "1m"}
	histories := scenarios()
	for _, name := range []string{"just above 14.4", "just below 6", "traffic collapses, errors do not", "no traffic in the middle of a burn", "a process that restarts while it burns"} {
		const behind = 10
		tests.Tests = append(tests.Tests, histories[name].test(name, plan, behind))
	}
	runPromtool(t, writeRules(t, files), tests)
}

func TestAnIndicatorThatIsNoCounterIsRecordedEveryMinute(t *testing.T) {
	d := checkout()
	d.Indicator = slo.Indicator{Kind: slo.KindThreshold, Value: "seconds", Op: slo.OpLTE, Limit: 0.5}
	plan := alert.PlanWith(d, alert.DefaultSettings(), testPolicy())
	files, _, err := Ruler([]alert.Plan{plan}, RulerConfig{})
	require.NoError(t, err)
	// Two slow minutes of an hour are 33 times what is allowed; the series is missing for ten minutes.
	h := history{scrape: 60}
	var values strings.Builder
	for m := range 200 {
		slow := m == 70 || m == 71 || m > 150 && m < 154
		switch {
		case m == 100:
			values.WriteString("stale ")
			h = h.gone(1)
		case m > 100 && m < 110:
			values.WriteString("_ ")
			h = h.gone(1)
		case slow:
			values.WriteString("2 ")
			h = h.phase(1, 1, 1)
		default:
			values.WriteString("0.1 ")
			h = h.phase(1, 1, 0)
		}
	}
	one := h.test("slow minutes", plan, tolerance())
	one.Series = []unitSeries{{"seconds", values.String()}}
	runPromtool(t, writeRules(t, files), unitFile{RuleFiles: []string{files[0].Path}, Interval: "1m", Tests: []unitTest{one}})
}

func TestAnnotationsAreWordsWithNumbers(t *testing.T) {
	plan := thirtyDays("words", func(d *slo.Definition) { d.DisplayName, d.RunbookURL = hostile, "" })
	files, _, err := Ruler([]alert.Plan{plan}, RulerConfig{})
	require.NoError(t, err)
	out := history{}.phase(30, 4000, 1)
	good, bad := out.counters()
	labels := map[string]string{
		alert.LabelSLO: "words", alert.LabelService: "checkout", alert.LabelSeverity: "page", alert.LabelKind: "burn",
		alert.LabelWindow: "1h", LabelCondition: "burn-page-1h-5m",
	}
	runPromtool(t, writeRules(t, files), map[string]any{
		"rule_files": []string{files[0].Path}, "evaluation_interval": "1m",
		"tests": []any{map[string]any{
			"interval":     "30s",
			"input_series": []unitSeries{{`requests_total{code="200"}`, good}, {`requests_total{code="500"}`, bad}},
			"alert_rule_test": []any{map[string]any{
				"eval_time": "10m", "alertname": "BurnlineBudgetBurn",
				"exp_alerts": []any{
					map[string]any{"exp_labels": labels, "exp_annotations": map[string]string{
						"title":       hostile + ": burn rate above 14.4 over 1h and 5m",
						"summary":     hostile + " is consuming its error budget at 1kx over 1h; at this rate a whole budget of 30d lasts 43m 12s",
						"description": "The objective is 99.9 % over 30d. It can't wait. Look at the errors of the last 5m first: what changed when they began?",
					}},
					others(labels, plan, 1), others(labels, plan, 2), others(labels, plan, 3),
				},
			}},
		}},
	})
}

// others are the alerts of the slower rows, which a total outage of a service without history fires as well.
func others(labels map[string]string, plan alert.Plan, i int) map[string]any {
	c := plan.Conditions[i]
	long, short := alert.DurationText(c.Row.Long), alert.DurationText(c.Row.Short)
	labels = maps.Clone(labels)
	labels[alert.LabelSeverity], labels[alert.LabelWindow], labels[LabelCondition] = c.Severity, long, c.Key()
	wait := map[string]string{"page": "It can't wait.", "ticket": "It can wait for working hours."}[c.Severity]
	return map[string]any{"exp_labels": labels, "exp_annotations": map[string]string{
		"title":       hostile + ": " + c.Title(),
		"summary":     hostile + " is consuming its error budget at 1kx over " + long + "; at this rate a whole budget of 30d lasts 43m 12s",
		"description": "The objective is 99.9 % over 30d. " + wait + " Look at the errors of the last " + short + " first: what changed when they began?",
	}}
}

// tolerance is one evaluation interval; RULER_TOLERANCE=0 shows where the two differ at all.
func tolerance() int {
	if text, set := os.LookupEnv("RULER_TOLERANCE"); set {
		n, _ := strconv.Atoi(text)
		return n
	}
	return 1
}
