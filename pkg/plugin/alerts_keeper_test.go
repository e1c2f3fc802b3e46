package plugin

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

func TestRulesAreKeptInGrafana(t *testing.T) {
	grafana := newRuleStore(t)
	settings := folders(t)
	settings.Grafana = Access{URL: grafana.URL, Token: "good"}
	file := filepath.Join(settings.DefinitionsDir, "browse.yaml")
	engine := startEngine(t, settings, prometheus.NewRegistry())
	t.Cleanup(grafanaTransport.CloseIdleConnections)
	const wait, often = 15 * time.Second, 50 * time.Millisecond

	require.Eventually(t, func() bool { return !engine.rulesKept().AppliedAt.IsZero() }, wait, often)
	require.Greater(t, grafana.count(), 3, "rules and the watchdog are there without any request")
	grafana.change(func() {
		for uid, r := range grafana.rules {
			require.LessOrEqual(t, len(uid), 40)
			require.NotEmpty(t, r["labels"].(map[string]any)[alert.LabelSLO])
			require.NotContains(t, fmt.Sprint(r["data"]), "datasourceUid:"+preferredUID, "the data source is the one that Grafana has")
		}
	})
	var writes int
	grafana.change(func() { writes = grafana.writes })

	// A definition that turned bad keeps its rules; one that is gone loses them.
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(sampleDocument, "target: 0.99", "target: 99", 1)), 0o600))
	second := strings.ReplaceAll(sampleDocument, "name: browse", "name: search")
	require.NoError(t, os.WriteFile(filepath.Join(settings.DefinitionsDir, "search.yaml"), []byte(second), 0o600))
	rulesOf := func(id string) int {
		n := 0
		grafana.change(func() {
			for _, r := range grafana.rules {
				if r["labels"].(map[string]any)[alert.LabelSLO] == id {
					n++
				}
			}
		})
		return n
	}
	kept := rulesOf("browse")
	// Rules are made one after the other: the last of them ends the wait.
	require.Eventually(t, func() bool { return rulesOf("search") == kept }, wait, often, "a new definition gets rules within seconds")
	require.Equal(t, kept, rulesOf("browse"), "the last good version is in force")
	grafana.change(func() { require.Greater(t, grafana.writes, writes) })
	require.NoError(t, os.Remove(file))
	require.Eventually(t, func() bool { return rulesOf("browse") == 0 }, wait, often)

	// A folder without a single definition may be one that is not mounted.
	before := rulesOf("search")
	require.NoError(t, os.Remove(filepath.Join(settings.DefinitionsDir, "search.yaml")))
	require.Eventually(t, func() bool { return strings.Contains(engine.rulesKept().Trouble, "a folder that is not mounted") }, wait, often)
	require.Equal(t, before, rulesOf("search"))
	_, message, _ := checkHealth(t, New(engine), AppID)
	require.Contains(t, message, "a folder that is not mounted", "the health check tells it")
}

func TestRulesOfUnreadableDefinitionsAreInDoubt(t *testing.T) {
	good := []slo.Definition{{ID: "a", Name: "a"}}
	unreadable := slo.Problem{Severity: slo.SeverityError, Position: slo.Position{File: "shop.yaml"}, Message: "permission denied"}
	bad := slo.Problem{Severity: slo.SeverityError, Kind: "SLO", Name: "b", Position: slo.Position{File: "b.yaml", Line: 3, Document: 1}, Message: "no target"}
	require.Contains(t, doubts(slo.Catalogue{Definitions: good, Problems: []slo.Problem{unreadable}}, true).about("x"), "permission denied")
	d := doubts(slo.Catalogue{Definitions: good, Problems: []slo.Problem{bad}}, false)
	require.Contains(t, d.about("b"), "no target")
	require.Contains(t, d.about("b/latency"), "no target", "all objectives of an SLO")
	require.Empty(t, d.about("c"))
	require.NotEmpty(t, doubts(slo.Catalogue{}, false).about("c"))
	require.Empty(t, doubts(slo.Catalogue{}, true).about("c"), "somebody asked for it")
	bad.Severity = slo.SeverityWarning
	require.Empty(t, doubts(slo.Catalogue{Definitions: good, Problems: []slo.Problem{bad}}, false).about("b"))
}

func TestAGrafanaThatFailsIsToldAndLeftAlone(t *testing.T) {
	p, _, grafana := alertPlugin(t)
	grafana.broken = http.StatusForbidden
	plan := callApp(t, p, http.StatusOK, http.MethodGet, "alerts/plan", "")
	require.Contains(t, fmt.Sprint(plan["errors"]), "give the plugin's service account the permission datasources:read")
	require.Equal(t, http.StatusBadGateway, func() int { s, _ := call(t, p, AppID, "Editor", "POST", "alerts/apply", "{}"); return s }())
	settings := callApp(t, p, http.StatusOK, http.MethodGet, "alerts/settings", "")
	require.Contains(t, settings["contactPointsError"], "permission")

	grafana.broken, grafana.sources = 0, `[]`
	require.Contains(t, fmt.Sprint(callApp(t, p, http.StatusOK, http.MethodGet, "alerts/plan", "")["errors"]), "there is no data source of the type burnline-slo-datasource in Grafana, which the alert rules ask: add one")
	require.Zero(t, grafana.count())
}

func TestAPlanIsShownAppliedAndDecidedOn(t *testing.T) {
	p, _, grafana := alertPlugin(t)
	plan := callApp(t, p, http.StatusOK, http.MethodGet, "alerts/plan", "")
	require.Equal(t, "our-slos", plan["ledgerUid"])
	require.Empty(t, plan["errors"])
	changes := plan["changes"].([]any)
	require.Greater(t, len(changes), 20)
	for _, c := range changes {
		require.Equal(t, "create", c.(map[string]any)["action"])
	}
	group := plan["groups"].([]any)[0].(map[string]any)
	require.Equal(t, "billing-availability", group["slo"])
	require.Equal(t, true, group["rules"].([]any)[0].(map[string]any)["direct"], "a fast page asks Prometheus itself")
	require.Zero(t, grafana.count(), "looking changes nothing")
	missing := callApp(t, p, http.StatusOK, http.MethodGet, "alerts/rules?slo=search-latency", "")
	require.Equal(t, "missing", missing["rules"].([]any)[0].(map[string]any)["state"])

	outcome := callApp(t, p, http.StatusOK, http.MethodPost, "alerts/apply", "{}")
	require.Len(t, outcome["applied"], len(changes))
	require.Empty(t, outcome["failed"])
	require.Equal(t, len(changes), grafana.count())
	require.Empty(t, callApp(t, p, http.StatusOK, http.MethodPost, "alerts/apply", "{}")["applied"], "a second time there is nothing to do")

	first := func() map[string]any {
		return callApp(t, p, http.StatusOK, http.MethodGet, "alerts/rules?slo=search-latency", "")["rules"].([]any)[0].(map[string]any)
	}
	r := first()
	require.Equal(t, "normal", r["state"])
	require.InDelta(t, 30, r["value"], 1e-9, "the burn rate of the last hour")
	require.Equal(t, false, r["drift"])
	uid := r["uid"].(string)
	require.Equal(t, grafana.URL+"/alerting/grafana/"+uid+"/view", r["url"])
	grafana.change(func() { grafana.rules[uid]["for"] = "7m" })
	require.Equal(t, true, first()["drift"])
	callApp(t, p, http.StatusBadRequest, http.MethodPost, "alerts/drift", fmt.Sprintf(`{"uid":%q,"choice":"perhaps"}`, uid))
	callApp(t, p, http.StatusOK, http.MethodPost, "alerts/drift", fmt.Sprintf(`{"uid":%q,"choice":"adopt"}`, uid))
	require.Equal(t, false, first()["drift"])
	callApp(t, p, http.StatusOK, http.MethodPost, "alerts/drift", fmt.Sprintf(`{"uid":%q,"choice":"restore"}`, uid))
	grafana.change(func() { require.NotEqual(t, "7m", grafana.rules[uid]["for"]) })
	callApp(t, p, http.StatusNotFound, http.MethodPost, "alerts/drift", `{"uid":"nobody","choice":"restore"}`)
	callApp(t, p, http.StatusNotFound, http.MethodGet, "alerts/rules?slo=nobody", "")
	callApp(t, p, http.StatusBadRequest, http.MethodGet, "alerts/rules", "")
}

func TestNothingIsAppliedBeforeDefinitionsWereRead(t *testing.T) {
	p, s, grafana := alertPlugin(t)
	callApp(t, p, http.StatusOK, http.MethodPost, "alerts/apply", "{}")
	rules := grafana.count()
	require.NotZero(t, rules)
	s.snapshot = ledger.Snapshot{}
	require.Contains(t, messageOf(callApp(t, p, http.StatusServiceUnavailable, http.MethodPost, "alerts/apply", "{}")), "The definitions were not read yet")
	callApp(t, p, http.StatusServiceUnavailable, http.MethodPost, "alerts/drift", `{"uid":"bl-1","choice":"restore"}`)
	require.Equal(t, rules, grafana.count())
	s.snapshot.Heartbeat = sampleNow
	callApp(t, p, http.StatusOK, http.MethodPost, "alerts/apply", "{}")
	require.Zero(t, grafana.count(), "they were read, there is none, and somebody asked for it")
}

func TestModeFileWritesWhatGrafanaProvisions(t *testing.T) {
	p, _, grafana := alertPlugin(t)
	dir := t.TempDir()
	p.answers.chosen.place = AlertPlace{Mode: alert.ModeFile, Dir: dir}
	callApp(t, p, http.StatusOK, http.MethodPost, "alerts/apply", "{}")
	file := filepath.Join(dir, provisioningName)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(content), "apiVersion: 1")
	before, err := os.Stat(file)
	require.NoError(t, err)
	callApp(t, p, http.StatusOK, http.MethodPost, "alerts/apply", "{}")
	after, err := os.Stat(file)
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after), "what did not change is not written again")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.NoError(t, os.WriteFile(file, append(content, []byte("deleteRules:\n- {orgId: 1, uid: bl-former}\n")...), 0o600))
	callApp(t, p, http.StatusOK, http.MethodPost, "alerts/apply", "{}")
	content, err = os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(content), "uid: bl-former", "Grafana may still have it")
	names := func(contactPoint string) []rule.Group {
		return []rule.Group{{Rules: []rule.Rule{{Title: "Slow", Route: alert.Route{ContactPoint: contactPoint}}}}}
	}
	require.NoError(t, p.engine.reachable(t.Context(), names("on call")))
	require.ErrorContains(t, p.engine.reachable(t.Context(), names("nobody")), `the rule "Slow" names the contact point "nobody", which this Grafana does not have`)
	grafana.broken = http.StatusForbidden
	require.NoError(t, p.engine.reachable(t.Context(), names("nobody")), "what Grafana does not tell is not checked")
	grafana.broken = 0
	p.answers.chosen.place.Dir = filepath.Join(dir, "missing")
	_, answer := call(t, p, AppID, "Editor", http.MethodPost, "alerts/apply", "{}")
	require.Contains(t, messageOf(answer), "let the user that Grafana runs as write that folder")
}

func TestATestAlertComesAndGoes(t *testing.T) {
	p, _, grafana := alertPlugin(t)
	message := messageOf(callApp(t, p, http.StatusOK, http.MethodPost, "alerts/test", `{"contactPoint":"on call","severity":"page"}`))
	require.Equal(t, `A test alert goes to the contact point "on call". It fires within a minute and is taken away after 2m; the notification says that it is a test.`, message)
	r := grafana.rules[testUID]
	require.Equal(t, "test", r["labels"].(map[string]any)[alert.LabelSLO])
	require.Equal(t, "on call", r["notification_settings"].(map[string]any)["receiver"])
	callApp(t, p, http.StatusOK, http.MethodPost, "alerts/test", `{"contactPoint":"","severity":"ticket"}`)
	require.Equal(t, 1, grafana.count())
	require.Nil(t, grafana.rules[testUID]["notification_settings"], "the notification policies decide")
	p.engine.keeping.testEnds.Stop()
	grafana.noFolders = true
	callApp(t, p, http.StatusOK, http.MethodPost, "alerts/test", `{"contactPoint":"","severity":"ticket"}`) // into the folder that is there
	p.engine.keeping.testEnds.Stop()
	require.Contains(t, messageOf(callApp(t, p, http.StatusBadRequest, http.MethodPost, "alerts/test", `{"contactPoint":"on cal"}`)), `Did you mean "on call"?`)
	require.Contains(t, messageOf(callApp(t, p, http.StatusBadRequest, http.MethodPost, "alerts/test", `{"severity":"huge"}`)), `the severity is "huge"`)
}

func TestLinksKeepTheAddressThatPeopleUse(t *testing.T) {
	p, s, _ := alertPlugin(t)
	p.engine.access.URL = "http://internal:3000"
	url := func() string {
		text, err := p.engine.appURL(t.Context(), s)
		require.NoError(t, err)
		return text
	}
	require.Equal(t, "http://internal:3000", url())
	p.engine.Offer(1, Access{URL: "https://slo.example/"})
	require.Equal(t, "https://slo.example", url())
	require.NoError(t, p.engine.keepAppURL(t.Context(), s))
	p.engine.offeredURL = ""
	require.Equal(t, "https://slo.example", url(), "after a restart, before any request")
}
