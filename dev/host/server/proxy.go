package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	statusClientClosedRequest = 499
	typePrometheus            = "prometheus"
)

// prometheusPosts are the paths that Grafana's Prometheus data source lets through its proxy with POST.
var prometheusPosts = []string{"api/v1/query", "api/v1/query_range", "api/v1/series", "api/v1/labels", "api/v1/query_exemplars"}

// proxyDataSource passes a request on to the data source's server with the data source's credentials, as Grafana's
// data source proxy does: the caller's credentials and cookies stay behind.
func (s *Server) proxyDataSource(w http.ResponseWriter, r *http.Request) error {
	source, err := s.dataSource(r.PathValue("uid"))
	if err != nil {
		return err
	}
	target, err := url.Parse(source.URL)
	if err != nil || target.Scheme == "" || target.Host == "" {
		return badRequest("Unable to load datasource meta data: the data source has no valid URL", err)
	}
	path := escapedRest(r, "/api/datasources/proxy/uid/"+url.PathEscape(source.UID))
	if err := proxyAllows(source, r.Method, path); err != nil {
		return err
	}
	proxy := &httputil.ReverseProxy{
		FlushInterval: 200 * time.Millisecond,
		Transport:     s.proxyTransport,
		Rewrite: func(out *httputil.ProxyRequest) {
			rewrite(out, target, path, source)
			out.Out.Header.Set("User-Agent", "Grafana/"+s.cfg.Version)
		},
		ModifyResponse: convertUnauthorized,
		ErrorHandler:   s.proxyFailed,
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.ProxyTimeout)
	defer cancel()
	proxy.ServeHTTP(w, r.WithContext(ctx))
	return nil
}

// escapedRest is the request's path below prefix with its escapes kept.
func escapedRest(r *http.Request, prefix string) string {
	return strings.TrimPrefix(strings.TrimPrefix(r.URL.EscapedPath(), prefix), "/")
}

func proxyAllows(source *dataSource, method, path string) error {
	if source.Type != typePrometheus {
		return nil
	}
	refused := method == http.MethodDelete || method == http.MethodPut ||
		(method == http.MethodPost && !slices.ContainsFunc(prometheusPosts, func(allowed string) bool { return strings.HasPrefix(path, allowed) }))
	if refused {
		return &apiError{Status: http.StatusForbidden, Message: "non allow-listed " + method + "s not allowed on proxied Prometheus datasource"}
	}
	return nil
}

func rewrite(p *httputil.ProxyRequest, target *url.URL, path string, source *dataSource) {
	out := p.Out
	out.URL.Scheme, out.URL.Host, out.Host = target.Scheme, target.Host, target.Host
	raw := strings.TrimSuffix(target.Path, "/") + "/" + path
	unescaped, err := url.PathUnescape(raw)
	if err != nil {
		unescaped = raw
	}
	out.URL.Path, out.URL.RawPath = unescaped, raw
	out.URL.RawQuery = p.In.URL.RawQuery
	for _, header := range []string{"Authorization", "Cookie", "Origin", "Referer", "X-Grafana-Org-Id"} {
		out.Header.Del(header)
	}
	authorize(out, source)
	p.SetXForwarded()
}

// authorize adds the data source's own credentials.
func authorize(out *http.Request, source *dataSource) {
	if source.BasicAuth {
		out.SetBasicAuth(source.BasicAuthUser, source.Secure["basicAuthPassword"])
	}
	for key, value := range source.JSONData {
		name, isText := value.(string)
		number, isHeader := strings.CutPrefix(key, "httpHeaderName")
		if isText && isHeader {
			out.Header.Set(name, source.Secure["httpHeaderValue"+number])
		}
	}
}

// convertUnauthorized hides a data source's 401, which would otherwise log the user out of Grafana.
func convertUnauthorized(response *http.Response) error {
	response.Header.Del("Set-Cookie")
	if response.StatusCode != http.StatusUnauthorized {
		return nil
	}
	if err := response.Body.Close(); err != nil {
		return err
	}
	const message = "Authentication to data source failed"
	response.StatusCode, response.Status = http.StatusBadRequest, "400 Bad Request"
	response.Body = io.NopCloser(strings.NewReader(message))
	response.ContentLength = int64(len(message))
	response.Header = http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	return nil
}

func (s *Server) proxyFailed(w http.ResponseWriter, r *http.Request, err error) {
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		w.WriteHeader(http.StatusGatewayTimeout)
	case errors.Is(err, context.Canceled):
		w.WriteHeader(statusClientClosedRequest)
	default:
		w.WriteHeader(http.StatusBadGateway)
	}
	s.cfg.Logger.Warn("data source proxy failed", "path", r.URL.Path, "error", err)
}
