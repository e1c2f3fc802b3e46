package grafana

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// StateChange is an alert instance that changed its state, as Grafana's state history keeps it.
type StateChange struct {
	// ID is the annotation's; 0 where the history is kept in Loki.
	ID int64
	// RuleID is Grafana's number of the rule, 0 if it does not tell; RuleUID the UID, "" if it does not tell.
	RuleID  int64
	RuleUID string
	// Rule is the rule's title.
	Rule string
	// Labels are those of the instance, grafana_folder and alertname included, as far as the text holds them.
	Labels map[string]string
	// Previous and State are Grafana's words: "Normal", "Pending", "Alerting", "Recovering", "NoData", "Error", with a
	// reason in parentheses where there is one.
	Previous, State string
	At              time.Time
	// Text is the annotation's text.
	Text string
}

// History is the state changes of a span.
type History struct {
	// Changes are sorted by time, oldest first, each once.
	Changes []StateChange
	// From is since when the changes are all there; Complete says that it is what was asked for. Grafana may hold more
	// than can be read in one go.
	From     time.Time
	Complete bool
}

const (
	// historyPage is how many annotations one request asks for.
	historyPage = 1000
	// historyPages bounds the requests for one span.
	historyPages = 100
)

// History reads Grafana's state history of alert rules from `from` to `to`, of all rules, not of ours only.
func (a *Alerting) History(ctx context.Context, from, to time.Time) (History, error) {
	history := History{From: to}
	seen := map[string]bool{}
	until := to.UnixMilli()
	for range historyPages {
		page, err := a.historyPage(ctx, from.UnixMilli(), until)
		if err != nil {
			return History{}, err
		}
		oldest := until
		for _, change := range page {
			oldest = min(oldest, change.At.UnixMilli())
			key := strings.Join([]string{strconv.FormatInt(change.ID, 10), strconv.FormatInt(change.At.UnixMilli(), 10), change.Text, change.State}, "\x00")
			if !seen[key] {
				seen[key] = true
				history.Changes = append(history.Changes, change)
			}
		}
		if len(page) < historyPage {
			history.From, history.Complete = from, true
			break
		}
		// Grafana answers the newest first: what is left is older. More than a page within one millisecond can't be read.
		history.From = time.UnixMilli(oldest)
		if oldest == until {
			break
		}
		until = oldest
	}
	slices.SortStableFunc(history.Changes, func(x, y StateChange) int { return x.At.Compare(y.At) })
	return history, nil
}

// wireAnnotation is an alert annotation of Grafana.
type wireAnnotation struct {
	ID        int64  `json:"id"`
	AlertID   int64  `json:"alertId"`
	AlertUID  string `json:"alertUID"`
	AlertName string `json:"alertName"`
	Prev      string `json:"prevState"`
	New       string `json:"newState"`
	Time      int64  `json:"time"`
	Text      string `json:"text"`
}

func (a *Alerting) historyPage(ctx context.Context, from, to int64) ([]StateChange, error) {
	query := url.Values{
		"type": {"alert"}, "from": {strconv.FormatInt(from, 10)}, "to": {strconv.FormatInt(to, 10)}, "limit": {strconv.Itoa(historyPage)},
	}
	var wire []wireAnnotation
	if err := a.client.fetch(ctx, operation{"read the alert state history", permitHistory}, "/api/annotations?"+query.Encode(), &wire); err != nil {
		return nil, err
	}
	changes := make([]StateChange, 0, len(wire))
	for _, w := range wire {
		title, labels := readText(w.Text)
		if w.AlertName != "" {
			title = w.AlertName
		}
		changes = append(changes, StateChange{
			ID: w.ID, RuleID: w.AlertID, RuleUID: w.AlertUID, Rule: title, Labels: labels, Previous: w.Prev, State: w.New,
			At: time.UnixMilli(w.Time).UTC(), Text: w.Text,
		})
	}
	return changes, nil
}

// readText takes Grafana's annotation text apart: "title {name=value, name=value} - A=1.000000". Nothing in it is escaped: of
// several readings the one counts whose label alertname repeats the title, else the first.
func readText(text string) (title string, labels map[string]string) {
	end := strings.LastIndex(text, "} - ")
	for open := 0; open < end; open++ {
		if !strings.HasPrefix(text[open:], " {") || open+2 > end {
			continue
		}
		found := readLabels(text[open+2 : end])
		if labels == nil || found["alertname"] == text[:open] {
			title, labels = text[:open], found
		}
		if found["alertname"] == text[:open] {
			break
		}
	}
	if labels == nil {
		return text, nil
	}
	return title, labels
}

// readLabels reads "name=value, name=value". A value may hold ", " itself; what follows without "=" belongs to the value before it.
func readLabels(text string) map[string]string {
	labels, last := map[string]string{}, ""
	for part := range strings.SplitSeq(text, ", ") {
		name, value, ok := strings.Cut(part, "=")
		switch {
		case ok:
			labels[name], last = value, name
		case last != "":
			labels[last] += ", " + part
		}
	}
	return labels
}
