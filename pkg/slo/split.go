package slo

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// chunk is the text of one YAML document and the number of lines before it.
type chunk struct {
	text       []byte
	lineOffset int
}

// split cuts a file at its document markers before any YAML is parsed, so that a syntax error in one
// document does not hide the others. A marker at the start of a line ends even a block scalar, so
// cutting there is exact. Chunks that hold only comments are dropped.
func split(data []byte) []chunk {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	var chunks []chunk
	start, startLine := 0, 0
	cut := func(end int) {
		if hasContent(data[start:end]) {
			chunks = append(chunks, chunk{text: data[start:end], lineOffset: startLine})
		}
	}
	for at, line := 0, 0; at < len(data); line++ {
		next := len(data)
		if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
			next = at + i + 1
		}
		text := bytes.TrimRight(data[at:next], "\r\n")
		switch {
		case isMarker(text, "---") && at > start:
			cut(at)
			start, startLine = at, line
		case isMarker(text, "..."):
			cut(at)
			start, startLine = next, line+1
		}
		at = next
	}
	cut(len(data))
	return chunks
}

func isMarker(line []byte, marker string) bool {
	rest, ok := bytes.CutPrefix(line, []byte(marker))
	return ok && (len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t')
}

// hasContent reports whether any line says more than a comment, a marker or a directive.
func hasContent(text []byte) bool {
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if isMarker(line, "---") {
			line = bytes.TrimSpace(line[3:])
		}
		if len(line) > 0 && line[0] != '#' && line[0] != '%' {
			return true
		}
	}
	return false
}

var yamlErrorLine = regexp.MustCompile(`^line ([0-9]+): `)

// parseYAML reads the chunk's single document. A syntax error is reported with its line in the file.
func (d *document) parseYAML(c chunk) (root value, ok bool) {
	var node yaml.Node
	if err := unmarshal(c.text, &node); err != nil {
		text := strings.TrimPrefix(err.Error(), "yaml: ")
		if match := yamlErrorLine.FindStringSubmatch(text); match != nil {
			if line, err := strconv.Atoi(match[1]); err == nil {
				d.Line = line + c.lineOffset
			}
			text = text[len(match[0]):]
		}
		d.guess(c.text)
		d.report(SeverityError, nil, "", "is not valid YAML: "+text, "check indentation, colons and quotes on this line and the one before")
		return value{}, false
	}
	if node.Kind != yaml.DocumentNode || len(node.Content) == 0 {
		return value{}, false
	}
	return d.value(node.Content[0], nil, ""), true
}

var (
	kindLine = regexp.MustCompile(`(?m)^kind:[ \t]*(\w+)[ \t\r]*$`)
	nameLine = regexp.MustCompile(`(?m)^metadata:[ \t\r]*\n(?:[ \t]+[^\n]*\n)*?[ \t]+name:[ \t]*([-\w]+)[ \t\r]*$`)
)

// guess finds kind and name in a text that is not YAML, to say which object is affected.
func (d *document) guess(text []byte) {
	if match := kindLine.FindSubmatch(text); match != nil {
		d.kind = string(match[1])
	}
	if match := nameLine.FindSubmatch(text); match != nil {
		d.name = string(match[1])
	}
}

// unmarshal turns the YAML library's rare panics on malformed input into errors.
func unmarshal(text []byte, node *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errUnreadableYAML
		}
	}()
	return yaml.Unmarshal(text, node)
}
