package main

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEachIncidentIsHeldAgainstWhatItMustCause(t *testing.T) {
	now := time.Unix(1_790_000_000, 0)
	ago := func(hours int64) int64 { return now.Unix() - hours*3600 }
	until := func(at int64) *int64 { at *= 1000; return &at }
	outage := shopIncident{Name: "outage", SLOs: []string{"checkout"}, Severity: "page", From: ago(100), To: ago(99)}
	leak := shopIncident{Name: "leak", SLOs: []string{"login"}, Severity: "ticket", From: ago(80), To: ago(40)}
	blip := shopIncident{Name: "blip", SLOs: []string{"browse"}, Severity: "none", From: ago(10), To: ago(9)}
	page := func(slo string, from, to int64) firing {
		return firing{slo, firingLine{Title: "burns", Severity: "page", Kind: "burn", From: from * 1000, To: until(to)}}
	}
	ticket := firing{"login", firingLine{Title: "leaks", Severity: "ticket", Kind: "burn", From: ago(60) * 1000, To: until(ago(30))}}
	budgetTicket := firing{"browse", firingLine{Title: "50 %", Severity: "ticket", Kind: "consumed", From: ago(10) * 1000}}
	for name, c := range map[string]struct {
		firings []firing
		wrong   string
	}{
		"everything is as promised":                 {[]firing{page("checkout", ago(100), ago(99)), ticket, budgetTicket}, ""},
		"an outage that pages nobody is wrong":      {[]firing{ticket}, "outage must cause page and causes nothing"},
		"a page for nothing is wrong":               {[]firing{page("checkout", ago(100), ago(99)), ticket, page("cart", ago(5), ago(4))}, "cart pages at"},
		"a page for what is no matter is wrong":     {[]firing{page("checkout", ago(100), ago(99)), ticket, page("browse", ago(10), ago(9))}, "blip must cause none and causes page"},
		"a page long after the outage is not of it": {[]firing{page("checkout", ago(100), ago(99)), page("checkout", ago(50), ago(49)), ticket}, "checkout pages at"},
	} {
		t.Run(name, func(t *testing.T) {
			err := errors.Join(unkept([]shopIncident{outage, leak, blip}, answerOf(c.firings), now)...)
			if c.wrong == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.wrong)
		})
	}
}

type firing struct {
	slo string
	firingLine
}

func answerOf(firings []firing) backtestAnswer {
	var answer backtestAnswer
	for _, f := range firings {
		answer.SLOs = append(answer.SLOs, testedSLO{SLO: f.slo, Results: []testedPolicy{{Policy: "own", Firings: []firingLine{f.firingLine}}}})
	}
	return answer
}
