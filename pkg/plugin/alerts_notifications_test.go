package plugin

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// firingAlert is an alert of search-latency as Grafana's webhook sends it; one with an end is resolved.
func firingAlert(fingerprint, end string) string {
	status := statusFiring
	if end == "" {
		end = "0001-01-01T00:00:00Z"
	} else {
		status = statusResolved
	}
	return fmt.Sprintf(`{"status":%q,"labels":{"alertname":"Search latency: burn","burnline_slo":"search-latency","severity":"page","grafana_folder":"Burnline: Search"},
		"annotations":{"summary":"burns"},"startsAt":"2026-03-10T11:00:00Z","endsAt":%q,"generatorURL":"https://g.example/alerting/grafana/bl-1/view?orgId=1","fingerprint":%q}`,
		status, end, fingerprint)
}

func notificationOf(alerts ...string) string {
	return `{"receiver":"burnline","status":"firing","version":"1","orgId":1,"alerts":[` + strings.Join(alerts, ",") + `]}`
}

func TestNotificationsAreKeptOnceAndResolve(t *testing.T) {
	p, s, _ := alertPlugin(t)
	send := func(body string) map[string]any {
		return callApp(t, p, http.StatusOK, http.MethodPost, "alerts/notifications", body)
	}
	events := func() []any {
		return callApp(t, p, http.StatusOK, http.MethodGet, "alerts/history?slo=search-latency", "")["events"].([]any)
	}
	require.EqualValues(t, 1, send(notificationOf(firingAlert("ab12", "")))["stored"])
	send(notificationOf(firingAlert("ab12", "")))
	require.Len(t, events(), 1)
	first := events()[0].(map[string]any)
	require.Nil(t, first["end"])
	require.Equal(t, "bl-1", first["ruleUid"])
	require.Equal(t, "page", first["severity"])
	require.InDelta(t, 60*30.0/(0.01*100*15*24*60), first["spent"], 0.01)

	send(notificationOf(firingAlert("ab12", "2026-03-10T11:40:00Z")))
	send(notificationOf(firingAlert("ab12", "")))
	require.Len(t, events(), 1)
	require.EqualValues(t, time.Date(2026, 3, 10, 11, 40, 0, 0, time.UTC).UnixMilli(), events()[0].(map[string]any)["end"], "a late repetition does not open it again")

	id := first["id"].(string)
	ack := callApp(t, p, http.StatusOK, http.MethodPost, "alerts/acknowledge", fmt.Sprintf(`{"event":%q}`, id))
	require.Equal(t, "someone", ack["by"])
	callApp(t, p, http.StatusOK, http.MethodPost, "alerts/incidents", `{"id":"i-1","title":"Index broken","start":"2026-03-10T10:50:00Z","services":["search"]}`)
	told := events()[0].(map[string]any)
	require.Equal(t, "someone", told["acknowledged"].(map[string]any)["by"])
	require.Equal(t, "i-1", told["incident"])

	test := strings.Replace(firingAlert("cd34", ""), `"burnline_slo":"search-latency"`, `"burnline_slo":"test"`, 1)
	require.EqualValues(t, 1, send(notificationOf(test))["ignored"], "a test is no alert")

	require.NoError(t, forgetEvents(t.Context(), s, sampleNow.Add(keepEvents)))
	documents, err := s.Documents(t.Context(), collectionEvent, time.Time{}, time.Time{})
	require.NoError(t, err)
	require.Empty(t, documents)
}

func TestNotificationsThatComeAtOnceLoseNoEnd(t *testing.T) {
	p, _, _ := alertPlugin(t)
	var all sync.WaitGroup
	for i := range 40 {
		end := ""
		if i == 20 {
			end = "2026-03-10T11:40:00Z"
		}
		all.Go(func() {
			callApp(t, p, http.StatusOK, http.MethodPost, "alerts/notifications", notificationOf(firingAlert("ab12", end)))
		})
	}
	all.Wait()
	events := callApp(t, p, http.StatusOK, http.MethodGet, "alerts/history?slo=search-latency", "")["events"].([]any)
	require.Len(t, events, 1)
	require.NotNil(t, events[0].(map[string]any)["end"])
}

func TestNotificationsThatAreNoneAreRefused(t *testing.T) {
	p, s, _ := alertPlugin(t)
	good := firingAlert("ab12", "")
	many := make([]string, maxAlerts+1)
	for i := range many {
		many[i] = "{}"
	}
	for name, c := range map[string][2]string{
		"garbage":                   {"garbage", "the body can't be read"},
		"nothing":                   {"", "the body is empty"},
		"another shape":             {`{"alerts":"none"}`, "the body can't be read"},
		"no alerts":                 {`{"alerts":[]}`, "the notification has no alerts"},
		"more than is sent at once": {notificationOf(many...), "has 1001 alerts; at most 1000 are taken"},
		"a body that is too large":  {`{"receiver":"` + strings.Repeat("x", maxBody) + `"}`, "larger than 1024 KiB"},
		"one bad among good ones":   {notificationOf(good, strings.Replace(good, "ab12", "../../etc", 1)), `alerts[1]: fingerprint is "../../etc"`},
		"a status that is none":     {notificationOf(strings.Replace(good, `"firing"`, `"pending"`, 1)), `status is "pending"`},
		"a start to come":           {notificationOf(strings.Replace(good, "2026-03-10T11", "2027-03-10T11", 1)), "startsAt is 2027-03-10"},
		"a start of long ago":       {notificationOf(strings.Replace(good, "2026-03-10T11", "2016-03-10T11", 1)), "startsAt is 2016-03-10"},
		"an end before the start":   {notificationOf(firingAlert("ab12", "2026-03-10T10:00:00Z")), "endsAt is 2026-03-10T10:00:00Z"},
		"no name":                   {notificationOf(strings.Replace(good, "alertname", "name", 1)), "labels has no alertname"},
		"a label of a whole novel":  {notificationOf(strings.Replace(good, "search-latency", strings.Repeat("x", maxLabelText), 1)), "is longer than 4096 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, messageOf(callApp(t, p, http.StatusBadRequest, http.MethodPost, "alerts/notifications", c[0])), c[1])
		})
	}
	documents, err := s.Documents(t.Context(), collectionEvent, time.Time{}, time.Time{})
	require.NoError(t, err)
	require.Empty(t, documents, "of a notification that is wrong in part nothing is kept")
}
