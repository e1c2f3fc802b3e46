package alerting

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/grafana/dskit/services"
	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"
)

func TestConfigurationsThatAreNotEnough(t *testing.T) {
	rules := func() []RuleWithGroup { return nil }
	query := answers(nil)
	for name, test := range map[string]struct {
		cfg  Config
		want string
	}{
		"without rules":          {Config{Query: query, ExternalURL: "http://x"}, "no Rules given"},
		"without queries":        {Config{Rules: rules, ExternalURL: "http://x"}, "no Query given"},
		"without root URL":       {Config{Rules: rules, Query: query}, "no ExternalURL given"},
		"with a broken root URL": {Config{Rules: rules, Query: query, ExternalURL: "http://%zz"}, "ExternalURL"},
	} {
		t.Run("a scheduler "+name+" is refused", func(t *testing.T) {
			_, err := New(test.cfg)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{"": time.Hour, "5m": 5 * time.Minute, "1h30m": 90 * time.Minute, "1d": 24 * time.Hour, "0s": 0} {
		t.Run("a duration "+text+" is read", func(t *testing.T) {
			have, err := duration(text, time.Hour)
			require.NoError(t, err)
			require.Equal(t, want, have)
		})
	}
}

// evaluated ticks at these offsets from noon and returns when the rule was evaluated, in seconds after noon.
func evaluated(t *testing.T, interval time.Duration, offsets ...time.Duration) []int {
	t.Helper()
	b := newBench(t, above1(func(r *RuleWithGroup) { r.Interval = interval; r.Data[0].RelativeTimeRange = RelativeTimeRange{} }))
	for _, offset := range offsets {
		b.tick(context.Background(), noon.Add(offset))
		b.running.Wait()
	}
	var seconds []int
	for i := 0; i < len(b.ranges); i += 2 {
		seconds = append(seconds, int(b.ranges[i].Sub(noon)/time.Second))
	}
	return seconds
}

func TestSchedule(t *testing.T) {
	const s = time.Second
	t.Run("a rule is evaluated at multiples of its interval on the wall clock", func(t *testing.T) {
		require.Equal(t, []int{60, 120}, evaluated(t, time.Minute, 30*s, 59*s, 60*s, 61*s, 119*s, 120*s+300*time.Millisecond))
	})
	t.Run("a rule whose time passed between two ticks is evaluated as of its time", func(t *testing.T) {
		require.Equal(t, []int{10}, evaluated(t, 10*s, 9*s, 13*s))
	})
	t.Run("what was missed for long is evaluated once", func(t *testing.T) {
		require.Equal(t, []int{300}, evaluated(t, 10*s, 0, 301*s))
	})
	t.Run("a group without interval is evaluated each minute", func(t *testing.T) {
		require.Equal(t, []int{60}, evaluated(t, 0, 0, 30*s, 60*s))
	})
}

func TestASlowRuleDropsTicksAndDelaysNoOther(t *testing.T) {
	release := make(chan struct{})
	var mu sync.Mutex
	asked := map[string]int{}
	slow, quick := above1(nil), above1(func(r *RuleWithGroup) { r.UID = "quick"; r.Data[0].DatasourceUID = "quick" })
	s, err := New(Config{
		Rules: func() []RuleWithGroup { return []RuleWithGroup{slow, quick} },
		Query: func(_ context.Context, q DataQuery, _, _ time.Time) ([]Series, error) {
			mu.Lock()
			asked[q.DatasourceUID]++
			mu.Unlock()
			if q.DatasourceUID == "prom" {
				<-release
			}
			return []Series{number(1)}, nil
		},
		ExternalURL: "http://grafana.example", Logger: hclog.NewNullLogger(),
	})
	require.NoError(t, err)
	count := func(source string) int {
		mu.Lock()
		defer mu.Unlock()
		return asked[source]
	}
	s.tick(context.Background(), noon)
	for minute := 1; minute <= 3; minute++ {
		s.tick(context.Background(), noon.Add(time.Duration(minute)*time.Minute))
		done := func() bool { return s.States()[1].LastEvaluation.Equal(noon.Add(time.Duration(minute) * time.Minute)) }
		require.Eventually(t, done, time.Second, time.Millisecond)
	}
	close(release)
	s.running.Wait()
	require.Equal(t, 1, count("prom"))
	require.Equal(t, "ok", s.States()[0].Health)
	require.False(t, s.States()[0].LastEvaluation.IsZero())
}

func TestTheServiceEvaluatesAndStops(t *testing.T) {
	var mu sync.Mutex
	now := noon
	asked := make(chan time.Time, 10)
	s, err := New(Config{
		Rules: func() []RuleWithGroup {
			return []RuleWithGroup{above1(func(r *RuleWithGroup) { r.Data[0].RelativeTimeRange = RelativeTimeRange{} })}
		},
		Query: func(ctx context.Context, _ DataQuery, from, _ time.Time) ([]Series, error) {
			asked <- from
			<-ctx.Done() // stopping the service ends the query
			return nil, ctx.Err()
		},
		ExternalURL: "http://grafana.example", Logger: hclog.NewNullLogger(),
		Now: func() time.Time { // each look at the clock is a minute later
			mu.Lock()
			defer mu.Unlock()
			now = now.Add(time.Minute)
			return now
		},
	})
	require.NoError(t, err)
	s.tick(context.Background(), noon)
	require.NoError(t, services.StartAndAwaitRunning(context.Background(), s))
	require.Equal(t, noon.Add(time.Minute), <-asked)
	require.NoError(t, services.StopAndAwaitTerminated(context.Background(), s))
	require.Empty(t, s.States()[0].Alerts, "an evaluation that the stop interrupted is not an error of the source")
}
