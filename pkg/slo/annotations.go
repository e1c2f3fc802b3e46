package slo

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Prefix begins the names of Burnline's own annotations.
const Prefix = "burnline.dev/"

// The annotations of Burnline, documented in docs/definitions.md.
const (
	AnnotationSource    = Prefix + "data-source-uid"
	AnnotationOwner     = Prefix + "owner"
	AnnotationRunbook   = Prefix + "runbook-url"
	AnnotationCritical  = Prefix + "critical-journey"
	AnnotationMinimum   = Prefix + "minimum-events"
	AnnotationDashboard = Prefix + "dashboard-uid"
	AnnotationShort     = Prefix + "short-window"
)

// annotationsOf lists what each kind may carry.
var annotationsOf = map[string][]string{
	kindSLO:       {AnnotationCritical, AnnotationDashboard, AnnotationSource, AnnotationMinimum, AnnotationOwner, AnnotationRunbook},
	kindSLI:       {AnnotationSource},
	kindSource:    {AnnotationSource},
	kindService:   {AnnotationOwner, AnnotationRunbook},
	kindCondition: {AnnotationShort},
}

// annotations are the checked values; an absent or invalid one is zero.
type annotations struct {
	source, owner, runbook, dashboard string
	critical                          bool
	minimum                           float64
	// short is the short window of an AlertCondition, shortAt where it stands.
	short   time.Duration
	shortAt value
}

// uidForm is what Grafana permits as a UID.
var uidForm = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,40}$`)

func readAnnotations(v value, kind string) annotations {
	var a annotations
	o := v.object()
	for _, name := range o.names() {
		field := o.get(name)
		text := field.scalarText()
		if !strings.HasPrefix(name, Prefix) {
			continue
		}
		if !slices.Contains(annotationsOf[kind], name) {
			misplaced(field, name, kind)
			continue
		}
		if text == "" {
			field.errorf("write a value or remove the annotation", "is empty")
			continue
		}
		a.set(field, name, text)
	}
	return a
}

func misplaced(field value, name, kind string) {
	for _, right := range []string{kindSLO, kindCondition} {
		if slices.Contains(annotationsOf[right], name) {
			field.errorf("move it to the "+right, "%s has no effect on an object of kind %s", name, kind)
			return
		}
	}
	known := annotationsOf[kind]
	if len(known) == 0 {
		known = annotationsOf[kindSLO]
	}
	field.errorf(didYouMean(name, known), "%s is not an annotation of Burnline", shorten(name))
}

func (a *annotations) set(field value, name, text string) {
	switch name {
	case AnnotationSource:
		a.source = readUID(field, text, "data source", "copy it from the address of the data source's settings page in Grafana")
	case AnnotationDashboard:
		a.dashboard = readUID(field, text, "dashboard", "copy it from the dashboard's address in Grafana: /d/<UID>/…")
	case AnnotationOwner:
		a.owner = text
	case AnnotationRunbook:
		a.runbook = text
		if err := checkLink(text); err != nil {
			a.runbook = ""
			field.errorf("write an address such as https://runbooks.example.com/checkout, or a path in Grafana such as /d/abc", "%v", err)
		}
	case AnnotationCritical:
		switch text {
		case "true", "false":
			a.critical = text == "true"
		default:
			field.errorf(`write "true" or "false"`, "%q is neither true nor false", shorten(text))
		}
	case AnnotationMinimum:
		n, err := strconv.ParseFloat(text, 64)
		const most = 1e15
		if err != nil || !(n >= 0 && n <= most) {
			field.errorf(`write a number of events such as "100"`, "%q is not a number of events", shorten(text))
			return
		}
		a.minimum = n
	case AnnotationShort:
		d, err := ParseDuration(text)
		if err != nil {
			field.errorf("write whole minutes such as 5m", "%v", err)
			return
		}
		a.short, a.shortAt = d, field
	}
}

// readUID gives the text even if it is reported, so that its absence is not reported on top.
func readUID(field value, text, what, remedy string) string {
	if !uidForm.MatchString(text) {
		field.errorf(remedy, "%q is not the UID of a %s: at most 40 letters, digits, - and _", shorten(text), what)
	}
	return text
}

// checkLink permits web addresses and paths in Grafana, nothing that a browser would execute.
func checkLink(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return fmt.Errorf("%q is not an address", shorten(text))
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host != "":
		return nil
	case u.Scheme == "" && u.Host == "" && strings.HasPrefix(text, "/") && !strings.HasPrefix(text, `/\`):
		return nil
	}
	return fmt.Errorf("%q is not a web address", shorten(text))
}
