package noise

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const annotations = `[
 {"id":9,"alertId":4,"newState":"Normal","prevState":"Alerting","time":1780273200000,"timeEnd":1780273200000,"text":"Burn {fast}, slow {alertname=Burn {fast}, slow, burnline_slo=shop, grafana_folder=Shop, note=a, b=c, severity=page} - B=1.000000, C=NaN","data":{"values":{"B":1}}},
 {"id":8,"alertId":4,"newState":"Alerting","prevState":"Pending","time":1780272000000,"text":"Burn {fast}, slow {alertname=Burn {fast}, slow, burnline_slo=shop, grafana_folder=Shop, note=a, b=c, severity=page} - B=20.000000"},
 {"id":7,"alertUID":"u7","alertName":"Disk","newState":"NoData","prevState":"Normal","time":1780272060000,"text":"Disk {alertname=Disk, grafana_folder=Ops} - No data"},
 {"id":6,"newState":"Normal (MissingSeries)","prevState":"Alerting (Error)","time":1780272120000,"text":"Old {} - Error"},
 {"id":5,"newState":"Alerting","prevState":"Normal","time":1780272120000,"text":"Bare"},
 {"id":4,"newState":7}, 17, {"id":3,"time":1}
]`

func at(minute int) time.Time {
	return time.Unix(1780272000, 0).UTC().Add(time.Duration(minute) * time.Minute)
}

func TestGrafanasStateHistoryBecomesFiringsWithLabels(t *testing.T) {
	changes, unread, err := ReadAnnotations([]byte(annotations))
	require.NoError(t, err)
	require.Equal(t, 3, unread)
	require.Len(t, changes, 5)
	events := map[string]Event{}
	for _, e := range FromChanges(changes) {
		require.NotEmpty(t, e.ID)
		require.Equal(t, SourceHistory, e.Source)
		events[e.Rule] = e
	}
	require.Len(t, events, 4)

	burn := events["Burn {fast}, slow"]
	require.Equal(t, map[string]string{
		"alertname": "Burn {fast}, slow", "burnline_slo": "shop", "grafana_folder": "Shop", "note": "a, b=c", "severity": "page",
	}, burn.Labels)
	require.Equal(t, []time.Time{at(0), at(20)}, []time.Time{burn.Start, burn.End})
	require.Equal(t, "Shop", burn.Folder)

	disk := events["Disk"]
	require.Equal(t, "u7", disk.RuleUID)
	require.Equal(t, "DatasourceNoData", disk.Labels["alertname"], "as the notification names it")
	require.Equal(t, "Disk", disk.Labels["rulename"])
	require.True(t, disk.End.IsZero())

	require.True(t, events["Old"].Start.IsZero(), "it fired before the history begins")
	require.Equal(t, at(2), events["Old"].End)
	require.Empty(t, events["Bare"].Labels)
}

func TestAFiringGoesOnThroughReasonsAndRecovery(t *testing.T) {
	change := func(minute int, previous, state string) Change {
		return Change{Rule: "r", Labels: map[string]string{"alertname": "r"}, Previous: previous, State: state, At: at(minute)}
	}
	events := FromChanges([]Change{
		change(9, "Recovering", "Normal"), change(0, "Pending", "Alerting"), change(3, "Alerting", "Alerting (Error)"),
		change(5, "Alerting (Error)", "Recovering"), change(20, "Normal", "Error"), change(21, "Error", "Alerting"), change(30, "Alerting", "Normal (Updated)"),
	})
	require.Len(t, events, 3)
	require.Equal(t, []time.Time{at(0), at(9)}, []time.Time{events[0].Start, events[0].End})
	require.Equal(t, "DatasourceError", events[1].Labels["alertname"])
	require.Equal(t, []time.Time{at(20), at(21)}, []time.Time{events[1].Start, events[1].End})
	require.Equal(t, []time.Time{at(21), at(30)}, []time.Time{events[2].Start, events[2].End})
}

const payload = `{"receiver":"pager","status":"firing","alerts":[
 {"status":"firing","labels":{"alertname":"Burn {fast}, slow","burnline_slo":"shop","grafana_folder":"Shop","note":"a, b=c","severity":"page","__alert_rule_uid__":"u1"},
  "startsAt":"2026-06-01T02:00:50.5+02:00","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://localhost/alerting/grafana/bl-1/view?orgId=1","fingerprint":"ABCD"},
 {"status":"resolved","labels":{"alertname":"DatasourceNoData","rulename":"Disk","grafana_folder":"Ops","datasource_uid":"p","ref_id":"A"},
  "startsAt":"2026-06-01T00:01:00Z","endsAt":"2026-06-01T00:05:00Z","generatorURL":"%zz","fingerprint":"ef"},
 {"status":"firing","labels":{"alertname":7}}, null, {"fingerprint":"x"}
]}`

func TestANotificationBecomesFirings(t *testing.T) {
	events, unread, err := ReadNotification([]byte(payload))
	require.NoError(t, err)
	require.Equal(t, 3, unread)
	require.Len(t, events, 2)
	require.Equal(t, "abcd-20260601T000050.500Z", events[0].ID)
	require.Equal(t, "bl-1", events[0].RuleUID)
	require.True(t, events[0].End.IsZero())
	require.Equal(t, "Disk", events[1].Rule)
	require.Equal(t, at(5), events[1].End)
}

func TestAFiringThatBothSourcesToldIsThereOnce(t *testing.T) {
	changes, _, err := ReadAnnotations([]byte(annotations))
	require.NoError(t, err)
	webhook, _, err := ReadNotification([]byte(payload))
	require.NoError(t, err)
	merged := Merge(append(webhook, webhook...), FromChanges(changes))
	ids := map[string]Event{}
	for _, e := range merged {
		ids[e.Rule] = e
	}
	require.Len(t, merged, 4)
	burn := ids["Burn {fast}, slow"]
	require.Equal(t, SourceWebhook, burn.Source)
	require.Equal(t, at(20), burn.End, "which only the history knows")
	require.Equal(t, at(5), ids["Disk"].End, "which only the webhook knows")
}

func TestFiringsMoreThanTwoMinutesApartOrOfOtherLabelsAreTwo(t *testing.T) {
	event := func(id string, minute int, source, region string) Event {
		return Event{ID: id, Rule: "r", Labels: map[string]string{"alertname": "r", "region": region}, Start: at(minute), Source: source}
	}
	require.Len(t, Merge([]Event{event("w", 0, SourceWebhook, "eu")}, []Event{event("h", 2, SourceHistory, "eu")}), 1)
	require.Len(t, Merge([]Event{event("w", 0, SourceWebhook, "eu")}, []Event{event("h", 3, SourceHistory, "eu")}), 2)
	require.Len(t, Merge([]Event{event("w", 0, SourceWebhook, "eu")}, []Event{event("h", 0, SourceHistory, "us")}), 2)
	both := Merge([]Event{event("w", 2, SourceWebhook, "eu")}, []Event{event("h1", 1, SourceHistory, "eu"), event("h2", 3, SourceHistory, "eu")})
	require.Len(t, both, 2, "one notification is not two firings")
}

func TestAFiringThatBeganBeforeTheHistoryIsThereOnce(t *testing.T) {
	told := func(start int, end time.Time) Event {
		return Event{ID: "w", Rule: "r", Start: at(start), End: end, Source: SourceWebhook}
	}
	known := func(end time.Time) Event { return Event{ID: "h", Rule: "r", End: end, Source: SourceHistory} }
	for name, tt := range map[string]struct {
		webhook, history Event
		want             int
	}{
		"both know the end":             {told(0, at(30)), known(at(31)), 1},
		"they know different ends":      {told(0, at(10)), known(at(31)), 2},
		"only the history knows it":     {told(0, time.Time{}), known(at(31)), 1},
		"it began after that end":       {told(40, time.Time{}), known(at(31)), 2},
		"it goes on":                    {told(0, time.Time{}), known(time.Time{}), 1},
		"only one of two firings is on": {told(0, at(10)), known(time.Time{}), 2},
	} {
		t.Run(name, func(t *testing.T) {
			merged := Merge([]Event{tt.webhook}, []Event{tt.history})
			require.Len(t, merged, tt.want)
			if tt.want == 1 && !tt.history.End.IsZero() {
				require.False(t, merged[0].End.IsZero())
			}
		})
	}
}

func TestAnAcknowledgementOutlivesTheSecondTelling(t *testing.T) {
	history := Event{ID: "h", Rule: "r", Start: at(0), Source: SourceHistory}
	acknowledged := map[string]Ack{"h": {By: "ann"}}
	merged := Merge([]Event{{ID: "w", Rule: "r", Start: at(0), Source: SourceWebhook}}, []Event{history})
	require.Len(t, merged, 1)
	require.Equal(t, "w", merged[0].ID)
	ack, ok := merged[0].Acknowledgement(acknowledged)
	require.True(t, ok, "it was taken up before the notification came")
	require.Equal(t, "ann", ack.By)
	_, ok = Event{ID: "w"}.Acknowledgement(acknowledged)
	require.False(t, ok)
}

func TestALateRepetitionDoesNotOpenWhatWasResolved(t *testing.T) {
	open := Event{ID: "a", Rule: "r", Start: at(0), Source: SourceWebhook}
	resolved := open
	resolved.End = at(3)
	require.Equal(t, []Event{resolved}, Merge([]Event{resolved, open}, nil))
	require.Equal(t, []Event{resolved}, Merge([]Event{open, resolved}, nil))
}

func FuzzGarbageIsCountedAndNeverFatal(f *testing.F) {
	f.Add(annotations)
	f.Add(payload)
	f.Add(`[{"newState":"Alerting","time":1,"text":" {} - "},{"newState":"Alerting","time":1,"text":"{a=, =b, } - } - x"}]`)
	f.Add(`{"alerts":{}}`)
	f.Fuzz(func(_ *testing.T, text string) {
		changes, _, _ := ReadAnnotations([]byte(text))
		events, _, _ := ReadNotification([]byte(text))
		merged := Merge(events, FromChanges(changes))
		Assess(Input{From: time.Unix(0, 0), To: at(0), Events: merged})
	})
}
