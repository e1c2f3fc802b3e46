package slo

import (
	"fmt"
	"math/big"
	"strings"
)

// fractionScale is the number of Fraction units in 1: twelve decimal places.
const fractionScale = 1_000_000_000_000

// Fraction is an exact decimal between 0 and 1 with up to twelve places: an objective such as 0.9995
// and its error budget 0.0005 stay exactly that, where float64 arithmetic would give 0.0004999…9449.
type Fraction struct{ units int64 }

// ParseFraction reads a decimal such as "0.9995". Errors name the text and the permitted form.
func ParseFraction(text string) (Fraction, error) {
	rat, ok := new(big.Rat).SetString(strings.TrimSpace(text))
	if !ok {
		return Fraction{}, fmt.Errorf("%q is not a decimal number; write a fraction such as 0.999", text)
	}
	return fractionFromRat(rat, text)
}

// ParsePercent reads a decimal percentage such as "99.95" exactly.
func ParsePercent(text string) (Fraction, error) {
	rat, ok := new(big.Rat).SetString(strings.TrimSuffix(strings.TrimSpace(text), "%"))
	if !ok {
		return Fraction{}, fmt.Errorf("%q is not a decimal number; write a percentage such as 99.9", text)
	}
	return fractionFromRat(rat.Quo(rat, big.NewRat(100, 1)), text)
}

// MustFraction is ParseFraction for constants; it panics on an error.
func MustFraction(text string) Fraction {
	f, err := ParseFraction(text)
	if err != nil {
		panic(err)
	}
	return f
}

func fractionFromRat(rat *big.Rat, text string) (Fraction, error) {
	if rat.Sign() < 0 || rat.Cmp(big.NewRat(1, 1)) > 0 {
		return Fraction{}, fmt.Errorf("%s is outside 0 to 1 (0 %% to 100 %%)", text)
	}
	scaled := rat.Mul(rat, big.NewRat(fractionScale, 1))
	if !scaled.IsInt() {
		return Fraction{}, fmt.Errorf("%s has more than twelve decimal places; shorten it", text)
	}
	return Fraction{units: scaled.Num().Int64()}, nil
}

// Complement is 1 - f, exactly: an objective's error budget as a share of events.
func (f Fraction) Complement() Fraction { return Fraction{units: fractionScale - f.units} }

// Float is the float64 nearest to f.
func (f Fraction) Float() float64 { return float64(f.units) / fractionScale }

// IsZero reports whether f is exactly 0.
func (f Fraction) IsZero() bool { return f.units == 0 }

// String is the shortest exact decimal, e.g. "0.9995".
func (f Fraction) String() string {
	return trimDecimal(new(big.Rat).SetFrac64(f.units, fractionScale).FloatString(12))
}

// Percent is the shortest exact percentage without the sign, e.g. "99.95".
func (f Fraction) Percent() string {
	return trimDecimal(new(big.Rat).SetFrac64(f.units, fractionScale/100).FloatString(10))
}

func trimDecimal(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// MarshalJSON writes the exact decimal as a JSON number.
func (f Fraction) MarshalJSON() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalJSON reads a JSON number (or a string holding one) exactly.
func (f *Fraction) UnmarshalJSON(raw []byte) error {
	parsed, err := ParseFraction(strings.Trim(string(raw), `"`))
	if err != nil {
		return err
	}
	*f = parsed
	return nil
}
