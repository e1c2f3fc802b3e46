// Package plugin is Burnline's face towards Grafana: data source queries become frames, resource calls
// become JSON, health checks become words. One binary serves the app and the nested data source; a
// request's plugin context tells which of the two is asked.
//
// Nothing is computed here. Every number comes from one assessment (see view.go), which takes it from
// package budget, so that a table row, a graph's last point and a page's tile can't disagree.
//
// Units: ratios are fractions (1 is 100 %), counts are events, JSON times are Unix milliseconds, and
// what is not known is null: a frame or a resource never carries NaN or an infinity.
package plugin
