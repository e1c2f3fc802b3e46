package slo

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryExampleOfTheDocumentationWorks(t *testing.T) {
	text, err := os.ReadFile("../../docs/definitions.md")
	require.NoError(t, err)
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	text = append(text, readme...)
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1)
	require.GreaterOrEqual(t, len(examples), 7)
	shown := map[Kind]bool{}
	for _, example := range examples {
		c := Parse("docs/definitions.md", example[1])
		for _, p := range c.Problems {
			require.Equal(t, SeverityWarning, p.Severity, p.String())
			require.Equal(t, "spec.service", p.Path, p.String())
		}
		require.NotEmpty(t, c.Definitions, string(example[1]))
		for _, d := range c.Definitions {
			require.Empty(t, d.NotEvaluated)
			shown[d.Indicator.Kind] = true
		}
	}
	require.Equal(t, map[Kind]bool{KindRatio: true, KindRaw: true, KindThreshold: true}, shown)
}

func TestEveryAnnotationIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/definitions.md")
	require.NoError(t, err)
	for _, names := range annotationsOf {
		for _, name := range names {
			require.Contains(t, string(text), "`"+name+"`")
		}
	}
}
