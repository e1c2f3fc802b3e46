package pager

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheReceiverShowsWhatItGot(t *testing.T) {
	var log bytes.Buffer
	server := httptest.NewServer(New(&log))
	defer server.Close()
	body := `{"status":"firing","title":"[FIRING:1] cart","alerts":[{"status":"firing","labels":{"alertname":"cart burns"},
		"annotations":{"summary":"Cart <b>burns</b>","burnline_url":"http://grafana/a/burnline-slo-app/slos/cart?tab=alerts"},"generatorURL":"http://grafana/alerting/grafana/x/view"}]}`
	answer, err := http.Post(server.URL+"/notify", "application/json", strings.NewReader(body))
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("notify: %v, %v", answer, err)
	}
	var received []notification
	if err := json.Unmarshal([]byte(get(t, server.URL+"/notifications")), &received); err != nil {
		t.Fatal(err)
	}
	if len(received) != 1 || len(received[0].Alerts) != 1 || received[0].At.IsZero() {
		t.Fatalf("received %+v", received)
	}
	page := get(t, server.URL+"/")
	for _, want := range []string{"cart burns", "Cart &lt;b&gt;burns", "slos/cart?tab=alerts", "/alerting/grafana/x/view"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if !strings.Contains(log.String(), "firing [FIRING:1] cart") {
		t.Errorf("log: %q", log.String())
	}
}

func TestGarbageIsRefused(t *testing.T) {
	server := httptest.NewServer(New(io.Discard))
	defer server.Close()
	answer, err := http.Post(server.URL+"/notify", "application/json", strings.NewReader("hello"))
	if err != nil || answer.StatusCode != http.StatusBadRequest {
		t.Fatalf("notify: %v, %v", answer, err)
	}
	if got := get(t, server.URL+"/notifications"); got != "[]\n" {
		t.Errorf("notifications: %q", got)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
