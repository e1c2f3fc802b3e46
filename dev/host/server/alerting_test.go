package server_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/host/server"
)

const provisioningPath = "/api/v1/provisioning"

// object is JSON as tests write it.
type object = map[string]any

// ruleWith is a valid rule with changes; a nil value takes the field away.
func ruleWith(changes object) object {
	rule := object{
		"orgID": 1, "folderUID": "team", "ruleGroup": "checkout", "title": "Checkout burns", "condition": "C",
		"data": []object{
			{"refId": "A", "relativeTimeRange": object{"from": 600, "to": 0}, "datasourceUid": "prom-1", "model": object{"refId": "A", "expr": "up", "instant": true}},
			{"refId": "C", "datasourceUid": "__expr__", "model": object{"refId": "C", "type": "math", "expression": "$A > 1"}},
		},
		"noDataState": "OK", "execErrState": "KeepLast", "for": "60s", "labels": object{"severity": "page"}, "annotations": object{"summary": "It burns"},
	}
	maps.Copy(rule, changes)
	maps.DeleteFunc(rule, func(_ string, value any) bool { return value == nil })
	return rule
}

func alertingHost(t *testing.T, change func(*server.Config)) *server.Server {
	t.Helper()
	host := start(t, change)
	do(t, host, call{method: http.MethodPost, path: "/api/folders", body: object{"title": "Team", "uid": "team"}})
	return host
}

func TestRuleIsKeptAsGrafanaKeepsIt(t *testing.T) {
	data := t.TempDir()
	keep := func(cfg *server.Config) { cfg.Data = data }
	host := alertingHost(t, keep)
	created := do(t, host, call{method: http.MethodPost, path: provisioningPath + "/alert-rules", body: ruleWith(object{
		"uid": "burn-1", "keep_firing_for": "24h",
		"notification_settings": object{"receiver": "grafana-default-email", "group_wait": "0s", "group_by": []string{"alertname", "grafana_folder", "severity"}},
	}), headers: map[string]string{"X-Disable-Provenance": "true"}})
	require.Equal(t, http.StatusCreated, created.status, string(created.body))

	rule := do(t, start(t, keep), call{path: provisioningPath + "/alert-rules/burn-1"}).json(t)
	require.Equal(t, created.json(t), rule, "a new host with the same data folder")
	require.Equal(t, "1m", rule["for"])
	require.Equal(t, "1d", rule["keep_firing_for"])
	require.NotZero(t, rule["id"])
	require.NotContains(t, rule, "provenance")
	model := rule["data"].([]any)[0].(object)["model"].(object)
	require.InDelta(t, 1000, model["intervalMs"], 0)
	require.InDelta(t, 43200, model["maxDataPoints"], 0)

	changed := do(t, host, call{method: http.MethodPut, path: provisioningPath + "/alert-rules/burn-1", body: ruleWith(object{"title": "Checkout burns fast", "for": "1h30m0s"})}).json(t)
	require.Equal(t, rule["id"], changed["id"])
	require.Equal(t, "1h30m", changed["for"])
	require.Equal(t, "api", changed["provenance"])

	require.Equal(t, http.StatusNoContent, do(t, host, call{method: http.MethodDelete, path: provisioningPath + "/alert-rules/burn-1"}).status)
	require.Equal(t, http.StatusNoContent, do(t, host, call{method: http.MethodDelete, path: provisioningPath + "/alert-rules/burn-1"}).status, "deleting twice is no mistake")
	require.Equal(t, http.StatusNotFound, do(t, host, call{path: provisioningPath + "/alert-rules/burn-1"}).status)
	require.Empty(t, do(t, host, call{path: provisioningPath + "/alert-rules"}).list(t))
}

func TestRuleThatGrafanaRefusesIsRefused(t *testing.T) {
	host := alertingHost(t, nil)
	require.Equal(t, http.StatusCreated, do(t, host, call{method: http.MethodPost, path: provisioningPath + "/alert-rules", body: ruleWith(object{"uid": "first"})}).status)
	query := ruleWith(nil)["data"].([]object)
	instant := maps.Clone(query[0])
	instant["relativeTimeRange"] = object{"from": 0, "to": 0}
	for name, example := range map[string]struct {
		change  object
		status  int
		message string
	}{
		"a folder that is not there":               {object{"folderUID": "nowhere"}, 400, "invalid alert rule: folder does not exist"},
		"no folder":                                {object{"folderUID": ""}, 400, "invalid alert rule: folderUID must be set"},
		"a uid that another rule has":              {object{"uid": "first", "title": "Other"}, 409, "rule UID under the same organisation should be unique"},
		"a title that another rule has":            {object{}, 409, "rule title under the same organisation and folder should be unique"},
		"a uid of more than 40 characters":         {object{"uid": strings.Repeat("u", 41), "title": "Other"}, 400, "UID is longer than 40 symbols"},
		"a uid with a space":                       {object{"uid": "a b", "title": "Other"}, 400, "invalid format of UID"},
		"no query":                                 {object{"data": []object{}, "title": "Other"}, 400, "no queries or expressions are found"},
		"a condition that no query has":            {object{"condition": "X", "title": "Other"}, 400, "Condition X does not exist, must be one of [A C]"},
		"a query without a time range":             {object{"data": []object{instant, query[1]}, "title": "Other"}, 400, "invalid relative time range"},
		"an unknown state for no data":             {object{"noDataState": "Fine", "title": "Other"}, 400, "unknown NoData state option Fine"},
		"an unknown state for errors":              {object{"execErrState": "Fine", "title": "Other"}, 400, "unknown Error state option Fine"},
		"a duration in words":                      {object{"for": "a while", "title": "Other"}, 400, "not a valid duration string"},
		"a duration that is a number":              {object{"for": 60, "title": "Other"}, 400, "bad request data"},
		"a contact point that is not there":        {object{"notification_settings": object{"receiver": "pager"}, "title": "Other"}, 400, "receiver does not exist: pager"},
		"notification settings without receiver":   {object{"notification_settings": object{}, "title": "Other"}, 400, "receiver must be specified"},
		"grouping without the labels of Grafana":   {object{"notification_settings": object{"receiver": "grafana-default-email", "group_by": []string{"severity"}}, "title": "Other"}, 400, "'alertname' and 'grafana_folder'"},
		"a label that Grafana's routing sets":      {object{"labels": object{"__grafana_receiver__": "x"}, "title": "Other"}, 400, "system reserved label"},
		"a panel without a dashboard":              {object{"annotations": object{"__panelId__": "1"}, "title": "Other"}, 400, "cannot have Panel ID without a Dashboard UID"},
		"a mute timing, of which there are none":   {object{"notification_settings": object{"receiver": "grafana-default-email", "mute_time_intervals": []string{"night"}}, "title": "Other"}, 400, "time interval does not exist: night"},
		"a model whose query type is not a text":   {object{"data": []object{{"refId": "C", "datasourceUid": "__expr__", "model": object{"queryType": 1}}}, "title": "Other"}, 400, "queryType"},
		"a repeat interval of nothing at all":      {object{"notification_settings": object{"receiver": "grafana-default-email", "repeat_interval": "0s"}, "title": "Other"}, 400, "repeat interval must be greater than zero"},
		"a title of more than 190 characters":      {object{"title": strings.Repeat("t", 191)}, 400, "name length should not be greater than 190"},
		"a body that is not JSON of a rule's kind": {object{"data": "up"}, 400, "bad request data"},
	} {
		t.Run(name, func(t *testing.T) {
			got := do(t, host, call{method: http.MethodPost, path: provisioningPath + "/alert-rules", body: ruleWith(example.change)})
			require.Equal(t, example.status, got.status, string(got.body))
			require.Contains(t, got.json(t)["message"], example.message)
		})
	}
	require.Len(t, do(t, host, call{path: provisioningPath + "/alert-rules"}).list(t), 1, "nothing of a refused rule stays")
}

func TestGroupIsReplacedAsAWhole(t *testing.T) {
	host := alertingHost(t, nil)
	group := provisioningPath + "/folder/team/rule-groups/checkout"
	free := map[string]string{"X-Disable-Provenance": ""}
	put := func(t *testing.T, status int, body object) answer {
		t.Helper()
		got := do(t, host, call{method: http.MethodPut, path: group, body: body, headers: free})
		require.Equal(t, status, got.status, string(got.body))
		return got
	}
	titles := func(t *testing.T) []string {
		t.Helper()
		found := []string{}
		for _, rule := range do(t, host, call{path: group}).json(t)["rules"].([]any) {
			found = append(found, rule.(object)["title"].(string))
		}
		return found
	}
	require.Equal(t, http.StatusNotFound, do(t, host, call{path: group}).status)
	put(t, 200, object{"interval": 60, "rules": []object{ruleWith(object{"uid": "b", "title": "B"}), ruleWith(object{"uid": "a", "title": "A"})}})
	require.Equal(t, []string{"B", "A"}, titles(t), "rules keep the order of their group")

	first := do(t, host, call{path: provisioningPath + "/alert-rules/a"}).json(t)
	put(t, 200, object{"interval": 60, "rules": []object{ruleWith(object{"uid": "b", "title": "B"}), ruleWith(object{"uid": "a", "title": "A"})}})
	require.Equal(t, first, do(t, host, call{path: provisioningPath + "/alert-rules/a"}).json(t), "the same group again is no change")

	put(t, 200, object{"interval": 60, "rules": []object{ruleWith(object{"uid": "a", "title": "B"}), ruleWith(object{"uid": "c", "title": "A"})}})
	require.Equal(t, []string{"B", "A"}, titles(t), "titles may be swapped, and what is not in the group is deleted")
	require.Equal(t, http.StatusNotFound, do(t, host, call{path: provisioningPath + "/alert-rules/b"}).status)

	put(t, 200, object{"interval": 30})
	require.InDelta(t, 30, do(t, host, call{path: group}).json(t)["interval"], 0)
	require.Equal(t, []string{"B", "A"}, titles(t), "a request without rules only changes the interval")

	require.Contains(t, put(t, 400, object{"interval": 15, "rules": []object{}}).json(t)["message"], "should be non-zero and divided exactly by scheduler interval: 10")
	put(t, 409, object{"interval": 60, "rules": []object{ruleWith(object{"uid": "x", "title": "Same"}), ruleWith(object{"uid": "y", "title": "Same"})}})
	put(t, 400, object{"interval": 60, "rules": []object{ruleWith(object{"uid": "x", "title": "X"}), ruleWith(object{"uid": "x", "title": "Y"})}})
	require.Equal(t, []string{"B", "A"}, titles(t), "a refused group changes nothing")

	single := do(t, host, call{method: http.MethodPost, path: provisioningPath + "/alert-rules", body: ruleWith(object{"uid": "d", "title": "D"}), headers: free})
	require.Equal(t, http.StatusCreated, single.status)
	require.InDelta(t, 30, do(t, host, call{path: group}).json(t)["interval"], 0, "a rule takes the interval of the group that it joins")

	require.Equal(t, http.StatusBadRequest, do(t, host, call{method: http.MethodDelete, path: "/api/folders/team"}).status, "a folder with rules is not deleted by mistake")
	require.Equal(t, http.StatusNoContent, do(t, host, call{method: http.MethodDelete, path: group, headers: free}).status)
	require.Equal(t, http.StatusNotFound, do(t, host, call{method: http.MethodDelete, path: group, headers: free}).status)
}

func TestContactPointsHideTheirSecrets(t *testing.T) {
	host := alertingHost(t, nil)
	points := provisioningPath + "/contact-points"
	made := do(t, host, call{method: http.MethodPost, path: points, body: object{"uid": "hook", "name": "Hook", "type": "webhook", "settings": object{"url": "http://127.0.0.1:1/", "password": "s3cret"}}})
	require.Equal(t, http.StatusAccepted, made.status, string(made.body))
	require.NotContains(t, string(do(t, host, call{path: points}).body), "s3cret")
	require.Len(t, do(t, host, call{path: points + "?name=Hook"}).list(t), 1)

	require.Equal(t, http.StatusAccepted, do(t, host, call{method: http.MethodPut, path: points + "/hook", body: object{"name": "Hook", "type": "webhook", "settings": object{"url": "http://127.0.0.1:2/", "password": "[REDACTED]"}}}).status)
	require.Contains(t, string(do(t, host, call{path: points + "?name=Hook"}).body), "[REDACTED]", "a secret that is sent back hidden stays")

	for name, example := range map[string]struct {
		call
		status int
	}{
		"a webhook without an address":      {call{method: http.MethodPost, path: points, body: object{"name": "x", "type": "webhook", "settings": object{}}}, 400},
		"a kind that Grafana does not have": {call{method: http.MethodPost, path: points, body: object{"name": "x", "type": "pigeon", "settings": object{"url": "x"}}}, 400},
		"a change of one that is not there": {call{method: http.MethodPut, path: points + "/none", body: object{"name": "x", "type": "webhook", "settings": object{"url": "x"}}}, 404},
		"deleting none in particular":       {call{method: http.MethodDelete, path: points + "/"}, 404},
	} {
		t.Run(name, func(t *testing.T) {
			got := do(t, host, example.call)
			require.Equal(t, example.status, got.status, string(got.body))
		})
	}

	require.Equal(t, http.StatusCreated, do(t, host, call{method: http.MethodPost, path: provisioningPath + "/alert-rules", body: ruleWith(object{"uid": "r", "notification_settings": object{"receiver": "Hook"}})}).status)
	used := do(t, host, call{method: http.MethodDelete, path: points + "/hook"})
	require.Equal(t, http.StatusConflict, used.status, "a contact point that a rule names stays")
	do(t, host, call{method: http.MethodDelete, path: provisioningPath + "/alert-rules/r"})
	require.Equal(t, http.StatusAccepted, do(t, host, call{method: http.MethodDelete, path: points + "/hook"}).status)

	require.Equal(t, "grafana-default-email", do(t, host, call{path: provisioningPath + "/policies"}).json(t)["receiver"])
	require.Empty(t, do(t, host, call{path: provisioningPath + "/mute-timings"}).list(t))
}

func TestRolesAndPermissionsDecideAboutRules(t *testing.T) {
	rights := `{"action":"datasources:query","scope":"datasources:uid:prom*"},{"action":"folders:read","scope":"folders:*"},
		{"action":"alert.rules:read","scope":"folders:*"},{"action":"alert.rules:create","scope":"folders:uid:team"},{"action":"alert.provisioning.provenance:write"}`
	host := alertingHost(t, func(cfg *server.Config) {
		tree(t, cfg.Dist, map[string]string{"plugin.json": strings.Replace(echoFiles["plugin.json"], `{"action":"datasources:query","scope":"datasources:uid:prom*"}`, rights, 1)})
	})
	do(t, host, call{method: http.MethodPost, path: "/api/folders", body: object{"title": "Other", "uid": "other"}})
	token, rules := host.ServiceToken(appID), provisioningPath+"/alert-rules"
	post := func(login, token string, change object) call {
		return call{method: http.MethodPost, path: rules, login: login, token: token, body: ruleWith(change)}
	}
	foreign := ruleWith(nil)["data"].([]object)
	foreign[0]["datasourceUid"] = "echo-1"
	for _, example := range []struct {
		name string
		call
		status int
	}{
		{"a viewer reads rules", call{path: rules, login: "viewer"}, 200},
		{"a viewer does not write rules", post("viewer", "", object{"uid": "v"}), 403},
		{"an editor writes rules", post("editor", "", object{"uid": "e", "title": "E"}), 201},
		{"an editor deletes rules", call{method: http.MethodDelete, path: rules + "/e", login: "editor"}, 204},
		{"a viewer does not write contact points", call{method: http.MethodPost, path: provisioningPath + "/contact-points", login: "viewer", body: object{}}, 403},
		{"the app's token creates where plugin.json says", post("", token, object{"uid": "s", "title": "S"}), 201},
		{"the app's token does not create elsewhere", post("", token, object{"uid": "o", "title": "O", "folderUID": "other"}), 403},
		{"the app's token does not query other data sources", post("", token, object{"uid": "q", "title": "Q", "data": foreign}), 403},
		{"the app's token does not delete without permission", call{method: http.MethodDelete, path: rules + "/s", token: token}, 403},
		{"the app's token does not read contact points without permission", call{path: provisioningPath + "/contact-points", token: token}, 403},
	} {
		t.Run(example.name, func(t *testing.T) {
			got := do(t, host, example.call)
			require.Equal(t, example.status, got.status, string(got.body))
		})
	}
}

const alertingFile = `apiVersion: 1
contactPoints:
  - {orgId: 1, name: Hook, receivers: [{uid: hook, type: webhook, settings: {url: "http://127.0.0.1:1/${PASSWORD}"}}]}
deleteContactPoints: [{orgId: 1, uid: gone}]
groups:
  - orgId: 1
    name: checkout
    folder: "Burnline: Checkout"
    interval: 1m
    rules:
      - uid: filed
        title: Filed
        condition: C
        for: 5m
        data:
          - {refId: A, relativeTimeRange: {from: 600, to: 0}, datasourceUid: prom-1, model: {expr: "up{a=\"$b\"}", instant: true}}
          - {refId: C, datasourceUid: __expr__, model: {type: math, expression: "$A > 1"}}
        annotations: {summary: "{{ $values.A }}"}
        labels: {owner: "${PASSWORD}"}
        notification_settings: {receiver: Hook}
`

func TestAlertingIsProvisionedFromFiles(t *testing.T) {
	data := t.TempDir()
	filed := func(cfg *server.Config) {
		cfg.Data = data
		tree(t, cfg.Provisioning[0], map[string]string{"alerting/all.yaml": alertingFile})
	}
	require.NoError(t, start(t, filed).Stop())
	host := start(t, filed)
	rule := do(t, host, call{path: provisioningPath + "/alert-rules/filed"}).json(t)
	require.Equal(t, "file", rule["provenance"])
	require.Equal(t, "Alerting", rule["execErrState"])
	require.Equal(t, object{"summary": "{{ $values.A }}"}, rule["annotations"], "templates are left alone")
	require.Equal(t, object{"owner": "s3cret"}, rule["labels"])
	require.Equal(t, `up{a="$b"}`, rule["data"].([]any)[0].(object)["model"].(object)["expr"])
	require.Len(t, do(t, host, call{path: "/api/folders"}).list(t), 1, "a second start finds the folder again")
	require.Contains(t, string(do(t, host, call{path: provisioningPath + "/contact-points"}).body), "http://127.0.0.1:1/s3cret")

	for _, c := range []call{
		{method: http.MethodPut, path: provisioningPath + "/alert-rules/filed", body: ruleWith(object{"folderUID": rule["folderUID"]})},
		{method: http.MethodDelete, path: provisioningPath + "/alert-rules/filed", headers: map[string]string{"X-Disable-Provenance": "1"}},
		{method: http.MethodPut, path: provisioningPath + "/folder/" + rule["folderUID"].(string) + "/rule-groups/checkout", body: object{"interval": 60, "rules": []object{}}},
		{method: http.MethodDelete, path: provisioningPath + "/contact-points/hook"},
	} {
		got := do(t, host, c)
		require.Equal(t, http.StatusConflict, got.status, string(got.body))
		require.Equal(t, "alerting.provenanceMismatch", got.json(t)["messageId"])
	}
}

func TestAlertingFileThatIsWrongIsNamed(t *testing.T) {
	for name, example := range map[string]struct{ old, fresh, message string }{
		"a contact point without settings":  {`settings: {url: "http://127.0.0.1:1/${PASSWORD}"}`, "settings: {}", "no settings are set"},
		"a kind that Grafana does not have": {"type: webhook", "type: pigeon", "unknown contact point type"},
		"a rule without uid":                {"uid: filed", "uid: ''", "rule 'Filed' failed to parse: no UID set"},
		"a group without folder":            {`folder: "Burnline: Checkout"`, "folder: ''", "rule group has no folder set"},
		"an interval that does not fit":     {"interval: 1m", "interval: 61s", "divided exactly by scheduler interval"},
		"a receiver that is not there":      {"receiver: Hook", "receiver: Pager", "receiver does not exist: Pager"},
		"a tree of policies":                {"apiVersion: 1", "apiVersion: 1\npolicies: [{receiver: Hook}]", "policies and muteTimes"},
		"a file that is not YAML":           {"apiVersion: 1", "{", "yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			dist, folder := t.TempDir(), t.TempDir()
			tree(t, dist, echoFiles)
			tree(t, folder, map[string]string{"alerting/all.yaml": strings.Replace(alertingFile, example.old, example.fresh, 1)})
			_, err := server.New(server.Config{Dist: dist, Provisioning: []string{folder}, Data: t.TempDir()})
			require.ErrorContains(t, err, "all.yaml")
			require.ErrorContains(t, err, example.message)
		})
	}
}
