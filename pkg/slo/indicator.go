package slo

import (
	"fmt"
	"slices"
	"strings"
)

// metric is one metricSource: a query and where to send it.
type metric struct {
	at, ref, kind value
	spec          *object
}

// indicator is an SLI as written, its data source not yet looked up.
type indicator struct {
	header
	kind                          Kind
	counter                       bool
	rawType                       RawType
	good, bad, total, raw, values *metric
}

func readMetric(v value) *metric {
	if !v.present() {
		return nil
	}
	o := v.object()
	source := o.need("metricSource", `write "metricSource:" with a spec.query below it`).object()
	m := &metric{at: source.value, ref: source.get("metricSourceRef"), kind: source.get("type")}
	m.spec = source.need("spec", `write "spec:" and below it, indented, "query: …"`).object()
	source.done()
	o.done()
	return m
}

// readIndicator reads an SLI's spec.
func readIndicator(h header, spec *object) indicator {
	i := indicator{header: h}
	i.description = spec.get("description").text()
	threshold, ratio := spec.get("thresholdMetric"), spec.get("ratioMetric")
	switch {
	case threshold.present() && ratio.present():
		threshold.errorf("keep either thresholdMetric or ratioMetric", "stands beside ratioMetric")
	case threshold.present():
		i.kind, i.values = KindThreshold, readMetric(threshold)
	case ratio.present():
		i.readRatio(ratio.object())
	case spec.present():
		spec.errorf("write ratioMetric (good and total events) or thresholdMetric (a measured value)", "has neither ratioMetric nor thresholdMetric")
	}
	return i
}

func (i *indicator) readRatio(o *object) {
	i.kind = KindRatio
	i.counter = o.get("counter").boolean()
	i.good, i.bad, i.total = readMetric(o.get("good")), readMetric(o.get("bad")), readMetric(o.get("total"))
	raw, rawType := o.get("raw"), o.get("rawType")
	if raw.present() {
		i.kind, i.counter, i.raw = KindRaw, false, readMetric(raw)
		i.rawType = RawType(rawType.oneOf(string(RawSuccess), string(RawFailure)))
		if !rawType.present() {
			rawType.errorf("write success if the ratio counts good events, failure if it counts bad ones", "is missing beside raw")
		}
		for _, name := range []string{"good", "bad", "total"} {
			if field := o.get(name); field.present() {
				field.errorf("keep either raw, or total with good or bad", "stands beside raw")
			}
		}
		o.done()
		return
	}
	if rawType.present() {
		rawType.errorf("remove it, or write the query under raw", "has no raw ratio to describe")
	}
	if good, bad := o.get("good"), o.get("bad"); good.present() && bad.present() {
		bad.errorf("keep one of them: the other follows from total", "stands beside good")
	} else if o.present() && !good.present() && !bad.present() {
		o.errorf("write good (or bad) with a metricSource", "has neither good nor bad events")
	}
	o.need("total", "write total with a metricSource that counts all events")
	o.done()
}

// source is a DataSource as written.
type source struct {
	header
	kind value
}

func readSource(h header, spec *object) source {
	h.description = spec.get("description").text()
	spec.get("connectionDetails") // free form; Grafana knows how to connect
	return source{header: h, kind: spec.need("type", "write type: prometheus")}
}

// sourceTypes are the kinds of data source that Burnline knows; only Prometheus is evaluated yet.
var sourceTypes = []string{"prometheus", "loki", "tempo", "jaeger"}

const defaultSourceType = "prometheus"

func sourceType(v value) string {
	if !v.present() {
		return defaultSourceType
	}
	text := strings.ToLower(v.text())
	if text == "" || slices.Contains(sourceTypes, text) {
		return text
	}
	if guess := near(text, sourceTypes); guess != "" {
		v.errorf(fmt.Sprintf("did you mean %q?", guess), "%q is not a kind of data source", shorten(text))
		return guess
	}
	return text
}

// locate resolves where a metric is read. The UID on the SLO wins, then that of the DataSource document, then the SLI's.
// It is not found (and reported) if a reference leads nowhere.
func (l *loader) locate(m *metric, user header, i indicator) (ref SourceRef, found bool) {
	ref = SourceRef{Type: sourceType(m.kind), UID: user.annotations.source}
	if name := m.ref.text(); name != "" {
		declared, ok := l.sources.find(name)
		if !ok {
			dangling(m.ref, kindSource, name, l.sources.names())
			return ref, false
		}
		declaredType := strings.ToLower(declared.kind.scalarTextQuiet())
		if declared.doc != m.ref.doc && declared.doc.broken() {
			m.ref.errorf("mend the DataSource first", "refers to the DataSource %q at %s, which has errors", name, declared.place())
			return ref, false
		}
		if m.kind.present() && ref.Type != "" && ref.Type != declaredType {
			m.kind.errorf("remove type: the data source has it", "is %q, but the DataSource %q is of type %q", ref.Type, name, declaredType)
		}
		ref.Type = declaredType
		if ref.UID == "" {
			ref.UID = declared.annotations.source
		}
	}
	if ref.UID == "" {
		ref.UID = i.annotations.source
	}
	return ref, true
}

// query reads a metric's query. What else a spec may hold is the source's own affair in OpenSLO, so
// it is only warned of.
func (m *metric) query() string {
	if m == nil {
		return ""
	}
	text := m.spec.need("query", `write the query, e.g. query: sum(rate(http_requests_total[1m]))`).text()
	for _, name := range m.spec.names() {
		if name != "query" {
			m.spec.fields[name].warnf("remove it", "has no effect: only query is read")
		}
	}
	return text
}

// resolved is an indicator with its queries and its source.
type resolved struct {
	Indicator
	source       SourceRef
	notEvaluated string
}

// resolve looks up the data source of an indicator that user refers to at the given place. Without a
// user only what is wrong for every user is reported.
func (l *loader) resolve(i indicator, user header, at value) resolved {
	r := resolved{Indicator: Indicator{Kind: i.kind, Counter: i.counter, RawType: i.rawType}}
	metrics := []*metric{i.good, i.bad, i.total, i.raw, i.values}
	var first *metric
	located := true
	for _, m := range metrics {
		if m == nil {
			continue
		}
		ref, found := l.locate(m, user, i)
		located = located && found
		if first == nil {
			first, r.source = m, ref
			continue
		}
		if ref != r.source && located && at.present() {
			at.errorf("read good, bad and total from one data source", "reads one query from %s, but another from %s", r.source.words(), ref.words())
		}
	}
	if first == nil {
		return r
	}
	switch {
	case r.source.Type == "":
	case !slices.Contains(sourceTypes, r.source.Type):
		r.notEvaluated = fmt.Sprintf("Its indicator is read from a data source of type %q, which Burnline does not read.", r.source.Type)
		return r
	case r.source.Type != defaultSourceType:
		r.notEvaluated = fmt.Sprintf("Its indicator is read from a data source of type %q, which is not evaluated yet.", r.source.Type)
	}
	if r.source.UID == "" && located && at.present() && (i.doc == user.doc || !i.doc.broken()) {
		at.errorf(fmt.Sprintf("add the annotation %s to the SLO, or to the DataSource that metricSourceRef names", AnnotationSource), "does not say which Grafana data source to read")
	}
	r.Good, r.Bad, r.Total = i.good.query(), i.bad.query(), i.total.query()
	r.Raw, r.Value = i.raw.query(), i.values.query()
	return r
}

// words is the reference in a sentence.
func (r SourceRef) words() string {
	if r.UID == "" {
		return fmt.Sprintf("a data source of type %q without a UID", r.Type)
	}
	return fmt.Sprintf("%s %q", r.Type, r.UID)
}

// scalarTextQuiet is the text of a field whose problems another place reports.
func (v value) scalarTextQuiet() string {
	if !v.present() || !v.isScalar() {
		return ""
	}
	return strings.TrimSpace(v.node.Value)
}
