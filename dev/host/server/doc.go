// Package server is the preview host: what Grafana does for a built plugin, as far as this plugin needs it.
//
// It exists because neither Grafana nor its container image can be had from a language registry, and the
// product must be seen and tested with its real binary, its real dist folder and real data sources all the
// same. It starts one process for each backend plugin id over hashicorp/go-plugin, serves dist unmodified,
// proxies data sources, checks roles and service account permissions, and answers Grafana's HTTP API in
// Grafana's own shapes. It has no feature that Grafana lacks, and nothing in the plugin knows of it.
//
// Where a behaviour of Grafana could surprise (unescaped resource paths, a keep-alive check each second,
// 400 for a query that has an error, an empty 502 from the proxy), the code says so and does the same.
package server
