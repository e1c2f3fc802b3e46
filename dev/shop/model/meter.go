package model

// Minute is the truth of one objective in one minute.
type Minute struct {
	Good, Total float64
}

// Meter counts the truth of one objective from the events themselves.
type Meter struct {
	// SLO is the objective's metadata.name.
	SLO string
	// Target and WindowDays repeat the definition: a test holds them together.
	Target     float64
	WindowDays int
	service    string
	route      string
	measure    measure
	bound      int
	current    Minute
	minutes    []Minute
}

type measure int

const (
	measureAvailability measure = iota
	measureClassic
	measureNative
	measureThreshold
	measureRaw
)

// FreshnessLimit is the age in seconds up to which the search index counts as fresh.
const FreshnessLimit = 300

// meters are the objectives whose truth is counted; they match provisioning/slos.
func meters() []Meter {
	return []Meter{
		{SLO: "browse-availability", Target: 0.999, WindowDays: 30, service: "gateway", route: "/browse"},
		{SLO: "search-availability", Target: 0.995, WindowDays: 30, service: "gateway", route: "/search"},
		{SLO: "checkout-availability", Target: 0.999, WindowDays: 30, service: "gateway", route: "/checkout"},
		{SLO: "browse-latency", Target: 0.99, WindowDays: 28, service: "gateway", route: "/browse", measure: measureClassic, bound: 2},
		{SLO: "checkout-latency", Target: 0.99, WindowDays: 30, service: "gateway", route: "/checkout", measure: measureClassic, bound: 3},
		{SLO: "search-latency", Target: 0.98, WindowDays: 28, service: "search", route: "/search", measure: measureNative, bound: -4},
		{SLO: "catalog-availability", Target: 0.999, WindowDays: 7, service: "catalog"},
		{SLO: "cart-availability", Target: 0.999, WindowDays: 28, service: "cart"},
		{SLO: "payment-availability", Target: 0.9995, WindowDays: 30, service: "payment"},
		{SLO: "inventory-availability", Target: 0.999, WindowDays: 7, service: "inventory"},
		{SLO: "accounts-login", Target: 0.995, WindowDays: 30, service: "accounts", route: "/login"},
		{SLO: "shipping-labels", Target: 0.99, WindowDays: 28, service: "shipping", route: "/labels"},
		{SLO: "search-index-freshness", Target: 0.99, WindowDays: 30, service: "search", measure: measureThreshold},
		{SLO: "recommendations-quality", Target: 0.9, WindowDays: 28, service: "recommendations", measure: measureRaw},
	}
}

// Minutes are the complete minutes since the world's origin, oldest first. The caller must not change them.
func (m *Meter) Minutes() []Minute { return m.minutes }

func (m *Meter) closeMinute() {
	m.minutes = append(m.minutes, m.current)
	m.current = Minute{}
}
