package slo

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// Nominal lengths of OpenSLO's calendar units when they measure a rolling period.
const (
	day     = 24 * time.Hour
	week    = 7 * day
	month   = 30 * day
	quarter = 90 * day
	year    = 365 * day
)

var (
	durationForm  = regexp.MustCompile(`^([0-9]+)([mhdwMQY])$`)
	durationUnits = map[string]time.Duration{
		"m": time.Minute, "h": time.Hour, "d": day, "w": week, "M": month, "Q": quarter, "Y": year,
	}
)

// ParseDuration reads OpenSLO's duration shorthand: a whole number and one unit of m, h, d, w, M, Q, Y.
// A month counts 30 days, a quarter 90 and a year 365.
func ParseDuration(text string) (time.Duration, error) {
	match := durationForm.FindStringSubmatch(text)
	if match == nil {
		return 0, fmt.Errorf("%q is not a duration of OpenSLO: a whole number and one of m, h, d, w, M (months), Q (quarters), Y (years)", shorten(text))
	}
	n, err := strconv.ParseInt(match[1], 10, 64)
	unit := durationUnits[match[2]]
	if err != nil || n > math.MaxInt64/int64(unit) {
		return 0, fmt.Errorf("%q is too long", shorten(text))
	}
	if n == 0 {
		return 0, fmt.Errorf("%q is no time at all", text)
	}
	return time.Duration(n) * unit, nil
}

// duration reads a duration, and the text it is written as.
func (v value) duration(example string) (time.Duration, string) {
	if !v.present() {
		return 0, ""
	}
	text := v.scalarText()
	if text == "" {
		return 0, ""
	}
	d, err := ParseDuration(text)
	if err != nil {
		v.errorf("write e.g. "+example, "%v", err)
		return 0, text
	}
	return d, text
}
