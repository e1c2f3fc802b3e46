package noise

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"
)

// Change is one transition of an alert instance, as Grafana's state history has it.
type Change struct {
	// Rule is the rule's title, RuleUID its UID where it is known.
	Rule    string
	RuleUID string
	// Labels are the instance's without private ones; nil if they could not be read.
	Labels map[string]string
	// Previous and State are Grafana's words: "Normal", "Alerting", "Pending (NoData)"…
	Previous, State string
	At              time.Time
}

// annotation is what GET /api/annotations?type=alert gives. Newer versions add alertUID and fill alertName;
// data holds values only, so that labels are in the text alone.
type annotation struct {
	AlertUID  string `json:"alertUID"`
	AlertName string `json:"alertName"`
	Prev      string `json:"prevState"`
	New       string `json:"newState"`
	Time      int64  `json:"time"`
	Text      string `json:"text"`
}

// ReadAnnotations reads the answer of GET /api/annotations?type=alert, and counts what it could not make sense of.
func ReadAnnotations(raw []byte) (changes []Change, unread int, err error) {
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil {
		return nil, 0, fmt.Errorf("alert annotations: %w; expected the list that GET /api/annotations?type=alert answers", err)
	}
	for _, element := range elements {
		var a annotation
		if json.Unmarshal(element, &a) != nil || a.New == "" || a.Time <= 0 || a.Text == "" && a.AlertName == "" {
			unread++
			continue
		}
		c := Change{RuleUID: a.AlertUID, Previous: a.Prev, State: a.New, At: time.UnixMilli(a.Time).UTC()}
		c.Rule, c.Labels = readText(a.Text)
		if a.AlertName != "" {
			c.Rule = a.AlertName
		}
		changes = append(changes, c)
	}
	return changes, unread, nil
}

// readText takes "title {a=1, b=2} - values" apart. Nothing in it is escaped, so that titles and values may hold the
// separators: the right title is the one that the label alertname repeats, and labels are sorted by name.
func readText(text string) (title string, labels map[string]string) {
	end := strings.LastIndex(text, "} - ")
	if end < 0 {
		return text, nil
	}
	for open := strings.Index(text, " {"); open >= 0 && open+2 <= end; {
		found := readLabels(text[open+2 : end])
		if labels == nil {
			title, labels = text[:open], found
		}
		if found["alertname"] == text[:open] {
			return text[:open], found
		}
		next := strings.Index(text[open+2:], " {")
		if next < 0 {
			break
		}
		open += 2 + next
	}
	if labels == nil {
		return text, nil
	}
	return title, labels
}

func readLabels(text string) map[string]string {
	labels, last := map[string]string{}, ""
	for part := range strings.SplitSeq(text, ", ") {
		name, value, ok := strings.Cut(part, "=")
		switch {
		case ok && name > last:
			labels[name], last = value, name
		case last != "":
			labels[last] += ", " + part
		}
	}
	return labels
}

// phase is what an instance tells people in a state, "" for nothing; the reason in parentheses does not matter. The
// phases noData and failed come as alerts of their own.
func phase(state string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(state), " ")
	switch word {
	case "Alerting", "Recovering":
		return firing
	case "NoData":
		return "DatasourceNoData"
	case "Error":
		return "DatasourceError"
	}
	return ""
}

const firing = "firing"

// FromChanges turns state changes, of any order, into firings. One that began before the first change known of its
// instance has no Start.
func FromChanges(changes []Change) []Event {
	instances := map[string][]Change{}
	for _, c := range changes {
		key := identity(Event{Rule: c.Rule, Labels: c.Labels})
		instances[key] = append(instances[key], c)
	}
	var out []Event
	for _, key := range slices.Sorted(maps.Keys(instances)) {
		list := instances[key]
		slices.SortStableFunc(list, func(a, b Change) int { return a.At.Compare(b.At) })
		out = append(out, firings(list)...)
	}
	return out
}

func firings(changes []Change) []Event {
	var out []Event
	now := phase(changes[0].Previous)
	if now != "" {
		out = append(out, changes[0].event(now, time.Time{}))
	}
	for _, c := range changes {
		next := phase(c.State)
		if next == now {
			continue
		}
		if now != "" {
			out[len(out)-1].End = c.At
		}
		if next != "" {
			out = append(out, c.event(next, c.At))
		}
		now = next
	}
	return out
}

// event is a firing that this change begins; without data and with errors Grafana gives it another name.
func (c Change) event(phase string, start time.Time) Event {
	e := Event{RuleUID: c.RuleUID, Rule: c.Rule, Folder: c.Labels["grafana_folder"], Labels: c.Labels, Start: start, Source: SourceHistory}
	if phase != firing {
		e.Labels = maps.Clone(c.Labels)
		if e.Labels == nil {
			e.Labels = map[string]string{}
		}
		e.Labels["alertname"], e.Labels["rulename"] = phase, c.Rule
	}
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(identity(e)))
	e.ID = fmt.Sprintf("history-%016x-%d", hash.Sum64(), c.At.UnixMilli())
	return e
}
