package rule

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source/prometheus"
)

// Config says where the rules will live.
type Config struct {
	Settings alert.Settings
	// Ledger is the UID of Burnline's own data source, "burnline-slo" if empty.
	Ledger string
	// AppURL is Grafana's root URL as people's browsers reach it: links in annotations begin with it.
	AppURL string
}

func (c *Config) defaults() error {
	if c.Ledger == "" {
		c.Ledger = "burnline-slo"
	}
	c.AppURL = strings.TrimRight(c.AppURL, "/")
	if c.AppURL == "" {
		return errors.New("rules: Config.AppURL is Grafana's root URL, for without it an alert leads nowhere; set root_url in Grafana's [server] section")
	}
	return nil
}

const (
	watchdogGroup  = "watchdog"
	watchdogFolder = "burnline"
	folderTitle    = "Burnline"
	// ledgerStale is the age of the evaluator's last sign of life at which the ledger counts as stale.
	ledgerStale = budget.StaleAfter
	watchdogFor = 5 * time.Minute
	// longestDirect is the longest window that a page asks of the source itself.
	longestDirect = 6 * time.Hour
	// maxTitle is Grafana's limit of a rule's title.
	maxTitle = 190
)

// UID is the rule's identity for an SLO's condition: whoever computes it gets the same, so that two replicas
// write one rule and not two.
func UID(sloID, conditionKey string) string {
	return "bl-" + digest(sloID+"\x00"+conditionKey, 32)
}

func digest(text string, length int) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:length]
}

// Build makes the rules of all plans, and the watchdog. The result depends on nothing but its input. Problems name
// what could not be made as wanted; such a rule is left out, or asks the ledger instead of the source.
//
// An error means that nothing can be built at all.
func Build(cfg Config, plans []alert.Plan) ([]Group, []slo.Problem, error) {
	if err := cfg.defaults(); err != nil {
		return nil, nil, err
	}
	b := builder{Config: cfg, titles: map[string]int{}, owners: map[string]string{}}
	plans = slices.SortedFunc(slices.Values(plans), func(a, b alert.Plan) int { return cmp.Compare(a.Definition.ID, b.Definition.ID) })
	for _, p := range plans {
		b.titles[b.folderUID(p.Definition)+"\x00"+p.Definition.DisplayName]++
	}
	var groups []Group
	for _, p := range plans {
		if p.Definition.NotEvaluated != "" || len(p.Conditions) == 0 {
			continue
		}
		if g := b.group(p); len(g.Rules) > 0 {
			groups = append(groups, g)
		}
	}
	if len(groups) > 0 {
		groups = append(groups, b.watchdog())
	}
	return groups, b.problems, nil
}

type builder struct {
	Config
	problems []slo.Problem
	// titles counts the SLOs of one name in a folder; owners has the SLO of each UID.
	titles map[string]int
	owners map[string]string
	// pageOnLedger is set when a page depends on the ledger.
	pageOnLedger bool
}

func (b *builder) group(p alert.Plan) Group {
	d := p.Definition
	g := Group{Name: GroupName(d.ID), FolderUID: b.folderUID(d), FolderTitle: b.folderTitle(d), Interval: Interval}
	for _, c := range p.Conditions {
		uid := UID(d.ID, c.Key())
		if other, taken := b.owners[uid]; taken {
			b.problem(d, slo.SeverityError, fmt.Sprintf("its rule %q and one of %s claim the same UID %s", c.Title(), other, uid), "give the two SLOs different names")
			continue
		}
		b.owners[uid] = d.ID
		r := Rule{
			UID: uid, Title: b.title(d, c), FolderUID: g.FolderUID, Group: g.Name, For: c.For,
			Labels: b.labels(d, c), Route: b.route(c),
		}
		b.nodes(&r, p, c)
		g.Rules = append(g.Rules, r)
	}
	return g
}

// GroupName is the rule group of an SLO. Grafana allows no slash in it, and as many characters as in a title.
func GroupName(sloID string) string {
	name := strings.ReplaceAll(sloID, "/", ":")
	if runes := []rune(name); len(runes) > maxTitle {
		name = string(runes[:maxTitle-9]) + "~" + digest(sloID, 8)
	}
	return name
}

func (b *builder) folderUID(d slo.Definition) string {
	return "burnline-" + digest(string(b.Settings.Folders)+"\x00"+b.folderKey(d), 24)
}

func (b *builder) folderKey(d slo.Definition) string {
	if b.Settings.Folders == alert.FolderPerOwner {
		return d.Owner
	}
	return d.Service
}

func (b *builder) folderTitle(d slo.Definition) string {
	name := cmp.Or(d.ServiceDisplayName, d.Service)
	if b.Settings.Folders == alert.FolderPerOwner {
		name = cmp.Or(d.Owner, "no owner")
	}
	return folderTitle + ": " + strings.ReplaceAll(name, "/", "-")
}

// title is unique in its folder, as Grafana asks.
func (b *builder) title(d slo.Definition, c alert.Condition) string {
	title := d.DisplayName
	if b.titles[b.folderUID(d)+"\x00"+d.DisplayName] > 1 {
		title += " [" + d.ID + "]"
	}
	suffix := ": " + c.Title()
	if c.Kind == alert.KindBurn && c.Row.Fixed > 0 {
		suffix += " (" + c.Severity + ")"
	}
	if runes := []rune(title); len(runes)+len([]rune(suffix)) > maxTitle {
		title = string(runes[:maxTitle-len([]rune(suffix))-9]) + "~" + digest(d.ID, 8)
	}
	return title + suffix
}

// labelForm is what Grafana and every Alertmanager take as a label's name.
var labelForm = regexp.MustCompile(`[^a-zA-Z0-9_]`)

// LabelName makes a name of OpenSLO one of an alert: "app.kubernetes.io/name" is "app_kubernetes_io_name".
func LabelName(name string) string {
	name = labelForm.ReplaceAllString(name, "_")
	if name != "" && name[0] >= '0' && name[0] <= '9' {
		name = "_" + name
	}
	for strings.HasPrefix(name, "__") {
		name = name[1:]
	}
	return name
}

// labels are the SLO's own, then the organisation's, then ours, which win. To Grafana their values are templates.
func (b *builder) labels(d slo.Definition, c alert.Condition) map[string]string {
	labels := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(d.Labels)) {
		if value := d.Labels[name]; value != "" && LabelName(name) != "" {
			labels[LabelName(name)] = literal(value)
		}
	}
	for name, value := range b.Settings.Labels {
		labels[LabelName(name)] = literal(value)
	}
	if d.Owner != "" {
		labels[alert.LabelOwner] = literal(d.Owner)
	}
	window := d.Window.Text
	if c.Kind == alert.KindBurn {
		window = alert.DurationText(c.Row.Long)
	}
	maps.Copy(labels, map[string]string{
		alert.LabelSLO: d.ID, alert.LabelService: d.Service, alert.LabelSeverity: c.Severity,
		alert.LabelWindow: window, alert.LabelKind: string(c.Kind),
	})
	return labels
}

// route is that of the severity, to the contact point that the definition names if it names one.
func (b *builder) route(c alert.Condition) alert.Route {
	route := b.Settings.Route(c.Severity)
	if c.Target != "" {
		route.ContactPoint = c.Target
	}
	return route
}

// nodes are the queries and expressions that decide, and the annotations that use their values.
func (b *builder) nodes(r *Rule, p alert.Plan, c alert.Condition) {
	if b.direct(c, p.Definition) {
		err := b.directNodes(r, p, c)
		if err == nil {
			b.annotate(r, p, c, true)
			return
		}
		b.problem(p.Definition, slo.SeverityWarning, fmt.Sprintf("its rule %q asks Burnline's ledger and not the source, and so depends on the plugin: %v", c.Title(), err), "write the indicator as counters, or accept it")
	}
	b.pageOnLedger = b.pageOnLedger || c.Severity == budget.SeverityPage
	b.ledgerNodes(r, p, c)
	b.annotate(r, p, c, false)
}

// direct reports whether the source itself is asked: for pages, whose windows it can answer cheaply, and
// for its own absence.
func (b *builder) direct(c alert.Condition, d slo.Definition) bool {
	if d.Source.Type != "prometheus" {
		return false
	}
	switch c.Kind {
	case alert.KindBurn:
		return c.Severity == budget.SeverityPage && c.Row.Long <= longestDirect && prometheus.Cheap(d.Indicator, c.Row.Long)
	case alert.KindAbsence:
		return prometheus.Cheap(d.Indicator, alert.AbsenceWindow)
	case alert.KindConsumed, alert.KindForecast, alert.KindStale:
	}
	return false
}

func (b *builder) problem(d slo.Definition, severity slo.Severity, message, remedy string) {
	b.problems = append(b.problems, slo.Problem{Position: d.Origin, Severity: severity, Kind: "SLO", Name: d.Name, Message: message, Remedy: remedy})
}

func (b *builder) watchdog() Group {
	severity := budget.SeverityTicket
	if b.pageOnLedger {
		severity = budget.SeverityPage
	}
	c := alert.Condition{Kind: alert.KindStale, Severity: severity, For: watchdogFor}
	r := Rule{
		UID: UID(alert.WatchdogSLO, c.Key()), Title: "Burnline: " + c.Title(), FolderUID: watchdogFolder, Group: watchdogGroup, For: c.For,
		Labels: map[string]string{
			alert.LabelSLO: alert.WatchdogSLO, alert.LabelService: alert.WatchdogSLO, alert.LabelSeverity: severity,
			alert.LabelKind: string(c.Kind), alert.LabelWindow: alert.DurationText(ledgerStale),
		},
		Route: b.route(c), NoData: StateAlerting, Error: StateAlerting, Condition: "C",
		Data: []Query{
			b.ledger("A", "", ledgerQuery{Value: "ledger_lag_seconds"}),
			reduce("B", "A"),
			math("C", fmt.Sprintf("$B > %d", int(ledgerStale/time.Second))),
		},
		Annotations: map[string]string{
			"summary": "Burnline's ledger is stale: nothing was written for {{ with $values.B }}{{ humanizeDuration .Value }}{{ else }}an unknown time{{ end }}. Budgets, tickets and gates rest on old numbers until it moves again.",
			"description": "Pages on Prometheus go on without it. Look first at the health of the app's page in Grafana (it says what the evaluation waits for), then at Grafana's log for burnline-slo-app: " +
				"is the plugin's process running, is its data folder writable, does its service account still have a token?",
			AnnotationURL: b.AppURL + "/plugins/burnline-slo-app",
		},
	}
	for name, value := range b.Settings.Labels {
		r.Labels[LabelName(name)] = value
	}
	return Group{Name: watchdogGroup, FolderUID: watchdogFolder, FolderTitle: folderTitle, Interval: Interval, Rules: []Rule{r}}
}
