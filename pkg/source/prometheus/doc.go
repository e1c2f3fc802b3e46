// Package prometheus reads indicators from anything that speaks Prometheus's query API, through
// Grafana's data source proxy or directly.
//
// A bucket's number of events must be exact: budgets of 99.99 % are spent in single events. PromQL's
// increase() is an estimate: it extrapolates to the edges of its range, and it loses the first value
// of a counter. So the user's query is parsed and, when it is a sum of counters, taken apart into its
// counters (leaves); each leaf is read by what counters really tell, its value at the two ends of a
// bucket:
//
//	increment of [s, e) = sum(F at e) - sum(F at s)
//
// where F is the counter's value (or, for native histograms, the histogram's count or the
// number of observations between two bounds). Increments telescope: whatever happened between two
// instants is counted once, in the bucket of the sample that shows it.
//
// The difference of sums is exact as long as the same series are there at both ends and none was
// reset. The same range query therefore also counts the series at each end, those that did not fall,
// and the resets between the samples; a bucket in which they disagree is irregular and is worked out from the
// raw samples of each series (resolve.go). Nothing is estimated or extrapolated.
//
// A value that is not a counter (a threshold's value, a ratio, a gauge that holds events per interval) is
// sampled at the bucket's end.
package prometheus
