package plugin

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/burnline/grafana-slo-app/pkg/ledger"
)

// label is one condition on metadata.labels: the key has any of the values.
type label struct {
	Key    string
	Values []string
}

// selection says which SLOs are meant: all given lists must match, an empty list matches everything.
type selection struct {
	SLOs, Services []string
	// Labels holds each key once.
	Labels []label
}

// want adds a value of a label; those of one key are alternatives.
func (s *selection) want(key, value string) {
	for i := range s.Labels {
		if s.Labels[i].Key == key {
			s.Labels[i].Values = append(s.Labels[i].Values, value)
			return
		}
	}
	s.Labels = append(s.Labels, label{Key: key, Values: []string{value}})
}

// pick gives the chosen entries by ID. A name that does not exist is an error, because a misspelt
// filter would otherwise show a calm, empty panel. An SLO that was removed from its files is found by
// its ID only, so that its history can still be looked at.
func (s selection) pick(snapshot ledger.Snapshot) ([]ledger.Entry, error) {
	if entry, ok := s.single(snapshot); ok {
		return []ledger.Entry{entry}, nil
	}
	present := make([]ledger.Entry, 0, len(snapshot.Entries))
	removed := map[string]ledger.Entry{}
	for _, entry := range snapshot.Entries {
		if entry.Removed.IsZero() {
			present = append(present, entry)
		} else {
			removed[entry.Definition.ID] = entry
		}
	}
	if err := s.check(present, removed); err != nil {
		return nil, err
	}
	var chosen []ledger.Entry
	for _, entry := range present {
		if s.matches(entry) {
			chosen = append(chosen, entry)
		}
	}
	for _, id := range s.SLOs {
		if entry, ok := removed[id]; ok && s.matches(entry) {
			chosen = append(chosen, entry)
		}
	}
	return chosen, nil
}

// single finds the one SLO that is asked for without a look at the others: alert rules do that a thousand times a minute.
func (s selection) single(snapshot ledger.Snapshot) (ledger.Entry, bool) {
	if len(s.SLOs) != 1 || len(s.Services) > 0 || len(s.Labels) > 0 {
		return ledger.Entry{}, false
	}
	i, ok := slices.BinarySearchFunc(snapshot.Entries, s.SLOs[0], func(e ledger.Entry, id string) int { return strings.Compare(e.Definition.ID, id) })
	if !ok {
		return ledger.Entry{}, false
	}
	return snapshot.Entries[i], true
}

func (s selection) check(present []ledger.Entry, removed map[string]ledger.Entry) error {
	ids := map[string]bool{}
	for _, entry := range present {
		ids[entry.Definition.ID] = true
	}
	for _, id := range s.SLOs {
		if _, gone := removed[id]; !gone && !ids[id] {
			return notFound("there is no SLO %q. %s", id, remedy(id, keys(ids), "Its definition may be missing or wrong: see the problems on the app's page."))
		}
	}
	services := valuesOf(present, func(e ledger.Entry) []string { return []string{e.Definition.Service} })
	for _, service := range s.Services {
		if !slices.Contains(services, service) {
			return notFound("no SLO belongs to a service %q. %s", service, remedy(service, services, "A service is named by its metadata.name."))
		}
	}
	labels := labelValues(present)
	for _, want := range s.Labels {
		values, ok := labels[want.Key]
		if !ok {
			return notFound("no SLO has a label %q. %s", want.Key, remedy(want.Key, keys(labels), "Labels come from metadata.labels."))
		}
		for _, value := range want.Values {
			if !slices.Contains(values, value) {
				return notFound("no SLO has the label %s=%q. %s", want.Key, value, remedy(value, values, "Labels come from metadata.labels."))
			}
		}
	}
	return nil
}

func remedy(asked string, candidates []string, otherwise string) string {
	if hint := didYouMean(asked, candidates); hint != "" {
		return hint
	}
	return otherwise
}

func (s selection) matches(entry ledger.Entry) bool {
	def := entry.Definition
	if len(s.SLOs) > 0 && !slices.Contains(s.SLOs, def.ID) {
		return false
	}
	if len(s.Services) > 0 && !slices.Contains(s.Services, def.Service) {
		return false
	}
	for _, want := range s.Labels {
		has := splitLabel(def.Labels[want.Key])
		if !slices.ContainsFunc(want.Values, func(value string) bool { return slices.Contains(has, value) }) {
			return false
		}
	}
	return true
}

// String is the selection in words, "" when everything is selected.
func (s selection) String() string {
	var parts []string
	if len(s.SLOs) > 0 {
		parts = append(parts, "SLO "+quoted(s.SLOs, "or"))
	}
	if len(s.Services) > 0 {
		parts = append(parts, "service "+quoted(s.Services, "or"))
	}
	for _, l := range s.Labels {
		parts = append(parts, fmt.Sprintf("label %s=%s", l.Key, quoted(l.Values, "or")))
	}
	return strings.Join(parts, ", ")
}

// splitLabel undoes the joining of a label with several values.
func splitLabel(value string) []string { return strings.Split(value, ",") }

// labelValues are the values of every label key, sorted.
func labelValues(entries []ledger.Entry) map[string][]string {
	sets := map[string]map[string]bool{}
	for _, entry := range entries {
		for key, joined := range entry.Definition.Labels {
			if sets[key] == nil {
				sets[key] = map[string]bool{}
			}
			for _, value := range splitLabel(joined) {
				sets[key][value] = true
			}
		}
	}
	out := make(map[string][]string, len(sets))
	for key, set := range sets {
		out[key] = keys(set)
	}
	return out
}

func valuesOf(entries []ledger.Entry, of func(ledger.Entry) []string) []string {
	set := map[string]bool{}
	for _, entry := range entries {
		for _, value := range of(entry) {
			set[value] = true
		}
	}
	return keys(set)
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
