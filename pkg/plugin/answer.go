package plugin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/grafana/dskit/concurrency"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
)

// openLedger gives the ledger to read from, or says why there is none (yet).
type openLedger func(context.Context) (reader, error)

// reader is what is read of a ledger: numbers, and what people and Grafana told.
type reader interface {
	ledger.Reader
	ledger.Documents
}

// answerer turns queries into frames and views. It is what the data source and the app's pages share.
type answerer struct {
	ledger openLedger
	// definitionsDir is named in remedies.
	definitionsDir string
	now            func() time.Time
	known          memory
	// chosen are the settings of alerts.
	chosen choices
	// running holds a token of each backtest that is being computed.
	once    sync.Once
	running chan struct{}
}

// answer answers each query by itself: one that fails does not take the others along.
func (a *answerer) answer(ctx context.Context, queries []backend.DataQuery, forAlert bool) backend.Responses {
	responses := make(backend.Responses, len(queries))
	for _, raw := range queries {
		frames, err := a.frames(ctx, raw, forAlert)
		responses[raw.RefID] = response(frames, err)
	}
	return responses
}

func response(frames data.Frames, err error) backend.DataResponse {
	var mistake *queryError
	switch {
	case err == nil:
		return backend.DataResponse{Frames: frames, Status: backend.StatusOK}
	case errors.As(err, &mistake):
		return backend.DataResponse{Error: err, Status: mistake.status, ErrorSource: backend.ErrorSourceDownstream}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return backend.DataResponse{Error: fmt.Errorf("the query was cancelled: %w", err), Status: backend.Status(http.StatusGatewayTimeout), ErrorSource: backend.ErrorSourceDownstream}
	}
	return backend.DataResponse{Error: err, Status: backend.StatusInternal, ErrorSource: backend.ErrorSourcePlugin}
}

func (a *answerer) frames(ctx context.Context, raw backend.DataQuery, forAlert bool) (data.Frames, error) {
	q, err := parseQuery(raw)
	if err != nil {
		return nil, err
	}
	q.ForAlert = forAlert
	reader, snapshot, err := a.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	entries, err := q.Selection.pick(snapshot)
	if err != nil {
		return nil, err
	}
	if q.Type == QueryAlert || q.Type == QueryBacktest {
		frame, err := a.table(ctx, q, reader, snapshot, entries)
		if err != nil {
			return nil, err
		}
		if len(entries) == 0 && q.Value != valueLedgerLag {
			return a.nothing(q, snapshot, data.Frames{frame}), nil
		}
		return data.Frames{frame}, nil
	}
	if q.Type != QueryStatus && len(entries) > maxSeriesSLOs {
		return nil, badQuery("query %s asks for the %s of %d SLOs; at most %d fit one graph. Choose SLOs, services or labels, or use queryType \"status\", which has no limit.", q.RefID, q.Type, len(entries), maxSeriesSLOs)
	}
	views, err := a.views(ctx, reader, snapshot, entries, q.To)
	if err != nil {
		return nil, err
	}
	frames, err := framesOf(q, views)
	if err != nil {
		return nil, err
	}
	if len(views) == 0 {
		frames = a.nothing(q, snapshot, frames)
	}
	return frames, nil
}

// table answers the query types that need no view of each SLO.
func (a *answerer) table(ctx context.Context, q query, reader reader, snapshot ledger.Snapshot, entries []ledger.Entry) (*data.Frame, error) {
	if q.Type == QueryAlert {
		return a.ruleFrame(ctx, q, reader, snapshot, entries)
	}
	return a.backtestFrame(ctx, q, reader, snapshot, entries)
}

// catalogue gives the ledger and what it knows of all SLOs.
func (a *answerer) catalogue(ctx context.Context) (reader, ledger.Snapshot, error) {
	reader, err := a.ledger(ctx)
	if err != nil {
		return nil, ledger.Snapshot{}, err
	}
	snapshot, err := reader.Snapshot(ctx)
	if err != nil {
		return nil, ledger.Snapshot{}, fmt.Errorf("the ledger can't be read: %w", err)
	}
	return reader, snapshot, nil
}

func framesOf(q query, views []*view) (data.Frames, error) {
	switch q.Type {
	case QueryStatus:
		frame, err := statusFrame(q, views)
		if err != nil {
			return nil, err
		}
		return data.Frames{frame}, nil
	case QueryAnnotations:
		return data.Frames{annotationsFrame(q, views)}, nil
	}
	frames := make(data.Frames, 0, len(views))
	for _, v := range views {
		frames = append(frames, seriesFrames(q, v)...)
	}
	if q.ForAlert {
		frames = oneWide(oneNumber(frames, q.Value))
	}
	return frames, nil
}

// nothing explains an empty answer.
func (a *answerer) nothing(q query, snapshot ledger.Snapshot, frames data.Frames) data.Frames {
	if len(frames) == 0 {
		frame := data.NewFrame("")
		frame.RefID = q.RefID
		frame.Meta = &data.FrameMeta{Type: data.FrameTypeTimeSeriesWide, TypeVersion: dataplane}
		frames = data.Frames{frame}
	}
	text := fmt.Sprintf("No SLO matches %s.", q.Selection)
	defined := slices.ContainsFunc(snapshot.Entries, func(e ledger.Entry) bool { return e.Removed.IsZero() })
	switch {
	case snapshot.Missing != "":
		text = sentence(snapshot.Missing) + " The app's health says what it waits for."
	case !defined:
		text = fmt.Sprintf("No SLO is defined yet. Put an OpenSLO v1 file into %s.", a.definitionsDir)
		if n := len(snapshot.Problems); n > 0 {
			text = fmt.Sprintf("No SLO could be loaded from %s: %s. The first: %s", a.definitionsDir, plural(n, "problem"), problemText(firstProblem(snapshot.Problems)))
		}
	}
	frames[0].AppendNotices(data.Notice{Severity: data.NoticeSeverityInfo, Text: text, Link: "/a/" + AppID})
	return frames
}

// views assesses entries, in their order.
func (a *answerer) views(ctx context.Context, reader reader, snapshot ledger.Snapshot, entries []ledger.Entry, to time.Time) ([]*view, error) {
	now := a.now().UTC()
	settings, err := a.settings(ctx, reader)
	if err != nil {
		return nil, err
	}
	views := make([]*view, len(entries))
	err = concurrency.ForEachJob(ctx, len(entries), runtime.GOMAXPROCS(0), func(ctx context.Context, i int) error {
		v, err := viewOf(ctx, reader, &a.known, alert.PlanFor(entries[i].Definition, settings), entries[i], snapshot.Heartbeat, to, now)
		views[i] = v
		return err
	})
	if err != nil {
		return nil, err
	}
	return views, nil
}
