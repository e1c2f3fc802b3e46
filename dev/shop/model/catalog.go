package model

// histogramKind says how a service exposes its latencies.
type histogramKind int

const (
	noHistogram histogramKind = iota
	classicHistogram
	nativeHistogram
)

// ClassicBounds are the upper bounds of the classic histograms' buckets in seconds; +Inf follows.
var ClassicBounds = []float64{0.05, 0.1, 0.25, 0.5, 1.5, 4.5}

// The native histogram has the exponential buckets of NativeSchema from index NativeFirst to NativeLast:
// bucket i ends at 2^(i/2) seconds, so that 0.25 s is exactly the end of bucket -4.
const (
	NativeSchema = 1
	NativeFirst  = -13
	NativeLast   = 6
)

// spec describes a service.
type spec struct {
	name     string
	replicas int
	// lazy services create a series with its first event; the others start every known code at zero.
	lazy bool
	// restarts is the share of days on which a replica crashes and starts again under its old name.
	restarts  float64
	histogram histogramKind
	routes    []route
}

// route is an endpoint of a service.
type route struct {
	name string
	// calls is the number of requests that one visitor of each flow causes.
	calls [flows]float64
	// errors is the everyday share of 500s, missing that of 404s.
	errors, missing float64
	// median and spread describe log-normal latencies: seconds, and the logarithm's standard deviation.
	median, spread float64
}

func specs() []spec {
	return []spec{
		{name: "gateway", replicas: 3, lazy: true, histogram: classicHistogram, routes: []route{
			{name: "/browse", calls: [flows]float64{flowBrowse: 1}, errors: 0.00022, missing: 0.004, median: 0.055, spread: 0.55},
			{name: "/search", calls: [flows]float64{flowSearch: 1}, errors: 0.0011, missing: 0.001, median: 0.09, spread: 0.5},
			{name: "/checkout", calls: [flows]float64{flowCheckout: 1}, errors: 0.00018, median: 0.19, spread: 0.36},
		}},
		{name: "catalog", replicas: 2, restarts: 0.1, histogram: classicHistogram, routes: []route{
			{name: "/products", calls: [flows]float64{flowBrowse: 0.6, flowSearch: 0.3}, errors: 0.00024, missing: 0.002, median: 0.03, spread: 0.5},
			{name: "/products/:id", calls: [flows]float64{flowBrowse: 0.9, flowCheckout: 0.4}, errors: 0.00026, missing: 0.006, median: 0.024, spread: 0.5},
		}},
		{name: "search", replicas: 2, lazy: true, histogram: nativeHistogram, routes: []route{
			{name: "/search", calls: [flows]float64{flowSearch: 1}, errors: 0.0009, median: 0.085, spread: 0.46},
			{name: "/suggest", calls: [flows]float64{flowSearch: 2.4}, errors: 0.0003, median: 0.022, spread: 0.5},
		}},
		{name: "cart", replicas: 2, lazy: true, routes: []route{
			{name: "/cart", calls: [flows]float64{flowBrowse: 0.11, flowCheckout: 1}, errors: 0.0004},
			{name: "/cart/items", calls: [flows]float64{flowBrowse: 0.07}, errors: 0.0005, missing: 0.003},
		}},
		{name: "checkout", replicas: 2, histogram: classicHistogram, restarts: 0.06, routes: []route{
			{name: "/checkout", calls: [flows]float64{flowCheckout: 1}, errors: 0.0002, median: 0.12, spread: 0.4},
			{name: "/checkout/confirm", calls: [flows]float64{flowCheckout: 0.55}, errors: 0.0003, median: 0.2, spread: 0.34},
		}},
		{name: "payment", replicas: 2, restarts: 0.05, histogram: classicHistogram, routes: []route{
			{name: "/charge", calls: [flows]float64{flowCheckout: 0.55}, errors: 0.00021, median: 0.16, spread: 0.3},
			{name: "/refund", calls: [flows]float64{flowCheckout: 0.02}, errors: 0.0003, median: 0.21, spread: 0.3},
		}},
		{name: "inventory", replicas: 2, restarts: 0.08, routes: []route{
			{name: "/stock", calls: [flows]float64{flowBrowse: 0.8, flowCheckout: 1}, errors: 0.0002},
			{name: "/reserve", calls: [flows]float64{flowCheckout: 0.55}, errors: 0.0002},
		}},
		{name: "shipping", replicas: 1, lazy: true, routes: []route{
			{name: "/quote", calls: [flows]float64{flowCheckout: 0.7}, errors: 0.0006},
			{name: "/labels", calls: [flows]float64{flowWarehouse: 1}, errors: 0.003},
		}},
		{name: "recommendations", replicas: 2, lazy: true, routes: []route{
			{name: "/recommend", calls: [flows]float64{flowBrowse: 0.7}, errors: 0.0008},
		}},
		{name: "accounts", replicas: 2, lazy: true, routes: []route{
			{name: "/login", calls: [flows]float64{flowAccount: 1}, errors: 0.00025, missing: 0.0},
			{name: "/profile", calls: [flows]float64{flowAccount: 1.8}, errors: 0.0003, missing: 0.001},
		}},
	}
}
