package slo

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// document is one YAML document and what was found wrong with it.
type document struct {
	Position
	kind, name string
	// lineOffset is added to the nodes' lines, which count from the document's own start.
	lineOffset int
	problems   []Problem
}

func (d *document) report(severity Severity, at *yaml.Node, path, message, remedy string) {
	position := d.Position
	if at != nil {
		position.Line, position.Column = at.Line+d.lineOffset, at.Column
	}
	problem := Problem{Position: position, Severity: severity, Kind: d.kind, Name: d.name, Path: path, Message: message, Remedy: remedy}
	if !slices.Contains(d.problems, problem) { // one SLI may be looked at for many SLOs
		d.problems = append(d.problems, problem)
	}
}

// broken reports whether the document has an error.
func (d *document) broken() bool {
	return slices.ContainsFunc(d.problems, func(p Problem) bool { return p.Severity == SeverityError })
}

// value is a node with its field path. A value without a node is absent; reading it gives zero values
// and reports nothing, so that a missing field is reported once, by whoever required it.
type value struct {
	doc  *document
	node *yaml.Node
	path string
	// key is the mapping key that the value stands under, if any.
	key *yaml.Node
}

func (v value) present() bool { return v.node != nil }

func (v value) errorf(remedy, format string, args ...any) {
	v.doc.report(SeverityError, v.place(), v.path, fmt.Sprintf(format, args...), remedy)
}

func (v value) warnf(remedy, format string, args ...any) {
	v.doc.report(SeverityWarning, v.place(), v.path, fmt.Sprintf(format, args...), remedy)
}

func (v value) place() *yaml.Node {
	if v.node != nil {
		return v.node
	}
	return v.key
}

func (v value) position() Position {
	p := v.doc.Position
	if at := v.place(); at != nil {
		p.Line, p.Column = at.Line+v.doc.lineOffset, at.Column
	}
	return p
}

// what names the type of the node in words.
func (v value) what() string {
	switch v.node.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		switch v.node.Tag {
		case "!!int", "!!float":
			return "the number " + v.node.Value
		case "!!bool":
			return "the boolean " + v.node.Value
		case "!!str":
			return "the string " + strconv.Quote(shorten(v.node.Value))
		}
		return strconv.Quote(shorten(v.node.Value))
	}
	return "something else"
}

func shorten(s string) string {
	const limit = 60
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return s
}

func (v value) isScalar(tags ...string) bool {
	return v.node.Kind == yaml.ScalarNode && (len(tags) == 0 || slices.Contains(tags, v.node.Tag))
}

// text reads a string that is not blank.
func (v value) text() string {
	if !v.present() {
		return ""
	}
	if !v.isScalar("!!str") {
		remedy := "write a string"
		if v.isScalar() {
			remedy = fmt.Sprintf("put it in quotes: %q", v.node.Value)
		}
		v.errorf(remedy, "must be a string, but is %s", v.what())
		return ""
	}
	text := strings.TrimSpace(v.node.Value)
	if text == "" {
		v.errorf("write a value or remove the field", "is empty")
	}
	return text
}

// scalarText reads any scalar as it is written: annotations and labels often lack their quotes.
func (v value) scalarText() string {
	if !v.present() {
		return ""
	}
	if !v.isScalar() {
		v.errorf("write a string", "must be a string, but is %s", v.what())
		return ""
	}
	return strings.TrimSpace(v.node.Value)
}

// oneOf reads a string that must be one of the permitted words.
func (v value) oneOf(permitted ...string) string {
	if !v.present() {
		return ""
	}
	text := v.text()
	if text != "" && !slices.Contains(permitted, text) {
		v.errorf(didYouMean(text, permitted), "%q is not permitted", shorten(text))
		return ""
	}
	return text
}

// decimal reads a number as the text it is written as, so that nothing is lost in a float64.
func (v value) decimal(example string) (string, bool) {
	if !v.present() {
		return "", false
	}
	if !v.isScalar("!!int", "!!float") {
		v.errorf("write a number without quotes or sign, e.g. "+example, "must be a number, but is %s", v.what())
		return "", false
	}
	return v.node.Value, true
}

// number reads a finite number.
func (v value) number(example string) (float64, bool) {
	text, ok := v.decimal(example)
	if !ok {
		return 0, false
	}
	var f float64
	if err := v.node.Decode(&f); err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		v.errorf("write a number, e.g. "+example, "%s is not a finite number", text)
		return 0, false
	}
	return f, true
}

// boolean reads true or false; absent is false.
func (v value) boolean() bool {
	if !v.present() {
		return false
	}
	if !v.isScalar("!!bool") {
		v.errorf("write true or false", "must be a boolean, but is %s", v.what())
		return false
	}
	var b bool
	if err := v.node.Decode(&b); err != nil {
		v.errorf("write true or false", "%s is not a boolean", v.node.Value)
	}
	return b
}

// list reads a sequence.
func (v value) list() []value {
	if !v.present() {
		return nil
	}
	if v.node.Kind != yaml.SequenceNode {
		v.errorf(`write a list: "- " before each element`, "must be a list, but is %s", v.what())
		return nil
	}
	values := make([]value, 0, len(v.node.Content))
	for i, node := range v.node.Content {
		values = append(values, v.doc.value(node, nil, fmt.Sprintf("%s[%d]", v.path, i)))
	}
	return values
}

// isEmptyList reports whether v is a list without elements.
func (v value) isEmptyList() bool {
	return v.present() && v.node.Kind == yaml.SequenceNode && len(v.node.Content) == 0
}

// value wraps a node; aliases are followed and null counts as absent.
func (d *document) value(node, key *yaml.Node, path string) value {
	for range 8 {
		if node == nil || node.Kind != yaml.AliasNode {
			break
		}
		node = node.Alias
	}
	if key == nil {
		key = node
	}
	if node != nil && (node.Kind == yaml.ScalarNode && node.Tag == "!!null" || node.Kind == yaml.AliasNode || node.Kind == 0) {
		node = nil
	}
	return value{doc: d, node: node, key: key, path: path}
}

// object is a mapping whose fields are read by name; done reports those that nobody asked for.
type object struct {
	value
	fields map[string]value
	asked  map[string]bool
}

// object reads a mapping. The object of an absent or mistyped value has no fields and reports none missing.
func (v value) object() *object {
	o := &object{value: v, fields: map[string]value{}, asked: map[string]bool{}}
	if !v.present() {
		return o
	}
	if v.node.Kind != yaml.MappingNode {
		v.errorf("write fields, indented, as \"name: value\"", "must be a mapping, but is %s", v.what())
		o.node = nil
		return o
	}
	o.collect(v.node, 0)
	return o
}

func (o *object) collect(mapping *yaml.Node, depth int) {
	own := map[string]bool{}
	var merged *yaml.Node
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key, node := mapping.Content[i], mapping.Content[i+1]
		if key.Tag == "!!merge" && merged == nil {
			merged = node
			continue
		}
		field := o.doc.value(node, key, joinPath(o.path, key.Value))
		if own[key.Value] {
			o.doc.report(SeverityError, key, field.path, "is given twice", "keep one of them")
			continue
		}
		own[key.Value] = true
		if _, ok := o.fields[key.Value]; !ok {
			o.fields[key.Value] = field
		}
	}
	if merged != nil {
		o.merge(merged, depth+1)
	}
}

// merge takes the fields of "<<: *anchor"; the object's own fields win.
func (o *object) merge(node *yaml.Node, depth int) {
	from := o.doc.value(node, nil, o.path)
	const deepest = 4
	switch {
	case depth > deepest || !from.present():
		o.doc.report(SeverityError, node, joinPath(o.path, "<<"), "can't be merged", "merge a mapping, at most four deep")
	case from.node.Kind == yaml.MappingNode:
		o.collect(from.node, depth)
	case from.node.Kind == yaml.SequenceNode && depth == 1:
		for _, element := range from.node.Content {
			o.merge(element, depth+1)
		}
	default:
		o.doc.report(SeverityError, node, joinPath(o.path, "<<"), "can't be merged", "merge a mapping")
	}
}

func joinPath(path, field string) string {
	if strings.ContainsAny(field, "./ []\"") {
		return fmt.Sprintf("%s[%q]", path, field)
	}
	if path == "" {
		return field
	}
	return path + "." + field
}

// get is an optional field.
func (o *object) get(name string) value {
	o.asked[name] = true
	if field, ok := o.fields[name]; ok {
		return field
	}
	return value{doc: o.doc, path: joinPath(o.path, name), key: o.key}
}

// need is a required field: its absence is an error with the given remedy.
func (o *object) need(name, remedy string) value {
	field := o.get(name)
	if o.present() && !field.present() {
		field.errorf(remedy, "is missing")
	}
	return field
}

// names are the fields that are there, sorted.
func (o *object) names() []string { return slices.Sorted(maps.Keys(o.fields)) }

// done reports the fields that no one asked for.
func (o *object) done() {
	known := slices.Sorted(maps.Keys(o.asked))
	for _, name := range o.names() {
		if !o.asked[name] {
			o.doc.report(SeverityError, o.fields[name].key, o.fields[name].path, "is not a field of OpenSLO v1 here", didYouMean(name, known))
		}
	}
}
