package plugin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/burnline/grafana-slo-app/pkg/evaluate"
	"github.com/burnline/grafana-slo-app/pkg/grafana"
	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source"
	"github.com/burnline/grafana-slo-app/pkg/source/prometheus"
)

// typePrometheus is the source type of an SLO that reads PromQL.
const typePrometheus = "prometheus"

// prometheusPlugins are the ids of the data source plugins that answer PromQL through the proxy.
var prometheusPlugins = []string{"prometheus", "grafana-amazonprometheus-datasource", "grafana-azureprometheus-datasource"}

// idleConnections is how many connections to Grafana are kept open: one for each reading in flight.
const idleConnections = 32

// grafanaTransport carries everything that is asked of Grafana. The default one keeps two idle
// connections a host, and would open a new one for nearly every reading.
var grafanaTransport = func() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = idleConnections
	return transport
}()

// grafana is a client for Grafana as it is reached at the moment; the token is looked up for each
// request, so that a new one is used at once.
func (e *Engine) grafana() (*grafana.Client, error) {
	return grafana.New(grafana.Config{
		URL:       e.Access().URL,
		Transport: grafanaTransport,
		Token: func(context.Context) (string, error) {
			if token := e.Access().Token; token != "" {
				return token, nil
			}
			return "", grafana.ErrNoToken
		},
	})
}

var errNoAccess = errors.New("this process can't ask Grafana: it has no service account token, or does not know Grafana's URL; see the app's health")

// alerting is the way to Grafana Alerting as it is reached at the moment.
func (e *Engine) alerting() (*grafana.Alerting, error) {
	if !e.Access().Complete() {
		return nil, errNoAccess
	}
	client, err := e.grafana()
	if err != nil {
		return nil, err
	}
	return client.Alerting()
}

// source makes the reader for a data source, by the type that the definition names.
func (e *Engine) source(ref slo.SourceRef) (evaluate.Source, error) {
	if ref.Type != typePrometheus {
		return nil, unreadable(ref)
	}
	client, err := e.grafana()
	if err != nil {
		return nil, err
	}
	url, transport := client.DataSourceTransport(ref.UID)
	return prometheus.New(prometheus.Config{UID: ref.UID, URL: url, Transport: transport})
}

// checkQueries says what is wrong with a definition's queries, as far as that can be told without data.
func checkQueries(d slo.Definition) error {
	if d.Source.Type != typePrometheus {
		return nil
	}
	err := prometheus.Check(d)
	var known *source.Error
	if !errors.As(err, &known) {
		return err
	}
	if known.Remedy == "" {
		return errors.New(known.Message)
	}
	return fmt.Errorf("%s; %s", known.Message, known.Remedy)
}

func unreadable(ref slo.SourceRef) error {
	return fmt.Errorf("data source %q has the type %q, which this version does not read; it reads %q", ref.UID, ref.Type, typePrometheus)
}

// ping reports whether Grafana answers.
func (e *Engine) ping(ctx context.Context) error {
	client, err := e.grafana()
	if err != nil {
		return err
	}
	return client.Ping(ctx)
}

// lookUp asks Grafana for a data source and describes it. It is an error if Grafana does not have it,
// does not show it to the plugin, or knows it as something else than the definitions do.
func (e *Engine) lookUp(ctx context.Context, ref slo.SourceRef) (string, error) {
	if ref.Type != typePrometheus {
		return "", unreadable(ref)
	}
	client, err := e.grafana()
	if err != nil {
		return "", err
	}
	found, err := client.DataSource(ctx, ref.UID)
	if err != nil {
		return "", err
	}
	if !slices.Contains(prometheusPlugins, found.Type) {
		return "", fmt.Errorf("data source %q (%s) is of type %q, but definitions read it as %q: correct its UID or the type in the definitions", ref.UID, found.Name, found.Type, ref.Type)
	}
	return fmt.Sprintf("Data source %q (%s) is there.", ref.UID, found.Name), nil
}
