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
	share := int64(math.Round(p.Share * shareUnits))
	return float64(share*int64(window/time.Second)) / float64(shareUnits*int64(p.Long/time.Second))
}

// Applies reports whether the row makes sense for a window. Two kinds of row do not: a long window
// that is longer than the objective's own, and a rate below one half, at which most of the budget
// would be left at the end.
func (p PolicyWindow) Applies(window time.Duration) bool {
	return p.Long <= window && p.Rate(window) >= 0.5
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

// Policy is the state of each row of WorkbookPolicy that applies to the objective's window.
func (s *Series) Policy(o Objective, at time.Time) []PolicyBurn {
	var rows []PolicyBurn
	for _, p := range WorkbookPolicy {
		if !p.Applies(o.Window) {
			continue
		}
		row := PolicyBurn{
			PolicyWindow: p,
			Threshold:    p.Rate(o.Window),
			LongBurn:     s.BurnRate(o, at, p.Long),
			ShortBurn:    s.BurnRate(o, at, p.Short),
		}
		row.Firing = row.LongBurn.above(row.Threshold) && row.ShortBurn.above(row.Threshold) &&
			row.LongBurn.Total >= o.MinimumEvents
		rows = append(rows, row)
	}
	return rows
}

func (b Burn) above(threshold float64) bool { return b.OK && b.Rate > threshold }
