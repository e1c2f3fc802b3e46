package alerting

import (
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
)

// State is the state of an alert instance or of a result.
type State string

// The states of Grafana.
const (
	Normal     State = "Normal"
	Pending    State = "Pending"
	Alerting   State = "Alerting"
	Recovering State = "Recovering"
	NoData     State = "NoData"
	Error      State = "Error"
)

// The reasons of a state, and the outcomes that a rule chooses for no data and errors.
const (
	reasonMissingSeries = "MissingSeries"
	reasonPaused        = "Paused"
	reasonUpdated       = "Updated"
	reasonDeleted       = "RuleDeleted"
	outcomeKeepLast     = "KeepLast"
)

const (
	// resendDelay is how long Grafana waits before it tells the Alertmanager again of an alert.
	resendDelay = 30 * time.Second
	// missedEvaluations is after how many evaluations without its series an instance is resolved.
	missedEvaluations = 2
)

// The labels that Grafana puts on an alert besides those of the rule and its query.
const (
	labelAlertName = "alertname"
	labelFolder    = "grafana_folder"
	labelRuleUID   = "__alert_rule_uid__"
	labelNamespace = "__alert_rule_namespace_uid__"
	labelRuleName  = "rulename"
	noDataName     = "DatasourceNoData"
	errorName      = "DatasourceError"
)

// instance is one alert instance of a rule.
type instance struct {
	labels      map[string]string
	annotations map[string]string
	state       State
	reason      string
	startsAt    time.Time
	endsAt      time.Time
	evaluatedAt time.Time
	err         error
	values      map[string]float64
	valueString string
}

// change is what an evaluation did to an instance.
type change struct {
	*instance
	from       State
	fromReason string
	// resolved is set when the instance stopped firing.
	resolved bool
}

func describe(state State, reason string) string {
	if reason == "" {
		return string(state)
	}
	return fmt.Sprintf("%s (%s)", state, reason)
}

// fires tells whether the Alertmanager is told that an instance of this state fires.
func (s State) fires() bool { return s == Alerting || s == Recovering || s == NoData || s == Error }

// machine holds the instances of one rule and moves them from state to state.
type machine struct {
	rule       RuleWithGroup
	pending    time.Duration
	keepFiring time.Duration
	external   *url.URL
	log        hclog.Logger
	instances  map[string]*instance
}

func newMachine(rule RuleWithGroup, external *url.URL, log hclog.Logger) (*machine, error) {
	pending, err := duration(rule.For, 0)
	if err != nil {
		return nil, fmt.Errorf("for: %w", err)
	}
	keepFiring, err := duration(rule.KeepFiringFor, 0)
	if err != nil {
		return nil, fmt.Errorf("keep_firing_for: %w", err)
	}
	return &machine{rule: rule, pending: pending, keepFiring: keepFiring, external: external, log: log, instances: map[string]*instance{}}, nil
}

// process moves the rule's instances according to the results of one evaluation.
func (m *machine) process(results []result, at time.Time) []change {
	var changes []change
	seen := map[string]bool{}
	if m.forAll(results) && len(m.instances) > 0 {
		for _, key := range slices.Sorted(maps.Keys(m.instances)) {
			changes = append(changes, m.transition(m.instances[key], results[0]))
			seen[key] = true
		}
	} else {
		for _, r := range results {
			key, current := m.instanceFor(r)
			m.instances[key] = current
			seen[key] = true
			changes = append(changes, m.transition(current, r))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(m.instances)) {
		current := m.instances[key]
		if seen[key] || current.evaluatedAt.Add(missedEvaluations*m.rule.Interval).After(at) {
			continue
		}
		changes = append(changes, current.end(reasonMissingSeries, at))
		delete(m.instances, key)
	}
	return changes
}

// reset ends all instances, because their rule was changed, paused or deleted.
func (m *machine) reset(reason string, at time.Time) []change {
	var changes []change
	for _, key := range slices.Sorted(maps.Keys(m.instances)) {
		changes = append(changes, m.instances[key].end(reason, at))
	}
	m.instances = map[string]*instance{}
	return changes
}

func (i *instance) end(reason string, at time.Time) change {
	c := change{instance: i, from: i.state, fromReason: i.reason, resolved: i.state.fires()}
	i.state, i.reason, i.startsAt, i.endsAt, i.evaluatedAt = Normal, reason, at, at, at
	return c
}

// forAll tells whether the results are no data or an error that the rule maps to Alerting, OK or KeepLast: then
// every instance that exists takes part, instead of one that stands for the data source.
func (m *machine) forAll(results []result) bool {
	every := func(state State) bool {
		return !slices.ContainsFunc(results, func(r result) bool { return r.state != state })
	}
	return (every(NoData) && m.noDataOutcome() != string(NoData)) || (every(Error) && m.errorOutcome() != string(Error))
}

func (m *machine) noDataOutcome() string {
	if m.rule.NoDataState == "" {
		return string(NoData)
	}
	return m.rule.NoDataState
}

func (m *machine) errorOutcome() string {
	if m.rule.ExecErrState == "" {
		return string(Alerting)
	}
	return m.rule.ExecErrState
}

// built are the labels that Grafana itself adds.
func (m *machine) built() map[string]string {
	return map[string]string{
		labelAlertName: m.rule.Title, labelFolder: m.rule.FolderTitle, labelRuleUID: m.rule.UID, labelNamespace: m.rule.FolderUID,
	}
}

// labels of a result: Grafana's own win over the rule's, and those over the query's.
func (m *machine) labels(r result) (labels, annotations map[string]string) {
	known := maps.Clone(r.labels)
	if known == nil {
		known = map[string]string{}
	}
	maps.Copy(known, m.built())
	data := newTemplateData(known, r)
	labels = maps.Clone(r.labels)
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, expand(m.log, m.rule.Title, m.rule.Labels, data, m.external))
	maps.Copy(labels, m.built())
	return labels, expand(m.log, m.rule.Title, m.rule.Annotations, data, m.external)
}

// instanceFor is the instance that a result is about: the known one with its texts renewed, or a new one.
func (m *machine) instanceFor(r result) (key string, current *instance) {
	labels, annotations := m.labels(r)
	key = labelKey(labels)
	current, known := m.instances[key]
	if !known {
		current = &instance{state: Normal, startsAt: r.at, endsAt: r.at}
	}
	current.labels, current.annotations = labels, annotations
	return key, current
}

// transition applies one result to an instance.
func (m *machine) transition(i *instance, r result) change {
	c := change{instance: i, from: i.state, fromReason: i.reason}
	i.evaluatedAt, i.valueString = r.at, valueString(r.captures)
	i.setValues(r)
	switch r.state {
	case Normal:
		m.normal(i, r.at)
	case Alerting:
		m.alerting(i, r.at)
	case NoData:
		m.noData(i, r)
	case Error:
		m.failed(i, r)
	}
	i.reason = ""
	if i.state != r.state && (r.state == NoData || r.state == Error) {
		i.reason = string(r.state)
		if (r.state == NoData && m.noDataOutcome() == outcomeKeepLast) || (r.state == Error && m.errorOutcome() == outcomeKeepLast) {
			i.reason += ", " + outcomeKeepLast
		}
	}
	c.resolved = c.from.fires() && i.state == Normal
	return c
}

// setValues takes the result's numbers; without any, the known refIds read -1, so that templates still find them.
func (i *instance) setValues(r result) {
	values := map[string]float64{}
	if r.state == NoData || r.state == Error {
		for refID := range i.values {
			values[refID] = -1
		}
	}
	for refID, c := range r.captures {
		if values[refID] = math.NaN(); c.number != nil {
			values[refID] = *c.number
		}
	}
	i.values = values
}

func (i *instance) set(state State, from, to time.Time) {
	i.state, i.startsAt, i.endsAt, i.err = state, from, to, nil
}

// ends is when the Alertmanager takes an alert as resolved unless it is told again: after four evaluations.
func (m *machine) ends(at time.Time) time.Time {
	return at.Add(4 * max(m.rule.Interval, resendDelay))
}

func (m *machine) normal(i *instance, at time.Time) {
	switch {
	case i.state == Normal:
	case i.state == Recovering && at.Sub(i.startsAt) < m.keepFiring:
		i.endsAt = m.ends(at)
	case i.state == Alerting && m.keepFiring > 0:
		i.set(Recovering, at, m.ends(at))
	default:
		i.set(Normal, at, at)
	}
}

func (m *machine) alerting(i *instance, at time.Time) {
	switch {
	case i.state == Alerting:
		i.endsAt = m.ends(at)
	case i.state == Pending:
		if at.Sub(i.startsAt) >= m.pending {
			i.set(Alerting, at, m.ends(at))
		}
	case i.state != Recovering && m.pending > 0:
		i.set(Pending, at, m.ends(at))
	default:
		i.set(Alerting, at, m.ends(at))
	}
}

// keepLast goes on with the state there is: a pending instance fires once its time is over, one that is neither
// normal, pending nor firing becomes normal.
func (m *machine) keepLast(i *instance, at time.Time) {
	if i.state == Alerting || i.state == Pending {
		m.alerting(i, at)
		return
	}
	m.normal(i, at)
}

func (m *machine) noData(i *instance, r result) {
	// Which query had no data is told by label on an instance of its own, by annotation on the others.
	for name, text := range r.labels {
		if i.labels[name] != text {
			i.annotations[name] = text
		}
	}
	switch outcome := m.noDataOutcome(); {
	case strings.EqualFold(outcome, string(Alerting)):
		m.alerting(i, r.at)
	case strings.EqualFold(outcome, "OK"):
		m.normal(i, r.at)
	case strings.EqualFold(outcome, outcomeKeepLast):
		m.keepLast(i, r.at)
	case i.state == NoData:
		i.endsAt = m.ends(r.at)
	default:
		i.set(NoData, r.at, m.ends(r.at))
	}
}

func (m *machine) failed(i *instance, r result) {
	i.annotations["Error"] = r.err.Error()
	where := i.annotations
	switch outcome := m.errorOutcome(); {
	case strings.EqualFold(outcome, string(Alerting)):
		m.alerting(i, r.at)
		i.err = r.err
	case strings.EqualFold(outcome, "OK"):
		m.normal(i, r.at)
	case strings.EqualFold(outcome, outcomeKeepLast):
		m.keepLast(i, r.at)
	default:
		if i.state == Error {
			i.endsAt = m.ends(r.at)
		} else {
			i.set(Error, r.at, m.ends(r.at))
		}
		i.err = r.err
		where = i.labels
	}
	if r.refID != "" {
		where["ref_id"], where["datasource_uid"] = r.refID, r.source
	}
}

// recorded tells whether the state history has an entry for a change: not if the state stayed, and not for
// instances that were normal before they were removed.
func (c change) recorded() bool {
	if c.from == c.state && c.fromReason == c.reason {
		return false
	}
	swept := c.reason == reasonMissingSeries || c.reason == reasonPaused || c.reason == reasonUpdated || c.reason == reasonDeleted
	return !swept || c.from != Normal
}

// public are labels without those that Grafana keeps to itself.
func public(labels map[string]string) map[string]string {
	shown := map[string]string{}
	for name, text := range labels {
		if !strings.HasPrefix(name, "__") {
			shown[name] = text
		}
	}
	return shown
}

// valuesText writes values as "B=22, C=1".
func valuesText(values map[string]float64) string {
	parts := make([]string, 0, len(values))
	for _, refID := range slices.Sorted(maps.Keys(values)) {
		parts = append(parts, refID+"="+strconv.FormatFloat(values[refID], 'g', -1, 64))
	}
	return strings.Join(parts, ", ")
}
