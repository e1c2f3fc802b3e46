package prometheus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unsafe"
)

// series is one series of an answer; times are Unix milliseconds.
type series struct {
	labels map[string]string
	points points
}

// point is a value at a time in Unix milliseconds.
type point struct {
	at    int64
	value float64
}

// answer is a decoded answer of the query API.
type answer struct {
	result    []series
	warnings  []string
	infos     []string
	samples   int64
	errorType string
	errorText string
}

// wireAnswer is the query API's envelope.
type wireAnswer struct {
	Status string `json:"status"`
	Data   struct {
		ResultType string       `json:"resultType"`
		Result     []wireSeries `json:"result"`
		Stats      struct {
			Samples struct {
				Total int64 `json:"totalQueryableSamples"`
			} `json:"samples"`
		} `json:"stats"`
	} `json:"data"`
	Warnings  []string `json:"warnings"`
	Infos     []string `json:"infos"`
	ErrorType string   `json:"errorType"`
	Error     string   `json:"error"`
}

// wireSeries is one element of a matrix or a vector.
type wireSeries struct {
	Metric map[string]string `json:"metric"`
	Values points            `json:"values"`
	Value  *points           `json:"value"`
}

// decode reads an answer with status 2xx. Errors say what is wrong with its form.
func decode(body []byte) (*answer, error) {
	var wire wireAnswer
	err := json.Unmarshal(body, &wire) // what could be read before an error of form is in wire all the same
	if kind := wire.Data.ResultType; kind != "" && kind != "matrix" && kind != "vector" {
		return nil, fmt.Errorf("a result of type %q instead of a matrix", kind)
	}
	if err != nil {
		return nil, fmt.Errorf("%w; it starts with %q", err, excerpt(body))
	}
	if wire.Status == "error" {
		if wire.Error == "" {
			wire.Error = "an error without a message"
		}
		return &answer{errorType: wire.ErrorType, errorText: wire.Error}, nil
	}
	if wire.Status != "success" {
		return nil, fmt.Errorf("no `status: success`; it starts with %q", excerpt(body))
	}
	if wire.Data.ResultType == "" {
		return nil, fmt.Errorf("no result; it starts with %q", excerpt(body))
	}
	out := &answer{warnings: wire.Warnings, infos: wire.Infos, samples: wire.Data.Stats.Samples.Total}
	for _, one := range wire.Data.Result {
		if one.Value != nil {
			one.Values = *one.Value
		}
		out.result = append(out.result, series{labels: one.Metric, points: one.Values})
	}
	return out, nil
}

// errorOf finds the words of an error answer, of Prometheus ("error"), of Grafana ("message") or of a
// proxy (plain text).
func errorOf(body []byte) (errorType, text string) {
	var wire struct {
		ErrorType string `json:"errorType"`
		Error     string `json:"error"`
		Message   string `json:"message"`
	}
	if json.Unmarshal(body, &wire) == nil {
		if wire.Error != "" && (wire.Message == "" || wire.ErrorType != "") {
			return wire.ErrorType, wire.Error
		}
		return "", wire.Message
	}
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		return "", "" // an HTML page says no more than its status
	}
	return "", excerpt(body)
}

func excerpt(body []byte) string {
	const most = 200
	text := strings.ToValidUTF8(string(body[:min(len(body), most)]), "")
	return strings.TrimSpace(text)
}

// points decodes [[1700000000.123,"42"],...] or a single [1700000000.123,"42"] without the cost of
// reflection: an answer holds hundreds of thousands of them.
type points []point

var errPoints = errors.New("values are not pairs of a time and a number")

// UnmarshalJSON reads JSON that is known to be valid.
func (p *points) UnmarshalJSON(raw []byte) error {
	raw = bytes.TrimSpace(raw)
	if len(raw) < 2 || raw[0] != '[' {
		return errPoints
	}
	if inner := bytes.TrimSpace(raw[1:]); inner[0] == ']' {
		*p = nil
		return nil
	} else if inner[0] == '[' {
		raw = inner
	}
	out := make(points, 0, 1+bytes.Count(raw, []byte{'['}))
	for len(raw) > 0 {
		open := bytes.IndexByte(raw, '[')
		if open < 0 {
			break
		}
		end := bytes.IndexByte(raw[open:], ']')
		if end < 0 {
			return errPoints
		}
		one, err := pair(raw[open+1 : open+end])
		if err != nil {
			return err
		}
		out = append(out, one)
		raw = raw[open+end+1:]
	}
	*p = out
	return nil
}

// pair reads `1700000000.123,"42"`.
func pair(raw []byte) (point, error) {
	comma := bytes.IndexByte(raw, ',')
	if comma < 0 {
		return point{}, errPoints
	}
	at, err := strconv.ParseFloat(text(bytes.TrimSpace(raw[:comma])), 64)
	if err != nil {
		return point{}, errPoints
	}
	quoted := bytes.TrimSpace(raw[comma+1:])
	if len(quoted) < 2 || quoted[0] != '"' || quoted[len(quoted)-1] != '"' {
		return point{}, errPoints
	}
	value, err := strconv.ParseFloat(text(quoted[1:len(quoted)-1]), 64)
	if err != nil {
		return point{}, errPoints
	}
	return point{at: int64(math.Round(at * 1000)), value: value}, nil
}

// text views bytes as a string for the length of a call that does not keep it.
func text(raw []byte) string { return unsafe.String(unsafe.SliceData(raw), len(raw)) }
