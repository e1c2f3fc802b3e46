package model

import "math"

// flow is a stream of visitors that services get their requests from.
type flow int

// The three user journeys, and two streams that no journey explains.
const (
	flowBrowse flow = iota
	flowSearch
	flowCheckout
	flowAccount
	flowWarehouse
	flows
)

// peak is the rate of a flow at its busiest ordinary hour, in requests a tick.
var peak = [flows]float64{flowBrowse: 900, flowSearch: 320, flowCheckout: 96, flowAccount: 130, flowWarehouse: 54}

const (
	day  = 24 * 3600
	hour = 3600
)

// weekdays weighs the days from Thursday, 1 January 1970: people buy on Sunday evenings and not on Saturdays.
var weekdays = [7]float64{1, 0.97, 0.72, 0.86, 1.05, 1, 0.98}

// rate is the mean number of requests of a flow in the tick that ends at t.
func rate(seed uint64, f flow, t int64) float64 {
	hours := float64(t%day) / hour
	weekday := t / day % 7
	if f == flowWarehouse {
		return peak[f] * warehouseHours(hours, weekday)
	}
	// Quiet at four in the morning, busiest at four in the afternoon, with a second swell in the evening.
	wave := math.Pow(0.5-0.5*math.Cos(2*math.Pi*(hours-4)/24), 1.6)
	evening := 0.35 * math.Exp(-(hours-20.5)*(hours-20.5)/3)
	level := 0.03 + 0.9*wave + evening
	if f == flowCheckout && (hours < 5.5 && hours > 0.5) {
		level *= 0.25
	}
	return peak[f] * level * weekdays[weekday] * burst(seed, f, t) * drift(seed, f, t)
}

// warehouseHours is the shape of a working day with two shifts: nothing at night, nothing on Sunday.
func warehouseHours(hours float64, weekday int64) float64 {
	const sunday = 3
	if hours < 6 || hours >= 20 || weekday == sunday {
		return 0
	}
	return 0.6 + 0.4*math.Sin(math.Pi*(hours-6)/14)
}

// burst is the factor of a campaign: once or twice a day a newsletter or a television spot.
func burst(seed uint64, f flow, t int64) float64 {
	factor := 1.0
	date := t / day
	for n := uint64(0); n < 2; n++ {
		h := hash(seed, 0xb0, uint64(f), uint64(date), n)
		if n == 1 && h&1 == 0 {
			continue
		}
		start := date*day + 8*hour + int64(uniform(mix(h))*13*hour)
		length := 300 + int64(uniform(mix(h+1))*1500)
		if since := t - start; since >= 0 && since < length {
			height := 0.5 + 1.3*uniform(mix(h+2))
			factor += height * math.Sin(math.Pi*float64(since)/float64(length))
		}
	}
	return factor
}

// drift is a slow wander of some per cent, so that no two hours look the same.
func drift(seed uint64, f flow, t int64) float64 {
	const span = 1200
	slot := t / span
	a := uniform(hash(seed, 0xd1, uint64(f), uint64(slot)))
	b := uniform(hash(seed, 0xd1, uint64(f), uint64(slot+1)))
	x := float64(t%span) / span
	return 0.9 + 0.2*(a+(b-a)*x)
}
