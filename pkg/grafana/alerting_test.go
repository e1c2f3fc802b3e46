package grafana

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/grafana/grafana-openapi-client-go/models"
	"github.com/stretchr/testify/require"
)

func alerting(t *testing.T, handler http.HandlerFunc, token string) *Alerting {
	t.Helper()
	made, err := client(t, handler, token).Alerting()
	require.NoError(t, err)
	return made
}

func TestRulesGoToTheProvisioningAPIUnderGrafanasSubPath(t *testing.T) {
	var seen []string
	a := alerting(t, func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "Bearer secret", r.Header.Get("Authorization"))
		_, disabled := r.Header["X-Disable-Provenance"]
		seen = append(seen, fmt.Sprint(r.Method, " ", r.URL.Path, " ", disabled))
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Method == http.MethodPost:
			w.WriteHeader(http.StatusCreated)
			_, _ = io.Copy(w, r.Body)
		case r.Method == http.MethodPut:
			_, _ = io.Copy(w, r.Body)
		case r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusNoContent)
		case r.URL.Path == "/grafana/api/v1/provisioning/alert-rules":
			fmt.Fprint(w, `[{"uid":"a","title":"A","for":"1d","data":[{"refId":"A","model":{"intervalMs":1000}}]},null]`)
		default:
			fmt.Fprint(w, `{"uid":"a"}`)
		}
	}, "secret")
	rules, err := a.Rules(t.Context())
	require.NoError(t, err)
	require.Len(t, rules, 1)
	require.Equal(t, 24*time.Hour, time.Duration(*rules[0].For))
	_, err = a.Rule(t.Context(), "a")
	require.NoError(t, err)
	title := "A"
	created, err := a.CreateRule(t.Context(), &models.ProvisionedAlertRule{UID: "a", Title: &title})
	require.NoError(t, err)
	require.Equal(t, "A", *created.Title)
	_, err = a.UpdateRule(t.Context(), created)
	require.NoError(t, err)
	require.NoError(t, a.DeleteRule(t.Context(), "a"))
	require.Equal(t, []string{
		"GET /grafana/api/v1/provisioning/alert-rules false", "GET /grafana/api/v1/provisioning/alert-rules/a false",
		"POST /grafana/api/v1/provisioning/alert-rules true", "PUT /grafana/api/v1/provisioning/alert-rules/a true",
		"DELETE /grafana/api/v1/provisioning/alert-rules/a true",
	}, seen)
}

func TestAlertingErrorsSayWhatToDo(t *testing.T) {
	answer := func(status int, body string, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	cases := map[string]struct {
		handler http.HandlerFunc
		token   string
		kind    ErrorKind
		passing bool
		words   string
	}{
		"no token yet":                      {answer(200, `{}`), "", KindNoToken, false, "no Grafana token yet"},
		"a token that is not valid":         {answer(401, `{"message":"Invalid API key"}`), "x", KindUnauthorized, false, "valid service account token"},
		"a permission that is missing":      {answer(403, `{"message":"Access denied"}`), "x", KindForbidden, false, "alert.rules.provisioning:write"},
		"a quota that is reached":           {answer(403, `{"message":"quota reached"}`), "x", KindForbidden, false, "raise the quota"},
		"a Grafana without that API":        {answer(404, `404 page not found`), "x", KindMissing, false, "upgrade Grafana"},
		"a conflict":                        {answer(409, `{"message":"version conflict"}`), "x", KindConflict, false, "version conflict"},
		"a wrong request":                   {answer(400, `{"error":"invalid rule","message":"bad"}`), "x", KindRejected, false, "bad: invalid rule"},
		"too many requests":                 {answer(429, `{}`, "Retry-After", "7"), "x", KindRateLimited, true, "429 Too Many Requests"},
		"a failing Grafana":                 {answer(503, `boom`), "x", KindServer, true, "503 Service Unavailable"},
		"a login page":                      {answer(200, `<html>`, "Content-Type", "text/html"), "x", KindMalformed, false, "login page"},
		"JSON that breaks off":              {answer(201, `{"uid":`, "Content-Type", "application/json"), "x", KindMalformed, false, "login page"},
		"an answer that breaks off":         {answer(201, `{"uid":`, "Content-Length", "500"), "x", KindUnreachable, true, "root_url"},
		"a redirect to another host":        {answer(307, ``, "Location", "http://elsewhere.example.com/"), "x", KindMalformed, false, "redirects"},
		"an answer that comes too late":     {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "x", KindTimeout, true, "within 200ms"},
		"a connection that is not answered": {func(_ http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, "x", KindUnreachable, true, "root_url"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			handler := func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				c.handler(w, r)
			}
			_, err := alerting(t, handler, c.token).CreateRule(t.Context(), &models.ProvisionedAlertRule{UID: "bl-1"})
			var failed *APIError
			require.ErrorAs(t, err, &failed)
			require.Equal(t, c.kind, failed.Kind, err.Error())
			require.Equal(t, c.passing, Passing(err))
			require.Contains(t, err.Error(), "create alert rule bl-1")
			require.Contains(t, err.Error(), c.words)
			if c.kind == KindRateLimited {
				require.Equal(t, 7*time.Second, failed.RetryAfter)
			}
		})
	}
}

func TestAlertingKeepsTheCallersCancellation(t *testing.T) {
	a := alerting(t, func(http.ResponseWriter, *http.Request) {}, "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := a.Rules(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, KindOf(err))
}

func TestAlertingTokenStaysWithGrafana(t *testing.T) {
	var leaked []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		leaked = append(leaked, r.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	a := alerting(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}, "secret")
	_, err := a.Rules(t.Context())
	require.ErrorContains(t, err, "redirects")
	_, err = a.RuleStates(t.Context())
	require.ErrorContains(t, err, "redirects")
	require.Empty(t, leaked)
}

func TestWhatIsGoneNeedsNoDeleting(t *testing.T) {
	a := alerting(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, "x")
	require.NoError(t, a.DeleteRule(t.Context(), "a"))
	exists, err := a.FolderExists(t.Context(), "a")
	require.NoError(t, err)
	require.False(t, exists)
}

func TestFolderThatExistsIsTakenAndOneWithItsTitleIsNot(t *testing.T) {
	for _, status := range []int{http.StatusConflict, http.StatusPreconditionFailed} {
		exists := true
		a := alerting(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			switch {
			case r.Method == http.MethodPost:
				w.WriteHeader(status)
				fmt.Fprint(w, `{"message":"a folder with the same name already exists"}`)
			case exists:
				fmt.Fprint(w, `{"uid":"a","title":"A"}`)
			default:
				w.WriteHeader(http.StatusNotFound)
			}
		}, "x")
		require.NoError(t, a.CreateFolder(t.Context(), "a", "A"))
		exists = false
		require.ErrorContains(t, a.CreateFolder(t.Context(), "a", "A"), "rename the other folder of this title, or create one with the UID a")
	}
}

func TestContactPointsAndMuteTimingsAreNamedOnce(t *testing.T) {
	a := alerting(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/grafana/api/v1/provisioning/mute-timings" {
			fmt.Fprint(w, `[{"name":"weekends"},{"name":"nights","time_intervals":[]}]`)
			return
		}
		fmt.Fprint(w, `[{"name":"team","type":"slack","settings":{}},{"name":"team","type":"email","settings":{}},{"name":"a","type":"webhook","settings":{}}]`)
	}, "x")
	points, err := a.ContactPoints(t.Context())
	require.NoError(t, err)
	require.Equal(t, []ContactPoint{{Name: "a", Types: []string{"webhook"}}, {Name: "team", Types: []string{"email", "slack"}}}, points)
	timings, err := a.MuteTimings(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"nights", "weekends"}, timings)
}

func TestRuleStatesOfOldAndNewGrafana(t *testing.T) {
	a := alerting(t, func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "/grafana/api/prometheus/grafana/api/v1/rules", r.URL.Path)
		fmt.Fprint(w, `{"status":"success","data":{"groups":[
			{"name":"checkout","file":"Burnline: Shop","folderUid":"f","rules":[{"uid":"bl-1","name":"burn","state":"firing","health":"ok","lastEvaluation":"2026-11-20T10:00:00Z","evaluationTime":0.25,
				"labels":{"severity":"page"},"alerts":[{"state":"Normal","activeAt":"2026-11-20T08:00:00Z"},{"state":"Alerting","activeAt":"2026-11-20T09:58:00Z","value":"1e+00","labels":{"slo":"checkout"}}]},
				{"uid":"bl-4","name":"blind","state":"inactive","health":"ok","lastEvaluation":"2026-11-20T10:00:00Z","alerts":[{"state":"Normal","annotations":{"Error":"context deadline exceeded"}}]}]},
			{"name":"search","file":"Burnline: Shop","rules":[{"name":"burn","state":"inactive","health":"error","lastError":"no such host","lastEvaluation":"0001-01-01T00:00:00Z","alerts":[{"state":"Normal","activeAt":null}]}]}]}}`)
	}, "x")
	states, err := a.RuleStates(t.Context())
	require.NoError(t, err)
	firing, ok := FindState(states, "bl-1", "", "", "")
	require.True(t, ok)
	require.Equal(t, "firing", firing.State)
	require.Equal(t, 250*time.Millisecond, firing.EvaluationTime)
	require.Equal(t, time.Date(2026, 11, 20, 9, 58, 0, 0, time.UTC), firing.ActiveAt())
	require.Equal(t, "1e+00", firing.Alerts[1].Value)
	failing, ok := FindState(states, "bl-2", "Burnline: Shop", "search", "burn")
	require.True(t, ok, "a Grafana that tells no UIDs")
	require.Equal(t, "no such host", failing.LastError)
	require.True(t, failing.LastEvaluation.IsZero())
	require.True(t, failing.ActiveAt().IsZero())
	blind, ok := FindState(states, "bl-4", "", "", "")
	require.True(t, ok)
	require.Equal(t, "context deadline exceeded", blind.LastError, "a rule that keeps its last state is healthy to Grafana")
	_, ok = FindState(states, "bl-3", "Burnline: Shop", "checkout", "burn")
	require.False(t, ok, "another rule of that name")
}

func TestHistoryIsReadPageByPage(t *testing.T) {
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	const total = 2500
	requests := 0
	a := alerting(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		query := r.URL.Query()
		require.Equal(t, "alert", query.Get("type"))
		found := []wireAnnotation{}
		for i := total - 1; i >= 0 && len(found) < number(query, "limit"); i-- {
			// Three changes a millisecond.
			at := start.UnixMilli() + int64(i/3)
			if at >= int64(number(query, "from")) && at <= int64(number(query, "to")) {
				found = append(found, wireAnnotation{ID: int64(i + 1), AlertID: 7, Prev: "Normal", New: "Alerting", Time: at, Text: "burn {alertname=burn, note=a, b, slo=checkout} - C=15.000000"})
			}
		}
		_ = json.NewEncoder(w).Encode(found)
	}, "x")
	history, err := a.History(t.Context(), start, start.Add(time.Hour))
	require.NoError(t, err)
	require.Len(t, history.Changes, total)
	require.True(t, history.Complete)
	require.Equal(t, start, history.From)
	require.Equal(t, 3, requests)
	first := history.Changes[0]
	require.Equal(t, start, first.At)
	require.Equal(t, "burn", first.Rule)
	require.Equal(t, map[string]string{"alertname": "burn", "note": "a, b", "slo": "checkout"}, first.Labels)
}

func TestHistoryThatCannotBeReadWholeSaysSo(t *testing.T) {
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	a := alerting(t, func(w http.ResponseWriter, r *http.Request) {
		found := []wireAnnotation{}
		for i := range number(r.URL.Query(), "limit") {
			found = append(found, wireAnnotation{ID: int64(i), Time: at.UnixMilli()})
		}
		_ = json.NewEncoder(w).Encode(found)
	}, "x")
	history, err := a.History(t.Context(), at.Add(-time.Hour), at.Add(time.Hour))
	require.NoError(t, err)
	require.False(t, history.Complete)
	require.Equal(t, at.UnixMilli(), history.From.UnixMilli())
}

func number(query url.Values, name string) int {
	n, _ := strconv.Atoi(query.Get(name))
	return n
}

func TestVersionsAreCompared(t *testing.T) {
	text := "12.3.1-pre"
	a := alerting(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"database":"ok","version":%q}`, text) }, "x")
	version, err := a.Version(t.Context())
	require.NoError(t, err)
	require.Equal(t, "12.3.1", version.String())
	require.True(t, version.AtLeast(VersionKeepFiringFor))
	require.True(t, version.AtLeast(Version{Major: 12, Minor: 3, Patch: 1}))
	require.False(t, version.AtLeast(Version{Major: 12, Minor: 4}))
	require.False(t, ParseVersion("10.4.0").AtLeast(VersionKeepLast))
	require.True(t, ParseVersion("13.0").AtLeast(VersionKeepLast))
	text = ""
	version, err = a.Version(t.Context())
	require.NoError(t, err)
	require.False(t, version.Known(), "Grafana may hide its version")
	require.True(t, version.AtLeast(VersionKeepFiringFor))
}
