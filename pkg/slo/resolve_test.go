package slo

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func folder(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return fsys
}

func ids(definitions []Definition) []string {
	var all []string
	for _, d := range definitions {
		all = append(all, d.ID)
	}
	return all
}

const sliDocument = `apiVersion: openslo/v1
kind: SLI
metadata:
  name: shared
spec:
  ratioMetric:
    good: {metricSource: {metricSourceRef: main, spec: {query: good}}}
    total: {metricSource: {metricSourceRef: main, spec: {query: total}}}
`

const sourceDocument = `apiVersion: openslo/v1
kind: DataSource
metadata:
  name: main
  annotations: {burnline.dev/data-source-uid: from-document}
spec: {type: prometheus}
`

const referringSLO = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: referring
spec:
  service: shop
  indicatorRef: shared
  timeWindow: [{duration: 7d}]
  objectives: [{target: 0.99}]
---
apiVersion: openslo/v1
kind: Service
metadata: {name: shop}
`

func TestTheDataSourceOfAReferenceComesFromItsDocument(t *testing.T) {
	c := Load(folder(map[string]string{"z/sli.yaml": sliDocument, "a.yml": referringSLO, "source.yaml": sourceDocument}))
	require.Empty(t, lines(c.Problems))
	require.Equal(t, SourceRef{Type: "prometheus", UID: "from-document"}, c.Definitions[0].Source)
}

func TestTheAnnotationOnTheSLOWinsOverTheDocument(t *testing.T) {
	slo := strings.Replace(referringSLO, "  name: referring\n", "  name: referring\n  annotations: {burnline.dev/data-source-uid: staging}\n", 1)
	c := Load(folder(map[string]string{"sli.yaml": sliDocument, "a.yml": slo, "source.yaml": sourceDocument}))
	require.Empty(t, lines(c.Problems))
	require.Equal(t, "staging", c.Definitions[0].Source.UID)
}

func TestAnSLIWithErrorsIsReportedOnceAndBlocksThoseThatReferToIt(t *testing.T) {
	bad := strings.Replace(sliDocument, "query: good", "expr: good", 1)
	second := strings.Replace(strings.Split(referringSLO, "---")[0], "name: referring", "name: second", 1)
	c := Load(folder(map[string]string{"sli.yaml": bad, "a.yml": referringSLO, "b.yml": second, "source.yaml": sourceDocument}))
	require.Empty(t, c.Definitions)
	require.Equal(t, strings.Join([]string{
		`a.yml:7:17: error: document 1, SLO referring: spec.indicatorRef: refers to the SLI "shared" at sli.yaml:1, which has errors; mend the SLI first`,
		`b.yml:7:17: error: document 1, SLO second: spec.indicatorRef: refers to the SLI "shared" at sli.yaml:1, which has errors; mend the SLI first`,
		`sli.yaml:7:50: error: document 1, SLI shared: spec.ratioMetric.good.metricSource.spec.query: is missing; write the query, e.g. query: sum(rate(http_requests_total[1m]))`,
		`sli.yaml:7:63: warning: document 1, SLI shared: spec.ratioMetric.good.metricSource.spec.expr: has no effect: only query is read; remove it`,
		``}, "\n"), lines(c.Problems))
}

func TestOneUserWithoutDataSourceDoesNotSpoilTheIndicatorForOthers(t *testing.T) {
	sli := strings.ReplaceAll(sliDocument, "metricSourceRef: main, ", "")
	lacking := strings.Replace(strings.Split(referringSLO, "---")[0], "name: referring", "name: lacking", 1)
	annotated := strings.Replace(referringSLO, "  name: referring\n", "  name: referring\n  annotations: {burnline.dev/data-source-uid: prom}\n", 1)
	c := Load(folder(map[string]string{"sli.yaml": sli, "a.yaml": lacking, "b.yaml": annotated}))
	require.Equal(t, []string{"referring"}, ids(c.Definitions))
	require.Len(t, c.Problems, 1, lines(c.Problems))
	require.Equal(t, "a.yaml", c.Problems[0].File)
}

func TestOfTwoObjectsWithOneNameTheFirstLoads(t *testing.T) {
	c := Load(folder(map[string]string{"a.yaml": sample, "b.yaml": strings.Split(sample, "---")[0]}))
	require.Equal(t, []string{"browse"}, ids(c.Definitions))
	require.Equal(t, "a.yaml", c.Definitions[0].Origin.File)
	require.Equal(t, `a SLO named "browse" is already declared at a.yaml:1`, c.Problems[0].Message)
	require.Equal(t, "b.yaml", c.Problems[0].File)
}

func TestGoodDocumentsLoadBesideADocumentThatIsNotYAML(t *testing.T) {
	text := sample + "---\nkind: SLO\nmetadata:\n  name: lost\nspec: a: b\n---\n" + strings.Replace(sample, "name: browse\n", "name: after\n", 1)
	c := Parse("a.yaml", []byte(text))
	require.Equal(t, []string{"after", "browse"}, ids(c.Definitions))
	require.Equal(t, "lost", c.Problems[0].Name)
	require.Equal(t, strings.Count(sample, "\n")+5, c.Problems[0].Line)
}

func TestOtherFilesAndHiddenOnesAreNotRead(t *testing.T) {
	c := Load(folder(map[string]string{"README.md": "# no", ".hidden.yaml": "no: no", "..data/x.yaml": "no: no", "a/b.yaml": sample}))
	require.Empty(t, lines(c.Problems))
	require.Equal(t, []string{"browse"}, ids(c.Definitions))
	require.Equal(t, "a/b.yaml", c.Definitions[0].Origin.File)
}

func TestInlineAlertPoliciesBelongToTheirSLO(t *testing.T) {
	text := sampleWith(t, "  objectives:", `  alertPolicies:
    - kind: AlertPolicy
      metadata:
        name: slow
      spec:
        conditions:
          - kind: AlertCondition
            metadata:
              name: inner
            spec:
              severity: ticket
              condition:
                kind: burnrate
                op: gte
                threshold: 1
                lookbackWindow: 3d
        notificationTargets:
          - spec:
              target: mail
  objectives:`)
	c := Parse("a.yaml", []byte(text))
	require.Empty(t, lines(c.Problems))
	require.Equal(t, []string{"browse/slow"}, c.Definitions[0].AlertPolicies)
	require.Equal(t, "browse/slow", c.AlertPolicies[0].Name)
	require.Equal(t, 3*day, c.AlertPolicies[0].Conditions[0].Lookback)
	require.Equal(t, "mail", c.AlertPolicies[0].Targets[0].Target)
}

func TestObjectivesWithIndicatorsOfTheirOwnAreNotEvaluated(t *testing.T) {
	slo := strings.Replace(referringSLO, "  indicatorRef: shared\n", "", 1)
	slo = strings.Replace(slo, "{target: 0.99}", "{target: 0.99, indicatorRef: shared, compositeWeight: 2}", 1)
	c := Load(folder(map[string]string{"sli.yaml": sliDocument, "a.yml": slo, "source.yaml": sourceDocument}))
	require.Empty(t, lines(c.Problems))
	require.Contains(t, c.Definitions[0].NotEvaluated, "Composite SLOs")
}

func load(t *testing.T, text string) Catalogue {
	t.Helper()
	return Parse("a.yaml", []byte(text))
}

func TestADefinitionThatTurnsBadKeepsItsLastGoodVersion(t *testing.T) {
	good := load(t, sample)
	tests := map[string]struct {
		now  Catalogue
		kept bool
	}{
		"an error in its document":                  {load(t, sampleWith(t, "target: 0.999", "target: 99.9")), true},
		"its document is not YAML":                  {load(t, sampleWith(t, "spec:\n", "spec: : :\n")), true},
		"its kind has a typo":                       {load(t, sampleWith(t, "kind: SLO", "kind: SLOO")), true},
		"renamed and bad at once":                   {load(t, sampleWith(t, "name: browse\n", "name: Browse\n")), true},
		"its file can't be read":                    {Catalogue{Problems: []Problem{{Position: Position{File: "a.yaml"}, Severity: SeverityError}}}, true},
		"the folder can't be read":                  {Load(brokenFS{}), true},
		"its file is empty, as while it is written": {Load(folder(map[string]string{"a.yaml": "\n"})), true},
		"its document is gone":                      {Catalogue{}, false},
		"gone while another file has errors":        {Parse("b.yaml", []byte("kind: SLO\n")), false},
		"gone while another kind has errors":        {load(t, "apiVersion: openslo/v1\nkind: SLI\nmetadata: {name: x}\n"), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := KeepLastGood(good.Definitions, tt.now)
			if !tt.kept {
				require.Empty(t, c.Definitions)
				return
			}
			require.Len(t, c.Definitions, 1)
			require.Contains(t, c.Definitions[0].Stale, "This is the last good version: ")
			again := KeepLastGood(c.Definitions, tt.now)
			require.Equal(t, c, again, "being kept is stable")
			mended := KeepLastGood(c.Definitions, good)
			require.Empty(t, mended.Definitions[0].Stale, "a mended file is current")
		})
	}
}

func TestAnObjectiveThatItsSLONoLongerHasIsRemoved(t *testing.T) {
	two := load(t, sampleWith(t, "- target: 0.999", "- target: 0.99\n    - target: 0.999"))
	require.Len(t, two.Definitions, 2)
	require.Equal(t, []string{"browse"}, ids(KeepLastGood(two.Definitions, load(t, sample)).Definitions))
}

type brokenFS struct{}

func (brokenFS) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
}

func TestAFolderThatCannotBeReadIsAProblem(t *testing.T) {
	c := Load(brokenFS{})
	require.Len(t, c.Problems, 1)
	require.Equal(t, ".: error: the folder of definitions can't be read: open .: permission denied; check that it exists and that Grafana's user may read it", c.Problems[0].String())
}

func FuzzParseNeverPanics(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(sliDocument + "---\n" + sourceDocument + "---\n" + referringSLO))
	f.Add([]byte("a: &a [*a]\n---\n<<: {<<: *x}\n"))
	f.Add([]byte("apiVersion: openslo/v1\nkind: SLO\nmetadata: &m\n  name: x\n  labels: *m\nspec:\n  objectives: [{}, null, [], *m]\n  timeWindow: {}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := Parse("a.yaml", data)
		for _, d := range c.Definitions {
			if d.ID == "" || d.Name == "" || d.Window.Duration <= 0 || d.Target.Complement().IsZero() {
				t.Fatalf("an incomplete definition was loaded: %+v", d)
			}
		}
		for _, p := range c.Problems {
			if p.Message == "" || p.Line <= 0 || p.File == "" {
				t.Fatalf("a problem without place or message: %+v", p)
			}
		}
		KeepLastGood(c.Definitions, Catalogue{Problems: c.Problems})
	})
}
