package model

import "fmt"

// Incident is a time in which something is wrong, and what exactly.
type Incident struct {
	// Name and Kind are for people; SLOs are the objectives that it costs budget.
	Name string   `json:"name"`
	Kind string   `json:"kind"`
	Text string   `json:"text,omitempty"`
	SLOs []string `json:"slos,omitempty"`
	// Severity is what the alert policies promise for it: "page", "ticket", or "none" where too little of any
	// budget goes.
	Severity string `json:"severity,omitempty"`
	// From and To are Unix seconds; the tick that ends at t is affected when From < t <= To.
	From    int64    `json:"from"`
	To      int64    `json:"to"`
	Effects []Effect `json:"effects"`
}

// Effect is what an incident does to a service.
type Effect struct {
	Service string `json:"service"`
	// Route is empty for all routes.
	Route string `json:"route,omitempty"`
	// Errors is the share of requests that fail with Code beside the everyday errors.
	Errors float64 `json:"errors,omitempty"`
	Code   int     `json:"code,omitempty"`
	// Latency and Traffic are factors; 0 leaves them as they are.
	Latency float64 `json:"latency,omitempty"`
	Traffic float64 `json:"traffic,omitempty"`
	// Period and Active make the effect flap: it works in the first Active of each Period seconds.
	Period int64 `json:"period,omitempty"`
	Active int64 `json:"active,omitempty"`
	// Ramp lets the errors grow linearly from zero over the incident.
	Ramp bool `json:"ramp,omitempty"`
	// Gauge is what the gauge of the service does: index age grows (1), or quality falls by this much.
	Gauge float64 `json:"gauge,omitempty"`
}

// Incidents are the named incidents of the world, controls included.
func Incidents(config Config) []Incident {
	var all []Incident
	anchorDay := config.Anchor - config.Anchor%day
	for repeat := int64(0); repeat < 400; repeat++ {
		for _, incident := range append(story(anchorDay+repeat*cycle), present(config.Anchor+repeat*cycle)...) {
			incident.Severity = promised[incident.Name]
			if repeat > 0 {
				incident.Name = fmt.Sprintf("%s-%d", incident.Name, repeat+1)
			}
			all = append(all, incident)
		}
	}
	return append(all, config.Controls...)
}

// promised is the most urgent alert that each incident must cause under the policies of provisioning/slos: the
// arithmetic of burn rates over the truth gives it, with whatever code. An incident may cause less urgent ones as well.
var promised = map[string]string{
	"checkout-bad-deployment": "page",
	// Two days of a growing leak end up above 6 over 6 h.
	"accounts-slow-burn":  "page",
	"payment-outage":      "page",
	"inventory-flapping":  "page",
	"cart-session-store":  "page",
	"catalog-image-cache": "ticket",
	// Its SLO has a policy of its own, with a ticket only.
	"search-index-stalled": "ticket",
	// Its objective of 90 % never burns at 14.4, and not long enough at 6.
	"recommendations-bad-model": "ticket",
	// Too little of any budget went, or none at all.
	"browse-edge-errors":       "none",
	"search-slow-index":        "none",
	"gateway-traffic-collapse": "none",
	// A burn of 6 for 200 minutes is not enough for any window.
	"labels-printer-driver": "none",
}

// at is an interval that begins days before the anchor's midnight, at an hour of the day, for some minutes.
func at(midnight int64, days int64, hours float64, minutes int64) (from, to int64) {
	from = midnight - days*day + int64(hours*60)*60
	return from, from + minutes*60
}

// story is what happened in the 30 days before midnight of the anchor's day.
func story(midnight int64) []Incident {
	incident := func(name, kind, text string, slos []string, days int64, hours float64, minutes int64, effects ...Effect) Incident {
		from, to := at(midnight, days, hours, minutes)
		return Incident{Name: name, Kind: kind, Text: text, SLOs: slos, From: from, To: to, Effects: effects}
	}
	return []Incident{
		incident("checkout-bad-deployment", "bad deployment",
			"A release of checkout broke the confirmation of orders with vouchers; rolled back after 41 minutes.",
			[]string{"checkout-availability", "checkout-latency"}, 9, 14.09, 41,
			Effect{Service: "checkout", Route: "/checkout/confirm", Errors: 0.12, Code: 500, Latency: 1.9},
			Effect{Service: "gateway", Route: "/checkout", Errors: 0.065, Code: 500, Latency: 1.5}),
		incident("accounts-slow-burn", "slow burn",
			"A token cache leaked: a growing share of logins failed for two days before anybody noticed.",
			[]string{"accounts-login"}, 13, 9.5, 2*24*60,
			Effect{Service: "accounts", Route: "/login", Errors: 0.03, Code: 500, Ramp: true}),
		incident("payment-outage", "total outage",
			"The payment provider's certificate expired: every charge failed for ten minutes.",
			[]string{"payment-availability", "checkout-availability"}, 4, 18.34, 10,
			Effect{Service: "payment", Errors: 1, Code: 503},
			Effect{Service: "checkout", Route: "/checkout/confirm", Errors: 0.97, Code: 502},
			Effect{Service: "gateway", Route: "/checkout", Errors: 0.5, Code: 502}),
		incident("inventory-flapping", "flapping dependency",
			"The stock database failed over again and again: two bad minutes in every ten, for seven hours.",
			[]string{"inventory-availability", "catalog-availability"}, 5, 7, 7*60,
			Effect{Service: "inventory", Errors: 0.035, Code: 503, Period: 600, Active: 120},
			Effect{Service: "catalog", Errors: 0.006, Code: 503, Period: 600, Active: 120}),
		incident("gateway-traffic-collapse", "traffic collapse",
			"A wrong DNS record kept nearly all visitors away for 50 minutes; what arrived was served well.",
			[]string{"browse-availability", "search-availability", "checkout-availability"}, 2, 10.5, 50,
			collapse("gateway", "catalog", "search", "cart", "checkout", "payment", "inventory", "recommendations", "accounts")...),
		incident("search-slow-index", "latency",
			"A merge of the search index took the disks' bandwidth for three hours.",
			[]string{"search-latency"}, 17, 12.25, 180,
			Effect{Service: "search", Route: "/search", Latency: 1.75},
			Effect{Service: "gateway", Route: "/search", Latency: 1.6}),
		incident("search-index-stalled", "stalled pipeline",
			"The indexer waited for a lock: the search index grew old for four hours.",
			[]string{"search-index-freshness"}, 20, 3, 240,
			Effect{Service: "search", Gauge: 1}),
		incident("recommendations-bad-model", "quality",
			"A model trained on half the data was rolled out and back.",
			[]string{"recommendations-quality"}, 24, 8, 30*60,
			Effect{Service: "recommendations", Gauge: 0.11}),
		incident("browse-edge-errors", "partial outage",
			"One rack of edge proxies lost its uplink.",
			[]string{"browse-availability", "browse-latency"}, 21, 16.2, 19,
			Effect{Service: "gateway", Route: "/browse", Errors: 0.032, Code: 502, Latency: 1.4}),
		incident("labels-printer-driver", "partial outage",
			"Labels of one carrier could not be printed for an afternoon.",
			[]string{"shipping-labels"}, 8, 13, 200,
			Effect{Service: "shipping", Route: "/labels", Errors: 0.06, Code: 500}),
	}
}

// present is what goes on at the anchor: a demo that is started then has something to look at.
func present(anchor int64) []Incident {
	return []Incident{
		{Name: "cart-session-store", Kind: "bad deployment",
			Text: "A new session store drops connections; the release is being rolled back.",
			SLOs: []string{"cart-availability"}, From: anchor - 75*60, To: anchor + 45*60,
			Effects: []Effect{{Service: "cart", Errors: 0.022, Code: 500}}},
		{Name: "catalog-image-cache", Kind: "slow burn",
			Text: "The image cache is too small since a change of its limits: a few product pages fail all day.",
			SLOs: []string{"catalog-availability"}, From: anchor - 84*hour, To: anchor + 20*hour,
			Effects: []Effect{{Service: "catalog", Route: "/products/:id", Errors: 0.0017, Code: 500}}},
	}
}

func collapse(services ...string) []Effect {
	effects := make([]Effect, 0, len(services))
	for _, service := range services {
		effects = append(effects, Effect{Service: service, Traffic: 0.04})
	}
	return effects
}

// activeAt reports whether the effect works in the tick that ends at t, and how strong its errors are.
func (e Effect) activeAt(incident *Incident, t int64) (errors float64, active bool) {
	if t <= incident.From || t > incident.To {
		return 0, false
	}
	if e.Period > 0 && (t-incident.From-1)%e.Period >= e.Active {
		return 0, false
	}
	errors = e.Errors
	if e.Ramp {
		errors *= 0.15 + 0.85*float64(t-incident.From)/float64(incident.To-incident.From)
	}
	return errors, true
}
