package slo

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sample is a complete SLO in one document; tests change a line of it.
const sample = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: browse
  annotations:
    burnline.dev/data-source-uid: prom
spec:
  service: shop
  indicator:
    metadata:
      name: browse-success
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            spec:
              query: good_total
        total:
          metricSource:
            spec:
              query: all_total
  timeWindow:
    - duration: 30d
      isRolling: true
  objectives:
    - target: 0.999
---
apiVersion: openslo/v1
kind: Service
metadata:
  name: shop
`

// sampleWith is the sample with old, which must be there, replaced.
func sampleWith(t testing.TB, replacements ...string) string {
	t.Helper()
	text := sample
	for i := 0; i < len(replacements); i += 2 {
		require.Contains(t, text, replacements[i])
		text = strings.Replace(text, replacements[i], replacements[i+1], 1)
	}
	return text
}

const sampleIndicator = `ratioMetric:
        counter: true
        good:
          metricSource:
            spec:
              query: good_total
        total:
          metricSource:
            spec:
              query: all_total
`

const thresholdIndicator = `thresholdMetric:
        metricSource:
          spec:
            query: p99
`

const rawIndicator = `ratioMetric:
        rawType: failure
        raw:
          metricSource:
            spec:
              query: error_ratio
`

func TestTheSampleIsFine(t *testing.T) {
	c := Parse("a.yaml", []byte(sample))
	require.Empty(t, lines(c.Problems))
	require.Len(t, c.Definitions, 1)
	require.Empty(t, c.Definitions[0].NotEvaluated)
}

func TestDefinition(t *testing.T) {
	tests := map[string]struct {
		replace []string
		check   func(t *testing.T, d Definition)
	}{
		"a percentage is read exactly": {
			[]string{"target: 0.999", "targetPercent: 99.95"},
			func(t *testing.T, d Definition) {
				require.Equal(t, "0.9995", d.Target.String())
				require.Equal(t, "0.0005", d.Target.Complement().String())
			},
		},
		"a target keeps every decimal that is written": {
			[]string{"target: 0.999", "target: 0.999999999999"},
			func(t *testing.T, d Definition) { require.Equal(t, "0.000000000001", d.Target.Complement().String()) },
		},
		"bad events may stand for good ones": {
			[]string{"good:", "bad:"},
			func(t *testing.T, d Definition) {
				require.Equal(t, Indicator{Kind: KindRatio, Counter: true, Bad: "good_total", Total: "all_total"}, d.Indicator)
			},
		},
		"counter is false unless it is said": {
			[]string{"        counter: true\n", ""},
			func(t *testing.T, d Definition) { require.False(t, d.Indicator.Counter) },
		},
		"a raw failure ratio has one query": {
			[]string{sampleIndicator, rawIndicator},
			func(t *testing.T, d Definition) {
				require.Equal(t, Indicator{Kind: KindRaw, Raw: "error_ratio", RawType: RawFailure}, d.Indicator)
			},
		},
		"a threshold indicator takes operator and limit from the objective": {
			[]string{sampleIndicator, thresholdIndicator, "- target: 0.999", "- target: 0.999\n      op: gt\n      value: 1e3"},
			func(t *testing.T, d Definition) {
				require.Equal(t, Indicator{Kind: KindThreshold, Value: "p99", Op: OpGT, Limit: 1000}, d.Indicator)
			},
		},
		"the budgeting method is Occurrences unless it is said": {
			nil,
			func(t *testing.T, d Definition) { require.Equal(t, MethodOccurrences, d.Method) },
		},
		"a window rolls unless it has a calendar": {
			[]string{"\n      isRolling: true", ""},
			func(t *testing.T, d Definition) {
				require.Nil(t, d.Window.Calendar)
				require.Empty(t, d.NotEvaluated)
			},
		},
		"a week is seven days": {
			[]string{"30d", "1w"},
			func(t *testing.T, d Definition) { require.Equal(t, Window{Duration: 7 * day, Text: "1w"}, d.Window) },
		},
		"a month that rolls is thirty days": {
			[]string{"30d", "1M"},
			func(t *testing.T, d Definition) { require.Equal(t, 30*day, d.Window.Duration) },
		},
		"a data source of another type is valid but not evaluated": {
			[]string{"metricSource:\n            spec:\n              query: good", "metricSource:\n            type: Loki\n            spec:\n              query: good",
				"metricSource:\n            spec:\n              query: all", "metricSource:\n            type: Loki\n            spec:\n              query: all"},
			func(t *testing.T, d Definition) {
				require.Equal(t, SourceRef{Type: "loki", UID: "prom"}, d.Source)
				require.Equal(t, `Its indicator is read from a data source of type "loki", which is not evaluated yet.`, d.NotEvaluated)
			},
		},
		"a calendar window is valid but not evaluated": {
			[]string{"isRolling: true", "isRolling: false\n      calendar:\n        startTime: 2026-01-01 00:00:00\n        timeZone: Europe/Zurich", "30d", "1M"},
			func(t *testing.T, d Definition) {
				require.Equal(t, &Calendar{Start: "2026-01-01 00:00:00", TimeZone: "Europe/Zurich"}, d.Window.Calendar)
				require.Equal(t, "Calendar-aligned windows are not evaluated yet; use a rolling window.", d.NotEvaluated)
			},
		},
		"a window longer than 90 days is valid but not evaluated": {
			[]string{"30d", "1Y"},
			func(t *testing.T, d Definition) {
				require.Equal(t, "Its window of 1Y is not evaluated: windows may last from 1h to 90d.", d.NotEvaluated)
			},
		},
		"a window shorter than an hour is valid but not evaluated": {
			[]string{"30d", "30m"},
			func(t *testing.T, d Definition) { require.Contains(t, d.NotEvaluated, "30m") },
		},
		"time slices are valid but not evaluated": {
			[]string{"- target: 0.999", "- target: 0.999\n      timeSliceTarget: 0.95\n      timeSliceWindow: 5m", "  timeWindow:", "  budgetingMethod: Timeslices\n  timeWindow:"},
			func(t *testing.T, d Definition) {
				require.Equal(t, MethodTimeslices, d.Method)
				require.Contains(t, d.NotEvaluated, "The budgeting method Timeslices is not evaluated yet")
			},
		},
		"ratio time slices are valid but not evaluated": {
			[]string{"- target: 0.999", "- target: 0.999\n      timeSliceWindow: 5", "  timeWindow:", "  budgetingMethod: RatioTimeslices\n  timeWindow:"},
			func(t *testing.T, d Definition) { require.Contains(t, d.NotEvaluated, "RatioTimeslices") },
		},
		"several objectives are named by their display names or places": {
			[]string{"- target: 0.999", "- target: 0.99\n      displayName: Most days!\n    - target: 0.999"},
			func(t *testing.T, d Definition) {
				require.Equal(t, "browse/2", d.ID)
				require.Equal(t, "browse · 99.9 %", d.DisplayName)
			},
		},
		"fields may come from an anchor": {
			[]string{"- target: 0.999", "- &one\n      target: 0.99\n      displayName: a\n    - <<: *one\n      displayName: b"},
			func(t *testing.T, d Definition) {
				require.Equal(t, "browse/a", d.ID)
				require.Equal(t, "0.99", d.Target.String())
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := Parse("a.yaml", []byte(sampleWith(t, tt.replace...)))
			require.Empty(t, lines(c.Problems))
			require.NotEmpty(t, c.Definitions)
			tt.check(t, c.Definitions[0])
		})
	}
}

func TestProblem(t *testing.T) {
	tests := map[string]struct {
		replace []string
		path    string
		message string
		remedy  string
		loads   bool // a warning only
	}{
		"target and targetPercent exclude each other": {
			[]string{"target: 0.999", "target: 0.999\n      targetPercent: 99.9"},
			"spec.objectives[0].targetPercent", "stands beside target", "keep one of them", false,
		},
		"a percentage as a target is recognised": {
			[]string{"target: 0.999", "target: 99.9"},
			"spec.objectives[0].target", "99.9 is outside 0 to 1 (0 % to 100 %)", "write target: 0.999, or targetPercent: 99.9", false,
		},
		"one hundred percent leaves no budget": {
			[]string{"target: 0.999", "targetPercent: 100"},
			"spec.objectives[0].targetPercent", "100 leaves no error budget at all", "write less than 100 %, e.g. 99.9", false,
		},
		"a target of zero is only warned of": {
			[]string{"target: 0.999", "target: 0.0"},
			"spec.objectives[0].target", "0.0 is met whatever happens", "write a number such as 0.999", true,
		},
		"a target that is not a number is refused": {
			[]string{"target: 0.999", "target: .nan"},
			"spec.objectives[0].target", `".nan" is not a decimal number; write a fraction such as 0.999`, "write a number such as 0.999", false,
		},
		"an unknown field is refused with a suggestion": {
			[]string{"isRolling", "isRoling"},
			"spec.timeWindow[0].isRoling", "is not a field of OpenSLO v1 here", `did you mean "isRolling"?`, false,
		},
		"a window that does not roll needs a calendar": {
			[]string{"isRolling: true", "isRolling: false"},
			"spec.timeWindow[0].isRolling", "a window that does not roll needs a calendar", "write isRolling: true, or add calendar with startTime and timeZone", false,
		},
		"two windows are refused": {
			[]string{"- duration: 30d", "- duration: 7d\n    - duration: 30d"},
			"spec.timeWindow", "has 2 windows, but OpenSLO v1 permits one", "keep one window; write an SLO for each other", false,
		},
		"an empty list of objectives is refused": {
			[]string{"objectives:\n    - target: 0.999", "objectives: []"},
			"spec.objectives", "is empty", `write at least one objective: "- target: 0.999"`, false,
		},
		"a threshold needs an operator": {
			[]string{sampleIndicator, thresholdIndicator, "- target: 0.999", "- target: 0.999\n      value: 1"},
			"spec.objectives[0].op", "is missing: the indicator is a thresholdMetric", "write op: lte if a value up to the limit is good", false,
		},
		"a raw ratio needs its type": {
			[]string{sampleIndicator, strings.Replace(rawIndicator, "        rawType: failure\n", "", 1)},
			"spec.indicator.spec.ratioMetric.rawType", "is missing beside raw", "write success if the ratio counts good events, failure if it counts bad ones", false,
		},
		"a ratio beside a threshold is refused": {
			[]string{sampleIndicator, sampleIndicator + "      " + thresholdIndicator},
			"spec.indicator.spec.thresholdMetric", "stands beside ratioMetric", "keep either thresholdMetric or ratioMetric", false,
		},
		"a missing data source is refused": {
			[]string{"  annotations:\n    burnline.dev/data-source-uid: prom\n", ""},
			"spec.indicator", "does not say which Grafana data source to read", "add the annotation burnline.dev/data-source-uid to the SLO, or to the DataSource that metricSourceRef names", false,
		},
		"a missing query is refused": {
			[]string{"query: good_total", "{}"},
			"spec.indicator.spec.ratioMetric.good.metricSource.spec.query", "is missing", "write the query, e.g. query: sum(rate(http_requests_total[1m]))", false,
		},
		"a UID with a slash is refused": {
			[]string{"uid: prom", "uid: ../admin"},
			`metadata.annotations["burnline.dev/data-source-uid"]`, `"../admin" is not the UID of a data source: at most 40 letters, digits, - and _`, "copy it from the address of the data source's settings page in Grafana", false,
		},
		"an unknown annotation of ours is refused with a suggestion": {
			[]string{"annotations:\n", "annotations:\n    burnline.dev/runbook: /d/a\n"},
			`metadata.annotations["burnline.dev/runbook"]`, "burnline.dev/runbook is not an annotation of Burnline", "permitted: burnline.dev/critical-journey, burnline.dev/dashboard-uid, burnline.dev/data-source-uid, burnline.dev/minimum-events, burnline.dev/owner, burnline.dev/runbook-url", false,
		},
		"an annotation in the wrong place says where it belongs": {
			[]string{"name: shop\n", "name: shop\n  annotations:\n    burnline.dev/minimum-events: 100\n"},
			`metadata.annotations["burnline.dev/minimum-events"]`, "burnline.dev/minimum-events has no effect on an object of kind Service", "move it to the SLO", true,
		},
		"a service without a document is only warned of": {
			[]string{"name: shop\n", "name: another\n"},
			"spec.service", `no Service is named "shop"; the SLO works without`, `add a document of kind Service with metadata.name "shop" to give it a display name and an owner`, true,
		},
		"an old version of OpenSLO is refused": {
			[]string{"openslo/v1\n", "openslo/v1alpha\n"},
			"apiVersion", `"openslo/v1alpha" is not read`, "write apiVersion: openslo/v1", false,
		},
		"objectives with one name are refused": {
			[]string{"- target: 0.999", "- target: 0.99\n      displayName: A b\n    - target: 0.999\n      displayName: a-B"},
			"spec.objectives[1]", "has the same displayName as objective 1", "give each objective a displayName of its own", false,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := Parse("a.yaml", []byte(sampleWith(t, tt.replace...)))
			require.Len(t, c.Problems, 1, lines(c.Problems))
			p := c.Problems[0]
			require.Equal(t, []string{tt.path, tt.message, tt.remedy}, []string{p.Path, p.Message, p.Remedy})
			require.Positive(t, p.Line)
			require.Equal(t, tt.loads, len(c.Definitions) == 1)
		})
	}
}
