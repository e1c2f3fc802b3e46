package export

import (
	"fmt"
	"strings"
	"text/scanner"
	"time"
	"unicode"

	"github.com/burnline/grafana-slo-app/pkg/alert"
)

// logCount is a number of log lines: those that a log query selects.
type logCount struct {
	// lines is the log query, without a range.
	lines string
}

// over counts the lines within a window.
func (c logCount) over(window time.Duration) string {
	return fmt.Sprintf("sum(count_over_time(%s[%s]))", c.lines, alert.DurationText(window))
}

// logSupported tells users which LogQL can be exported.
const logSupported = "write sum(count_over_time({…} |= `…` [5m])) or sum(rate(…))"

// parseLogQL reads `sum(count_over_time(lines[range]))` and its like: with or without sum and its labels, rate in
// place of count_over_time, and `or vector(0)` behind it. Anything else has no range that could be stretched safely.
func parseLogQL(query string) (logCount, error) {
	tokens, err := logTokens(query)
	if err != nil {
		return logCount{}, err
	}
	for {
		n := len(tokens)
		tokens = withoutZero(tokens)
		tokens = withoutSum(tokens)
		if len(tokens) > 2 && tokens[0] == "(" && closing(tokens, 0) == len(tokens)-1 {
			tokens = tokens[1 : len(tokens)-1]
		}
		if len(tokens) == n {
			break
		}
	}
	if len(tokens) < 4 || tokens[1] != "(" || closing(tokens, 1) != len(tokens)-1 {
		return logCount{}, fmt.Errorf("is not a plain sum of counted lines; %s", logSupported)
	}
	if tokens[0] != "count_over_time" && tokens[0] != "rate" {
		return logCount{}, fmt.Errorf("counts with %s, whose range can't be stretched to another window; %s", tokens[0], logSupported)
	}
	return logLines(tokens[2 : len(tokens)-1])
}

// logLines takes the range out of a log query, wherever it stands.
func logLines(tokens []string) (logCount, error) {
	if len(tokens) == 0 || tokens[0] != "{" {
		return logCount{}, fmt.Errorf("does not begin with a stream selector such as {app=\"shop\"}; %s", logSupported)
	}
	var lines []string
	ranges := 0
	for i := 0; i < len(tokens); i++ {
		switch tokens[i] {
		case "[":
			ranges++
			for i < len(tokens) && tokens[i] != "]" {
				i++
			}
			continue
		case "unwrap":
			return logCount{}, fmt.Errorf("adds up values of lines (unwrap) and does not count lines; %s", logSupported)
		case "offset", "@":
			return logCount{}, fmt.Errorf("looks at another time (%s); remove that", tokens[i])
		}
		lines = append(lines, tokens[i])
	}
	if ranges != 1 {
		return logCount{}, fmt.Errorf("has %d ranges and not one; %s", ranges, logSupported)
	}
	return logCount{lines: strings.Join(lines, " ")}, nil
}

// withoutZero drops `or vector(0)` at the end.
func withoutZero(tokens []string) []string {
	n := len(tokens)
	if n > 5 && strings.Join(tokens[n-5:], "") == "orvector(0)" {
		return tokens[:n-5]
	}
	return tokens
}

// withoutSum drops a sum around everything, with its labels on either side.
func withoutSum(tokens []string) []string {
	if len(tokens) < 4 || tokens[0] != "sum" {
		return tokens
	}
	open := 1
	if tokens[1] == "by" || tokens[1] == "without" {
		if open = closing(tokens, 2) + 1; open <= 0 || open >= len(tokens) {
			return tokens
		}
	}
	end := closing(tokens, open)
	rest := tokens[end+1:]
	behind := len(rest) > 2 && (rest[0] == "by" || rest[0] == "without") && closing(rest, 1) == len(rest)-1
	if end < 0 || len(rest) > 0 && !behind {
		return tokens
	}
	return tokens[open+1 : end]
}

// closing is the index of the bracket that closes the one at open; -1 if there is none.
func closing(tokens []string, open int) int {
	if open >= len(tokens) || tokens[open] != "(" {
		return -1
	}
	depth := 0
	for i := open; i < len(tokens); i++ {
		switch tokens[i] {
		case "(", "{", "[":
			depth++
		case ")", "}", "]":
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// logTokens takes LogQL apart: words, quoted text as it is written, operators. Comments are dropped. Brackets within
// quotes are text, and quotes that don't close are an error, so nothing can reach beyond its place.
func logTokens(query string) ([]string, error) {
	var s scanner.Scanner
	s.Init(strings.NewReader(strings.TrimSpace(query)))
	s.Mode = scanner.ScanIdents | scanner.ScanStrings | scanner.ScanRawStrings
	s.IsIdentRune = func(c rune, _ int) bool {
		return c == '_' || c == ':' || c == '.' || unicode.IsLetter(c) || unicode.IsDigit(c)
	}
	var failed error
	s.Error = func(s *scanner.Scanner, message string) {
		failed = fmt.Errorf("is not LogQL: %s at column %d", message, s.Pos().Column)
	}
	var tokens []string
	end := -1
	for c := s.Scan(); c != scanner.EOF; c = s.Scan() {
		if failed != nil {
			return nil, failed
		}
		text := s.TokenText()
		if c == '#' {
			for c := s.Peek(); c != '\n' && c != scanner.EOF; c = s.Peek() {
				s.Next()
			}
			end = -1
			continue
		}
		// Operators such as |= and !~ stay in one piece.
		if end == s.Position.Offset && len(tokens) > 0 && operator(text) && operator(tokens[len(tokens)-1]) {
			tokens[len(tokens)-1] += text
		} else {
			tokens = append(tokens, text)
		}
		end = s.Position.Offset + len(text)
	}
	return tokens, failed
}

func operator(text string) bool { return strings.Trim(text, "|=!~<>") == "" }
