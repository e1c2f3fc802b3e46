package slo

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAFractionIsExact(t *testing.T) {
	for text, complement := range map[string]string{"0.9995": "0.0005", "0.999": "0.001", "1": "0", "0": "1", "5e-1": "0.5"} {
		f, err := ParseFraction(text)
		require.NoError(t, err)
		require.Equal(t, complement, f.Complement().String())
	}
	p, err := ParsePercent("99.95")
	require.NoError(t, err)
	require.Equal(t, MustFraction("0.9995"), p)
	require.Equal(t, "99.95", p.Percent())
}

func TestAFractionOutsideItsRangeIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"1.5":             "1.5 is outside 0 to 1 (0 % to 100 %)",
		"-0.1":            "-0.1 is outside 0 to 1 (0 % to 100 %)",
		"0.1234567890123": "0.1234567890123 has more than twelve decimal places; shorten it",
		"most":            `"most" is not a decimal number; write a fraction such as 0.999`,
		"1e-999999999":    `"1e-999999999" is not a decimal number; write a fraction such as 0.999`,
	} {
		_, err := ParseFraction(text)
		require.EqualError(t, err, want)
	}
}

func TestAFractionSurvivesJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Fraction{units: rapid.Int64Range(0, fractionScale).Draw(t, "units")}
		raw, err := json.Marshal(f)
		require.NoError(t, err)
		var back Fraction
		require.NoError(t, json.Unmarshal(raw, &back))
		require.Equal(t, f, back)
		require.Equal(t, f, f.Complement().Complement())
	})
}

func TestADurationIsANumberAndAUnit(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"5m": 5 * time.Minute, "1h": time.Hour, "30d": 30 * day, "4w": 28 * day, "1M": 30 * day, "1Q": 90 * day, "1Y": 365 * day,
	} {
		got, err := ParseDuration(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"", "d", "1", "1.5h", "-1d", "1h30m", "1 d", "10s", "0d", "99999999999999999999d", "999999999Y"} {
		_, err := ParseDuration(text)
		require.Error(t, err, text)
	}
}
