package alerting

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// receiver is a webhook that remembers what it was sent.
type receiver struct {
	*httptest.Server

	mu       sync.Mutex
	payloads []payload
	requests []*http.Request
	// refuse is how many notifications are answered with status first.
	refuse, status int
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusServiceUnavailable}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.requests = append(r.requests, request)
		if r.refuse > 0 {
			r.refuse--
			http.Error(w, "not now", r.status)
			return
		}
		var p payload
		if err := json.NewDecoder(request.Body).Decode(&p); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.payloads = append(r.payloads, p)
	}))
	t.Cleanup(func() {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		r.Close()
	})
	return r
}

// point is a webhook contact point to the receiver.
func (r *receiver) point(name string, settings map[string]any) ContactPoint {
	all := map[string]any{"url": r.URL}
	for key, set := range settings {
		all[key] = set
	}
	return ContactPoint{UID: "uid-" + name, Name: name, Type: typeWebhook, Settings: all}
}

// sent are the statuses of the notifications so far, each with the number of its alerts.
func (r *receiver) sent() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var statuses []string
	for _, p := range r.payloads {
		text := p.Status
		for _, a := range p.Alerts {
			text += " " + a.Labels["pod"] + ":" + a.Status
		}
		statuses = append(statuses, text)
	}
	return statuses
}

// paged sends the rule to "pager" without waiting.
func paged(r *RuleWithGroup) {
	r.NotificationSettings = &NotificationSettings{Receiver: "pager", GroupWait: "0s", GroupInterval: "1m"}
}

func newPaged(t *testing.T, r *receiver, settings map[string]any, change func(*RuleWithGroup)) *bench {
	t.Helper()
	b := newBench(t, above1(func(rule *RuleWithGroup) {
		paged(rule)
		if change != nil {
			change(rule)
		}
	}))
	b.points = []ContactPoint{{Name: "other", Type: "email"}, r.point("pager", settings)}
	return b
}

func TestWebhookPayload(t *testing.T) {
	r := newReceiver(t)
	b := newPaged(t, r, nil, func(rule *RuleWithGroup) {
		rule.Labels = map[string]string{"severity": "page"}
		rule.Annotations = map[string]string{"summary": "{{ $labels.pod }} burns", "__dashboardUid__": "slo", "__panelId__": "3", "runbook_url": "http://run.book"}
	})
	b.at(0, number(2, "pod", "1"), number(5, "pod", "2"))
	b.at(1, number(0, "pod", "1"), number(5, "pod", "2"))
	require.Len(t, r.payloads, 2)
	first, second := r.payloads[0], r.payloads[1]
	labels := map[string]string{"alertname": "Too much", "grafana_folder": "Shop", "severity": "page"}
	for name, test := range map[string]struct{ want, have any }{
		"the receiver is the contact point's name":         {"pager", first.Receiver},
		"the status is firing while one alert fires":       {"firing", second.Status},
		"the state is alerting":                            {"alerting", first.State},
		"the organisation is the only one":                 {int64(1), first.OrgID},
		"the version is 1":                                 {"1", first.Version},
		"the root URL is told":                             {"http://grafana.example/sub", first.ExternalURL},
		"alerts are grouped by folder and name":            {map[string]string{"alertname": "Too much", "grafana_folder": "Shop"}, first.GroupLabels},
		"labels of all alerts are common":                  {labels, first.CommonLabels},
		"annotations of all alerts are common":             {map[string]string{"runbook_url": "http://run.book"}, first.CommonAnnotations},
		"the title counts alerts":                          {"[FIRING:2] Too much Shop (page)", first.Title},
		"the title counts resolved alerts":                 {"[FIRING:1, RESOLVED:1] Too much Shop (page)", second.Title},
		"annotations are without Grafana's own":            {map[string]string{"summary": "1 burns", "runbook_url": "http://run.book"}, first.Alerts[0].Annotations},
		"the labels of an alert are all but Grafana's own": {map[string]string{"alertname": "Too much", "grafana_folder": "Shop", "severity": "page", "pod": "1"}, first.Alerts[0].Labels},
		"values are by refId":                              {map[string]float64{"A": 2, "C": 1}, first.Alerts[0].Values},
		"the rule is linked":                               {"http://grafana.example/sub/alerting/grafana/rule/view", first.Alerts[0].GeneratorURL},
		"the dashboard is linked":                          {"http://grafana.example/sub/d/slo?orgId=1", first.Alerts[0].DashboardURL},
		"the panel is linked":                              {"http://grafana.example/sub/d/slo?orgId=1&viewPanel=3", first.Alerts[0].PanelURL},
		"an alert starts when it fired":                    {noon, first.Alerts[0].StartsAt},
		"a firing alert has no end":                        {time.Time{}, first.Alerts[0].EndsAt},
		"an alert keeps its fingerprint":                   {first.Alerts[0].Fingerprint, second.with(statusResolved)[0].Fingerprint},
		"a resolved alert keeps its start":                 {noon, second.with(statusResolved)[0].StartsAt},
		"a resolved alert has its end":                     {noon.Add(time.Minute), second.with(statusResolved)[0].EndsAt},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, test.have) })
	}
	t.Run("the group key names the receiver", func(t *testing.T) {
		require.Contains(t, first.GroupKey, `__grafana_receiver__="pager"`)
		require.Contains(t, first.GroupKey, `:{alertname="Too much", grafana_folder="Shop"}`)
	})
	t.Run("the message lists alerts with values and links", func(t *testing.T) {
		require.Contains(t, second.Message, "**Firing**\n\nValue: A=5, C=1\nLabels:\n - alertname = Too much\n")
		require.Contains(t, second.Message, "**Resolved**\n")
	})
	t.Run("a silence can be made from the alert", func(t *testing.T) {
		require.Contains(t, first.Alerts[0].SilenceURL, "http://grafana.example/sub/alerting/silence/new?alertmanager=grafana&matcher=alertname%3DToo+much")
	})
}

func TestWhenNotificationsAreSent(t *testing.T) {
	settings := func(wait, interval, repeating string, by ...string) func(*RuleWithGroup) {
		return func(r *RuleWithGroup) {
			r.NotificationSettings = &NotificationSettings{
				Receiver: "pager", GroupWait: wait, GroupInterval: interval, RepeatInterval: repeating, GroupBy: by,
			}
		}
	}
	one, two, calm := number(2, "pod", "1"), number(2, "pod", "2"), number(0, "pod", "1")
	tests := map[string]struct {
		rule  func(*RuleWithGroup)
		point func(*ContactPoint)
		steps func(b *bench)
		want  []string
	}{
		"the first notification waits for the group wait": {settings("1m", "1m", ""), nil, func(b *bench) { b.at(0, one); b.at(0.5, one) }, nil},
		"alerts that come within the group wait are told together": {
			settings("1m", "5m", ""), nil, func(b *bench) { b.at(0, one); b.at(1, one, two) }, []string{"firing 1:firing 2:firing"}},
		"a new alert waits for the group interval": {
			settings("0s", "2m", ""), nil, func(b *bench) { b.at(0, one); b.at(1, one, two); b.at(2, one, two) },
			[]string{"firing 1:firing", "firing 1:firing 2:firing"}},
		"nothing new is not told before the repeat interval": {
			settings("0s", "1m", "3m"), nil, func(b *bench) { b.at(0, one); b.at(1, one); b.at(2, one); b.at(3, one) }, []string{"firing 1:firing"}},
		"what still fires is told again after the repeat interval": {
			settings("0s", "1m", "3m"), nil, func(b *bench) { b.at(0, one); b.at(2, one); b.at(4, one) }, []string{"firing 1:firing", "firing 1:firing"}},
		"the end of the last alert is told once": {
			settings("0s", "1m", ""), nil, func(b *bench) { b.at(0, one); b.at(1, calm); b.at(2, calm); b.at(3, calm) },
			[]string{"firing 1:firing", "resolved 1:resolved"}},
		"an alert that ended within the group wait is not told": {settings("2m", "1m", ""), nil, func(b *bench) { b.at(0, one); b.at(1, calm); b.at(2, calm) }, nil},
		"an alert that fires again is told again": {
			settings("0s", "1m", ""), nil, func(b *bench) { b.at(0, one); b.at(1, calm); b.at(2, one) },
			[]string{"firing 1:firing", "resolved 1:resolved", "firing 1:firing"}},
		"a contact point may be spared resolved alerts": {
			settings("0s", "1m", ""), func(c *ContactPoint) { c.DisableResolveMessage = true },
			func(b *bench) { b.at(0, one, two); b.at(1, calm, two); b.at(2, calm) }, []string{"firing 1:firing 2:firing"}},
		"a label in group_by makes a group of each of its values": {
			settings("0s", "1m", "", "pod"), nil, func(b *bench) { b.at(0, one, two) }, []string{"firing 1:firing", "firing 2:firing"}},
		"three dots make a group of each alert": {
			settings("0s", "1m", "", groupByAll), nil, func(b *bench) { b.at(0, one, two) }, []string{"firing 1:firing", "firing 2:firing"}},
		"the alerts of a deleted rule are resolved": {
			settings("0s", "1m", ""), nil, func(b *bench) {
				b.at(0, one)
				b.rules = nil
				b.EvaluateAt(context.Background(), noon.Add(time.Minute))
			}, []string{"firing 1:firing", "resolved 1:resolved"}},
		"an alert that is no longer told of ends after four intervals": {
			settings("0s", "1m", ""), nil, func(b *bench) {
				b.at(0, one)
				b.notifier.flush(context.Background(), noon.Add(3*time.Minute))
				b.notifier.flush(context.Background(), noon.Add(4*time.Minute))
			}, []string{"firing 1:firing", "resolved 1:resolved"}},
		"pending alerts are not told": {
			func(r *RuleWithGroup) { paged(r); r.For = "5m" }, nil, func(b *bench) { b.at(0, one); b.at(1, one) }, nil},
		"a recovering alert goes on as the one that fired": {
			func(r *RuleWithGroup) { paged(r); r.KeepFiringFor = "5m" }, nil, func(b *bench) { b.at(0, one); b.at(1, calm); b.at(2, calm) },
			[]string{"firing 1:firing"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t)
			b := newPaged(t, r, nil, test.rule)
			if test.point != nil {
				test.point(&b.points[1])
			}
			test.steps(b)
			require.ElementsMatch(t, test.want, r.sent())
		})
	}
}

func TestNoDataAndErrorsHaveAlertNamesOfTheirOwn(t *testing.T) {
	r := newReceiver(t)
	b := newPaged(t, r, nil, nil)
	b.at(0)
	b.fails(1)
	require.Len(t, r.payloads, 2)
	require.Equal(t, "DatasourceNoData", r.payloads[0].Alerts[0].Labels["alertname"])
	require.Equal(t, "Too much", r.payloads[0].Alerts[0].Labels["rulename"])
	require.Equal(t, "DatasourceError", r.payloads[1].Alerts[0].Labels["alertname"])
	require.Equal(t, "prom", r.payloads[1].Alerts[0].Labels["datasource_uid"])
}

func TestAKeptAlertTellsWhy(t *testing.T) {
	r := newReceiver(t)
	b := newPaged(t, r, nil, func(rule *RuleWithGroup) {
		rule.ExecErrState = outcomeKeepLast
		rule.NotificationSettings.RepeatInterval = "1m"
	})
	b.at(0, number(2))
	b.fails(2)
	require.Len(t, r.payloads, 2)
	require.Equal(t, "Error, KeepLast", r.payloads[1].Alerts[0].Annotations["grafana_state_reason"])
}

func TestDelivery(t *testing.T) {
	t.Run("a rule without settings goes to the default contact point", func(t *testing.T) {
		r := newReceiver(t)
		b := newBench(t, above1(nil))
		b.points = []ContactPoint{r.point("first", nil), r.point(defaultContactPoint, nil)}
		b.at(0, number(2))
		b.at(0.5, number(2))
		require.Len(t, r.payloads, 1)
		require.Equal(t, defaultContactPoint, r.payloads[0].Receiver)
		require.Equal(t, `{}:{alertname="Too much", grafana_folder="Shop"}`, r.payloads[0].GroupKey)
	})
	t.Run("without the default contact point it goes to the first", func(t *testing.T) {
		r := newReceiver(t)
		b := newBench(t, above1(nil))
		b.points = []ContactPoint{r.point("first", nil)}
		b.at(0, number(2))
		b.at(0.5, number(2))
		require.Equal(t, "first", r.payloads[0].Receiver)
	})
	t.Run("a contact point that there is not yet is told once it is there", func(t *testing.T) {
		r := newReceiver(t)
		b := newPaged(t, r, nil, nil)
		points := b.points
		b.points = nil
		b.at(0, number(2))
		b.points = points
		b.at(1, number(2))
		require.Len(t, r.payloads, 1)
	})
	t.Run("a refused notification is tried again", func(t *testing.T) {
		r := newReceiver(t)
		r.refuse = 1
		b := newPaged(t, r, nil, nil)
		b.at(0, number(2))
		require.Len(t, r.requests, 2)
		require.Len(t, r.payloads, 1)
	})
	t.Run("a notification that the receiver cannot read is not tried again before the group interval", func(t *testing.T) {
		r := newReceiver(t)
		r.refuse, r.status = 1, http.StatusBadRequest
		b := newPaged(t, r, nil, nil)
		b.at(0, number(2))
		require.Len(t, r.requests, 1)
		b.at(1, number(2))
		require.Len(t, r.payloads, 1)
	})
	t.Run("only so many alerts are sent as the contact point takes", func(t *testing.T) {
		r := newReceiver(t)
		b := newPaged(t, r, map[string]any{"maxAlerts": "1"}, nil)
		b.at(0, number(2, "pod", "1"), number(2, "pod", "2"))
		require.Len(t, r.payloads[0].Alerts, 1)
		require.Equal(t, 1, r.payloads[0].TruncatedAlerts)
	})
}

func TestWebhookRequests(t *testing.T) {
	tests := map[string]struct {
		settings map[string]any
		check    func(t *testing.T, request *http.Request)
	}{
		"POST is the default": {nil, func(t *testing.T, request *http.Request) {
			require.Equal(t, http.MethodPost, request.Method)
			require.Equal(t, "application/json", request.Header.Get("Content-Type"))
			require.Empty(t, request.Header.Get("Authorization"))
		}},
		"the method may be PUT": {map[string]any{"httpMethod": "PUT"}, func(t *testing.T, request *http.Request) {
			require.Equal(t, http.MethodPut, request.Method)
		}},
		"a user name and password are basic authentication": {map[string]any{"username": "u", "password": "p"}, func(t *testing.T, request *http.Request) {
			user, password, ok := request.BasicAuth()
			require.True(t, ok)
			require.Equal(t, "u:p", user+":"+password)
		}},
		"credentials are a bearer token": {map[string]any{"authorization_credentials": "t0ken"}, func(t *testing.T, request *http.Request) {
			require.Equal(t, "Bearer t0ken", request.Header.Get("Authorization"))
		}},
		"credentials may have a scheme": {map[string]any{"authorization_scheme": "Token", "authorization_credentials": "t0ken"}, func(t *testing.T, request *http.Request) {
			require.Equal(t, "Token t0ken", request.Header.Get("Authorization"))
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t)
			newPaged(t, r, test.settings, nil).at(0, number(2))
			require.Len(t, r.requests, 1)
			test.check(t, r.requests[0])
		})
	}
	for name, settings := range map[string]map[string]any{
		"a method that Grafana does not offer": {"httpMethod": "DELETE"},
		"both kinds of authentication":         {"username": "u", "authorization_credentials": "t"},
	} {
		t.Run(name+" sends nothing", func(t *testing.T) {
			r := newReceiver(t)
			newPaged(t, r, settings, nil).at(0, number(2))
			require.Empty(t, r.requests)
		})
	}
}
