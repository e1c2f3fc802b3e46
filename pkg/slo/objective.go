package slo

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The rolling windows that are evaluated.
const (
	minWindow = time.Hour
	maxWindow = 90 * day
)

// objectives is an SLO as written, its references not yet looked up.
type objectives struct {
	header
	service            value
	inline             *indicator
	indicator, ref     value
	window             Window
	method             Method
	list               []objective
	listAt             value
	policies           value
	windowNotEvaluated string
}

// objective is one element of spec.objectives.
type objective struct {
	at             value
	displayName    string
	op, limit      value
	opText         Operator
	limitValue     float64
	target         Fraction
	inline         *indicator
	indicator, ref value
}

func readObjectives(h header, spec *object) objectives {
	h.description = spec.get("description").text()
	o := objectives{header: h, policies: spec.get("alertPolicies")}
	o.service = spec.need("service", "write the name of the service, e.g. service: checkout")
	o.method = MethodOccurrences
	if method := spec.get("budgetingMethod").oneOf(string(MethodOccurrences), string(MethodTimeslices), string(MethodRatioTimeslices)); method != "" {
		o.method = Method(method)
	}
	o.window, o.windowNotEvaluated = readWindow(spec.need("timeWindow", "write a list of one window: \"- duration: 30d\" and \"isRolling: true\""))
	o.indicator, o.ref, o.inline = readIndicatorChoice(spec)
	o.listAt = spec.need("objectives", "write a list of at least one objective: \"- target: 0.999\"")
	elements := o.listAt.list()
	if o.listAt.isEmptyList() {
		o.listAt.errorf("write at least one objective: \"- target: 0.999\"", "is empty")
	}
	for _, element := range elements {
		o.list = append(o.list, readObjective(element, o.method))
	}
	return o
}

// readIndicatorChoice reads indicator or indicatorRef, of which at most one may stand.
func readIndicatorChoice(o *object) (at, ref value, found *indicator) {
	at, ref = o.get("indicator"), o.get("indicatorRef")
	if at.present() && ref.present() {
		ref.errorf("keep one of them", "stands beside indicator")
	}
	if at.present() {
		i := inline(at.object(), kindSLI, readIndicator)
		found = &i
	}
	return at, ref, found
}

func readObjective(v value, method Method) objective {
	o := v.object()
	if !v.present() {
		v.errorf("write \"- target: 0.999\"", "is empty")
	}
	b := objective{at: v, displayName: o.get("displayName").text(), op: o.get("op"), limit: o.get("value")}
	b.opText = Operator(b.op.oneOf(operators...))
	b.limitValue, _ = b.limit.number("0.5")
	b.target = readTargetShare(o)
	b.indicator, b.ref, b.inline = readIndicatorChoice(o)
	if weight := o.get("compositeWeight"); weight.present() {
		if n, ok := weight.number("1"); ok && n <= 0 {
			weight.errorf("write a number above 0", "%v is not a weight", n)
		}
	}
	readTimeslice(o, method)
	o.done()
	return b
}

// readTargetShare reads target or targetPercent, exactly.
func readTargetShare(o *object) Fraction {
	share, percent := o.get("target"), o.get("targetPercent")
	switch {
	case share.present() && percent.present():
		percent.errorf("keep one of them", "stands beside target")
		return Fraction{}
	case !share.present() && !percent.present():
		if o.present() {
			share.errorf("write target: 0.999, or targetPercent: 99.9", "is missing")
		}
		return Fraction{}
	}
	field, parse, example := share, ParseFraction, "0.999"
	if percent.present() {
		field, parse, example = percent, ParsePercent, "99.9"
	}
	text, ok := field.decimal(example)
	if !ok {
		return Fraction{}
	}
	target, err := parse(text)
	switch {
	case err != nil && share.present() && asPercent(text) != "":
		field.errorf(fmt.Sprintf("write target: %s, or targetPercent: %s", asPercent(text), text), "%v", err)
	case err != nil:
		field.errorf("write a number such as "+example, "%v", err)
	case target.Complement().IsZero():
		field.errorf("write less than 100 %, e.g. "+example, "%s leaves no error budget at all", text)
	case target.IsZero():
		field.warnf("write a number such as "+example, "%s is met whatever happens", text)
	}
	return target
}

// asPercent is the fraction that a percentage written as a fraction was meant to be, or "".
func asPercent(text string) string {
	if f, err := ParsePercent(text); err == nil && !f.IsZero() && !f.Complement().IsZero() {
		return f.String()
	}
	return ""
}

func readTimeslice(o *object, method Method) {
	share, window := o.get("timeSliceTarget"), o.get("timeSliceWindow")
	if method == MethodOccurrences {
		for _, field := range []value{share, window} {
			if field.present() {
				field.warnf("remove it, or set budgetingMethod: Timeslices", "has no effect with the budgeting method Occurrences")
			}
		}
		return
	}
	if o.present() && !window.present() {
		window.errorf("write a duration, e.g. 5m", "is missing for the budgeting method %s", method)
	}
	if window.present() && window.isScalar("!!int") { // a bare number counts minutes
		if n, ok := window.number("5"); ok && n < 1 {
			window.errorf("write a duration, e.g. 5m", "%v is no time at all", n)
		}
	} else {
		window.duration("5m")
	}
	switch {
	case method == MethodTimeslices && o.present() && !share.present():
		share.errorf("write the share of good events that makes a slice good, e.g. 0.95", "is missing for the budgeting method Timeslices")
	case method == MethodRatioTimeslices && share.present():
		share.warnf("remove it", "has no effect with the budgeting method RatioTimeslices")
	}
	if text, ok := share.decimal("0.95"); ok {
		if f, err := ParseFraction(text); err != nil || f.IsZero() {
			share.errorf("write a number such as 0.95", "%s is not above 0 and at most 1", text)
		}
	}
}

// readWindow reads timeWindow, a list of exactly one window, and says why it is not evaluated, if so.
func readWindow(v value) (Window, string) {
	elements := v.list()
	if len(elements) > 1 {
		v.errorf("keep one window; write an SLO for each other", "has %d windows, but OpenSLO v1 permits one", len(elements))
	}
	if len(elements) == 0 {
		if v.isEmptyList() {
			v.errorf("write \"- duration: 30d\"", "has no window")
		}
		return Window{}, ""
	}
	o := elements[0].object()
	if !elements[0].present() {
		elements[0].errorf("write \"- duration: 30d\"", "is empty")
	}
	duration := o.need("duration", "write a duration, e.g. 30d")
	var w Window
	w.Duration, w.Text = duration.duration("30d")
	calendar, rolling := o.get("calendar"), o.get("isRolling")
	isRolling := rolling.boolean()
	switch {
	case calendar.present() && isRolling:
		rolling.errorf("write isRolling: false, or remove calendar", "a window with a calendar does not roll")
	case !calendar.present() && rolling.present() && !isRolling:
		rolling.errorf("write isRolling: true, or add calendar with startTime and timeZone", "a window that does not roll needs a calendar")
	}
	if calendar.present() {
		w.Calendar = readCalendar(calendar.object())
	}
	o.done()
	switch {
	case w.Duration == 0:
	case w.Calendar != nil:
		return w, "Calendar-aligned windows are not evaluated yet; use a rolling window."
	case w.Duration < minWindow || w.Duration > maxWindow:
		return w, fmt.Sprintf("Its window of %s is not evaluated: windows may last from 1h to 90d.", w.Text)
	}
	return w, ""
}

func readCalendar(o *object) *Calendar {
	const layout = "2006-01-02 15:04:05"
	c := &Calendar{}
	start, zone := o.need("startTime", "write e.g. 2026-01-01 00:00:00"), o.need("timeZone", "write e.g. Europe/Zurich")
	c.Start = start.scalarText()
	if c.Start != "" {
		if _, err := time.Parse(layout, c.Start); err != nil {
			start.errorf("write e.g. 2026-01-01 00:00:00", "%q is not a date and time", shorten(c.Start))
		}
	}
	c.TimeZone = zone.text()
	if c.TimeZone != "" {
		if _, err := time.LoadLocation(c.TimeZone); err != nil {
			zone.errorf("write a name such as Europe/Zurich or UTC", "%q is not an IANA time zone", shorten(c.TimeZone))
		}
	}
	o.done()
	return c
}

// define turns an SLO into definitions, one an objective, with every reference looked up.
func (l *loader) define(o objectives) ([]Definition, []AlertPolicy) {
	base := Definition{
		Name: o.name, DisplayName: o.display(), Description: o.description, Labels: o.labels,
		Window: o.window, Method: o.method, Origin: o.at.position(),
		Owner: o.annotations.owner, RunbookURL: o.annotations.runbook, DashboardUID: o.annotations.dashboard,
		CriticalJourney: o.annotations.critical, MinimumEvents: o.annotations.minimum,
	}
	l.assignService(&base, o)
	policies := l.sloPolicies(o, &base)
	shared, hasShared := l.choose(o.inline, o.indicator, o.ref, o.header)
	composite := false
	for _, b := range o.list {
		composite = composite || b.indicator.present() || b.ref.present()
	}
	var definitions []Definition
	ids := map[string]int{}
	for n, b := range o.list {
		own, hasOwn := l.choose(b.inline, b.indicator, b.ref, o.header)
		d := base
		if len(o.list) > 1 {
			d.ID, d.DisplayName = objectiveID(o, b, n)
			if first, ok := ids[d.ID]; ok {
				b.at.errorf("give each objective a displayName of its own", "has the same displayName as objective %d", first+1)
			}
			ids[d.ID] = n
		} else {
			d.ID = o.name
		}
		d.Target = b.target
		switch {
		case hasOwn && hasShared:
			b.at.errorf("keep the indicator at one of the two places", "has an indicator of its own beside that of the SLO")
		case composite && !hasShared && !hasOwn && !b.indicator.present() && !b.ref.present():
			b.at.errorf("add indicator or indicatorRef", "has no indicator, but other objectives have one of their own")
		case !hasOwn:
			own = shared
		}
		b.compare(&own)
		d.Indicator, d.Source = own.Indicator, own.source
		d.NotEvaluated = notEvaluated(o, composite, own)
		l.checkQueries(d, o)
		definitions = append(definitions, d)
	}
	if !o.indicator.present() && !o.ref.present() && !composite && o.at.present() {
		o.specField("indicator").errorf("write indicator with a ratioMetric or thresholdMetric, or indicatorRef with the name of an SLI", "is missing")
	}
	return definitions, policies
}

// checkQueries has the queries of an otherwise right definition checked, by who will read them.
func (l *loader) checkQueries(d Definition, o objectives) {
	if l.check == nil || d.NotEvaluated != "" || o.doc.broken() {
		return
	}
	if err := l.check(d); err != nil {
		at := o.indicator
		if o.ref.present() {
			at = o.ref
		}
		at.errorf("", "%v", err)
	}
}

// specField is a field of the SLO's spec that is not there, for a problem about its absence.
func (o objectives) specField(name string) value {
	return value{doc: o.doc, key: o.at.place(), path: "spec." + name}
}

func notEvaluated(o objectives, composite bool, r resolved) string {
	var reasons []string
	if composite {
		reasons = append(reasons, "Composite SLOs, whose objectives have indicators of their own, are not evaluated yet.")
	}
	if o.method != MethodOccurrences {
		reasons = append(reasons, fmt.Sprintf("The budgeting method %s is not evaluated yet; use Occurrences.", o.method))
	}
	for _, reason := range []string{o.windowNotEvaluated, r.notEvaluated} {
		if reason != "" {
			reasons = append(reasons, reason)
		}
	}
	return strings.Join(reasons, " ")
}

// compare gives a threshold indicator the objective's operator and limit.
func (b objective) compare(r *resolved) {
	if r.Kind != KindThreshold {
		for _, field := range []value{b.op, b.limit} {
			if r.Kind != "" && field.present() {
				field.warnf("remove it", "has no effect: the indicator is a ratio, not a thresholdMetric")
			}
		}
		return
	}
	r.Op, r.Limit = b.opText, b.limitValue
	if !b.op.present() {
		b.op.errorf("write op: lte if a value up to the limit is good", "is missing: the indicator is a thresholdMetric")
	}
	if !b.limit.present() {
		b.limit.errorf("write the limit that op compares with, e.g. value: 0.5", "is missing: the indicator is a thresholdMetric")
	}
}

// objectiveID names one of several objectives.
func objectiveID(o objectives, b objective, n int) (id, display string) {
	part, words := slug(b.displayName), b.displayName
	if part == "" {
		part = fmt.Sprint(n + 1)
	}
	if words == "" {
		words = b.target.Percent() + " %"
	}
	return o.name + "/" + part, o.display() + " · " + words
}

// choose resolves an inline or referred indicator; false if there is none to be had.
func (l *loader) choose(inline *indicator, at, ref value, user header) (resolved, bool) {
	if inline != nil {
		return l.resolve(*inline, user, at), true
	}
	name := ref.text()
	if name == "" {
		return resolved{}, false
	}
	i, ok := l.indicators.find(name)
	if !ok {
		dangling(ref, kindSLI, name, l.indicators.names())
		return resolved{}, false
	}
	r := l.resolve(i, user, ref)
	if i.doc != user.doc && i.doc.broken() {
		ref.errorf("mend the SLI first", "refers to the SLI %q at %s, which has errors", name, i.place())
	}
	return r, true
}

// assignService looks up the service. Its document is optional, so that one file makes an SLO.
func (l *loader) assignService(d *Definition, o objectives) {
	d.Service = o.service.text()
	d.ServiceDisplayName = d.Service
	if d.Service == "" {
		return
	}
	s, ok := l.services.find(d.Service)
	if !ok {
		remedy := fmt.Sprintf("add a document of kind Service with metadata.name %q to give it a display name and an owner", d.Service)
		if guess := near(d.Service, l.services.names()); guess != "" {
			remedy = fmt.Sprintf("did you mean %q?", guess)
		}
		if !nameForm.MatchString(d.Service) {
			o.service.errorf(nameRemedy(d.Service), "%q is not a name: lower-case letters, digits and hyphens", shorten(d.Service))
			return
		}
		o.service.warnf(remedy, "no Service is named %q; the SLO works without", d.Service)
		return
	}
	d.ServiceDisplayName = s.display()
	if d.Owner == "" {
		d.Owner = s.annotations.owner
	}
	if d.RunbookURL == "" {
		d.RunbookURL = s.annotations.runbook
	}
}

// sloPolicies reads the SLO's alert policies: names go to the definition, inline ones are returned.
func (l *loader) sloPolicies(o objectives, d *Definition) []AlertPolicy {
	var found []AlertPolicy
	for n, element := range o.policies.list() {
		e := element.object()
		if ref := e.get("alertPolicyRef"); ref.present() {
			name := ref.text()
			declared, ok := l.policies.find(name)
			switch {
			case ok:
				d.Policies = append(d.Policies, l.resolvePolicy(declared))
				if declared.doc.broken() {
					ref.errorf("mend the AlertPolicy first", "refers to the AlertPolicy %q at %s, which has errors", name, declared.place())
				}
			case name != "" && !slices.Contains(BuiltinPolicies, name):
				dangling(ref, kindPolicy, name, append(l.policies.names(), BuiltinPolicies...))
			}
			d.AlertPolicies = append(d.AlertPolicies, name)
			e.done()
			continue
		}
		if !e.present() {
			continue
		}
		p := inline(e, kindPolicy, readPolicy)
		if p.name == "" {
			p.AlertPolicy.Name = fmt.Sprint(n + 1)
		}
		p.AlertPolicy.Name = o.name + "/" + p.AlertPolicy.Name
		found = append(found, l.resolvePolicy(p))
		d.Policies = append(d.Policies, found[len(found)-1])
		d.AlertPolicies = append(d.AlertPolicies, p.AlertPolicy.Name)
	}
	slices.SortStableFunc(d.Policies, func(a, b AlertPolicy) int { return strings.Compare(a.Name, b.Name) })
	d.Policies = slices.CompactFunc(d.Policies, func(a, b AlertPolicy) bool { return a.Name == b.Name })
	slices.Sort(d.AlertPolicies)
	d.AlertPolicies = slices.Compact(d.AlertPolicies)
	return found
}
