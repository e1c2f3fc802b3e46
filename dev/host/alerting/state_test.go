package alerting

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPendingPeriod(t *testing.T) {
	waits := func(r *RuleWithGroup) { r.For = "2m" }
	t.Run("a rule without pending period fires at once", func(t *testing.T) {
		b := newBench(t, above1(nil))
		require.Equal(t, []string{"Alerting"}, b.at(0, number(2)))
		require.Equal(t, "firing", b.States()[0].State)
	})
	t.Run("a rule fires once its condition held for the pending period", func(t *testing.T) {
		b := newBench(t, above1(waits))
		require.Equal(t, []string{"Normal"}, b.at(0, number(0)))
		require.Equal(t, []string{"Pending"}, b.at(1, number(2)))
		require.Equal(t, "pending", b.States()[0].State)
		require.Equal(t, []string{"Pending"}, b.at(2, number(2)))
		require.Equal(t, []string{"Alerting"}, b.at(3, number(2)))
		require.Equal(t, noon.Add(3*time.Minute), b.States()[0].Alerts[0].ActiveAt)
		require.Equal(t, []string{"Normal"}, b.at(4, number(0)))
		require.Equal(t, []string{"Normal -> Pending", "Pending -> Alerting", "Alerting -> Normal"}, b.steps())
	})
	t.Run("a calm evaluation starts the pending period anew", func(t *testing.T) {
		b := newBench(t, above1(waits))
		b.at(0, number(2))
		b.at(1, number(0))
		b.at(2, number(2))
		require.Equal(t, []string{"Pending"}, b.at(3, number(2)))
	})
	t.Run("each instance waits on its own", func(t *testing.T) {
		b := newBench(t, above1(waits))
		b.at(0, number(2, "pod", "1"), number(0, "pod", "2"))
		b.at(1, number(2, "pod", "1"), number(2, "pod", "2"))
		require.Equal(t, []string{"Alerting", "Pending"}, b.at(2, number(2, "pod", "1"), number(2, "pod", "2")))
	})
}

func TestKeepFiringFor(t *testing.T) {
	keeps := func(r *RuleWithGroup) { r.For, r.KeepFiringFor = "1m", "2m" }
	t.Run("a rule goes on firing for the time after its condition ended", func(t *testing.T) {
		b := newBench(t, above1(keeps))
		b.at(0, number(2))
		require.Equal(t, []string{"Alerting"}, b.at(1, number(2)))
		require.Equal(t, []string{"Recovering"}, b.at(2, number(0)))
		require.Equal(t, "recovering", b.States()[0].State)
		require.Equal(t, []string{"Recovering"}, b.at(3, number(0)))
		require.Equal(t, []string{"Normal"}, b.at(4, number(0)))
	})
	t.Run("a recovering rule fires again without pending period", func(t *testing.T) {
		b := newBench(t, above1(keeps))
		b.at(0, number(2))
		b.at(1, number(2))
		b.at(2, number(0))
		require.Equal(t, []string{"Alerting"}, b.at(3, number(2)))
	})
}

func TestNoData(t *testing.T) {
	outcome := func(noData, pending string) func(*RuleWithGroup) {
		return func(r *RuleWithGroup) { r.NoDataState, r.For = noData, pending }
	}
	t.Run("NoData is a state of an instance of its own, and the series it had end after two evaluations", func(t *testing.T) {
		b := newBench(t, above1(outcome("", "")))
		b.at(0, number(2, "pod", "1"))
		require.ElementsMatch(t, []string{"Alerting", "NoData"}, b.at(1))
		require.Equal(t, []string{"NoData"}, b.at(2))
		require.Equal(t, "nodata", b.States()[0].Health)
		require.Equal(t, "prom", b.States()[0].Alerts[0].Labels["datasource_uid"])
		require.Equal(t, "A", b.States()[0].Alerts[0].Labels["ref_id"])
		require.Contains(t, b.steps(), "Alerting -> Normal (MissingSeries)")
	})
	t.Run("OK makes every instance normal", func(t *testing.T) {
		b := newBench(t, above1(outcome("OK", "")))
		b.at(0, number(2, "pod", "1"), number(2, "pod", "2"))
		require.Equal(t, []string{"Normal (NoData)", "Normal (NoData)"}, b.at(1))
		require.Equal(t, "inactive", b.States()[0].State)
	})
	t.Run("Alerting makes every instance pending for the pending period, then fires it", func(t *testing.T) {
		b := newBench(t, above1(outcome("Alerting", "2m")))
		b.at(0, number(0, "pod", "1"))
		require.Equal(t, []string{"Pending (NoData)"}, b.at(1))
		require.Equal(t, []string{"Pending (NoData)"}, b.at(2))
		require.Equal(t, []string{"Alerting (NoData)"}, b.at(3))
	})
	t.Run("Alerting fires a rule that never had data", func(t *testing.T) {
		b := newBench(t, above1(outcome("Alerting", "")))
		require.Equal(t, []string{"Alerting (NoData)"}, b.at(0))
	})
	t.Run("KeepLast leaves a firing instance firing and a normal one normal", func(t *testing.T) {
		b := newBench(t, above1(outcome("KeepLast", "")))
		b.at(0, number(2, "pod", "1"), number(0, "pod", "2"))
		for minute := 1.0; minute < 5; minute++ {
			require.Equal(t, []string{"Alerting (NoData, KeepLast)", "Normal (NoData, KeepLast)"}, b.at(minute))
		}
		require.Equal(t, []string{"Normal", "Normal"}, b.at(5, number(0, "pod", "1"), number(0, "pod", "2")))
	})
	t.Run("KeepLast fires a pending instance once its pending period is over", func(t *testing.T) {
		b := newBench(t, above1(outcome("KeepLast", "2m")))
		b.at(0, number(2))
		require.Equal(t, []string{"Pending (NoData, KeepLast)"}, b.at(1))
		require.Equal(t, []string{"Alerting (NoData, KeepLast)"}, b.at(2))
	})
	t.Run("the numbers of an instance without data read -1", func(t *testing.T) {
		b := newBench(t, above1(outcome("OK", "")))
		b.at(0, number(2))
		b.at(1)
		require.Equal(t, map[string]float64{"A": -1, "C": -1}, b.States()[0].Alerts[0].Values)
	})
}

func TestErrors(t *testing.T) {
	outcome := func(failure, pending string) func(*RuleWithGroup) {
		return func(r *RuleWithGroup) { r.ExecErrState, r.For = failure, pending }
	}
	const said = "[sse.dataQueryError] failed to execute query [A]: connection refused"
	t.Run("Error is a state of an instance of its own that names the query", func(t *testing.T) {
		b := newBench(t, above1(outcome("Error", "5m")))
		require.Equal(t, []string{"Error"}, b.fails(0))
		state := b.States()[0]
		require.Equal(t, "error", state.Health)
		require.Equal(t, said, state.LastError)
		require.Equal(t, "A", state.Alerts[0].Labels["ref_id"])
		require.Equal(t, "prom", state.Alerts[0].Labels["datasource_uid"])
		require.Equal(t, said, state.Alerts[0].Annotations["Error"])
	})
	t.Run("Alerting observes the pending period and tells the error", func(t *testing.T) {
		b := newBench(t, above1(outcome("Alerting", "1m")))
		b.at(0, number(0))
		require.Equal(t, []string{"Pending (Error)"}, b.fails(1))
		require.Equal(t, []string{"Alerting (Error)"}, b.fails(2))
		require.Equal(t, said, b.States()[0].LastError)
		require.Equal(t, "A", b.States()[0].Alerts[0].Annotations["ref_id"])
	})
	t.Run("an empty outcome is Alerting", func(t *testing.T) {
		b := newBench(t, above1(outcome("", "")))
		require.Equal(t, []string{"Alerting (Error)"}, b.fails(0))
	})
	t.Run("OK makes every instance normal", func(t *testing.T) {
		b := newBench(t, above1(outcome("OK", "")))
		b.at(0, number(2))
		require.Equal(t, []string{"Normal (Error)"}, b.fails(1))
	})
	t.Run("KeepLast leaves a page firing while its source cannot be reached", func(t *testing.T) {
		b := newBench(t, above1(outcome("KeepLast", "")))
		b.at(0, number(2))
		for minute := 1.0; minute < 5; minute++ {
			require.Equal(t, []string{"Alerting (Error, KeepLast)"}, b.fails(minute))
		}
		require.Equal(t, []string{"Alerting"}, b.at(5, number(2)))
	})
	t.Run("a rule whose pending period cannot be read is an error", func(t *testing.T) {
		b := newBench(t, above1(outcome("OK", "soon")))
		b.at(0, number(2))
		require.Equal(t, "error", b.States()[0].Health)
		require.ErrorContains(t, errorOf(b.States()[0]), `duration "soon"`)
	})
}

type stateError string

func (e stateError) Error() string { return string(e) }

func errorOf(state RuleState) error { return stateError(state.LastError) }

func TestSeriesThatGoMissing(t *testing.T) {
	t.Run("an instance is kept for one evaluation without its series and ends at the second", func(t *testing.T) {
		b := newBench(t, above1(nil))
		b.at(0, number(2, "pod", "1"), number(2, "pod", "2"))
		require.Equal(t, []string{"Alerting", "Alerting"}, b.at(1, number(2, "pod", "1")))
		require.Equal(t, []string{"Alerting"}, b.at(2, number(2, "pod", "1")))
		last := b.transitions[len(b.transitions)-1]
		require.Equal(t, "Normal (MissingSeries)", last.To)
		require.Equal(t, "2", last.Labels["pod"])
	})
	t.Run("the end of an instance that was normal is not recorded", func(t *testing.T) {
		b := newBench(t, above1(nil))
		b.at(0, number(0, "pod", "1"), number(0, "pod", "2"))
		b.at(1, number(0, "pod", "1"))
		b.at(2, number(0, "pod", "1"))
		require.Empty(t, b.steps())
	})
}

func TestRulesThatChange(t *testing.T) {
	tests := map[string]struct {
		change func(*bench)
		want   string
	}{
		"a changed query starts the rule afresh":                     {func(b *bench) { b.rules[0].Data = []DataQuery{query("A"), mathQuery("C", "$A > 9")} }, "Alerting -> Normal (Updated)"},
		"a changed annotation starts the rule afresh, as in Grafana": {func(b *bench) { b.rules[0].Annotations = map[string]string{"summary": "new"} }, "Alerting -> Normal (Updated)"},
		"a paused rule ends its alerts":                              {func(b *bench) { b.rules[0].IsPaused = true }, "Alerting -> Normal (Paused)"},
		"a deleted rule ends its alerts":                             {func(b *bench) { b.rules = nil }, "Alerting -> Normal (RuleDeleted)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, above1(nil))
			b.at(0, number(2))
			test.change(b)
			b.EvaluateAt(context.Background(), noon.Add(time.Minute))
			require.Equal(t, test.want, b.steps()[1])
		})
	}
	t.Run("a rule that was saved again without change keeps its states", func(t *testing.T) {
		b := newBench(t, above1(nil))
		b.at(0, number(2))
		b.rules = []RuleWithGroup{above1(func(r *RuleWithGroup) { r.Updated, r.ID = noon, 7 })}
		b.at(1, number(2))
		require.Equal(t, []string{"Normal -> Alerting"}, b.steps())
	})
	t.Run("a paused rule is not evaluated", func(t *testing.T) {
		b := newBench(t, above1(func(r *RuleWithGroup) { r.IsPaused = true }))
		require.Empty(t, b.at(0, number(2)))
		require.Empty(t, b.ranges)
		require.Equal(t, "inactive", b.States()[0].State)
	})
}

func TestLabelsAndTemplates(t *testing.T) {
	rule := above1(func(r *RuleWithGroup) {
		r.Data = []DataQuery{query("A"), reduceQuery("B", "A", "last", "null"), mathQuery("C", "$B > 1")}
		r.Labels = map[string]string{"severity": `{{ if gt $values.B.Value 10.0 }}page{{ else }}ticket{{ end }}`, "pod": "rule", "alertname": "mine"}
		r.Annotations = map[string]string{
			"summary": `{{ $labels.pod }} burns at {{ with $values.B }}{{ humanize .Value }}{{ end }}x, {{ $values.B }}`,
			"parts":   `{{ humanizePercentage 0.312 }} {{ humanizeDuration 34200.0 }} {{ humanize1024 2048.0 }} {{ toUpper "a" }} {{ title "too much" }} {{ reReplaceAll "o+" "0" "foo" }} {{ externalURL }}`,
			"value":   `{{ $value }}`,
			"named":   `{{ with args 1 "two" }}{{ .arg1 }}{{ end }}`,
			"missing": `{{ $labels.nothing }}`,
			"broken":  `{{ nosuch }}`,
			"fails":   `{{ humanize "x" }}`,
		}
	})
	b := newBench(t, rule)
	b.at(0, number(14432, "pod", "1", "zone", "a"))
	alert := b.States()[0].Alerts[0]
	for name, test := range map[string]struct{ have, want string }{
		"values and labels of the result are filled in":            {alert.Annotations["summary"], "1 burns at 14.43kx, 14432"},
		"numbers are written for humans":                           {alert.Annotations["parts"], "31.2% 9h 30m 0s 2ki A Too Much f0 http://grafana.example/sub"},
		"all values are written as Grafana's value string":         {alert.Annotations["value"], "[ var='A' labels={pod=1, zone=a} value=14432 ], [ var='B' labels={pod=1, zone=a} value=14432 ], [ var='C' labels={pod=1, zone=a} value=1 ]"},
		"arguments have numbers":                                   {alert.Annotations["named"], "two"},
		"a label that there is not reads no value":                 {alert.Annotations["missing"], "[no value]"},
		"a template that cannot be read keeps its text":            {alert.Annotations["broken"], "{{ nosuch }}"},
		"a template that fails keeps its text":                     {alert.Annotations["fails"], `{{ humanize "x" }}`},
		"a label of the rule may be a template":                    {alert.Labels["severity"], "page"},
		"a label of the rule wins over one of the query":           {alert.Labels["pod"], "rule"},
		"a label of the query is kept":                             {alert.Labels["zone"], "a"},
		"the alert's name is the rule's title, whatever its label": {alert.Labels["alertname"], "Too much"},
		"the folder is a label":                                    {alert.Labels["grafana_folder"], "Shop"},
		"the value is the condition's":                             {alert.Value, "1e+00"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, test.have) })
	}
	t.Run("labels that Grafana keeps to itself are not shown", func(t *testing.T) {
		require.NotContains(t, alert.Labels, labelRuleUID)
	})
}

func TestHumanizedNumbers(t *testing.T) {
	functions := templateFunctions(newBench(t).external)
	for _, test := range []struct {
		function string
		number   float64
		want     string
	}{
		{"humanize", 0, "0"},
		{"humanize", 1234567, "1.235M"},
		{"humanize", 0.00123, "1.23m"},
		{"humanize", math.NaN(), "NaN"},
		{"humanize", -999, "-999"},
		{"humanize1024", 1, "1"},
		{"humanize1024", 1048576, "1Mi"},
		{"humanizeDuration", 0, "0s"},
		{"humanizeDuration", 0.001, "1ms"},
		{"humanizeDuration", 59.5, "59.5s"},
		{"humanizeDuration", 90061, "1d 1h 1m 1s"},
		{"humanizeDuration", -61, "-1m 1s"},
		{"humanizeDuration", math.Inf(1), "+Inf"},
		{"humanizePercentage", 0.12345, "12.35%"},
		{"humanizeTimestamp", 0, "1970-01-01 00:00:00 +0000 UTC"},
	} {
		t.Run(test.function+" writes "+test.want, func(t *testing.T) {
			have, err := functions[test.function].(func(any) (string, error))(test.number)
			require.NoError(t, err)
			require.Equal(t, test.want, have)
		})
	}
}
