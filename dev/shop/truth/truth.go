// Package truth keeps what really happened, minute by minute and objective by objective, in files that
// anybody can read: one CSV an objective, and the named incidents as JSON.
package truth

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/burnline/grafana-slo-app/dev/shop/model"
)

const header = "minute,good,total\n"

// Writer appends complete minutes to the files of a directory.
type Writer struct {
	dir     string
	written map[string]int
}

// Open prepares the directory and counts the minutes that its files hold.
func Open(dir string) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("truth directory: %w", err)
	}
	return &Writer{dir: dir, written: map[string]int{}}, nil
}

func (w *Writer) file(slo string) string { return filepath.Join(w.dir, slo+".csv") }

// Update appends the minutes that the files lack, and rewrites the incidents when there are new ones.
func (w *Writer) Update(world *model.World) error {
	for _, meter := range world.Meters() {
		if err := w.append(meter, world.Config().Origin); err != nil {
			return fmt.Errorf("truth of %s: %w", meter.SLO, err)
		}
	}
	return nil
}

func (w *Writer) append(meter *model.Meter, origin int64) error {
	file := w.file(meter.SLO)
	written, known := w.written[meter.SLO]
	if !known {
		var err error
		if written, err = count(file, origin); err != nil {
			return err
		}
	}
	minutes := meter.Minutes()
	w.written[meter.SLO] = max(written, len(minutes))
	if written >= len(minutes) {
		return nil
	}
	out, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	buffer := bufio.NewWriterSize(out, 1<<16)
	if written == 0 {
		_, _ = buffer.WriteString(header)
	}
	var line []byte
	for i := written; i < len(minutes); i++ {
		line = strconv.AppendInt(line[:0], origin+int64(i)*60, 10)
		line = append(line, ',')
		line = strconv.AppendFloat(line, minutes[i].Good, 'f', -1, 64)
		line = append(line, ',')
		line = strconv.AppendFloat(line, minutes[i].Total, 'f', -1, 64)
		line = append(line, '\n')
		_, _ = buffer.Write(line)
	}
	if err := buffer.Flush(); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}

// count is the number of whole minutes in a file. A line that a crash cut short is removed; a file of
// another world is started over.
func count(file string, origin int64) (int, error) {
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	first := header + strconv.FormatInt(origin, 10) + ","
	if !bytes.HasPrefix(text, []byte(first)) {
		return 0, os.Remove(file)
	}
	whole := bytes.LastIndexByte(text, '\n') + 1
	if whole < len(text) {
		if err := os.Truncate(file, int64(whole)); err != nil {
			return 0, err
		}
	}
	return bytes.Count(text[:whole], []byte{'\n'}) - 1, nil
}

// WriteIncidents stores the incidents that begin before until, newest last, controls included.
func WriteIncidents(dir string, config model.Config, until int64) error {
	text, err := json.MarshalIndent(Incidents(config, until), "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "incidents.json"), append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("incidents: %w", err)
	}
	return nil
}

// Incidents are those between the world's origin and until.
func Incidents(config model.Config, until int64) []model.Incident {
	known := []model.Incident{}
	for _, incident := range model.Incidents(config) {
		if incident.To > config.Origin && incident.From < until {
			known = append(known, incident)
		}
	}
	return known
}
