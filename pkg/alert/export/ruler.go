package export

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// Dialect is the ruler that files are written for.
type Dialect string

// The rulers.
const (
	DialectPrometheus Dialect = "prometheus"
	DialectMimir      Dialect = "mimir"
	DialectLoki       Dialect = "loki"
)

// LabelCondition is the condition's key within its SLO: two alerts of one SLO never have the same labels.
const LabelCondition = "burnline_condition"

// Limits of Mimir that hold for a tenant unless its operator raises them (ruler_max_rules_per_rule_group,
// ruler_max_rule_groups_per_tenant).
const (
	mimirRules  = 20
	mimirGroups = 70
)

// RulerConfig says how to write ruler files.
type RulerConfig struct {
	// Dialect is the ruler; "" for Prometheus.
	Dialect Dialect
	// SlothNames adds the series and labels that dashboards made for Sloth read.
	SlothNames bool
	// Labels are added to each alert.
	Labels map[string]string
	// AppURL is Grafana's root URL, for links to an SLO's page; "" for no links.
	AppURL string
	// MaxRules splits groups that hold more rules; 0 for Mimir's default limit there, and for no limit elsewhere.
	MaxRules int
	// DirectWindow is the longest window that is computed from the indicator's own series at every evaluation; 0 for 3 days, at
	// least 5 minutes. A shorter one costs the ruler less. What is longer is a sum of recorded sums and up to 10 minutes behind.
	DirectWindow time.Duration
	// MaxGroups is the number of groups above which a problem says so; 0 as for MaxRules.
	MaxGroups int
}

func (c *RulerConfig) defaults() error {
	c.Dialect = cmp.Or(c.Dialect, DialectPrometheus)
	switch c.Dialect {
	case DialectPrometheus, DialectLoki:
	case DialectMimir:
		c.MaxRules, c.MaxGroups = cmp.Or(c.MaxRules, mimirRules), cmp.Or(c.MaxGroups, mimirGroups)
	default:
		return fmt.Errorf("dialect is %q; it must be prometheus, mimir or loki", c.Dialect)
	}
	if c.DirectWindow = cmp.Or(c.DirectWindow, directWindow); c.DirectWindow < tile {
		return fmt.Errorf("directWindow is %s; it must be at least %s, which longer windows are put together from", c.DirectWindow, tile)
	}
	if c.SlothNames && c.Dialect == DialectLoki {
		return fmt.Errorf("the names of Sloth are series of Prometheus; export with dialect prometheus or mimir, or without them")
	}
	if c.MaxRules < 0 || c.MaxGroups < 0 {
		return fmt.Errorf("maxRules is %d and maxGroups is %d; neither may be negative", c.MaxRules, c.MaxGroups)
	}
	for name := range c.Labels {
		if !labelForm.MatchString(name) {
			return fmt.Errorf("labels names %q; a label's name has letters, digits and _ only", name)
		}
	}
	return nil
}

// labelForm is what rulers of every version take as a label's name.
var labelForm = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// File is a file to write.
type File struct {
	// Path is its name, without a folder.
	Path string
	Body []byte
}

// The shape of ruler files; Mimir's tools read the namespace from the file.
type (
	rulerFile struct {
		Namespace string       `yaml:"namespace,omitempty"`
		Groups    []rulerGroup `yaml:"groups"`
	}
	rulerGroup struct {
		Name     string      `yaml:"name"`
		Interval string      `yaml:"interval"`
		Rules    []rulerRule `yaml:"rules"`
	}
	rulerRule struct {
		Record      string            `yaml:"record,omitempty"`
		Alert       string            `yaml:"alert,omitempty"`
		Expr        string            `yaml:"expr"`
		For         string            `yaml:"for,omitempty"`
		Labels      map[string]string `yaml:"labels,omitempty"`
		Annotations map[string]string `yaml:"annotations,omitempty"`
	}
)

const rulerHead = "# Written by Burnline; changes are overwritten.\n"

// Ruler writes the plans as files of recording and alerting rules, one file a service. The same plans give the
// same bytes, in whatever order they come. Problems name what a ruler can't do, and with severity error the SLOs that
// can't be exported at all; the error is a mistake in the configuration.
func Ruler(plans []alert.Plan, cfg RulerConfig) ([]File, []slo.Problem, error) {
	if err := cfg.defaults(); err != nil {
		return nil, nil, err
	}
	plans = slices.Clone(plans)
	slices.SortStableFunc(plans, func(a, b alert.Plan) int {
		return cmp.Or(cmp.Compare(a.Definition.Service, b.Definition.Service), cmp.Compare(a.Definition.ID, b.Definition.ID))
	})
	var problems []slo.Problem
	byName := map[string]*rulerFile{}
	var names []string
	groups := 0
	for _, plan := range plans {
		exported := ruled{plan: plan, cfg: cfg}
		written := exported.groups()
		problems = append(problems, exported.problems...)
		if len(written) == 0 {
			continue
		}
		name := "burnline-" + slug(plan.Definition.Service)
		if byName[name] == nil {
			byName[name] = &rulerFile{}
			if cfg.Dialect == DialectMimir {
				byName[name].Namespace = name
			}
			names = append(names, name)
		}
		byName[name].Groups = append(byName[name].Groups, written...)
		groups += len(written)
	}
	if cfg.MaxGroups > 0 && groups > cfg.MaxGroups {
		problems = append(problems, slo.Problem{
			Severity: slo.SeverityWarning,
			Message:  fmt.Sprintf("the export has %d rule groups, and a tenant of Mimir takes %d unless told otherwise", groups, cfg.MaxGroups),
			Remedy:   "raise ruler_max_rule_groups_per_tenant (and ruler_max_rules_per_rule_group, for fewer and larger groups), or export fewer SLOs",
		})
	}
	slices.Sort(names)
	files := make([]File, 0, len(names))
	for _, name := range names {
		body, err := byName[name].encode()
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		files = append(files, File{Path: name + ".yaml", Body: body})
	}
	return files, problems, nil
}

func (f *rulerFile) encode() ([]byte, error) {
	out := bytes.NewBufferString(rulerHead)
	encoder := yaml.NewEncoder(out)
	encoder.SetIndent(2)
	if err := encoder.Encode(f); err != nil {
		return nil, err
	}
	return out.Bytes(), encoder.Close()
}

// slug is a name for a file and a namespace. Services whose names differ in other letters only share a file.
func slug(name string) string {
	return strings.Trim(slugForm.ReplaceAllString(strings.ToLower(name), "-"), "-")
}

var slugForm = regexp.MustCompile(`[^a-z0-9]+`)

// ruled is one SLO on its way into groups.
type ruled struct {
	plan alert.Plan
	cfg  RulerConfig
	// fast is evaluated every minute, slow holds what sums up more than DirectWindow.
	fast, slow []rulerRule
	recorded   map[time.Duration]bool
	problems   []slo.Problem
}

// The intervals of groups. Samples of indicators that are not counters are recorded once a minute, a bucket's length.
const (
	fastInterval = time.Minute
	slowInterval = 5 * time.Minute
)

// groups are the SLO's groups; none if nothing of it can be exported.
func (r *ruled) groups() []rulerGroup {
	if len(r.plan.Conditions) == 0 && !r.cfg.SlothNames {
		return nil
	}
	wanted := "prometheus"
	if r.cfg.Dialect == DialectLoki {
		wanted = "loki"
	}
	if have := r.plan.Definition.Source.Type; have != wanted {
		remedy := "let Grafana evaluate its rules"
		if have == "loki" || have == "prometheus" {
			remedy = fmt.Sprintf("export it for a ruler of %s", have)
		}
		r.refuse(fmt.Sprintf("it reads a data source of type %q, and a ruler of %s evaluates queries of %s only", have, r.cfg.Dialect, wanted), remedy)
		return nil
	}
	fill := r.promql
	if r.cfg.Dialect == DialectLoki {
		fill = r.logql
	}
	if failed := fill(); failed != nil {
		r.refuse(failed.Error(), "mend the query, or let Grafana evaluate its rules")
		return nil
	}
	var sloth []rulerRule
	if r.cfg.SlothNames {
		sloth = r.sloth()
	}
	id := r.plan.Definition.ID
	return slices.Concat(
		r.split(id, fastInterval, r.fast),
		r.split(id+":budget", slowInterval, r.slow),
		r.split(id+":sloth", fastInterval, sloth),
	)
}

// split cuts rules into groups that a ruler takes. Rules of one group are evaluated one after the other, so a later
// group may see what an earlier one recorded an interval ago.
func (r *ruled) split(name string, interval time.Duration, rules []rulerRule) []rulerGroup {
	var out []rulerGroup
	most := cmp.Or(r.cfg.MaxRules, max(1, len(rules)))
	for part := range slices.Chunk(rules, most) {
		group := rulerGroup{Name: name, Interval: alert.DurationText(interval), Rules: part}
		if len(out) > 0 {
			group.Name += ":" + strconv.Itoa(len(out)+1)
		}
		out = append(out, group)
	}
	return out
}

// refuse reports that the SLO is not exported.
func (r *ruled) refuse(why, remedy string) {
	r.report(slo.SeverityError, "can't be exported because "+why, remedy)
}

// omit reports a condition that is not exported.
func (r *ruled) omit(c alert.Condition, why, remedy string) {
	r.report(slo.SeverityWarning, fmt.Sprintf("%q can't be exported because %s", c.Title(), why), remedy)
}

func (r *ruled) report(severity slo.Severity, message, remedy string) {
	d := r.plan.Definition
	r.problems = append(r.problems, slo.Problem{Position: d.Origin, Severity: severity, Kind: "SLO", Name: d.ID, Message: message, Remedy: remedy})
}

// record adds a recording rule.
func (r *ruled) record(into *[]rulerRule, metric, expr string) {
	d := r.plan.Definition
	*into = append(*into, rulerRule{Record: metric, Expr: expr, Labels: map[string]string{alert.LabelSLO: d.ID, alert.LabelService: d.Service}})
}

// decimal writes a number as PromQL and LogQL read it.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
