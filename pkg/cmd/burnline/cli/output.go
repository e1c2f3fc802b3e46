package cli

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// The forms of output.
const (
	formTable    = "table"
	formJSON     = "json"
	formMarkdown = "markdown"
	formCSV      = "csv"
)

var forms = []string{formTable, formJSON, formMarkdown, formCSV}

// form adds --output.
func form(command *cobra.Command, into *string) {
	command.Flags().StringVarP(into, "output", "o", formTable, "form: "+strings.Join(forms, ", "))
	_ = command.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(forms, cobra.ShellCompDirectiveNoFileComp))
}

func checkForm(command *cobra.Command, name string) error {
	if !slices.Contains(forms, name) {
		return usage(command, "--output is %q; it must be one of %s", name, strings.Join(forms, ", "))
	}
	return nil
}

// table is rows of text under a title. Columns of numbers have their names in right.
type table struct {
	title string
	head  []string
	rows  [][]string
	right []string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// printTables writes tables one below the other. A CSV file is one table: the last, which is the most detailed.
func printTables(out io.Writer, name string, tables ...table) error {
	if name == formCSV {
		w := csv.NewWriter(out)
		last := tables[len(tables)-1]
		_ = w.Write(last.head)
		_ = w.WriteAll(last.rows)
		return w.Error()
	}
	for i, t := range tables {
		if i > 0 {
			if _, err := fmt.Fprintln(out); err != nil {
				return err
			}
		}
		write := t.plain
		if name == formMarkdown {
			write = t.markdown
		}
		if _, err := io.WriteString(out, write()); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) widths() []int {
	widths := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

func (t *table) plain() string {
	var b strings.Builder
	if t.title != "" {
		b.WriteString(t.title + "\n")
	}
	widths := t.widths()
	for _, row := range append([][]string{t.head}, t.rows...) {
		var line strings.Builder
		for i, cell := range row {
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				line.WriteString("  ")
			}
			if slices.Contains(t.right, t.head[i]) {
				line.WriteString(gap + cell)
			} else {
				line.WriteString(cell + gap)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

func (t *table) markdown() string {
	var b strings.Builder
	if t.title != "" {
		b.WriteString("### " + t.title + "\n\n")
	}
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(t.head)
	rule := make([]string, len(t.head))
	for i, name := range t.head {
		rule[i] = "---"
		if slices.Contains(t.right, name) {
			rule[i] = "--:"
		}
	}
	line(rule)
	for _, row := range t.rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = strings.NewReplacer("|", `\|`, "\n", " ").Replace(cell)
		}
		line(cells)
	}
	return b.String()
}

func printJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
