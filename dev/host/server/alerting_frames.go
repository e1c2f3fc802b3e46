package server

import (
	"fmt"
	"maps"
	"math"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/burnline/grafana-slo-app/dev/host/alerting"
)

// seriesOf turns a query's frames into what expressions work on, by Grafana's rules: one table of a number and texts
// gives a number a row, with the texts as labels; every other frame must be a wide time series; frames that declare
// the numeric kinds of Grafana's data plane may hold several numbers.
func seriesOf(frames data.Frames) ([]alerting.Series, error) {
	var all []alerting.Series
	for _, frame := range frames {
		if frame == nil || len(frame.Fields) == 0 {
			continue
		}
		schema := frame.TimeSeriesSchema()
		switch {
		case isNumeric(frame), schema.Type == data.TimeSeriesTypeNot && isNumberTable(frame):
			all = append(all, numbersOf(frame)...)
		case schema.Type == data.TimeSeriesTypeWide:
			all = append(all, pointsOf(frame, schema)...)
		default:
			return nil, fmt.Errorf("input data must be a wide series but got type %s (input refid)", schema.Type)
		}
	}
	return all, nil
}

func isNumeric(frame *data.Frame) bool {
	if frame.Meta == nil {
		return false
	}
	kind := frame.Meta.Type
	return kind == data.FrameTypeNumericLong || kind == data.FrameTypeNumericWide || kind == data.FrameTypeNumericMulti
}

func isText(field *data.Field) bool {
	return field.Type() == data.FieldTypeString || field.Type() == data.FieldTypeNullableString
}

func isNumberTable(frame *data.Frame) bool {
	numbers := 0
	for _, field := range frame.Fields {
		switch {
		case field.Type().Numeric():
			numbers++
		case !isText(field):
			return false
		}
	}
	return numbers == 1
}

// numbersOf gives a number for each row and numeric field, labelled by the field's labels and the row's texts.
func numbersOf(frame *data.Frame) []alerting.Series {
	var series []alerting.Series
	for row := range frame.Rows() {
		texts := map[string]string{}
		for _, field := range frame.Fields {
			if !isText(field) {
				continue
			}
			if value, ok := field.ConcreteAt(row); ok {
				texts[field.Name], _ = value.(string)
			}
		}
		for _, field := range frame.Fields {
			if !field.Type().Numeric() {
				continue
			}
			labels := map[string]string(field.Labels.Copy())
			if labels == nil {
				labels = map[string]string{}
			}
			maps.Copy(labels, texts)
			series = append(series, alerting.Series{Labels: labels, Value: numberAt(field, row)})
		}
	}
	return series
}

func pointsOf(frame *data.Frame, schema data.TimeSeriesSchema) []alerting.Series {
	var series []alerting.Series
	for _, index := range schema.ValueIndices {
		field := frame.Fields[index]
		one := alerting.Series{Labels: field.Labels.Copy(), Points: []alerting.Point{}}
		for row := range frame.Rows() {
			if at, ok := frame.Fields[schema.TimeIndex].ConcreteAt(row); ok {
				moment, _ := at.(time.Time)
				one.Points = append(one.Points, alerting.Point{Time: moment, Value: numberAt(field, row)})
			}
		}
		series = append(series, one)
	}
	return series
}

// numberAt is nil for null.
func numberAt(field *data.Field, row int) *float64 {
	if field.NilAt(row) {
		return nil
	}
	value, err := field.FloatAt(row)
	if err != nil {
		value = math.NaN()
	}
	return &value
}
