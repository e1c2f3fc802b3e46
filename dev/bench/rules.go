package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/burnline/grafana-slo-app/dev/promtest"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// The usual rule-file approach: a recording rule a window, each evaluated once a minute, and the budget
// as the mean of the recorded 5-minute ratios.
var ruleWindows = []string{"5m", "30m", "1h", "2h", "6h", "1d", "3d"}

// recorded is the name of the 5-minute error ratio's series.
const recorded = "slo:sli_error:ratio_rate5m"

// ranged is a definition's query as a sum over a range, as rule files write it.
func ranged(query, function, window string) string {
	if strings.Contains(query, "rate(") {
		return strings.ReplaceAll(strings.ReplaceAll(query, "rate(", function+"("), "[5m]", "["+window+"]")
	}
	return fmt.Sprintf("sum(%s(%s[%s]))", function, query, window)
}

// errorRatio is the rule of one window.
func errorRatio(def slo.Definition, function, window string) string {
	total := ranged(def.Indicator.Total, function, window)
	if def.Indicator.Bad != "" {
		return fmt.Sprintf("(%s) / (%s)", ranged(def.Indicator.Bad, function, window), total)
	}
	return fmt.Sprintf("1 - ((%s) / (%s))", ranged(def.Indicator.Good, function, window), total)
}

// meanOfRatios is the rule of the whole window.
func meanOfRatios(def slo.Definition) string {
	selector := fmt.Sprintf("%s{slo=%q}[%s]", recorded, def.ID, def.Window.Text)
	return fmt.Sprintf("sum_over_time(%s) / count_over_time(%s)", selector, selector)
}

// reply is a query's result and cost.
type reply struct {
	// values are the points of the first series, times in Unix seconds.
	values  [][2]float64
	samples int64
}

// last is the newest value; NaN if there is none.
func (r reply) last() float64 {
	if len(r.values) == 0 {
		return math.NaN()
	}
	return r.values[len(r.values)-1][1]
}

func (w *world) instant(ctx context.Context, query string, at int64) (reply, error) {
	return w.query(ctx, "/api/v1/query", url.Values{"query": {query}, "time": {fmt.Sprint(at)}})
}

func (w *world) query(ctx context.Context, endpoint string, form url.Values) (reply, error) {
	form.Set("stats", "true")
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.server.URL+endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return reply{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}, err
	}
	var wire struct {
		Error string `json:"error"`
		Data  struct {
			Result []struct {
				Value  [2]any   `json:"value"`
				Values [][2]any `json:"values"`
			} `json:"result"`
			Stats struct {
				Samples struct {
					Total int64 `json:"totalQueryableSamples"`
				} `json:"samples"`
			} `json:"stats"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &wire); err != nil {
		return reply{}, fmt.Errorf("%s: %w", form.Get("query"), err)
	}
	if wire.Error != "" {
		return reply{}, fmt.Errorf("%s: %s", form.Get("query"), wire.Error)
	}
	out := reply{samples: wire.Data.Stats.Samples.Total}
	if len(wire.Data.Result) == 0 {
		return out, nil
	}
	points := wire.Data.Result[0].Values
	if points == nil {
		points = [][2]any{wire.Data.Result[0].Value}
	}
	for _, one := range points {
		at, isNumber := one[0].(float64)
		text, isText := one[1].(string)
		value, err := strconv.ParseFloat(text, 64)
		if !isNumber || !isText || err != nil {
			return reply{}, fmt.Errorf("%s: unexpected point %v", form.Get("query"), one)
		}
		out.values = append(out.values, [2]float64{at, value})
	}
	return out, nil
}

// recordRatios writes the 5-minute ratios that the rules would have recorded in the past.
func (w *world) recordRatios(ctx context.Context) error {
	say("recording 5-minute ratios for the comparison")
	for _, def := range w.ratios() {
		series := promtest.Metric(recorded, "slo", def.ID)
		for from := w.end - (historyDays-1)*day; from < w.end; from += 5 * day {
			answer, err := w.query(ctx, "/api/v1/query_range", url.Values{
				"query": {errorRatio(def, "rate", "5m")}, "step": {"60"},
				"start": {fmt.Sprint(from)}, "end": {fmt.Sprint(min(from+5*day, w.end) - 60)},
			})
			if err != nil {
				return err
			}
			for _, one := range answer.values {
				// A rule records NaN when nothing happened; the usual mean of ratios then leaves it out.
				if !math.IsNaN(one[1]) {
					series = series.With(promtest.Sample{At: int64(one[0]) * 1000, Value: one[1]})
				}
			}
		}
		if err := w.server.Write(ctx, series); err != nil {
			return err
		}
	}
	return nil
}
