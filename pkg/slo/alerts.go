package slo

import (
	"time"
)

var operators = []string{string(OpLTE), string(OpLT), string(OpGTE), string(OpGT)}

// policy is an AlertPolicy as written.
type policy struct {
	header
	AlertPolicy
	conditions, targets value
}

func readPolicy(h header, spec *object) policy {
	h.description = spec.get("description").text()
	p := policy{header: h, AlertPolicy: AlertPolicy{
		Name: h.name, DisplayName: h.display(), Description: h.description, Origin: h.at.position(),
		WhenNoData:    spec.get("alertWhenNoData").boolean(),
		WhenResolved:  spec.get("alertWhenResolved").boolean(),
		WhenBreaching: spec.get("alertWhenBreaching").boolean(),
	}}
	p.conditions = spec.need("conditions", "write a list with one condition or conditionRef")
	p.targets = spec.get("notificationTargets")
	return p
}

type condition struct {
	header
	AlertCondition
}

// longestAfter bounds alertAfter.
const longestAfter = day

func readCondition(h header, spec *object) condition {
	h.description = spec.get("description").text()
	c := condition{header: h, AlertCondition: AlertCondition{
		Name: h.name, DisplayName: h.display(), Description: h.description, Origin: h.at.position(),
		Severity: spec.need("severity", "write page or ticket").text(),
	}}
	o := spec.need("condition", "write kind: burnrate, op, threshold, lookbackWindow and alertAfter below it").object()
	o.need("kind", "write burnrate").oneOf("burnrate")
	c.Op = Operator(o.need("op", "write gte").oneOf(operators...))
	threshold := o.need("threshold", "write the burn rate, e.g. 14.4")
	if n, ok := threshold.number("14.4"); ok {
		if n < 0 {
			threshold.errorf("write the burn rate, e.g. 14.4", "%v is negative", n)
		}
		c.Threshold = n
	}
	lookback := o.need("lookbackWindow", "write a duration, e.g. 1h")
	c.Lookback, _ = lookback.duration("1h")
	if c.Lookback > maxWindow { // at least a minute it is by its form
		lookback.errorf("write a duration from 1m to 90d, shorter than the SLO's window", "%s is longer than any window that is evaluated", lookback.scalarText())
	}
	if after := o.get("alertAfter"); after.present() {
		c.After = afterDuration(after)
		if c.After >= longestAfter {
			after.errorf("write less than 24h, e.g. 5m, or nothing: the look-back window already asks for a lasting burn", "%s is too long to wait with a burning budget", after.scalarText())
		}
	}
	c.Short = h.annotations.short
	if c.Short > 0 && c.Lookback > 0 && c.Short >= c.Lookback {
		h.annotations.shortAt.errorf("write a shorter one, or nothing for a twelfth", "%s is not shorter than the lookbackWindow of %s", h.annotations.shortAt.scalarText(), lookback.scalarText())
	}
	o.done()
	return c
}

// afterDuration reads a duration that, unlike a window, may be zero.
func afterDuration(v value) time.Duration {
	if text := v.scalarTextQuiet(); text == "0" || text == "0m" || text == "0h" {
		return 0
	}
	d, _ := v.duration("5m")
	return d
}

type target struct {
	header
	NotificationTarget
}

func readTarget(h header, spec *object) target {
	h.description = spec.get("description").text()
	return target{header: h, NotificationTarget: NotificationTarget{
		Name: h.name, DisplayName: h.display(), Description: h.description, Origin: h.at.position(),
		Target: spec.need("target", "write the name of a contact point in Grafana").text(),
	}}
}

// inline reads an object that stands inside another one: kind (optional), metadata and spec.
func inline[T any](o *object, kind string, read func(header, *object) T) T {
	o.get("apiVersion").oneOf(apiVersion)
	o.get("kind").oneOf(kind)
	h := o.readMetadata(kind, true)
	spec := o.need("spec", "write the "+kind+"'s fields below it, indented").object()
	t := read(h, spec)
	spec.done()
	o.done()
	return t
}

// referred reads list elements that are either inline objects or references under refField.
func referred[T interface{ head() header }](list value, refField, kind string, declared *registry[T], read func(header, *object) T) []T {
	var found []T
	for _, element := range list.list() {
		o := element.object()
		if !o.present() {
			if !element.present() {
				element.errorf("write "+refField+", or the object itself", "is empty")
			}
			continue
		}
		ref := o.get(refField)
		if !ref.present() {
			t := inline(o, kind, read)
			found = append(found, t)
			continue
		}
		if name := ref.text(); name != "" {
			if t, ok := declared.find(name); ok {
				found = append(found, t)
			} else {
				dangling(ref, kind, name, declared.names())
			}
		}
		o.done()
	}
	return found
}

// resolvePolicy looks up a policy's conditions and targets.
func (l *loader) resolvePolicy(p policy) AlertPolicy {
	out := p.AlertPolicy
	conditions := referred(p.conditions, "conditionRef", kindCondition, &l.conditions, readCondition)
	if elements := len(conditions); elements > 1 {
		p.conditions.errorf("write one policy for each condition", "has %d conditions, but OpenSLO v1 permits one", elements)
	}
	for _, c := range conditions {
		p.mustBeRight(p.conditions, c.header, kindCondition)
		out.Conditions = append(out.Conditions, c.AlertCondition)
	}
	if p.conditions.present() && len(out.Conditions) == 0 && !p.doc.broken() {
		p.conditions.errorf("write one condition or conditionRef", "is empty")
	}
	for _, t := range referred(p.targets, "targetRef", kindTarget, &l.targets, readTarget) {
		p.mustBeRight(p.targets, t.header, kindTarget)
		out.Targets = append(out.Targets, t.NotificationTarget)
	}
	return out
}

// mustBeRight reports what the policy refers to if that has errors: half a policy would alert nobody, or the wrong ones.
func (p policy) mustBeRight(at value, h header, kind string) {
	if h.doc != p.doc && h.doc.broken() {
		at.errorf("mend the "+kind+" first", "refers to the %s %q at %s, which has errors", kind, h.name, h.place())
	}
}
