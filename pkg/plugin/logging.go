package plugin

import (
	"context"
	"log/slog"
	"slices"

	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
)

// slogHandler lets parts that speak log/slog write to the SDK's logger, whose lines Grafana takes over.
type slogHandler struct {
	logger log.Logger
	prefix string
	attrs  []any
}

// newSlog is a slog.Logger over the SDK's logger.
func newSlog(logger log.Logger) *slog.Logger { return slog.New(&slogHandler{logger: logger}) }

// Enabled drops debug lines unless the SDK's logger wants them.
func (h *slogHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level > slog.LevelDebug || h.logger.Level() <= log.Debug
}

// Handle writes one line.
func (h *slogHandler) Handle(_ context.Context, record slog.Record) error {
	args := slices.Clone(h.attrs)
	record.Attrs(func(attr slog.Attr) bool {
		args = h.flatten(args, h.prefix, attr)
		return true
	})
	switch {
	case record.Level >= slog.LevelError:
		h.logger.Error(record.Message, args...)
	case record.Level >= slog.LevelWarn:
		h.logger.Warn(record.Message, args...)
	case record.Level >= slog.LevelInfo:
		h.logger.Info(record.Message, args...)
	default:
		h.logger.Debug(record.Message, args...)
	}
	return nil
}

// WithAttrs adds attributes to every line.
func (h *slogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	next.attrs = slices.Clone(h.attrs)
	for _, attr := range attrs {
		next.attrs = h.flatten(next.attrs, h.prefix, attr)
	}
	return &next
}

// WithGroup prefixes the names of later attributes.
func (h *slogHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	next := *h
	next.prefix = h.prefix + name + "."
	return &next
}

func (h *slogHandler) flatten(args []any, prefix string, attr slog.Attr) []any {
	value := attr.Value.Resolve()
	if value.Kind() != slog.KindGroup {
		return append(args, prefix+attr.Key, value.Any())
	}
	if attr.Key != "" {
		prefix += attr.Key + "."
	}
	for _, member := range value.Group() {
		args = h.flatten(args, prefix, member)
	}
	return args
}
