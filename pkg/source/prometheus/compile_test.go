package prometheus

import (
	"sort"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source"
)

// described is a plan in words: factor and leaf of each term.
func described(p *plan, terms []term) string {
	var out []string
	for _, one := range terms {
		l := p.leaves[one.leaf]
		text := number(one.factor).String() + " " + l.value(l.selector).String()
		out = append(out, text)
	}
	return strings.Join(out, " | ")
}

func TestSumsOfCountersAreTakenApart(t *testing.T) {
	cases := map[string]struct{ query, want string }{
		"a sum of rates":                  {`sum(rate(a_total[5m]))`, `1 a_total`},
		"groups are summed":               {`sum by (pod) (increase(a_total{x="y"}[1h]))`, `1 a_total{x="y"}`},
		"sums without labels too":         {`sum without (pod) (irate(a_total[1m]))`, `1 a_total`},
		"a bare counter":                  {`a_total`, `1 a_total`},
		"nested sums and parentheses":     {`(sum(sum by (x) ((rate(a_total[5m])))))`, `1 a_total`},
		"sums and differences":            {`sum(rate(a_total[5m])) - (sum(rate(b_total[5m])) - sum(rate(c_total[5m])))`, `1 a_total | -1 b_total | 1 c_total`},
		"multiples":                       {`2 * sum(rate(a_total[5m])) / 4`, `0.5 a_total`},
		"a minus sign":                    {`-sum(rate(a_total[5m])) + sum(rate(b_total[5m]))`, `-1 a_total | 1 b_total`},
		"a default of zero":               {`sum(rate(a_total[5m])) or vector(0)`, `1 a_total`},
		"a default of zero with on()":     {`(sum(rate(a_total[5m])) or on() vector(0))`, `1 a_total`},
		"a default of something by zero":  {`sum(rate(a_total[5m])) or sum(rate(b_total[5m])) * 0`, `1 a_total`},
		"a filter for traffic":            {`sum(rate(a_total[5m])) > 0`, `1 a_total`},
		"labels that are rewritten":       {`sum by (x) (label_replace(rate(a_total[5m]), "x", "$1", "y", "(.*)"))`, `1 a_total`},
		"an offset":                       {`sum(rate(a_total[5m] offset 10m))`, `1 a_total offset 10m`},
		"a name as a matcher":             {`sum(rate({__name__="a_total"}[5m]))`, `1 {__name__="a_total"}`},
		"a name in UTF-8":                 {`sum(rate({"my.total", pod="x"}[5m]))`, `1 {__name__="my.total",pod="x"}`},
		"a bucket of a classic histogram": {`sum(rate(a_bucket{le="1"}[5m]))`, `1 a_bucket{le=~"1|1\\.0"}`},
		"a bucket spelt with a fraction":  {`sum(rate(a_bucket{le="1.0"}[5m]))`, `1 a_bucket{le=~"1\\.0|1"}`},
		"a bucket with one spelling":      {`sum(rate(a_bucket{le="0.25"}[5m]))`, `1 a_bucket{le="0.25"}`},
		"the count of a native histogram": {`histogram_count(sum(rate(a[5m])))`, `1 histogram_count(a)`},
		"a sum of counts":                 {`sum(histogram_count(rate(a[5m])))`, `1 histogram_count(a)`},
		"a share of a native histogram": {
			`histogram_count(sum(rate(a[5m]))) * histogram_fraction(0, 0.3, sum(rate(a[5m])))`,
			`1 (histogram_fraction(0, 0.3, a) * histogram_count(a)) >= 0`,
		},
		"a share without a lower bound": {
			`histogram_fraction(-Inf, 1, rate(a[5m])) * sum(histogram_count(rate(a[5m])))`,
			`1 (histogram_fraction(-Inf, 1, a) * histogram_count(a)) >= 0`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p, err := compile(ratioOf(c.query, "t_total").Indicator)
			require.NoError(t, err)
			require.Equal(t, c.want, described(p, p.part))
			printed := overview(p.leaves).String()
			again, err := promql.ParseExpr(printed)
			require.NoError(t, err, "what is sent is valid: %s", printed)
			require.Equal(t, printed, again.String())
		})
	}
}

func TestWhatDoesNotAddUpIsRefused(t *testing.T) {
	cases := map[string]struct{ query, words string }{
		"an empty query":              {``, "is empty"},
		"a query that does not parse": {`sum(rate(a_total[5m])`, "not valid PromQL"},
		"a range":                     {`a_total[5m]`, "range vector"},
		"a text":                      {`"a"`, "string"},
		"an average":                  {`avg(rate(a_total[5m]))`, "avg(...) does not add up"},
		"a maximum of replicas":       {`max without (replica) (rate(a_total[5m]))`, "max(...) does not add up"},
		"a pinned time":               {`sum(rate(a_total[5m] @ 1700000000))`, "pinned"},
		"a pinned end":                {`sum(rate(a_total[5m] @ end()))`, "pinned"},
		"a subquery":                  {`sum(rate(a_total[5m:1m]))`, "subquery"},
		"a quotient":                  {`sum(rate(a_total[5m])) / sum(rate(b_total[5m]))`, "`/` between series"},
		"a product":                   {`sum(rate(a_total[5m])) * sum(rate(b_total[5m]))`, "product"},
		"a join":                      {`rate(a_total[5m]) * on (pod) group_left info`, "group_left"},
		"a filter by series":          {`rate(a_total[5m]) and on (pod) up`, "`and` between series"},
		"a default that is no zero":   {`sum(rate(a_total[5m])) or vector(1)`, "only `or vector(0)`"},
		"an added number":             {`sum(rate(a_total[5m])) + 1`, "adding a number"},
		"a constant":                  {`vector(1)`, "vector(...) does not add up"},
		"nothing but zero":            {`vector(0)`, "selects no series"},
		"a selector without a name":   {`sum(rate({job="a"}[5m]))`, "does not name one metric"},
		"a quantile":                  {`histogram_quantile(0.9, sum by (le) (rate(a_bucket[5m])))`, "histogram_quantile(...) does not add up"},
		"fraction and count of two histograms": {
			`histogram_fraction(0, 1, rate(a[5m])) * histogram_count(rate(b[5m]))`, "different series",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for _, indicator := range []slo.Indicator{ratioOf(c.query, "t_total").Indicator, badOf("t_total", c.query).Indicator} {
				_, err := compile(indicator)
				var failed *source.Error
				require.ErrorAs(t, err, &failed)
				require.Equal(t, source.KindBadQuery, failed.Kind)
				require.Contains(t, failed.Error(), c.words)
				require.NotEmpty(t, failed.Remedy)
			}
		})
	}
}

func TestGaugesAreSampledOnlyWhenNotDeclaredCounters(t *testing.T) {
	indicator := ratioOf(`avg(ok)`, `avg(all)`).Indicator
	_, err := compile(indicator)
	require.ErrorContains(t, err, "cannot be read as counters")
	indicator.Counter = false
	p, err := compile(indicator)
	require.NoError(t, err)
	require.Equal(t, "sum(avg(ok))", p.sampled[0].String())

	indicator = ratioOf(`sum(rate(ok_total[5m]))`, `sum(rate(all_total[5m]))`).Indicator
	indicator.Counter = false
	p, err = compile(indicator)
	require.NoError(t, err)
	require.Len(t, p.leaves, 2, "rates are counters, whatever the definition says")
}

func TestOneSelectorIsReadOnce(t *testing.T) {
	p, err := compile(ratioOf(`sum(rate(a_total[5m])) - sum(rate(b_total[5m]))`, `sum(increase(a_total[1h]))`).Indicator)
	require.NoError(t, err)
	require.Len(t, p.leaves, 2)
}

func TestNestedSelectorsAreReadInPassing(t *testing.T) {
	cases := map[string]struct {
		good, total string
		within      []int
	}{
		"a part by label":                 {`sum(rate(a_total{code="2"}[5m]))`, `sum(rate(a_total[5m]))`, []int{1, 1}},
		"a part of a part":                {`sum(rate(a_total{x="1",y="2"}[5m])) + sum(rate(a_total{x="1"}[5m]))`, `sum(rate(a_total[5m]))`, []int{2, 2, 2}},
		"the share of a native histogram": {`histogram_fraction(0, 1, rate(a[5m])) * histogram_count(rate(a[5m]))`, `histogram_count(rate(a{}[5m]))`, []int{1, 1}},
		"another metric":                  {`sum(rate(b_total{code="2"}[5m]))`, `sum(rate(a_total[5m]))`, []int{0, 1}},
		"another time":                    {`sum(rate(a_total{code="2"}[5m] offset 1m))`, `sum(rate(a_total[5m]))`, []int{0, 1}},
		"another part":                    {`sum(rate(a_total{code="2"}[5m]))`, `sum(rate(a_total{code="3"}[5m]))`, []int{0, 1}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p, err := compile(ratioOf(c.good, c.total).Indicator)
			require.NoError(t, err)
			var within []int
			for _, l := range p.leaves {
				within = append(within, l.within)
			}
			require.Equal(t, c.within, within)
		})
	}
}

func TestHugeWholeCountersLoseNoEvent(t *testing.T) {
	sums := profile{sum: []float64{2e12, 2e12 + 1, 4e15, 4e15 + 3}}
	require.Equal(t, 1.0, sums.increment(1))
	require.Equal(t, 3.0, sums.increment(3))
	rounded := profile{sum: []float64{0.1 + 0.2, 0.3}}
	require.Zero(t, rounded.increment(1), "what rounding leaves is no event")
}

func TestQueriesCannotBreakOut(t *testing.T) {
	hostile := []string{
		`a_total) or vector(1`,
		`sum(rate(a_total[5m])) # comment`,
		`sum(rate(a_total{x="\"}) or vector(1e9) or (a_total{x=\""}[5m]))`,
		"sum(rate(a_total{x=`\"} or vector(1)`}[5m]))",
		`sum(rate(a_total[5m])) or on() vector(0) # )`,
		`{__name__="a\"} or vector(1) #"}`,
		`sum(rate({"a_total\"} or vector(1) #"}[5m]))`,
		`sum(rate({"a_total", "bad label\"}"="x"}[5m]))`,
	}
	for _, query := range hostile {
		for _, kind := range []slo.Indicator{
			ratioOf(query, "t_total").Indicator,
			{Kind: slo.KindThreshold, Value: query},
			{Kind: slo.KindRaw, Raw: query},
		} {
			p, err := compile(kind)
			if err != nil {
				continue // refused before anything is sent
			}
			var sent parser.Expr
			if p.leaves != nil {
				sent = overview(p.leaves)
			} else {
				sent = part("total", p.sampled[0])
			}
			again, err := promql.ParseExpr(sent.String())
			require.NoError(t, err, query)
			require.Equal(t, shape(sent), shape(again), "what the server parses has the shape that was built: %s", query)
		}
	}
}

// shape is the outline of an expression: its nodes' kinds without what users wrote.
func shape(e parser.Node) string {
	var out strings.Builder
	parser.Inspect(e, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case nil:
			out.WriteString(")")
		case *parser.Call:
			out.WriteString(n.Func.Name + "(")
		case *parser.VectorSelector:
			var matchers []string
			for _, matcher := range n.LabelMatchers {
				matchers = append(matchers, matcher.String())
			}
			sort.Strings(matchers)
			out.WriteString(strings.Join(matchers, ";"))
		case *parser.AggregateExpr:
			out.WriteString(n.Op.String() + "(")
		case *parser.BinaryExpr:
			out.WriteString(n.Op.String() + "(")
		default:
			out.WriteString("(")
		}
		return nil
	})
	return out.String()
}
