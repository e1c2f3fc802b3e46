package slo

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// apiVersion is the one version of OpenSLO that is read.
const apiVersion = "openslo/v1"

var errUnreadableYAML = errors.New("the YAML parser gave up")

// The kinds of OpenSLO v1.
const (
	kindService   = "Service"
	kindSLI       = "SLI"
	kindSLO       = "SLO"
	kindSource    = "DataSource"
	kindPolicy    = "AlertPolicy"
	kindCondition = "AlertCondition"
	kindTarget    = "AlertNotificationTarget"
)

var kinds = []string{kindService, kindSLI, kindSLO, kindSource, kindPolicy, kindCondition, kindTarget}

// header is what every object has: metadata and spec.description.
type header struct {
	doc               *document
	at                value
	name, displayName string
	description       string
	labels            map[string]string
	annotations       annotations
}

// display is the name that people read.
func (h header) display() string {
	if h.displayName != "" {
		return h.displayName
	}
	return h.name
}

// place says where the object is, for another object's problem.
func (h header) place() string {
	p := h.at.position()
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

var nameForm = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

// readMetadata reads the object's metadata. An inline object may go without.
func (o *object) readMetadata(kind string, inline bool) header {
	h := header{doc: o.doc, at: o.value}
	var metadata *object
	if inline {
		metadata = o.get("metadata").object()
	} else {
		metadata = o.need("metadata", `write "metadata:" and below it, indented, "name: my-name"`).object()
	}
	var name value
	if inline {
		name = metadata.get("name")
	} else {
		name = metadata.need("name", "write a name of lower-case letters, digits and hyphens")
	}
	if name.present() {
		h.name = name.text()
		if h.name != "" && !nameForm.MatchString(h.name) {
			name.errorf(nameRemedy(h.name), "%q is not a name: lower-case letters, digits and hyphens, at most 63, starting and ending with a letter or digit", shorten(h.name))
		}
	}
	h.displayName = metadata.get("displayName").text()
	h.labels = readLabels(metadata.get("labels"))
	h.annotations = readAnnotations(metadata.get("annotations"), kind)
	metadata.done()
	return h
}

func nameRemedy(name string) string {
	if s := slug(name); nameForm.MatchString(s) {
		return fmt.Sprintf("write %q", s)
	}
	return "choose another name"
}

// slug turns any text into lower-case letters, digits and single hyphens.
func slug(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.TrimRight(b.String(), "-")
}

func readLabels(v value) map[string]string {
	o := v.object()
	labels := map[string]string{}
	for _, name := range o.names() {
		field := o.get(name)
		if field.present() && field.node.Kind == yaml.SequenceNode {
			var values []string
			for _, element := range field.list() {
				values = append(values, element.scalarText())
			}
			labels[name] = strings.Join(values, ",")
			continue
		}
		labels[name] = field.scalarText()
	}
	if len(labels) == 0 {
		return nil
	}
	return labels
}

// read takes a parsed document into the loader's objects.
func (l *loader) read(d *document, root value) {
	if !root.present() {
		return
	}
	o := root.object()
	if !o.present() {
		return
	}
	// Kind and name first: they identify the object in every later problem.
	if kind := o.get("kind"); kind.present() && kind.isScalar() {
		d.kind = kind.node.Value
	}
	if metadata := o.get("metadata"); metadata.present() && metadata.node.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(metadata.node.Content); i += 2 {
			if metadata.node.Content[i].Value == "name" && metadata.node.Content[i+1].Kind == yaml.ScalarNode {
				d.name = metadata.node.Content[i+1].Value
			}
		}
	}
	version := o.need("apiVersion", "write apiVersion: "+apiVersion)
	if text := version.text(); text != "" && text != apiVersion {
		version.errorf("write apiVersion: "+apiVersion, "%q is not read", shorten(text))
	}
	kind := o.need("kind", "write one of "+strings.Join(kinds, ", ")).oneOf(kinds...)
	if kind == "" {
		return
	}
	h := o.readMetadata(kind, false)
	spec := o.get("spec").object()
	if kind != kindService {
		o.need("spec", "write \"spec:\" and the "+kind+"'s fields below it, indented")
	}
	l.declare(kind, h)
	switch kind {
	case kindService:
		h.description = spec.get("description").text()
		l.services.add(h)
	case kindSLI:
		l.indicators.add(readIndicator(h, spec))
	case kindSLO:
		l.objectives.add(readObjectives(h, spec))
	case kindSource:
		l.sources.add(readSource(h, spec))
	case kindPolicy:
		l.policies.add(readPolicy(h, spec))
	case kindCondition:
		l.conditions.add(readCondition(h, spec))
	case kindTarget:
		l.targets.add(readTarget(h, spec))
	}
	spec.done()
	o.done()
}

// declare reports a second object of the same kind and name.
func (l *loader) declare(kind string, h header) {
	if h.name == "" {
		return
	}
	key := kind + "/" + h.name
	if first, ok := l.declared[key]; ok {
		h.doc.report(SeverityError, h.at.place(), "metadata.name", fmt.Sprintf("a %s named %q is already declared at %s", kind, h.name, first.place()), "give one of them another name, or remove it")
		return
	}
	l.declared[key] = h
}

// registry holds the objects of a kind.
type registry[T interface{ head() header }] struct {
	all    []T
	byName map[string]int
}

func (r *registry[T]) add(object T) {
	if r.byName == nil {
		r.byName = map[string]int{}
	}
	if name := object.head().name; name != "" {
		if _, taken := r.byName[name]; !taken {
			r.byName[name] = len(r.all)
		}
	}
	r.all = append(r.all, object)
}

// find is the object of a name; of several the first.
func (r *registry[T]) find(name string) (object T, ok bool) {
	i, ok := r.byName[name]
	if ok {
		object = r.all[i]
	}
	return object, ok
}

func (r *registry[T]) names() []string { return slices.Sorted(maps.Keys(r.byName)) }

func (h header) head() header { return h }

// dangling reports a reference to an object that no document declares.
func dangling(ref value, kind, name string, declared []string) {
	remedy := fmt.Sprintf("add a document of kind %s with metadata.name %q to the folder", kind, name)
	if guess := near(name, declared); guess != "" {
		remedy = fmt.Sprintf("did you mean %q?", guess)
	}
	ref.errorf(remedy, "no %s is named %q", kind, shorten(name))
}
