package server

import (
	"net/http"
	"slices"

	"github.com/burnline/grafana-slo-app/dev/host/alerting"
)

// provenanceOf is what a request marks its resources with: the header's presence alone leaves them to everybody.
func provenanceOf(r *http.Request) string {
	if _, disabled := r.Header["X-Disable-Provenance"]; disabled {
		return provenanceNone
	}
	return provenanceAPI
}

// empty answers with a status and nothing else, as Grafana does for a rule that is not there.
func empty(w http.ResponseWriter, status int) error {
	w.WriteHeader(status)
	return nil
}

func (s *Server) listRules(w http.ResponseWriter, r *http.Request) error {
	who, found := identityFrom(r.Context()), []alerting.Rule{}
	for _, rule := range s.alertRules() {
		if who.mayReadRule(rule) {
			found = append(found, rule.Rule)
		}
	}
	return writeJSON(w, http.StatusOK, found)
}

func (s *Server) getRule(w http.ResponseWriter, r *http.Request) error {
	rule := s.alertRule(r.PathValue("uid"))
	if rule == nil {
		return empty(w, http.StatusNotFound)
	}
	if !identityFrom(r.Context()).mayReadRule(rule) {
		return denied("Permissions needed: " + actionRulesRead + " on folders:uid:" + rule.FolderUID)
	}
	return writeJSON(w, http.StatusOK, rule.Rule)
}

func (s *Server) postRule(w http.ResponseWriter, r *http.Request) error {
	rule := alertRule{Interval: defaultGroupInterval}
	if err := readJSON(r, &rule.Rule); err != nil {
		return err
	}
	rule.Provenance = provenanceOf(r)
	var saved *alertRule
	err := s.store.change(func(state *state) error {
		return editRules(state, func(edit *ruleEdit) error {
			if rule.UID != "" && findRule(edit.rules, rule.UID) != nil {
				return ruleConflict(rule.UID, "rule UID under the same organisation should be unique")
			}
			if err := mayPlace(r, state, nil, &rule); err != nil {
				return err
			}
			for _, other := range edit.rules {
				if other.in(rule.FolderUID, rule.RuleGroup) {
					rule.Interval = other.Interval
				}
			}
			var err error
			saved, err = edit.save(rule)
			return err
		})
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, saved.Rule)
}

// mayPlace checks the permissions of a change, for a folder that is there: one that is not is the validation's to refuse.
func mayPlace(r *http.Request, state *state, before, after *alertRule) error {
	if after != nil && findFolder(state, after.FolderUID) == nil {
		return nil
	}
	return identityFrom(r.Context()).checkRuleChange(before, after)
}

func (s *Server) putRule(w http.ResponseWriter, r *http.Request) error {
	var rule alertRule
	if err := readJSON(r, &rule.Rule); err != nil {
		return err
	}
	rule.UID, rule.Provenance = r.PathValue("uid"), provenanceOf(r)
	var saved *alertRule
	err := s.store.change(func(state *state) error {
		return editRules(state, func(edit *ruleEdit) error {
			before := findRule(edit.rules, rule.UID)
			if before == nil {
				return nil
			}
			if before.Provenance != rule.Provenance && before.Provenance != provenanceNone {
				return provenanceMismatch("update", rule.Provenance, before.Provenance)
			}
			if err := mayPlace(r, state, before, &rule); err != nil {
				return err
			}
			rule.Interval, rule.Index = before.Interval, before.Index
			var err error
			saved, err = edit.save(rule)
			return err
		})
	})
	if err != nil {
		return err
	}
	if saved == nil {
		return empty(w, http.StatusNotFound)
	}
	return writeJSON(w, http.StatusOK, saved.Rule)
}

// deleteRule answers the same for a rule that is not there: in Grafana the deletion of one rule is idempotent.
func (s *Server) deleteRule(w http.ResponseWriter, r *http.Request) error {
	uid, provenance := r.PathValue("uid"), provenanceOf(r)
	err := s.store.change(func(state *state) error {
		return editRules(state, func(edit *ruleEdit) error {
			before := findRule(edit.rules, uid)
			if before == nil {
				return nil
			}
			if before.Provenance != provenance && before.Provenance != provenanceNone {
				return provenanceMismatch("delete", provenance, before.Provenance)
			}
			if err := identityFrom(r.Context()).checkRuleChange(before, nil); err != nil {
				return err
			}
			edit.remove(uid)
			return nil
		})
	})
	if err != nil {
		return err
	}
	return empty(w, http.StatusNoContent)
}

var errGroupNotFound = &apiError{Status: http.StatusNotFound, Message: "Not found", MessageID: "alerting.alert-rule.notFound"}

// rulesOfGroup are the rules of the group in the path, those of folder and group that the caller may read.
func (s *Server) rulesOfGroup(r *http.Request) ([]*alertRule, error) {
	folder, group := r.PathValue("folder"), r.PathValue("group")
	rules := slices.DeleteFunc(s.alertRules(), func(rule *alertRule) bool { return !rule.in(folder, group) })
	if len(rules) == 0 {
		return nil, errGroupNotFound
	}
	if !identityFrom(r.Context()).mayReadRule(rules[0]) {
		return nil, denied("Permissions needed: " + actionRulesRead + " on folders:uid:" + folder)
	}
	return rules, nil
}

func (s *Server) getRuleGroup(w http.ResponseWriter, r *http.Request) error {
	rules, err := s.rulesOfGroup(r)
	if err != nil {
		return err
	}
	group := ruleGroup{Title: rules[0].RuleGroup, FolderUID: rules[0].FolderUID, Interval: rules[0].Interval}
	for _, rule := range rules {
		group.Rules = append(group.Rules, rule.Rule)
	}
	return writeJSON(w, http.StatusOK, group)
}

// putRuleGroup answers with what was sent, as Grafana does: ids and what Grafana adds to the models show only when read.
func (s *Server) putRuleGroup(w http.ResponseWriter, r *http.Request) error {
	var group ruleGroup
	if err := readJSON(r, &group); err != nil {
		return err
	}
	group.FolderUID, group.Title = r.PathValue("folder"), r.PathValue("group")
	err := s.store.change(func(state *state) error {
		return editRules(state, func(edit *ruleEdit) error {
			return edit.replaceGroup(group, provenanceOf(r), func(before, after *alertRule) error { return mayPlace(r, state, before, after) })
		})
	})
	if err != nil {
		return err
	}
	if group.Rules == nil {
		group.Rules = []alerting.Rule{}
	}
	return writeJSON(w, http.StatusOK, group)
}

func (s *Server) deleteRuleGroup(w http.ResponseWriter, r *http.Request) error {
	folder, group, provenance := r.PathValue("folder"), r.PathValue("group"), provenanceOf(r)
	err := s.store.change(func(state *state) error {
		return editRules(state, func(edit *ruleEdit) error {
			found := false
			for _, rule := range slices.Clone(edit.rules) {
				if !rule.in(folder, group) {
					continue
				}
				found = true
				if !provenanceAllowsInGroup(rule.Provenance, provenance) {
					return provenanceMismatch("delete", provenance, rule.Provenance)
				}
				if err := identityFrom(r.Context()).checkRuleChange(rule, nil); err != nil {
					return err
				}
				edit.remove(rule.UID)
			}
			if !found {
				return errGroupNotFound
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	return empty(w, http.StatusNoContent)
}
