package slo

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// maxFileSize bounds a definition file: more is a mistake, not a definition.
const maxFileSize = 1 << 20

// loader collects the objects of all files, so that references may point anywhere.
type loader struct {
	// check, if any, says what is wrong with the queries of a definition that is right otherwise.
	check      func(Definition) error
	documents  []*document
	declared   map[string]header
	services   registry[header]
	indicators registry[indicator]
	objectives registry[objectives]
	sources    registry[source]
	policies   registry[policy]
	conditions registry[condition]
	targets    registry[target]
}

// Parse reads one file's documents as a catalogue of their own. It never fails: what is wrong is in
// the catalogue's problems, and what is right in its definitions.
func Parse(file string, data []byte) Catalogue {
	l := loader{declared: map[string]header{}}
	l.add(file, data)
	return l.catalogue()
}

// Load reads every *.yaml and *.yml file of a folder and its sub-folders (names that begin with a dot
// are skipped). Like Parse it never fails as a whole; a file or folder that can't be read is a problem
// without a document.
func Load(fsys fs.FS) Catalogue { return parseFiles(readFiles(fsys), nil) }

// file is a definition file as read, or why it could not be.
type file struct {
	name string
	data []byte
	err  error
}

func parseFiles(files []file, check func(Definition) error) Catalogue {
	l := loader{declared: map[string]header{}, check: check}
	for _, f := range files {
		if f.err == nil && len(bytes.TrimSpace(f.data)) == 0 {
			// Someone is about to write it, or a disk was full: neither is the wish to remove what it held.
			f.err = errEmpty
		}
		if f.err != nil {
			l.unreadable(f.name, f.err)
			continue
		}
		l.add(f.name, f.data)
	}
	return l.catalogue()
}

// readFiles reads the definition files of a folder in the order of their names.
func readFiles(fsys fs.FS) []file {
	var files []file
	// The callback never returns an error but SkipDir, so neither does WalkDir.
	_ = fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			files = append(files, file{name: name, err: err})
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if name != "." && strings.HasPrefix(entry.Name(), ".") {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if ext := path.Ext(name); entry.IsDir() || ext != ".yaml" && ext != ".yml" {
			return nil
		}
		if data, err := readFile(fsys, name); !errors.Is(err, errNotAFile) {
			files = append(files, file{name: name, data: data, err: err})
		}
		return nil
	})
	return files
}

var (
	errNotAFile = errors.New("not a regular file")
	errEmpty    = errors.New("it is empty")
)

func readFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotAFile
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err == nil && len(data) > maxFileSize {
		err = fmt.Errorf("it is larger than %d KiB", maxFileSize>>10)
	}
	return data, err
}

// unreadable reports a file or folder that can't be read.
func (l *loader) unreadable(name string, err error) {
	d := &document{Position: Position{File: name}}
	l.documents = append(l.documents, d)
	what, remedy := "the file can't be read", "check that it exists and that Grafana's user may read it"
	if name == "." {
		what = "the folder of definitions can't be read"
	}
	switch {
	case errors.Is(err, errEmpty):
		remedy = "write a definition, or remove the file to remove what it declared"
	case errors.Is(err, fs.ErrNotExist):
		remedy = "create it, or set another folder"
	}
	d.report(SeverityError, nil, "", fmt.Sprintf("%s: %v", what, err), remedy)
}

func (l *loader) add(file string, data []byte) {
	for n, c := range split(data) {
		d := &document{Position: Position{File: file, Line: firstLine(c), Document: n + 1}, lineOffset: c.lineOffset}
		l.documents = append(l.documents, d)
		if root, ok := d.parseYAML(c); ok {
			l.read(d, root)
		}
	}
}

// firstLine is the file's line of the chunk's first line that says something.
func firstLine(c chunk) int {
	line := c.lineOffset + 1
	for text := range strings.Lines(string(c.text)) {
		if hasContent([]byte(text)) {
			break
		}
		line++
	}
	return line
}

func (l *loader) catalogue() Catalogue {
	var c Catalogue
	l.checkUnused()
	for _, p := range l.policies.all {
		if resolved := l.resolvePolicy(p); !p.doc.broken() {
			c.AlertPolicies = append(c.AlertPolicies, resolved)
		}
	}
	for _, o := range l.objectives.all {
		definitions, inlinePolicies := l.define(o)
		if o.doc.broken() {
			continue
		}
		c.Definitions = append(c.Definitions, definitions...)
		c.AlertPolicies = append(c.AlertPolicies, inlinePolicies...)
	}
	for _, d := range l.documents {
		c.Problems = append(c.Problems, d.problems...)
	}
	sortProblems(c.Problems)
	slices.SortFunc(c.Definitions, func(a, b Definition) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(c.AlertPolicies, func(a, b AlertPolicy) int { return cmp.Compare(a.Name, b.Name) })
	return c
}

// checkUnused looks at what no SLO may refer to, and at everything that is wrong whoever refers to it.
func (l *loader) checkUnused() {
	for _, s := range l.sources.all {
		sourceType(s.kind)
	}
	for _, i := range l.indicators.all {
		l.resolve(i, header{}, value{})
	}
}
