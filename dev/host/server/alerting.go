package server

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/burnline/grafana-slo-app/dev/host/alerting"
)

const (
	// defaultGroupInterval is the evaluation interval of a group that a single rule creates, in seconds.
	defaultGroupInterval = 60
	// baseInterval is the step of Grafana's scheduler: intervals are multiples of it, in seconds.
	baseInterval = 10
)

// Provenance is by which way a resource came: ProvenanceNone leaves it to everybody to change.
const (
	provenanceNone = ""
	provenanceAPI  = "api"
	provenanceFile = "file"
)

// alertRule is a rule with what its group says.
type alertRule struct {
	alerting.Rule
	// Interval is the group's evaluation interval in seconds.
	Interval int64 `json:"interval"`
	// Index is the rule's place in its group, 0 for a rule that was not sent with its group.
	Index int `json:"index"`
}

func (r *alertRule) in(folder, group string) bool {
	return r.FolderUID == folder && r.RuleGroup == group
}

// dataSources are the uids that the rule queries, expressions left out.
func (r *alertRule) dataSources() []string {
	uids := []string{}
	for _, query := range r.Data {
		if query.DatasourceUID != expressionUID && !slices.Contains(uids, query.DatasourceUID) {
			uids = append(uids, query.DatasourceUID)
		}
	}
	return uids
}

// alertRules are all rules in Grafana's order: by folder, group and place in the group. They are not to be changed.
func (s *Server) alertRules() []*alertRule {
	var rules []*alertRule
	s.store.read(func(state *state) { rules = slices.Clone(state.AlertRules) })
	slices.SortStableFunc(rules, func(a, b *alertRule) int {
		return cmp.Or(cmp.Compare(a.FolderUID, b.FolderUID), cmp.Compare(a.RuleGroup, b.RuleGroup), cmp.Compare(a.Index, b.Index), cmp.Compare(a.ID, b.ID))
	})
	return rules
}

func (s *Server) alertRule(uid string) *alertRule {
	var found *alertRule
	s.store.read(func(state *state) { found = findRule(state.AlertRules, uid) })
	return found
}

func findRule(rules []*alertRule, uid string) *alertRule {
	if at := slices.IndexFunc(rules, func(r *alertRule) bool { return r.UID == uid }); at >= 0 {
		return rules[at]
	}
	return nil
}

// ruleEdit changes several rules in one step; when it fails, nothing of it stays.
type ruleEdit struct {
	state *state
	rules []*alertRule
	saved []*alertRule
	now   time.Time
}

func editRules(state *state, fn func(*ruleEdit) error) error {
	edit := &ruleEdit{state: state, rules: slices.Clone(state.AlertRules), now: time.Now().UTC()}
	if err := fn(edit); err != nil {
		return err
	}
	if err := edit.titlesAreUnique(); err != nil {
		return err
	}
	state.AlertRules = edit.rules
	return nil
}

// save validates a rule and puts it in the place of the one with its uid, or at the end.
func (e *ruleEdit) save(rule alertRule) (*alertRule, error) {
	if rule.UID == "" {
		rule.UID = newUID()
	}
	rule.OrgID, rule.Updated = 1, e.now
	if err := validateRule(&rule, e.state); err != nil {
		return nil, err
	}
	at := slices.IndexFunc(e.rules, func(r *alertRule) bool { return r.UID == rule.UID })
	if at < 0 {
		rule.ID = e.state.newID()
		e.rules = append(e.rules, &rule)
	} else {
		rule.ID = e.rules[at].ID
		if e.rules[at].sameAs(rule) {
			rule.Updated = e.rules[at].Updated
		}
		e.rules[at] = &rule
	}
	e.saved = append(e.saved, &rule)
	return &rule, nil
}

// sameAs is true when nothing but the time of the change differs; such a change is none in Grafana.
func (r *alertRule) sameAs(other alertRule) bool {
	other.Updated = r.Updated
	before, err := json.Marshal(r)
	if err != nil {
		return false
	}
	after, err := json.Marshal(other)
	return err == nil && bytes.Equal(before, after)
}

func (e *ruleEdit) remove(uid string) {
	e.rules = slices.DeleteFunc(e.rules, func(r *alertRule) bool { return r.UID == uid })
}

func (e *ruleEdit) titlesAreUnique() error {
	for _, saved := range e.saved {
		for _, other := range e.rules {
			if other.UID != saved.UID && other.FolderUID == saved.FolderUID && other.Title == saved.Title {
				return ruleConflict(saved.UID, "rule title under the same organisation and folder should be unique")
			}
		}
	}
	return nil
}

// ruleGroup is Grafana's AlertRuleGroup. Rules is nil when a request only sets the interval.
type ruleGroup struct {
	Title     string          `json:"title"`
	FolderUID string          `json:"folderUid"`
	Interval  int64           `json:"interval"`
	Rules     []alerting.Rule `json:"rules"`
}

// replaceGroup makes the group what is given: rules that are not in it are deleted, rules of other groups with the
// same uid move. check sees each rule that goes and each that comes, with the one that it replaces.
func (e *ruleEdit) replaceGroup(group ruleGroup, provenance string, check func(before, after *alertRule) error) error {
	if group.Interval <= 0 || group.Interval%baseInterval != 0 {
		return invalidRule(fmt.Errorf("interval (%v) should be non-zero and divided exactly by scheduler interval: %d", time.Duration(group.Interval)*time.Second, baseInterval))
	}
	var fresh []alertRule
	for i, rule := range group.Rules {
		rule.FolderUID, rule.RuleGroup, rule.Provenance = group.FolderUID, group.Title, provenance
		if rule.UID != "" && slices.ContainsFunc(fresh, func(other alertRule) bool { return other.UID == rule.UID }) {
			return invalidRule(fmt.Errorf("rule [%d] has UID %s that is already assigned to another rule", i, rule.UID))
		}
		fresh = append(fresh, alertRule{Rule: rule, Interval: group.Interval, Index: i + 1})
	}
	for _, old := range slices.Clone(e.rules) {
		if !old.in(group.FolderUID, group.Title) {
			continue
		}
		if group.Rules == nil {
			same := *old
			same.Interval = group.Interval
			fresh = append(fresh, same)
			continue
		}
		if slices.ContainsFunc(fresh, func(r alertRule) bool { return r.UID == old.UID }) {
			continue
		}
		if !provenanceAllowsInGroup(old.Provenance, provenance) {
			return provenanceMismatch("delete", provenance, old.Provenance)
		}
		if err := check(old, nil); err != nil {
			return err
		}
		e.remove(old.UID)
	}
	for i := range fresh {
		before := findRule(e.rules, fresh[i].UID)
		if before != nil && !provenanceAllowsInGroup(before.Provenance, provenance) {
			return provenanceMismatch("update", provenance, before.Provenance)
		}
		if err := check(before, &fresh[i]); err != nil {
			return err
		}
		if _, err := e.save(fresh[i]); err != nil {
			return err
		}
	}
	return nil
}

func provenanceAllowsInGroup(stored, provided string) bool {
	return stored == provided || stored == provenanceNone || stored == provenanceAPI && provided == provenanceNone
}

// newUID is a uid as short as Grafana's own.
func newUID() string {
	id := uuid.New()
	return hex.EncodeToString(id[:7])
}

func invalidRule(cause error) error {
	return badRequest("invalid alert rule: "+cause.Error(), nil)
}

func ruleConflict(uid, reason string) error {
	return &apiError{
		Status: http.StatusConflict, MessageID: "alerting.alert-rule.conflict",
		Message: fmt.Sprintf("Failed to save alert rule '%s' in organization 1 due to conflict: %s", uid, reason),
	}
}

func provenanceMismatch(operation, provided, stored string) error {
	return &apiError{
		Status: http.StatusConflict, MessageID: "alerting.provenanceMismatch",
		Message: fmt.Sprintf("cannot %s with provided provenance '%s', needs '%s'", operation, provided, stored),
	}
}

// newScheduler sets the evaluation up; it runs from its start as a service on.
func (s *Server) newScheduler() (*alerting.Scheduler, error) {
	return alerting.New(alerting.Config{
		Rules: s.scheduledRules, Query: s.queryForAlert, ContactPoints: s.notified, ExternalURL: s.URL() + "/",
		OnTransition: s.recordTransition, Logger: s.cfg.Logger.Named("alerting"),
	})
}

// scheduledRules are what the scheduler evaluates.
func (s *Server) scheduledRules() []alerting.RuleWithGroup {
	titles := s.folderTitles()
	var rules []alerting.RuleWithGroup
	for _, rule := range s.alertRules() {
		rules = append(rules, alerting.RuleWithGroup{Rule: rule.Rule, FolderTitle: titles[rule.FolderUID], Interval: time.Duration(rule.Interval) * time.Second})
	}
	return rules
}

func (s *Server) folderTitles() map[string]string {
	titles := map[string]string{}
	s.store.read(func(state *state) {
		for _, f := range state.Folders {
			titles[f.UID] = f.Title
		}
	})
	return titles
}

func (s *Server) notified() []alerting.ContactPoint {
	var points []alerting.ContactPoint
	s.store.read(func(state *state) {
		for _, point := range state.ContactPoints {
			points = append(points, alerting.ContactPoint{
				UID: point.UID, Name: point.Name, Type: point.Type, Settings: point.Settings, DisableResolveMessage: point.DisableResolveMessage,
			})
		}
	})
	return points
}

// recordTransition keeps a change of state as Grafana's state history does in its annotations.
func (s *Server) recordTransition(t alerting.Transition) {
	note := transitionNote(t)
	err := s.store.change(func(state *state) error {
		note.ID = state.newID()
		state.Annotations = append(state.Annotations, note)
		state.forgetOldTransitions()
		return nil
	})
	if err != nil {
		s.cfg.Logger.Error("state history was not written", "rule", t.Rule.UID, "error", err)
	}
}

// labelText is how Grafana writes labels in its state history, without private ones.
func labelText(labels map[string]string) string {
	public := data.Labels{}
	for name, value := range labels {
		if !isPrivateLabel(name) {
			public[name] = value
		}
	}
	return public.String()
}
