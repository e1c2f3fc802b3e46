package history

import (
	"context"
	"log/slog"
	"testing"

	commonmodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/shop/model"
)

// scraper appends what a service exposes to a running database, as scrapes do.
type scraper struct {
	t        *testing.T
	appender storage.Appender
}

func (s scraper) Sample(_ *model.Service, series *model.Series, at int64) {
	pairs := []string{commonmodel.MetricNameLabel, series.Name, "job", "shop"}
	for _, label := range series.Labels {
		pairs = append(pairs, label.Name, label.Value)
	}
	set := labels.FromStrings(pairs...)
	var err error
	if series.Native != nil {
		_, err = s.appender.AppendHistogram(0, set, at*1000, integerHistogram(series.Native), nil)
	} else {
		_, err = s.appender.Append(0, set, at*1000, series.Value)
	}
	require.NoError(s.t, err)
}

func (s scraper) Gone(*model.Service, *model.Series, int64) {}

// Head and history meet in the midst of a block's range; what the head is compacted to must neither
// overlap with the history nor leave a gap that the next fill does not see.
func TestScrapingCompactionAndALaterFillLeaveEverySampleOnce(t *testing.T) {
	dir, first, scraped, second := t.TempDir(), origin+7*hour+3*60+15, origin+13*hour+600, origin+15*hour+45
	fill(t, dir, first)
	options := tsdb.DefaultOptions()
	options.RetentionDuration = 0
	db, err := tsdb.Open(dir, slog.New(slog.DiscardHandler), nil, options, nil)
	require.NoError(t, err)
	live := world(t)
	live.Step(first, nil)
	for at := first + model.TickSeconds; at <= scraped; at += model.TickSeconds {
		appender := db.Appender(context.Background())
		live.Step(at, scraper{t, appender})
		require.NoError(t, appender.Commit())
	}
	require.NoError(t, db.Compact(context.Background()))
	blocks := db.Blocks()
	require.Greater(t, blocks[len(blocks)-1].Meta().MaxTime, first*1000, "the head must have been compacted")
	require.NoError(t, db.Close())

	result := fill(t, dir, second)
	require.Greater(t, result.From, first+model.TickSeconds, "compacted scrapes are kept")
	require.Less(t, result.From, scraped, "what was in the log only is written again")
	want := reference{}
	reference := world(t)
	reference.Step(second, want)
	got, _ := stored(t, dir)
	requireSame(t, want, got)
}
