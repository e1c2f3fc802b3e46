package model

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// origin is Sunday, 15 June 2025, midnight UTC.
const origin = int64(1_750_000_000 / day * day)

func world(t *testing.T, config Config) *World {
	t.Helper()
	if config.Origin == 0 {
		config.Origin = origin
	}
	if config.Anchor == 0 {
		config.Anchor = config.Origin + 31*day
	}
	w, err := New(config)
	require.NoError(t, err)
	return w
}

// ledger follows counters as an exact reader of samples would: by increments, with resets.
type ledger struct {
	last map[*Series]float64
	sum  map[string]float64
	gone int
	seen map[*Series]bool
}

func newLedger() *ledger {
	return &ledger{last: map[*Series]float64{}, sum: map[string]float64{}, seen: map[*Series]bool{}}
}

func (l *ledger) Sample(service *Service, s *Series, _ int64) {
	if s.Gauge || s.Native != nil || s.Name != MetricRequests {
		return
	}
	l.seen[s] = true
	increment := s.Value - l.last[s]
	if increment < 0 {
		increment = s.Value
	}
	l.last[s] = s.Value
	for _, label := range s.Labels {
		if label.Name == "code" && label.Value[0] != '5' {
			l.sum[service.Name()+" good"] += increment
		}
	}
	l.sum[service.Name()+" total"] += increment
}

func (l *ledger) Gone(*Service, *Series, int64) { l.gone++ }

func TestCountersAddUpToTheTruthAcrossRestartsAndDeployments(t *testing.T) {
	w, counters := world(t, Config{Seed: 3}), newLedger()
	w.Step(origin+8*day, counters)
	require.Positive(t, counters.gone, "instances must come and go in eight days")
	for _, service := range []string{"catalog", "cart", "payment", "inventory"} {
		var truth Minute
		for _, meter := range w.Meters() {
			if meter.service == service && meter.measure == measureAvailability && meter.route == "" {
				for _, minute := range meter.Minutes() {
					truth.Good += minute.Good
					truth.Total += minute.Total
				}
			}
		}
		require.Positive(t, truth.Total, service)
		require.Less(t, truth.Good, truth.Total, service)
		require.Equal(t, truth.Total, counters.sum[service+" total"], service)
		require.Equal(t, truth.Good, counters.sum[service+" good"], service)
	}
}

func TestAWorldFollowsFromItsSeedAndTimeAlone(t *testing.T) {
	once, inParts, other := world(t, Config{Seed: 1}), world(t, Config{Seed: 1}), world(t, Config{Seed: 2})
	end := origin + day
	once.Step(end, nil)
	for at := origin; at < end; at += 1005 {
		inParts.Step(min(at-at%TickSeconds, end), newLedger())
	}
	inParts.Step(end, nil)
	other.Step(end, nil)
	different := false
	for i, meter := range once.Meters() {
		require.Equal(t, meter.Minutes(), inParts.Meters()[i].Minutes(), meter.SLO)
		require.Len(t, meter.Minutes(), day/60)
		different = different || !equal(meter.Minutes(), other.Meters()[i].Minutes())
	}
	require.True(t, different, "another seed must give another world")
}

func equal(a, b []Minute) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestTheWarehouseSleepsAtNight(t *testing.T) {
	w := world(t, Config{Seed: 1})
	w.Step(origin+2*day, nil)
	for _, meter := range w.Meters() {
		if meter.SLO != "shipping-labels" {
			continue
		}
		for i, minute := range meter.Minutes() {
			hours := float64((origin+int64(i)*60)%day) / hour
			if hours < 6 || hours >= 20 {
				require.Zero(t, minute.Total, "%.2f h", hours)
			}
		}
	}
}

func TestADisturbanceChangesNothingBeforeItBeginsAndIsReplayed(t *testing.T) {
	calm, live := world(t, Config{Seed: 1}), world(t, Config{Seed: 1})
	noon := origin + day/2
	calm.Step(origin+day, nil)
	live.Step(noon, nil)
	outage := Incident{Name: "control", From: noon, To: noon + 600, Effects: []Effect{{Service: "payment", Errors: 1, Code: 503}}}
	live.Disturb(outage)
	live.Step(origin+day, nil)
	replayed := world(t, Config{Seed: 1, Controls: []Incident{outage}})
	replayed.Step(origin+day, nil)
	for i, meter := range live.Meters() {
		require.Equal(t, replayed.Meters()[i].Minutes(), meter.Minutes(), meter.SLO)
		for m, minute := range meter.Minutes() {
			at := origin + int64(m)*60
			switch {
			case at < noon || at >= noon+600:
				require.Equal(t, calm.Meters()[i].Minutes()[m], minute, meter.SLO)
			case meter.SLO == "payment-availability":
				require.Zero(t, minute.Good)
			}
		}
	}
}

func TestPortionsOfOneDrawAreMonotonicAndComplete(t *testing.T) {
	for n := range int64(200) {
		u := uniform(mix(uint64(n)))
		before := int64(0)
		for _, share := range []float64{0, 0.001, 0.3, 0.31, 0.99, 1} {
			part := portion(n, share, u)
			require.GreaterOrEqual(t, part, before)
			before = part
		}
		require.Equal(t, n, before)
	}
}

// The truth repeats what the definitions say; if they part, the check compares apples with pears.
func TestMetersMatchTheProvisionedDefinitions(t *testing.T) {
	files, err := filepath.Glob("../../../provisioning/slos/*.yaml")
	require.NoError(t, err)
	documents := regexp.MustCompile(`(?s)kind: SLO\nmetadata:\n  name: (\S+).*?duration: (\d+)d.*?target: ([0-9.]+)`)
	found := map[string][2]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range documents.FindAllStringSubmatch(string(text), -1) {
			found[match[1]] = [2]string{match[2], match[3]}
		}
	}
	expected := map[string][2]string{}
	for _, meter := range meters() {
		expected[meter.SLO] = [2]string{strconv.Itoa(meter.WindowDays), strconv.FormatFloat(meter.Target, 'f', -1, 64)}
	}
	require.Equal(t, expected, found)
}
