package reconcile

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// applied applies and wants no failure and nothing left to do.
func applied(t *testing.T, r *Reconciler, desired []rule.Group) Outcome {
	t.Helper()
	o, err := r.Apply(t.Context(), desired)
	require.NoError(t, err)
	require.Empty(t, o.Failed)
	require.Zero(t, o.Pending())
	return o
}

func actions(d Diff) map[string]Action {
	found := map[string]Action{}
	for _, change := range d.Changes {
		found[change.UID] = change.Action
	}
	return found
}

func change(t *testing.T, d Diff, uid string) Change {
	t.Helper()
	for _, one := range d.Changes {
		if one.UID == uid {
			return one
		}
	}
	require.Fail(t, "no change of "+uid)
	return Change{}
}

func TestApplyTwiceWritesOnce(t *testing.T) {
	s := newServer(t)
	r := s.reconciler(t)
	desired := []rule.Group{sampleGroup("checkout", "burn", "absence"), sampleGroup("search", "burn")}

	before, err := r.Diff(t.Context(), desired)
	require.NoError(t, err)
	require.Equal(t, 3, before.Pending())
	require.Zero(t, s.writes(), "a dry run writes nothing")

	o := applied(t, r, desired)
	require.Len(t, o.Applied, 3)
	require.Empty(t, o.Problems)
	require.Equal(t, "Burnline: Shop", s.folders["burnline-shop"])
	require.Empty(t, s.rules["bl-checkout-burn"].Provenance, "rules stay editable")

	wrote := s.writes()
	require.Equal(t, 4, wrote, "a folder and three rules")
	again := applied(t, r, desired)
	require.Empty(t, again.Applied)
	require.Equal(t, wrote, s.writes())
	require.Equal(t, ActionUnchanged, actions(again.Diff)["bl-search-burn"])
}

func TestOpeningAndSavingInTheEditorIsNoDrift(t *testing.T) {
	s := newServer(t)
	r := s.reconciler(t)
	desired := []rule.Group{sampleGroup("checkout", "burn")}
	applied(t, r, desired)
	s.edit("bl-checkout-burn", func(one *storedRule) {
		one.For = "300s"
		one.Annotations["description"] = ""
		one.Data[0].Model["legendFormat"] = "__auto"
		one.Data[0].Model["format"] = "time_series"
		one.Data[0].Model["hide"] = false
		one.Data[3].Model["conditions"] = []any{map[string]any{
			"evaluator": map[string]any{"type": "gt", "params": []any{0.5, 0}}, "operator": map[string]any{"type": "and"},
			"query": map[string]any{"params": []any{"D"}}, "reducer": map[string]any{"type": "last", "params": []any{}}, "type": "query",
		}}
		one.Data[4].Model["conditions"] = []any{map[string]any{"evaluator": map[string]any{"type": "gt", "params": []any{0, 0}}}}
		one.Notification["repeat_interval"] = "4h"
		one.Notification["group_by"] = []any{"alertname", "grafana_folder"}
		one.Notification["active_time_intervals"] = []any{}
	})
	d, err := r.Diff(t.Context(), desired)
	require.NoError(t, err)
	require.Equal(t, ActionUnchanged, change(t, d, "bl-checkout-burn").Action, "%+v", d.Changes)
}

func TestEveryEditIsDrift(t *testing.T) {
	edits := map[string]struct {
		edit func(*storedRule)
		path string
	}{
		"missing series":   {func(one *storedRule) { one.Missing = 5 }, "missing series evaluations to resolve"},
		"recording rule":   {func(one *storedRule) { one.Record = map[string]any{"metric": "m", "from": "A"} }, "recorded as"},
		"title":            {func(one *storedRule) { one.Title = "mine" }, "title"},
		"group":            {func(one *storedRule) { one.Group = "mine" }, "group"},
		"folder":           {func(one *storedRule) { one.FolderUID = "mine" }, "folder"},
		"pending period":   {func(one *storedRule) { one.For = "1h" }, "for"},
		"keep firing for":  {func(one *storedRule) { one.KeepFiringFor = "" }, "keep firing for"},
		"paused":           {func(one *storedRule) { one.Paused = true }, "paused"},
		"no data":          {func(one *storedRule) { one.NoData = "Alerting" }, "no data state"},
		"error":            {func(one *storedRule) { one.Error = "OK" }, "error state"},
		"label changed":    {func(one *storedRule) { one.Labels["severity"] = "ticket" }, "labels.severity"},
		"label added":      {func(one *storedRule) { one.Labels["team"] = "b" }, "labels.team"},
		"annotation gone":  {func(one *storedRule) { delete(one.Annotations, "summary") }, "annotations.summary"},
		"condition":        {func(one *storedRule) { one.Condition = "D" }, "condition"},
		"query":            {func(one *storedRule) { one.Data[0].Model["expr"] = "0" }, "query A.expr"},
		"data source":      {func(one *storedRule) { one.Data[0].DataSource = "other" }, "query A.data source"},
		"time range":       {func(one *storedRule) { one.Data[0].Range.From = 60 }, "query A.range"},
		"window":           {func(one *storedRule) { one.Data[1].Model["windows"] = []any{"1h"} }, "query B.windows.0"},
		"threshold":        {func(one *storedRule) { one.Data[4].Model["expression"] = "$C > 99" }, "query E.expression"},
		"node gone":        {func(one *storedRule) { one.Data = one.Data[:4] }, "query E.expression"},
		"contact point":    {func(one *storedRule) { one.Notification["receiver"] = "tickets" }, "notification.contact point"},
		"repeat interval":  {func(one *storedRule) { one.Notification["repeat_interval"] = "1h" }, "notification.repeat interval"},
		"own active times": {func(one *storedRule) { one.Notification["active_time_intervals"] = []any{"nights"} }, "notification.active timings"},
		"reducer":          {func(one *storedRule) { one.Data[2].Model["reducer"] = "max" }, "query C.reducer"},
		"non-number mode":  {func(one *storedRule) { one.Data[2].Model["settings"] = map[string]any{"mode": "dropNN"} }, "query C.settings.mode"},
	}
	for name, c := range edits {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			r := s.reconciler(t)
			s.folders["mine"] = "Mine"
			desired := []rule.Group{sampleGroup("checkout", "burn")}
			applied(t, r, desired)
			s.edit("bl-checkout-burn", c.edit)
			edited := s.rules["bl-checkout-burn"]
			if name == "keep firing for" {
				// Looks as if an older Grafana had left it out; both is told, and nothing is overwritten.
				d, err := r.Diff(t.Context(), desired)
				require.NoError(t, err)
				require.Contains(t, strings.Join(d.Problems, ""), "needs Grafana 12.0.0")
				return
			}
			o := applied(t, r, desired)
			require.Empty(t, o.Applied)
			require.Equal(t, edited, s.rules["bl-checkout-burn"], "an edit is never overwritten")
			drift := change(t, o.Diff, "bl-checkout-burn")
			require.Equal(t, ActionDrift, drift.Action)
			var paths []string
			for _, f := range drift.Fields {
				paths = append(paths, f.Path)
			}
			require.Contains(t, paths, c.path)

			require.NoError(t, r.Restore(t.Context(), desired, "bl-checkout-burn"))
			require.Equal(t, ActionUnchanged, change(t, applied(t, r, desired).Diff, "bl-checkout-burn").Action)
		})
	}
}

func TestAdoptedDriftIsLeftAloneUntilSomethingElseIsWanted(t *testing.T) {
	s := newServer(t)
	r := s.reconciler(t)
	desired := []rule.Group{sampleGroup("checkout", "burn")}
	applied(t, r, desired)
	require.ErrorContains(t, r.Adopt(t.Context(), desired, "bl-checkout-burn"), "nobody edited")

	s.edit("bl-checkout-burn", func(one *storedRule) { one.For = "1h"; one.Data[0].Model["legendFormat"] = "x" })
	require.NoError(t, r.Adopt(t.Context(), desired, "bl-checkout-burn"))
	require.NoError(t, r.Adopt(t.Context(), desired, "bl-checkout-burn"), "once more changes nothing")
	o := applied(t, r, desired)
	require.Equal(t, ActionAdopted, change(t, o.Diff, "bl-checkout-burn").Action)
	require.Equal(t, "1h", s.rules["bl-checkout-burn"].For)
	require.Equal(t, "x", s.rules["bl-checkout-burn"].Data[0].Model["legendFormat"], "adopting keeps what is there")

	desired[0].Rules[0].Annotations["summary"] = "new words"
	o = applied(t, r, desired)
	require.Equal(t, ActionConflict, change(t, o.Diff, "bl-checkout-burn").Action)
	require.Contains(t, strings.Join(o.Problems, ""), "restore writes the new version")
	require.Equal(t, "1h", s.rules["bl-checkout-burn"].For, "a conflict is never overwritten")

	require.NoError(t, r.Restore(t.Context(), desired, "bl-checkout-burn"))
	require.Equal(t, ActionUnchanged, change(t, applied(t, r, desired).Diff, "bl-checkout-burn").Action)
	require.Equal(t, "5m", s.rules["bl-checkout-burn"].For)
}

func TestTheRulesOfOneSLOAreComparedWithoutReadingAll(t *testing.T) {
	s := newServer(t)
	r := s.reconciler(t)
	one, all := sampleGroup("a", "burn", "absence", "forecast"), []rule.Group{sampleGroup("b", "burn")}
	applied(t, r, append(all, one))
	s.edit("bl-a-burn", func(stored *storedRule) { stored.For = "1h" })
	s.mu.Lock()
	delete(s.rules, "bl-a-absence")
	s.requests = nil
	s.mu.Unlock()
	d, err := r.DiffOf(t.Context(), []rule.Group{one})
	require.NoError(t, err)
	require.Equal(t, map[string]Action{"bl-a-burn": ActionDrift, "bl-a-absence": ActionCreate, "bl-a-forecast": ActionUnchanged}, actions(d))
	require.Len(t, s.requests, 3)
	s.fault = func(*http.Request) string { return fail403 }
	_, err = r.DiffOf(t.Context(), []rule.Group{one})
	require.ErrorContains(t, err, "alert rule")
}

func TestPruneTakesOnlyWhatIsOursAndUnedited(t *testing.T) {
	s := newServer(t)
	r := s.reconciler(t)
	both := []rule.Group{sampleGroup("checkout", "burn", "absence", "forecast")}
	applied(t, r, both)
	s.mu.Lock()
	foreign := s.rules["bl-checkout-burn"]
	foreign.UID, foreign.Title, foreign.Labels = "theirs", "theirs", map[string]string{"team": "a"}
	s.rules["theirs"] = foreign
	fresh := foreign
	fresh.UID, fresh.Title, fresh.Labels, fresh.Updated = "fresh", "fresh", map[string]string{alert.LabelSLO: alert.TestSLO}, time.Now().Add(-testAge+time.Minute)
	s.rules["fresh"] = fresh
	stale := fresh
	stale.UID, stale.Title, stale.Updated = "stale", "stale", time.Now().Add(-testAge-time.Minute)
	s.rules["stale"] = stale
	s.mu.Unlock()
	s.edit("bl-checkout-forecast", func(one *storedRule) { one.For = "1h" })

	o := applied(t, r, []rule.Group{sampleGroup("checkout", "burn")})
	require.Len(t, o.Applied, 2)
	require.Contains(t, s.rules, "theirs")
	require.Contains(t, s.rules, "fresh", "somebody waits for it to fire")
	require.NotContains(t, s.rules, "stale")
	require.NotContains(t, s.rules, "bl-checkout-absence")
	require.Equal(t, ActionConflict, actions(o.Diff)["bl-checkout-forecast"], "edited, and no longer wanted")
	require.NotContains(t, actions(o.Diff), "theirs")
	require.NotContains(t, actions(o.Diff), "fresh")

	require.NoError(t, r.Adopt(t.Context(), nil, "bl-checkout-forecast"))
	require.Equal(t, ActionAdopted, actions(applied(t, r, []rule.Group{sampleGroup("checkout", "burn")}).Diff)["bl-checkout-forecast"])
	require.NoError(t, r.Restore(t.Context(), nil, "bl-checkout-forecast"))
	require.NotContains(t, s.rules, "bl-checkout-forecast")
	require.Error(t, r.Restore(t.Context(), nil, "theirs"))
	require.Error(t, r.Adopt(t.Context(), nil, "theirs"))
}

func TestRuleWithOurUIDWithoutOurLabelIsReported(t *testing.T) {
	s := newServer(t)
	r := s.reconciler(t)
	desired := []rule.Group{sampleGroup("checkout", "burn", "absence")}
	applied(t, r, desired)
	s.edit("bl-checkout-burn", func(one *storedRule) { delete(one.Labels, alert.LabelSLO); one.For = "2h" })
	o := applied(t, r, desired)
	require.Equal(t, ActionConflict, actions(o.Diff)["bl-checkout-burn"])
	require.Contains(t, strings.Join(o.Problems, ""), "without the label burnline_slo, which is not touched")
	require.Equal(t, "2h", s.rules["bl-checkout-burn"].For)
	require.ErrorContains(t, r.Restore(t.Context(), desired, "bl-checkout-burn"), "not Burnline's")
}

func TestWhatStandsInTheWayIsNamedAndTheRestIsApplied(t *testing.T) {
	point, timing, claimed, titled := sampleRule("a", "point"), sampleRule("a", "timing"), sampleRule("b", "burn"), sampleRule("a", "title")
	point.Route.ContactPoint = "nobody"
	timing.Route.MuteTimings = []string{"weekends"}
	claimed.UID = "bl-a-good"
	titled.Title = "a fine"
	cases := map[string]struct {
		extra rule.Group
		words string
	}{
		"an unknown contact point":                {extra: rule.Group{Name: "a", FolderUID: "burnline-shop", Rules: []rule.Rule{point}}, words: `no contact point "nobody": create it`},
		"an unknown mute timing":                  {extra: rule.Group{Name: "a", FolderUID: "burnline-shop", Rules: []rule.Rule{timing}}, words: `no mute timing "weekends": create it`},
		"two SLOs that claim one UID":             {extra: rule.Group{Name: "b", FolderUID: "burnline-shop", Rules: []rule.Rule{claimed}}, words: "claimed by"},
		"two rules with one title in a folder":    {extra: rule.Group{Name: "a", FolderUID: "burnline-shop", Rules: []rule.Rule{titled}}, words: "same title in the same folder"},
		"a folder that may not be made":           {extra: rule.Group{Name: "c", FolderUID: "burnline-c", FolderTitle: "Burnline: C", Rules: []rule.Rule{sampleRule("c", "burn")}}, words: "folders:create on folders:*"},
		"a folder whose title is somebody else's": {extra: rule.Group{Name: "c", FolderUID: "burnline-d", FolderTitle: "Taken", Rules: []rule.Rule{sampleRule("c", "burn")}}, words: "rename the other folder"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.folders["burnline-shop"], s.folders["taken"] = "Burnline: Shop", "Taken"
			s.fault = func(r *http.Request) string {
				if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/folders") && c.extra.FolderTitle != "Taken" {
					return fail403
				}
				return ""
			}
			o, err := s.reconciler(t).Apply(t.Context(), []rule.Group{sampleGroup("a", "good", "fine"), c.extra})
			require.NoError(t, err)
			require.Len(t, o.Failed, 1)
			require.Contains(t, o.Failed[0].Error, c.words)
			require.Contains(t, s.rules, "bl-a-fine")
			require.Equal(t, 1, o.Pending(), "what was not done stays on the list")
		})
	}
}

func TestOldGrafanaIsNamedWithTheVersionThatIsNeeded(t *testing.T) {
	s := newServer(t)
	s.version = "11.6.2"
	plainRule := sampleRule("a", "plain")
	plainRule.KeepFiringFor = 0
	group := sampleGroup("a", "burn")
	group.Rules = append(group.Rules, plainRule)
	o, err := s.reconciler(t).Apply(t.Context(), []rule.Group{group})
	require.NoError(t, err)
	require.Len(t, o.Failed, 1)
	require.Contains(t, o.Failed[0].Error, "keep firing for = 10m needs Grafana 12.0.0 or newer, and this is Grafana 11.6.2: upgrade Grafana")
	require.NotContains(t, s.rules, "bl-a-burn")
	require.Contains(t, s.rules, "bl-a-plain")
}

func TestFieldsThatGrafanaDropsAreReported(t *testing.T) {
	s := newServer(t)
	s.version = "10.3.0"
	hidden := true
	s.before = func(r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/health") && hidden {
			s.mu.Lock()
			s.version = ""
			s.mu.Unlock()
			return
		}
		s.mu.Lock()
		s.version = "10.3.0"
		s.mu.Unlock()
	}
	r := s.reconciler(t)
	desired := []rule.Group{sampleGroup("a", "burn")}
	o, err := r.Apply(t.Context(), desired)
	require.NoError(t, err)
	require.Len(t, o.Failed, 1)
	require.Contains(t, o.Failed[0].Error, `notification.contact point (wanted "oncall", got ""), which needs Grafana 10.4.0`)
	require.Contains(t, o.Failed[0].Error, "keep firing for")
	require.Contains(t, strings.Join(o.Problems, ""), "did not keep")
	require.Equal(t, ActionUnchanged, actions(o.Diff)["bl-a-burn"], "nobody edited it")
}

func TestRuleManagedByAFileIsLeftToIt(t *testing.T) {
	s := newServer(t)
	r := s.reconciler(t)
	desired := []rule.Group{sampleGroup("a", "burn")}
	applied(t, r, desired)
	s.edit("bl-a-burn", func(one *storedRule) { one.Provenance = "file" })
	require.Equal(t, ActionUnchanged, actions(applied(t, r, desired).Diff)["bl-a-burn"])
	desired[0].Rules[0].For = time.Hour
	o := applied(t, r, desired)
	require.Contains(t, strings.Join(o.Problems, ""), `managed by "file"`)
	require.ErrorContains(t, r.Restore(t.Context(), desired, "bl-a-burn"), "change it there")
}

func TestTitleIsFreedBeforeItIsTaken(t *testing.T) {
	s := newServer(t)
	r := s.reconciler(t)
	applied(t, r, []rule.Group{sampleGroup("a", "old")})
	renamed := sampleGroup("a", "new")
	renamed.Rules[0].Title = "a old"
	applied(t, r, []rule.Group{renamed})
	require.NotContains(t, s.rules, "bl-a-old")
	require.Equal(t, "a old", s.rules["bl-a-new"].Title)
}

func TestRuleMovesBetweenFolders(t *testing.T) {
	s := newServer(t)
	r := s.reconciler(t)
	desired := []rule.Group{sampleGroup("a", "burn")}
	applied(t, r, desired)
	desired[0].FolderUID, desired[0].FolderTitle = "burnline-team", "Burnline: Team"
	o := applied(t, r, desired)
	require.Equal(t, []Field{{Path: "folder", Have: "burnline-shop", Want: "burnline-team"}}, o.Applied[0].Fields)
	require.Equal(t, "burnline-team", s.rules["bl-a-burn"].FolderUID)
}
