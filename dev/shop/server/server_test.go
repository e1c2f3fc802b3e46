package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	commonmodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/shop/model"
	"github.com/burnline/grafana-slo-app/dev/shop/state"
	"github.com/burnline/grafana-slo-app/dev/shop/truth"
)

const (
	origin = int64(1_749_945_600) // Sunday, 15 June 2025, 00:00 UTC
	filled = origin + 26*3600
)

func start(t *testing.T, file string) (*Shop, *httptest.Server) {
	t.Helper()
	shop, err := New(Config{State: file, Truth: filepath.Join(filepath.Dir(file), "truth")})
	require.NoError(t, err)
	web := httptest.NewServer(shop.Handler())
	t.Cleanup(web.Close)
	return shop, web
}

func newState(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "shop.json")
	config := model.Config{Seed: 1, Origin: origin, Anchor: origin + 86400}
	require.NoError(t, state.Save(file, state.State{World: config, Filled: filled}))
	return file
}

func fetch(t *testing.T, url, accept string) (body []byte, contentType string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	require.NoError(t, err)
	request.Header.Set("Accept", accept)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode, string(body))
	return body, answer.Header.Get("Content-Type")
}

func TestAScrapeReturnsTheSeriesOfTheHistoryWithTheTicksTime(t *testing.T) {
	shop, web := start(t, newState(t))
	body, _ := fetch(t, web.URL+"/metrics", "text/plain")
	require.Empty(t, body, "the history's ticks are not exposed again")

	now := filled + 4*model.TickSeconds
	require.NoError(t, shop.advance(now))
	const native = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
	body, contentType := fetch(t, web.URL+"/metrics", native)
	parser, err := textparse.New(body, contentType, labels.NewSymbolTable(), textparse.ParserOptions{})
	require.NoError(t, err)
	scraped := map[string]float64{}
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		var set labels.Labels
		switch entry {
		case textparse.EntrySeries:
			_, at, v := parser.Series()
			parser.Labels(&set)
			require.Equal(t, now*1000, *at)
			scraped[set.String()] = v
		case textparse.EntryHistogram:
			_, at, h, _ := parser.Histogram()
			parser.Labels(&set)
			require.Equal(t, now*1000, *at)
			require.NoError(t, h.Validate())
			scraped[set.String()] = float64(h.Count)
		}
	}
	expected := map[string]float64{}
	for _, service := range shop.world.Services() {
		service.Each(func(s *model.Series) {
			pairs := []string{commonmodel.MetricNameLabel, s.Name}
			for _, label := range s.Labels {
				pairs = append(pairs, label.Name, label.Value)
			}
			expected[labels.FromStrings(pairs...).String()] = s.Value
			if s.Native != nil {
				expected[labels.FromStrings(pairs...).String()] = float64(s.Native.Count)
			}
		})
	}
	require.Equal(t, expected, scraped)
}

func TestAControlShowsInTheTruthAndSurvivesARestart(t *testing.T) {
	file := newState(t)
	shop, web := start(t, file)
	answer, err := http.Post(web.URL+"/control", "application/json", strings.NewReader(`{"service":"payment","errors":1,"for":"5m"}`))
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.NoError(t, shop.advance(filled+3600))

	ask := func(base string, from, to int64) Truth {
		var got Truth
		body, _ := fetch(t, fmt.Sprintf("%s/truth?slo=payment-availability&from=%d&to=%d", base, from, to), "application/json")
		require.NoError(t, json.Unmarshal(body, &got))
		return got
	}
	broken := ask(web.URL, filled, filled+300)
	require.True(t, broken.Complete)
	require.Zero(t, broken.Good)
	after := ask(web.URL, filled+300, filled+3600)
	require.Greater(t, after.Good, after.Total*0.99)

	again, restarted := start(t, file)
	require.NoError(t, again.advance(filled+3600))
	require.Equal(t, broken, ask(restarted.URL, filled, filled+300))
	require.False(t, ask(restarted.URL, filled, filled+7200).Complete, "the future is not known")
	require.Equal(t, "control-payment-"+fmt.Sprint(filled), last(truth.Incidents(again.world.Config(), filled+3600)).Name)
}

func last(incidents []model.Incident) model.Incident { return incidents[len(incidents)-1] }

func TestAControlThatMakesNoSenseIsRefused(t *testing.T) {
	_, web := start(t, newState(t))
	for name, body := range map[string]string{
		"an unknown service":    `{"service":"billing","errors":1,"for":"5m"}`,
		"an unknown route":      `{"service":"payment","route":"/x","errors":1,"for":"5m"}`,
		"no duration":           `{"service":"payment","errors":1}`,
		"a share above one":     `{"service":"payment","errors":2,"for":"5m"}`,
		"a field that is wrong": `{"service":"payment","error":1,"for":"5m"}`,
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := http.Post(web.URL+"/control", "application/json", strings.NewReader(body))
			require.NoError(t, err)
			defer answer.Body.Close()
			require.Equal(t, http.StatusBadRequest, answer.StatusCode)
		})
	}
}

func TestTheTruthFilesContinueAfterACrashInTheMidstOfALine(t *testing.T) {
	dir := t.TempDir()
	world, err := model.New(model.Config{Seed: 1, Origin: origin, Anchor: origin + 86400})
	require.NoError(t, err)
	write := func(until int64) string {
		world.Step(until, nil)
		writer, err := truth.Open(dir)
		require.NoError(t, err)
		require.NoError(t, writer.Update(world))
		text, err := os.ReadFile(filepath.Join(dir, "cart-availability.csv"))
		require.NoError(t, err)
		return string(text)
	}
	first := write(origin + 3600)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cart-availability.csv"), []byte(first+"17499"), 0o644))
	second := write(origin + 7200)
	require.True(t, strings.HasPrefix(second, first))
	require.Equal(t, 121, strings.Count(second, "\n"))
}
