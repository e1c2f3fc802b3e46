package slo

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const policyDocument = `apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: fast}
spec:
  alertWhenBreaching: true
  conditions: [{conditionRef: fast-burn}]
  notificationTargets: [{targetRef: on-call}]
`

const conditionDocument = `apiVersion: openslo/v1
kind: AlertCondition
metadata:
  name: fast-burn
  annotations: {burnline.dev/short-window: 10m}
spec:
  severity: page
  condition: {kind: burnrate, op: gte, threshold: 14.4, lookbackWindow: 1h, alertAfter: 2m}
`

const targetDocument = `apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: on-call}
spec: {target: Team pager}
`

// policyFiles are the sample with alert policies, two SLOs, and all that a policy refers to.
func policyFiles(t testing.TB, refs ...string) map[string]string {
	t.Helper()
	list := "  alertPolicies:\n"
	for _, ref := range refs {
		list += "    - alertPolicyRef: " + ref + "\n"
	}
	text := sampleWith(t, "  objectives:", list+"  objectives:")
	second := strings.Replace(strings.Split(text, "---")[0], "name: browse\n", "name: search\n", 1)
	return map[string]string{"a.yaml": text, "b.yaml": second, "policy.yaml": policyDocument, "condition.yaml": conditionDocument, "target.yaml": targetDocument}
}

func TestADefinitionCarriesItsPoliciesResolvedAndBuiltInOnesByName(t *testing.T) {
	c := Load(folder(policyFiles(t, "workbook-low-traffic", "fast", "fast", "none")))
	require.Empty(t, lines(c.Problems))
	require.Len(t, c.Definitions, 2)
	want := AlertPolicy{
		Name: "fast", DisplayName: "fast", WhenBreaching: true,
		Conditions: []AlertCondition{{
			Name: "fast-burn", DisplayName: "fast-burn", Severity: "page", Op: OpGTE, Threshold: 14.4,
			Lookback: time.Hour, Short: 10 * time.Minute, After: 2 * time.Minute, Origin: Position{File: "condition.yaml", Line: 1, Column: 1, Document: 1},
		}},
		Targets: []NotificationTarget{{Name: "on-call", DisplayName: "on-call", Target: "Team pager", Origin: Position{File: "target.yaml", Line: 1, Column: 1, Document: 1}}},
		Origin:  Position{File: "policy.yaml", Line: 1, Column: 1, Document: 1},
	}
	for _, d := range c.Definitions {
		require.Equal(t, []string{"fast", "none", "workbook-low-traffic"}, d.AlertPolicies)
		require.Equal(t, []AlertPolicy{want}, d.Policies)
	}
	require.Equal(t, []AlertPolicy{want}, c.AlertPolicies, "built-in ones are not in the catalogue")
}

func TestADeclaredPolicyWinsOverABuiltInOneOfItsName(t *testing.T) {
	files := policyFiles(t, "workbook")
	files["policy.yaml"] = strings.Replace(policyDocument, "name: fast", "name: workbook", 1)
	c := Load(folder(files))
	require.Empty(t, lines(c.Problems))
	require.Equal(t, "workbook", c.Definitions[0].Policies[0].Name)
}

func TestAMistypedBuiltInPolicyIsRecognised(t *testing.T) {
	files := policyFiles(t, "workbok")
	c := Load(folder(files))
	require.Empty(t, c.Definitions)
	require.Len(t, c.Problems, 2)
	require.Equal(t, `no AlertPolicy is named "workbok"`, c.Problems[0].Message)
	require.Equal(t, `did you mean "workbook"?`, c.Problems[0].Remedy)
}

func TestAPolicyWithAnErrorIsReportedOnceHoweverOftenItIsUsedAndItsSLOsKeepTheLastGoodOne(t *testing.T) {
	good := Load(folder(policyFiles(t, "fast")))
	require.Empty(t, lines(good.Problems))

	files := policyFiles(t, "fast")
	files["condition.yaml"] = strings.Replace(conditionDocument, "threshold: 14.4", "threshold: -1", 1)
	c := Load(folder(files))
	require.Empty(t, c.Definitions)
	require.Empty(t, c.AlertPolicies)
	require.Equal(t, strings.Join([]string{
		`a.yaml:27:23: error: document 1, SLO browse: spec.alertPolicies[0].alertPolicyRef: refers to the AlertPolicy "fast" at policy.yaml:1, which has errors; mend the AlertPolicy first`,
		`b.yaml:27:23: error: document 1, SLO search: spec.alertPolicies[0].alertPolicyRef: refers to the AlertPolicy "fast" at policy.yaml:1, which has errors; mend the AlertPolicy first`,
		`condition.yaml:8:51: error: document 1, AlertCondition fast-burn: spec.condition.threshold: -1 is negative; write the burn rate, e.g. 14.4`,
		`policy.yaml:6:15: error: document 1, AlertPolicy fast: spec.conditions: refers to the AlertCondition "fast-burn" at condition.yaml:1, which has errors; mend the AlertCondition first`,
		``}, "\n"), lines(c.Problems))

	kept := KeepLastGood(good.Definitions, c)
	require.Equal(t, []string{"browse", "search"}, ids(kept.Definitions))
	require.InDelta(t, 14.4, kept.Definitions[0].Policies[0].Conditions[0].Threshold, 0)
}

func TestAPolicyThatRefersToNothingIsReportedOnce(t *testing.T) {
	files := policyFiles(t, "fast")
	delete(files, "target.yaml")
	c := Load(folder(files))
	require.Equal(t, 1, strings.Count(lines(c.Problems), "no AlertNotificationTarget is named"), lines(c.Problems))
	require.Len(t, c.Problems, 3, "and each SLO says that it waits for it")
}

func TestAPolicyThatNobodyUsesIsCheckedAndListed(t *testing.T) {
	files := policyFiles(t, "workbook")
	c := Load(folder(files))
	require.Empty(t, lines(c.Problems))
	require.Len(t, c.AlertPolicies, 1)
	require.Empty(t, c.Definitions[0].Policies)

	files["policy.yaml"] = strings.Replace(policyDocument, "conditionRef: fast-burn", "conditionRef: nothing", 1)
	c = Load(folder(files))
	require.Len(t, c.Problems, 1)
	require.Len(t, c.Definitions, 2, "a policy that nobody uses keeps no SLO from loading")
}

func TestTimesOfAnAlertConditionAreCheckedWithARemedy(t *testing.T) {
	cases := map[string]struct {
		annotations, condition string
		want                   []string
	}{
		"a short window and a delay":         {"burnline.dev/short-window: 5m", "lookbackWindow: 1h, alertAfter: 2m", nil},
		"the shortest and longest of all":    {"burnline.dev/short-window: 1m", "lookbackWindow: 90d, alertAfter: 0m", nil},
		"no annotation":                      {"", "lookbackWindow: 1m", nil},
		"a short window as long as the long": {"burnline.dev/short-window: 60m", "lookbackWindow: 1h", []string{"60m is not shorter than the lookbackWindow of 1h; write a shorter one, or nothing for a twelfth"}},
		"a short window in seconds":          {"burnline.dev/short-window: 90s", "lookbackWindow: 1h", []string{`"90s" is not a duration of OpenSLO`, "write whole minutes such as 5m"}},
		"a short window of nothing":          {"burnline.dev/short-window: 0m", "lookbackWindow: 1h", []string{`"0m" is no time at all; write whole minutes such as 5m`}},
		"an empty short window":              {`burnline.dev/short-window: ""`, "lookbackWindow: 1h", []string{"is empty; write a value or remove the annotation"}},
		"a look-back beyond all windows":     {"", "lookbackWindow: 91d", []string{"91d is longer than any window that is evaluated; write a duration from 1m to 90d, shorter than the SLO's window"}},
		"a look-back in seconds":             {"", "lookbackWindow: 30s", []string{`"30s" is not a duration of OpenSLO`}},
		"a delay of a day":                   {"", "lookbackWindow: 1h, alertAfter: 1d", []string{"1d is too long to wait with a burning budget; write less than 24h"}},
		"another annotation":                 {"burnline.dev/owner: me", "lookbackWindow: 1h", []string{"burnline.dev/owner has no effect on an object of kind AlertCondition; move it to the SLO"}},
		"a mistyped annotation":              {"burnline.dev/short-windw: 5m", "lookbackWindow: 1h", []string{`did you mean "burnline.dev/short-window"?`}},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			text := fmt.Sprintf("apiVersion: openslo/v1\nkind: AlertCondition\nmetadata:\n  name: c\n  annotations: {%s}\nspec:\n  severity: page\n  condition: {kind: burnrate, op: gt, threshold: 2, %s}\n", tt.annotations, tt.condition)
			got := lines(Parse("c.yaml", []byte(text)).Problems)
			if tt.want == nil {
				require.Empty(t, got)
			}
			for _, want := range tt.want {
				require.Contains(t, got, want)
				require.Equal(t, 1, strings.Count(got, "\n"))
			}
		})
	}
}

func TestAShortWindowBelongsToTheAlertCondition(t *testing.T) {
	c := Parse("a.yaml", []byte(sampleWith(t, "burnline.dev/data-source-uid: prom\n", "burnline.dev/data-source-uid: prom\n    burnline.dev/short-window: 5m\n")))
	require.Contains(t, lines(c.Problems), "burnline.dev/short-window has no effect on an object of kind SLO; move it to the AlertCondition")
}
