package grafana

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestATitleWithBracesIsTakenApartByItsLabels(t *testing.T) {
	for text, want := range map[string]struct {
		title  string
		labels map[string]string
	}{
		"Cart {fast}: burn {alertname=Cart {fast}: burn, env=a, b} - A=1.000000": {"Cart {fast}: burn", map[string]string{"alertname": "Cart {fast}: burn", "env": "a, b"}},
		"Slow {alertname=Slow, q=up {x}} - No data":                              {"Slow", map[string]string{"alertname": "Slow", "q": "up {x}"}},
		"Slow {env=prod} - A=NaN":                                                {"Slow", map[string]string{"env": "prod"}},
		"only a title":                                                           {"only a title", nil},
		"cut {env=prod":                                                          {"cut {env=prod", nil},
	} {
		title, labels := readText(text)
		assert.Equal(t, want.title, title)
		assert.Equal(t, want.labels, labels, text)
	}
}
