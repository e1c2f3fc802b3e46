package reconcile

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

func TestReplicasApplyAtTheSameTime(t *testing.T) {
	s := newServer(t)
	desired := []rule.Group{sampleGroup("a", "1", "2", "3", "4", "5"), sampleGroup("b", "1", "2", "3")}
	old := append([]rule.Group{}, desired...)
	old = append(old, sampleGroup("gone", "1", "2", "3"))
	old[1] = sampleGroup("b", "1", "2")
	applied(t, s.reconciler(t), old)
	desired[0] = sampleGroup("a", "1", "2", "3", "4", "5")
	for i := range desired[0].Rules {
		desired[0].Rules[i].For = time.Hour
	}
	var replicas sync.WaitGroup
	outcomes := make([]Outcome, 4)
	failures := make([]error, len(outcomes))
	for i := range outcomes {
		r := s.reconciler(t)
		replicas.Go(func() { outcomes[i], failures[i] = r.Apply(context.Background(), desired) })
	}
	replicas.Wait()
	for i, o := range outcomes {
		require.NoError(t, failures[i])
		require.Empty(t, o.Failed)
	}
	o := applied(t, s.reconciler(t), desired)
	require.Empty(t, o.Applied)
	for uid, action := range actions(o.Diff) {
		require.Equal(t, ActionUnchanged, action, uid)
	}
	require.Len(t, s.rules, 8)
}

func TestPassingFaultsAreRepeated(t *testing.T) {
	for _, fault := range []string{fail500, fail429, failSlow, failCut, failAfter} {
		t.Run(fault, func(t *testing.T) {
			s := newServer(t)
			seen := map[string]bool{}
			s.fault = func(r *http.Request) string {
				once := r.Method + r.URL.Path
				if seen[once] || fault == fail429 && r.Method == http.MethodGet {
					return ""
				}
				seen[once] = true
				return fault
			}
			o := applied(t, s.reconciler(t), []rule.Group{sampleGroup("a", "burn")})
			require.Len(t, o.Applied, 1)
			require.Len(t, s.rules, 1)
		})
	}
}

func TestNothingHalfAppliedIsUnreported(t *testing.T) {
	s := newServer(t)
	r := s.reconciler(t)
	desired := []rule.Group{sampleGroup("a", "1", "2", "3")}
	s.fault = func(r *http.Request) string {
		if r.Method == http.MethodPost && len(s.rules) == 1 {
			return failCut
		}
		return ""
	}
	o, err := r.Apply(t.Context(), desired)
	require.NoError(t, err)
	require.Len(t, o.Applied, 1)
	require.Len(t, o.Failed, 2)
	require.Contains(t, o.Failed[0].Error, "unreachable")
	require.Contains(t, o.Failed[1].Error, "not attempted")
	require.Equal(t, 2, o.Pending())
	s.fault = nil
	require.Len(t, applied(t, r, desired).Applied, 2)
}

func TestAGrafanaThatCantWriteIsNotAskedForHours(t *testing.T) {
	s := newServer(t)
	r := s.reconciler(t)
	keys := make([]string, 40)
	for i := range keys {
		keys[i] = strconv.Itoa(i)
	}
	s.fault = func(r *http.Request) string {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/alert-rules") {
			return fail500
		}
		return ""
	}
	o, err := r.Apply(t.Context(), []rule.Group{sampleGroup("a", keys...)})
	require.NoError(t, err)
	require.Len(t, o.Failed, len(keys), "each is reported")
	require.NotContains(t, o.Failed[enough-1].Error, "not attempted")
	require.Contains(t, o.Failed[enough].Error, "not attempted")
	writes := 0
	for _, request := range s.requests {
		if strings.HasPrefix(request, http.MethodPost) && strings.HasSuffix(request, "/alert-rules") {
			writes++
		}
	}
	require.Equal(t, patience*4+enough-patience, writes)
	s.fault = nil
	require.Len(t, applied(t, r, []rule.Group{sampleGroup("a", keys...)}).Applied, len(keys))
}

func TestAnSLONamedTestIsNoTestAlert(t *testing.T) {
	s := newServer(t)
	r := s.reconciler(t)
	group := sampleGroup("test", "burn", "absence")
	for _, one := range group.Rules {
		one.Labels[alert.LabelKind] = string(alert.KindBurn)
	}
	applied(t, r, []rule.Group{group})
	s.mu.Lock()
	for uid, one := range s.rules {
		one.Updated = time.Now().Add(-time.Hour)
		s.rules[uid] = one
	}
	s.mu.Unlock()
	s.edit("bl-test-burn", func(one *storedRule) { one.For = "1h" })
	o := applied(t, r, nil)
	require.Contains(t, s.rules, "bl-test-burn", "somebody edited it")
	require.Equal(t, ActionConflict, actions(o.Diff)["bl-test-burn"])
	require.NotContains(t, s.rules, "bl-test-absence")
}

func TestCancellingStopsAndReportsTheRest(t *testing.T) {
	s := newServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	s.fault = func(r *http.Request) string {
		if r.Method == http.MethodPost && len(s.rules) == 1 {
			cancel()
			return failSlow
		}
		return ""
	}
	o, err := s.reconciler(t).Apply(ctx, []rule.Group{sampleGroup("a", "1", "2", "3")})
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, o.Applied, 1)
	require.Len(t, o.Failed, 2)
	require.Len(t, o.Changes, 3)
	require.Equal(t, 2, o.Pending(), "the list is what is known")
}

func TestEditBetweenReadingAndWritingIsNotOverwritten(t *testing.T) {
	s := newServer(t)
	r := s.reconciler(t)
	desired := []rule.Group{sampleGroup("a", "burn")}
	applied(t, r, desired)
	desired[0].Rules[0].For = time.Hour
	var once sync.Once
	s.before = func(r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/alert-rules/bl-a-burn") && r.Method == http.MethodGet {
			once.Do(func() { s.edit("bl-a-burn", func(one *storedRule) { one.NoData = "Alerting" }) })
		}
	}
	o := applied(t, r, desired)
	require.Empty(t, o.Applied)
	require.Equal(t, ActionConflict, actions(o.Diff)["bl-a-burn"])
	require.Equal(t, "Alerting", s.rules["bl-a-burn"].NoData)
}

func TestWhatIsBuiltFromSLOsIsAppliedOnce(t *testing.T) {
	settings := alert.DefaultSettings()
	settings.Page = alert.Route{ContactPoint: "oncall", GroupWait: "30s", MuteTimings: []string{"nights"}}
	var plans []alert.Plan
	for _, id := range []string{"checkout", "search"} {
		plans = append(plans, alert.PlanFor(slo.Definition{
			ID: id, Name: id, DisplayName: id, Service: "shop", ServiceDisplayName: "Shop", RunbookURL: "https://runbooks.example.com/" + id,
			Target: slo.MustFraction("0.999"), Window: slo.Window{Duration: 30 * 24 * time.Hour, Text: "30d"}, Method: slo.MethodOccurrences,
			Source:    slo.SourceRef{Type: "prometheus", UID: "prom"},
			Indicator: slo.Indicator{Kind: slo.KindRatio, Counter: true, Bad: `http_requests_total{code=~"5.."}`, Total: `http_requests_total`},
		}, settings))
	}
	desired, problems, err := rule.Build(rule.Config{Settings: settings, AppURL: "https://grafana.example.com"}, plans)
	require.NoError(t, err)
	require.Empty(t, problems)
	s := newServer(t)
	o := applied(t, s.reconciler(t), desired)
	require.Greater(t, len(o.Applied), 10)
	require.Empty(t, o.Problems)
	require.Empty(t, applied(t, s.reconciler(t), desired).Applied)
	for uid, action := range actions(o.Diff) {
		require.Equal(t, ActionUnchanged, action, uid)
	}
}

func TestHashStaysTheSameBetweenVersionsOfThePlugin(t *testing.T) {
	// If this fails, every rule that an earlier version wrote looks edited: see form.
	require.Equal(t, "1-a1c8c3a9a00476c9afcabc7d", contentOf(Model(sampleRule("checkout", "burn"))).hash())
}

func TestConfigIsChecked(t *testing.T) {
	_, err := New(Config{})
	require.ErrorContains(t, err, "Grafana is required")
}
