package alerting

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode"
)

// templateFunctions are the functions that Grafana offers to templates of alert rules: those of Prometheus, without
// the ones that query, and Grafana's links, which are empty here because the preview host has no Explore.
func templateFunctions(external *url.URL) template.FuncMap {
	return template.FuncMap{
		"humanize":           humanized(humanize),
		"humanize1024":       humanized(humanize1024),
		"humanizeDuration":   humanized(humanizeDuration),
		"humanizePercentage": humanized(func(f float64) string { return fmt.Sprintf("%.4g%%", f*100) }),
		"humanizeTimestamp":  humanized(humanizeTimestamp),
		"title":              title,
		"toUpper":            strings.ToUpper,
		"toLower":            strings.ToLower,
		"match":              regexp.MatchString,
		"reReplaceAll": func(pattern, with, text string) (string, error) {
			parsed, err := regexp.Compile(pattern)
			if err != nil {
				return "", err
			}
			return parsed.ReplaceAllString(text, with), nil
		},
		"args": func(args ...any) map[string]any {
			named := make(map[string]any, len(args))
			for i, arg := range args {
				named["arg"+strconv.Itoa(i)] = arg
			}
			return named
		},
		"externalURL": external.String,
		"pathPrefix":  func() string { return external.Path },
		"graphLink":   func(string) string { return "" },
		"tableLink":   func(string) string { return "" },
	}
}

// humanized lets a function take numbers and texts of numbers alike, as Prometheus' functions do.
func humanized(f func(float64) string) func(any) (string, error) {
	return func(number any) (string, error) {
		switch n := number.(type) {
		case float64:
			return f(n), nil
		case int:
			return f(float64(n)), nil
		case string:
			parsed, err := strconv.ParseFloat(n, 64)
			if err != nil {
				return "", fmt.Errorf("%q is no number: %w", n, err)
			}
			return f(parsed), nil
		}
		return "", fmt.Errorf("can't convert %T to float: pass a number, such as $values.A.Value", number)
	}
}

var (
	largePrefixes  = []string{"k", "M", "G", "T", "P", "E", "Z", "Y"}
	smallPrefixes  = []string{"m", "u", "n", "p", "f", "a", "z", "y"}
	binaryPrefixes = []string{"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"}
)

func notFinite(f float64) bool { return math.IsNaN(f) || math.IsInf(f, 0) }

// scale divides by step while the number is at least step, and names how often.
func scale(f, step float64, prefixes []string) (float64, string) {
	prefix := ""
	for _, p := range prefixes {
		if math.Abs(f) < step {
			break
		}
		f, prefix = f/step, p
	}
	return f, prefix
}

// enlarge multiplies by 1000 while the number is below 1, and names how often.
func enlarge(f float64) (float64, string) {
	prefix := ""
	for _, p := range smallPrefixes {
		if math.Abs(f) >= 1 {
			break
		}
		f, prefix = f*1000, p
	}
	return f, prefix
}

func humanize(f float64) string {
	if f == 0 || notFinite(f) {
		return fmt.Sprintf("%.4g", f)
	}
	scaled, prefix := scale(f, 1000, largePrefixes)
	if math.Abs(f) < 1 {
		scaled, prefix = enlarge(f)
	}
	return fmt.Sprintf("%.4g%s", scaled, prefix)
}

func humanize1024(f float64) string {
	if math.Abs(f) <= 1 || notFinite(f) {
		return fmt.Sprintf("%.4g", f)
	}
	f, prefix := scale(f, 1024, binaryPrefixes)
	return fmt.Sprintf("%.4g%s", f, prefix)
}

// humanizeDuration writes seconds as days, hours, minutes and seconds, or with a prefix when below one.
func humanizeDuration(f float64) string {
	if notFinite(f) {
		return fmt.Sprintf("%.4g", f)
	}
	if f == 0 {
		return "0s"
	}
	if math.Abs(f) < 1 {
		f, prefix := enlarge(f)
		return fmt.Sprintf("%.4g%ss", f, prefix)
	}
	sign := ""
	if f < 0 {
		sign, f = "-", -f
	}
	whole := int64(f)
	seconds, minutes, hours, days := whole%60, whole/60%60, whole/3600%24, whole/86400
	switch {
	case days != 0:
		return fmt.Sprintf("%s%dd %dh %dm %ds", sign, days, hours, minutes, seconds)
	case hours != 0:
		return fmt.Sprintf("%s%dh %dm %ds", sign, hours, minutes, seconds)
	case minutes != 0:
		return fmt.Sprintf("%s%dm %ds", sign, minutes, seconds)
	}
	return fmt.Sprintf("%s%.4gs", sign, f)
}

// humanizeTimestamp writes Unix seconds as a UTC time.
func humanizeTimestamp(f float64) string {
	if notFinite(f) {
		return fmt.Sprintf("%.4g", f)
	}
	seconds, part := math.Modf(f)
	return time.Unix(int64(seconds), int64(part*float64(time.Second))).UTC().String()
}

// title makes the first letter of each word a capital.
func title(text string) string {
	start := true
	return strings.Map(func(r rune) rune {
		first := start
		start = !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '\''
		if first {
			return unicode.ToTitle(r)
		}
		return r
	}, text)
}
