package budget

import (
	"math"
	"time"
)

// The severities of a PolicyWindow.
const (
	SeverityPage   = "page"
	SeverityTicket = "ticket"
)

// PolicyWindow is one row of a multi-window, multi-burn-rate policy: it fires while the burn rate over
// both windows is above Rate. The long window says that it matters, the short one that it goes on.
type PolicyWindow struct {
	// Severity is SeverityPage or SeverityTicket.
	Severity string
	// Share is the share of the budget that is spent when the long window has passed at Rate.
	Share       float64
	Long, Short time.Duration
	// Fixed, if not 0, is the burn rate itself, whatever the objective's window: OpenSLO conditions name one.
	Fixed float64
	// Inclusive holds a burn rate of exactly Rate to be above it (OpenSLO's gte).
	Inclusive bool
}

// WorkbookPolicy is the set of the Google SRE Workbook, chapter 5, "Alerting on SLOs" (multiwindow,
// multi-burn-rate alerts).
var WorkbookPolicy = []PolicyWindow{
	{Severity: SeverityPage, Share: 0.02, Long: time.Hour, Short: 5 * time.Minute},
	{Severity: SeverityPage, Share: 0.05, Long: 6 * time.Hour, Short: 30 * time.Minute},
	{Severity: SeverityTicket, Share: 0.10, Long: 24 * time.Hour, Short: 2 * time.Hour},
	{Severity: SeverityTicket, Share: 0.10, Long: 72 * time.Hour, Short: 6 * time.Hour},
}

// shareUnits is the precision of Share: a millionth of the budget.
const shareUnits = 1_000_000

// Rate is the burn rate at which Share of the budget of a window goes within Long: share x window /
// long. It is the float64 nearest to the exact quotient: 14.4 and not 14.399999999999999.
func (p PolicyWindow) Rate(window time.Duration) float64 {
	if p.Fixed > 0 {
		return p.Fixed
	}
	share := int64(math.Round(p.Share * shareUnits))
	return float64(share*int64(window/time.Second)) / float64(shareUnits*int64(p.Long/time.Second))
}

// Applies reports whether the row makes sense for a window. Two kinds of row do not: a long window
// that is longer than the objective's own, and a rate below one half, at which most of the budget
// would be left at the end. A Fixed rate is somebody's decision and only has to fit the window.
func (p PolicyWindow) Applies(window time.Duration) bool {
	return p.Long <= window && (p.Fixed > 0 || p.Rate(window) >= 0.5)
}

// Reachable reports whether the row can fire at all: even a total outage burns no faster than
// 1 / (1 - target). An objective of 90 % never burns at 14.4.
func (p PolicyWindow) Reachable(o Objective) bool {
	allowed := o.Target.Complement().Float()
	return allowed == 0 || p.above(1/allowed, p.Rate(o.Window))
}

// OutageTime is how long a total outage must last until both windows are above Rate, at even traffic; 0 if
// it never is. With constant traffic the burn rate of a window grows as outage / window / (1 - target).
func (p PolicyWindow) OutageTime(o Objective) time.Duration {
	if !p.Reachable(o) {
		return 0
	}
	share := p.Rate(o.Window) * o.Target.Complement().Float()
	return time.Duration(share * float64(p.Long))
}

func (p PolicyWindow) above(rate, threshold float64) bool {
	return rate > threshold || p.Inclusive && rate == threshold
}

// PolicyBurn is the state of one row of the policy.
type PolicyBurn struct {
	PolicyWindow
	// Threshold is the row's burn rate for the objective's window.
	Threshold float64
	// LongBurn and ShortBurn are the burn rates now.
	LongBurn, ShortBurn Burn
	// Firing is true while both are above Threshold and the long window holds the minimum of events.
	Firing bool
}

// Policy is the state of each row of the objective's policy that applies to its window.
func (s *Series) Policy(o Objective, at time.Time) []PolicyBurn {
	var rows []PolicyBurn
	for _, p := range o.policy() {
		if !p.Applies(o.Window) {
			continue
		}
		row := PolicyBurn{
			PolicyWindow: p,
			Threshold:    p.Rate(o.Window),
			LongBurn:     s.BurnRate(o, at, p.Long),
			ShortBurn:    s.BurnRate(o, at, p.Short),
		}
		row.Firing = row.LongBurn.OK && row.ShortBurn.OK && row.LongBurn.Total >= o.MinimumEvents &&
			p.above(row.LongBurn.Rate, row.Threshold) && p.above(row.ShortBurn.Rate, row.Threshold)
		rows = append(rows, row)
	}
	return rows
}

// policy is the rows that the objective is held against.
func (o Objective) policy() []PolicyWindow {
	if o.Policy == nil {
		return WorkbookPolicy
	}
	return o.Policy
}
